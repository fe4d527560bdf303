"""A student's own functions of earlier lessons in place of the given ones, if nothing is odd."""

import copy
import json
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from grading.assignment.files import lay_out
from lesson_tools import apart
from lesson_tools import own_parts as module
from lesson_tools.own_parts import own_parts
from rnn_lesson import rnn_cell_forward, rnn_forward
from tests.support.course import (
    ROOT,
    grade_id,
    lesson_files,
    notebook_path,
    plain,
    reference_cells,
)

CELL, LOOP = "rnn_cell_forward", "rnn_forward"
YOURS = "yours"


def released(assignment):
    return nbformat.read(notebook_path(ROOT / "notebooks" / assignment), 4)


RELEASED = released("01_rnn")
RIGHT = {name: plain(cell) for name, cell in reference_cells("01_rnn").items()}
ANSWERED = copy.deepcopy(RELEASED)
for _cell in ANSWERED.cells:
    _cell.source = RIGHT.get(grade_id(_cell), _cell.source)


@pytest.fixture(scope="module", name="lesson")
def _lesson(tmp_path_factory):
    """A folder with lesson 1 in it, its notebook apart."""
    root = tmp_path_factory.mktemp("beside")
    lay_out(lesson_files("01_rnn"), root / "01_rnn")
    return root


@pytest.fixture(name="desk")
def _desk(lesson, tmp_path):
    """A folder of a student, with lesson 1 as they have left it: answered."""
    shutil.copytree(lesson, tmp_path / "desk")
    write(tmp_path / "desk", ANSWERED)
    return tmp_path / "desk"


def write(desk, notebook, name="01_rnn/rnn.ipynb"):
    (desk / name).write_text(json.dumps(notebook), "utf-8")


def edited(**edits):
    """Return the answered notebook with other sources, or a change of the old ones."""
    notebook = copy.deepcopy(ANSWERED)
    for cell in notebook.cells:
        edit = edits.get(grade_id(cell))
        if edit is not None:
            cell.source = edit(cell.source) if callable(edit) else edit
    return notebook


def first(deed):
    """Return an edit that does something in a cell, before its function is made."""
    return lambda source: f"{deed}\n\n\n{source}"


def within(deed):
    """Return an edit that does something when `rnn_cell_forward` is called."""
    return lambda source: source.replace("    Wax, Waa", f"    {deed}\n    Wax, Waa", 1)


def told(capsys, desk, *given, mine=True):
    """Return what own_parts returns, and what it says of each, by name."""
    given = given or (rnn_cell_forward, rnn_forward)
    returned = own_parts(mine, *given, beside=desk)
    out, err = capsys.readouterr()
    assert err == ""
    return returned, dict(line.split(": ", 1) for line in out.replace("\n    ", " ").splitlines())


def given(why):
    return f"given ({why})"


def refused(why):
    """Return what is said where the cell of one step is refused, and the loop is their own."""
    return {CELL: given(why), LOOP: YOURS}


def test_their_own_ones_that_pass_take_the_place_of_the_given_ones(desk, capsys):
    own, said = told(capsys, desk)
    assert said == {CELL: YOURS, LOOP: YOURS}
    assert [one.__name__ for one in own] == [CELL, LOOP]
    assert not {*own} & {rnn_cell_forward, rnn_forward}
    assert own[1].__globals__[CELL] is own[0]


def test_nothing_is_looked_at_until_it_is_asked_for(desk, capsys, monkeypatch):
    monkeypatch.setattr(module, "_Lesson", None)
    assert told(capsys, desk, mine=False) == ((rnn_cell_forward, rnn_forward), {})


def test_a_loop_of_their_own_calls_the_given_step_where_theirs_is_none(desk, capsys):
    write(desk, edited(rnn_cell_forward=grade_source(RELEASED, CELL)))
    own, said = told(capsys, desk)
    assert said == {CELL: given("yours is not finished"), LOOP: YOURS}
    assert own[0] is rnn_cell_forward
    assert own[1].__globals__[CELL] is rnn_cell_forward


