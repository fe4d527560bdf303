"""Feedback pages: plots that are still to be drawn come first; then pages, several at a time."""

from __future__ import annotations

import fnmatch
import html
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.writers import FilesWriter
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.converters.generate_feedback import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grading.autograde import CarefulAutograde
from grading.core import GraderFault, sentence
from grading.feedback.apart import LARGE, Apart
from grading.store import (
    Penalties,
    Places,
    check_settings,
    copy_others,
    lend_gradebook,
    lock_course,
    open_gradebook,
    read_graded,
)

NO_PAGE = "<!DOCTYPE html><title>No page</title><p>This page cannot be shown: {}</p>"


class CarefulFeedback(GenerateFeedback):
    """nbgrader's converter of feedback, with every plot drawn before.

    nbgrader takes names of students for patterns, whoever it lists; here they are names.

    Attributes
    ----------
    only : str or None
        The one student whose pages are made; else all that nbgrader's settings name.
    """

    only: str | None = None

    apart: Apart | None = None  # what makes the pages, where that is not this process
    why = ""  # the last page could not be made

    def start(self) -> None:
        """Make pages. Raises `NbGraderException` when there is one that cannot be made."""
        self.check()
        self.draw()
        renew_penalties(self.coursedir, self.config)
        self.apart = Apart(super().convert_single_notebook)
        try:
            super().start()
        finally:
            self.apart.close()

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Make one page."""
        make = self.apart.do if self.apart else super().convert_single_notebook
        try:
            make(notebook_filename)
        except Exception as error:
            self.why = LARGE if isinstance(error, MemoryError) else sentence(error)
            self.log.error("No page of %s: %s", notebook_filename, self.why)
            raise

    def check(self) -> None:
        """Raise `NbGraderException` unless the pages will be ours, and in a place of their own."""
        try:
            check_settings(self.coursedir, self.config)
            Places(self.coursedir).check()
        except GraderFault as error:
            self.log.error("%s", error)
            raise NbGraderException(str(error)) from None

    def init_notebooks(self) -> None:
        """List the graded notebooks, without those of students who left the gradebook."""
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        course, gone = self.coursedir, False
        with Gradebook(course.db_url, course.course_id) as gradebook:
            for folder, student, _ in Places(course).graded_folders(course.assignment_id):
                found = notebooks(Path(folder), course) if self.only in (None, student) else []
                if found and is_deleted(gradebook, student):
                    gone = True
                    self.log.warning("No page for %s, who is not in the gradebook.", student)
                elif found:
                    self.assignments[folder] = list(map(str, found))
        if not self.assignments and not gone:
            text = f"There is no graded notebook of {course.assignment_id} to make a page of."
            self.log.error("%s", text)
            raise NbGraderException(text)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Lay beside a student's pages what lies beside the graded notebooks."""
        places = Places(self.coursedir)
        source = places.graded_folder(student_id, assignment_id)
        to = places.feedback_folder(student_id, assignment_id)
        copy_others(source, to, [*self.coursedir.ignore, "*.ipynb"])

    def prepare(self) -> None:
        """Get ready to make pages, as nbgrader does at the start of each run."""
        self.check()
        self.writer = FilesWriter(parent=self, config=self.config)
        self.exporter = self.exporter_class(parent=self, config=self.config)
        for step in self.preprocessors:
            self.exporter.register_preprocessor(step)

    def draw(self) -> None:
        """Draw the plots that are still to be drawn."""
        waiting = pending(self.coursedir)
        if waiting:
            CarefulAutograde(coursedir=self.coursedir, parent=self.parent).draw(waiting)


def renew_penalties(course: CourseDirectory, config: Config) -> None:
    """Bring what lateness costs up to date: pages show what the gradebook has."""
    with open_gradebook(course.db_url, course.course_id, begin=False) as gradebook:
        if course.assignment_id in {one.name for one in gradebook.assignments}:
            Penalties(course, config).renew(gradebook, course.assignment_id)


def is_deleted(gradebook: Gradebook, student: str) -> bool:
    """Say whether a student whose work is graded is not in the gradebook any more."""
    try:
        gradebook.find_student(student)
    except MissingEntry:
        return True
    return False


