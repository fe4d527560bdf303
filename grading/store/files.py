"""Read a single file of a student's without being led astray by it; copy files of our own."""

from __future__ import annotations

import fnmatch
import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from grading.core import Verdict

SIZE_LIMIT = 20 * 2**20  # bytes; a notebook with every plot of a lesson has about 2
TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # of which the exchange makes the name of a feedback page
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


def read_file(name: str, folder: int, limit: int, owner: int | None = None) -> bytes:
    """Return the bytes of a regular file in an open folder, of that owner if one is given.

    It is looked at before and after it is opened.

    Raises
    ------
    Unusable
        If it is no regular file, larger than ``limit``, or another user's.
    """
    _check(kind_of(name, folder))
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
        status = os.fstat(file.fileno())
        _check(stat.S_IFMT(status.st_mode))
        if owner not in (None, status.st_uid):
            raise Unusable(Verdict.UNREADABLE, "The file belongs to somebody else.")
        data = file.read(limit + 1) if status.st_size <= limit else b""
    if status.st_size > limit or len(data) > limit:
        raise too_large(limit)
    return data


def copy_others(folder: Path, to: Path, ignored: Sequence[str]) -> None:
    """Copy the files of a folder whose names, and those of the folders above them, fit no pattern.

    nbgrader's own takes the names of the folders above for patterns as well.
    """

    def wanted(name: str) -> bool:
        return not any(fnmatch.fnmatchcase(name, pattern) for pattern in ignored)

    for here, folders, names in os.walk(folder):
        folders[:] = filter(wanted, folders)
        for name in filter(wanted, names):
            path = Path(here, name)
            copy = to / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            shutil.copyfile(path, copy)


def too_large(limit: int) -> Unusable:
    """Return what is wrong with a file of more bytes than that."""
    why = f"The file is larger than {limit / 2**20:g} MB. Clear the outputs, then save it."
    return Unusable(Verdict.UNREADABLE, why)


def _check(kind: int) -> None:
    if kind != stat.S_IFREG:
        raise Unusable(Verdict.UNREADABLE, f"In its place is {KINDS[kind]}, not a file.")


def kind_of(name: str, folder: int) -> int:
    """Return what a name in an open folder stands for, as a key of `KINDS`; no link is followed."""
    return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