def test_the_cell_can_be_run_again(desk, capsys):
    """After a change in the earlier lesson, for the better or the worse; or to have all back."""
    one, _ = told(capsys, desk)
    two, said = told(capsys, desk, *one)
    assert said == {CELL: YOURS, LOOP: YOURS}
    assert {*one} & {*two} == set()
    write(desk, RELEASED)
    back, said = told(capsys, desk, *two)
    assert said == dict.fromkeys((CELL, LOOP), given("yours is not finished"))
    assert back == (rnn_cell_forward, rnn_forward)
    assert told(capsys, desk, *one, mine=False) == (back, {})


def doubled(notebook, **changes):
    """Return a notebook with a second cell that has the id of the first exercise."""
    place = [grade_id(cell) for cell in notebook.cells].index(CELL)
    more = copy.deepcopy(notebook.cells[place])
    more.update(changes)
    notebook = copy.deepcopy(notebook)
    notebook.cells.insert(place + 1, more)
    return notebook


def split(notebook):
    """Return a notebook with the first exercise in two cells, of which one has the id."""
    notebook = copy.deepcopy(notebook)
    place = [grade_id(cell) for cell in notebook.cells].index(CELL)
    start, end = notebook.cells[place].source.split("    Wax, Waa")
    notebook.cells[place].source = start
    notebook.cells.insert(place + 1, new_code_cell("    Wax, Waa" + end))
    return notebook


