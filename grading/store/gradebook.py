"""nbgrader's gradebook, opened once: its own code opens it anew for every small thing.

Each opening costs nbgrader some twenty milliseconds, and a submission has nine of them.
Inside `open_gradebook` every `Gradebook` of the same address, whoever asks for it, is the one
that is open already. For that nbgrader's class is given two methods of ours, when the first
gradebook is opened or lent here; importing this changes nothing.
"""

from __future__ import annotations

import sqlite3
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from grading.core import GraderFault, sentence

WAIT = 2.0  # seconds for another program to let go of it
_ours = threading.local()  # each thread has its own: a session of SQLAlchemy's is not shared
_stock_init, _stock_close = Gradebook.__init__, Gradebook.close


@contextmanager
def open_gradebook(
    url: str, course: str = "default_course", *, begin: bool = True
) -> Iterator[Gradebook]:
    """Open a gradebook; until it is closed, all of this address are this one.

    Parameters
    ----------
    url, course : str
        Its address, and the course's id.
    begin : bool
        Whether an empty one is made where there is none.

    Raises
    ------
    GraderFault
        When there is none, and none is to be made.
    """
    if not begin:
        _check(url)
    _share()
    known = _known()
    if url in known:
        yield known[url]
        return
    gradebook = known[url] = Gradebook(url, course)
    try:
        yield gradebook
    finally:
        del known[url]
        gradebook.close()


def _check(url: str) -> None:
    """Refuse to go on without a gradebook, where opening it would make one."""
    path = _file(url)
    if path is not None and not path.exists():
        raise GraderFault("There is no gradebook here yet, so there are no marks.")


def _file(url: str) -> Path | None:
    """Return the file of a gradebook; nothing where another server keeps it."""
    kind, _, path = url.partition("///")
    return Path(path) if kind == "sqlite:" and path else None


def check_gradebook(url: str) -> None:
    """Raise GraderFault unless a gradebook that is there can be written to at this moment.

    nbgrader would meet another program's lock in the middle of its work, with some of it lost.
    """
    path = _file(url)
    if path is None or not path.exists():
        return
    where = f"file:{urllib.parse.quote(str(path))}?mode=rw"
    try:
        with closing(sqlite3.connect(where, WAIT, isolation_level=None, uri=True)) as file:
            file.execute("BEGIN IMMEDIATE")
            file.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise GraderFault(f"Nothing was done. {sentence(error)}") from error


@contextmanager
def transaction(gradebook: Gradebook) -> Iterator[None]:
    """Commit all that is written inside in one piece, at the end, or nothing of it."""
    session = gradebook.db
    commit, session.commit = session.commit, session.flush
    try:
        yield
        commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.commit = commit


def prepare_gradebook(path: Path) -> None:
    """Begin the file of a gradebook that nobody keeps.

    For a file without tables nbgrader would start a program to ask for their version.
    """
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")


def lend_gradebook(url: str, gradebook: Gradebook) -> None:
    """Let every gradebook of an address be this one, for good."""
    _share()
    _known()[url] = gradebook


def _share() -> None:
    """Let nbgrader's class ask here before it opens or closes anything; again changes nothing."""
    Gradebook.__init__, Gradebook.close = _init, _close


def _known() -> dict[str, Gradebook]:
    if not hasattr(_ours, "known"):
        _ours.known = {}
    known: dict[str, Gradebook] = _ours.known
    return known


def _init(self: Gradebook, db_url: str, course_id: str = "default_course", *more: Any) -> None:
    if db_url in _known():
        self.__dict__.update(_known()[db_url].__dict__)
    else:
        _stock_init(self, db_url, course_id, *more)


def _close(self: Gradebook) -> None:
    if all(kept.db is not self.db for kept in _known().values()):
        _stock_close(self)
