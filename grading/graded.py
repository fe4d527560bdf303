"""What lies in ``autograded/``: graded notebooks, put there whole, and read back."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry

from grading import files
from grading.verdicts import Verdict

UNFINISHED = ".unfinished"
TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # of which the exchange makes the name of a feedback page
PENDING = {"plots": "pending"}  # a graded notebook's metadata until its plots are drawn
VERDICTS = {verdict.value for verdict in Verdict} - {Verdict.GRADER_FAULT.value}


def timestamp(folder: Path) -> datetime | None:
    """Return when a submission was handed in, if that is known."""
    text = files.note(folder / TIMESTAMP)
    with suppress(ValueError, OverflowError):
        found: datetime | None = utils.parse_utc(text) if text else None
        return found
    return None


def graded(path: Path) -> tuple[dict[str, Verdict], bool]:
    """Return what is in a graded notebook.

    Returns
    -------
    verdicts : dict of str to Verdict
        By the ids of its tests; none if it is no graded notebook.
    pending : bool
        Whether its plots are still to be drawn.
    """
    found, pending = {}, False
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        notebook = json.loads(path.read_bytes())
        pending = notebook["metadata"].get("grading") == PENDING
        for cell in notebook["cells"]:
            record = cell["metadata"].get("grading", {}).get("verdict")
            if record in VERDICTS and cell["metadata"].get("nbgrader"):
                found[str(cell["metadata"]["nbgrader"]["grade_id"])] = Verdict(record)
    return found, pending


def records(path: Path) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str]]]:
    """Return more of a graded notebook: what was recorded of it, and its code.

    Returns
    -------
    judged : dict of str to dict
        What `grading.testcell.Judgement.record` has made, by the ids of the tests.
    code : list of (str, str)
        Id, which may be empty, and source of the other code cells.
    """
    judged, code = {}, []
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        for cell in json.loads(path.read_bytes())["cells"]:
            grade_id = str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
            record = cell["metadata"].get("grading", {})
            if record.get("verdict") in VERDICTS and grade_id:
                judged[grade_id] = record
            elif cell["cell_type"] == "code":
                code.append((grade_id, "".join(cell["source"])))
    return judged, code


def complete(path: Path, gradebook: Gradebook, student: str, assignment: str) -> tuple[bool, bool]:
    """Say of a graded notebook whether nothing of it is missing, and whether plots are pending.

    It has to have a record of every test, and the gradebook a mark.
    """
    with suppress(MissingEntry):
        known = gradebook.find_notebook(path.stem, assignment)
        found, pending = graded(path)
        grades = {cell.name for cell in known.grade_cells}
        tests = {cell.name for cell in known.source_cells if cell.locked and cell.name in grades}
        entry = gradebook.find_submission_notebook(path.stem, assignment, student)
        marked = {grade.name for grade in entry.grades if grade.auto_score is not None}
        return tests <= marked & set(found), pending
    return False, False


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
    for folder in (fresh.parent, fresh.parent.parent):
        with suppress(OSError):  # others are unfinished
            folder.rmdir()


def empty(folder: Path) -> None:
    """Remove all that is in a folder."""
    for path in folder.iterdir():
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
