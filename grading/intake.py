"""nbgrader's autograde, made careful: what it takes in, and what is left when it is stopped.

nbgrader has no setting for its converter, so `install` puts `CarefulAutograde` in its place.
Of a submission it takes the notebook and nothing else. It grades into a folder of its own,
``autograded/.unfinished/<student>/<assignment>``, which is there from before the first
submission is graded until this one is done. So a run that was killed, or failed, goes on where
it ended, with and without ``--force``, and the notebooks of an earlier run stay until then.
"""

from __future__ import annotations

import fnmatch
import glob
import json
import logging
import os
import re
import shutil
import traceback
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import api, autogradeapp
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from sqlalchemy.exc import SQLAlchemyError

from grading import audit, files
from grading.exam import GraderFault
from grading.faults import sentence
from grading.handin import expected_cells, take
from grading.verdicts import Verdict

UNFINISHED = ".unfinished"
TIMESTAMP = "timestamp.txt"
VERDICTS = {verdict.value for verdict in Verdict} - {Verdict.GRADER_FAULT.value}


class CarefulAutograde(Autograde):
    """nbgrader's converter of submissions; see the top of this file."""

    @property
    def _input_directory(self) -> str:
        return self.coursedir.submitted_directory if self._sanitizing else self._output_directory

    @property
    def _output_directory(self) -> str:
        return os.path.join(self.coursedir.autograded_directory, UNFINISHED)  # noqa: PTH118

    def start(self) -> None:
        """Grade; every fault is said in a sentence and ends in `NbGraderException`."""
        self.todo: list[str] = []  # folders of the submissions to grade, in order
        self.faults: list[str] = []
        try:
            super().start()
        except (GraderFault, OSError, SQLAlchemyError) as error:
            self._log_trace(error)
            self.log.error("Nothing more was graded. %s", sentence(error))
            raise NbGraderException(sentence(error)) from error

    def init_notebooks(self) -> None:
        """List the submissions, those without a notebook too, so that they get their verdict."""
        course = self.coursedir
        self.assignments = {}
        students = [course.student_id] + [".*"] * (course.student_id == "*")
        for student in students:
            for folder in glob.glob(self._format_source(course.assignment_id, student)):  # noqa: PTH207
                name, assignment = self._whose(folder)
                why = files.why_no_student(name)
                if why:
                    self._fault(
                        assignment, name, f"No student has such a folder: {why}. Rename it."
                    )
                else:
                    names = [n for n in self._released(assignment) if self._asked_for(n)]
                    self.assignments[folder] = [f"{folder}{os.sep}{n}.ipynb" for n in names]
        if not self.assignments and not self.faults:
            super().init_notebooks()  # it says so, and what may be meant

    def _whose(self, folder: str) -> tuple[str, str]:
        parts = self._format_source("(?P<assignment>[^/]*)", "(?P<student>[^/]*)", escape=True)
        found = re.fullmatch(parts, folder)
        if found is None:
            raise GraderFault(f"{folder!r} is no folder of a submission.")
        return found["student"], found["assignment"]

    def _released(self, assignment: str) -> list[str]:
        course = self.coursedir
        with Gradebook(course.db_url, course.course_id) as gradebook, suppress(MissingEntry):
            return [book.name for book in gradebook.find_assignment(assignment).notebooks]
        text = f"Release {assignment} first: nbgrader generate_assignment {assignment}"
        self.log.error(text)
        raise NbGraderException(text)

    def _asked_for(self, name: str) -> bool:
        return fnmatch.fnmatchcase(name, self.coursedir.notebook_id)

    def convert_notebooks(self) -> None:
        """Grade the submissions, one after the other. Whatever fails does not stop the next."""
        self.todo = [folder for folder in sorted(self.assignments) if self.is_to_do(folder)]
        for folder in self.todo:
            self._unfinished(folder).mkdir(parents=True, exist_ok=True)
        for folder in self.todo:
            student, assignment = self._whose(folder)
            self.notebooks = self.assignments[folder]
            try:
                self.grade(folder)
            except Exception as error:
                self._log_trace(error)
                self._fault(assignment, student, sentence(error))
                with suppress(OSError):
                    _empty(self._unfinished(folder))
                    said = {"student": student, "assignment": assignment, "fault": sentence(error)}
                    audit.add(audit.line(said), Path(self.coursedir.root))
        for fault in self.faults:
            self.log.error(fault)
        if self.faults:
            raise NbGraderException("The grader failed for some; see above.")

    def _log_trace(self, error: Exception) -> None:
        known = isinstance(error, (GraderFault, OSError, SQLAlchemyError))
        self.log.log(logging.DEBUG if known else logging.ERROR, traceback.format_exc())

    def _fault(self, assignment: str, student: str, text: str) -> None:
        shown = student if student.isprintable() else ascii(student)[1:-1]
        self.faults.append(
            f"There was an error processing assignment '{assignment}' for student '{shown}': {text}"
        )

    def is_to_do(self, folder: str) -> bool:
        """Say whether a submission is to be graded: asked for, unfinished, or newer."""
        student, assignment = self._whose(folder)
        if student in self.coursedir.student_id_exclude.split(","):
            return False
        if self.force or self._unfinished(folder).exists():
            return True
        done = self._done(folder)
        for path in map(Path, self.assignments[folder]):
            if not self.is_complete(done / path.name, student, assignment):
                return True
        new, old = timestamp(Path(folder)), timestamp(done)
        if new is not None and (old is None or new > old):
            return True
        self.log.info("Skipping existing assignment: %s", done)
        return False

    def is_complete(self, path: Path, student: str, assignment: str) -> bool:
        """Say whether a graded notebook has every record, and the gradebook every mark."""
        url = self.coursedir.db_url
        tests = {
            cell.grade_id
            for cell in expected_cells(url, assignment, path.stem)
            if cell.grade and cell.locked
        }
        with Gradebook(url) as gradebook, suppress(MissingEntry):
            grades = gradebook.find_submission_notebook(path.stem, assignment, student).grades
            marked = {grade.name for grade in grades if grade.auto_score is not None}
            return tests <= marked & set(verdicts(path))
        return False

    def grade(self, folder: str) -> None:
        """Grade one submission in its unfinished folder, then put it in its place."""
        student, assignment = self._whose(folder)
        _empty(self._unfinished(folder))
        self.run_pre_convert_hook()
        self.init_assignment(assignment, student)
        for notebook in self.notebooks:
            self.convert_single_notebook(notebook)
        self.set_permissions(assignment, student)
        publish(self._unfinished(folder), self._done(folder))
        self.run_post_convert_hook()

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Enter the submission, and lay the files of the source beside its notebook.

        nbgrader's own takes all other files of a submission along, through links too, and
        gives a renamed notebook zero points before it is graded.
        """
        folder = Path(self._format_source(assignment_id, student_id))
        handed_in = timestamp(folder)
        to = Path(self._format_dest(assignment_id, student_id))
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            if self.create_student:
                gradebook.update_or_create_student(student_id)
            when = {} if handed_in is None else {"timestamp": handed_in}
            entry = gradebook.update_or_create_submission(assignment_id, student_id, **when)
            if handed_in is not None and entry.total_seconds_late > 0:
                self.log.warning("%s is %s seconds late", entry, entry.total_seconds_late)
        if handed_in is not None:
            (to / TIMESTAMP).write_text(files.note(folder / TIMESTAMP), "utf-8")
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment_id)
        for name in utils.find_all_files(source, [*self.coursedir.ignore, "*.ipynb"]):
            copy = to / Path(name).relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, copy)

    def _unfinished(self, folder: str) -> Path:
        student, assignment = self._whose(folder)
        return Path(self._format_dest(assignment, student))

    def _done(self, folder: str) -> Path:
        student, assignment = self._whose(folder)
        course = self.coursedir
        return Path(course.format_path(course.autograded_directory, student, assignment))


class HandInExporter(NotebookExporter):
    """nbgrader's reader of submissions, in the one pass that meets the student's file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, Autograde) and not isinstance(self.parent, CarefulAutograde):
            raise GraderFault("nbgrader_config.py has to call grading.intake.install()")

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Read a submission through `take`; any other notebook as nbconvert does."""
        if resources is None or not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources, **kw)
        mark = resources["nbgrader"]
        notebook = take(
            Path(filename), expected_cells(mark["db_url"], mark["assignment"], mark["notebook"])
        )
        resources["metadata"] = {
            "name": Path(filename).stem,
            "path": str(Path(filename).parent),
            "modified_date": datetime.now(timezone.utc).strftime("%B %d, %Y"),
        }
        return self.from_notebook_node(notebook, resources=resources, **kw)


class SaveMarks(SaveAutoGrades):
    """nbgrader's saving of marks, in one piece: all of a notebook, or none.

    The notebook is written before, so that a disk that is full cannot come between.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Save the marks of a graded notebook."""
        mark = resources["nbgrader"]
        nbformat.write(nb, Path(resources["metadata"]["path"], f"{mark['notebook']}.ipynb"))
        self.notebook_id, self.assignment_id = mark["notebook"], mark["assignment"]
        self.student_id, self.db_url = mark["student"], mark["db_url"]
        with Gradebook(self.db_url) as self.gradebook:
            session = self.gradebook.db
            commit, session.commit = session.commit, session.flush
            nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
            commit()
        return nb, resources


def install() -> None:
    """Put the careful converter where nbgrader's commands and its formgrader take theirs.

    The times of submissions are read in two places more, one of them the formgrader's list.
    """
    autogradeapp.Autograde = api.Autograde = CarefulAutograde
    CourseDirectory.get_existing_timestamp = lambda self, folder: timestamp(Path(folder))
    api.NbGraderAPI.get_submitted_timestamp = _submitted


def _submitted(self: api.NbGraderAPI, assignment_id: str, student_id: str) -> datetime | None:
    course = self.coursedir
    return timestamp(
        Path(course.format_path(course.submitted_directory, student_id, assignment_id))
    )


def timestamp(folder: Path) -> datetime | None:
    """Return when a submission was handed in, if that is known."""
    text = files.note(folder / TIMESTAMP)
    with suppress(ValueError, OverflowError):
        found: datetime | None = utils.parse_utc(text) if text else None
        return found
    return None


def verdicts(path: Path) -> dict[str, Verdict]:
    """Return the verdicts in a graded notebook, by the ids of its tests; {} if it is none."""
    found = {}
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        for cell in json.loads(path.read_bytes())["cells"]:
            record = cell["metadata"].get("grading", {}).get("verdict")
            if record in VERDICTS and cell["metadata"].get("nbgrader"):
                found[str(cell["metadata"]["nbgrader"]["grade_id"])] = Verdict(record)
    return found


def publish(fresh: Path, done: Path) -> None:
    """Let what was graded take the place of what was there, file by file, the time last.

    The fresh folder goes at the very end: while it is there, nothing counts as done.
    """
    done.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in fresh.iterdir()}
    for old in done.iterdir():
        if (old.name not in names and old.suffix != ".ipynb") or old.is_dir():
            _remove(old)
    for name in sorted(names, key=lambda name: (name == TIMESTAMP, name)):
        (fresh / name).replace(done / name)
    fresh.rmdir()
    for folder in (fresh.parent, fresh.parent.parent):
        with suppress(OSError):  # others are unfinished
            folder.rmdir()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
