"""The audit file: one line for each submission that was graded, and how.

``audit.jsonl`` in the course folder, JSON by line, only ever added to. It answers, years
later, what was handed in, with which tests it was judged, and what became of it. What a line
holds is written here and read here alone.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from grading.core import GraderFault, digest, library_versions, take, take_or_none

FILE = "audit.jsonl"


@dataclass(frozen=True)
class AuditEntry:
    """One notebook that was graded.

    Attributes
    ----------
    student, assignment, notebook : str
    submitted : str or None
        SHA-256 of the bytes that were handed in; None where none could be read.
    seed : str
        The digest of what fixed the hidden inputs.
    lesson : str or None
        Digest of all that decided on the marks, see `grading.assignment.AssignmentSpec.digest`;
        None where the hand-in as a whole could not be graded.
    verdicts : dict of str to (str, float)
        By test: the word for its verdict, as it was at that time, and the points.
    limits : tuple of str
        Words for the limits that its cells and tests have met.
    landlock : int or None
        Version of the kernel's Landlock in the worker, 0 for none. Until it has come back
        from there, this and the next two are not known.
    seconds : float or None
        That its worker took for all of the submission.
    versions : dict of str to str
        Of what graded, by the names of packages; those of this process if it is empty.
    """

    student: str
    assignment: str
    notebook: str
    submitted: str | None
    seed: str
    lesson: str | None
    verdicts: Mapping[str, tuple[str, float]]
    limits: tuple[str, ...]
    landlock: int | None = None
    seconds: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def pack(self) -> dict[str, Any]:
        """Return it in types of msgpack and JSON, in the order of the file."""
        later = {"landlock": self.landlock, "seconds": self.seconds}
        return {
            "versions": dict(self.versions or library_versions()),
            "student": self.student,
            "assignment": self.assignment,
            "notebook": self.notebook,
            "submitted": self.submitted,
            "seed": self.seed,
            "lesson": self.lesson,
            "verdicts": {name: list(one) for name, one in self.verdicts.items()},
            "limits": list(self.limits),
            **{name: value for name, value in later.items() if value is not None},
        }

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> AuditEntry:
        """Return what `pack` has packed; raise GraderFault for anything else."""
        verdicts = {name: tuple(one) for name, one in take(packed, "verdicts", dict).items()}
        if not all(tuple(map(type, one)) == (str, float) for one in verdicts.values()):
            raise GraderFault("An audit entry has something else than a verdict with points.")
        seed = packed.get("seed")
        if type(seed) is int:  # as it was written when it was a small number, and no secret
            packed = {**packed, "seed": digest(seed)}
        return cls(
            take(packed, "student", str),
            take(packed, "assignment", str),
            take(packed, "notebook", str),
            take_or_none(packed, "submitted", str),
            take(packed, "seed", str),
            take_or_none(packed, "lesson", str),
            verdicts,
            tuple(take(packed, "limits", list)),
            packed.get("landlock"),
            packed.get("seconds"),
            packed.get("versions", {}),
        )

    def line(self) -> str:
        """Return it as a line of the file, with the time in front."""
        return _line(self.pack())

    @classmethod
    def read(cls, line: bytes | str) -> AuditEntry | None:
        """Return the entry of a line; None if it is a line of another kind, or broken."""
        with contextlib.suppress(GraderFault, ValueError, TypeError):
            packed = json.loads(line)
            return cls.unpack(packed) if isinstance(packed, dict) else None
        return None


@dataclass(frozen=True)
class FaultEntry:
    """A submission that the grader failed for.

    Attributes
    ----------
    student, assignment : str
    fault : str
        What failed, in a sentence.
    """

    student: str
    assignment: str
    fault: str

    def line(self) -> str:
        """Return it as a line of the file, with the time in front."""
        who = {"student": self.student, "assignment": self.assignment}
        return _line({"versions": library_versions(), **who, "fault": self.fault})


@dataclass(frozen=True)
class DrawingEntry:
    """A notebook whose cells have met limits when its plots were drawn, which costs no marks.

    Attributes
    ----------
    student, assignment, notebook : str
    limits : tuple of str
        Words for those limits.
    """

    student: str
    assignment: str
    notebook: str
    limits: tuple[str, ...]

    def line(self) -> str:
        """Return it as a line of the file, with the time in front."""
        who = {"student": self.student, "assignment": self.assignment, "notebook": self.notebook}
        more = {"drawing": True, "limits": list(self.limits)}
        return _line({"versions": library_versions(), **who, **more})


class AuditFile:
    """The file itself.

    Parameters
    ----------
    folder : pathlib.Path
        That of the course.
    shared : bool
        Whether whoever is in the folder's group may read it and add to it.
    """

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self._path, self._shared = folder / FILE, shared

    def add(self, entry: AuditEntry | FaultEntry | DrawingEntry) -> str:
        """Add a line in one piece, so that two graders cannot mix theirs; return it.

        Raises
        ------
        OSError
            When it cannot be written in full.
        """
        line = entry.line()
        where = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if self._shared:
                with contextlib.suppress(PermissionError):  # another's has it already
                    os.fchmod(where, 0o660)
            data = f"{line}\n".encode()
            if os.write(where, data) != len(data):
                raise OSError(f"{FILE} could not be written in full")
        finally:
            os.close(where)
        return line

    def last(self) -> dict[tuple[str, str, str], AuditEntry]:
        """Return the last entry of each notebook that was graded, by student, assignment, name."""
        found = {}
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            for line in file:
                entry = AuditEntry.read(line)
                if entry is not None:
                    found[entry.student, entry.assignment, entry.notebook] = entry
        return found


def _line(entry: dict[str, Any]) -> str:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return json.dumps({"time": now, **entry})
