"""Read what a student handed in, whatever it is, as a notebook that can be graded.

nbgrader trusts the metadata in a submission; here only the student's own sources are
taken from it. Which cells are locked, graded and worth how much comes from the gradebook.
docs/grading.md has the policy as a table.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from grading.assignment import Expected
from grading.core import Cell, Note, Verdict
from grading.judging.rebuild import rebuild
from grading.store import Unusable

CELL_LIMIT = 2000
SOURCE_LIMIT = 2**20  # characters of one cell; a student's has a few thousand
VALUE_LIMIT = 2 * 10**6  # each may take a hundred bytes of memory; a lesson's has a few thousand
DIGITS = 300  # of a whole number; one that has more is taken as a float, as it may be infinite
LINE_LIMIT = 200_000  # of all cells: each is a text of its own in a notebook that is saved
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)

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
    notes : tuple of Note
        What was done with it, in words for the student.
    """

    notebook: NotebookNode
    verdict: Verdict | None = None
    why: str = ""
    sha256: str | None = None
    notes: tuple[Note, ...] = ()

    def __deepcopy__(self, memo: object) -> Submission:
        """Return it as it is: nbconvert copies all that it hands on, and nobody changes this."""
        return self


def read_submission(data: bytes, expected: list[Expected], found: str = "") -> Submission:
    """Make a gradable notebook of the bytes that were handed in.

    ``found`` says where they were found, if that is worth a word.

    Never raises for what a student did: a hand-in that cannot be used becomes the release, with
    a verdict on the whole.
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        cells = parse(data)
        wanted = {cell.grade_id: cell for cell in expected}
        # Ids such as `imports` are in every assignment; those of exercises and tests tell.
        telling = {cell.grade_id for cell in expected if cell.solution or cell.grade}
        ids = {cell.grade_id for cell in cells if cell.grade_id}
        works = any(cell.defines(name) for cell in cells for name in telling)
        if ids - set(wanted) and not ids & telling and not works:
            raise Unusable(Verdict.OTHER_ASSIGNMENT)
    except Unusable as error:
        return placeholder(error, expected, digest)
    built, notes = rebuild(cells, wanted)
    notes = [Note("", found)] * bool(found) + notes
    return Submission(_notebook(built), sha256=digest, notes=tuple(notes))


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
    if sum(cell.source.count("\n") for cell in taken if cell) > LINE_LIMIT:
        raise _unreadable(f"Its cells have more than {LINE_LIMIT} lines.")
    return [cell or Cell("raw", LOST, "") for cell in taken]


def _json(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise _unreadable("The file is empty.")
    if _values(data) > VALUE_LIMIT and _values(_STRING.sub(b"", data)) > VALUE_LIMIT:
        raise _unreadable("It holds millions of values. Clear the outputs, then save it.")
    try:
        raw = json.loads(data, parse_int=_whole)
    except RecursionError:
        raise _unreadable("It is nested too deeply.") from None
    except ValueError:
        raise _unreadable("It is not JSON, the form in which notebooks are saved.") from None
    if not isinstance(raw, dict):
        raise _unreadable("It is JSON, but not a notebook.")
    return raw


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS else float(digits)


def _values(data: bytes) -> int:
    return sum(map(data.count, (b",", b"[", b"{")))


def _cells(raw: dict[str, Any]) -> list[Any]:
    version = raw.get("nbformat")
    if isinstance(version, bool) or not isinstance(version, (int, float)):
        raise _unreadable("It does not say which format of notebooks it has.")
    if version not in (2, 3, 4):
        if abs(version) < 1000:
            raise _unreadable(f"It has format {version:g}, which cannot be read.")
        raise _unreadable("It has no format that can be read.")
    holders = [raw] if version == 4 else _list(raw.get("worksheets"))
    found = [one.get("cells") for one in holders if isinstance(one, dict)]
    if not any(isinstance(cells, list) for cells in found):
        raise _unreadable("It has no cells.")
    cells = [cell for cells in found for cell in _list(cells)]
    return cells if version == 4 else list(map(_newer, cells))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _newer(cell: Any) -> Any:
    """Return what is taken of a cell of format 2 or 3 as format 4 has it.

    nbformat's own converter multiplies by numbers in the file, and judges the rest of it.
    """
    if not isinstance(cell, dict):
        return cell
    kind, source = cell.get("cell_type"), _joined(cell.get("source"))
    if kind == "code":
        source = cell.get("input", "")
    elif kind == "heading" and source is not None:
        level = cell.get("level")
        signs = "#" * level if type(level) is int and 1 <= level <= 6 else "#"
        source = " ".join([signs, *source.splitlines()])
    kind = "markdown" if kind in ("heading", "html") else kind
    return {"cell_type": kind, "source": source, "metadata": cell.get("metadata")}


def _joined(source: Any) -> str | None:
    """Return a text that may be kept as a list of its lines; None if it is neither."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source if isinstance(source, str) else None


def _taken(cell: Any) -> Cell | None:
    if not isinstance(cell, dict):
        return None
    source = _joined(cell.get("source"))
    if source is None or len(source) > SOURCE_LIMIT:
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


def placeholder(error: Unusable, expected: list[Expected], sha256: str | None = None) -> Submission:
    """Return the release, with a verdict on the whole of what was handed in."""
    notebook = _notebook([cell.cell() for cell in expected])
    return Submission(notebook, error.verdict, error.why, sha256)


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=cells)


def _unreadable(why: str) -> Unusable:
    return Unusable(Verdict.UNREADABLE, why)
