"""Make a course folder with submissions, and read back what nbgrader made of them."""

from __future__ import annotations

import atexit
import fcntl
import functools
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grading.assignment.files import course_files, in_lesson, lay_out, shared_files
from grading.assignment.reference import Reference
from grading.assignment.source import read_source
from grading.assignment.source import reference_cells as reference_source
from grading.store.places import Places
from tests.support import forked, in_process
from tests.support.gallery import ALONE, Entry

ROOT = Path(__file__).resolve().parents[2]
RELEASED = "RELEASED_COURSE"  # names the folder that the processes of a run share
SEED = "7c1e0b7a52d94f6e83b1c6d2f0a94e15"  # so that each run has the same hidden inputs
SHARED = shared_files(ROOT, ["rnn_utils.py", "public_tests.py", "lesson_tools"])

# nbgrader's settings without those of our grader: release as here, grade as stock.
STOCK_CONFIG = """
from grading.plugins import IGNORED, RELEASE
c = get_config()
c.CourseDirectory.course_id = "sequence-models"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.ignore = IGNORED
c.GenerateAssignment.preprocessors = RELEASE
c.ShareFiles.files = ["rnn_utils.py", "public_tests.py", "lesson_tools"]
"""


class Course:
    """A course folder, as a rule one of its own with the sources of this one.

    Parameters
    ----------
    root : pathlib.Path
        The folder; it is made.
    plots : bool
        Whether submissions keep the cells that belong to no exercise. They are most of
        the time that grading takes.
    make : bool
        Whether to make the folder and its releases; else it is there already.
    coursedir : CourseDirectory, optional
        nbgrader's settings of its folders, where they are others than this course has.
    """

    def __init__(
        self,
        root: Path,
        *,
        plots: bool = False,
        make: bool = True,
        coursedir: CourseDirectory | None = None,
    ) -> None:
        self.root = root
        self.coursedir = coursedir or CourseDirectory(
            root=str(root), release_directory="notebooks", course_id="sequence-models"
        )
        self.plots = plots
        self.said: dict[str, str] = {}  # of a whole class, by assignment
        if not make:
            return
        shutil.copytree(_released(), root, dirs_exist_ok=True)

    def nbgrader(self, *words: str, fails: bool | None = False) -> str:
        """Run an nbgrader command; return what it said. See `python`."""
        return self.python("nbgrader", *words, fails=fails)

    def python(self, *words: str, fails: bool | None = False) -> str:
        """Run a command of Python's ``-m`` in the course folder; return what it said.

        ``fails`` says whether it should fail; None: as it likes. It runs in this process, with
        workers that are warm; see `process`.
        """
        status, said = in_process.run(words, self.root)
        return _judged(words, status, said, fails)

    def process(self, *words: str, fails: bool | None = False) -> str:
        """Do the same in a process of its own: where the process is what is looked at."""
        environment = dict(os.environ)
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        status, said = forked.run(["-m", *words], self.root, environment, 1800)
        return _judged(words, status, said, fails)

    def release(self, assignment: str) -> NotebookNode:
        """Return the released notebook of an assignment."""
        place = (self.coursedir.release_directory, ".", assignment)
        return nbformat.read(notebook_path(Path(self.coursedir.format_path(*place))), 4)

    def answers(self, assignment: str, *entries: Entry) -> NotebookNode:
        """Return a submission: the release with the reference's answers, changed by entries."""
        notebook = self.release(assignment)
        solutions = reference_cells(assignment, Places(self.coursedir).source_folder(assignment))
        for entry in entries:
            if entry.function in solutions:
                solutions[entry.function] = entry.apply(solutions[entry.function])
        for cell in notebook.cells:
            if grade_id(cell) in solutions:
                cell.source = plain(solutions[grade_id(cell)])
        if not self.plots:
            notebook.cells = [c for c in notebook.cells if grade_id(c) or c.cell_type != "code"]
        return notebook

    def submit(self, student: str, assignment: str, content: NotebookNode | bytes | None) -> None:
        """Hand something in: a notebook, bytes, or nothing but an empty folder."""
        place = (self.coursedir.submitted_directory, student, assignment)
        folder = Path(self.coursedir.format_path(*place))
        folder.mkdir(parents=True)
        path = folder / notebook_path(Places(self.coursedir).source_folder(assignment)).name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            nbformat.write(content, path)

    def hand_in(self, entry: Entry, student: str | None = None) -> None:
        """Hand in an entry of the gallery."""
        assignment = assignment_of(entry.function)
        others = [other for other in ALONE if entry.trick and other.function != entry.function]
        notebook = self.answers(assignment, entry, *others)
        if entry.change is not None:
            entry.change(notebook)
        handed_in = json.dumps(notebook).encode()  # nbformat would mend it, or refuse
        self.submit(student or entry.student, assignment, handed_in)

    def graded(self, student: str, assignment: str) -> NotebookNode:
        """Return the autograded notebook of a student."""
        return nbformat.read(notebook_path(self.root / "autograded" / student / assignment), 4)

    def records(self, student: str, assignment: str) -> dict[str, dict[str, Any]]:
        """Return what the grader recorded for each exercise, by function."""
        return {
            grade_id(cell).removeprefix("test_"): cell.metadata.grading
            for cell in self.graded(student, assignment).cells
            if "grading" in cell.metadata
        }

    def scores(self, student: str, assignment: str) -> dict[str, float | None]:
        """Return the automatic scores in the gradebook, by function; none if it knows of none."""
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            if student not in {s.student_id for s in gradebook.assignment_submissions(assignment)}:
                return {}
            submission = gradebook.find_submission(assignment, student)
            return {
                grade.name.removeprefix("test_"): grade.auto_score
                for notebook in submission.notebooks
                for grade in notebook.grades
            }


