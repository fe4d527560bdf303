"""Put what a student wrote and what was released together again, and say what was done.

Which cell of a hand-in is the one that the release has is told by its id, and where several
have it or none, by what stands in it. docs/grading.md has the policy as a table.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

from grading.assignment import Expected, new_cell, without_hidden
from grading.core import Cell, Note, printable

COPY = "Here stood a copy of the blank for {}. It was left out, as there is an answer."
LOST = (
    "No cell of this notebook has the id of this answer any more. Whoever marks it by hand looks "
    "for the answer among the other cells."
)
SEVERAL = (
    "Your notebook has the cell of this exercise {} times. The one that counts is headed “Your "
    "answer” here: the last with an answer in it."
)
OVERRIDDEN = (
    "A cell further up defines {0} as well, but the blank below it takes its place when the "
    "notebook runs from the top. So the blank counts. Write your answer into the cell of the blank."
)
TOO_LATE = (
    "A cell further down defines {0} as well, but it stands behind the test, which does not see "
    "it. Write your answer into the cell of the blank."
)
PUT_BACK = (
    "In your copy of the locked cell {0} there was more than in the course's: “{1}”. The cell was "
    "put back as the course has it. What your functions need, such as an import, belongs into a "
    "cell of your own."
)
NO_TESTS = (
    "The test cells of {} have lost their ids in your notebook, or were deleted. They were put "
    "back. But Validate does not check what has no test: on your side it proves nothing there. "
    "Take a new copy of the lesson, and paste your functions into it."
)
QUOTED = 100  # characters of a line


def rebuild(
    cells: list[Cell], wanted: dict[str, Expected]
) -> tuple[list[NotebookNode], list[Note]]:
    """Put the student's sources and the released cells together again.

    A locked cell gets its released source back. A test cell or locked cell that is missing
    returns after the cell that precedes it in the release; a missing solution does not, since
    its work may stand elsewhere: in a cell that defines the function. In place of an answer that
    a person marks stands a note, so that nbgrader shows it as waiting. A test that stands before
    its exercise is moved behind it, and so is a locked cell that stands before one that
    precedes it in the release.

    Returns
    -------
    list of NotebookNode
        The cells.
    list of Note
        What there is to say of it.
    """
    own, homes = _chosen(cells, wanted)
    copies = _copies(cells, wanted, {**homes, **own})
    which = {number: grade_id for grade_id, number in own.items()}
    built: list[NotebookNode] = []
    place: dict[str, NotebookNode] = {}
    for number, taken in enumerate(cells):
        if number in which:
            known = wanted[which[number]]
            cell = place[known.grade_id] = known.cell()
            if not known.locked:
                cell["source"] = taken.source
        elif number in copies:
            cell = new_cell("raw", COPY.format(copies[number]))
        else:
            cell = new_cell(taken.kind, taken.source)
        built.append(cell)
    place.update({grade_id: built[number] for grade_id, number in homes.items()})
    notes = _notes(cells, wanted, own)
    before = -1
    for grade_id, known in wanted.items():
        if grade_id not in place and (known.grade or not known.solution):
            place[grade_id] = known.cell()
            if known.solution:
                sign = "# " if known.cell_type == "code" else ""
                place[grade_id]["source"] = f"{sign}{LOST}"
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
    return built, notes


def _chosen(
    cells: list[Cell], wanted: dict[str, Expected]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return which cell is which released one, by number; and where the work of others stands.

    Of several the one that is worth most counts, and of these the last.
    """

    def best(grade_id: str, numbers: list[int]) -> dict[str, int]:
        known = wanted[grade_id]
        worth = [(_worth(cells[number], known), number) for number in numbers]
        return {grade_id: max(worth)[1]} if worth else {}

    named: dict[str, list[int]] = {grade_id: [] for grade_id in wanted}
    for number, cell in enumerate(cells):
        if cell.grade_id in named:
            named[cell.grade_id].append(number)
    own: dict[str, int] = {}
    for grade_id, numbers in named.items():
        own |= best(grade_id, numbers)
    left = [number for number in range(len(cells)) if number not in own.values()]
    homes: dict[str, int] = {}
    for grade_id, known in wanted.items():
        if known.solution and grade_id not in own:
            homes |= best(grade_id, [n for n in left if cells[n].defines(grade_id)])
    for grade_id in [one for one in homes if wanted[one].grade]:  # nbgrader knows it by its id
        number = homes.pop(grade_id)
        if number not in homes.values():
            own[grade_id] = number
    return own, homes


