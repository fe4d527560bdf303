"""What is to be judged, on its way to a worker: a notebook, or many answers to one exercise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grading.core.errors import GraderFault
from grading.core.packing import take, take_or_none
from grading.core.verdicts import Verdict


@dataclass(frozen=True)
class HandIn:
    """A notebook's bytes; or, where there are none to grade, the verdict on the whole of it.

    Attributes
    ----------
    data : bytes or None
        The file, as it was handed in.
    verdict : Verdict or None
        What becomes of it if there are no bytes.
    why : str
        The same in words, for the student; may be empty. Of bytes, where they were found, if
        that is worth a word.

    Raises
    ------
    GraderFault
        If it has both, or neither.
    """

    data: bytes | None = None
    verdict: Verdict | None = None
    why: str = ""

    def __post_init__(self) -> None:
        if (self.data is None) == (self.verdict is None):
            raise GraderFault("A hand-in has either bytes or a verdict, and this one has not.")

    def pack(self) -> dict[str, Any]:
        """Return it in msgpack types."""
        verdict = None if self.verdict is None else self.verdict.value
        return {"data": self.data, "verdict": verdict, "why": self.why}

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> HandIn:
        """Return what `pack` has packed; raise GraderFault for anything else."""
        word = take_or_none(packed, "verdict", str)
        try:
            verdict = None if word is None else Verdict(word)
        except ValueError:
            raise GraderFault(f"There is no verdict {word!r}.") from None
        return cls(take_or_none(packed, "data", bytes), verdict, take(packed, "why", str))


@dataclass(frozen=True)
class Versions:
    """Many answers to one exercise, each to be judged as if handed in with the other solutions.

    Attributes
    ----------
    notebook, exercise : str
    cells : tuple of (str, int)
        Of each answer the source of its cell, and what fixes the hidden inputs.
    """

    notebook: str
    exercise: str
    cells: tuple[tuple[str, int], ...]

    def pack(self) -> dict[str, Any]:
        """Return it in msgpack types."""
        cells = [list(cell) for cell in self.cells]
        return {"notebook": self.notebook, "exercise": self.exercise, "cells": cells}

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Versions:
        """Return what `pack` has packed; raise GraderFault for anything else."""
        cells = take(packed, "cells", list)
        if not all(type(c) is list and list(map(type, c)) == [str, int] for c in cells):
            raise GraderFault("A version of an exercise is no cell with a seed.")
        found = tuple((source, seed) for source, seed in cells)
        return cls(take(packed, "notebook", str), take(packed, "exercise", str), found)
