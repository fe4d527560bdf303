"""Each fault of an assignment's form is a sentence with the place, before anything is released."""

import nbformat
import pytest

from grading.core.errors import GraderFault
from grading.release.form import advice, faults, may_count, refuse
from tests.support.course import ROOT, Course, assignments

HIDDEN = "### BEGIN HIDDEN TESTS\n"
IMPORT = "from grading.exam import Exam\n"
SOLUTION = "def {}(x):\n    ### BEGIN SOLUTION\n    y = {}\n    ### END SOLUTION\n    return y"
STEP, WALK = SOLUTION.format("step", "x + 1"), SOLUTION.format("walk", "step(step(x))")
LONG = SOLUTION.format("step", "np.tanh(x + 1) - np.tanh(x)")
ENTRY = '[[step]]\nname = "minus"\nedits = [["x + 1", "x - 1"]]\n'


def cell(grade_id, source, **roles):
    mark = {"grade": False, "solution": False, "locked": False, "task": False, **roles}
    mark |= {"grade_id": grade_id, "schema_version": 3}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": mark})


def lesson(step=STEP, walk=WALK, walk_id="walk", uses=", uses=step", test_id="test_walk"):
    test = {"grade": True, "locked": True, "points": 1}
    exam = f"{IMPORT}exam = Exam(walk, returns='y'{uses})\nexam.score()"
    return [
        cell("step", step, solution=True),
        cell("test_step", "assert step(1) == 2", **test),
        cell(walk_id, walk, solution=True),
        cell(test_id, exam, **test),
        cell("words", "### BEGIN SOLUTION\n1 + 1\n### END SOLUTION", solution=True, **test),
    ]


@pytest.fixture
def write(tmp_path):
    """Write an assignment's source; return its folder."""

    def make(cells, wrong="", right=""):
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "walk.ipynb")
        (tmp_path / "misconceptions.toml").write_text(wrong)
        (tmp_path / "right.toml").write_text(right)
        return tmp_path

    return make


def test_nothing_is_said_of_an_assignment_whose_form_is_right(write):
    """A code cell that is marked by hand is part of it."""
    folder = write(lesson(), ENTRY, ENTRY)
    assert [*faults(folder), *advice(folder)] == []
    assert refuse(folder) is None


@pytest.mark.parametrize("assignment", assignments())
def test_nothing_is_said_of_the_lessons(assignment):
    folder = ROOT / "source" / assignment
    assert [*faults(folder), *advice(folder)] == []


@pytest.mark.parametrize("name", ["[a-b]x", "*", "a?"])
def test_a_name_that_nbgrader_takes_for_a_pattern_is_a_fault(write, name):
    folder = write(lesson(), ENTRY, ENTRY)
    folder = folder.rename(folder.with_name(name))
    assert [*faults(folder)] == [
        f"nbgrader takes the name {name} for a pattern of others. Rename the folder."
    ]


FAULTS = {
    "a section of no exercise": (
        ENTRY.replace("step", "stpe"),
        "misconceptions.toml: there is no exercise stpe; did you mean step?",
    ),
    "a section of something else": (
        ENTRY.replace("step", "gru"),
        "misconceptions.toml: there is no exercise gru (there are step, walk).",
    ),
    "an unknown key": (
        ENTRY + 'say = "No."\n',
        "misconceptions.toml: step, 'minus' has a key say: did you mean says?",
    ),
    "a key like none": (ENTRY + 'points = "No."\n', "'minus' has a key points: there are name, "),
    "a key of another kind": (ENTRY + "loses = 3\n", "'minus': loses has to be a text."),
    "one pair of brackets": (
        ENTRY.replace("[[step]]", "[step]"),
        "an entry of step begins with [[step]], in two brackets.",
    ),
    "no name": (ENTRY.replace("name", "nam"), "an entry of step has no name."),
    "edits that are no pairs": (
        ENTRY.replace('["x + 1", "x - 1"]', '"x + 1", "x - 1"'),
        "'minus': edits has to be pairs [old, new] of texts.",
    ),
    "an edit that finds nothing": (
        ENTRY.replace("x + 1", "x + 2"),
        "misconceptions.toml: step, 'minus': the solution has no 'x + 2'.",
    ),
    "neither edits nor a cell": ('[[step]]\nname = "minus"\n', "'minus' needs edits, or else"),
    "two of one name": (ENTRY * 2, "step has two entries named 'minus'."),
    "no TOML": ("[[step]\n", "misconceptions.toml: Expected"),
}


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS)
def test_a_list_with_a_slip_in_it_stops_the_release(write, text, said):
    for lists, name in (({"wrong": text}, "misconceptions"), ({"right": text}, "right")):
        (found,) = faults(write(lesson(), **lists))
        assert said.replace("misconceptions", name) in found


