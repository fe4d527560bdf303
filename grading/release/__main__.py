"""``python -m grading.release``, run from the course's root: what releases are made with.

With the names of assignments behind it, it is done for these alone.

For each assignment it writes the values that its public tests expect, from the reference solutions,
and those by which known mistakes are recognised, from the misconceptions beside them; see
`grading.release.values`. Beside the releases it writes a start page. It refuses where a test cell's
parts would count for nothing.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading.assignment import course_files, shared_files
from grading.core import GraderFault, printable
from grading.release.rehearsal import rehearse
from grading.release.start_page import write_start_page
from grading.release.values import ShareFiles, encode, expected_values, hints, unchanged
from grading.store import Course, Places, lock_course, near, open_course

DOES = "Write what the public tests expect, and by which numbers known mistakes are recognised."


def main(words: Sequence[str] | None = None) -> None:
    """Look at every assignment, then write; nothing is written where one is refused."""
    parser = argparse.ArgumentParser("python -m grading.release", description=DOES)
    parser.add_argument("assignment", nargs="*", help="all of source/, if none is named")
    wanted = parser.parse_args(words).assignment
    app = open_course()
    with lock_course(app.coursedir):
        _write(app, wanted)


def _write(app: Course, wanted: Sequence[str]) -> None:
    places = Places(app.coursedir)
    there = places.assignments()
    for name in wanted:
        if name not in there:
            meant = difflib.get_close_matches(name, there, 1)
            guess = f"; did you mean {meant[0]}?" if meant else "."
            raise GraderFault(f"There is no assignment {printable(name)} in source/{guess}")
    shared = shared_files(Path(app.coursedir.root), ShareFiles(parent=app).files)
    made: dict[str, dict[Path, dict[str, Any]]] = {}
    for assignment in wanted or there:
        folder = places.source_folder(assignment)
        made[assignment] = expected_values(folder, shared)
        new = {
            path.relative_to(folder).as_posix(): encode(v) for path, v in made[assignment].items()
        }
        rehearse(folder, course_files(folder, shared) | new)
    for assignment, files in made.items():  # what takes long comes when nothing is refused
        files |= hints(places.source_folder(assignment), shared)
    for assignment, files in made.items():
        for path, found in files.items():
            known = unchanged(path, found)
            if not known:
                path.write_bytes(encode(found))
            print(f"{near(path)} {'is up to date' if known else 'written'}.")
        if not files:
            print(f"{assignment}: its public tests have no cases, so there are no values to write.")
    write_start_page(app)


if __name__ == "__main__":
    try:
        main()
    except GraderFault as fault:
        sys.exit(str(fault))
