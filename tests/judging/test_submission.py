"""Hand-ins of every kind, in one class: each gets its verdict, and everyone else their marks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grading.assignment.spec import Expected
from grading.core.records import Cell
from grading.core.verdicts import SENTENCES, Verdict
from grading.judging.rebuild import rebuild
from grading.store.cohort import read_class
from tests.support.course import Course, full_marks, grade_id
from tests.support.gallery.handins import (
    CELL,
    LOOP,
    NO_STUDENTS,
    ROWS,
    TESTS,
    A,
    hand_in,
    right,
)
from tests.support.sample import asked_for, sample

SOME = sample(ROWS, 6)
ODD_NAMES = ["n" * 255, "two..dots", "[a]*", "with spaces", "$(x)`x`'", "[red]", "ünïcode 名"]


@pytest.fixture(scope="module")
def course(request, tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("handin") / "course")
    always = {"nothing", "a blank copy below it", "stripped"}
    named = {*asked_for(request, "name")} | always
    asked = [*asked_for(request, "row"), *(row for row in ROWS if row.name in named)]
    for row in {row.student: row for row in asked}.values():
        hand_in(course, row)
    for name in asked_for(request, "odd"):
        course.submit(name, A, course.answers(A))
    for name in NO_STUDENTS:
        folder = Path(os.fsdecode(bytes(course.root / "submitted") + b"/" + os.fsencode(name)), A)
        folder.mkdir(parents=True)
        (folder / "rnn.ipynb").write_bytes(right(course))
    course.before = every_file(course)
    course.said = course.python("grading", "autograde", A, fails=True)
    return course


def every_file(course):
    """What is handed in, by path: sizes and times of change."""
    return {
        path: (status.st_size, status.st_mtime_ns)
        for folder, _, files in os.walk(course.root / "submitted")
        for path in (os.path.join(folder, name) for name in files)  # noqa: PTH118
        for status in [os.lstat(path)]
    }


@pytest.mark.parametrize("row", SOME, ids=lambda row: row.student)
def test_a_hand_in_gets_its_verdicts_and_marks(course, row):
    records = course.records(row.student, A)
    assert [records[name]["verdict"] for name in (CELL, LOOP)] == [v.value for v in row.verdicts]
    points = [10.0 if verdict is Verdict.CORRECT else 0.0 for verdict in row.verdicts]
    assert [course.scores(row.student, A)[name] for name in (CELL, LOOP)] == points


@pytest.mark.parametrize(
    "row", [one for one in SOME if one.values[0].says], ids=lambda row: row.student
)
def test_a_hand_in_that_cannot_be_graded_says_why(course, row):
    tests = [c for c in course.graded(row.student, A).cells if grade_id(c).startswith("test_")]
    assert len(tests) == len(full_marks(A))
    for cell in tests:
        assert SENTENCES[row.verdicts[0]] in cell.outputs[0].evalue
        assert row.says in cell.outputs[0].evalue


@pytest.mark.parametrize("row", SOME, ids=lambda row: row.student)
def test_nothing_of_a_hand_in_but_the_notebook_is_taken(course, row):
    folder = course.root / "autograded" / row.student / A
    source = course.root / "source" / A
    given = {path.relative_to(source) for path in source.rglob("*") if path.suffix != ".toml"}
    left = {path.relative_to(folder) for path in folder.rglob("*")} - {Path("timestamp.txt")}
    assert left == given  # without the lists, which hold answers
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    for path in folder.glob("*.csv"):
        assert path.read_bytes() == (course.root / "source" / A / path.name).read_bytes()


TOLD = {
    "a blank copy below it": [(CELL, "2 times")],
    "a blank copy at the end": [(CELL, "2 times")],
    "exercises doubled": [(CELL, "2 times")],
    "a wrong copy below it": [(LOOP, "2 times")],
    "blanks doubled": [],
    "a blank copy that lost its id": [],
    "written again above the blank": [(CELL, "further up")],
    "written again right below the blank": [],
    "written again behind its test": [(CELL, "further down")],
    "stripped": [("", "Validate does not check")],
    "tests deleted": [("", f"The test cells of {CELL}, {LOOP} have lost")],
    "tests edited": [(test, "“1 / 0”") for test in TESTS],
    "imports added to the locked cell": [("imports", "“import math”")],
    "notes of the students own": [],
    "a folder in the folder": [("", "was found in 01_rnn/rnn.ipynb")],
    "a zip of it": [("", "was found in work.zip/rnn.ipynb")],
    "aa honest": [],
}


@pytest.mark.parametrize("name", sample(TOLD, 2))
def test_a_student_reads_what_was_done_with_the_cells(course, name):
    (row,) = [row for row in ROWS if row.name == name]
    found = course.graded(row.student, A).metadata.get("grading", {}).get("notes", [])
    assert [about for about, _ in found] == [about for about, _ in TOLD[name]]
    assert all(said in text for (_, said), (_, text) in zip(TOLD[name], found, strict=True))


def test_a_page_has_these_notes_below_their_exercises_or_on_top(course):
    """And a copy of the blank that does not count says so in its place."""
    pages = {}
    for student in ("a-blank-copy-below-it", "stripped"):
        course.nbgrader("generate_feedback", A, "--student", student)
        path = course.root / "feedback" / student / A / "rnn.html"
        pages[student] = path.read_text("utf-8")
    above, below = pages["a-blank-copy-below-it"].split('id="test_rnn_cell_forward"')
    assert "2 times" in below
    assert "Here stood a copy of the blank" in above
    assert "Validate does not check" in pages["stripped"].split('id="your-notebook"')[0]


@pytest.mark.parametrize("odd", sample(ODD_NAMES))
def test_a_student_of_an_odd_name_is_graded(course, odd):
    assert course.scores(odd, A) == full_marks(A)


@pytest.mark.parametrize(("name", "word"), NO_STUDENTS.items())
def test_a_folder_that_cannot_be_a_student_is_a_fault_and_named(course, name, word):
    name = os.fsdecode(name)
    said = [line for line in course.said.splitlines() if "There was an error" in line]
    (line,) = [line for line in said if ascii(name).strip("'") in line]
    assert "No student has such a folder" in line
    assert word in line
    assert "Rename it" in line


def test_only_those_are_faults(course):
    lines = [line for line in course.said.splitlines() if "There was an error processing" in line]
    assert len(lines) == len(NO_STUDENTS), "\n".join(lines)
    assert "Traceback" not in course.said


def test_the_table_lists_everyone(course):
    said = course.python("grading", "table", A, fails=True)
    students = read_class(course.coursedir, A).hand_ins
    everyone = {path.name for path in (course.root / "submitted").iterdir()}
    assert set(students) == everyone
    faults = {
        name
        for name, row in students.items()
        if any(answer.verdict is Verdict.GRADER_FAULT for answer in row.values())
    }
    assert faults == {os.fsdecode(name) for name in NO_STUDENTS}
    for name in faults:
        assert f"  {ascii(name)[1:-1]}, {A}" in said


def test_what_was_handed_in_is_as_it_was(course):
    assert every_file(course) == course.before


def test_nothing_is_left_unfinished(course):
    assert not (course.root / "autograded" / ".unfinished").exists()


def test_a_second_run_has_nothing_to_do(course):
    graded = {
        path: path.stat().st_mtime_ns for path in (course.root / "autograded").glob("*/*/*.ipynb")
    }
    course.nbgrader("autograde", A, fails=True)  # those that are no students
    assert graded == {path: path.stat().st_mtime_ns for path in graded}


def test_a_hand_in_without_a_notebook_is_graded_when_it_is_the_only_one(course):
    course.nbgrader("autograde", A, "--student", "nothing", "--force")
    assert {r["verdict"] for r in course.records("nothing", A).values()} == {"no notebook"}


def test_the_formgrader_can_list_them(course):
    script = """
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
config = PyFileConfigLoader("nbgrader_config.py").load_config()
config.CourseDirectory.root = "."
api = NbGraderAPI(CourseDirectory(config=config), config=config)
print(len(api.get_submissions("01_rnn")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=120,  # a pipe that was opened would hold it up for ever
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= len(read_class(course.coursedir, A).hand_ins) - len(NO_STUDENTS)


def cell(name, **more):
    flags = {"locked": True, "grade": False, "solution": False, "task": False}
    return Expected(name, "code", name, None, points=0.0, **(flags | more))


WANTED = {
    "imports": cell("imports"),
    "data": cell("data"),
    "f": cell("f", locked=False, solution=True),
    "test_f": cell("test_f", grade=True),
}


@pytest.mark.parametrize(
    ("handed_in", "built"),
    [
        ("imports x f", "imports data x f test_f"),
        ("test_f f imports data", "f imports data test_f"),
        ("f data imports", "f imports data test_f"),
        ("x f= y", "imports data x f= test_f y"),
        ("f f f", "imports data f f f test_f"),
        ("imports data f= f f=", "imports data f= f test_f f="),
        ("test_f imports f test_f data", "test_f imports f data test_f"),
        ("imports data f x test_f", "imports data f x test_f"),
        ("", "imports data test_f"),
    ],
)
def test_where_the_released_cells_come_back(handed_in, built):
    """`f=` stands for a cell that defines f and has no id; the others have their source as id."""
    cells = [Cell("code", source, source) for source in handed_in.split()]
    assert " ".join(c.source for c in rebuild(cells, WANTED)[0]) == built


def test_of_two_with_the_id_of_a_locked_cell_the_one_that_defines_something_stays():
    """The other one is the locked cell, edited; this is an answer that was written into a copy."""
    edited, answer = (Cell("code", text, "imports") for text in ("import math", "def g(): pass"))
    for cells in ([edited, answer], [answer, edited]):
        built = [cell.source for cell in rebuild(cells, WANTED)[0]]
        assert set(built) == {"imports", "data", "def g(): pass", "test_f"}
