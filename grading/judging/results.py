"""What comes out of the pipeline for one notebook, packed for the way back from a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grading.core import take
from grading.store import AuditEntry


@dataclass(frozen=True)
class Graded:
    """A graded notebook.

    Attributes
    ----------
    notebook : bytes
        As it is to lie on the disk.
    entry : AuditEntry
        What is to be kept of it in the audit file.
    pending : bool
        Whether its plots are still to be drawn.
    """

    notebook: bytes
    entry: AuditEntry
    pending: bool

    def pack(self) -> dict[str, Any]:
        """Return it in msgpack types."""
        return {"notebook": self.notebook, "entry": self.entry.pack(), "pending": self.pending}

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Graded:
        """Return what `pack` has packed; raise GraderFault for anything else."""
        entry = AuditEntry.unpack(take(packed, "entry", dict))
        return cls(take(packed, "notebook", bytes), entry, take(packed, "pending", bool))


@dataclass(frozen=True)
class Drawn:
    """A graded notebook with its plots.

    Attributes
    ----------
    notebook : bytes
        As it is to lie on the disk.
    limits : tuple of str
        Words for the limits that its cells have met.
    """

    notebook: bytes
    limits: tuple[str, ...]

    def pack(self) -> dict[str, Any]:
        """Return it in msgpack types."""
        return {"notebook": self.notebook, "limits": list(self.limits)}

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Drawn:
        """Return what `pack` has packed; raise GraderFault for anything else."""
        return cls(take(packed, "notebook", bytes), tuple(take(packed, "limits", list)))
