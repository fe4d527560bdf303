"""A process of its own that has the lock of a course, or of its gradebook, until it is told."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COURSE = """
import sys
from nbgrader.coursedir import CourseDirectory
from grading.store import lock_course

with lock_course(CourseDirectory(root=sys.argv[1]), wait=0):
    {more}
    print("ready", flush=True)
    sys.stdin.read()
"""
GRADEBOOK = """
import sqlite3, sys

other = sqlite3.connect(sys.argv[1] + "/gradebook.db", isolation_level=None)
other.execute("BEGIN {kind}")
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def course_held(root: Path, more: str = "pass") -> Iterator[subprocess.Popen[str]]:
    """Have the lock of a course held; ``more`` is done by who holds it."""
    with _running(COURSE.format(more=more), root) as process:
        yield process


@contextlib.contextmanager
def gradebook_held(root: Path, kind: str) -> Iterator[subprocess.Popen[str]]:
    """Have a gradebook locked: ``IMMEDIATE`` against who writes, ``EXCLUSIVE`` against all."""
    with _running(GRADEBOOK.format(kind=kind), root) as process:
        yield process


@contextlib.contextmanager
def _running(script: str, root: Path) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-c", script, str(root)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
