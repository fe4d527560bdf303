"""The scratch folder: one for a sandbox, and a copy of its own for what comes behind each mark."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

from .confine import MS_NODEV, MS_NOSUID, SCRATCH, check, libc, mount

MNT_DETACH = 2
DEEPEST = 30  # folders within each other that are copied
INODES = 4096  # files and folders in one


class Scratch:
    """A small tmpfs; `push` lays a copy of it over it, `pop` takes that away.

    Whoever has come before a copy keeps what it had, as each process keeps its working folder.

    Parameters
    ----------
    size : int
        Bytes that it may hold; all copies together may hold no more.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._room = [size]  # what the next copy may hold
        self._mount()

    def push(self) -> bool:
        """Lay a copy over it; say whether it could be made. If not, all is as before."""
        before = os.open(SCRATCH, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._mount()
            try:
                after = os.open(SCRATCH, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    left = copy(before, after, self._room[-1])
                finally:
                    os.close(after)
            except (OSError, ValueError):
                self._unmount()
                return False
        finally:
            os.close(before)
        self._room.append(left)
        return True

    def pop(self) -> None:
        """Take the last copy away."""
        self._unmount()
        self._room.pop()

    def used(self) -> int:
        """Return the bytes that it and all copies hold."""
        found = os.statvfs(SCRATCH)
        copies = self._size - self._room[-1]
        return copies + (found.f_blocks - found.f_bfree) * found.f_frsize

    def _mount(self) -> None:
        options = f"size={self._size},nr_inodes={INODES},mode=700"
        mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, options)

    def _unmount(self) -> None:
        check(libc.umount2(SCRATCH.encode(), MNT_DETACH), f"unmounting {SCRATCH}")


def copy(before: int, after: int, room: int, deep: int = 0) -> int:
    """Copy a folder's content, given by descriptors; return what is left of ``room`` bytes.

    Raises ValueError where it holds what cannot be copied: too much, files of two names, pipes.
    """
    if deep > DEEPEST:
        raise ValueError("folders within each other")
    with os.scandir(before) as entries:
        for entry in reversed(list(entries)):  # so that they are listed in the same order
            about = entry.stat(follow_symlinks=False)
            name, mode = entry.name, stat.S_IMODE(about.st_mode)
            room -= about.st_size
            if room < 0:
                raise ValueError("too much")
            if stat.S_ISLNK(about.st_mode):
                os.symlink(os.readlink(name, dir_fd=before), name, dir_fd=after)
                continue
            if stat.S_ISDIR(about.st_mode):
                os.mkdir(name, 0o700, dir_fd=after)
                folder = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                with opened(name, folder, before) as old, opened(name, folder, after) as new:
                    room = copy(old, new, room, deep + 1)
                    os.fchmod(new, mode)
                    _date(new, about)
            elif stat.S_ISREG(about.st_mode) and about.st_nlink == 1:
                made = os.O_WRONLY | os.O_CREAT | os.O_EXCL
                with (
                    opened(name, os.O_RDONLY | os.O_NOFOLLOW, before) as old,
                    opened(name, made, after, mode) as new,
                ):
                    left = about.st_size
                    while left and (sent := os.sendfile(new, old, None, left)):
                        left -= sent
                    _date(new, about)
            else:
                raise ValueError("a file with two names, or what is no file")
    return room


@contextlib.contextmanager
def opened(name: str, flags: int, folder: int, mode: int = 0o600) -> Iterator[int]:
    """Open a file in a folder that is given by its descriptor."""
    descriptor = os.open(name, flags, mode, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _date(descriptor: int, about: os.stat_result) -> None:
    os.utime(descriptor, ns=(about.st_atime_ns, about.st_mtime_ns))
