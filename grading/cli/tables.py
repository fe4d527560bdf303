"""What a grading prints at its end: whose marks it changes, and what became of everyone's work."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grading.autograde import Change, Changes
from grading.cli.columns import Column, fitted
from grading.core import FULL, READ_ONLY, GraderFault, Verdict, printable
from grading.store import Answer, Class, Member, read_class

ROOM = 2**20  # bytes on the disk; with less nothing can be graded
COLOURS = {
    Verdict.CORRECT: "green",
    Verdict.PARTLY_CORRECT: "yellow",
    Verdict.GRADER_FAULT: "bold white on red",
}
LATE, WAITS, FLAGGED, NOTHING = "*", "+", "?", "–"
SIGNS = {
    LATE: "handed in late; the penalty, if there is one, is taken off",
    WAITS: "points so far: something in it still waits for a mark by hand",
    FLAGGED: "nbgrader asks for another look at a mark in it: see the formgrader",
    NOTHING: "nothing handed in",
}


def results(course: CourseDirectory, assignments: Sequence[str], only: Sequence[str] = ()) -> int:
    """Print the tables of assignments, of these students if any are named.

    Returns
    -------
    int
        1 when the grader failed for somebody, or cannot grade at all; else 0. A student's
        failure is no failure of the grader.
    """
    counts: Counter[Verdict] = Counter()
    classes, faults, missing = [], [], False
    for assignment in assignments:
        try:
            known = read_class(course, assignment)
        except GraderFault as fault:
            show(escape(str(fault)))
            missing = True
            continue
        rows = {name: row for name, row in known.hand_ins.items() if not only or name in only}
        classes.append(known)
        show(*_results(known, rows))
        gone = [shown(name) for name in known.deleted if not only or name in only]
        if gone:
            show(
                f"{', '.join(gone)} is not in the gradebook any more, though graded before, and "
                "left out. The next grading enters everyone again who has a hand-in.\n"
            )
        for student, row in rows.items():
            counts.update(answer.verdict for answer in row.values())
            if any(answer.verdict is Verdict.GRADER_FAULT for answer in row.values()):
                faults.append(f"{shown(student)}, {assignment}")
    if len(classes) > 1:
        show(*_marks(classes, only))
    said = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    show(f"Exercises: {said or 'none'}.\n")
    if faults:
        show(
            "[bold red]The grader failed[/] for these; they have no new mark. Look at the log "
            "above, then grade them again:",
            *(f"  {fault}" for fault in faults),
        )
    wrong = trouble(Path(course.root))
    if wrong:
        show(f"[bold red]Nothing new can be graded.[/] {wrong}")
    return 1 if faults or wrong or missing else 0


def _results(known: Class, rows: dict[str, dict[str, Answer]]) -> Iterator[Table | str]:
    """Draw the table of one assignment: students × exercises, with verdicts and points."""
    columns = []
    for number, (name, most) in enumerate(known.exercises.items()):
        answers = [list(row.values())[number] for row in rows.values()]
        columns.append(Column(f"{name}\n({most:g} points)", [_said(one) for one in answers]))
    members = {member.student: member for member in known.members}
    for name, most in known.by_hand.items():
        texts = [Text(_by_hand(members.get(student, Member(student)), name)) for student in rows]
        columns.append(Column(f"{name}\n({most:g} points)", texts))
    marks = [_mark(known, student, members.get(student, Member(student))) for student in rows]
    totals = [one if " " in one.plain else one + f" of {known.most:g}" for one in marks]
    columns.append(Column("points", totals, True))
    yield from fitted(known.assignment, _students(rows), columns, _console().width)
    yield from _signs(marks)


def _by_hand(member: Member, name: str) -> str:
    if name not in member.by_hand:
        return ""
    points = member.by_hand[name]
    if points is None:
        return "waits"
    if name in member.untouched:
        return f"{(member.whole or Verdict.NOT_ATTEMPTED).value}, {points:g}"
    return f"by hand, {points:g}"


def _signs(marks: Iterable[Text]) -> Iterator[str]:
    signs = "".join(mark.plain for mark in marks)
    yield from (f"{sign} {means}" for sign, means in SIGNS.items() if sign in signs)


def _said(answer: Answer) -> Text:
    points = "no mark" if answer.points is None else f"{answer.points:g}"
    verdict = Text(answer.verdict.value, COLOURS.get(answer.verdict, "red"))
    return Text.assemble(verdict, f", {points}")


def _marks(classes: Sequence[Class], only: Sequence[str]) -> Iterator[Table | str]:
    """Draw the table of all marks, students × assignments; say what its signs mean."""
    everyone = sorted({name for known in classes for name in known.hand_ins})
    students = [name for name in everyone if not only or name in only]
    columns = []
    for known in classes:
        members = {member.student: member for member in known.members}
        marks = [_mark(known, s, members.get(s, Member(s))) for s in students]
        columns.append(Column(f"{known.assignment}\nof {known.most:g}", marks, True))
    yield from fitted("marks", _students(students), columns, _console().width, lines=False)
    yield from _signs(cell for column in columns for cell in column.cells)
    yield ""


def _mark(known: Class, student: str, member: Member) -> Text:
    """Return what counts, as in report and exports: by hand first, late penalty taken off."""
    row = known.hand_ins.get(student)
    if row is None:
        return Text(NOTHING)
    points = [answer.points for answer in row.values()]
    if None in points:
        return Text("no mark", COLOURS[Verdict.GRADER_FAULT])
    earned = sum(filter(None, points)) if member.total is None else member.total
    signs = LATE * (member.seconds_late > 0) + WAITS * bool(member.waits)
    signs += FLAGGED * bool(member.flagged)
    return Text(f"{earned:g}{signs}", "green" if earned == known.most else "")


def _students(names: Iterable[str]) -> Column:
    return Column("student", [Text(printable(name)) for name in names])


def changes(made: Changes, assignment: str, *, dry: bool) -> Iterable[str | Table]:
    """Return what there is to print of the marks that a grading changes, for `show`."""
    name = escape(assignment)
    yield from map(escape, made.notes)
    if dry:
        yield (
            f"{name}: nothing was written. {made.again + made.first} would be graded, "
            f"{made.first} of them for the first time."
        )
    if made.found:
        found = sorted(made.found, key=lambda c: (c.student, c.test))
        yield from _changes(found, assignment, dry)
    elif made.again:
        verb = "would change" if dry else "has changed"
        yield f"{name}: of {made.again} graded again, nobody's mark {verb}.\n"


def _changes(found: Sequence[Change], assignment: str, dry: bool) -> Iterator[Table]:
    title = f"{assignment}: marks that {'would change' if dry else 'have changed'}"
    hands = ("" if c.by_hand is None else f"{c.by_hand:g} given by hand stays" for c in found)
    news = [Text(f"{c.new:g}", "green" if c.new > c.old else "red") for c in found]
    columns = [
        Column("exercise", [Text(c.test.removeprefix("test_")) for c in found]),
        Column("was", [Text(f"{c.old:g}") for c in found], True),
        Column("would be" if dry else "is", news, True),
        Column("", [Text(hand) for hand in hands]),
    ]
    yield from fitted(title, _students(c.student for c in found), columns, _console().width)


def _console() -> Console:
    """Return a console as wide as the terminal, or as COLUMNS says; without both, wide enough."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console() if known else Console(width=120)


def show(*drawn: Table | str) -> None:
    """Print tables and sentences, as wide as the terminal."""
    console = _console()
    for one in drawn:
        console.print(one)


def shown(student: str) -> str:
    """Return a student's name as rich may print it, whatever the folder is called."""
    return escape(printable(student))


def trouble(root: Path) -> str:
    """Say what keeps the course folder from being graded at all; nothing if nothing does."""
    if not os.access(root, os.W_OK):
        return READ_ONLY
    return FULL if shutil.disk_usage(root).free < ROOM else ""
