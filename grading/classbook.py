"""Who belongs to a class, and what became of everyone's work, read from where it lies.

To the class belongs who is in nbgrader's gradebook or has a folder in ``submitted/``. Marks
come from the gradebook, verdicts and code from ``autograded/``. `grading.report` counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import (
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory

from grading import books
from grading.exam import GraderFault, Part
from grading.files import why_no_student
from grading.graded import TIMESTAMP, UNFINISHED, records
from grading.handin import Cell
from grading.summary import exercises_of
from grading.verdicts import Verdict

WHOLE = (Verdict.NO_NOTEBOOK, Verdict.UNREADABLE, Verdict.OTHER_ASSIGNMENT)


@dataclass(frozen=True)
class Answer:
    """One exercise of one student.

    Attributes
    ----------
    verdict : Verdict
    points : float or None
        What counts: given by hand if there is such a mark; None where there is no mark.
    parts : tuple of Part
        What the tests found; empty where they could not run.
    named : tuple of (str, str)
        The misconceptions it agrees with: name and sentence.
    public : bool
        Whether its public test held.
    code : str
        The cell with the solution.
    """

    verdict: Verdict
    points: float | None
    parts: tuple[Part, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    public: bool = False
    code: str = ""

    @property
    def lost(self) -> tuple[Part, ...]:
        """The parts that cost points."""
        return tuple(part for part in self.parts if part.earned < part.points)


@dataclass(frozen=True)
class Member:
    """One student of the class; without answers, one who has handed in nothing."""

    student: str
    first_name: str = ""
    last_name: str = ""
    seconds_late: float = 0.0
    total: float | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def whole(self) -> Verdict | None:
        """The verdict on the hand-in as a whole, where it cannot be graded."""
        return next((a.verdict for a in self.answers.values() if a.verdict in WHOLE), None)

    @property
    def is_judged(self) -> bool:
        """Whether there is a mark for work that could be graded."""
        marked = all(answer.points is not None for answer in self.answers.values())
        return bool(self.answers) and marked and self.whole is None


@dataclass(frozen=True)
class Class:
    """A class and one assignment.

    Attributes
    ----------
    assignment : str
    exercises : dict of str to float
        Function to its highest points, in the notebook's order.
    most : float
        The highest points of the assignment, with what is marked by hand alone.
    members : list of Member
        In the order of their names.
    blanks : dict of str to str
        The cell that students were given for each exercise.
    """

    assignment: str
    exercises: dict[str, float]
    most: float
    members: list[Member]
    blanks: dict[str, str]

    @property
    def handed_in(self) -> list[Member]:
        """Who has handed in anything."""
        return [member for member in self.members if member.answers]

    @property
    def missing(self) -> list[Member]:
        """Who has handed in nothing."""
        return [member for member in self.members if not member.answers]

    @property
    def judged(self) -> list[Member]:
        """Whose work says something about the exercises."""
        return [member for member in self.members if member.is_judged]


def read_class(course: CourseDirectory, assignment: str) -> Class:
    """Collect what is known of an assignment.

    Raises
    ------
    GraderFault
        When the gradebook knows no such assignment.
    """
    root = Path(course.root)
    books.check(course.db_url)
    with books.opened(course.db_url, course.course_id) as gradebook:
        try:
            known = gradebook.find_assignment(assignment)
        except MissingEntry:
            raise GraderFault(f"There is no assignment {assignment} in the gradebook.") from None
        tests = exercises_of(known)
        names = {test: test.removeprefix("test_") for test in tests}
        entries = {entry.student_id: entry for entry in known.submissions}
        people = {one.id: one for one in gradebook.students}
        handed_in = _handed_in(root / course.submitted_directory, assignment, entries)
        marks = _marks(gradebook, known.id)
        members = []
        for student in {*people, *handed_in}:
            entry, given = entries.get(student), marks[student]
            answers: dict[str, Answer] = {}
            if handed_in.get(student):
                judged, code = _graded(root / course.autograded_directory, student, assignment)
                for test, name in names.items():
                    answers[name] = _answer(judged.get(test), given.get(test), _code(code, name))
            total = None
            if answers and entry and not any(a.points is None for a in answers.values()):
                total = max(0.0, sum(given.values()) - (entry.late_submission_penalty or 0.0))
            members.append(
                Member(
                    student,
                    getattr(people.get(student), "first_name", "") or "",
                    getattr(people.get(student), "last_name", "") or "",
                    float(entry.total_seconds_late) if entry else 0.0,
                    total,
                    answers,
                )
            )
        sources = [cell for notebook in known.notebooks for cell in notebook.source_cells]
        blanks = {cell.name: cell.source or "" for cell in sources if cell.name in names.values()}
        most = float(known.max_score)
    members.sort(key=lambda one: (one.last_name, one.first_name, one.student))
    return Class(assignment, {names[t]: p for t, p in tests.items()}, most, members, blanks)


def _handed_in(submitted: Path, assignment: str, known: Iterable[str]) -> dict[str, bool]:
    """Return whether a student has handed in anything; a folder with nothing in it is nothing.

    Who is in the gradebook alone has handed in: the folders may have been put away.
    """
    found = dict.fromkeys(known, True)
    for folder in submitted.glob(f"*/{assignment}"):
        if not why_no_student(folder.parent.name):
            inside = {"something that is no folder, or is closed"}
            with suppress(OSError):
                inside = inside if folder.is_symlink() else {p.name for p in folder.iterdir()}
            found[folder.parent.name] = bool(inside - {TIMESTAMP})
    return found


def _marks(gradebook: Gradebook, assignment: str) -> dict[str, dict[str, float]]:
    """Return the marks that count, by student and test, in one question to the gradebook."""
    rows = (
        gradebook.db.query(
            SubmittedAssignment.student_id,
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
        )
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .filter(SubmittedAssignment.assignment_id == assignment)
    )
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for student, test, automatic, by_hand, extra in rows:
        mark = automatic if by_hand is None else by_hand
        if mark is not None:
            found[student][test] = float(mark + (extra or 0.0))
    return found


def _graded(
    autograded: Path, student: str, assignment: str
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the records of a student's tests, and the code cells as pairs of id and source."""
    judged: dict[str, Any] = {}
    code: list[tuple[str, str]] = []
    if not (autograded / UNFINISHED / student / assignment).exists():
        for path in sorted((autograded / student / assignment).glob("*.ipynb")):
            more, cells = records(path)
            judged |= more
            code += cells
    return judged, code


def _answer(record: dict[str, Any] | None, points: float | None, code: str) -> Answer:
    if record is None or points is None:
        return Answer(Verdict.GRADER_FAULT, None)
    return Answer(
        Verdict(record["verdict"]),
        points,
        tuple(Part(**part) for part in record.get("parts", ())),
        tuple((name, says) for name, says in record.get("named", ())),
        record.get("public", False),
        code,
    )


def _code(cells: list[tuple[str, str]], exercise: str) -> str:
    """Return the cell that counts as the solution: by its id, else by what it defines."""
    by_id = [source for grade_id, source in cells if grade_id == exercise]
    looks = [s for i, s in cells if not i and Cell("code", s, "").defines(exercise)]
    return (by_id or looks or [""])[-1]