def test_all_that_stops_a_release_is_said_at_once(write):
    twice = lesson()
    twice[1].metadata.nbgrader.grade_id = twice[3].metadata.nbgrader.grade_id = "test"
    twice[3].source += "\npass"
    with pytest.raises(GraderFault) as refused:
        refuse(write(twice, ENTRY.replace("step", "stpe")))
    first, second, third = str(refused.value).split("\n")
    assert first == "walk.ipynb: the nbgrader id test is there 2 times."
    assert "walk.ipynb: The test cell test does not end on what its exam earned" in second
    assert "stpe" in third


def marked(**roles):
    """Return a cell that a person marks, with something else in its metadata."""
    odd = cell("odd", "", grade=True, solution=True, points=1)
    odd.metadata.nbgrader |= roles
    return nbformat.v4.new_markdown_cell("", metadata=odd.metadata)


MISFORMED = {
    "a task that students can change": (
        marked(grade=False, solution=False, task=True),
        "the cell odd is a task and has to be locked",
    ),
    "a task in code": (cell("odd", "1", task=True, locked=True), "Task cells have to be markdown"),
    "text that no one answers": (marked(solution=False), "is not marked as a solution cell"),
    "an id with a space": (
        marked(grade_id="o d"),
        "the cell o d: grade_id: only letters, digits, _ and - can be in it.",
    ),
    "no id": (marked(grade_id=""), "the mark of cell 5: grade_id is empty."),
    "less than no points": (marked(points=-1), "points: -1 is less than the minimum of 0."),
    "points in words": (marked(points="3"), "points: '3' is not of type 'number'."),
    "no number": (marked(points=float("nan")), "have to be a number from 0 to 1,000,000."),
    "endless points": (marked(points=float("inf")), "have to be a number from 0 to 1,000,000."),
    "far too many points": (marked(points=10**400), "have to be a number from 0 to 1,000,000."),
    "another nbgrader's mark": (marked(schema_version=2), "run nbgrader update source."),
    "a mark of another kind": (marked(schema_version="3"), "nbgrader cannot read the mark of"),
    "an unknown key": (marked(colour="red"), "'colour' was unexpected"),
}


@pytest.mark.parametrize(("odd", "said"), MISFORMED.values(), ids=MISFORMED)
def test_metadata_at_which_nbgrader_would_stop_is_said_in_a_sentence(write, odd, said):
    (found,) = faults(write([*lesson()[:4], odd]))
    assert found.startswith("walk.ipynb: ")
    assert said in found


def test_metadata_that_is_no_table_is_said(write):
    folder = write(lesson())
    path = folder / "walk.ipynb"
    source = nbformat.read(path, 4)
    source.cells[0].metadata = {"nbgrader": ["step"]}
    nbformat.write(source, path)
    (found,) = faults(folder)
    assert "the metadata “nbgrader” of cell 1 is no table" in found


ADVICE = {
    "a test of another id": (
        {"test_id": "correct_walk"},
        "walk.ipynb: the test cell correct_walk is named for no exercise, so no answer is called "
        "not attempted and no mutant is tried: call it test_walk.",
    ),
    "a test called like its exercise": ({"walk_id": "walking", "test_id": "walk"}, "test_walking"),
    "an id with a dash": (
        {"walk_id": "do-walk", "test_id": "test_do-walk"},
        "the solution cell do-walk defines no function of that name: call it walk, and its test "
        "test_walk.",
    ),
    "no marks of a solution": (
        {"walk": "def walk(x):\n    return step(step(x))"},
        "the solution cell walk has no ### BEGIN SOLUTION: the release takes out all of it",
    ),
    "an answer in a comment": (
        {"step": LONG.replace("(x):", "(x):\n    # y = np.tanh(x + 1) - np.tanh(x)")},
        "the line 'y = np.tanh(x + 1) - np.tanh(x)' of the solution step stands in what students "
        "get.",
    ),
    "uses forgotten": (
        {"uses": ""},
        "walk is built of step, and a mistake there costs twice: write Exam(walk, ..., uses=step) "
        "in test_walk.",
    ),
}


