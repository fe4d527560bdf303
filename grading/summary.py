"""The table at the end of a grading: students × exercises, with verdicts and points.

``python -m grading.summary [assignment ...]``, run from the course's root. It exits with 1
when the grader failed for somebody; a student's failure is no failure of the grader.
"""

from __future__ import annotations

import glob
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grading.faults import FULL, READ_ONLY
from grading.files import printable, why_no_student
from grading.graded import UNFINISHED, graded
from grading.verdicts import Verdict

ROOM = 2**20  # bytes on the disk; with less nothing can be graded
COLOURS = {
    Verdict.CORRECT: "green",
    Verdict.PARTLY_CORRECT: "yellow",
    Verdict.GRADER_FAULT: "bold white on red",
}


@dataclass(frozen=True)
class Result:
    """One exercise of one student; `points` is None where there is no mark."""

    verdict: Verdict
    points: float | None


def results(root: Path, assignment: str) -> tuple[dict[str, float], dict[str, dict[str, Result]]]:
    """Collect what became of an assignment.

    Parameters
    ----------
    root : pathlib.Path
        The course folder.
    assignment : str

    Returns
    -------
    exercises : dict
        Function to its highest points, in the notebook's order.
    students : dict
        Student to function to `Result`.
    """
    names = [f"{student}/{assignment}" for student in ("*", ".*")]
    folders = [Path(f) for name in names for f in glob.glob(name, root_dir=root / "submitted")]  # noqa: PTH207
    students: dict[str, dict[str, Result]] = {}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        exercises = exercises_of(gradebook.find_assignment(assignment))
        for folder in sorted(folders):
            student = folder.parent.name
            found = _verdicts(root / "autograded", student, assignment)
            scores = {} if why_no_student(student) else _scores(gradebook, assignment, student)
            students[student] = {}
            for name in exercises:
                verdict = found.get(name, Verdict.GRADER_FAULT)
                points = None if verdict is Verdict.GRADER_FAULT else scores.get(name)
                students[student][name] = Result(verdict, points)
    return exercises, students


def exercises_of(assignment: Any) -> dict[str, float]:
    """Return the tests of an assignment in the gradebook, with their highest points.

    An answer that a person marks is none: it has points and is not locked.
    """
    # source_cells keep the notebook's order; grade_cells do not promise to.
    return {
        cell.name: float(graded[cell.name].max_score)
        for notebook in assignment.notebooks
        for graded in [{cell.name: cell for cell in notebook.grade_cells}]
        for cell in notebook.source_cells
        if cell.name in graded and cell.locked
    }


def table(
    assignment: str, exercises: dict[str, float], students: dict[str, dict[str, Result]]
) -> Table:
    """Draw the table of one assignment."""
    drawn = Table(title=f"{assignment}", title_justify="left", title_style="bold")
    drawn.add_column("student", no_wrap=True)
    for name, most in exercises.items():
        drawn.add_column(f"{name.removeprefix('test_')}\n({most:g} points)")
    drawn.add_column("points", justify="right")
    for student, row in students.items():
        cells = []
        for result in row.values():
            points = "no mark" if result.points is None else f"{result.points:g}"
            colour = COLOURS.get(result.verdict, "red")
            cells.append(f"[{colour}]{result.verdict.value}[/], {points}")
        total = sum(result.points or 0.0 for result in row.values())
        drawn.add_row(shown(student), *cells, f"{total:g} of {sum(exercises.values()):g}")
    return drawn


def show(*drawn: Table | str) -> None:
    """Print tables and sentences, as wide as the terminal; without one, wide enough."""
    console = Console() if sys.stdout.isatty() else Console(width=120)
    for one in drawn:
        console.print(one)


def shown(student: str) -> str:
    """Return a student's name as rich may print it, whatever the folder is called."""
    return escape(printable(student))


def trouble(root: Path) -> str:
    """Say what keeps the course folder from being graded at all; nothing if nothing does."""
    if not os.access(root, os.W_OK):
        return READ_ONLY
    return FULL if shutil.disk_usage(root).free < ROOM else ""


def _verdicts(autograded: Path, student: str, assignment: str) -> dict[str, Verdict]:
    if (autograded / UNFINISHED / student / assignment).exists():
        return {}  # what is there is of an earlier grading
    paths = (autograded / student / assignment).glob("*.ipynb")
    return {name: verdict for path in paths for name, verdict in graded(path)[0].items()}


def _scores(gradebook: Gradebook, assignment: str, student: str) -> dict[str, float]:
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return {}
    return {
        grade.name: float(grade.score)
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.auto_score is not None or grade.manual_score is not None
    }


def main(names: list[str], only: Sequence[str] = ()) -> int:
    """Print the tables, of these students if any are named; return the exit status."""
    root = Path.cwd()
    console = Console() if sys.stdout.isatty() else Console(width=120)
    names = names or sorted(path.parent.name for path in (root / "source").glob("*/*.ipynb"))
    counts: Counter[Verdict] = Counter()
    faults, missing = [], False
    for assignment in names:
        try:
            exercises, students = results(root, assignment)
        except MissingEntry:
            console.print(f"There is no assignment {escape(assignment)} in the gradebook.")
            missing = True
            continue
        students = {name: row for name, row in students.items() if not only or name in only}
        console.print(table(assignment, exercises, students))
        for student, row in students.items():
            counts.update(result.verdict for result in row.values())
            if any(result.verdict is Verdict.GRADER_FAULT for result in row.values()):
                faults.append(f"{shown(student)}, {assignment}")
    said = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    console.print(f"Exercises: {said or 'none'}.\n")
    if faults:
        console.print(
            "[bold red]The grader failed[/] for these; they have no new mark. Look at the log "
            "above, then grade them again:"
        )
        for fault in faults:
            console.print(f"  {fault}")
    wrong = trouble(root)
    if wrong:
        console.print(f"[bold red]Nothing new can be graded.[/] {wrong}")
    return 1 if faults or wrong or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
