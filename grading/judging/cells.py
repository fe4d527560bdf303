"""Code cells of a submission as they are run, and what running one shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from grading.core import Output, Record, Verdict


class Role(Enum):
    """What a code cell is for."""

    STUDENT = "student"  # runs in the sandbox
    LOCKED = "locked"  # the instructor's: runs on both sides
    TEST = "test"  # the instructor's: runs on this side, with stubs
    PLOT = "plot"  # only draws, so that no mark needs it; runs in the sandbox, when plots are drawn


@dataclass(frozen=True)
class CodeCell:
    """One code cell.

    Attributes
    ----------
    source : str
        Of a locked cell and of a test, the instructor's.
    role : Role
    grade_id : str
        nbgrader's id, or a name that tells it from the others.
    points : float
        The highest, of a test; 0 of all others.
    ended : bool
        Whether it has ended a sandbox before; then it is left out.
    """

    source: str
    role: Role = Role.STUDENT
    grade_id: str = ""
    points: float = 0.0
    ended: bool = False


@dataclass(frozen=True)
class Shown:
    """What a cell has shown that ran in the sandbox.

    Attributes
    ----------
    outputs : list of dict
        In the form of a notebook.
    ended : bool
        Whether it has ended its sandbox.
    limit : Verdict or None
        The limit that it met, if it met one.
    """

    outputs: list[Output]
    ended: bool = False
    limit: Verdict | None = None


@dataclass(frozen=True)
class Judged:
    """What became of a test cell.

    Attributes
    ----------
    outputs : list of dict
        What a student is told, in the form that nbgrader reads.
    record : Record
        What is kept with the score.
    """

    outputs: list[Output]
    record: Record


Answer = Shown | Judged | None  # None of a cell that has not run