def without(notebook, *, metadata=True, solution=False):
    """Return a notebook without what nbgrader has marked, or without what says it is a solution."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if metadata:
            cell.metadata.pop("nbgrader", None)
        elif solution and "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.solution = False
    return notebook


def grade_source(notebook, name):
    (source,) = (cell.source for cell in notebook.cells if grade_id(cell) == name)
    return source


NO_CELL = "01_rnn/rnn.ipynb has no cell with the id of this exercise"
FAILS = "yours does not pass its public test: "
RAISES = 'raise ValueError("no")'
UNREAD = dict.fromkeys((CELL, LOOP), given("01_rnn/rnn.ipynb cannot be read as a notebook"))
NOTEBOOKS = {
    "the release": (RELEASED, dict.fromkeys((CELL, LOOP), given("yours is not finished"))),
    "two cells with one id": (
        doubled(ANSWERED),
        refused("01_rnn/rnn.ipynb has 2 cells with the id of this exercise"),
    ),
    "a cell that was split": (
        split(ANSWERED),
        refused(f"{FAILS}rnn_cell_forward should return 3 values (a_next, yt_pred, cache)"),
    ),
    "lost metadata": (without(ANSWERED), dict.fromkeys((CELL, LOOP), given(NO_CELL))),
    "no solutions": (
        without(ANSWERED, metadata=False, solution=True),
        dict.fromkeys((CELL, LOOP), given(NO_CELL)),
    ),
    "no notebook": ({}, UNREAD),
    "a list": ([], UNREAD),
    "cells that are none": ({"cells": [1, None]}, UNREAD),
    "a cell without a source": (
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": {"solution": True}}}]},
        UNREAD,
    ),
    "an older notebook format": ({"worksheets": [{"cells": []}]}, UNREAD),
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_odd_notebook_leaves_the_given_ones(desk, capsys, name):
    notebook, said = NOTEBOOKS[name]
    write(desk, notebook)
    assert told(capsys, desk)[1] == said


ODD = {
    "a syntax error": (first("x = (1"), given("line 1 of yours is no plain Python")),
    "a magic command": (first("%matplotlib inline"), given("line 1 of yours is no plain Python")),
    "a shell command": (first("!ls"), given("line 1 of yours is no plain Python")),
    "a null": (first("x = '\0'"), given("yours is no plain Python")),
    "nothing": ("", given("its cell makes no function rnn_cell_forward")),
    "another name": (
        lambda source: source.replace("rnn_cell_forward(", "my_forward("),
        given("its cell makes no function rnn_cell_forward"),
    ),
    "a number of that name": (
        "rnn_cell_forward = 3",
        given("its cell makes no function rnn_cell_forward"),
    ),
    "a name of another cell": (
        within("helper(xt)"),
        given("yours needs helper, which its cell does not make"),
    ),
    "a name of another cell at once": (
        first("helper()"),
        given("yours needs helper, which its cell does not make"),
    ),
    "an error at once": (first(RAISES), given("the cell of yours stops with ValueError")),
    "an end": (first("raise SystemExit"), given("the cell of yours stops with SystemExit")),
    "an interrupt": (first("raise KeyboardInterrupt"), given("you stopped the test of yours")),
    "an error when called": (
        within(RAISES),
        given(f"{FAILS}rnn_cell_forward stopped with an error, ValueError"),
    ),
    "a local name without a value": (
        within("y = yt_pred"),
        given(f"{FAILS}rnn_cell_forward stopped with an error, UnboundLocalError"),
    ),
    "calls without end": (
        within("rnn_cell_forward(xt, a_prev, parameters)"),
        given(f"{FAILS}rnn_cell_forward stopped with an error, RecursionError"),
    ),
    "a wrong value": (
        lambda source: source.replace("np.tanh(Wax", "np.cos(Wax"),
        given(f"{FAILS}a_next has the wrong value (no value is right)"),
    ),
    "prints": (within("print(1)"), given("yours prints while it works")),
    "prints errors": (
        within("__import__('sys').stderr.write('x')"),
        given("yours prints while it works"),
    ),
    "prints by way of a function": (
        within("list(map(print, 'abc'))"),
        given("yours prints while it works"),
    ),
    "prints in its cell": (first("print(1)"), YOURS),
    "warns in its cell": (
        first("import warnings; warnings.warn('x')"),
        YOURS,
    ),
    "a function beside it": (
        lambda source: source.replace("np.tanh(", "bent(") + "\n\ndef bent(x): return np.tanh(x)",
        YOURS,
    ),
    "an import in its cell": (
        lambda source: "from numpy import tanh\n" + source.replace("np.tanh(", "tanh("),
        YOURS,
    ),
    "the other exercise": (first("if False: rnn_forward"), YOURS),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_cell_leaves_the_given_one(desk, capsys, name):
    edit, said = ODD[name]
    write(desk, edited(rnn_cell_forward=edit))
    assert told(capsys, desk, rnn_cell_forward)[1] == {CELL: said}


def test_a_huge_notebook_is_not_read(desk, capsys, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 10_000)
    why = given("01_rnn/rnn.ipynb is too large to be read")
    assert told(capsys, desk)[1] == dict.fromkeys((CELL, LOOP), why)


NO_LESSON = "no folder beside this one holds a lesson with this exercise"
NO_FILE = "there is no 01_rnn/rnn.ipynb"
NO_TESTS = "the public tests of 01_rnn cannot be loaded"


def break_file(desk, name, data):
    (desk / name).write_bytes(data)


FOLDERS = {
    "none": (lambda desk: shutil.rmtree(desk / "01_rnn"), NO_LESSON),
    "a notebook alone": (lambda desk: shutil.rmtree(desk / "01_rnn/lesson_tools"), NO_LESSON),
    "a hidden one": (lambda desk: (desk / "01_rnn").rename(desk / ".Trash"), NO_LESSON),
    "one deeper": (
        lambda desk: ((desk / "old").mkdir(), (desk / "01_rnn").rename(desk / "old/01_rnn")),
        NO_LESSON,
    ),
    "without the notebook": (lambda desk: (desk / "01_rnn/rnn.ipynb").unlink(), NO_FILE),
    "with a folder in its place": (
        lambda desk: ((desk / "01_rnn/rnn.ipynb").unlink(), (desk / "01_rnn/rnn.ipynb").mkdir()),
        NO_FILE,
    ),
    "with a pipe in its place": (
        lambda desk: (
            (desk / "01_rnn/rnn.ipynb").unlink(),
            os.mkfifo(desk / "01_rnn/rnn.ipynb"),
        ),
        NO_FILE,
    ),
    "with another name": (
        lambda desk: (desk / "01_rnn/rnn.ipynb").rename(desk / "01_rnn/rnn-Copy1.ipynb"),
        NO_FILE,
    ),
    "two": (
        lambda desk: shutil.copytree(desk / "01_rnn", desk / "01_rnn_old"),
        "01_rnn and 01_rnn_old both hold a lesson with this exercise",
    ),
    "a copy in it": (
        lambda desk: write(desk, RELEASED, "01_rnn/rnn-Copy1.ipynb"),
        None,
    ),
    "broken JSON": (
        lambda desk: break_file(desk, "01_rnn/rnn.ipynb", b'{"cells": ['),
        "01_rnn/rnn.ipynb cannot be read as a notebook",
    ),
    "no UTF-8": (
        lambda desk: break_file(desk, "01_rnn/rnn.ipynb", b'{"cells": "\xff"}'),
        "01_rnn/rnn.ipynb cannot be read as a notebook",
    ),
    "deep JSON": (
        lambda desk: break_file(desk, "01_rnn/rnn.ipynb", b"[" * 100_000),
        "01_rnn/rnn.ipynb cannot be read as a notebook",
    ),
    "broken tests": (
        lambda desk: break_file(
            desk,
            "01_rnn/lesson_tools/rnn_tests.py",
            b"def rnn_cell_forward_test(target):\ndef rnn_forward_test(target):\n",
        ),
        NO_TESTS,
    ),
    "tests that need what is not there": (
        lambda desk: (desk / "01_rnn/lesson_tools/cases.py").unlink(),
        NO_TESTS,
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_an_odd_folder_leaves_the_given_ones(desk, capsys, name):
    change, why = FOLDERS[name]
    change(desk)
    assert told(capsys, desk)[1] == dict.fromkeys((CELL, LOOP), given(why) if why else YOURS)


@pytest.mark.parametrize("name", ["rnn.ipynb", "lesson_tools/rnn_tests.py"])
def test_somebody_elses_code_is_not_run(desk, capsys, monkeypatch, name):
    """As on a machine where everybody's lessons lie in folders of one folder."""
    stat, theirs = Path.stat, desk / "01_rnn" / name

    def seen(path, **options):
        found = stat(path, **options)
        values = [*found[:4], found.st_uid + 1, *found[5:]]
        return os.stat_result(values) if path == theirs else found

    monkeypatch.setattr(Path, "stat", seen)
    why = NO_FILE if name == "rnn.ipynb" else NO_LESSON
    assert told(capsys, desk)[1] == dict.fromkeys((CELL, LOOP), given(why))


