"""``python -m grading.release``, run from the course's root: what releases are made with.

It writes ``public_tests.json``, the expected values of the public tests, from the reference
solutions, and ``hints.json``, by which known mistakes are recognised, from the misconceptions
beside them. It refuses where a test cell's parts would count for nothing.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import hints
from grading.core import GraderFault
from grading.release.rehearsal import rehearse
from grading.release.values import EXPECTED, HINTS, expected_values, known_mistakes, same, write
from grading.store import open_course

if __name__ == "__main__":
    try:
        course = open_course().coursedir
        root, source = Path(course.root), Path(course.root, course.source_directory)
        rehearse(source)
    except GraderFault as fault:
        sys.exit(str(fault))
    made: list[tuple[str, dict[str, Any], float]] = [
        (EXPECTED, expected_values(source), 1e-9),
        (HINTS, known_mistakes(source), hints.CLOSE),
    ]
    for name, values, close in made:
        changed = write(root / name, values, functools.partial(same, close=close))
        print(f"{name} {'written' if changed else 'is up to date'}.")