def pending(course: CourseDirectory) -> dict[Path, tuple[str, str]]:
    """Return the graded notebooks without plots, of the students that are asked for."""
    return {
        path: (student, assignment)
        for folder, student, assignment in Places(course).graded_folders(course.assignment_id)
        for path in notebooks(Path(folder), course)
        if read_graded(path).is_pending
    }


def notebooks(folder: Path, course: CourseDirectory) -> list[Path]:
    """Return the notebooks in a folder that nbgrader's settings name."""
    found = sorted(folder.glob("*.ipynb"))
    return [path for path in found if fnmatch.fnmatchcase(path.stem, course.notebook_id)]


class Drawing:
    """An exporter that has the plots of a graded notebook drawn before it makes its page."""

    def __init__(self, exporter: HTMLExporter, handler: Any) -> None:
        self._exporter = exporter
        self._handler = handler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exporter, name)

    def from_filename(self, filename: str, resources: dict[str, Any]) -> tuple[str, Any]:
        """Make the page of a file."""
        path = Path(filename)
        if read_graded(path).is_pending:
            api = self._handler.api
            grader = CarefulAutograde(coursedir=api.coursedir, parent=api)
            who = resources["student"], resources["assignment_id"]
            try:
                with lock_course(api.coursedir, f"formgrader: plots of {path.name}", wait=0):
                    grader.draw({path: who})
            except (GraderFault, NbGraderException) as error:  # the page shows what there is
                logging.getLogger(__name__).error("%s", error)
        making = Apart(lambda _: self._exporter.from_filename(filename, resources=resources)[0])
        try:
            return making.do(None), resources
        except GraderFault as error:
            return NO_PAGE.format(html.escape(str(error))), resources
        finally:
            making.close()


# --- several at a time -----------------------------------------------------------------


class Makers:
    """Processes that make pages, each with an exporter of its own that stays warm.

    Parameters
    ----------
    size : int
        How many.
    open_course : callable
        Returns nbgrader's application for the course, in each process.
    assignment : str
    """

    def __init__(self, size: int, open_course: Callable[[], Any], assignment: str) -> None:
        # A fork has everything imported; there are no threads yet that it could lose.
        how = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        self.pool = ProcessPoolExecutor(size, how, _prepare, (open_course, assignment))

    def make(self, student: str) -> Future[str]:
        """Start on the page of a student; its result is what went wrong, or nothing."""
        return self.pool.submit(_make, student)

    def close(self) -> None:
        """Stop when the pages that are being made are done."""
        self.pool.shutdown(cancel_futures=True)


_kept: dict[str, Any] = {}  # of a process that makes pages


def _prepare(open_course: Callable[[], Any], assignment: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other side says when it is over
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _kept["apart"] = Apart(_page, lambda: _begin(open_course, assignment))


def _begin(open_course: Callable[[], Any], assignment: str) -> None:
    app = open_course()
    app.coursedir.assignment_id = assignment
    converter = _kept["converter"] = CarefulFeedback(coursedir=app.coursedir, parent=app)
    converter.force = True  # a manual mark or a comment leaves no trace but in the gradebook
    converter.prepare()  # where the command was given, as the configuration may lie there
    os.chdir(app.coursedir.root)
    url = app.coursedir.db_url
    _kept["gradebook"] = Gradebook(url, app.coursedir.course_id)
    lend_gradebook(url, _kept["gradebook"])


def _end_with_parent() -> None:
    """End this process when the one that started it has ended, however that did."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(student: str) -> str:
    try:
        why = str(_kept["apart"].do(student))
    except GraderFault as error:
        return str(error)
    if why == LARGE:
        _kept["apart"].close()  # what is left of its memory may be little
    return why


def _page(student: str) -> str:
    converter = _kept["converter"]
    converter.only, converter.why = student, ""
    try:
        converter.init_notebooks()
        converter.convert_notebooks()
    except Exception as error:
        return converter.why or sentence(error)
    finally:
        _kept["gradebook"].db.rollback()  # nobody is kept from writing in the meantime
    return ""
