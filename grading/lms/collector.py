"""nbgrader's collector for zips from Canvas and Moodle, and pages on their way back.

``nbgrader zip_collect`` asks `Collector` whose each unpacked file is. It looks at all of them
at once: of several files that are the same notebook one counts, and nbgrader would stop there.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.plugins.zipcollect import FileNameCollectorPlugin
from nbgrader.utils import find_all_notebooks
from traitlets import Unicode

from grading.core import GraderFault, printable
from grading.lms.extractor import NAMED, NOTEBOOK, WORKSHEET, shortened
from grading.lms.filenames import Label, Who, label, own_name
from grading.lms.roster import read_roster


@dataclass(frozen=True)
class Found:
    """A file that counts: whose it is, which notebook, and what its label says."""

    student: str
    notebook: str
    label: Label


class Collector(FileNameCollectorPlugin):
    """Says whose a file is, by the name that Canvas or Moodle gave it and the roster."""

    roster = Unicode(
        "roster.csv", help="CSV file that says who is who in the LMS; see docs/lms.md"
    ).tag(config=True)

    _found: dict[str, Found] | None = None

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Return student and notebook of a file, or None; see nbgrader's method."""
        if self._found is None:
            try:
                self._found = self.found(self.parent)
            except GraderFault as fault:
                self.parent.fail(str(fault))
                raise  # a program that does not end there
        one = self._found.get(os.path.abspath(submitted_file))  # noqa: PTH100 - follows no link
        return {"student_id": one.student, "file_id": one.notebook} if one else None

    def found(self, app: ZipCollectApp) -> dict[str, Found]:
        """Return, by path, the files that count of those that are unpacked.

        Raises
        ------
        GraderFault
            When the roster cannot be read, or does not know anybody.
        """
        course = app.coursedir
        folder = Path(app._format_collect_path(app.extracted_directory)).absolute()
        released = find_all_notebooks(
            course.format_path(course.release_directory, ".", course.assignment_id)
        )
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        roster = read_roster(Path(course.root) / self.roster)
        for note in roster.notes:
            self.log.warning(note)
        sheets = [p for p in paths if p.parent == folder and p.suffix.lower() == WORKSHEET]
        who = Who(roster, sheets)
        labels = {p: label(p.relative_to(folder)) for p in paths if p.suffix.lower() == NOTEBOOK}
        whose = {path: who.find(tag) for path, tag in labels.items() if tag}
        # Students may choose their names in an LMS, and so take another's.
        keys = defaultdict(set)
        for path, tag in labels.items():
            if tag:
                keys[whose[path], tag.lms].add(tag.key)
        rivals: dict[tuple[str, str], list[Any]] = defaultdict(list)
        strangers = []
        for path, tag in labels.items():
            student = whose.get(path)
            if not tag or not student or len(keys[student, tag.lms]) > 1:
                strangers.append(shortened(str(path.relative_to(folder))))
                continue
            notebook, number = own_name(tag.file, released)
            rank = (tag.order, tag.file == notebook, number, str(path))
            rivals[student, notebook].append((rank, path, tag))
        more = len(strangers) - NAMED
        if strangers:
            self.log.error(
                "By %s it cannot be told whose these are, so they are not collected: %s. "
                "docs/lms.md says what helps.",
                roster.path.name,
                ", ".join(strangers[:NAMED]) + f" and {more} more" * (more > 0),
            )
        found = {}
        for (student, notebook), files in rivals.items():
            *others, (_, path, tag) = sorted(files, key=lambda one: one[0])
            found[str(path)] = Found(student, notebook, tag)
            for _, _, other in others:
                names = printable(other.file), printable(tag.file)
                self.log.warning("%s: %s does not count, %s does.", printable(student), *names)
        return found
