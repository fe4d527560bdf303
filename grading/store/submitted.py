"""Open what lies in a student's folder without being led astray by it.

No symbolic link below ``submitted/`` is followed, no pipe or device is opened, and nothing
is read that is larger than a notebook may be.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grading.core import HandIn, Verdict

SIZE_LIMIT = 20 * 2**20  # bytes; a notebook with every plot of a lesson has about 2
DEPTH = 2  # of the folders in a hand-in's path: that of the student and that of the assignment
CLOSED = "The permissions of the file are such that it may not be read."
KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Unusable(Exception):
    """A hand-in that cannot be graded: the verdict for the whole of it, and why in words."""

    def __init__(self, verdict: Verdict, why: str = "") -> None:
        super().__init__(verdict, why)
        self.verdict = verdict
        self.why = why


def find(path: Path, depth: int = DEPTH, names: Collection[str] = ()) -> bytes:
    """Return what was handed in as ``path``.

    A notebook of another name counts when it can be no other one: `rnn (1).ipynb` is plain.

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
            return read_file(_choose(path.name, folder, {path.name, *names}), folder, SIZE_LIMIT)
    except FileNotFoundError:
        raise Unusable(Verdict.NO_NOTEBOOK) from None
    except PermissionError:
        raise Unusable(Verdict.UNREADABLE, CLOSED) from None


def hand_in(path: Path, depth: int = DEPTH, names: Collection[str] = ()) -> HandIn:
    """Return what was handed in as ``path``: its bytes, or why there are none; see `find`."""
    try:
        return HandIn(find(path, depth, names))
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
            kind = _kind(part, at)
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
    """Return which file is the notebook."""
    there = os.listdir(folder)
    missing = [other for other in sorted(wanted) if other not in there]
    names = [
        other
        for other in sorted(there)
        if other.lower().endswith(".ipynb")
        and not other.startswith(".")
        and (other == name or other not in wanted)
    ]
    regular = [other for other in names if _kind(other, folder) == stat.S_IFREG]
    if name in regular or (name in names and not regular):
        return name
    if len(regular) > 1:
        why = f"Several notebooks were handed in, and none is called {name}: {shown(regular)}."
        raise Unusable(Verdict.NO_NOTEBOOK, why)
    if not names:
        raise Unusable(Verdict.NO_NOTEBOOK)
    if len(missing) > 1:
        of = ", ".join(missing)
        raise Unusable(Verdict.NO_NOTEBOOK, f"There is {shown(names)}, and it may be any of {of}.")
    return (regular or names)[0]


def shown(names: Iterable[str]) -> str:
    """Return names of files as they can be printed, and not too many of them."""
    return ", ".join(name if name.isprintable() else ascii(name)[1:-1] for name in names)[:500]


def read_file(name: str, folder: int, limit: int, owner: int | None = None) -> bytes:
    """Return the bytes of a regular file in an open folder, of that owner if one is given.

    It is looked at before and after it is opened.

    Raises
    ------
    Unusable
        If it is no regular file, larger than ``limit``, or another user's.
    """
    _check(_kind(name, folder))
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
        status = os.fstat(file.fileno())
        _check(stat.S_IFMT(status.st_mode))
        if owner not in (None, status.st_uid):
            raise Unusable(Verdict.UNREADABLE, "The file belongs to somebody else.")
        data = file.read(limit + 1) if status.st_size <= limit else b""
    if status.st_size > limit or len(data) > limit:
        why = f"The file is larger than {limit / 2**20:g} MB. Clear the outputs, then save it."
        raise Unusable(Verdict.UNREADABLE, why)
    return data


def _check(kind: int) -> None:
    if kind != stat.S_IFREG:
        raise Unusable(Verdict.UNREADABLE, f"In its place is {KINDS[kind]}, not a file.")


def _kind(name: str, folder: int) -> int:
    return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
