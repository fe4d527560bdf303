"""What can be seen of a lesson before its release: its files, and whether its exams count.

The grader decides, each time it judges; what is said here comes earlier. What can be seen without
running a cell is refused by nbgrader's release before it has touched a file; what only shows when
a test cell runs, by ``python -m grading.release``, which runs it against the lesson's own
solutions.
"""

from __future__ import annotations

import ast
import contextlib
import io
import math
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import is_grade, is_solution

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
from grading.release.values import ShareFiles


def check_release(converter: GenerateAssignment) -> None:
    """Look at what nbgrader is about to release, while the release before is still there.

    Raises
    ------
    grading.core.errors.GraderFault
        When a shared file is missing or hides one of the assignment's, or a test cell's exam can
        never count; see `check_form`.
    """
    shared = shared_files(Path(converter.coursedir.root), ShareFiles(parent=converter).files)
    for folder, notebooks in converter.assignments.items():
        course_files(Path(folder), shared)
        for notebook in notebooks:
            check_form(read_source(Path(notebook)))


def check_form(source: NotebookNode) -> None:
    """Look at the test cells of a source notebook without running them.

    Raises
    ------
    grading.core.errors.GraderFault
        When one makes an exam and ends on what is no expression, a constant, or a print.
    """
    for grade_id, text, _ in _tests(source):
        with contextlib.suppress(SyntaxError):  # another language's, or a magic command
            trees = [tree for _, tree in split(text)]
            if _makes_exam(trees) and not _may_count(trees[-1].body[-1]):
                raise unscored(grade_id)


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
    for path in sorted(folder.glob("*.ipynb")):
        notebook = read_source(path)
        check_form(notebook)
        with in_lesson(files):
            # A solution that is not there is none of its business: a test may do without.
            space = Reference(reference_cells(notebook)).namespace | {"__name__": "__main__"}
            for grade_id, text, points in _tests(notebook):
                _run(grade_id, text, points, dict(space))


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


def _tests(source: NotebookNode) -> list[tuple[str, str, float]]:
    """Return id, source and points of the cells that are judged."""
    return [
        (
            cell.metadata.nbgrader["grade_id"],
            cell.source,
            float(cell.metadata.nbgrader.get("points") or 0),
        )
        for cell in source.cells
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)
    ]


def _makes_exam(trees: list[ast.Module]) -> bool:
    """Say whether a cell calls `Exam`, under whatever name it imports it."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = set()
    for node in nodes:
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            name = alias.asname or alias.name
            whole = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            if whole + alias.name == "grading.exam":
                names.add(f"{name}.Exam")
            elif whole + alias.name in ("grading.exam.Exam", "grading.exam.*"):
                names.add(name.replace("*", "Exam"))
    return any(isinstance(node, ast.Call) and ast.unparse(node.func) in names for node in nodes)


def _may_count(last: ast.stmt) -> bool:
    """Say whether the last line of a cell can be a number that its exams earned."""
    if not isinstance(last, ast.Expr) or isinstance(last.value, (ast.Constant, ast.JoinedStr)):
        return False
    called = last.value.func if isinstance(last.value, ast.Call) else None
    return not (isinstance(called, ast.Name) and called.id in ("print", "display"))
