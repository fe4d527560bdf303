"""nbgrader's autograde, made careful: what it takes in, and what is left when it is stopped.

nbgrader has no setting for its converter, so `grading.plugins.install` puts `CarefulAutograde` in
its place.
Of a submission it takes the notebook and nothing else. A run that was killed, or failed, goes
on where it ended, with and without ``--force``; see `grading.autograde.saving`.
"""

from __future__ import annotations

import fnmatch
import logging
import os
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import SaveAutoGrades
from sqlalchemy.exc import SQLAlchemyError
from traitlets.utils.importstring import import_item

from grading.assignment import AssignmentSpec, dotted, read_assignment
from grading.autograde.changes import Changes
from grading.autograde.saving import SavingAutograde
from grading.core import GraderFault, digest, grader, printable, sentence, why_no_student
from grading.judging import ExecuteBehindWall
from grading.sandbox import check_unseen
from grading.store import (
    check_gradebook,
    check_places,
    check_settings,
    complete,
    hand_in,
    hand_in_depth,
    hand_in_folders,
    last_entries,
    open_gradebook,
    read_marks,
    settings_fault,
    source_folder,
    timestamp,
)
from grading.workers import Executor, LocalExecutor, as_completed


class CarefulAutograde(SavingAutograde):
    """nbgrader's converter of submissions; see the top of this file.

    Attributes
    ----------
    crew : Executor
        Who does the work; a process of its own if there is none.
    only : list of str
        The students to grade; all that nbgrader's own settings name if it is empty.
    draws : bool
        Whether plots are drawn at all, once every submission has its marks.
    writes : bool
        Whether anything is kept: marks, notebooks, audit lines, plots. Where nothing is, the
        hooks of nbgrader_config.py do not run either.
    changes : Changes
        Whose marks are not what they were.
    tell : callable
        Is told what is being done, how much of it is done, and how much there is.
    """

    crew: Executor | None = None
    only: Sequence[str] = ()
    draws = True
    writes = True

    def tell(self, what: str, done: int, of: int) -> None:
        """Hear how far it is; whoever shows it puts a function of his own here."""

    def start(self) -> None:
        """Grade; every fault is said in a sentence and ends in `NbGraderException`."""
        with self._at_work() as crew:
            self.init_notebooks()
            self._grade_all(crew)
            if self.draws and self.writes:
                self._draw_all(crew)

    def draw(self, pending: dict[Path, tuple[str, str]]) -> None:
        """Draw the plots of graded notebooks, given with student and assignment."""
        with self._at_work() as crew:
            self._pending.update(pending)
            self._draw_all(crew)

    @contextmanager
    def _at_work(self) -> Iterator[Executor]:
        self.faults: list[str] = []
        self.changes = Changes()
        self._pending: dict[Path, tuple[str, str]] = {}  # graded, but its plots are not drawn
        crew, home = self.crew or LocalExecutor(1), Path.cwd()
        try:
            check_settings(self.coursedir, self.config)
            check_places(self.coursedir)
            if not self.writes:
                check_gradebook(self.coursedir.db_url)
            with open_gradebook(self.coursedir.db_url, self.coursedir.course_id) as self.gradebook:
                os.chdir(self.coursedir.root)
                self._prepare()
                yield crew
        except (GraderFault, OSError, SQLAlchemyError) as error:
            self._log_trace(error)
            self.log.error("Nothing more was graded. %s", sentence(error))
            raise NbGraderException(sentence(error)) from error
        finally:
            if self.crew is None:
                crew.close()
            os.chdir(home)
        for fault in self.faults:
            self.log.error(fault)
        if self.faults:
            raise NbGraderException("The grader failed for some; see above.")

    def init_notebooks(self) -> None:
        """List the submissions, those without a notebook too, so that they get their verdict."""
        self.assignments = {}
        for folder, name, assignment in hand_in_folders(
            self.coursedir, self.coursedir.assignment_id
        ):
            if self.only and name not in self.only:
                continue
            why = why_no_student(name)
            if why:
                self._fault(assignment, name, f"No student has such a folder: {why}. Rename it.")
            else:
                names = [n for n in self._released(assignment) if self._asked_for(n)]
                self.assignments[folder] = [f"{folder}{os.sep}{n}.ipynb" for n in names]
        if not self.assignments and not self.faults:
            self._complain()

    def _complain(self) -> None:
        """Say that there is nothing to grade, and what may be meant."""
        if self.only:
            who = ", ".join(map(printable, self.only))
            text = f"Nothing of {self.coursedir.assignment_id} was handed in by {who}."
            self.log.error(text)
            raise NbGraderException(text)
        super().init_notebooks()
        self.assignments = {}  # what it has found is of students that are left out

    def _released(self, assignment: str) -> list[str]:
        with suppress(MissingEntry):
            return [book.name for book in self.gradebook.find_assignment(assignment).notebooks]
        text = f"Release {assignment} first: nbgrader generate_assignment {assignment}"
        self.log.error(text)
        raise NbGraderException(text)

    def _asked_for(self, name: str) -> bool:
        return fnmatch.fnmatchcase(name, self.coursedir.notebook_id)

    def _prepare(self) -> None:
        """Sort nbgrader's steps: those of a worker, and those that write the gradebook."""
        classes = [import_item(dotted(step)) for step in self.autograde_preprocessors]
        steps = [dotted(step) for step in classes]  # where they are, whatever name was given
        walls = [step for step in classes if issubclass(step, ExecuteBehindWall)]
        marks = [n for n, step in enumerate(classes) if issubclass(step, SaveAutoGrades)]
        if classes.index(walls[0]) > marks[0]:
            raise settings_fault(
                Path(self.coursedir.root),
                "c.Autograde.autograde_preprocessors has to hold nbgrader's SaveAutoGrades behind "
                "grading.plugins.ExecuteBehindWall",
            )
        self._wall = walls[0](parent=self)
        self._steps = [dotted(step) for step in self.sanitize_preprocessors], steps[: marks[0]]
        self.saving = [step(parent=self) for step in classes[marks[0] :]]
        self._lessons: dict[str, tuple[AssignmentSpec, bytes]] = {}
        self._recorded = last_entries(Path(self.coursedir.root))

    def lesson(self, assignment: str, gradebook: Gradebook) -> AssignmentSpec:
        """Return an assignment as it would be graded now."""
        home = Path.cwd()
        os.chdir(self.coursedir.root)
        try:
            self.gradebook = gradebook
            self._prepare()
            return self._lesson(assignment)[0]
        finally:
            os.chdir(home)

    def _lesson(self, assignment: str) -> tuple[AssignmentSpec, bytes]:
        """Return an assignment as it is now, and the same in bytes; it is read once."""
        if assignment not in self._lessons:
            folder = source_folder(self.coursedir, assignment)
            check_unseen(self.coursedir.root, folder)
            lesson = read_assignment(
                self.gradebook,
                assignment,
                folder,
                self._wall.shared_files,
                *self._steps,
                self.config,
            )
            self._lessons[assignment] = lesson, lesson.pack()
        return self._lessons[assignment]

    def _grade_all(self, crew: Executor) -> None:
        """Grade what is to be graded. Whatever fails does not stop the next."""
        todo = [folder for folder in sorted(self.assignments) if self.is_to_do(folder)]
        for folder in todo if self.writes else ():
            self.unfinished(folder).mkdir(parents=True, exist_ok=True)
        begun = ((folder, self._begin(crew, folder)) for folder in todo)
        self.tell("marks", 0, len(todo))
        for number, (folder, future) in enumerate(as_completed(begun, 2 * crew.size), 1):
            student, assignment = self.whose(folder)
            try:
                self._take(folder, future.result())
            except Exception as error:
                self._log_trace(error)
                self._fault(assignment, student, sentence(error))
                if self.writes:
                    self.save_fault(folder, sentence(error))
            self.tell("marks", number, len(todo))

    def _begin(self, crew: Executor, folder: str) -> Future[Any]:
        """Let the crew grade a submission; the future fails if it cannot even be read."""
        student, assignment = self.whose(folder)
        try:
            self.notebooks = self.assignments[folder]
            if self.writes:
                self.run_pre_convert_hook()
            given = {path.stem: self._handed_in(path) for path in map(Path, self.notebooks)}
            return self._submit(crew, student, assignment, grade=given)
        except Exception as error:
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed

    def _handed_in(self, path: Path) -> dict[str, Any]:
        return hand_in(path, hand_in_depth(self.coursedir))

    def _timestamp(self, folder: str) -> datetime | None:
        return timestamp(Path(folder), hand_in_depth(self.coursedir))

    def _submit(self, crew: Executor, student: str, assignment: str, **what: Any) -> Future[Any]:
        how = {"seconds": self._wall.total_seconds, "grader": grader()}
        return crew.submit(self._lesson(assignment)[1], {"student": student, **how, **what})

    def _log_trace(self, error: Exception) -> None:
        known = isinstance(error, (GraderFault, OSError, SQLAlchemyError))
        self.log.log(logging.DEBUG if known else logging.ERROR, traceback.format_exc())

    def _fault(self, assignment: str, student: str, text: str) -> None:
        shown = student if student.isprintable() else ascii(student)[1:-1]
        self.faults.append(
            f"There was an error processing assignment '{assignment}' for student '{shown}': {text}"
        )

    def is_to_do(self, folder: str) -> bool:
        """Say whether a submission is to be graded: asked for, unfinished, newer or changed."""
        student, assignment = self.whose(folder)
        if self.force or self.unfinished(folder).exists():
            return True
        done = self.done(folder)
        for path in map(Path, self.assignments[folder]):
            known = self._recorded.get((student, assignment, path.stem))
            whole, waits = complete(done / path.name, self.gradebook, student, assignment)
            if waits:
                self._pending[done / path.name] = student, assignment
            if not whole or (known and self._is_changed(known, assignment, path)):
                return True
        new, old = self._timestamp(folder), timestamp(done)
        if new is not None and (old is None or new > old):
            return True
        self.log.info("Skipping existing assignment: %s", done)
        return False

    def _is_changed(self, known: dict[str, Any], assignment: str, path: Path) -> bool:
        """Say whether what was handed in, or the lesson, is not what the marks are for."""
        data = self._handed_in(path).get("data")
        if known["submitted"] != (None if data is None else digest(data)):
            return True
        now = self._lesson(assignment)[0].digest(path.stem)
        lesson = known["lesson"]
        return lesson is not None and (lesson, known["seed"]) != (now, self._wall.seed)

    def _take(self, folder: str, answer: dict[str, Any]) -> None:
        """Take what came back of a submission."""
        for level, text in answer["log"]:
            self.log.log(level, text)
        student, assignment = self.whose(folder)
        old = read_marks(self.gradebook, assignment, student).get(student, {})
        if self.writes:
            self._save(folder, answer)
        self.changes.note(old, student, answer["notebooks"])

    def _save(self, folder: str, answer: dict[str, Any]) -> None:
        self.save(folder, answer)
        for name, done in answer["notebooks"].items():
            if done["pending"]:
                self._pending[self.done(folder) / f"{name}.ipynb"] = self.whose(folder)
        self.notebooks = self.assignments[folder]
        self.run_post_convert_hook()
        how = {key: answer[key] for key in ("landlock", "seconds", "versions")}
        for done in answer["notebooks"].values():
            self.keep(done["audit"] | how)

    def _draw_all(self, crew: Executor) -> None:
        """Draw the plots of all submissions that have their marks and wait for them."""
        todo = sorted(self._pending)
        begun = ((path, self._begin_drawing(crew, path)) for path in todo)
        self.tell("plots", 0, len(todo))
        for number, (path, future) in enumerate(as_completed(begun, 2 * crew.size), 1):
            student, assignment = self._pending[path]
            try:
                self.save_plots(path, student, assignment, future.result())
            except Exception as error:
                self._log_trace(error)
                self._fault(assignment, student, f"its plots are not drawn. {sentence(error)}")
            self.tell("plots", number, len(todo))

    def _begin_drawing(self, crew: Executor, path: Path) -> Future[Any]:
        """Let the crew draw the plots of a graded notebook."""
        student, assignment = self._pending[path]
        return self._submit(crew, student, assignment, draw={path.stem: path.read_bytes()})
