"""Broken hand-ins: each gets its verdict and a sentence, and everyone else their marks."""

import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from grading import summary
from grading.handin import Expected, parse, rebuild
from grading.verdicts import SENTENCES, Verdict
from tests.course import Course, grade_id

A = "01_rnn"
FULL = {"rnn_cell_forward": 10.0, "rnn_forward": 10.0}
NONE = dict.fromkeys(FULL, 0.0)


def as_bytes(notebook):
    return nbformat.writes(notebook).encode()


def changed(course, change):
    """A right submission, with something done to its JSON."""
    raw = json.loads(as_bytes(course.answers(A)))
    change(raw)
    return json.dumps(raw).encode()


def without(*ids):
    def change(raw):
        raw["cells"] = [
            c for c in raw["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") not in ids
        ]

    return change


def twice(grade_id):
    def change(raw):
        for number, cell in enumerate(raw["cells"]):
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
                raw["cells"].insert(number + 1, copy.deepcopy(cell))
                return

    return change


def every_mark(**values):
    def change(raw):
        for cell in raw["cells"]:
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"].update(values)

    return change


def reversed_tests(raw):
    for cell in raw["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        if mark.get("grade"):
            cell["source"] = ["raise SystemExit"]


BROKEN = {
    "not-json": (lambda c: b"{'cells': ", Verdict.UNREADABLE),
    "empty-file": (lambda c: b"", Verdict.UNREADABLE),
    "binary": (lambda c: bytes(range(256)) * 40, Verdict.UNREADABLE),
    "a-list": (lambda c: b"[1, 2]", Verdict.UNREADABLE),
    "no-cells": (lambda c: b'{"nbformat": 4, "nbformat_minor": 5}', Verdict.UNREADABLE),
    "cells-of-numbers": (lambda c: b'{"nbformat": 4, "cells": [1, 2]}', Verdict.UNREADABLE),
    "from-the-future": (lambda c: b'{"nbformat": 9, "cells": []}', Verdict.UNREADABLE),
    "too-large": (lambda c: b" " * (21 * 2**20) + b"{}", Verdict.UNREADABLE),
    "other-assignment": (lambda c: as_bytes(c.release("02_lstm")), Verdict.OTHER_ASSIGNMENT),
}
HONEST = {
    "right": lambda c: as_bytes(c.answers(A)),
    "stripped-of-outputs": lambda c: changed(c, lambda raw: raw["metadata"].clear()),
    "kernel-of-another-name": lambda c: changed(
        c, lambda raw: raw["metadata"].update(kernelspec={"name": "my-env", "display_name": "x"})
    ),
    "old-schema": lambda c: changed(c, every_mark(schema_version=1)),
    "future-schema": lambda c: changed(c, every_mark(schema_version=99)),
    "doubled-ids": lambda c: changed(c, twice("rnn_cell_forward")),
    "doubled-tests": lambda c: changed(c, twice("test_rnn_forward")),
    "tests-deleted": lambda c: changed(c, without("test_rnn_cell_forward", "test_rnn_forward")),
    "tests-edited": lambda c: changed(c, reversed_tests),
    "imports-deleted": lambda c: changed(c, without("imports")),
    "points-raised": lambda c: changed(c, every_mark(points=1000)),
    "all-locked": lambda c: changed(c, every_mark(locked=True, solution=False, grade=False)),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("handin") / "course")
    for student, (make, _) in BROKEN.items():
        course.submit(student, A, make(course))
    for student, make in HONEST.items():
        course.submit(student, A, make(course))
    course.submit("empty-folder", A, None)
    course.submit("renamed", A, None)
    nbformat.write(course.answers(A), course.root / "submitted/renamed" / A / "rnn (1).ipynb")
    course.submit("wrong-names", A, None)
    for name in ("a.ipynb", "b.ipynb"):
        nbformat.write(course.answers(A), course.root / "submitted/wrong-names" / A / name)
    missing = course.answers(A)
    missing.cells = [c for c in missing.cells if grade_id(c) != "rnn_forward"]
    course.submit("an-exercise-missing", A, missing)
    moved = course.answers(A)
    sources = [c.source for c in moved.cells if grade_id(c) in FULL]
    moved.cells = [c for c in moved.cells if grade_id(c) not in FULL]
    moved.cells.insert(2, new_code_cell("\n\n".join(sources)))
    course.submit("all-in-one-cell", A, moved)
    course.said = course.nbgrader("autograde", A)
    return course


@pytest.mark.parametrize("student", BROKEN)
def test_a_broken_hand_in_gets_its_verdict_in_words(course, student):
    verdict = BROKEN[student][1]
    records = course.records(student, A)
    assert {r["verdict"] for r in records.values()} == {verdict.value}
    assert course.scores(student, A) == NONE
    tests = [c for c in course.graded(student, A).cells if grade_id(c).startswith("test_")]
    assert len(tests) == 2
    assert all(SENTENCES[verdict] in cell.outputs[0].evalue for cell in tests)


@pytest.mark.parametrize("student", [*HONEST, "renamed", "all-in-one-cell"])
def test_honest_work_keeps_its_marks(course, student):
    assert course.scores(student, A) == FULL


@pytest.mark.parametrize("student", ["wrong-names", "empty-folder"])
def test_a_missing_notebook_is_told_from_a_broken_one(course, student):
    assert course.scores(student, A) == NONE
    verdicts = {r["verdict"] for r in course.records(student, A).values()}
    assert verdicts == {Verdict.NO_NOTEBOOK.value}


def test_a_missing_exercise_costs_that_exercise_only(course):
    assert course.scores("an-exercise-missing", A) == {**FULL, "rnn_forward": 0.0}
    record = course.records("an-exercise-missing", A)["rnn_forward"]
    assert record["verdict"] == Verdict.NOT_ATTEMPTED.value


def test_the_table_lists_everyone(course):
    _, students = summary.results(course.root, A)
    everyone = {path.name for path in (course.root / "submitted").iterdir()}
    assert set(students) == everyone
    verdicts = {result.verdict for result in students["empty-folder"].values()}
    assert verdicts == {Verdict.NO_NOTEBOOK}
    assert not any(r.verdict is Verdict.GRADER_FAULT for s in students.values() for r in s.values())


def test_notebooks_of_format_3_are_read():
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "code", "language": "python", "input": "x = 1", "outputs": []}
                ]
            }
        ],
    }
    assert [(kind, source) for kind, source, _ in parse(json.dumps(old).encode())] == [
        ("code", "x = 1")
    ]


def test_a_locked_cell_gets_its_source_back_and_its_place():
    def cell(name, **more):
        flags = {"locked": True, "grade": False, "solution": False, "task": False}
        return Expected(name, "code", f"# {name}", None, points=0.0, **(flags | more))

    wanted = {c.grade_id: c for c in [cell("imports"), cell("f", locked=False, solution=True)]}
    wanted["test_f"] = cell("test_f", grade=True)
    built = rebuild(
        [("code", "1 / 0", "imports"), ("code", "mine", ""), ("code", "f", "f")], wanted
    )
    assert [c.source for c in built.cells] == ["# imports", "mine", "f", "# test_f"]