@pytest.mark.parametrize(("changes", "said"), ADVICE.values(), ids=ADVICE)
def test_what_students_or_the_instructor_would_not_bear_is_said(write, changes, said):
    folder = write(lesson(**changes))
    assert [*faults(folder)] == []
    assert said in "\n".join(advice(folder))


def test_one_of_several_exercises_that_another_is_built_of_is_missed(write):
    walk = cell("walk", WALK.replace("step(step(x))", "skip(step(x))"), solution=True)
    skip = cell("skip", SOLUTION.format("skip", "x + 2"), solution=True)
    test = cell("test_skip", "assert skip(1) == 3", grade=True, locked=True, points=1)
    cells = [walk if one.metadata.nbgrader["grade_id"] == "walk" else one for one in lesson()]
    assert [*advice(write([skip, test, *cells]))] == [
        "walk.ipynb: walk is built of skip, and a mistake there costs twice: write "
        "Exam(walk, ..., uses=(skip, step)) in test_walk."
    ]


def test_a_solution_that_no_test_looks_at_is_said(write):
    folder = write([*lesson(), cell("run", STEP.replace("step", "run"), solution=True)])
    assert [*advice(folder)] == [
        "walk.ipynb: no test cell looks at run, so nobody gets a point for it."
    ]


def test_a_solution_that_is_no_function_is_as_good(write):
    """As in courses whose tests look at values."""
    value = cell("x", "### BEGIN SOLUTION\nx = 5\n### END SOLUTION", solution=True)
    test = cell("test_x", "assert x == 5", grade=True, locked=True, points=1)
    assert [*advice(write([value, test]))] == []


@pytest.mark.parametrize(
    "test",
    [
        "assert f(1) == 1",
        "f_test(f)\nprint('thank you')",
        "%time f(1)\nassert f(1) == 1",
        "library(testthat)\nx <- 1",
        "from grading.core import GraderFault\nassert f(1) == 1",
        "from somewhere import Exam\nassert Exam().holds",
        "import grading.exam, somewhere\nassert somewhere.Exam().holds",
        f"{IMPORT}finish(Exam(f, 'x'))",
        f"{IMPORT}one, two = Exam(f, 'x'), Exam(g, 'y')\none.score() + two.score()  # both",
        f"{IMPORT}[points] = [Exam(f, 'x').score()]\npoints\n# done\n",
        "",
    ],
)
def test_an_honest_test_cell_is_never_refused(test):
    assert may_count(test)


@pytest.mark.parametrize(
    "test",
    [
        "from grading.exam import Exam as E\nE(f, 'x').score\npass",
        "import grading.exam\nexam = grading.exam.Exam(f, 'x')",
        "from grading import exam as e\nx = e.Exam(f, 'x').score()",
        f"{IMPORT}print(Exam(f, 'x').score())",
        f"{IMPORT}display(Exam(f, 'x').score())",
        f"{IMPORT}Exam(f, 'x').score()\nf'thank you'",
        f"{IMPORT}Exam(f, 'x').score()\n10.0",
        f"{IMPORT}if True:\n    Exam(f, 'x').score()",
        f"{HIDDEN}{IMPORT}### END HIDDEN TESTS\nx = Exam(f, 'x').score()",
        "from grading.exam import *\nx = Exam(f, 'x').score()",
        "import grading.exam as e\nwith e.Exam(f, 'x').part('a', 1):\n    pass",
    ],
)
def test_an_exam_is_found_under_any_name(test):
    assert not may_count(test)


@pytest.mark.parametrize(
    "command",
    [
        ("nbgrader", "generate_assignment", "01_rnn", "--force"),
        ("grading.release",),
        ("grading", "preflight", "01_rnn"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_that_releases_looks_first(tmp_path, command):
    course = Course(tmp_path / "course")
    listed = course.root / "source/01_rnn/misconceptions.toml"
    listed.write_text(listed.read_text("utf-8").replace("[[rnn_forward]]", "[[rnn_foward]]", 1))
    said = course.python(*command, fails=True)
    assert "there is no exercise rnn_foward; did you mean rnn_forward?" in " ".join(said.split())
    assert "Traceback" not in said
