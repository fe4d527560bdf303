"""Whose marks a grading changes, from what to what: told before it writes, or after.

A mark that was given by hand stays; what changes under it is told too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from rich.markup import escape
from rich.table import Table

from grading.summary import shown

ROUNDING = 1e-9


@dataclass(frozen=True)
class Change:
    """The mark of one exercise that is not what it was.

    Attributes
    ----------
    student, test : str
    old, new : float
        What the grader gave, and gives now.
    by_hand : float or None
        A mark that was given by hand, which counts and stays.
    """

    student: str
    test: str
    old: float
    new: float
    by_hand: float | None


@dataclass
class Changes:
    """What a run changes.

    Attributes
    ----------
    again : int
        Submissions that had marks before.
    first : int
        Submissions that had none.
    found : list of Change
    """

    again: int = 0
    first: int = 0
    found: list[Change] = field(default_factory=list)

    def note(self, old: dict[str, tuple[float, float | None]], student: str, new: Any) -> None:
        """Compare the marks of a submission, as `marks` and `grading.desk` give them."""
        self.again += bool(old)
        self.first += not old
        for notebook in new.values():
            for test, (_, points) in notebook["audit"]["verdicts"].items():
                was, by_hand = old.get(test, (points, None))
                if abs(points - was) > ROUNDING:
                    self.found.append(Change(student, test, was, points, by_hand))

    def lines(self, assignment: str, *, dry: bool) -> Iterable[str | Table]:
        """Return what there is to print, for rich."""
        assignment = escape(assignment)
        if dry:
            yield (
                f"{assignment}: nothing was written. {self.again + self.first} would be graded, "
                f"{self.first} of them for the first time."
            )
        if self.found:
            yield _table(sorted(self.found, key=lambda c: (c.student, c.test)), assignment, dry)
        elif self.again:
            verb = "would change" if dry else "has changed"
            yield f"{assignment}: of {self.again} graded again, nobody's mark {verb}.\n"


def marks(gradebook: Gradebook, assignment: str, student: str) -> dict[str, tuple[float, Any]]:
    """Return what the gradebook has of a submission: by test, the grader's mark and one by hand."""
    try:
        entry = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return {}
    return {
        grade.name: (float(grade.auto_score), grade.manual_score)
        for notebook in entry.notebooks
        for grade in notebook.grades
        if grade.auto_score is not None
    }


def _table(changes: Iterable[Change], assignment: str, dry: bool) -> Table:
    title = f"{assignment}: marks that {'would change' if dry else 'have changed'}"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("student", no_wrap=True)
    table.add_column("exercise")
    table.add_column("was", justify="right")
    table.add_column("is" if not dry else "would be", justify="right")
    table.add_column("")
    for change in changes:
        colour = "green" if change.new > change.old else "red"
        note = "" if change.by_hand is None else f"{change.by_hand:g} given by hand stays"
        table.add_row(
            shown(change.student),
            change.test.removeprefix("test_"),
            f"{change.old:g}",
            f"[{colour}]{change.new:g}[/]",
            note,
        )
    return table
