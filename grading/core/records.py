"""Records that several packages pass on: parts of an exercise, rules, candidates, cells.

A `Record` also lies on the disk; it is packed, unpacked and checked here and nowhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from grading.core.verdicts import Verdict
from grading.core.versions import digest

SEED_BITS = 128


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
    sure : str
        How it may be said: as a ``fact``, as a possibility (``perhaps``), or not at all.
    """

    name: str
    says: str
    function: Function
    of: str
    sure: str = "fact"


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
class Record:
    """What is kept with the score of one exercise, in ``metadata["grading"]`` of its test cell.

    Attributes
    ----------
    verdict : Verdict
    points, most : float
        What is earned, and what can be; finite.
    seed : str or None
        The digest of what fixed the hidden inputs; None where no test has run, as the hand-in as
        a whole cannot be graded. Then nothing is kept but verdict and points.
    parts : tuple of Part
        What the test found, in its order; empty where it could not run.
    limits : tuple of Verdict
        That calls of the test met, in the order of `LIMITS`.
    named : tuple of (str, str)
        The misconceptions that the answer agrees with: name, and what is said of it to the student,
        which is nothing where the answer proves nothing.
    public, hidden : bool
        Whether all public pieces of the test held, and all hidden ones, each part among them.
    """

    verdict: Verdict
    points: float
    most: float = 0.0
    seed: str | None = None
    parts: tuple[Part, ...] = ()
    limits: tuple[Verdict, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    public: bool = False
    hidden: bool = False

    def pack(self) -> dict[str, Any]:
        """Return it as plain data, as it lies on the disk."""
        whole = {"verdict": self.verdict.value, "points": self.points}
        if self.seed is None:
            return whole
        return {
            **whole,
            "most": self.most,
            "seed": self.seed,
            "parts": [asdict(part) for part in self.parts],
            "limits": [verdict.value for verdict in self.limits],
            "named": [list(pair) for pair in self.named],
            "public": self.public,
            "hidden": self.hidden,
        }

    @classmethod
    def unpack(cls, packed: object) -> Record:
        """Return what was packed, by this version or one before: those kept less.

        Raises
        ------
        ValueError
            When it is no record.
        """
        found = _of(dict, packed)
        seed = found.get("seed")
        if type(seed) is int:  # as it was kept when it was a small number, and no secret
            seed = digest(seed)
        return cls(
            verdict=Verdict(found.get("verdict")),
            points=_number(found.get("points")),
            most=_number(found.get("most", 0.0)),
            seed=None if seed is None else _of(str, seed),
            parts=tuple(_part(part) for part in _of(list, found.get("parts", []))),
            limits=tuple(Verdict(name) for name in _of(list, found.get("limits", []))),
            named=tuple(_pair(pair) for pair in _of(list, found.get("named", []))),
            public=_of(bool, found.get("public", False)),
            hidden=_of(bool, found.get("hidden", False)),
        )


@dataclass(frozen=True)
class Note:
    """What was done with a hand-in before it was judged, for the student.

    Of all of a notebook they lie in its ``metadata["grading"]``, beside what is to be drawn.

    Attributes
    ----------
    grade_id : str
        Of the cell that it is about; empty where it is about the notebook.
    text : str
        A few sentences, as plain text.
    """

    grade_id: str
    text: str

    @staticmethod
    def pack(notes: Iterable[Note]) -> dict[str, Any]:
        """Return those of a notebook as plain data, as they lie on the disk."""
        packed = [[note.grade_id, note.text] for note in notes]
        return {"notes": packed} if packed else {}

    @staticmethod
    def unpack(packed: object) -> tuple[Note, ...]:
        """Return what was packed, whatever lies beside it.

        Raises
        ------
        ValueError
            When these are no notes.
        """
        found = packed.get("notes", []) if isinstance(packed, dict) else []
        return tuple(Note(*_pair(pair)) for pair in _of(list, found))


@dataclass(frozen=True)
class Rules:
    """What a course decides on.

    Attributes
    ----------
    seed : int
        Fixes the hidden inputs; it has at most `SEED_BITS`.
    follow_through : float
        The share of its points that a part earns which is right with the student's own
        earlier function, and not without; between 0 and 1.
    """

    seed: int
    follow_through: float = 1.0

    @property
    def seed_digest(self) -> str:
        """What is kept of the seed, and tells it from others."""
        return digest(self.seed)


Kind = TypeVar("Kind")


def _of(kind: type[Kind], value: object) -> Kind:
    """Return a value that is of a kind; a bool is no number."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value


def _number(value: object) -> float:
    """Return a finite number."""
    try:
        found = float(value if isinstance(value, float) else _of(int, value))
    except OverflowError as error:
        raise ValueError("a number is too large") from error
    if not math.isfinite(found):
        raise ValueError(f"{found} is not finite")
    return found


def _part(packed: object) -> Part:
    found = _of(dict, packed)
    if unknown := set(found) - {field.name for field in fields(Part)}:
        raise ValueError(f"a part has no {unknown}")
    return Part(
        _of(str, found.get("name")),
        _number(found.get("points")),
        _number(found.get("earned", 0.0)),
        _of(str, found.get("message", "")),
        _of(bool, found.get("follows", False)),
    )


def _pair(packed: object) -> tuple[str, str]:
    found = _of(list, packed)
    if len(found) != 2:
        raise ValueError(f"{found} is no pair")
    return _of(str, found[0]), _of(str, found[1])
