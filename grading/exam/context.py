"""What the exams of a test cell are judged by, what they add up to, and how that is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from grading.core import Candidate, GraderFault, Part, Rules


class Scored(Protocol):
    """What is asked of an exam once its cell has run; see `grading.exam.Exam`."""

    parts: list[Part]
    named: list[Candidate]
    scored: float | None


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

    def reference(self, name: str) -> Callable[..., Any] | None:
        """Return what a function is compared with; None where it is compared with itself.

        Raises
        ------
        GraderFault
            When there is nothing to compare it with.
        """
        if name in self.references:
            return self.references[name]
        if not self.references and self.missing is None:
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

    def earned(self, value: Any) -> float | None:
        """Return what the exams earned together, if each is scored and ``value`` is that number."""
        points = [exam.scored for exam in self.exams if exam.scored is not None]
        total, said = math.fsum(points), number(value)
        if len(points) < len(self.exams) or said is None:
            return None
        return total if math.isclose(said, total, abs_tol=1e-9) else None


_entered: list[Context] = []  # the present one at the end; a process judges one cell at a time


def present() -> Context:
    """Return the context that is entered; a new one, without references, if none is."""
    return _entered[-1] if _entered else Context()


def number(value: Any) -> float | None:
    """Return the number that a value is, NumPy's own too; nothing for all else."""
    kinds = (int, float, np.integer, np.floating)
    return float(value) if isinstance(value, kinds) and not isinstance(value, bool) else None


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
    """Say why a test failed. What a hidden test compares with stays hidden."""
    if hidden:
        return getattr(error, "brief", "A hidden check does not hold.")
    if hasattr(error, "brief"):  # a lesson's Mismatch: it says all that there is to say
        return str(error)
    return f"{type(error).__name__}: {error}{getattr(error, 'place', '')}"
