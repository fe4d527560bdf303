"""The lock of a course: what writes into it has it to itself.

The kernel holds it (``flock``), so it ends with the process that has it, however that ends, and no
child has it. The file in the course folder that it is on stays where it is: two could else have the
lock, one on the file that is gone and one on a new one. In it stands who is at work, for whom has
to wait.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import stat
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grading.core import GraderFault, printable, sentence, take
from grading.store.gradebook import check_gradebook

FILE = ".grading.lock"
WAIT = 2.0  # seconds for the other to end
PAUSE = 0.05
LONGEST = 4096  # bytes of the file that are read


@dataclass(frozen=True)
class Holder:
    """Who is at work in a course.

    Attributes
    ----------
    command, user, host, since : str
    process : int
        Its number on that host.
    """

    command: str
    user: str
    host: str
    since: str
    process: int

    @classmethod
    def this(cls, command: str) -> Holder:
        """Return this process, with its own command line if no other words are given for it."""
        now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
        return cls(command or _command_line(), _user(), platform.node(), now, os.getpid())

    @classmethod
    def read(cls, file: int) -> Holder | None:
        """Return what stands in the open file of a lock; nothing if that cannot be read."""
        with contextlib.suppress(OSError, ValueError, AttributeError, RecursionError, GraderFault):
            packed = json.loads(os.pread(file, LONGEST, 0))
            texts = {
                name: printable(take(packed, name, str))[:200]
                for name in ("command", "user", "host", "since")
            }
            return cls(**texts, process=take(packed, "process", int))
        return None

    def __str__(self) -> str:
        here = self.host == platform.node()
        where = f"process {self.process}" + f" on {self.host}" * (not here)
        who = f"“{self.command}” of {self.user} ({where}, since {self.since})"
        if here and _is_stopped(self.process):
            return (
                f"{who} is at work in this course, but has been stopped. Let it go on (fg, where "
                f"it was begun) or end it (kill -KILL {self.process}), then do this again."
            )
        return f"{who} is at work in this course. Do this again when it has ended."


@contextlib.contextmanager
def lock_course(course: CourseDirectory, command: str = "", wait: float = WAIT) -> Iterator[None]:
    """Have a course to oneself; whoever has it already may take it again, in the same thread.

    Parameters
    ----------
    course : CourseDirectory
    command : str, optional
        What others are told is at work; the command line of this process.
    wait : float
        Seconds for another to end.

    Raises
    ------
    GraderFault
        When another is at work, who is named; when the folder cannot be locked, or another
        program keeps the gradebook from being written.
    """
    path = Path(os.path.realpath(course.root)) / FILE
    mine = _mine()
    if path in mine:
        yield
        return
    mine[path] = file = _take(path, wait, shared=course.groupshared)
    _files.add(file)
    try:
        with contextlib.suppress(OSError):  # a full disk; then nobody is named
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps(asdict(Holder.this(command))).encode(), 0)
        check_gradebook(course.db_url)
        yield
    finally:
        if file in _files:  # not in a fork
            del mine[path]
            _files.remove(file)
            with contextlib.suppress(OSError):
                os.ftruncate(file, 0)
            os.close(file)


def _take(path: Path, wait: float, *, shared: bool) -> int:
    """Return the file of a lock, open and locked."""
    end = time.monotonic() + wait
    while (file := _try(path, shared=shared)) is None:
        if time.monotonic() >= end:
            who = (
                _holder(path)
                or "another command is at work in this course. Wait until it has ended."
            )
            raise GraderFault(f"Nothing was done: {who}")
        time.sleep(PAUSE)
    return file


def _try(path: Path, *, shared: bool) -> int | None:
    """Return the same; nothing if another has it."""
    try:
        import fcntl
    except ImportError:
        raise GraderFault("This system has no locks for files. Use Linux or macOS.") from None
    file = _open(path)
    try:
        if shared:
            with contextlib.suppress(PermissionError):  # another's has it already
                os.fchmod(file, 0o660)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file), path.stat(follow_symlinks=False)):
            return file
    except (BlockingIOError, FileNotFoundError):  # or it was removed in between
        pass
    except OSError as error:
        os.close(file)
        raise GraderFault(
            f"Nothing was done: {path.parent} lies on a file system without locks "
            f"({error.strerror}), where two commands at once would spoil each other's work. Move "
            "the course to a local disk, or have the locks of that file system turned on."
        ) from error
    os.close(file)
    return None


def _open(path: Path) -> int:
    """Open the file of a lock; it is made where there is none. No link is followed."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK  # NFS locks what is writable
    try:
        file = os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise _no_file(path) from error
        if error.errno == errno.EACCES and os.path.lexists(path):
            raise GraderFault(
                f"Nothing was done: {path} belongs to {_user(path.lstat().st_uid)}, so the course "
                "cannot be locked for you. If you share the course, set "
                "c.CourseDirectory.groupshared; else remove that file while nobody is at work."
            ) from error
        raise GraderFault(f"Nothing was done. {sentence(error)}") from error
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(file)
        raise _no_file(path)
    return file


def _no_file(path: Path) -> GraderFault:
    return GraderFault(
        f"Nothing was done: {path} is no plain file, or has a second name, so the course cannot be "
        "locked. Remove it, then do this again."
    )


def _holder(path: Path) -> Holder | None:
    file = _open(path)
    try:
        return Holder.read(file)
    finally:
        os.close(file)


def _command_line() -> str:
    """Return the words that this process was started with, as a person would type them."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    name = f"python -m {spec.name.removesuffix('.__main__')}" if spec else Path(sys.argv[0]).name
    return " ".join([name, *sys.argv[1:]])


def _user(number: int | None = None) -> str:
    number = os.geteuid() if number is None else number
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return f"user {number}"


def _is_stopped(process: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    return False


_files: set[int] = set()  # that are open and locked, of all threads
_ours = threading.local()


def _mine() -> dict[Path, int]:
    """Return those of this thread, by their paths."""
    if not hasattr(_ours, "files"):
        _ours.files = {}
    files: dict[Path, int] = _ours.files
    return files


def _let_go() -> None:
    """Close them in a fork, which would else keep the lock when the process that took it ends."""
    for file in _files:
        os.close(file)
    _files.clear()
    _mine().clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
