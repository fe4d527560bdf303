"""What a worker is asked, and what comes back: packed and unpacked here, and checked.

Both cross a socket, and a cluster, as msgpack types alone.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from grading.core import (
    SEED_BITS,
    GraderFault,
    HandIn,
    Record,
    Verdict,
    Versions,
    grader,
    take,
    take_or_none,
)

if TYPE_CHECKING:
    from grading.judging import Drawn, Graded

Packed = dict[str, Any]  # a job or what came of it, in msgpack types


@dataclass(frozen=True)
class Met:
    """A limit that judging a submission has met here, on the grader's side.

    Attributes
    ----------
    verdict : Verdict
        What becomes of the submission for it.
    why : str
        The same in a sentence, for the student.
    """

    verdict: Verdict
    why: str

    def pack(self) -> Packed:
        """Return it in msgpack types."""
        return {"verdict": self.verdict.value, "why": self.why}

    @classmethod
    def unpack(cls, packed: Packed) -> Met:
        """Return what `pack` has packed; raise GraderFault for anything else."""
        try:
            return cls(Verdict(take(packed, "verdict", str)), take(packed, "why", str))
        except ValueError as error:
            raise GraderFault(f"A limit that has been met is none: {error}.") from None


@dataclass(frozen=True)
class Job:
    """A submission to grade, graded notebooks whose plots are to be drawn, or versions to judge.

    Attributes
    ----------
    lesson : bytes
        A packed `grading.assignment.AssignmentSpec`.
    student : str
    seconds : float
        That one sandbox may use.
    grade : dict of str to HandIn
        What is to be graded, by notebook.
    draw : dict of str to bytes
        What is to be drawn, by notebook: graded ones, as they lie on the disk.
    seed : int or None
        Of the hidden inputs; None where nothing is graded.
    versions : Versions or None
        What is to be judged without a notebook around it.
    met : Met or None
        The limit that it has met before. Then nothing of it runs: it gets the verdict for that.

    Raises
    ------
    GraderFault
        If there is nothing to do, or more than one of these.
    """

    lesson: bytes
    student: str
    seconds: float
    grade: Mapping[str, HandIn] = field(default_factory=dict)
    draw: Mapping[str, bytes] = field(default_factory=dict)
    seed: int | None = None
    versions: Versions | None = None
    met: Met | None = None

    def __post_init__(self) -> None:
        if [bool(self.grade), bool(self.draw), bool(self.versions)].count(True) != 1:
            raise GraderFault(
                "A worker is asked to grade, to draw or to judge versions; here it is none of "
                "them, or several."
            )

    @property
    def size(self) -> int:
        """How many notebooks or versions it has."""
        return len(self.grade) + len(self.draw) + len(self.versions.cells if self.versions else ())

    def each(self) -> list[Job]:
        """Return a job for each notebook."""
        grade = [replace(self, grade={name: one}) for name, one in self.grade.items()]
        return grade or [replace(self, draw={name: one}) for name, one in self.draw.items()]

    def pack(self) -> Packed:
        """Return it in msgpack types, with the version of the grader that has to do it."""
        return {
            "grader": grader(),
            "lesson": self.lesson,
            "student": self.student,
            "seconds": self.seconds,
            "grade": {name: one.pack() for name, one in self.grade.items()},
            "draw": dict(self.draw),
            "seed": None if self.seed is None else self.seed.to_bytes(SEED_BITS // 8, "big"),
            "versions": self.versions and self.versions.pack(),
            "met": self.met and self.met.pack(),
        }

    @classmethod
    def unpack(cls, packed: Packed) -> Job:
        """Return what `pack` has packed.

        Raises
        ------
        GraderFault
            If it is for another version of the grader, or anything else than a job.
        """
        if packed.get("grader") != grader():
            raise GraderFault(
                f"The worker on {socket.gethostname()} has another version of this grader. "
                "Install the same one everywhere."
            )
        grade, draw = take(packed, "grade", dict), take(packed, "draw", dict)
        versions = take_or_none(packed, "versions", dict)
        seed = take_or_none(packed, "seed", bytes)
        met = take_or_none(packed, "met", dict)
        return cls(
            take(packed, "lesson", bytes),
            take(packed, "student", str),
            take(packed, "seconds", float),
            {name: HandIn.unpack(take(grade, name, dict)) for name in grade},
            {name: take(draw, name, bytes) for name in draw},
            None if seed is None else int.from_bytes(seed, "big"),
            None if versions is None else Versions.unpack(versions),
            None if met is None else Met.unpack(met),
        )


@dataclass(frozen=True)
class Done:
    """What came of a job.

    Attributes
    ----------
    graded : dict of str to Graded
        By notebook, if they were to be graded.
    drawn : dict of str to Drawn
        By notebook, if they were to be drawn.
    judged : tuple of Record
        Of each version, if there were any.
    log : tuple of (int, str)
        What was logged on the way: levels, as in `logging`, and texts.
    seconds : float
        That it took.
    landlock : int
        Version of the kernel's Landlock, 0 for none.
    versions : dict of str to str
        Of what graded, by the names of packages.
    """

    graded: Mapping[str, Graded]
    drawn: Mapping[str, Drawn]
    judged: tuple[Record, ...]
    log: tuple[tuple[int, str], ...]
    seconds: float
    landlock: int
    versions: Mapping[str, str]

    def pack(self) -> Packed:
        """Return it in msgpack types."""
        return {
            "graded": {name: one.pack() for name, one in self.graded.items()},
            "drawn": {name: one.pack() for name, one in self.drawn.items()},
            "judged": [record.pack() for record in self.judged],
            "log": [list(line) for line in self.log],
            "seconds": self.seconds,
            "landlock": self.landlock,
            "versions": dict(self.versions),
        }

    @classmethod
    def unpack(cls, packed: Packed) -> Done:
        """Return what `pack` has packed; raise GraderFault for anything else."""
        # It brings nbgrader along, which nobody waits for who starts workers or only hands on.
        from grading.judging import Drawn, Graded

        graded, drawn = take(packed, "graded", dict), take(packed, "drawn", dict)
        return cls(
            {name: Graded.unpack(take(graded, name, dict)) for name in graded},
            {name: Drawn.unpack(take(drawn, name, dict)) for name in drawn},
            tuple(_record(one) for one in take(packed, "judged", list)),
            tuple(_logged(line) for line in take(packed, "log", list)),
            take(packed, "seconds", float),
            take(packed, "landlock", int),
            take(packed, "versions", dict),
        )


def merged(several: list[Packed]) -> Packed:
    """Return what came of several jobs on notebooks as if it had been one; all are packed."""
    first = several[0]
    return first | {
        "graded": {name: one for done in several for name, one in done["graded"].items()},
        "drawn": {name: one for done in several for name, one in done["drawn"].items()},
        "log": [line for done in several for line in done["log"]],
        "seconds": round(sum(done["seconds"] for done in several), 2),
    }


def _record(packed: Any) -> Record:
    try:
        return Record.unpack(packed)
    except ValueError as error:
        raise GraderFault(f"A worker has answered with a record that is none: {error}.") from None


def _logged(line: Any) -> tuple[int, str]:
    level, text = line if type(line) is list and len(line) == 2 else (None, None)
    if type(level) is not int or type(text) is not str:
        raise GraderFault("A worker has logged something that is no level with a text.")
    return level, text
