"""Read what a student handed in, whatever it is, as a notebook that can be graded.

nbgrader trusts the metadata in a submission; here only the student's own sources are
taken from it. Which cells are locked, graded and worth how much comes from the gradebook.
"""

from __future__ import annotations

import glob
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.api import Gradebook

from grading.verdicts import Verdict

SIZE_LIMIT = 20 * 2**20  # bytes; a notebook with every plot of a lesson has about 2
CELL_LIMIT = 2000


@dataclass(frozen=True)
class Expected:
    """A cell that the gradebook knows, as it was released."""

    grade_id: str
    cell_type: str
    source: str
    checksum: str | None
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float

    def metadata(self) -> dict[str, Any]:
        """Return nbgrader's metadata for this cell, schema 3."""
        points = {"points": self.points} if self.grade or self.task else {}
        return {
            "nbgrader": {
                "grade_id": self.grade_id,
                "grade": self.grade,
                "solution": self.solution,
                "locked": self.locked,
                "task": self.task,
                "schema_version": 3,
                "checksum": self.checksum,
                "cell_type": self.cell_type,
                **points,
            }
        }

    def cell(self) -> NotebookNode:
        """Return the cell as it was released, hidden tests included."""
        make = new_code_cell if self.cell_type == "code" else new_markdown_cell
        cell = make(self.source, metadata=self.metadata())
        cell["id"] = re.sub(r"[^A-Za-z0-9_-]", "-", self.grade_id)[:64]
        return cell


def expected_cells(db_url: str, assignment: str, notebook: str) -> list[Expected]:
    """Return the cells that the gradebook knows of a notebook, in order."""
    with Gradebook(db_url) as gradebook:
        known = gradebook.find_notebook(notebook, assignment)
        graded = {cell.name: cell for cell in [*known.grade_cells, *known.task_cells]}
        grades = {cell.name for cell in known.grade_cells}
        solutions = {cell.name for cell in known.solution_cells}
        tasks = {cell.name for cell in known.task_cells}
        return [
            Expected(
                grade_id=cell.name,
                cell_type=cell.cell_type,
                source=cell.source or "",
                checksum=cell.checksum,
                locked=bool(cell.locked),
                grade=cell.name in grades,
                solution=cell.name in solutions,
                task=cell.name in tasks,
                points=float(graded[cell.name].max_score) if cell.name in graded else 0.0,
            )
            for cell in known.source_cells
        ]


def find(path: Path) -> bytes | None:
    """Return what was handed in as ``path``, or None.

    A notebook of another name counts when it is the only one: `rnn (1).ipynb` is plain.
    """
    others = list(path.parent.glob("*.ipynb"))
    if not path.is_file() and len(others) == 1:
        path = others[0]
    return path.read_bytes() if path.is_file() else None


def read(data: bytes | None, expected: list[Expected]) -> NotebookNode:
    """Make a gradable notebook of the bytes that were handed in; None when there are none.

    Never raises for what a student did: a hand-in that cannot be used becomes the release
    with the verdict in its metadata under ``grading``.
    """
    if data is None:
        return placeholder(Verdict.NO_NOTEBOOK, expected)
    try:
        cells = parse(data)
    except ValueError:
        return placeholder(Verdict.UNREADABLE, expected)
    wanted = {cell.grade_id: cell for cell in expected}
    # Ids such as `imports` are in every assignment; those of exercises and tests tell.
    telling = {cell.grade_id for cell in expected if cell.solution or cell.grade}
    found = {grade_id for _, _, grade_id in cells if grade_id}
    if found - set(wanted) and not found & telling:
        return placeholder(Verdict.OTHER_ASSIGNMENT, expected)
    return rebuild(cells, wanted)


