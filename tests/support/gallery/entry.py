"""A row of the gallery: what is handed in, and what must come of it."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from nbformat import NotebookNode

from grading.assignment.source import read_source, reference_cells
from grading.core.verdicts import Verdict as V

ALL = "everything"  # in `lost`: no points remain
RNN, RNNS, LSTM, LSTMS = "rnn_cell_forward", "rnn_forward", "lstm_cell_forward", "lstm_forward"
CHECK, BACK, BACKS = "gradient_check", "rnn_cell_backward", "rnn_backward"


def exercises(folder: Path) -> dict[str, str]:
    """Return the solution cells of a lesson in ``source/`` that define their function."""
    (path,) = folder.glob("*.ipynb")
    solutions = {name: cell for name, cell, solved in reference_cells(read_source(path)) if solved}
    return {name: cell for name, cell in solutions.items() if f"def {name}(" in cell}


def head(function: str, cell: str) -> ast.FunctionDef:
    """Return the definition of a function in a cell, as Python reads it."""
    defined = [node for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)]
    return next(node for node in defined if node.name == function)


def signature(function: str, cell: str) -> str:
    """Return the line with which a cell begins to define a function."""
    return f"def {function}({ast.unparse(head(function, cell).args)}):"


SOURCE = Path(__file__).resolve().parents[3] / "source"
FOLDERS = sorted(path.parent for path in SOURCE.glob("*/*.ipynb"))
SIGNATURES = {
    function: signature(function, cell)
    for folder in FOLDERS
    for function, cell in exercises(folder).items()
}
# An answer of the right form, and wrong, to the exercises that tricks are about: it is what they
# try to get marks for. The reference does not tell it: `cache` there is a name like any other.
NONSENSE = {
    RNN: "return a_prev, a_prev, ()",
    RNNS: "return a0, a0, ()",
    LSTM: "return a_prev, c_prev, a_prev, ()",
    LSTMS: "return a0, a0, a0, ()",
    CHECK: "return 0.0",
    BACK: "return {}",
}
# Part of the name of all that one run of the gallery starts, writes or listens to.
KEY = os.environ.get("GALLERY_KEY") or str(os.getpid())
PORT = 20_000 + 2 * (int(KEY) % 10_000)


@dataclass(frozen=True)
class Entry:
    """One submission of one exercise.

    Attributes
    ----------
    name : str
        What it does, in words.
    function : str
        The exercise whose cell it changes.
    verdict : Verdict
    lost : str
        The parts that it loses, as the start of each part's name, separated by commas;
        `ALL` for every point.
    edits : tuple of (str, str)
        Replacements in the cell of the reference, each of which must find its text.
    cell : str
        Or the whole cell.
    trick : str
        For a hostile entry, what it is after: marks, reading, writing, network, stalling.
        Its other exercise is right and stands alone, and has to keep its marks.
    spoils : bool
        Whether it breaks what its own later exercise is made of.
    finds : tuple of str
        What it prints as ``found:`` where there is no wall. Behind one it finds nothing.
    change : callable
        Changes the finished notebook.
    """

    name: str
    function: str
    verdict: V
    lost: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    cell: str | None = None
    trick: str = ""
    spoils: bool = False
    finds: tuple[str, ...] = ()
    change: Callable[[NotebookNode], None] | None = None

    @property
    def student(self) -> str:
        """Return a student id made of the name."""
        words = "".join(c if c.isalnum() else "-" for c in f"{self.function}-{self.name}")
        return "-".join(filter(None, words.split("-")))[:80]

    def apply(self, source: str) -> str:
        """Return the cell of this entry, made from the reference's."""
        if self.cell is not None:
            return self.cell
        for old, new in self.edits:
            if old not in source:
                raise ValueError(f"{self.name}: the reference has no {old!r} to change")
            source = source.replace(old, new)
        return source


@dataclass(frozen=True)
class Maker:
    """Makes the hostile entries of one kind."""

    trick: str

    def call(self, function: str, name: str, verdict: V, body: str, **more: object) -> Entry:
        """Make an entry that does its deed when its function is called."""
        before, lost = str(more.pop("before", "")), str(more.pop("lost", ALL))
        cell = f"{before}\n{SIGNATURES[function]}\n{indent(body.strip(), '    ')}\n"
        cell += f"    {NONSENSE[function]}\n"
        return Entry(name, function, verdict, lost, cell=cell, trick=self.trick, **more)  # type: ignore[arg-type]

    def cell(self, function: str, name: str, verdict: V, deed: str, **more: object) -> Entry:
        """Make an entry that does its deed in its cell, and answers nonsense."""
        cell = f"{deed.strip()}\n\n{SIGNATURES[function]}\n    {NONSENSE[function]}\n"
        return Entry(name, function, verdict, ALL, cell=cell, trick=self.trick, **more)  # type: ignore[arg-type]

    def right(self, function: str, name: str, deed: str, **more: object) -> Entry:
        """Make an entry that does its deed in its cell, and answers as the reference."""
        start = f"def {function}("
        edits = ((start, f"{deed.strip()}\n\n{start}"),)
        return Entry(name, function, V.CORRECT, "", edits, trick=self.trick, **more)  # type: ignore[arg-type]

    def edits(self, function: str, name: str, lost: str, *edits: tuple[str, str]) -> Entry:
        """Make an entry that edits the reference."""
        verdict = {ALL: V.WRONG, "": V.CORRECT}.get(lost, V.PARTLY_CORRECT)
        return Entry(name, function, verdict, lost, edits, trick=self.trick)