def test_the_folder_of_this_lesson_is_no_earlier_one(desk, capsys, monkeypatch):
    monkeypatch.setattr(module, "HERE", desk / "01_rnn")
    why = given(NO_LESSON)
    assert told(capsys, None)[1] == dict.fromkeys((CELL, LOOP), why)


def test_what_nobody_has_thought_of_stops_nothing(desk, capsys, monkeypatch):
    monkeypatch.setattr(module, "apart", None)
    assert told(capsys, desk)[1] == dict.fromkeys((CELL, LOOP), given("yours is odd: TypeError"))


def test_no_other_cell_is_run(desk, capsys):
    """Of the first one what it imports is taken, and of that what is needed."""
    (desk / "01_rnn/ends_all.py").write_text("raise SystemExit", "utf-8")
    notebook = edited(imports=lambda source: f"import ends_all\n{RAISES}\n{source}")
    for place in (0, 4, len(notebook.cells)):
        notebook.cells.insert(place, new_code_cell(RAISES))
    for cell in notebook.cells:
        if "test_" in grade_id(cell):
            cell.source = RAISES
    write(desk, notebook)
    assert told(capsys, desk)[1] == {CELL: YOURS, LOOP: YOURS}


def test_what_its_first_cell_does_not_import_is_missing(desk, capsys):
    write(desk, edited(imports="import numpy as np"))
    why = "yours needs softmax, which its cell does not make"
    assert told(capsys, desk)[1] == refused(why)


def settings():
    """Return what a cell could change for all."""
    states = random.getstate(), str(np.random.get_state())  # noqa: NPY002 - what students call
    modules = {name: one for name, one in sys.modules.items() if name[:6] in ("lesson", "rnn_ut")}
    alarm = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] // 60
    shown = np.geterr(), np.get_printoptions(), plt.get_fignums(), sys.stdout
    return states, modules, alarm, shown, sys.path[:], np.tanh, np.linalg