def other_course(
    root: Path, config: str, assignment: str, notebooks: dict[str, NotebookNode]
) -> Course:
    """Make a course of one assignment that has nothing of this one but its guards."""
    folder = root / "source" / assignment
    folder.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(config)
    shutil.copy(ROOT / "nbgrader_config.json", root)
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return Course(root, make=False)


def plain(source: str) -> str:
    """Return a solution as a student writes it."""
    return re.sub(r" *### (BEGIN|END) SOLUTION\n", "", source)


def _judged(words: tuple[str, ...], status: int, said: str, fails: bool | None) -> str:
    if fails is not None and (status != 0) != fails:
        raise AssertionError(f"{' '.join(words)} exited {status}:\n{said}")
    return said


@functools.cache
def _released() -> Path:
    """Return a course folder with its releases; each course is a copy of it.

    The processes of one run of pytest share it: whoever comes first makes it.
    """
    place = Path(os.environ.get(RELEASED) or tempfile.mkdtemp(prefix="released-"))
    if RELEASED not in os.environ:
        atexit.register(shutil.rmtree, place, ignore_errors=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "course").exists():
            _release_into(place / "begun")
            (place / "begun").rename(place / "course")
    return place / "course"


def _release_into(root: Path) -> None:
    root.mkdir()
    ignored = shutil.ignore_patterns(".*", "__pycache__")  # which a test may have left there
    shutil.copytree(ROOT / "source", root / "source", ignore=ignored)
    lay_out(SHARED, root)
    for name in ("nbgrader_config.py", "nbgrader_config.json"):
        shutil.copy(ROOT / name, root)
    for assignment in assignments(root):
        Course(root, make=False).nbgrader("generate_assignment", assignment, "--force")
    (root / "gradebook.db.seed").write_text(SEED)
    (root / "gradebook.db.seed").chmod(0o600)


def hold_class(
    root: Path,
    entries: list[Entry],
    names: dict[Entry, str] | None = None,
    grade: tuple[str, ...] = ("grading", "autograde", "--workers=4"),
    lessons: Sequence[str] = (),
    patience: float = 1.0,
) -> Course:
    """Grade a class of entries, honest students first and last.

    Many entries wait for a limit, so there are more workers than processors. The limits are
    ``patience`` times those of a quick class: on a busy machine another limit is met later.
    """
    course = Course(root)
    config = course.root / "nbgrader_config.py"
    # Short limits, so that code which never ends does not hold the tests up.
    config.write_text(
        config.read_text() + f"c.ExecuteBehindWall.cell_seconds = {5 * patience}\n"
        f"c.ExecuteBehindWall.call_seconds = {4 * patience}\n"
        "c.ExecuteBehindWall.memory = 2**29\n"
        "c.ExecuteBehindWall.scratch = 2**24\n"
        "c.ExecuteBehindWall.output = 2**21\n"
    )
    for entry in entries:
        course.hand_in(entry, (names or {}).get(entry))
    lessons = lessons or assignments()
    for assignment in lessons:
        course.submit("aa-reference", assignment, course.answers(assignment))
        course.submit("zz-reference", assignment, course.answers(assignment))
        course.submit("untouched", assignment, course.release(assignment))
    # nbgrader's own command takes one assignment.
    runs = [lessons] if grade[0] == "grading" else [[name] for name in lessons]
    for names_of_run in runs:
        said = course.python(*grade, *names_of_run, fails=None)
        course.said |= dict.fromkeys(names_of_run, said)
    return course


def assignments(root: Path = ROOT) -> list[str]:
    """Return the names of all assignments."""
    return sorted(path.parent.name for path in (root / "source").glob("*/*.ipynb"))


def assignment_of(function: str) -> str:
    """Return the assignment that an exercise belongs to."""
    return next(name for name in assignments() if function in reference_cells(name))


@functools.cache
def full_marks(assignment: str) -> dict[str, float]:
    """Return the points of each exercise of an assignment, by function, from the source."""
    cells = read_source(notebook_path(ROOT / "source" / assignment)).cells
    points = {
        grade_id(cell): float(cell.metadata.nbgrader.get("points", 0))
        for cell in cells
        if grade_id(cell)
    }
    return {name: points[f"test_{name}"] for name in reference_cells(assignment)}


def notebook_path(folder: Path) -> Path:
    """Return the one notebook in a folder."""
    (path,) = folder.glob("*.ipynb")
    return path


def reference_cells(assignment: str, folder: Path | None = None) -> dict[str, str]:
    """Return the source of each exercise that a test judges, by function, from the source."""
    source = read_source(notebook_path(folder or ROOT / "source" / assignment))
    return {name: cell for name, cell, solved in reference_source(source) if solved}


def lesson_files(assignment: str) -> dict[str, bytes]:
    """Return what lies beside the notebook of an assignment in its release, by name."""
    return course_files(ROOT / "source" / assignment, SHARED)


@functools.cache
def references() -> dict[str, Any]:
    """Return the solution of every exercise, run where its lesson's data lies."""
    found: dict[str, Any] = {}
    for assignment in assignments():
        path = notebook_path(ROOT / "source" / assignment)
        with in_lesson(lesson_files(assignment)):
            functions = Reference(reference_source(read_source(path))).functions
        found |= {name: functions[name] for name in reference_cells(assignment)}
    return found


def grade_id(cell: NotebookNode) -> str:
    """Return nbgrader's id of a cell, or nothing."""
    found: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return found
