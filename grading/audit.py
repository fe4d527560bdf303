"""The audit file: one line for each submission that was graded, and how.

``audit.jsonl`` in the course folder, JSON by line, only ever added to. It answers, years
later, what was handed in, with which tests it was judged, and what became of it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import grading

FILE = "audit.jsonl"
PACKAGE = "sequence-models-from-scratch"  # as it is installed


def digest(*parts: Any) -> str:
    """Return the SHA-256 of bytes, or of what has a stable ``repr``, in hexadecimal."""
    known = hashlib.sha256()
    for part in parts:
        known.update(part if isinstance(part, bytes) else repr(part).encode())
    return known.hexdigest()


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of the grader and of what it stands on."""
    names = (PACKAGE, "nbgrader", "numpy")
    found = {name: importlib.metadata.version(name) for name in names}
    return found | {"python": platform.python_version()}


@functools.cache
def grader() -> str:
    """Return the SHA-256 of the grader's own files, at whatever depth, and of where they lie."""
    package = Path(grading.__file__).parent
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}
    own = map(importlib.util.find_spec, ("answer_checks", "hints"))
    files |= {f"../{one.name}": Path(one.origin) for one in own if one and one.origin}
    return digest(*((name, files[name].read_bytes()) for name in sorted(files)))


def line(entry: dict[str, Any]) -> str:
    """Return an entry as a line, with the time in front and the versions behind."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return json.dumps({"time": now, "versions": versions(), **entry})


def add(text: str, folder: Path) -> None:
    """Add a line to the file in one piece, so that two graders cannot mix theirs."""
    where = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        data = f"{text}\n".encode()
        if os.write(where, data) != len(data):
            raise OSError(f"{FILE} could not be written in full")
    finally:
        os.close(where)


def last(folder: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
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
