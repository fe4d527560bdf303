"""A fault of the grader is no mark: it is listed, it shows in the exit status, nothing is lost."""

import shutil
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell

from grading.core.errors import GraderFault
from grading.core.verdicts import Verdict
from grading.judging.preprocessor import check_points
from grading.store.cohort import read_class
from tests.support.course import Course, full_marks

A = "01_rnn"
FULL = full_marks(A)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("faults") / "course")
    course.submit("ada", A, course.answers(A))
    course.nbgrader("autograde", A)
    course.submit("bo", A, course.answers(A))
    return course


@pytest.fixture
def course(graded, tmp_path):
    """Ada is graded, Bo is not."""
    shutil.copytree(graded.root, tmp_path / "course")
    return Course(tmp_path / "course", make=False)


def spoil_the_wall(course):
    """No bubblewrap that works: the machine cannot isolate."""
    (course.root / "sitecustomize.py").write_text("")
    (course.root / "broken_wall.py").write_text(
        "import grading.workers.client as worker\n"
        "import grading.sandbox.bubblewrap as wall\n"
        "def start(self):\n"
        "    raise wall.WallError('no wall here')\n"
        "worker.WorkerClient.start = start\n"
    )
    config = course.root / "nbgrader_config.py"
    config.write_text(
        "import sys; sys.path.insert(0, '.'); import broken_wall\n" + config.read_text()
    )


def spoil_the_reference(course):
    """The reference raises, where only the grader calls it."""
    path = course.root / "source" / A / "rnn.ipynb"
    text = path.read_text().replace("np.tanh(Wax @ xt", "np.tanhh(Wax @ xt")
    assert "tanhh" in text
    path.write_text(text)


def spoil_the_source(course):
    """The source notebook is gone."""
    (course.root / "source" / A / "rnn.ipynb").write_text("{")


def spoil_a_score(course):
    """A test cell ends on another number than its exam earned, whatever a student does."""
    path = course.root / "source" / A / "rnn.ipynb"
    path.write_text(path.read_text().replace('"exam.score()', '"exam.score() / 2', 1))
    course.nbgrader("generate_assignment", A, "--force")


SPOILT = [spoil_the_wall, spoil_the_reference, spoil_the_source, spoil_a_score]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_grader_fault_gives_no_mark_and_loses_none(course, spoil):
    assert course.scores("ada", A) == FULL
    notebook = course.graded("ada", A)
    spoil(course)
    command = course.process if spoil is spoil_the_wall else course.python
    said = command("nbgrader", "autograde", A, "--force", fails=True)
    for student in ("ada", "bo"):
        assert f"error processing assignment '{A}' for student '{student}'" in said
    assert course.scores("ada", A) == FULL  # as it was
    assert course.graded("ada", A) == notebook
    assert not course.scores("bo", A)  # no zero
    for row in read_class(course.coursedir, A).hand_ins.values():
        assert {r.verdict for r in row.values()} == {Verdict.GRADER_FAULT}
        assert {r.points for r in row.values()} == {None}


def test_the_grader_works_again_after_a_fault(course):
    source = course.root / "source" / A / "rnn.ipynb"
    text = source.read_text()
    spoil_the_reference(course)
    course.python("grading", "autograde", A, fails=True)
    source.write_text(text)
    course.python("grading", "autograde", A)
    assert course.scores("bo", A) == FULL


def test_a_manual_mark_survives_a_new_grading(course):
    from nbgrader.api import Gradebook

    url = f"sqlite:///{course.root}/gradebook.db"
    with Gradebook(url) as gradebook:
        grade = gradebook.find_grade("test_rnn_forward", "rnn", A, "ada")
        grade.manual_score = 7.0
        gradebook.db.commit()
    course.nbgrader("autograde", A, "--force")
    with Gradebook(url) as gradebook:
        grade = gradebook.find_grade("test_rnn_forward", "rnn", A, "ada")
        assert (grade.manual_score, grade.auto_score, grade.score) == (7.0, 10.0, 7.0)
        assert grade.needs_manual_grade


@pytest.mark.parametrize(
    "points", [float("nan"), float("inf"), -1.0, 10.5, True, 5, "5", None, [5.0]]
)
def test_only_a_finite_float_in_range_is_a_mark(points):
    with pytest.raises(GraderFault):
        check_points(points, 10)


@pytest.mark.parametrize("points", [0.0, 3.25, 10.0])
def test_a_float_in_range_is_a_mark(points):
    check_points(points, 10)


def test_a_flood_of_output_over_many_cells_is_no_fault_of_the_grader(course):
    notebook = course.answers(A)
    flood = "for _ in range(60): print('x' * 10**5)"
    notebook.cells[2:2] = [new_code_cell(flood) for _ in range(12)]
    course.submit("flood", A, notebook)
    course.nbgrader("autograde", A, "--student", "flood")
    assert course.scores("flood", A) == FULL
    assert "Left out" in str(course.graded("flood", A).cells[13].outputs)


UNINSTALLED = """
from grading import plugins
known, plugins.install = plugins.install, lambda: None
grading.configure(c)
plugins.install = known
"""


def test_without_the_careful_converter_nothing_is_graded(course):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace("grading.configure(c)", UNINSTALLED))
    said = course.process("nbgrader", "autograde", A, "--student", "bo", fails=True)
    assert "nbgrader_config.py has to call grading.configure(c)" in said
    assert not any(course.scores("bo", A).values())


def test_without_the_wall_nothing_is_graded(course):
    config = course.root / "nbgrader_config.py"
    with config.open("a") as file:
        file.write("c.Autograde.autograde_preprocessors[0] = 'nbgrader.preprocessors.Execute'\n")
    said = course.nbgrader("autograde", A, "--student", "bo", fails=True)
    assert "has to hold grading.plugins.ExecuteBehindWall" in said
    assert not course.scores("bo", A)


def test_the_formgraders_button_grades_through_the_wall(course):
    """Run what the button runs, in a process whose path does not hold this folder."""
    script = """
import sys
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
config = PyFileConfigLoader("nbgrader_config.py").load_config()
config.CourseDirectory.root = "."
api = NbGraderAPI(CourseDirectory(config=config), config=config)
result = api.autograde("01_rnn", "bo")
sys.exit(0 if result["success"] else result.get("error"))
"""
    done = subprocess.run(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-B", "-c", script],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert course.scores("bo", A) == FULL
    assert {r["verdict"] for r in course.records("bo", A).values()} == {"correct"}
