"""Moving pictures: sliders where somebody can drag them, the still picture everywhere else."""

import ast
import builtins
import os
import queue
import re
import struct

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbformat.v4 import new_code_cell

from lesson_tools import sliders
from tests.support.course import ROOT, Course, assignments, notebook_path
from tests.support.sample import sample

A = "01_rnn"
VIEW = "application/vnd.jupyter.widget-view+json"
CELL = """
import matplotlib.pyplot as plt
from lesson_tools.sliders import Slider, moving

def line(height):
    plt.figure(figsize=(4, 2))
    plt.plot([0, 1], [0, height])

moving(line, lambda: line(1), height=Slider("height", 0, 9, 1, 3))
"""
BLANK = CELL.replace(
    "def line(height):",
    "def blank():\n    raise NotImplementedError('not written yet')\n\n"
    "def line(height):\n    plt.figure()\n    blank()",
)


def moving_cell(notebook):
    """Return the one cell of a notebook that makes a moving picture."""
    (cell,) = [c for c in notebook.cells if re.search(r"^moving\(", c.source, re.MULTILINE)]
    return cell


def has_one(assignment):
    text = notebook_path(ROOT / "source" / assignment).read_text("utf-8")
    return re.search(r'"moving\(', text) is not None


MOVING = [name for name in assignments() if has_one(name)]


def test_each_lesson_of_the_course_has_a_moving_picture():
    assert len(MOVING) >= 4


def pictures(outputs):
    return sum("image/png" in output.get("data", {}) for output in outputs)


# --- a kernel, without and with somebody at it ----------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a cell in a real kernel, as from a front end that somebody sits at, or none."""
    home = str(tmp_path_factory.mktemp("ipython"))
    manager, client = start_new_kernel(
        cwd=str(ROOT / "notebooks" / A), env=dict(os.environ, IPYTHONDIR=home)
    )

    def run(source, somebody):
        message = client.execute(source, allow_stdin=somebody)
        contents = []
        while True:
            try:
                said = client.get_iopub_msg(timeout=60)
            except queue.Empty:
                raise AssertionError("the kernel is silent") from None
            if said["parent_header"].get("msg_id") != message:
                continue
            if said["content"].get("execution_state") == "idle":
                return contents
            if said["msg_type"] in ("display_data", "stream", "error"):
                contents.append(said["content"])

    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_somebody_at_the_kernel_gets_the_still_picture_and_then_the_sliders(run):
    still, sliders = run(CELL, somebody=True)
    assert pictures([still]) == 1
    assert VIEW in sliders["data"]
    assert "sliders" in sliders["data"]["text/plain"]


def test_without_anybody_the_still_picture_is_all_there_is(run):
    (still,) = run(CELL, somebody=False)
    assert pictures([still]) == 1
    assert VIEW not in still["data"]


def test_without_ipywidgets_the_still_picture_is_all_there_is(run):
    hide = (
        "import sys; kept = sys.modules.pop('ipywidgets', None); sys.modules['ipywidgets'] = None"
    )
    run(hide, somebody=True)
    try:
        (still,) = run(CELL, somebody=True)
    finally:
        run(
            "del sys.modules['ipywidgets']; sys.modules |= {'ipywidgets': kept} if kept else {}",
            True,
        )
    assert pictures([still]) == 1
    assert VIEW not in still["data"]


@pytest.mark.parametrize("somebody", [True, False])
def test_a_function_that_is_not_written_yet_is_said_in_a_sentence(run, somebody):
    (said,) = run(BLANK, somebody)
    assert said["text"].startswith("blank is not written yet.")


def test_any_other_mistake_is_told_as_everywhere(run):
    *_, said = run(CELL + "\nmoving(line, lambda: 1 / 0)", somebody=False)
    assert said["ename"] == "ZeroDivisionError"


def test_words_of_a_docstring_stay_words_beside_a_moving_picture():
    size = struct.pack(">II", 400, 200)
    tag = sliders._image(bytes(16) + size, 'How "tanh"\n    <squeezes> & bends.')
    assert 'alt="How &quot;tanh&quot; &lt;squeezes&gt; &amp; bends."' in tag
    assert 'width="400" height="200"' in tag


# --- the lessons ----------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["source", "notebooks"])
@pytest.mark.parametrize("assignment", MOVING)
def test_a_lesson_has_one_moving_picture_and_keeps_no_state_of_it(assignment, folder):
    notebook = nbformat.read(notebook_path(ROOT / folder / assignment), 4)
    assert moving_cell(notebook)
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize("assignment", MOVING)
def test_what_a_moving_picture_uses_no_later_cell_changes(assignment):
    """It is drawn anew long after its cell has run, and cells share their names."""
    cells = nbformat.read(notebook_path(ROOT / "source" / assignment), 4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    place = code.index(moving_cell(nbformat.from_dict({"cells": cells})).source)
    used = set().union(*map(borrowed, functions(code[: place + 1]))) - {*dir(builtins)}
    earlier, later = (
        {name for source in sources for name in bound(ast.parse(source))}
        for sources in (code[: place + 1], code[place + 1 :])
    )
    assert used  # and all of it is there when the picture is drawn first
    assert used <= earlier
    assert not used & later


def functions(sources):
    """Return the functions of cells, of the last one all and of the others what it calls."""
    *earlier, own = [
        [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        for source in sources
    ]
    known = {node.name: node for nodes in earlier for node in nodes}
    found, left = [], list(own)
    while left:
        found.append(left.pop())
        names = {node.id for node in ast.walk(found[-1]) if isinstance(node, ast.Name)}
        left += [known.pop(name) for name in names & {*known}]
    return found


def borrowed(function):
    """Return the names that a function takes from outside."""
    nodes = list(ast.walk(function))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return {name.id for name in names} - own


def bound(module):
    """Yield the names that the code of a cell binds outside functions, or changes in place."""
    for node in module.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        for inner in ast.walk(node):
            if isinstance(getattr(inner, "ctx", None), ast.Store):
                while isinstance(inner, (ast.Subscript, ast.Attribute)):
                    inner = inner.value  # what an entry is written into
                if isinstance(inner, ast.Name):
                    yield inner.id


# --- grading --------------------------------------------------------------------------


@pytest.mark.parametrize("assignment", sample(MOVING, 8))
def test_grading_draws_the_still_picture_once_and_never_loads_ipywidgets(assignment, tmp_path):
    course = Course(tmp_path / "course", plots=True)
    notebook = course.answers(assignment)
    loaded = "import sys; print([name for name in sys.modules if 'ipywidgets' in name])"
    notebook.cells.append(new_code_cell(loaded))
    course.submit("right", assignment, notebook)
    course.python("grading", "autograde", assignment)
    graded = course.graded("right", assignment)
    (still,) = moving_cell(graded).outputs
    assert pictures([still]) == 1
    assert graded.cells[-1].outputs[0].text == "[]\n"
    assert "widgets" not in graded.metadata
    course.python("grading", "feedback", assignment)
    (page,) = (course.root / "feedback" / "right" / assignment).glob("*.html")
    text = page.read_text("utf-8")
    assert text.count("A picture that this cell has drawn") == sum(
        pictures(cell.get("outputs", [])) for cell in graded.cells
    )
    assert "widget-view" not in text
