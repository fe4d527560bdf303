"""Records that several packages pass on: parts of an exercise, rules, candidates, cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """What is taken of a cell that was handed in."""

    kind: str
    source: str
    grade_id: str

    def defines(self, name: str) -> bool:
        """Say whether this is code that defines a function of that name, by its looks."""
        word = re.escape(name)
        looks = rf"^(?:(?:async\s+)?def|class)\s+{word}\b|^{word}\s*=(?!=)"
        return self.kind == "code" and re.search(looks, self.source, re.MULTILINE) is not None


Function = Callable[..., Any]


@dataclass(frozen=True)
class Candidate:
    """A wrong version of an exercise that can be called.

    Attributes
    ----------
    name : str
        What it does, in a few words.
    says : str
        What a teacher would say.
    function : callable
    of : str
        The exercise in which the mistake is made.
    """

    name: str
    says: str
    function: Function
    of: str


Output = dict[str, Any]


@dataclass
class Part:
    """One named part of an exercise and what became of it."""

    name: str
    points: float
    earned: float = 0.0
    message: str = ""
    follows: bool = False  # right with the student's own earlier function, and not without


@dataclass(frozen=True)
class Rules:
    """What a course decides on.

    Attributes
    ----------
    seed : int
        Fixes the hidden inputs.
    follow_through : float
        The share of its points that a part earns which is right with the student's own
        earlier function, and not without; between 0 and 1.
    """

    seed: int
    follow_through: float = 1.0
