"""Who belongs to a class, and what became of everyone's work, read from where it lies.

To the class belongs who is in nbgrader's gradebook or has a folder among the hand-ins, unless
a setting of nbgrader's leaves her out, or she was graded and then deleted from the gradebook.
Marks come from the gradebook, verdicts and code from the graded notebooks; where one of the two
is missing there is no mark. Table, report and exports show what is read here.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, Notebook
from nbgrader.coursedir import CourseDirectory

from grading.core import Cell, GraderFault, Part, Verdict, why_no_student
from grading.store import autograded
from grading.store.autograded import Graded
from grading.store.files import TIMESTAMP
from grading.store.gradebook import open_gradebook
from grading.store.marks import Mark, read_marks
from grading.store.penalties import Lateness, Penalties
from grading.store.places import Places

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
    """One student of the class; without answers, one who has handed in nothing.

    Attributes
    ----------
    student, first_name, last_name : str
    seconds_late, penalty : float
        By the deadline and the rule of now; the penalty is in points.
    total : float or None
        The points so far that count, penalty taken off; None where an exercise has no mark.
    answers : dict of str to Answer
        By exercise.
    by_hand : dict of str to (float or None)
        The points of what a person marks; None of what waits for that.
    untouched : tuple of str
        What of that is as it was handed out, for which nbgrader gives no points by itself.
    flagged : tuple of str
        What has a mark, and nbgrader asks a person to look at it all the same.
    """

    student: str
    first_name: str = ""
    last_name: str = ""
    seconds_late: float = 0.0
    penalty: float = 0.0
    total: float | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    by_hand: Mapping[str, float | None] = field(default_factory=dict)
    untouched: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()

    @property
    def waits(self) -> tuple[str, ...]:
        """What is still to be marked by a person."""
        return tuple(name for name, points in self.by_hand.items() if points is None)

    @property
    def lateness(self) -> str:
        """How late it was, in days and hours, and what that costs; nothing if it was in time."""
        days, seconds = divmod(round(self.seconds_late), 86_400)
        hours, seconds = divmod(seconds, 3_600)
        said = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours)
        said = said or [f"{max(seconds // 60, 1)} min"]
        said += [f"−{self.penalty:g} points"] * bool(self.penalty)
        return ", ".join(said) if self.seconds_late > 0 else ""

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
    hand_ins : dict of str to (dict of str to Answer)
        What became of every folder among the hand-ins, by its name, empty ones and those
        that can be no student's too.
    by_hand : dict of str to float
        What a person marks, with its highest points.
    """

    assignment: str
    exercises: dict[str, float]
    most: float
    members: list[Member]
    blanks: dict[str, str]
    hand_ins: dict[str, dict[str, Answer]] = field(default_factory=dict)
    by_hand: dict[str, float] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

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
    """Collect what is known of an assignment, of the students and notebooks asked for.

    Raises
    ------
    GraderFault
        When the gradebook knows no such assignment.
    """
    places = Places(course)
    places.check()
    with open_gradebook(course.db_url, course.course_id, begin=False) as gradebook:
        try:
            known = gradebook.find_assignment(assignment)
        except MissingEntry:
            raise GraderFault(f"There is no assignment {assignment} in the gradebook.") from None
        asked = [b for b in known.notebooks if fnmatch.fnmatchcase(b.name, course.notebook_id)]
        tests = exercises_of(asked)
        names = {test.removeprefix("test_"): test for test in tests}
        entries = {entry.student_id: entry for entry in known.submissions}
        people = {one.id: one for one in gradebook.students}
        folders = hand_ins(places, assignment)
        deleted = sorted(s for s in {*folders} - {*people} if _graded(places, s, assignment).tests)
        for student in deleted:
            del folders[student]
        cells = _cells(asked)
        hands = {name: points for name, points in cells.items() if name not in tests}
        given = {
            student: {name: mark for name, mark in own.items() if name in cells}
            for student, own in read_marks(gradebook, assignment).items()
        }
        late = Penalties(course).now(gradebook, assignment)
        # Who is in the gradebook alone has handed in: the folders may have been put away.
        found = {}
        for student in {*folders, *entries}:
            work = Graded() if why_no_student(student) else _graded(places, student, assignment)
            own = given.get(student, {})
            found[student] = {n: _answer(work, n, t, own.get(t)) for n, t in names.items()}
        members = []
        for student in {*people, *found}:
            if why_no_student(student) or not places.is_asked_for(student):
                continue
            entry, own = entries.get(student), given.get(student, {})
            answers = found.get(student, {}) if folders.get(student, True) else {}
            lateness = late.get(student, Lateness())
            penalty = sum(lateness.penalties.get(book.name, 0.0) for book in asked)
            total = None
            if answers and entry and not any(a.points is None for a in answers.values()):
                earned = sum(mark.points or 0.0 for mark in own.values())
                total = max(0.0, earned - penalty)
            members.append(
                Member(
                    student,
                    getattr(people.get(student), "first_name", "") or "",
                    getattr(people.get(student), "last_name", "") or "",
                    lateness.seconds,
                    penalty,
                    total,
                    answers,
                    {name: own[name].points for name in hands if name in own},
                    tuple(n for n in hands if n in own and own[n].is_automatic),
                    tuple(n for n, m in own.items() if m.flagged and m.points is not None),
                )
            )
        sources = [cell for book in asked for cell in book.source_cells]
        blanks = {cell.name: cell.source or "" for cell in sources if cell.name in names}
        most = float(sum(book.max_score for book in asked))
    members.sort(key=lambda one: (one.last_name, one.first_name, one.student))
    table = {student: found[student] for student in sorted(folders)}
    points = {name: tests[test] for name, test in names.items()}
    return Class(assignment, points, most, members, blanks, table, hands, deleted)


