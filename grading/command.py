"""What the commands of ``python -m grading`` do."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbgrader.apps.baseapp import NbGrader
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.converters.base import NbGraderException
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from traitlets import List

from grading import books, places, settings, tables
from grading.crew import Cluster, Crew, Local, results
from grading.exam import GraderFault
from grading.feedback import Makers, pending
from grading.files import printable
from grading.intake import CarefulAutograde

# nbgrader 0.9.6 makes SQLAlchemy warn of objects that it never meant to save.
warnings.filterwarnings("ignore", "Object of type")


class Course(NbGrader):
    """nbgrader's application, for its settings and the course folder alone."""

    name = "grading"
    classes = List([CarefulAutograde])


class Stopped(GraderFault):
    """Somebody pressed Ctrl-C; the text says how to go on."""


def course() -> Course:
    """Read nbgrader_config.py, from the folder in which the command was given."""
    if not Path("nbgrader_config.py").exists():
        raise GraderFault(
            "There is no nbgrader_config.py here: change into the course folder first."
        )
    Course.clear_instance()
    app = Course.instance()
    app.initialize(["--log-level=ERROR"])
    settings.check(app.coursedir, app.config)
    return app


def autograde(given: argparse.Namespace, crew: Crew | None) -> int:
    """Grade assignments; print what became of them; return the exit status."""
    app = course()
    crew = crew or Cluster(given.cluster)
    failed = False
    try:
        for assignment in given.assignment:
            app.coursedir.assignment_id = assignment
            converter = CarefulAutograde(coursedir=app.coursedir, parent=app)
            converter.only = given.student
            converter.force = given.force
            converter.draws = not given.no_plots
            converter.writes = not given.dry_run
            converter.crew = crew
            try:
                with Shown(assignment) as shown:
                    converter.tell = shown.tell  # type: ignore[method-assign]
                    converter.start()
            except NbGraderException:
                failed = True
            finally:
                tables.show(*tables.changes(converter.changes, assignment, dry=given.dry_run))
    except KeyboardInterrupt:
        if given.dry_run:
            raise Stopped("Nothing was written.") from None
        again = "the same command" + " without --force" * given.force
        raise Stopped(f"What is graded is kept; {again} goes on from here.") from None
    finally:
        crew.close()
    if given.dry_run:
        return int(failed)
    return max(int(failed), tables.results(app.coursedir, given.assignment, given.student))


def table(given: argparse.Namespace, _: Crew | None) -> int:
    """Print what became of assignments, all if none is named; return the exit status."""
    course_directory = course().coursedir
    named = given.assignment or places.assignments(course_directory)
    return tables.results(course_directory, named)


def feedback(given: argparse.Namespace, _: Crew | None) -> int:
    """Make the feedback pages of assignments; return the exit status."""
    failed = False
    for assignment in given.assignment:
        app = course()
        app.coursedir.assignment_id = assignment
        crew = Local(given.workers)
        makers = Makers(crew.size, course, assignment)
        try:
            with Shown(assignment) as shown, suppress(NbGraderException):
                failed |= not _feedback(app, crew, makers, given.student, shown)
                continue
            failed = True
        except KeyboardInterrupt:
            raise Stopped("The pages that are made are whole.") from None
        finally:
            makers.close()
            crew.close()
    return int(failed)


def preflight(given: argparse.Namespace, _: Crew | None) -> int:
    """Put lessons to the test; write a page about each; return the exit status."""
    from grading import preflight_checks  # what nobody else needs
    from grading.preflight import Lab
    from grading.preflight_findings import Findings

    holes = 0
    crew = Local(given.workers)
    try:
        for assignment in given.assignment:
            start, app = time.monotonic(), course()
            folder = places.source(app.coursedir, assignment)
            with TemporaryDirectory() as place:
                lesson, form = preflight_checks.rebuild(app, assignment, Path(place))
            for name in lesson.notebooks:
                lab = Lab(lesson, name, folder)
                form += preflight_checks.complaints(folder, lab.reference())
                with Shown(assignment) as shown:
                    found = lab.grade(crew, lambda done, of: shown.tell("papers", done, of))
                findings = Findings(assignment, lab, found, form)
                path = places.reports(app.coursedir) / f"preflight-{assignment}.html"
                path.parent.mkdir(exist_ok=True)
                path.write_text(findings.page(time.monotonic() - start), "utf-8")
                findings.show(places.near(path))
                holes += findings.holes
    except KeyboardInterrupt:
        raise Stopped("Nothing was changed.") from None
    finally:
        crew.close()
    return int(holes > 0)


