"""Known ways to write an exercise, wrong and right: the lists beside each lesson, read.

``source/<assignment>/misconceptions.toml`` holds a table for each, under the name of its
exercise::

    [[rnn_cell_forward]]
    name = "predicts from the old state"
    edits = [["Wya @ a_next", "Wya @ a_prev"]]
    loses = "values of yt"
    says = '''
    Your prediction is made from `a_prev`, the state before this step. ...
    '''

``edits`` are replacements in the solution's cell, each of which has to find its text;
``cell`` is the whole wrong cell instead. ``loses`` names the parts that it costs, as the
starts of their names, or ``everything``. ``says`` is what a teacher would say. It goes to
students, so it holds no answer as code. ``verdict`` is there where none follows from
``loses``, as for code that raises.

A sentence about the code is said as a fact only where no other program gives the same; see
`grading.diagnosis`. ``about = "result"`` is for one that speaks of nothing but what came out, and
so is true of every program that gives it. ``without`` names what the code leaves out, such as
``by``: of several such mistakes together one sentence is made.

``right.toml`` has the same form, without ``loses``: answers that are right though they look
otherwise. ``says`` is the reason there, if one is needed. An automatic change of the solution
that is listed there counts as no mistake when a lesson is tested; see `grading.preflight`.
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import json
import sys
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from grading.core import GraderFault, Verdict

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EVERYTHING = "everything"  # in `loses`: no points remain
WRONG = "misconceptions.toml"
RIGHT = "right.toml"
HINTS = "hints.json"  # by what results they are known, and how sure that is


@dataclass(frozen=True)
class Misconception:
    """A known way to write one exercise, as a rule a wrong one.

    Attributes
    ----------
    function : str
        The exercise.
    name : str
        What the code does, in a few words.
    says : str
        What a teacher would say.
    edits : tuple of (str, str)
        Replacements in the cell of the solution.
    cell : str
        Or the whole cell.
    loses : str
        The parts that it costs.
    verdict : str
        What becomes of the exercise, where it does not follow from ``loses``.
    about : str
        Of what ``says`` speaks: ``code``, or ``result`` where it is true of whatever gives that.
    without : str
        What the code leaves out, by its name.
    file : str
        The list in which it stands.
    sure : str
        How it may be said: as a ``fact``, as a possibility (``perhaps``), or not at all, where
        it is empty. The release has found it out; what only hidden tests can tell is a fact.
    """

    function: str
    name: str
    says: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    cell: str = ""
    loses: str = EVERYTHING
    verdict: str = ""
    about: str = "code"
    without: str = ""
    file: str = WRONG
    sure: str = "fact"

    @property
    def becomes(self) -> str:
        """The verdict of the exercise; see `grading.core.verdicts`."""
        kind = Verdict.WRONG if self.loses == EVERYTHING else Verdict.PARTLY_CORRECT
        return self.verdict or kind.value

    def costs(self, earned: float, lost: Collection[str]) -> bool:
        """Return whether this is what it costs: what was earned, and the parts that were not."""
        if self.loses == EVERYTHING:
            return not earned
        starts = tuple(self.loses.split(", "))
        return all(name.startswith(starts) for name in lost) and all(
            any(name.startswith(start) for name in lost) for start in starts
        )

    def apply(self, solution: str) -> str:
        """Return the wrong cell, made from that of the solution.

        Raises
        ------
        GraderFault
            When an edit does not find its text.
        """
        if self.cell:
            return self.cell
        for old, new in self.edits:
            if old not in solution:
                raise GraderFault(
                    f"{self.file}: {self.function}, {self.name!r}: the solution has no {old!r}."
                )
            solution = solution.replace(old, new)
        return solution


def read_list(folder: Path, file: str = WRONG) -> list[Misconception]:
    """Read a list beside a lesson, if there is one.

    Raises
    ------
    GraderFault
        When it cannot be read, or an entry lacks what it needs.
    """
    path = folder / file
    if not path.exists():
        return []
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        found = [one for function, many in tables.items() for one in _entries(function, many, file)]
        for one, other in itertools.combinations(found, 2):
            if (one.function, one.name) == (other.function, other.name):
                raise ValueError(f"{one.function} has two entries named {one.name!r}.")
        return _with_sureness(folder, found)
    except ValueError as error:
        raise GraderFault(f"{path}: {error}") from error


def _with_sureness(folder: Path, found: list[Misconception]) -> list[Misconception]:
    """Return them with what the release has found out, from the files beside the public tests."""
    sure: dict[tuple[str, str], str] = {}
    for path in folder.rglob(HINTS):
        # One that cannot be read is written anew by the next release.
        with contextlib.suppress(ValueError, AttributeError, TypeError, KeyError):
            for function, rows in json.loads(path.read_text("utf-8")).items():
                sure |= {(function, row["says"]): row["sure"] for row in rows if "says" in row}
    return [replace(one, sure=sure.get((one.function, one.says), one.sure)) for one in found]


KEYS = [
    field.name for field in fields(Misconception) if field.name not in ("function", "file", "sure")
]


def _entries(function: str, many: Any, file: str) -> list[Misconception]:
    if not isinstance(many, list) or not all(isinstance(table, dict) for table in many):
        raise ValueError(f"an entry of {function} begins with [[{function}]], in two brackets.")
    return [_entry(function, table, file) for table in many]


def _entry(function: str, table: dict[str, Any], file: str) -> Misconception:
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"an entry of {function} has no name.")
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}."
            raise ValueError(f"{function}, {name!r} has a key {key}: {meant}")
        if key != "edits" and not isinstance(table[key], str):
            raise ValueError(f"{function}, {name!r}: {key} has to be a text.")
    edits = table.get("edits", [])
    pairs = isinstance(edits, list) and all(isinstance(e, list) and len(e) == 2 for e in edits)
    if not pairs or not all(isinstance(text, str) for edit in edits for text in edit):
        raise ValueError(f"{function}, {name!r}: edits has to be pairs [old, new] of texts.")
    table = {**table, "edits": tuple((old, new) for old, new in edits)}
    table["says"] = " ".join(table.get("says", "").split())
    found = Misconception(function=function, file=file, **table)
    if found.about not in ("code", "result"):
        raise ValueError(f"{function}, {found.name!r}: about is code or result.")
    if bool(found.edits) == bool(found.cell):
        raise ValueError(f"{function}, {found.name!r} needs edits, or else a cell.")
    return found