def parse(data: bytes) -> list[tuple[str, str, str]]:
    """Return (type, source, grade id) of each cell.

    Raises
    ------
    ValueError
        When the bytes are no notebook of a version that can be read.
    """
    if len(data) > SIZE_LIMIT:
        raise ValueError("too large")
    try:
        raw = json.loads(data.decode("utf-8"))
        if not isinstance(raw, dict) or type(raw.get("nbformat")) is not int:
            raise ValueError("not a notebook")
        if raw["nbformat"] != 4:
            raw = nbformat.convert(nbformat.from_dict(raw), 4)
        cells = list(raw["cells"])
        if len(cells) > CELL_LIMIT:
            raise ValueError("too many cells")
        return [_parts(cell) for cell in cells]
    except ValueError:
        raise
    except Exception as error:  # whatever a converter finds to say about a broken notebook
        raise ValueError(f"not a notebook: {error!r}") from error


def _parts(cell: Any) -> tuple[str, str, str]:
    source = cell["source"]
    if isinstance(source, list):
        source = "".join(source)
    if not isinstance(source, str):
        raise ValueError("a cell without source")
    metadata = cell.get("metadata", {})
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    kind = cell.get("cell_type")
    return (
        kind if kind in ("code", "markdown", "raw") else "raw",
        source,
        grade_id if isinstance(grade_id, str) else "",
    )


def rebuild(cells: list[tuple[str, str, str]], wanted: dict[str, Expected]) -> NotebookNode:
    """Put the student's sources and the released cells together again.

    A locked cell gets its released source back. Of two cells with one id the last counts,
    as in nbgrader. A test cell or locked cell that is missing returns after the cell that
    precedes it in the release; a missing solution does not, since its work may stand
    elsewhere.
    """
    last = {grade_id: n for n, (_, _, grade_id) in enumerate(cells) if grade_id in wanted}
    built: list[NotebookNode] = []
    place: dict[str, NotebookNode] = {}
    for number, (kind, source, grade_id) in enumerate(cells):
        if grade_id in wanted and last[grade_id] == number:
            known = wanted[grade_id]
            cell = known.cell()
            if not known.locked:
                cell["source"] = source
            place[grade_id] = cell
        else:
            makers = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
            cell = makers[kind](source)
            cell["id"] = f"student-{number}"
        built.append(cell)
    before: NotebookNode | None = None
    for grade_id, known in wanted.items():
        if grade_id not in place and not known.solution:
            at = 0 if before is None else next(i for i, c in enumerate(built) if c is before) + 1
            place[grade_id] = known.cell()
            built.insert(at, place[grade_id])
        before = place.get(grade_id, before)
    return new_notebook(cells=built)


def placeholder(verdict: Verdict, expected: list[Expected]) -> NotebookNode:
    """Return the release with a verdict for the whole of it."""
    cells = [cell.cell() for cell in expected]
    return new_notebook(cells=cells, metadata={"grading": {"verdict": verdict.value}})


def expect_notebooks(converter: Any) -> None:
    """Let nbgrader come to notebooks that are missing too, so that they get their verdict.

    It has listed the notebooks that there are when it makes its exporter, and passes over
    the folders without one.
    """
    course = converter.coursedir
    if course.notebook_id != "*":
        return
    source = Path(course.format_path(course.source_directory, ".", course.assignment_id))
    pattern = course.format_path(
        course.submitted_directory, course.student_id, course.assignment_id
    )
    for folder in filter(os.path.isdir, glob.glob(pattern)):  # noqa: PTH207 - its own words
        found = list(converter.assignments.get(folder, []))
        names = [f"{folder}{os.sep}{path.name}" for path in sorted(source.glob("*.ipynb"))]
        converter.assignments[folder] = found + [name for name in names if name not in found]


class HandInExporter(NotebookExporter):
    """nbgrader's reader of submissions, in the one pass that meets the student's file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hasattr(self.parent, "assignments"):
            expect_notebooks(self.parent)

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Read a submission through `read`; any other notebook as nbconvert does."""
        if resources is None or not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources, **kw)
        mark = resources["nbgrader"]
        notebook = read(
            find(Path(filename)),
            expected_cells(mark["db_url"], mark["assignment"], mark["notebook"]),
        )
        resources["metadata"] = {
            "name": Path(filename).stem,
            "path": str(Path(filename).parent),
            "modified_date": datetime.now(timezone.utc).strftime("%B %d, %Y"),
        }
        return self.from_notebook_node(notebook, resources=resources, **kw)
