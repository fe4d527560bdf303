"""The class that `make grade` shows: in every lesson there is an answer of every kind."""

import ast
import re

import pytest

from grading.core.verdicts import Verdict as V
from tests.support.course import Course, assignments
from tests.support.sample import asked_for, sample
from tests.support.sample_class import LEGEND, MISTAKE, STUDENTS, Lesson, deeds, fill

EVERY = {
    V.CORRECT,
    V.PARTLY_CORRECT,
    V.WRONG,
    V.NOT_ATTEMPTED,
    V.RAISED,
    V.TIMED_OUT,
    V.TOO_MUCH_OUTPUT,
    V.CRASHED,
    V.NO_NOTEBOOK,
    V.UNREADABLE,
    V.OTHER_ASSIGNMENT,
}
NEVER_HEARD_OF = Lesson(
    {
        "attend": "def attend(q, keys, *, scale=1.0):\n    out = q\n    return out, ()",
    },
    wrong=[],
    right=[],
)


@pytest.fixture(scope="module")
def course(request, tmp_path_factory):
    """A course whose sample class is graded, with short limits, in the lessons asked for."""
    course = Course(tmp_path_factory.mktemp("sample") / "course")
    config = course.root / "nbgrader_config.py"
    short = "c.ExecuteBehindWall.cell_seconds = 4.0\nc.ExecuteBehindWall.call_seconds = 2.5\n"
    config.write_text(config.read_text() + short)
    fill(course)
    lessons = assignments() if asked_for(request, "width") else asked_for(request, "assignment")
    lessons = lessons or assignments()
    course.python("grading", "autograde", *lessons, "--no-plots", "--workers=2")
    return course


def records(course, assignment):
    """Return of each student what became of each exercise."""
    return {student: course.records(student, assignment) for student in STUDENTS}


def full(record):
    """Say whether a record has all points; where nothing could be judged it has none."""
    return record["points"] == record.get("most", 10.0)


@pytest.mark.parametrize("assignment", sample(assignments(), 8))
def test_every_student_gets_what_their_kind_deserves(course, assignment):
    for student, found in records(course, assignment).items():
        entries = deeds(course, assignment, student)
        if STUDENTS[student].instead:
            verdicts = {record["verdict"] for record in found.values()}
            assert verdicts == {STUDENTS[student].verdict.value}, student
        for entry in entries:  # only in the first does nothing else play a part
            record = found[entry.function]
            assert entry is not entries[0] or record["verdict"] == entry.verdict.value, student
            assert full(record) == (entry.verdict is V.CORRECT), student


@pytest.mark.parametrize("assignment", sample(assignments(), 8))
def test_every_lesson_has_an_answer_of_every_kind(course, assignment):
    found = records(course, assignment)
    assert {V(r["verdict"]) for own in found.values() for r in own.values()} >= EVERY
    right = [s for s, own in found.items() if all(map(full, own.values()))]
    assert right == [s for s, one in STUDENTS.items() if one.kind.startswith("right")]
    assert not [record["named"] for s in right for record in found[s].values() if record["named"]]


@pytest.mark.parametrize("assignment", sample(assignments(), 8))
def test_the_known_mistakes_are_different_ones(course, assignment):
    known = [student for student, one in STUDENTS.items() if one.kind == MISTAKE]
    made = [deeds(course, assignment, student)[0] for student in known]
    lesson = Lesson.read(course.root / "source" / assignment)
    kinds = {(function, one.loses) for function in lesson.cells for one in lesson.kinds(function)}
    functions = {function for function, _ in kinds}
    assert len({entry.function for entry in made}) == min(len(known), len(functions))
    assert len({(entry.function, entry.lost) for entry in made}) == min(len(known), len(kinds))
    totals = [sum(filter(None, course.scores(student, assignment).values())) for student in known]
    assert len(set(totals)) >= min(3, len(kinds))


@pytest.mark.long
@pytest.mark.parametrize("width", ["80", "100"])
def test_the_table_has_everybodys_mark_in_every_lesson(course, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)
    said = course.python("grading", "table")
    assert max(map(len, said.split("\n"))) <= int(width)
    for student in STUDENTS:
        shown = re.findall(rf"^{student} (.*)$", said, re.M)  # below each other where it is narrow
        marks = [course.scores(student, name).values() for name in assignments()]
        earned = [sum(filter(None, some)) for some in marks]
        assert " ".join(shown).split() == [f"{points:g}" for points in earned], student


def test_each_student_is_described_beside_the_hand_ins(course):
    said = (course.root / "submitted" / LEGEND).read_text("utf-8")
    for student, one in STUDENTS.items():
        assert f"\n{student:10} {one.kind}\n" in said
        for assignment in assignments():
            for entry in deeds(course, assignment, student):
                assert f"{assignment}, {entry.function}: {entry.name}" in said


@pytest.mark.parametrize("student", [s for s, one in STUDENTS.items() if not one.instead])
def test_a_lesson_that_lists_nothing_has_the_other_kinds(student):
    entries = STUDENTS[student].deed(NEVER_HEARD_OF)
    listed = ("right", MISTAKE, "a mistake")
    assert bool(entries) != STUDENTS[student].kind.startswith(listed)
    for entry in entries:
        assert entry.apply("") != NEVER_HEARD_OF.cells["attend"]
        assert "def attend(q, keys, *, scale=1.0):" in entry.apply("")
        if STUDENTS[student].kind != "a syntax error":
            ast.parse(entry.apply(""))
