"""The marks of an assignment, as nbgrader's gradebook has them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)


@dataclass(frozen=True)
class Mark:
    """What the gradebook has of one cell with points; None is not given.

    Attributes
    ----------
    automatic, by_hand : float or None
        What the grader gave, and a person.
    extra : float
        Points beyond the task.
    flagged : bool
        Whether nbgrader asks a person to look at it.
    """

    automatic: float | None
    by_hand: float | None
    extra: float
    flagged: bool = False

    @property
    def points(self) -> float | None:
        """What counts; None where there is no mark."""
        mark = self.automatic if self.by_hand is None else self.by_hand
        return None if mark is None else float(mark + self.extra)

    @property
    def is_automatic(self) -> bool:
        """Whether the mark is one that no person gave."""
        return self.by_hand is None and self.automatic is not None


def read_marks(
    gradebook: Gradebook, assignment: str, student: str | None = None
) -> dict[str, dict[str, Mark]]:
    """Return what the gradebook has, by student and cell, in one question to it.

    Parameters
    ----------
    gradebook : Gradebook
    assignment : str
    student : str, optional
        The only one to ask for.
    """
    rows = (
        gradebook.db.query(
            SubmittedAssignment.student_id,
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        )
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .filter(Assignment.name == assignment)
    )
    if student is not None:
        rows = rows.filter(SubmittedAssignment.student_id == student)
    found: dict[str, dict[str, Mark]] = defaultdict(dict)
    for who, cell, automatic, by_hand, extra, flagged in rows:
        found[who][cell] = Mark(automatic, by_hand, extra or 0.0, bool(flagged))
    return dict(found)
