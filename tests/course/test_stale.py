"""A test says so when the function that it looks at is not that of its cell."""

import re
import sys

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from lesson_tools.stale import stale
from tests.support.course import ROOT, notebook_path, reference_cells

RIGHT = reference_cells("01_rnn")["rnn_cell_forward"]
START = (
    "import numpy as np\nfrom public_tests import rnn_cell_forward_test\n"
    "from rnn_utils import softmax"
)
TEST = "rnn_cell_forward_test(rnn_cell_forward)"
WRONG = RIGHT.replace("np.tanh(Wax", "np.cos(Wax")
BROKEN = RIGHT.replace("np.tanh(Wax", "np.tanh((Wax")
STOPPED = "undefined_name\n" + RIGHT
AFTER = RIGHT + "\nundefined_name"
OLDER, PASSED = "This is about an older rnn_cell_forward", "all public tests passed"
SYNTAX = f"{OLDER}: when its cell was run last, it stopped with a SyntaxError in line "
FRESH = "globals().pop('rnn_cell_forward', 0); get_ipython().history_manager.reset()"
TWICE = "def twice(f):\n    return lambda *given: f(*given)"

ROWS = {
    "only right": ([RIGHT, TEST], PASSED),
    "run again unchanged": ([RIGHT, TEST, RIGHT, TEST], PASSED),
    "changed for the better": ([WRONG, TEST, RIGHT, TEST], PASSED),
    "right, then a syntax error": ([RIGHT, TEST, BROKEN, TEST], SYNTAX),
    "wrong, then a syntax error": ([WRONG, TEST, BROKEN, TEST], SYNTAX),
    "right, then an error before it": ([RIGHT, STOPPED, TEST], f"{OLDER}: when its cell was run"),
    "right, then an error behind it": ([RIGHT, AFTER, TEST], PASSED),
    "mended after a syntax error": ([RIGHT, BROKEN, RIGHT, TEST], PASSED),
    "mended in another way": ([WRONG, BROKEN, RIGHT + "\n", TEST], PASSED),
    "decorated": ([TWICE, RIGHT.replace("def rnn", "@twice\ndef rnn"), BROKEN, TEST], "There are"),
    "another name for another function": (
        [RIGHT, RIGHT.replace("_forward(", "_mine("), "rnn_cell_forward = rnn_cell_mine", TEST],
        "There are no public tests for a function called rnn_cell_mine",
    ),
    "put back by hand": (
        [RIGHT, "kept = rnn_cell_forward", WRONG, "rnn_cell_forward = kept", TEST],
        PASSED,
    ),
    "imported": (["from rnn_lesson import rnn_cell_forward", TEST], PASSED),
    "imported over another one": (
        [WRONG, "from rnn_lesson import rnn_cell_forward", TEST],
        PASSED,
    ),
    "timed": ([WRONG, "%%time\n" + RIGHT, TEST], PASSED),
    "with a magic command in its cell": ([WRONG, "%matplotlib inline\n" + RIGHT, TEST], PASSED),
}


def run(cells, folder=ROOT):
    """Run cells in a kernel as JupyterLab does when each is run in spite of errors."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    ).execute()
    return [said(cell) for cell in notebook.cells]


def said(cell):
    """Return what a cell has printed, and the error with which it stopped, in one line."""
    texts = [out.get("text") or "\n".join(out.get("traceback", "")) for out in cell.outputs]
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", "\n".join(texts)).split())


@pytest.fixture(scope="module", name="outputs")
def _outputs():
    """Run all rows in one kernel, since each takes a second to start."""
    lesson = f"import sys\nsys.path.append({str(ROOT / 'source' / '03_bptt')!r})"
    cells = [START, lesson]
    for row, _ in ROWS.values():
        cells += [FRESH, *row]
    done, found = run(cells)[2:], {}
    for name, (row, _) in ROWS.items():
        found[name], done = done[1 : 1 + len(row)], done[1 + len(row) :]
    return found


@pytest.mark.parametrize("name", ROWS)
def test_a_stale_pass_is_told_and_nothing_else_is(outputs, name):
    told = outputs[name][-1]
    assert ROWS[name][1] in told
    assert (OLDER in told) == (OLDER in ROWS[name][1])
    assert not (OLDER in told and PASSED in told)


def test_what_is_wrong_with_the_older_one_is_told_as_well(outputs):
    assert "a_next has the wrong value" in outputs["wrong, then a syntax error"][-1]


def test_a_whole_notebook_from_the_top_says_nothing_of_it():
    """Not even with all its solutions: each cell is run once."""
    notebook = nbformat.read(notebook_path(ROOT / "source" / "01_rnn"), 4)
    cells = [c.source for c in notebook.cells if c.metadata.get("nbgrader")]
    told = run(cells, ROOT / "notebooks" / "01_rnn")
    tests = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("points")]
    assert sum(PASSED in text for text in told) == len(tests) > 2
    assert not any(OLDER in text for text in told)


class Kernelless(InteractiveShell):
    """As the one in which the grader runs cells."""


class Lite(InteractiveShell):
    """As the one of the kernel in a browser: its history has no database."""

    kernel = object()


@pytest.mark.parametrize(("kind", "quiet"), [(Kernelless, True), (Lite, False)])
def test_it_takes_a_kernel_and_no_database(monkeypatch, kind, quiet):
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = kind(config=config)
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    for cell in ["import numpy as np\nfrom rnn_utils import softmax", RIGHT, BROKEN]:
        shell.run_cell(cell, store_history=True)
    told = stale(shell.user_ns["rnn_cell_forward"], "rnn_cell_forward")
    assert (told == "") == quiet
    assert quiet or told.startswith(SYNTAX)


def test_plain_python_has_nothing_to_say():
    space = {}
    exec(RIGHT, space)
    assert stale(space["rnn_cell_forward"], "rnn_cell_forward") == ""
