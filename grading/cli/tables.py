"""What a grading prints at its end: whose marks it changes, and what became of everyone's work."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grading.autograde import Change, Changes
from grading.core import FULL, READ_ONLY, GraderFault, Verdict, printable
from grading.store import Answer, Class, read_class

ROOM = 2**20  # bytes on the disk; with less nothing can be graded
COLOURS = {
    Verdict.CORRECT: "green",
    Verdict.PARTLY_CORRECT: "yellow",
    Verdict.GRADER_FAULT: "bold white on red",
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
    faults, missing = [], False
    for assignment in assignments:
        try:
            known = read_class(course, assignment)
        except GraderFault as fault:
            show(escape(str(fault)))
            missing = True
            continue
        rows = {name: row for name, row in known.hand_ins.items() if not only or name in only}
        show(_results(known, rows))
        for student, row in rows.items():
            counts.update(answer.verdict for answer in row.values())
            if any(answer.verdict is Verdict.GRADER_FAULT for answer in row.values()):
                faults.append(f"{shown(student)}, {assignment}")
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


def _results(known: Class, rows: dict[str, dict[str, Answer]]) -> Table:
    """Draw the table of one assignment: students × exercises, with verdicts and points."""
    drawn = Table(title=f"{known.assignment}", title_justify="left", title_style="bold")
    drawn.add_column("student", no_wrap=True)
    for name, most in known.exercises.items():
        drawn.add_column(f"{name}\n({most:g} points)")
    drawn.add_column("points", justify="right")
    for student, row in rows.items():
        cells = []
        for answer in row.values():
            points = "no mark" if answer.points is None else f"{answer.points:g}"
            colour = COLOURS.get(answer.verdict, "red")
            cells.append(f"[{colour}]{answer.verdict.value}[/], {points}")
        total = sum(answer.points or 0.0 for answer in row.values())
        drawn.add_row(shown(student), *cells, f"{total:g} of {sum(known.exercises.values()):g}")
    return drawn


def changes(made: Changes, assignment: str, *, dry: bool) -> Iterable[str | Table]:
    """Return what there is to print of the marks that a grading changes, for `show`."""
    assignment = escape(assignment)
    if dry:
        yield (
            f"{assignment}: nothing was written. {made.again + made.first} would be graded, "
            f"{made.first} of them for the first time."
        )
    if made.found:
        yield _changes(sorted(made.found, key=lambda c: (c.student, c.test)), assignment, dry)
    elif made.again:
        verb = "would change" if dry else "has changed"
        yield f"{assignment}: of {made.again} graded again, nobody's mark {verb}.\n"


def _changes(found: Iterable[Change], assignment: str, dry: bool) -> Table:
    title = f"{assignment}: marks that {'would change' if dry else 'have changed'}"
    drawn = Table(title=title, title_justify="left", title_style="bold")
    drawn.add_column("student", no_wrap=True)
    drawn.add_column("exercise")
    drawn.add_column("was", justify="right")
    drawn.add_column("is" if not dry else "would be", justify="right")
    drawn.add_column("")
    for change in found:
        colour = "green" if change.new > change.old else "red"
        note = "" if change.by_hand is None else f"{change.by_hand:g} given by hand stays"
        drawn.add_row(
            shown(change.student),
            change.test.removeprefix("test_"),
            f"{change.old:g}",
            f"[{colour}]{change.new:g}[/]",
            note,
        )
    return drawn


def show(*drawn: Table | str) -> None:
    """Print tables and sentences, as wide as the terminal; without one, wide enough."""
    console = Console() if sys.stdout.isatty() else Console(width=120)
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