def report(given: argparse.Namespace, _: Crew | None) -> int:
    """Make the class reports of assignments; return the exit status."""
    from grading import cohort, report_page  # Matplotlib takes a while, and only they need it

    app = course()
    for assignment in given.assignment:
        known = cohort.read_class(app.coursedir, assignment)
        for path in report_page.write(known, places.reports(app.coursedir)):
            print(places.near(path))
    return 0


def export(given: argparse.Namespace, _: Crew | None) -> int:
    """Write the marks of assignments for an LMS; return the exit status."""
    from grading.export import FORMATS

    app = course()
    books.check(app.coursedir.db_url)
    plugin = FORMATS[given.format](parent=app)
    plugin.assignment = list(dict.fromkeys(given.assignment))
    plugin.roster = given.roster or plugin.roster
    plugin.to = given.to
    with books.opened(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        plugin.export(gradebook)
    return 0


def handback(given: argparse.Namespace, _: Crew | None) -> int:
    """Write the feedback pages of assignments as zips for an LMS; return the exit status."""
    from grading import handback

    app = course()
    for assignment in given.assignment:
        app.coursedir.assignment_id = assignment
        collected = ZipCollectApp(config=app.config, coursedir=app.coursedir)
        paths, notes = handback.write(app.coursedir, collected)
        for note in notes:
            print(note, file=sys.stderr)
        for path in paths:
            print(places.near(path))
    return 0


def _feedback(app: Course, crew: Local, makers: Makers, only: list[str], shown: Shown) -> bool:
    """Draw, then make pages; say whether all could be made."""
    graded = places.graded(app.coursedir, app.coursedir.assignment_id)
    students = sorted({work.student for work in graded})
    students = [student for student in students if not only or student in only]
    if not students:
        print(f"Nobody has graded work in {app.coursedir.assignment_id}.", file=sys.stderr)
        return False
    grader = CarefulAutograde(coursedir=app.coursedir, parent=app)
    grader.tell = shown.tell  # type: ignore[method-assign]
    waiting = {p: who for p, who in pending(app.coursedir).items() if who[0] in students}
    if waiting:
        grader.crew = crew
        grader.draw(waiting)
        crew.close()  # before there are forks that would hold its sockets
    shown.tell("pages", 0, len(students))
    wrong = {}
    begun = ((student, makers.make(student)) for student in students)
    for number, (student, future) in enumerate(results(begun, 2 * crew.size), 1):
        wrong[student] = future.result()
        shown.tell("pages", number, len(students))
    for student, why in sorted(wrong.items()):
        if why:
            print(f"No page for {printable(student)}: {why}", file=sys.stderr)
    return not any(wrong.values())


class Shown:
    """A bar with rate and time left on a terminal; else a line now and then."""

    SECONDS = 5.0  # between two lines

    def __init__(self, assignment: str) -> None:
        self.assignment = assignment
        self.console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=self.console,
        )
        self.tasks: dict[str, TaskID] = {}
        self.began: dict[str, float] = {}
        self.last = 0.0

    def __enter__(self) -> Shown:
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.bar.stop()

    def tell(self, what: str, done: int, of: int) -> None:
        """Show how far it is."""
        now = time.monotonic()
        began = self.began.setdefault(what, now)
        rate = f"{done / (now - began):.1f}/s" if done and now > began else ""
        if self.console.is_terminal:
            if what not in self.tasks:
                self.tasks[what] = self.bar.add_task(f"{self.assignment} {what}", rate="")
            self.bar.update(self.tasks[what], completed=done, total=of, rate=rate)
        elif of and (done == of or now - self.last > self.SECONDS):
            self.last = now
            print(f"{self.assignment}: {what} {done} of {of} {rate}".rstrip(), file=sys.stderr)
