"""How a graded submission is kept: its notebooks, its marks in the gradebook, the audit file.

It is graded into a folder of its own, ``autograded/.unfinished/<student>/<assignment>``, which
is there from before the first submission is graded until this one is done. The notebooks of
an earlier run stay until then.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, TaskCell
from nbgrader.converters.autograde import Autograde

from grading.judging import Drawn, of_bytes
from grading.store import (
    SECRET,
    TIMESTAMP,
    AuditEntry,
    AuditFile,
    DrawingEntry,
    FaultEntry,
    Places,
    copy_others,
    empty,
    publish,
    read_note,
    timestamp,
    transaction,
)
from grading.workers import Done


class Saver:
    """Saves a submission whole or not at all.

    Parameters
    ----------
    converter : Autograde
        nbgrader's, for its settings, its log, and what it does to a folder that is done.
    gradebook : Gradebook
        Into which marks go; it is open.
    steps : sequence of Preprocessor
        nbgrader's steps that write the gradebook.
    """

    def __init__(self, converter: Autograde, gradebook: Gradebook, steps: Sequence[Any]) -> None:
        self._converter = converter
        self._course = converter.coursedir
        self._places = Places(converter.coursedir)
        root, shared = Path(self._course.root), self._course.groupshared
        self._audit = AuditFile(root, shared=shared)
        self._gradebook = gradebook
        self._steps = steps

    def save(self, folder: str, done: Done) -> None:
        """Put a graded submission in its place, and its marks in the gradebook.

        The notebooks are written first, so that a disk that is full cannot come between
        marks of which some are saved and some not.

        Parameters
        ----------
        folder : str
            Of the hand-in, as nbgrader lists it.
        done : Done
        """
        student, assignment = self._places.whose(folder)
        fresh = self._places.unfinished_folder(student, assignment)
        to = self._places.graded_folder(student, assignment)
        empty(fresh)
        with transaction(self._gradebook):
            self.enter(Path(folder), student, assignment)
            for name, one in done.graded.items():
                (fresh / f"{name}.ipynb").write_bytes(one.notebook)
                path = f"{folder}{os.sep}{name}.ipynb"
                resources = self._converter.init_single_notebook_resources(path)
                notebook = of_bytes(one.notebook)
                for step in self._steps:
                    notebook, resources = step(notebook, resources)
                self._flag_tasks(name, assignment, student)
        self._converter.set_permissions(assignment, student)
        publish(fresh, to)
        if self._course.groupshared:
            self._share(to)

    def _flag_tasks(self, notebook: str, assignment: str, student: str) -> None:
        """Ask for another look at a task that had a mark, as nbgrader does of other answers."""
        book = self._gradebook.find_submission_notebook(notebook, assignment, student)
        for grade in book.grades:
            if isinstance(grade.cell, TaskCell) and grade.manual_score is not None:
                grade.needs_manual_grade = True

    def enter(self, folder: Path, student: str, assignment: str) -> None:
        """Enter a submission, and lay the files of the source beside its notebook.

        nbgrader's own takes all other files of a submission along, through links too, and
        gives a renamed notebook zero points before it is graded.
        """
        depth = self._places.depth
        handed_in = timestamp(folder, depth)
        to = self._places.unfinished_folder(student, assignment)
        if self._converter.create_student:
            self._gradebook.update_or_create_student(student)
        when = {} if handed_in is None else {"timestamp": handed_in}
        entry = self._gradebook.update_or_create_submission(assignment, student, **when)
        if handed_in is not None and entry.total_seconds_late > 0:
            late = entry.total_seconds_late
            self._converter.log.warning("%s is %s seconds late", entry, late)
        if handed_in is not None:
            (to / TIMESTAMP).write_text(read_note(folder / TIMESTAMP, depth), "utf-8")
        secret = read_note(folder / SECRET, depth)
        if secret:
            (to / SECRET).write_text(secret, "utf-8")
        source = self._places.source_folder(assignment)
        copy_others(source, to, [*self._course.ignore, "*.ipynb"])

    def save_plots(self, path: Path, student: str, assignment: str, drawn: Drawn) -> None:
        """Put a notebook with its plots in the place of that without, all at once."""
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(drawn.notebook)
        new.chmod(path.stat().st_mode)
        new.replace(path)
        if drawn.limits:
            self._keep(DrawingEntry(student, assignment, path.stem, drawn.limits))

    def save_fault(self, student: str, assignment: str, why: str) -> None:
        """Leave a submission among the unfinished ones, as far as the disk allows that."""
        with suppress(OSError):
            empty(self._places.unfinished_folder(student, assignment))
            self._keep(FaultEntry(student, assignment, why))

    def keep_marks(self, done: Done) -> None:
        """Add the lines of a submission to the audit file."""
        for one in done.graded.values():
            self._keep(
                replace(
                    one.entry,
                    landlock=done.landlock,
                    seconds=done.seconds,
                    versions=done.versions,
                )
            )

    def _keep(self, entry: AuditEntry | FaultEntry | DrawingEntry) -> None:
        """Add a line to the audit file, and to the log."""
        self._converter.log.info("%s", self._audit.add(entry))

    def _share(self, folder: Path) -> None:
        """Let other instructors replace what is graded, as nbgrader's own does."""
        step = self._course.format_path(self._course.autograded_directory, ".", ".")
        above = list(folder.parents)[: self._places.depth - 1]
        for path in (folder, *above, Path(step)):
            with suppress(PermissionError, FileNotFoundError):  # another's has it already
                path.chmod((path.stat().st_mode | 0o2770) & 0o2777)