def exercises_of(notebooks: Iterable[Notebook]) -> dict[str, float]:
    """Return the tests of notebooks in the gradebook, with their highest points.

    An answer that a person marks is none: it has points and is not locked; nor is a task.
    """
    books = list(notebooks)
    locked = {cell.name for book in books for cell in book.source_cells if cell.locked}
    tasks = {cell.name for book in books for cell in book.task_cells}
    return {name: most for name, most in _cells(books).items() if name in locked - tasks}


def _cells(notebooks: Iterable[Notebook]) -> dict[str, float]:
    """Return all cells with points, with their highest points."""
    found: dict[str, float] = {}
    for book in notebooks:
        points = {c.name: float(c.max_score) for c in [*book.grade_cells, *book.task_cells]}
        # source_cells keep the notebook's order; the others do not promise to.
        found |= {c.name: points.pop(c.name) for c in book.source_cells if c.name in points}
        found |= points
    return found


def hand_ins(places: Places, assignment: str) -> dict[str, bool]:
    """Return every folder among the hand-ins by its name, and whether anything is in it."""
    found = {}
    for work in places.hand_in_folders(assignment):
        folder = Path(work.folder)
        inside = {"something that is no folder, or is closed"}
        with suppress(OSError):
            inside = inside if folder.is_symlink() else {path.name for path in folder.iterdir()}
        found[work.student] = bool(inside - {TIMESTAMP})
    return found


def complete(path: Path, gradebook: Gradebook, student: str, assignment: str) -> tuple[bool, bool]:
    """Say of a graded notebook whether nothing of it is missing, and whether plots are pending.

    It has to have a record of every test, and the gradebook a mark.
    """
    with suppress(MissingEntry):
        tests = exercises_of([gradebook.find_notebook(path.stem, assignment)])
        work = autograded.read_graded(path)
        entry = gradebook.find_submission_notebook(path.stem, assignment, student)
        marked = {grade.name for grade in entry.grades if grade.auto_score is not None}
        return set(tests) <= marked & set(work.tests), work.is_pending
    return False, False


def _graded(places: Places, student: str, assignment: str) -> Graded:
    """Return what is in a student's graded notebooks, unless they are of an earlier grading."""
    if places.unfinished_folder(student, assignment).exists():
        return Graded()
    return autograded.read_graded(
        *sorted(places.graded_folder(student, assignment).glob("*.ipynb"))
    )


def _answer(work: Graded, exercise: str, test: str, mark: Mark | None) -> Answer:
    record, points = work.tests.get(test), mark.points if mark else None
    if record is None or points is None:
        return Answer(Verdict.GRADER_FAULT, None)
    code = _code(work.code, exercise)
    return Answer(record.verdict, points, record.parts, record.named, record.public, code)


def _code(cells: list[tuple[str, str]], exercise: str) -> str:
    """Return the cell that counts as the solution: by its id, else by what it defines."""
    by_id = [source for grade_id, source in cells if grade_id == exercise]
    looks = (s for i, s in reversed(cells) if not i and Cell("code", s, "").defines(exercise))
    return by_id[-1] if by_id else next(looks, "")
