"""The words of ``python -m grading``, and what is wrong with them.

nbgrader takes a second to import, so that waits until the words are understood.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

STOPPED = 130  # as shells say it of a program that Ctrl-C has ended


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status.

    0 is all well, whatever students did; 1 a fault of the grader's; 2 a command that is
    not understood; 130 that it was stopped.
    """
    parser = argparse.ArgumentParser(
        prog="python -m grading",
        description="Grade a class. Run it from the course folder, which holds nbgrader_config.py.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="command")
    grade = verbs.add_parser(
        "autograde",
        help="grade the submissions of an assignment, several at a time",
        description="Grade the submissions of an assignment, several at a time: what is new, "
        "what has changed, and what an earlier run left. Marks go to nbgrader's gradebook, "
        "notebooks to autograded/, as nbgrader autograde puts them.",
    )
    grade.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="grade on a Dask cluster: tcp://host:port, or the path of a scheduler file",
    )
    grade.add_argument("--force", action="store_true", help="grade everything again")
    grade.add_argument(
        "--no-plots", action="store_true", help="marks alone; plots are drawn when they are wanted"
    )
    grade.add_argument(
        "--dry-run",
        action="store_true",
        help="say whose marks would change, from what to what, and write nothing",
    )
    table = verbs.add_parser(
        "table",
        help="print the table of what became of every exercise",
        description="Print the table that stands at the end of a grading: verdicts and points of "
        "every student. The exit status is 1 when the grader failed for somebody.",
    )
    table.add_argument("assignment", nargs="*", help="its folder in source/; all if none is named")
    pages = verbs.add_parser(
        "feedback",
        help="make the feedback pages of an assignment, several at a time",
        description="Make the feedback pages of an assignment, several at a time, and draw the "
        "plots that are still to be drawn.",
    )
    tests = verbs.add_parser(
        "preflight",
        help="put an assignment's own tests to the test, before it is released",
        description="Put an assignment's own tests to the test: its solution with many seeds, the "
        "blanks, unusual right answers, known misconceptions and mutants of the solution are "
        "graded like a class. What is wrong is printed, and a page is written to reports/.",
    )
    tests.add_argument(
        "--quick",
        action="store_true",
        help="fewer seeds and every fourth mutant: for a lesson that was put to the whole test "
        "before, or is being written",
    )
    for verb in (grade, pages):
        verb.add_argument(
            "--student",
            action="append",
            default=[],
            metavar="ID",
            help="only this one; may be given again",
        )
    for verb in (grade, pages, tests):
        verb.add_argument("assignment", nargs="+", help="its folder in source/")
        verb.add_argument(
            "--workers",
            type=_positive,
            metavar="N",
            default=0,
            help="how many work at a time; one for each processor if it is not given",
        )
    seen = verbs.add_parser(
        "report",
        help="make the class report of an assignment: a page and a table in reports/",
        description="Make the class report of an assignment from what is graded: a page that is "
        "complete in itself, reports/<assignment>.html, and a table beside it. It names students.",
    )
    seen.add_argument("assignment", nargs="+", help="its folder in source/")
    marks = verbs.add_parser(
        "export",
        help="write marks as an LMS imports them",
        description="Write the marks of assignments as Canvas or Moodle imports them, or as a "
        "table for spreadsheets. See docs/lms.md. The file names students.",
    )
    marks.add_argument("--format", required=True, choices=("canvas", "moodle", "csv"))
    marks.add_argument(
        "--roster", metavar="FILE", help="who is who in the LMS; roster.csv if it is not given"
    )
    marks.add_argument(
        "--to", metavar="FILE", default="", help="reports/<format>.csv if it is not given"
    )
    back = verbs.add_parser(
        "handback",
        help="write feedback pages as a zip that Canvas or Moodle takes back",
        description="Write the feedback pages of assignments that were collected from a zip of "
        "Canvas's or Moodle's, as zips for upload. See docs/lms.md.",
    )
    for verb in (marks, back):
        verb.add_argument("assignment", nargs="+", help="its folder in source/")
    given = parser.parse_args(words)
    # See grading/workers/process.py: it would take a second, and nobody needs it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from grading.core import GraderFault, of_gradebook, sentence
    from grading.workers import LocalExecutor

    executor = None
    try:
        if given.verb == "autograde" and not given.cluster:
            # They get warm while this process reads what it needs.
            executor = LocalExecutor(given.workers).warm(len(given.student))
        from grading.cli import commands

        return commands.run(given, executor)
    except GraderFault as error:
        stopped = type(error).__name__ == "Stopped"
        print(f"\nStopped. {error}" if stopped else error, file=sys.stderr)
        return STOPPED if stopped else 1
    except KeyboardInterrupt:
        return STOPPED
    except Exception as error:
        if of_gradebook(error) is None:
            raise
        print(sentence(error), file=sys.stderr)
        return 1
    finally:
        if executor is not None:
            executor.close()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
