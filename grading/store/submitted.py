"""Open what lies in a student's folder without being led astray by it.

No symbolic link below ``submitted/`` is followed, no pipe or device is opened, and nothing
is read that is larger than a notebook may be.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from grading.core import HandIn, Verdict, printable
from grading.store.files import KINDS, SIZE_LIMIT, Unusable, kind_of, read_file
from grading.store.nested import look_deeper

DEPTH = 2  # of the folders in a hand-in's path: that of the student and that of the assignment
CLOSED = "The permissions of the file are such that it may not be read."


def find(path: Path, depth: int = DEPTH, names: Collection[str] = ()) -> tuple[bytes, str]:
    """Return what was handed in as ``path``; and where it was found, if that is another place.

    A notebook of another name counts when it can be no other one: `rnn (1).ipynb` is plain. Where
    there is none, one that lies in a folder or a zip counts when it is the only one there.

    Parameters
    ----------
    path : pathlib.Path
    depth : int
        How many of the last folders in it must be no links; see `places.Places.depth`.
    names : collection of str
        Of all the notebooks of the assignment, as files.

    Raises
    ------
    Unusable
        For whatever a student may have laid there instead.
    """
    try:
        with _folder(path.parent, depth) as folder:
            name = _choose(path.name, folder, {path.name, *names})
            return (read_file(name, folder, SIZE_LIMIT), "") if name else look_deeper(folder)
    except FileNotFoundError:
        raise Unusable(Verdict.NO_NOTEBOOK) from None
    except PermissionError:
        raise Unusable(Verdict.UNREADABLE, CLOSED) from None


def hand_in(path: Path, depth: int = DEPTH, names: Collection[str] = ()) -> HandIn:
    """Return what was handed in as ``path``: its bytes, or why there are none; see `find`."""
    try:
        data, where = find(path, depth, names)
        why = where and f"Your notebook was found in {where}. Hand it in by itself next time."
        return HandIn(data, why=why)
    except Unusable as error:
        return HandIn(verdict=error.verdict, why=error.why)


def read_note(path: Path, depth: int = DEPTH) -> str:
    """Return the text of a small file, such as nbgrader's timestamp; nothing if it is none."""
    try:
        with _folder(path.parent, depth) as folder:
            return read_file(path.name, folder, 1000).decode("utf-8", "replace").strip()
    except (Unusable, FileNotFoundError, PermissionError):
        return ""


@contextmanager
def _folder(path: Path, depth: int) -> Iterator[int]:
    """Open the folder of a hand-in: the last parts of its path, so many, are no links."""
    at = os.open(path.parents[depth - 1], os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in path.parts[-depth:]:
            kind = kind_of(part, at)
            if kind == stat.S_IFLNK:
                why = "Its folder is a symbolic link, and links are not followed."
                raise Unusable(Verdict.UNREADABLE, why)
            if kind != stat.S_IFDIR:
                why = f"There is {KINDS[kind]} where the folder of the assignment should be."
                raise Unusable(Verdict.NO_NOTEBOOK, why)
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        yield at
    finally:
        os.close(at)


def _choose(name: str, folder: int, wanted: Collection[str]) -> str:
    """Return which file is the notebook; nothing if there is none."""
    there = os.listdir(folder)
    missing = [other for other in sorted(wanted) if other not in there]
    names = [
        other
        for other in sorted(there)
        if other.lower().endswith(".ipynb")
        and not other.startswith(".")
        and (other == name or other not in wanted)
    ]
    regular = [other for other in names if kind_of(other, folder) == stat.S_IFREG]
    if name in regular or (name in names and not regular):
        return name
    if len(regular) > 1:
        listed = ", ".join(map(printable, regular))
        why = f"Several notebooks were handed in, and none is called {name}: {listed[:500]}."
        raise Unusable(Verdict.NO_NOTEBOOK, why)
    if len(missing) > 1:
        found = ", ".join(map(printable, names))[:500]
        why = f"There is {found}, and it may be any of {', '.join(missing)}." if found else ""
        raise Unusable(Verdict.NO_NOTEBOOK, why)
    return (regular or names or [""])[0]
