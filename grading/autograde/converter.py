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
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError

from grading.assignment import AssignmentSpec
from grading.autograde.changes import Changes
from grading.autograde.earlier import Earlier
from grading.autograde.lessons import Lessons
from grading.autograde.saving import Saver
from grading.core import GraderFault, printable, sentence, why_no_student
from grading.store import (
    Penalties,
    Places,
    check_settings,
    hand_in,
    open_gradebook,
    read_marks,
    stored,
)
from grading.workers import Done, Executor, Job, LocalExecutor, as_completed

Key = TypeVar("Key")


@dataclass(frozen=True)
class Run:
    """What one run does beyond nbgrader's own settings.

    Attributes
    ----------
    only : tuple of str
        The students to grade; all that nbgrader's own settings name if it is empty.
    draws : bool
        Whether plots are drawn at all, once every submission has its marks.
    writes : bool
        Whether anything is kept: marks, notebooks, audit lines, plots. Where nothing is, the
        hooks of nbgrader_config.py do not run either.
    """

    only: tuple[str, ...] = ()
    draws: bool = True
    writes: bool = True


class CarefulAutograde(Autograde):
    """nbgrader's converter of submissions; see the top of this file.

    Parameters
    ----------
    coursedir : CourseDirectory
    run : Run, optional
    executor : Executor, optional
        Who does the work; a process of its own if there is none.
    tell : callable, optional
        Is told what is being done, how much of it is done, and how much there is.
    options
        nbgrader's: ``parent``, ``force`` and all its settings.

    Attributes
    ----------
    changes : Changes
        Whose marks are not what they were.
    """

    def __init__(
        self,
        coursedir: CourseDirectory | None = None,
        *,
        run: Run | None = None,
        executor: Executor | None = None,
        tell: Callable[[str, int, int], None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(coursedir, **options)
        self._places = Places(coursedir)
        self._run = run or Run()
        self._executor = executor
        self._tell = tell or (lambda what, done, of: None)
        self.changes = Changes()

    @property
    def _input_directory(self) -> str:
        return self.coursedir.submitted_directory

    @property
    def _output_directory(self) -> str:
        return self._places.step_in_work

    def start(self) -> None:
        """Grade; every fault is said in a sentence and ends in `NbGraderException`."""
        with self._at_work() as executor:
            self.init_notebooks()
            assignments = {self._places.whose(folder)[1] for folder in self.assignments}
            self._lessons.settle_seed(keep=self._run.writes)
            for note in filter(None, map(self._earlier.other_seed, sorted(assignments))):
                self.changes.notes.append(note)
                self.log.warning("%s", note)
            before = {name: stored(self.gradebook, name) for name in assignments}
            self._grade_all(executor)
            for name, old in before.items():
                self._renew(name, old)
            if self._run.draws and self._run.writes:
                self._draw_all(executor)

    def draw(self, pending: dict[Path, tuple[str, str]]) -> None:
        """Draw the plots of graded notebooks, given with student and assignment."""
        with self._at_work() as executor:
            self._pending.update(pending)
            self._draw_all(executor)

    def lesson(self, assignment: str, gradebook: Gradebook) -> AssignmentSpec:
        """Return an assignment as it would be graded now."""
        home = Path.cwd()
        os.chdir(self.coursedir.root)
        try:
            return Lessons(self, gradebook).spec(assignment)
        finally:
            os.chdir(home)

    @contextmanager
    def _at_work(self) -> Iterator[Executor]:
        self.faults: list[str] = []
        self.changes = Changes()
        executor, home = self._executor or LocalExecutor(1), Path.cwd()
        try:
            check_settings(self.coursedir, self.config)
            self._places.check()
            where = self.coursedir.db_url, self.coursedir.course_id
            with open_gradebook(*where, begin=self._run.writes) as self.gradebook:
                os.chdir(self.coursedir.root)
                self._lessons = Lessons(self, self.gradebook)
                self._saver = Saver(self, self.gradebook, self._lessons.saving)
                self._earlier = Earlier(self._places, self.gradebook, self._lessons)
                self._pending = self._earlier.pending
                yield executor
        except (GraderFault, OSError, SQLAlchemyError) as error:
            self._log_trace(error)
            self.log.error("Nothing more was graded. %s", sentence(error))
            raise NbGraderException(sentence(error)) from error
        finally:
            if self._executor is None:
                executor.close()
            os.chdir(home)
        for fault in self.faults:
            self.log.error(fault)
        if self.faults:
            raise NbGraderException("The grader failed for some; see above.")

    def init_notebooks(self) -> None:
        """List the submissions, those without a notebook too, so that they get their verdict."""
        self.assignments = {}
        for folder, name, assignment in self._places.hand_in_folders(self.coursedir.assignment_id):
            if self._run.only and name not in self._run.only:
                continue
            why = why_no_student(name)
            if why:
                self._fault(assignment, name, f"No student has such a folder: {why}. Rename it.")
            else:
                names = self._released(assignment)
                self.assignments[folder] = [f"{folder}{os.sep}{n}.ipynb" for n in names]
        if not self.assignments and not self.faults:
            self._complain()

    def _complain(self) -> None:
        """Say that there is nothing to grade, and what may be meant."""
        if self._run.only:
            who = ", ".join(map(printable, self._run.only))
            self._end(f"Nothing of {self.coursedir.assignment_id} was handed in by {who}.")
        super().init_notebooks()
        self.assignments = {}  # what it has found is of students that are left out

    def _released(self, assignment: str) -> list[str]:
        """Return the notebooks of an assignment that are asked for."""
        wanted = self.coursedir.notebook_id
        try:
            names = [book.name for book in self.gradebook.find_assignment(assignment).notebooks]
        except MissingEntry:
            self._end(
                f"The gradebook does not know {assignment} yet. Release it first: "
                f"nbgrader generate_assignment {assignment} --force"
            )
        found = [name for name in names if fnmatch.fnmatchcase(name, wanted)]
        if not found:
            self._end(
                f"No notebook of {assignment} is called {wanted}, as notebook_id says. "
                f"It has {', '.join(names)}."
            )
        return found

    def _end(self, text: str) -> NoReturn:
        self.log.error(text)
        raise NbGraderException(text)

    def _grade_all(self, executor: Executor) -> None:
        """Grade what is to be graded. Whatever fails does not stop the next."""
        todo = [folder for folder in sorted(self.assignments) if self.is_to_do(folder)]
        for folder in todo if self._run.writes else ():
            who = self._places.whose(folder)
            self._places.unfinished_folder(*who).mkdir(parents=True, exist_ok=True)
        for folder, future in self._each("marks", executor, todo, self._to_grade):
            student, assignment = self._places.whose(folder)
            try:
                self._take(folder, future.result())
            except Exception as error:
                self._log_trace(error)
                self._fault(assignment, student, sentence(error))
                if self._run.writes:
                    self._saver.save_fault(student, assignment, sentence(error))

    def _renew(self, assignment: str, old: dict[str, float]) -> None:
        """Bring the penalties for lateness up to date, and note what that changes."""
        penalties = Penalties(self.coursedir, self.config)
        try:
            if self._run.writes:
                penalties.renew(self.gradebook, assignment)
                new = stored(self.gradebook, assignment)
            else:
                late = penalties.now(self.gradebook, assignment, self.changes.grown)
                new = {student: one.penalty for student, one in late.items()}
        except GraderFault as error:
            self.faults.append(f"The penalties of {assignment} are as they were. {error}")
        else:
            self.changes.note_penalties(old, new)

    def _draw_all(self, executor: Executor) -> None:
        """Draw the plots of all submissions that have their marks and wait for them."""
        todo = sorted(self._pending)
        for path, future in self._each("plots", executor, todo, self._to_draw):
            student, assignment = self._pending[path]
            try:
                drawn = future.result().drawn[path.stem]
                self._saver.save_plots(path, student, assignment, drawn)
            except Exception as error:
                self._log_trace(error)
                self._fault(assignment, student, f"its plots are not drawn. {sentence(error)}")

    def _each(
        self, what: str, executor: Executor, todo: list[Key], job: Callable[[Key], Job]
    ) -> Iterator[tuple[Key, Future[Done]]]:
        """Give jobs to the executor, and tell how far it is; yield each that is done."""
        begun = ((one, self._begin(executor, one, job)) for one in todo)
        self._tell(what, 0, len(todo))
        for number, pair in enumerate(as_completed(begun, 2 * executor.size), 1):
            yield pair
            self._tell(what, number, len(todo))

    def _begin(self, executor: Executor, one: Key, job: Callable[[Key], Job]) -> Future[Done]:
        """Give a job to the executor; the future fails if it cannot even be read."""
        try:
            return executor.submit(job(one))
        except Exception as error:
            failed: Future[Done] = Future()
            failed.set_exception(error)
            return failed

    def _to_grade(self, folder: str) -> Job:
        self.notebooks = self.assignments[folder]
        if self._run.writes:
            self.run_pre_convert_hook()
        paths = [Path(path) for path in self.notebooks]
        _, assignment = self._places.whose(folder)
        names = [f"{name}.ipynb" for name in self._lessons.spec(assignment).notebooks]
        given = {path.stem: hand_in(path, self._places.depth, names) for path in paths}
        seed = self._lessons.wall.seed
        return self._job(*self._places.whose(folder), grade=given, seed=seed)

    def _to_draw(self, path: Path) -> Job:
        return self._job(*self._pending[path], draw={path.stem: path.read_bytes()})

    def _job(self, student: str, assignment: str, **what: Any) -> Job:
        lesson, seconds = self._lessons.packed(assignment), self._lessons.wall.total_seconds
        return Job(lesson, student, seconds, **what)

    def is_to_do(self, folder: str) -> bool:
        """Say whether a submission is to be graded: asked for, unfinished, newer or changed."""
        if self.force or not self._earlier.holds(folder, map(Path, self.assignments[folder])):
            return True
        done = self._places.graded_folder(*self._places.whose(folder))
        self.log.info("Skipping existing assignment: %s", done)
        return False

    def _take(self, folder: str, done: Done) -> None:
        """Take what came back of a submission."""
        for level, text in done.log:
            self.log.log(level, text)
        student, assignment = self._places.whose(folder)
        old = read_marks(self.gradebook, assignment, student).get(student, {})
        if self._run.writes:
            self._saver.save(folder, done)
            graded = self._places.graded_folder(student, assignment)
            waits = [name for name, one in done.graded.items() if one.pending]
            self._pending.update({graded / f"{n}.ipynb": (student, assignment) for n in waits})
            self.notebooks = self.assignments[folder]
            self.run_post_convert_hook()
            self._saver.keep_marks(done)
        self.changes.note(old, student, [one.entry for one in done.graded.values()])

    def _log_trace(self, error: Exception) -> None:
        known = isinstance(error, (GraderFault, OSError, SQLAlchemyError))
        self.log.log(logging.DEBUG if known else logging.ERROR, traceback.format_exc())

    def _fault(self, assignment: str, student: str, text: str) -> None:
        shown = student if student.isprintable() else ascii(student)[1:-1]
        self.faults.append(
            f"There was an error processing assignment '{assignment}' for student '{shown}': {text}"
        )
