"""Read what a student handed in, whatever it is, as a notebook that can be graded.

nbgrader trusts the metadata in a submission; here only the student's own sources are
taken from it. Which cells are locked, graded and worth how much comes from the gradebook.
docs/grading.md has the policy as a table.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from grading.assignment import Expected, new_cell
from grading.core import Cell, Verdict
from grading.store import Unusable

CELL_LIMIT = 2000
SOURCE_LIMIT = 2**20  # characters of one cell; a student's has a few thousand

LOST = "Here stood a cell that could not be read."


@dataclass(frozen=True)
class Submission:
    """What was handed in for one notebook, as it can be graded.

    Attributes
    ----------
    notebook : NotebookNode
        The student's sources among the released cells; the release where nothing can be graded.
    verdict : Verdict or None
        On the whole of it, where nothing can be graded.
    why : str
        The reason for that, in words for the student; may be empty.
    sha256 : str or None
        Of the bytes that were handed in; None where there are none.
    """

    notebook: NotebookNode
    verdict: Verdict | None = None
    why: str = ""
    sha256: str | None = None

    def __deepcopy__(self, memo: object) -> Submission:
        """Return it as it is: nbconvert copies all that it hands on, and nobody changes this."""
        return self


def read_submission(data: bytes, expected: list[Expected]) -> Submission:
    """Make a gradable notebook of the bytes that were handed in.

    Never raises for what a student did: a hand-in that cannot be used becomes the release, with
    a verdict on the whole.
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        cells = parse(data)
        wanted = {cell.grade_id: cell for cell in expected}
        # Ids such as `imports` are in every assignment; those of exercises and tests tell.
        telling = {cell.grade_id for cell in expected if cell.solution or cell.grade}
        found = {cell.grade_id for cell in cells if cell.grade_id}
        works = any(cell.defines(name) for cell in cells for name in telling)
        if found - set(wanted) and not found & telling and not works:
            raise Unusable(Verdict.OTHER_ASSIGNMENT)
    except Unusable as error:
        return placeholder(error, expected, digest)
    return Submission(_notebook(rebuild(cells, wanted)), sha256=digest)


def parse(data: bytes) -> list[Cell]:
    """Return the cells of a notebook.

    Raises
    ------
    Unusable
        When the bytes are no notebook of a version that can be read.
    """
    cells = _cells(_json(data))
    if len(cells) > CELL_LIMIT:
        raise _unreadable(f"It has more than {CELL_LIMIT} cells.")
    taken = [_taken(cell) for cell in cells]
    if taken and not any(taken):
        raise _unreadable("None of its cells can be read.")
    return [cell or Cell("raw", LOST, "") for cell in taken]


def _json(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise _unreadable("The file is empty.")
    try:
        raw = json.loads(data)
    except RecursionError:
        raise _unreadable("It is nested too deeply.") from None
    except ValueError:
        raise _unreadable("It is not JSON, the form in which notebooks are saved.") from None
    if not isinstance(raw, dict):
        raise _unreadable("It is JSON, but not a notebook.")
    return raw


def _cells(raw: dict[str, Any]) -> list[Any]:
    version = raw.get("nbformat")
    if type(version) is not int:
        raise _unreadable("It does not say which format of notebooks it has.")
    if version != 4:
        try:
            raw = nbformat.convert(nbformat.from_dict(raw), 4)
        except MemoryError:
            raise
        except Exception:  # whatever a converter finds to say about a broken notebook
            raise _unreadable(f"It has format {version:.9g}, which cannot be read.") from None
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise _unreadable("It has no cells.")
    return cells


def _taken(cell: Any) -> Cell | None:
    if not isinstance(cell, dict):
        return None
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or len(source) > SOURCE_LIMIT:
        return None
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    kind = cell.get("cell_type")
    return Cell(
        kind if kind in ("code", "markdown", "raw") else "raw",
        # Half a surrogate pair is legal JSON, and can be saved by nothing behind this.
        source.encode("utf-8", "replace").decode(),
        grade_id if isinstance(grade_id, str) else "",
    )


def rebuild(cells: list[Cell], wanted: dict[str, Expected]) -> list[NotebookNode]:
    """Put the student's sources and the released cells together again.

    A locked cell gets its released source back. Of two cells with one id the last counts,
    as in nbgrader. A test cell or locked cell that is missing returns after the cell that
    precedes it in the release; a missing solution does not, since its work may stand
    elsewhere: in the last cell that defines the function. A test that stands before its
    exercise is moved behind it, and so is a locked cell that stands before one that
    precedes it in the release.
    """
    last = {cell.grade_id: n for n, cell in enumerate(cells) if cell.grade_id in wanted}
    homeless = [n for n, c in wanted.items() if c.solution and not c.grade and n not in last]
    built: list[NotebookNode] = []
    place: dict[str, NotebookNode] = {}
    for number, taken in enumerate(cells):
        grade_id = taken.grade_id
        if last.get(grade_id) == number:
            cell = place[grade_id] = wanted[grade_id].cell()
            if not wanted[grade_id].locked:
                cell["source"] = taken.source
        else:
            cell = new_cell(taken.kind, taken.source)
            place.update({name: cell for name in homeless if taken.defines(name)})
        built.append(cell)
    before = -1
    for grade_id, known in wanted.items():
        if grade_id not in place and (known.grade or not known.solution):
            place[grade_id] = known.cell()
            built.insert(before + 1, place[grade_id])
        if grade_id in place:
            before = _index(built, place[grade_id])
    needed: list[NotebookNode] = []  # by every locked cell that follows in the release
    for grade_id, known in wanted.items():
        if known.locked:
            exercise = place.get(grade_id.removeprefix("test_")) if known.grade else None
            needs = needed if exercise is None else [*needed, exercise]
            behind = max((_index(built, cell) for cell in needs), default=-1)
            at = _index(built, place[grade_id])
            if at < behind:
                built.insert(behind, built.pop(at))
            if not known.grade:
                needed.append(place[grade_id])
    return built


def placeholder(error: Unusable, expected: list[Expected], sha256: str | None = None) -> Submission:
    """Return the release, with a verdict on the whole of what was handed in."""
    notebook = _notebook([cell.cell() for cell in expected])
    return Submission(notebook, error.verdict, error.why, sha256)


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=cells)


def _index(cells: list[NotebookNode], cell: NotebookNode) -> int:
    return next(number for number, one in enumerate(cells) if one is cell)


def _unreadable(why: str) -> Unusable:
    return Unusable(Verdict.UNREADABLE, why)
