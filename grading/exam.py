"""The hidden part of a test cell: named parts, each with its points.

A test cell of ``source/`` uses it between the hidden test markers::

    from grading.exam import Exam

    exam = Exam(rnn_cell_forward, returns="a_next yt_pred cache")
    with exam.part("values of a_next", 4):
        exam.compare(rnn_cell_arguments(exam.rng, 3, 5, 2, 7), "a_next")
    with exam.part("arguments untouched", 1):
        exam.untouched(rnn_cell_arguments(exam.rng, 3, 5, 2, 7))
    exam.score()

In the source notebook the function is compared with itself, which shows that the test
runs. In the grader it is compared with the reference.
"""

from __future__ import annotations

import contextlib
import copy
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import answer_checks

Arguments = Mapping[str, Any]


class GraderFault(Exception):
    """Something on the grader's side is broken; no student may lose a point for it."""


@dataclass
class Part:
    """One named part of an exercise and what became of it."""

    name: str
    points: float
    earned: float = 0.0
    message: str = ""


# Set by the judge before a test cell runs; a source notebook leaves them as they are.
references: dict[str, Callable[..., Any]] = {}
seed: int = 0


class Exam:
    """Compare a function with its reference, part by part.

    Parameters
    ----------
    target : callable
        The student's function.
    returns : str
        Names of the values it returns, in order, separated by spaces.

    Attributes
    ----------
    rng : numpy.random.Generator
        Source of the hidden inputs: the recorded seed and the function's name fix it.
    parts : list of Part
    """

    def __init__(self, target: Callable[..., Any], returns: str) -> None:
        self.target = target
        self.name = answer_checks.name_of(target)
        self.returns = returns.split()
        self.rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        self.parts: list[Part] = []
        if references and self.name not in references:
            raise GraderFault(f"There is no reference for {self.name} in the source notebook.")
        self._reference = references.get(self.name, target)
        self._wrong: set[str] = set()  # values already charged for

    @contextlib.contextmanager
    def part(self, name: str, points: float) -> Iterator[None]:
        """Give ``points`` when the block ends without a mismatch or a student's error."""
        part = Part(name, float(points))
        self.parts.append(part)
        try:
            yield
        except answer_checks.Mismatch as wrong:
            part.message = wrong.brief
        except AssertionError:  # its text may hold what the student's code chose
            part.message = "the check does not hold"
        else:
            part.earned = part.points

    def compare(self, given: Arguments, *names: str) -> None:
        """Compare what the function returns for ``given`` with the reference.

        A mistake costs once: a value that an earlier comparison found wrong is left out
        of the later ones, as long as another value remains to be compared.

        Parameters
        ----------
        given : mapping
            Arguments by name and in order. Both sides get their own copy.
        *names : str
            Which of the returned values to compare; all of them by default.

        Raises
        ------
        answer_checks.Mismatch
            At the first difference, or when the function raised.
        GraderFault
            When the reference raised.
        """
        self._compare(given, names, copy.deepcopy(dict(given)))

    def untouched(self, given: Arguments, *names: str) -> None:
        """Compare, then check that the arguments are as before and a second call agrees."""
        used = copy.deepcopy(dict(given))
        self._compare(given, names, used)
        answer_checks.compare_unchanged(self.target, used, given)
        self._compare(given, names, copy.deepcopy(dict(given)), " in a second call")

    def _compare(
        self, given: Arguments, names: tuple[str, ...], used: dict[str, Any], when: str = ""
    ) -> None:
        got = answer_checks.call(self.target, used)
        try:
            want = self._reference(*copy.deepcopy(dict(given)).values())
        except Exception as error:
            raise GraderFault(f"The reference of {self.name} raised {error!r}.") from error
        if not isinstance(got, tuple) or len(got) != len(self.returns):
            answer_checks.compare_returns(self.target, got, dict.fromkeys(self.returns))
        left = [name for name in names or self.returns if name not in self._wrong]
        if not left:
            raise answer_checks.Mismatch("every value that this part looks at is wrong already")
        for name, value, expected in zip(self.returns, got, want, strict=True):
            if name in left:
                try:
                    answer_checks.compare(name, value, expected, when)
                except answer_checks.Mismatch:
                    self._wrong.add(name)
                    raise

    def score(self) -> float:
        """Print a line per part and return the points, a finite number."""
        for part in self.parts:
            line = f"{part.name}: {part.earned:g} of {part.points:g}"
            print(f"{line}, {part.message}" if part.message else line)
        total = math.fsum(part.earned for part in self.parts)
        if not math.isfinite(total) or total < 0:
            raise GraderFault(f"The parts of {self.name} add up to {total}.")
        return total
