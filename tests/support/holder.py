"""A process of its own that has the lock of a course, or of its gradebook, until it is told."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.forked import Forked

COURSE = """
import signal, sys
from nbgrader.coursedir import CourseDirectory
from grading.store import lock_course

with lock_course(CourseDirectory(root=sys.argv[1]), wait=0):
    {more}
    print("ready", flush=True)
    signal.pause()
"""
GRADEBOOK = """
import signal, sqlite3, sys

other = sqlite3.connect(sys.argv[1] + "/gradebook.db", isolation_level=None)
other.execute("BEGIN {kind}")
print("ready", flush=True)
signal.pause()
"""


@contextlib.contextmanager
def course_held(root: Path, more: str = "pass") -> Iterator[Forked]:
    """Have the lock of a course held; ``more`` is done by who holds it."""
    with _running(COURSE.format(more=more), root) as process:
        yield process


@contextlib.contextmanager
def gradebook_held(root: Path, kind: str) -> Iterator[Forked]:
    """Have a gradebook locked: ``IMMEDIATE`` against who writes, ``EXCLUSIVE`` against all."""
    with _running(GRADEBOOK.format(kind=kind), root) as process:
        yield process


@contextlib.contextmanager
def _running(script: str, root: Path) -> Iterator[Forked]:
    with tempfile.TemporaryDirectory(prefix="holder-") as place:
        said = Path(place, "said")
        process = Forked(["-c", script, str(root)], root, said)
        try:
            late = time.monotonic() + 60
            while not (said.exists() and said.read_text().endswith("ready\n")):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < late
                time.sleep(0.01)
            yield process
        finally:
            process.kill()
            process.wait()
