"""The seed of the hidden inputs: a secret beside the gradebook, made at the first grading.

Who knows it can work out every hidden input beforehand. So it has 128 bits, nobody may read it who
may not read the gradebook, and all that is kept of a grading names it by its digest alone.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shlex
from contextlib import suppress
from pathlib import Path

from nbgrader.api import Grade, Gradebook
from nbgrader.coursedir import CourseDirectory

from grading.core import SEED_BITS, GraderFault
from grading.store.places import Places, near

ENDING = ".seed"  # behind the gradebook's name: what keeps that out of Git keeps this out, too
FORM = re.compile(rb"[0-9a-fA-F]{32}\s*")
SETTING = "c.ExecuteBehindWall.seed"


def find_seed(course: CourseDirectory, gradebook: Gradebook, *, keep: bool = True) -> int:
    """Return the seed of a course; at its first grading one is made.

    Parameters
    ----------
    course : CourseDirectory
    gradebook : Gradebook
        It is open.
    keep : bool
        Whether one that is made is also kept.

    Raises
    ------
    GraderFault
        When it is missing though there are marks, cannot be read, is broken, or is open to more
        people than the gradebook.
    """
    book = Places(course).gradebook
    path = book.with_name(book.name + ENDING)
    text = _read(path, book)
    if not text:
        if gradebook.db.query(Grade).filter(Grade.auto_score.isnot(None)).first():
            raise GraderFault(
                f"There are marks, but nothing in {near(path)}, from which their hidden inputs "
                f"come. Put it back from where they were given, or set {SETTING} as it was then. "
                f"{_anew(path)}"
            )
        if not keep:
            return secrets.randbits(SEED_BITS)
        _make(path, book)
        text = _read(path, book)
    if not FORM.fullmatch(text):
        raise GraderFault(
            f"{near(path)} is broken: it has to hold 32 hexadecimal digits. Put back a copy. "
            f"{_anew(path)}"
        )
    return int(text, 16)


def _anew(path: Path) -> str:
    where = shlex.quote(str(near(path)))
    return (
        "If that is lost, make a new one, by which everybody is graded again: "
        f"python -c 'import secrets; print(secrets.token_hex(16))' > {where}"
    )


def _read(path: Path, book: Path) -> bytes:
    """Return what is in the file; nothing if there is none."""
    try:
        with path.open("rb") as file:
            mode, text = os.fstat(file.fileno()).st_mode, file.read(100)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise GraderFault(
            f"{near(path)} cannot be read: {error.strerror}. Let the user who grades read it."
        ) from None
    allowed = book.stat().st_mode if book.exists() else 0o600
    if mode & ~allowed & 0o066:
        raise GraderFault(
            f"{near(path)} is open to more people than the gradebook, and who reads it can work "
            f"out the hidden inputs. Close it, then grade again: chmod 600 "
            f"{shlex.quote(str(near(path)))}"
        )
    return text


def _make(path: Path, book: Path) -> None:
    """Fill the file, unless another grader has done so meanwhile."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_size:
            return
        if book.exists() and book.stat().st_mode & 0o020:  # who sets marks may also grade
            with suppress(OSError):
                os.chown(file.fileno(), -1, book.stat().st_gid)
                os.fchmod(file.fileno(), 0o640)
        file.write(b"%032x\n" % secrets.randbits(SEED_BITS))
        file.flush()
        os.fsync(file.fileno())
