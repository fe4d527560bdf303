"""What the commands of ``python -m grading`` do."""

from __future__ import annotations

import argparse
import difflib
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.converters.base import NbGraderException

from grading.autograde import CarefulAutograde, Run
from grading.cli import tables
from grading.cli.progress import ProgressBar
from grading.core import GraderFault, printable
from grading.feedback import Makers, is_deleted, pending, renew_penalties
from grading.store import (
    Course,
    Places,
    Work,
    lock_course,
    near,
    open_course,
    open_gradebook,
)
from grading.workers import DaskExecutor, Executor, LocalExecutor, as_completed

WRITERS = ("autograde", "feedback", "handback")  # the others read, or write into reports/ alone
# nbgrader 0.9.6 makes SQLAlchemy warn of objects that it never meant to save.
warnings.filterwarnings("ignore", "Object of type")


class Stopped(GraderFault):
    """Somebody pressed Ctrl-C; the text says how to go on."""


def run(given: argparse.Namespace, executor: Executor | None) -> int:
    """Do what is asked for, alone in the course if that writes there; return the exit status."""
    does: Callable[[argparse.Namespace, Executor | None], int] = globals()[given.verb]
    if given.verb not in WRITERS or getattr(given, "dry_run", False):
        return does(given, executor)
    with lock_course(open_course().coursedir):
        return does(given, executor)


def autograde(given: argparse.Namespace, executor: Executor | None) -> int:
    """Grade assignments; print what became of them; return the exit status."""
    app = open_course()
    _look_for(given, Places(app.coursedir).hand_in_folders, "has handed in")
    executor = executor or DaskExecutor(given.cluster)
    failed = False
    try:
        for assignment in given.assignment:
            app.coursedir.assignment_id = assignment
            shown = ProgressBar(assignment)
            converter = CarefulAutograde(
                app.coursedir,
                run=Run(tuple(given.student), draws=not given.no_plots, writes=not given.dry_run),
                executor=executor,
                tell=shown.tell,
                parent=app,
                force=given.force,
            )
            try:
                with shown:
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
        executor.close()
    if given.dry_run:
        return int(failed)
    return max(int(failed), tables.results(app.coursedir, given.assignment, given.student))


def _look_for(given: argparse.Namespace, folders: Callable[[str], list[Work]], what: str) -> None:
    """Raise GraderFault, before anything begins, for a student who has nothing there."""
    known = {work.student for assignment in given.assignment for work in folders(assignment)}
    for name in given.student:
        if name not in known:
            near = [one for one in known if one.casefold() == name.casefold()]
            near = near or difflib.get_close_matches(name, known, 1)
            meant = f" Did you mean {printable(near[0])}?" if near else ""
            of = ", ".join(given.assignment)
            raise GraderFault(f"Nobody called {printable(name)} {what} {of}.{meant}")


def table(given: argparse.Namespace, _: Executor | None) -> int:
    """Print what became of assignments, all if none is named; return the exit status."""
    course_directory = open_course().coursedir
    named = given.assignment or Places(course_directory).assignments()
    return tables.results(course_directory, named)


def feedback(given: argparse.Namespace, _: Executor | None) -> int:
    """Make the feedback pages of assignments; return the exit status."""
    failed = False
    _look_for(given, Places(open_course().coursedir).graded_folders, "has graded work in")
    for assignment in given.assignment:
        app = open_course()
        app.coursedir.assignment_id = assignment
        executor = LocalExecutor(given.workers)
        makers = Makers(executor.size, open_course, assignment)
        try:
            with ProgressBar(assignment) as shown, suppress(NbGraderException):
                failed |= not _feedback(app, executor, makers, given.student, shown)
                continue
            failed = True
        except KeyboardInterrupt:
            raise Stopped("The pages that are made are whole.") from None
        finally:
            makers.close()
            executor.close()
    return int(failed)


