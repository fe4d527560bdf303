"""Whose marks a grading changes, from what to what: told before it writes, or after.

A mark that was given by hand stays; what changes under it is told too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grading.store import AuditEntry, Mark

ROUNDING = 1e-9
LATE = "late penalty"


@dataclass(frozen=True)
class Change:
    """The mark of one exercise, or what lateness takes off, that is not what it was.

    Attributes
    ----------
    student, test : str
        For lateness `LATE` in place of a test.
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
    notes : list of str
        Why marks may change though nothing was handed in, in sentences.
    """

    again: int = 0
    first: int = 0
    found: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, marks: dict[str, Mark], student: str, new: Iterable[AuditEntry]) -> None:
        """Compare a submission's marks as they were with those of its notebooks now."""
        old = {test: mark for test, mark in marks.items() if mark.automatic is not None}
        self.again += bool(old)
        self.first += not old
        for entry in new:
            for test, (_, points) in entry.verdicts.items():
                mark = old.get(test, Mark(points, None, 0.0))
                was = float(mark.automatic or 0.0)
                if abs(points - was) > ROUNDING:
                    self.found.append(Change(student, test, was, points, mark.by_hand))

    def note_penalties(self, old: Mapping[str, float], new: Mapping[str, float]) -> None:
        """Compare what lateness took off with what it takes off now, of work that had marks."""
        for student in sorted(old.keys() & new.keys()):
            if abs(old[student] - new[student]) > ROUNDING:
                self.found.append(Change(student, LATE, 0 - old[student], 0 - new[student], None))

    def grown(self, student: str, test: str) -> float:
        """Return by how much the points of a test grow that counts as the grader says."""
        return sum(
            one.new - one.old
            for one in self.found
            if (one.student, one.test) == (student, test) and one.by_hand is None
        )
