"""What judging one submission may cost here: whoever meets it has a verdict, and nobody waits."""

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grading.store import audit
from grading.workers import client
from tests.support.course import grade_id, notebook_path, other_course
from tests.support.sample import asked_for, sample

A = "01_costly"
CONFIG = """
import grading
c = get_config()
grading.configure(c)
c.CourseDirectory.course_id = "costly"
c.CourseDirectory.release_directory = "notebooks"
c.ExecuteBehindWall.total_seconds = 20.0
"""
F = '''
def f():
    """Return how much the test is to do, and of what."""
    ### BEGIN SOLUTION
    how = "", 1
    ### END SOLUTION
    return how
'''
G = F.replace("def f", "def g")
# A test of an instructor's own, careless with what it is given: it works with it on this side.
TEST = """
what, size = f()
### BEGIN HIDDEN TESTS
import ctypes, os, re
kept = []
if what == "memory at once":
    bytes(size)
if what == "memory by and by":
    for _ in range(size): kept.append(b"x" * 2**20)
if what == "memory, and an end":
    for _ in range(size): kept.append(b"x" * 2**20)
    ctypes.CDLL(None).usleep(500_000)
    os.abort()
if what == "memory in C":
    kept.append((ctypes.c_char * size)())
    ctypes.memset(kept[0], 1, size)
if what == "time":
    for _ in range(size): pass
if what == "time in C":
    re.match("(a+)+$", "a" * size + "b")
if what == "an end":
    os.abort()
### END HIDDEN TESTS
"""
COSTLY = {
    "memory-at-once": (("memory at once", 2**33), "out of memory"),
    "memory-by-and-by": (("memory by and by", 2**14), "out of memory"),
    "memory-in-c": (("memory in C", 2**32 - 2**28), "out of memory"),
    "memory-and-an-end": (("memory, and an end", 2**10), "out of memory"),
    "time": (("time", 2**40), "timed out"),
    "time-in-c": (("time in C", 60), "timed out"),
}


def mark(name, **roles):
    own = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {"grade_id": name, **own, **roles}}


def source():
    notebook = new_notebook()
    notebook.cells = [
        new_code_cell("import sys", metadata=mark("imports", locked=True)),
        new_code_cell(F.strip(), metadata=mark("f", solution=True)),
        new_code_cell(TEST.strip(), metadata=mark("test_f", grade=True, locked=True, points=2)),
        new_code_cell(G.strip(), metadata=mark("g", solution=True)),
        new_code_cell(
            "### BEGIN HIDDEN TESTS\nassert g() == ('', 1)\n### END HIDDEN TESTS",
            metadata=mark("test_g", grade=True, locked=True, points=2),
        ),
    ]
    return notebook


def answered(course, answer):
    notebook = course.release(A)
    for cell in notebook.cells:
        if grade_id(cell) in ("f", "g"):
            cell.source = f"def {grade_id(cell)}():\n    return {('', 1)!r}"
        if grade_id(cell) == "f":
            cell.source = f"def f():\n    return {answer!r}"
    return notebook


@pytest.fixture(scope="module")
def course(request, tmp_path_factory):
    """A class of the costly, with others before and behind them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "SECONDS", 6.0)
        made = other_course(
            tmp_path_factory.mktemp("costly") / "course", CONFIG, A, {"costly": source()}
        )
        made.nbgrader("generate_assignment", A)
        for student in ("aa", "zz"):
            made.submit(student, A, answered(made, ("", 1)))
        for student in {*asked_for(request, "student")} & COSTLY.keys():
            made.submit(student, A, answered(made, COSTLY[student][0]))
        made.submit("the-end", A, answered(made, ("an end", 1)))
        made.said[A] = made.python("grading", "autograde", A, fails=None)
        return made


@pytest.mark.parametrize("student", sample(COSTLY, 4))
def test_what_costs_too_much_here_has_a_verdict_that_says_so(course, student):
    _, verdict = COSTLY[student]
    records = course.records(student, A)
    assert {name: record["verdict"] for name, record in records.items()} == {
        "f": verdict,
        "g": verdict,
    }
    assert course.scores(student, A) == {"f": 0.0, "g": 0.0}
    shown = str(course.graded(student, A))
    assert re.search(r"Judging this took more than \d+ (MiB|seconds)", shown)


@pytest.mark.parametrize("student", ["aa", "zz"])
def test_the_others_are_graded(course, student):
    assert course.scores(student, A) == {"f": 2.0, "g": 2.0}


def test_only_what_ends_the_grader_without_a_limit_is_a_fault(course):
    """Three times, that is: it may be the machine's."""
    faults = re.findall(r"error processing assignment '\w+' for student '(.*?)'", course.said[A])
    assert faults == ["the-end"]
    assert course.scores("the-end", A) in ({}, {"f": None, "g": None})


def test_the_audit_file_has_what_was_handed_in(course):
    lines = (course.root / audit.FILE).read_text().splitlines()
    entries = {entry["student"]: entry for entry in map(json.loads, lines)}
    costly = entries.keys() & COSTLY.keys()
    assert costly
    for student in costly:
        _, verdict = COSTLY[student]
        assert len(entries[student]["submitted"]) == 64
        assert entries[student]["limits"] == [verdict]
        path = notebook_path(course.root / "submitted" / student / A)
        assert nbformat.read(path, 4).cells


def test_a_second_run_grades_nobody_again(course):
    said = course.python("grading", "autograde", A, fails=None)
    assert re.findall(r"for student '(.*?)'", said) in ([], ["the-end"])
