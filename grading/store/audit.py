"""The audit file: one line for each submission that was graded, and how.

``audit.jsonl`` in the course folder, JSON by line, only ever added to. It answers, years
later, what was handed in, with which tests it was judged, and what became of it.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from grading.core import library_versions

FILE = "audit.jsonl"


def entry_line(entry: dict[str, Any]) -> str:
    """Return an entry as a line, with the time in front and the versions behind."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return json.dumps({"time": now, "versions": library_versions(), **entry})


def append_entry(text: str, folder: Path, *, shared: bool = False) -> None:
    """Add a line to the file in one piece, so that two graders cannot mix theirs.

    If it is shared, whoever is in the folder's group may read it and add to it.
    """
    where = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if shared:
            with contextlib.suppress(PermissionError):  # another's has it already
                os.fchmod(where, 0o660)
        data = f"{text}\n".encode()
        if os.write(where, data) != len(data):
            raise OSError(f"{FILE} could not be written in full")
    finally:
        os.close(where)


def last_entries(folder: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the last entry of each notebook that was graded, by student, assignment, name."""
    found = {}
    with contextlib.suppress(FileNotFoundError), (folder / FILE).open("rb") as file:
        for text in file:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(text)
                if "submitted" in entry:
                    key = entry["student"], entry["assignment"], entry["notebook"]
                    found[key] = entry
    return found