def _worth(cell: Cell, known: Expected) -> int:
    """Say how much a cell looks like the released one that it may be.

    An answer that defines the function is worth most, and a copy of the blank nothing; of a
    locked cell what is as it was released, and nothing what defines something instead.
    """
    said, released = bare(cell.source, known.cell_type), _released(known)
    if known.locked:
        defines = re.search(r"^(async\s+)?def\s", cell.source, re.MULTILINE)
        return 2 if said == released else int(not defines)
    if said in ("", released):
        return 0
    return 1 + Cell(known.cell_type, cell.source, "").defines(known.grade_id)


def _released(known: Expected) -> str:
    return bare(without_hidden(known.source), known.cell_type)


def bare(source: str, kind: str) -> str:
    """Return what a source says, without spaces; of code without comments too."""
    return "".join((re.sub("#.*", "", source) if kind == "code" else source).split())


def _copies(
    cells: list[Cell], wanted: dict[str, Expected], places: dict[str, int]
) -> dict[int, str]:
    """Return the copies of blanks, by number, that would take the place of an answer."""
    said = {n: bare(c.source, "code") for n, c in enumerate(cells) if c.kind == "code"}
    for number in places.values():
        said.pop(number, None)
    copies = {}
    for grade_id, number in places.items():
        known = wanted[grade_id]
        if known.solution and known.cell_type == "code" and _worth(cells[number], known):
            blank = Cell("code", known.source, "")
            for n in [n for n, one in said.items() if one == _released(known)]:
                if cells[n].grade_id == grade_id or blank.defines(grade_id):
                    copies[n] = grade_id
    return copies


def _notes(cells: list[Cell], wanted: dict[str, Expected], own: dict[str, int]) -> list[Note]:
    """Return what there is to say of tests that are missing, of copies and of locked cells."""
    notes = []
    lost = [i for i, known in wanted.items() if known.grade and known.locked and i not in own]
    if lost:
        names = ", ".join(name.removeprefix("test_") for name in lost)
        notes.append(Note("", NO_TESTS.format(names)))
    for grade_id, number in own.items():
        known = wanted[grade_id]
        if known.solution:
            several = sum(cell.grade_id == grade_id for cell in cells)
            worth = _worth(cells[number], known)
            text = SEVERAL.format(several) if worth and several > 1 else ""
            if not worth:
                text = _elsewhere(cells, number, own.get(f"test_{grade_id}", 0), grade_id)
            notes += [Note(grade_id, text)] * bool(text)
        elif known.cell_type == "code":
            released = {bare(line, "code") for line in without_hidden(known.source).split("\n")}
            lines = cells[number].source.split("\n")
            more = next((x for x in lines if bare(x, "code") not in {*released, ""}), "")
            if more:
                text = PUT_BACK.format(grade_id, printable(more.strip()[:QUOTED]))
                notes.append(Note(grade_id, text))
    return notes


def _elsewhere(cells: list[Cell], blank: int, test: int, function: str) -> str:
    """Say why a blank counts though another cell defines its function; nothing if none does."""
    said = bare(cells[blank].source, "code")
    others = [n for n, cell in enumerate(cells) if n != blank and cell.defines(function)]
    others = [n for n in others if bare(cells[n].source, "code") != said]
    if any(blank < n < test for n in others):
        return ""  # the test sees that one
    if any(n < blank for n in others):
        return OVERRIDDEN.format(function) if cells[blank].defines(function) else ""
    return TOO_LATE.format(function) if others else ""


def _index(cells: list[NotebookNode], cell: NotebookNode) -> int:
    return next(number for number, one in enumerate(cells) if one is cell)
