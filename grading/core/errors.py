"""What can fail on the grader's side, in a sentence that says what to do."""

from __future__ import annotations

import errno
import sqlite3


class GraderFault(Exception):
    """Something on the grader's side is broken; no student may lose a point for it."""


FULL = "The disk of the course folder is full. Make room on it, then grade again."
READ_ONLY = (
    "The course folder cannot be written to. Make it writable for the user who grades, "
    "then grade again."
)


def of_gradebook(error: BaseException | None) -> BaseException | None:
    """Return what an error says of the gradebook: it is locked, full, closed or broken; or None.

    nbgrader takes some of these for an entry that is not valid.
    """
    from sqlalchemy.exc import DatabaseError, OperationalError

    if error is not None and type(error).__name__ == "InvalidEntry":
        error = error.__context__
    return error if type(error) in (DatabaseError, OperationalError) else None


def sentence(error: BaseException) -> str:
    """Say what failed on the grader's side, and what to do."""
    from sqlalchemy.exc import SQLAlchemyError  # a fifth of a second, which few need

    number = getattr(error, "errno", None)
    text = str(getattr(error, "orig", None) or error)
    if number in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in text:
        return FULL
    if number in (errno.EROFS, errno.EACCES, errno.EPERM) or "readonly database" in text:
        return READ_ONLY
    if not isinstance(error, (SQLAlchemyError, sqlite3.Error)):
        return text if isinstance(error, GraderFault) else f"{type(error).__name__}: {text}"
    if "locked" in text:
        return (
            "Another program keeps the gradebook locked. Close that program, or wait until it has "
            "ended, then do this again."
        )
    if "no such" in text:
        return "The gradebook is of another nbgrader. Keep a copy, then run: nbgrader db upgrade"
    return (
        f"The gradebook cannot be read or written: {text}. Look at the disk; if the file "
        "itself is damaged, put back a copy."
    )
