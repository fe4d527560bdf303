"""What the exams of a test cell are judged by, what they add up to, and how that is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from grading.core import Candidate, GraderFault, Part, Rules


class Scored(Protocol):
    """What is asked of an exam once its cell has run; see `grading.exam.Exam`."""

    parts: list[Part]
    named: list[Candidate]
    scored: float | None

    def settle(self, right: Collection[str]) -> None:
        """Take back what an earlier exercise that is right as a whole does not excuse."""


@dataclass
class Context:
    """What the exams of one test cell are judged by, and which there are.

    Every exam that is made while it is entered, in whatever thread, is one of its own. A source
    notebook enters none: there the function is compared with itself.

    Attributes
    ----------
    references : mapping of str to callable
        What functions are compared with, by name.
    candidates : mapping of str to (sequence of Candidate)
        The known wrong versions of each.
    rules : Rules
    exams : list of Scored
        In the order in which they were made, wherever the cell keeps them.
    missing : mapping of str to str, optional
        Why there is no reference for a function, by its name. Where it is given, as by the grader,
        no function is compared with itself.
    """

    references: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    candidates: Mapping[str, Sequence[Candidate]] = field(default_factory=dict)
    rules: Rules = field(default_factory=lambda: Rules(seed=0))
    exams: list[Scored] = field(default_factory=list)
    missing: Mapping[str, str] | None = None

    @property
    def graded(self) -> bool:
        """Whether it is the grader's; it tells of the parts itself, when they are settled."""
        return self.missing is not None

    def reference(self, name: str) -> Callable[..., Any] | None:
        """Return what a function is compared with; None where it is compared with itself.

        Raises
        ------
        GraderFault
            When there is nothing to compare it with.
        """
        if name in self.references:
            return self.references[name]
        if not self.references and not self.graded:
            return None
        failed = self.missing or {}
        why = failed.get(name) or next(iter(failed.values()), "")
        text = f"There is no reference for {name} in the source notebook"
        raise GraderFault(f"{text}: {why}" if why else f"{text}.")

    def __enter__(self) -> Context:
        _entered.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _entered.pop()

    def earned(self, value: Any, right: Collection[str] = ()) -> float | None:
        """Return what the exams earned together, if each is scored and ``value`` is that number.

        Parameters
        ----------
        value : object
            On which the test cell ends.
        right : collection of str
            The exercises before it that are right as a whole.
        """
        said = number(value)
        if said is None or any(exam.scored is None for exam in self.exams):
            return None
        if not math.isclose(said, self._scored(), abs_tol=1e-9):
            return None
        for exam in self.exams:
            exam.settle(right)
        return self._scored()

    def _scored(self) -> float:
        return math.fsum(exam.scored or 0.0 for exam in self.exams)


_entered: list[Context] = []  # the present one at the end; a process judges one cell at a time


def present() -> Context:
    """Return the context that is entered; a new one, without references, if none is."""
    return _entered[-1] if _entered else Context()


def number(value: Any) -> float | None:
    """Return the number that a value is, NumPy's own too; nothing for all else."""
    kinds = (int, float, np.integer, np.floating)
    return float(value) if isinstance(value, kinds) and not isinstance(value, bool) else None


def told(parts: Sequence[Part]) -> list[str]:
    """Return what is said of parts, in a line each."""
    return [", ".join(filter(None, [_points(part), _why(part)])) for part in parts]


def _points(part: Part) -> str:
    return f"{part.name}: {part.earned:g} of {part.points:g}"


def _why(part: Part) -> str:
    return part.message or ("right with your own earlier function" if part.follows else "")


def unscored(cell: str) -> GraderFault:
    """Return the fault of a test cell that does not end on what its exams earned."""
    return GraderFault(
        f"The test cell {cell} does not end on what its exam earned, so its parts count for "
        "nothing: make exam.score() its last line (of several exams, the sum of all scores)."
    )


def unequal(cell: str, parts: float, points: float) -> GraderFault:
    """Return the fault of a test cell whose parts do not hold the points of the cell."""
    return GraderFault(
        f"The parts of the test cell {cell} add up to {parts:g} points, and the cell is worth "
        f"{points:g}: make them equal."
    )


def explanation(error: Exception, hidden: bool) -> str:
    """Say why a test failed. What a hidden test compares with stays hidden.

    So does what the student's code chose: it has seen the inputs.
    """
    if hidden:
        return getattr(error, "brief", "A hidden check does not hold.")
    if hasattr(error, "brief"):  # a lesson's Mismatch: it says all that there is to say
        return str(error)
    return f"{type(error).__name__}: {error}{getattr(error, 'place', '')}"
