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

``right.toml`` has the same form, without ``loses``: answers that are right though they look
otherwise. ``says`` is the reason there, if one is needed. An automatic change of the solution
that is listed there counts as no mistake when a lesson is tested; see `grading.preflight`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Collection
from dataclasses import dataclass
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
    """

    function: str
    name: str
    says: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    cell: str = ""
    loses: str = EVERYTHING
    verdict: str = ""

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
                    f"{WRONG}: {self.function}, {self.name!r}: the solution has no {old!r}."
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
        found = [_entry(function, table) for function, many in tables.items() for table in many]
        for one, other in itertools.combinations(found, 2):
            if (one.function, one.name) == (other.function, other.name):
                raise ValueError(f"{one.function} has two entries named {one.name!r}.")
        return found
    except (ValueError, TypeError, KeyError) as error:
        raise GraderFault(f"{path}: {error}") from error


def _entry(function: str, table: dict[str, Any]) -> Misconception:
    table = {**table, "edits": tuple((old, new) for old, new in table.get("edits", []))}
    table["says"] = " ".join(table.get("says", "").split())
    found = Misconception(function=function, **table)
    if bool(found.edits) == bool(found.cell):
        raise ValueError(f"{function}, {found.name!r} needs edits, or else a cell.")
    return found
