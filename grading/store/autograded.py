"""Graded notebooks, put in their place whole, and read back."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbgrader import utils

from grading.core import Part, Verdict
from grading.store import places, submitted

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # of which the exchange makes the name of a feedback page
PENDING = {"plots": "pending"}  # a graded notebook's metadata until its plots are drawn
VERDICTS = {verdict.value for verdict in Verdict} - {Verdict.GRADER_FAULT.value}


def timestamp(folder: Path, depth: int = submitted.DEPTH) -> datetime | None:
    """Return when a submission was handed in, if that is known; `depth` as in `submitted.find`."""
    text = submitted.read_note(folder / TIMESTAMP, depth)
    with suppress(ValueError, OverflowError):
        found: datetime | None = utils.parse_utc(text) if text else None
        return found
    return None


@dataclass(frozen=True)
class Judged:
    """What the grader has recorded of one test.

    Attributes
    ----------
    verdict : Verdict
    parts : tuple of Part
        What the test found; empty where it could not run.
    named : tuple of (str, str)
        The misconceptions that the answer agrees with: name and sentence.
    public : bool
        Whether the public test held.
    """

    verdict: Verdict
    parts: tuple[Part, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    public: bool = False


@dataclass
class Graded:
    """What is in a graded notebook, or in several; nothing if it is no graded notebook.

    Attributes
    ----------
    tests : dict of str to Judged
        By their ids.
    code : list of (str, str)
        Id, which may be empty, and source of the other code cells.
    is_pending : bool
        Whether its plots are still to be drawn.
    """

    tests: dict[str, Judged] = field(default_factory=dict)
    code: list[tuple[str, str]] = field(default_factory=list)
    is_pending: bool = False


def read_graded(*paths: Path) -> Graded:
    """Read graded notebooks. One that cannot be read to its end counts as not graded."""
    found = Graded()
    for path in paths:
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            one = _read(path)
            found.tests |= one.tests
            found.code += one.code
            found.is_pending |= one.is_pending
    return found


def _read(path: Path) -> Graded:
    notebook = json.loads(path.read_bytes())
    found = Graded(is_pending=notebook["metadata"].get("grading") == PENDING)
    for cell in notebook["cells"]:
        grade_id = str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
        record = cell["metadata"].get("grading", {})
        if record.get("verdict") in VERDICTS and grade_id:
            found.tests[grade_id] = Judged(
                Verdict(record["verdict"]),
                tuple(Part(**part) for part in record.get("parts", ())),
                tuple((name, says) for name, says in record.get("named", ())),
                record.get("public", False),
            )
        elif cell["cell_type"] == "code":
            found.code.append((grade_id, "".join(cell["source"])))
    return found


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
