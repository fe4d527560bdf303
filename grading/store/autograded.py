"""Graded notebooks, put in their place whole, and read back."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader import utils

from grading.core import Record, Verdict
from grading.store import places, submitted
from grading.store.files import TIMESTAMP


def timestamp(folder: Path, depth: int = submitted.DEPTH) -> datetime | None:
    """Return when a submission was handed in, if that is known; `depth` as in `submitted.find`."""
    text = submitted.read_note(folder / TIMESTAMP, depth)
    with suppress(Exception):  # whatever the parser finds to say about a student's text
        found: datetime | None = utils.parse_utc(text) if text else None
        return found
    return None


@dataclass(frozen=True)
class Pending:
    """What is still to be drawn of a graded notebook, in its ``metadata["grading"]``.

    Attributes
    ----------
    ended : tuple of str
        The ids of the code cells that have ended a sandbox; they are left out.
    """

    ended: tuple[str, ...] = ()

    def pack(self) -> dict[str, Any]:
        """Return it as plain data, as it lies on the disk."""
        return {"plots": "pending"} | ({"ended": list(self.ended)} if self.ended else {})

    @classmethod
    def unpack(cls, packed: object) -> Pending | None:
        """Return what was packed; nothing where plots are not pending.

        Raises
        ------
        ValueError
            When they are, and which cells to leave out cannot be read.
        """
        if not isinstance(packed, dict) or packed.get("plots") != "pending":
            return None
        ended = packed.get("ended", [])
        if not isinstance(ended, list) or not all(isinstance(one, str) for one in ended):
            raise ValueError(f"{ended!r} are no ids of cells")
        return cls(tuple(ended))


@dataclass
class Graded:
    """What is in a graded notebook, or in several; nothing if it is no graded notebook.

    Attributes
    ----------
    tests : dict of str to Record
        By their ids.
    code : list of (str, str)
        Id, which may be empty, and source of the other code cells.
    is_pending : bool
        Whether its plots are still to be drawn.
    """

    tests: dict[str, Record] = field(default_factory=dict)
    code: list[tuple[str, str]] = field(default_factory=list)
    is_pending: bool = False


def read_graded(*paths: Path) -> Graded:
    """Read graded notebooks. One that cannot be read to its end counts as not graded."""
    found = Graded()
    for path in paths:
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            one = _read(path)
            found.tests |= one.tests
            found.code += one.code
            found.is_pending |= one.is_pending
    return found


def _read(path: Path) -> Graded:
    notebook = json.loads(path.read_bytes())
    pending = Pending.unpack(notebook["metadata"].get("grading"))
    found = Graded(is_pending=pending is not None)
    for cell in notebook["cells"]:
        grade_id = str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
        record = _record(cell["metadata"].get("grading"))
        if record and grade_id:
            found.tests[grade_id] = record
        elif cell["cell_type"] == "code":
            found.code.append((grade_id, "".join(cell["source"])))
    return found


def _record(packed: object) -> Record | None:
    """Return the record of a test; nothing where there is none, or it is no mark."""
    with suppress(ValueError):
        record = Record.unpack(packed)
        return None if record.verdict is Verdict.GRADER_FAULT else record
    return None


def publish(fresh: Path, done: Path) -> None:
    """Let what was graded take the place of what was there, file by file, the time last.

    The fresh folder goes at the very end: while it is there, nothing counts as done.
    """
    done.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in fresh.iterdir()}
    for old in done.iterdir():
        if (old.name not in names and old.suffix != ".ipynb") or old.is_dir():
            _remove(old)
    for name in sorted(names, key=lambda name: (name == TIMESTAMP, name)):
        (fresh / name).replace(done / name)
    fresh.rmdir()
    with suppress(OSError):  # others are unfinished
        for folder in fresh.parents:
            folder.rmdir()
            if folder.name == places.UNFINISHED:
                break


def empty(folder: Path) -> None:
    """Remove all that is in a folder."""
    for path in folder.iterdir():
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
