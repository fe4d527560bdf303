"""Truths 5 and 6: hidden tests and inputs stay hidden, and the same code earns the same marks."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell

import public_tests
from grading.assignment.reference import Reference
from grading.assignment.source import BEGIN
from grading.core.records import Rules
from grading.core.verdicts import Verdict
from grading.core.versions import digest
from grading.exam import Context, Exam
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import judge
from grading.sandbox.bubblewrap import Zygote
from grading.sandbox.limits import Limits
from grading.sandbox.session import Session
from tests.support.course import (
    ROOT,
    SEED,
    Course,
    assignments,
    grade_id,
    lesson_files,
    notebook_path,
    reference_cells,
)
from tests.support.gallery import Entry
from tests.support.sample import asked_for, sample

# Remembers every argument it is called with, and tells in each way that there is.
SPY = Entry(
    "spy",
    "rnn_cell_forward",
    Verdict.CORRECT,
    edits=(
        ("def rnn_cell_forward(", "seen = []\n\ndef rnn_cell_forward("),
        ("    Wax, Waa", "    seen.append('IN' + 'PUT %r' % float(xt.flat[0]))\n    Wax, Waa"),
    ),
)
TELL = Entry(
    "tell",
    "rnn_forward",
    Verdict.RAISED,
    cell="""
print("before", seen)
def rnn_forward(x, a0, parameters):
    print(seen)
    raise type("Error" + str(seen), (ValueError,), {})(str(seen))
""",
)


@pytest.fixture(scope="module")
def spied(request, tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("secrets") / "course")
    notebook = course.answers("01_rnn", SPY, TELL)
    notebook.cells.append(new_code_cell("print('after', seen)\nraise ValueError(str(seen))"))
    course.submit("spy", "01_rnn", notebook)
    lessons = dict.fromkeys(["01_rnn", *(name for _, name in asked_for(request, "page"))])
    for assignment in lessons:
        course.submit("reference", assignment, course.answers(assignment))
    course.python("grading", "autograde", *lessons)
    course.python("grading", "feedback", *lessons)
    return course


def told(text):
    """Return the inputs that a text tells of."""
    return {piece.split("'")[0].split('"')[0] for piece in text.split("INPUT ")[1:]}


def public_inputs():
    """Return what the spy sees when only the public tests call it."""
    seen = set()

    def spy(xt, a_prev, parameters):
        seen.add(repr(float(xt.flat[0])))
        return reference(xt, a_prev, parameters)

    cells = [[name, source, True] for name, source in reference_cells("01_rnn").items()]
    locked = ["", "import numpy as np\nfrom rnn_utils import softmax", False]
    reference = Reference([locked, *cells]).functions["rnn_cell_forward"]
    spy.__name__ = "rnn_cell_forward"
    public_tests.rnn_cell_forward_test(spy)
    return seen


def test_a_spy_can_tell_of_public_inputs_only(spied):
    text = notebook_path(spied.root / "autograded" / "spy" / "01_rnn").read_text("utf-8")
    page = next((spied.root / "feedback" / "spy" / "01_rnn").glob("*.html")).read_text("utf-8")
    assert "after" in text
    assert told(text) == told(page.replace("&#39;", "'").replace("&quot;", '"')) == public_inputs()


def test_the_spy_would_be_seen_with_one_sandbox_for_both(monkeypatch):
    """The control: where hidden tests share the sandbox, the same spy tells of their inputs."""
    source = nbformat.read(notebook_path(ROOT / "source" / "01_rnn"), 4)
    cells = []
    for cell in source.cells:
        mark = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or not mark or mark["grade_id"] == "data":
            continue
        role = Role.TEST if mark["grade"] else Role.LOCKED if mark["locked"] else Role.STUDENT
        text = SPY.apply(cell.source) if mark["grade_id"] == SPY.function else cell.source
        cells.append(CodeCell(text, role, mark["grade_id"], 10.0))
    shared = lesson_files("01_rnn")
    reference = [[c.grade_id, c.source, False] for c in cells[:2]]
    zygote = Zygote()
    try:
        one = Session(zygote, Limits(), shared)
        solutions = [[*cell, True] for cell in reference_cells("01_rnn").items()]
        # The hidden parts run in the first sandbox, and a later cell prints.
        monkeypatch.setattr(Session, "__exit__", lambda self, *exc: None)
        judge(cells, lambda draws: one, Reference([*reference, *solutions]), Rules(seed=1))
        outputs, _ = one.run_cell("print(seen)")
        one.close()
    finally:
        zygote.close()
    assert told(str(outputs)) - public_inputs()


PAGES = [("spy", "01_rnn"), *(("reference", name) for name in assignments())]


@pytest.mark.parametrize("page", sample(PAGES), ids="-".join)
def test_a_feedback_page_holds_no_line_of_a_hidden_test(spied, page):
    student, assignment = page
    folder = spied.root / "feedback" / student / assignment
    page = next(folder.glob("*.html")).read_text("utf-8")
    source = nbformat.read(notebook_path(ROOT / "source" / assignment), 4)
    tests = [c.source for c in source.cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert tests
    assert "all public tests passed" in page
    for test in tests:
        hidden = test.split(BEGIN)[1].splitlines()[1:-1]
        for word in ("grading.exam", "Exam(", "exam.", "HIDDEN"):
            assert word in "\n".join(hidden) + BEGIN
            assert word not in page


def test_the_same_submission_earns_the_same_marks_from_the_same_inputs(spied):
    before = spied.records("reference", "01_rnn")
    spied.nbgrader("autograde", "01_rnn", "--force", "--student", "reference")
    assert spied.records("reference", "01_rnn") == before
    assert {record["seed"] for record in before.values()} == {digest(int(SEED, 16))}


def test_the_seed_fixes_the_hidden_inputs_and_changes_them():
    def draw(seed, name):
        def target():
            pass

        target.__name__ = name
        with Context(rules=Rules(seed)):
            return Exam(target, "a").rng.standard_normal(3).tolist()

    assert draw(1, "f") == draw(1, "f")
    assert draw(1, "f") != draw(2, "f")
    assert draw(1, "f") != draw(1, "g")


def test_test_cells_are_graded_from_the_gradebook_not_from_the_submission(spied):
    """Marks, tests and metadata edited in a notebook change nothing."""
    notebook = spied.answers("01_rnn")
    for cell in notebook.cells:
        if grade_id(cell).startswith("test_"):
            cell.source = "10.0"
            cell.metadata.nbgrader.points = 1000
            cell.metadata.nbgrader.locked = False
        elif grade_id(cell) in reference_cells("01_rnn"):
            cell.source = f"def {grade_id(cell)}(*a):\n    return None\n"
    spied.submit("editor", "01_rnn", notebook)
    spied.nbgrader("autograde", "01_rnn", "--student", "editor")
    assert spied.scores("editor", "01_rnn") == dict.fromkeys(reference_cells("01_rnn"), 0.0)