DEEDS = {
    "nothing": ("", YOURS),
    "seeds": ("np.random.seed(3)\nimport random\nrandom.seed(3)", YOURS),
    "errors": ("np.seterr(all='raise')", YOURS),
    "how numbers are printed": ("np.set_printoptions(precision=2)", YOURS),
    "a figure": ("import matplotlib.pyplot as plt\nplt.plot([1, 2])", YOURS),
    "where modules lie": ("import sys\nsys.path.insert(0, 'x')", YOURS),
    "what is printed": ("import io, sys\nsys.stdout = io.StringIO()", YOURS),
    "a function of NumPy": ("np.tanh = np.cos", given("yours changes NumPy for all")),
    "a part of NumPy": ("del np.linalg", given("yours changes NumPy for all")),
    "an alarm": ("import signal\nsignal.setitimer(signal.ITIMER_REAL, 1000)", YOURS),
}


@pytest.mark.parametrize("name", DEEDS)
def test_what_a_cell_changes_for_all_is_as_before(desk, capsys, name):
    deed, said = DEEDS[name]
    write(desk, edited(rnn_cell_forward=first(deed)))
    before = settings()
    assert told(capsys, desk, rnn_cell_forward)[1] == {CELL: said}
    assert settings() == before


def test_a_function_that_changes_numpy_when_it_is_called(desk, capsys):
    write(desk, edited(rnn_cell_forward=within("np.sum = np.tanh")))
    total = np.sum
    assert told(capsys, desk)[1] == refused("yours changes NumPy for all")
    assert np.sum is total


ENDLESS = {
    "a loop": within("while True: pass"),
    "a loop at once": first("while True:\n    pass"),
    "a comprehension": within("[0 for _ in iter(int, 1)]"),
    "a loop that goes on after errors": within(
        "while True:\n        try: 1 / 0\n        except Exception: pass"
    ),
    "sleep": within("__import__('time').sleep(10**6)"),
}


@pytest.mark.parametrize("way", ["alarm", "look"])
@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_stopped(desk, capsys, monkeypatch, name, way):
    """By a look at each line where there is no alarm; that does not wake who sleeps."""
    if (name, way) == ("sleep", "look"):
        return
    monkeypatch.setattr(apart, "PATIENCE", 0.5)
    monkeypatch.setattr(apart, "_has_alarm", lambda: way == "alarm")
    write(desk, edited(rnn_cell_forward=ENDLESS[name], rnn_forward=RAISES))
    before, trace = settings(), sys.gettrace()
    assert told(capsys, desk)[1] == {
        CELL: given("yours was stopped after 0.5 seconds"),
        LOOP: given("the cell of yours stops with ValueError"),
    }
    assert settings() == before
    assert sys.gettrace() is trace


def as_exercise(name):
    """Return a given function of that name."""

    def function():
        raise AssertionError

    function.__name__ = name
    return function


@pytest.fixture(scope="module", name="third")
def _third(tmp_path_factory):
    """A folder with lesson 3, finished."""
    root = tmp_path_factory.mktemp("beside")
    lay_out(lesson_files("03_bptt"), root / "03_bptt")
    solutions = {name: plain(cell) for name, cell in reference_cells("03_bptt").items()}
    notebook = released("03_bptt")
    for cell in notebook.cells:
        cell.source = solutions.get(grade_id(cell), cell.source)
    write(root, notebook, "03_bptt/bptt.ipynb")
    return root, notebook


def test_a_lesson_that_has_given_functions_itself(third, capsys):
    names = ("cross_entropy", "gradient_check", "rnn_backward")
    _, said = told(capsys, third[0], *map(as_exercise, names))
    assert said == dict.fromkeys(names, YOURS)


def test_a_function_that_calls_another_exercise_of_which_none_is_given(third, capsys):
    root, notebook = third
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if grade_id(cell) == "rnn_cell_backward":
            cell.source = grade_source(released("03_bptt"), "rnn_cell_backward")
    write(root, notebook, "03_bptt/bptt.ipynb")
    _, said = told(capsys, root, as_exercise("rnn_backward"))
    why = "yours calls rnn_cell_backward, and there yours is not finished"
    assert said == {"rnn_backward": given(why)}


def test_functions_that_call_each_other_come_to_an_end(third, capsys):
    root, notebook = third
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if grade_id(cell) == "rnn_cell_backward":
            cell.source += "\n\nif False:\n    rnn_backward"
    write(root, notebook, "03_bptt/bptt.ipynb")
    _, said = told(capsys, root, as_exercise("rnn_backward"))
    assert said == {"rnn_backward": YOURS}
