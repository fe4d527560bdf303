"""How a graded submission is kept: its notebooks, its marks in the gradebook, the audit file.

It is graded into a folder of its own, ``autograded/.unfinished/<student>/<assignment>``, which
is there from before the first submission is graded until this one is done. The notebooks of
an earlier run stay until then.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbgrader import utils
from nbgrader.converters.autograde import Autograde

from grading.judging import of_bytes
from grading.store import (
    SECRET,
    TIMESTAMP,
    append_entry,
    empty,
    entry_line,
    graded_folder,
    hand_in_depth,
    publish,
    read_note,
    source_folder,
    step_in_work,
    timestamp,
    transaction,
    unfinished_folder,
    whose,
)


class SavingAutograde(Autograde):
    """nbgrader's converter of submissions, which saves one whole or not at all.

    A submission goes by its folder, as nbgrader lists it.

    Attributes
    ----------
    saving : list of Preprocessor
        nbgrader's steps that write the gradebook.
    """

    saving: list[Any]

    @property
    def _input_directory(self) -> str:
        return self.coursedir.submitted_directory

    @property
    def _output_directory(self) -> str:
        return step_in_work(self.coursedir)

    def whose(self, folder: str) -> tuple[str, str]:
        """Return student and assignment of a submission."""
        return whose(self.coursedir, folder)

    def unfinished(self, folder: str) -> Path:
        """Return the folder into which a submission is graded."""
        return unfinished_folder(self.coursedir, *self.whose(folder))

    def done(self, folder: str) -> Path:
        """Return the folder in which a submission lies when it is graded."""
        return graded_folder(self.coursedir, *self.whose(folder))

    def save(self, folder: str, answer: dict[str, Any]) -> None:
        """Put a graded submission in its place, and its marks in the gradebook.

        The notebooks are written first, so that a disk that is full cannot come between
        marks of which some are saved and some not.

        Parameters
        ----------
        folder : str
        answer : dict
            As from `grading.workers.client.WorkerClient.do`.
        """
        student, assignment = self.whose(folder)
        fresh = self.unfinished(folder)
        empty(fresh)
        with transaction(self.gradebook):
            self.init_assignment(assignment, student)
            for name, done in answer["notebooks"].items():
                (fresh / f"{name}.ipynb").write_bytes(done["notebook"])
                resources = self.init_single_notebook_resources(f"{folder}{os.sep}{name}.ipynb")
                notebook = of_bytes(done["notebook"])
                for step in self.saving:
                    notebook, resources = step(notebook, resources)
        self.set_permissions(assignment, student)
        publish(fresh, self.done(folder))
        if self.coursedir.groupshared:
            self._share(self.done(folder))

    def _share(self, folder: Path) -> None:
        """Let other instructors replace what is graded, as nbgrader's own does."""
        step = self.coursedir.format_path(self.coursedir.autograded_directory, ".", ".")
        above = list(folder.parents)[: hand_in_depth(self.coursedir) - 1]
        for path in (folder, *above, Path(step)):
            with suppress(PermissionError, FileNotFoundError):  # another's has it already
                path.chmod((path.stat().st_mode | 0o2770) & 0o2777)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Enter the submission, and lay the files of the source beside its notebook.

        nbgrader's own takes all other files of a submission along, through links too, and
        gives a renamed notebook zero points before it is graded.
        """
        folder = Path(self._format_source(assignment_id, student_id))
        depth = hand_in_depth(self.coursedir)
        handed_in = timestamp(folder, depth)
        to = Path(self._format_dest(assignment_id, student_id))
        if self.create_student:
            self.gradebook.update_or_create_student(student_id)
        when = {} if handed_in is None else {"timestamp": handed_in}
        entry = self.gradebook.update_or_create_submission(assignment_id, student_id, **when)
        if handed_in is not None and entry.total_seconds_late > 0:
            self.log.warning("%s is %s seconds late", entry, entry.total_seconds_late)
        if handed_in is not None:
            (to / TIMESTAMP).write_text(read_note(folder / TIMESTAMP, depth), "utf-8")
        secret = read_note(folder / SECRET, depth)
        if secret:
            (to / SECRET).write_text(secret, "utf-8")
        source = source_folder(self.coursedir, assignment_id)
        for name in utils.find_all_files(str(source), [*self.coursedir.ignore, "*.ipynb"]):
            copy = to / Path(name).relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, copy)

    def save_plots(self, path: Path, student: str, assignment: str, answer: dict[str, Any]) -> None:
        """Put a notebook with its plots in the place of that without, all at once."""
        done = answer["notebooks"][path.stem]
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(done["notebook"])
        new.chmod(path.stat().st_mode)
        new.replace(path)
        if done["limits"]:
            said = {"student": student, "assignment": assignment, "notebook": path.stem}
            self.keep(said | {"drawing": True, "limits": done["limits"]})

    def save_fault(self, folder: str, why: str) -> None:
        """Leave a submission among the unfinished ones, as far as the disk allows that."""
        student, assignment = self.whose(folder)
        with suppress(OSError):
            empty(self.unfinished(folder))
            self.keep({"student": student, "assignment": assignment, "fault": why})

    def keep(self, entry: dict[str, Any]) -> None:
        """Add a line to the audit file, and to the log."""
        text = entry_line(entry)
        self.log.info("%s", text)
        append_entry(text, Path(self.coursedir.root), shared=self.coursedir.groupshared)