def preflight(given: argparse.Namespace, _: Executor | None) -> int:
    """Put lessons to the test; write a page about each; return the exit status."""
    from grading.preflight import (  # what nobody else needs
        QUICK,
        Findings,
        Lab,
        complaints,
        rebuild,
        seen_inputs,
        told,
    )

    holes = 0
    executor = LocalExecutor(given.workers)
    try:
        for assignment in given.assignment:
            start, app = time.monotonic(), open_course()
            folder = Places(app.coursedir).source_folder(assignment)
            with TemporaryDirectory() as place:
                lesson, form = rebuild(app, assignment, Path(place))
            form += complaints(folder)
            for name in lesson.notebooks:
                lab = Lab(lesson, name, folder, QUICK if given.quick else None)
                with lab.reference() as reference:
                    form += seen_inputs(lab.source, reference)
                what = assignment if len(lesson.notebooks) == 1 else f"{assignment}-{name}"
                with ProgressBar(what) as shown:
                    found = lab.grade(executor, lambda done, of: shown.tell("papers", done, of))
                with lab.reference() as reference:
                    diagnoses = told(lab, reference)
                findings = Findings(what, lab, found, form, diagnoses)
                form = []  # said with the first notebook
                path = Places(app.coursedir).reports_folder / f"preflight-{what}.html"
                path.parent.mkdir(exist_ok=True)
                path.write_text(findings.page(time.monotonic() - start), "utf-8")
                findings.show(near(path))
                holes += findings.holes
    except KeyboardInterrupt:
        raise Stopped("Nothing was changed.") from None
    finally:
        executor.close()
    return int(holes > 0)


def report(given: argparse.Namespace, _: Executor | None) -> int:
    """Make the class reports of assignments; return the exit status."""
    from grading.report import write_report  # Matplotlib takes a while, and only they need it
    from grading.store import read_class

    app = open_course()
    for assignment in given.assignment:
        known = read_class(app.coursedir, assignment)
        for path in write_report(known, Places(app.coursedir).reports_folder):
            print(near(path))
    return 0


def export(given: argparse.Namespace, _: Executor | None) -> int:
    """Write the marks of assignments for an LMS; return the exit status."""
    from grading.lms import FORMATS

    app = open_course()
    plugin = FORMATS[given.format](parent=app)
    plugin.assignment = list(dict.fromkeys(given.assignment))
    plugin.roster = given.roster or plugin.roster
    plugin.to = given.to
    where = app.coursedir.db_url, app.coursedir.course_id
    with open_gradebook(*where, begin=False) as gradebook:
        plugin.export(gradebook)
    return 0


def handback(given: argparse.Namespace, _: Executor | None) -> int:
    """Write the feedback pages of assignments as zips for an LMS; return the exit status."""
    from grading.lms import write_zips

    app = open_course()
    for assignment in given.assignment:
        app.coursedir.assignment_id = assignment
        collected = ZipCollectApp(config=app.config, coursedir=app.coursedir)
        paths, notes = write_zips(app.coursedir, collected)
        for note in notes:
            print(note, file=sys.stderr)
        for path in paths:
            print(near(path))
    return 0


def _feedback(
    app: Course, executor: LocalExecutor, makers: Makers, only: list[str], shown: ProgressBar
) -> bool:
    """Draw, then make pages; say whether all could be made."""
    graded = Places(app.coursedir).graded_folders(app.coursedir.assignment_id)
    students = sorted({work.student for work in graded})
    students = [student for student in students if not only or student in only]
    if not students:
        print(f"Nobody has graded work in {app.coursedir.assignment_id}.", file=sys.stderr)
        return False
    course = app.coursedir
    with open_gradebook(course.db_url, course.course_id, begin=False) as gradebook:
        gone = [student for student in students if is_deleted(gradebook, student)]
    if gone:
        names = ", ".join(map(printable, gone))
        print(f"No page for {names}: not in the gradebook any more.", file=sys.stderr)
        students = [student for student in students if student not in gone]
    waiting = {p: who for p, who in pending(app.coursedir).items() if who[0] in students}
    if waiting:
        grader = CarefulAutograde(app.coursedir, executor=executor, tell=shown.tell, parent=app)
        grader.draw(waiting)
        executor.close()  # before there are forks that would hold its sockets
    renew_penalties(app.coursedir, app.config)
    shown.tell("pages", 0, len(students))
    wrong = {}
    begun = ((student, makers.make(student)) for student in students)
    for number, (student, future) in enumerate(as_completed(begun, 2 * executor.size), 1):
        wrong[student] = future.result()
        shown.tell("pages", number, len(students))
    for student, why in sorted(wrong.items()):
        if why:
            print(f"No page for {printable(student)}: {why}", file=sys.stderr)
    return not any(wrong.values())
