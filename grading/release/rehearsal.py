"""What can be seen of a lesson before its release: its files, and whether its exams count.

The grader decides, each time it judges; what is said here comes earlier. What can be seen without
running a cell is refused by nbgrader's release before it has touched a file; what only shows when
a test cell runs, by ``python -m grading.release``, which runs it against the lesson's own
solutions.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Mapping
from pathlib import Path

from nbgrader.converters import GenerateAssignment

from grading.assignment import (
    Namespace,
    Reference,
    course_files,
    in_lesson,
    read_source,
    reference_cells,
    run_piece,
    shared_files,
    split,
)
from grading.exam import Context, unequal, unscored
from grading.release.form import refuse, tests
from grading.release.values import ShareFiles


def check_release(converter: GenerateAssignment) -> None:
    """Look at what nbgrader is about to release, while the release before is still there.

    Raises
    ------
    grading.core.errors.GraderFault
        When a shared file is missing or hides one of the assignment's, or its form is such that
        it cannot be released; see `grading.release.form`.
    """
    shared = shared_files(Path(converter.coursedir.root), ShareFiles(parent=converter).files)
    for folder in map(Path, converter.assignments):
        course_files(folder, shared)
        refuse(folder)


def rehearse(folder: Path, files: Mapping[str, bytes]) -> None:
    """Run the test cells of an assignment against its own solutions.

    Parameters
    ----------
    folder : pathlib.Path
        Its source.
    files : mapping of str to bytes
        What lies beside its notebooks.

    Raises
    ------
    grading.core.errors.GraderFault
        When a cell does not end on what its exams earned, or its parts do not add up to the
        points of the cell.
    """
    refuse(folder)
    for path in sorted(folder.glob("*.ipynb")):
        notebook = read_source(path)
        with in_lesson(files):
            # A solution that is not there is none of its business: a test may do without.
            space = Reference(reference_cells(notebook)).namespace | {"__name__": "__main__"}
            for cell in tests(notebook):
                points = float(cell.metadata.nbgrader.get("points") or 0)
                _run(cell.metadata.nbgrader["grade_id"], cell.source, points, dict(space))


def _run(grade_id: str, text: str, points: float, space: Namespace) -> None:
    context = Context()
    value = None
    try:
        with contextlib.redirect_stdout(io.StringIO()), context:
            pieces = split(text)
            for hidden in (False, True):  # in the order in which they are judged
                for tree in [tree for kind, tree in pieces if kind is hidden]:
                    said = run_piece(tree, grade_id, space)
                    value = said if tree is pieces[-1][1] else value
    except Exception:  # it may need a cell that is not run here; preflight runs them all
        return
    if not context.exams:
        return
    if context.earned(value) is None:
        raise unscored(grade_id)
    parts = math.fsum(part.points for one in context.exams for part in one.parts)
    if not math.isclose(parts, points):
        raise unequal(grade_id, parts, points)
