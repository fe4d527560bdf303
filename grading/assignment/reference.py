"""The solutions of a source notebook and the known wrong versions of them, ready to call."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterator, Sequence
from typing import Any

from grading.assignment.source import Namespace
from grading.core import Candidate, Function, GraderFault


class Reference:
    """What a notebook's functions are compared with.

    Parameters
    ----------
    cells : sequence of (str, str, bool)
        Name and source of the locked and the solution cells, in order; whether it is a
        solution.
    wrong : sequence of (str, str, str, str)
        Of each misconception the exercise, its name, what is said of it, and the cell.

    Attributes
    ----------
    namespace : dict
        All that its cells define or import, as they leave it.
    functions : dict of str to callable
        Those among it that can be called.
    exercises : dict of str to callable
        Those among them that students write.
    """

    def __init__(self, cells: Sequence[Sequence[Any]], wrong: Sequence[Sequence[str]] = ()) -> None:
        self._cells = cells
        self._wrong = wrong
        self.namespace: Namespace = {"__name__": "reference"}
        for name, source, _ in cells:
            run_locked(source, name, self.namespace)
        self.functions = {name: value for name, value in self.namespace.items() if callable(value)}
        solved = [name for name, _, is_solution in cells if is_solution]
        self.exercises = {name: self.functions[name] for name in solved if name in self.functions}

    @functools.cached_property
    def candidates(self) -> dict[str, list[Candidate]]:
        """The wrong versions of each exercise.

        Those of an earlier exercise count for one that is built of it as well.
        """
        found: dict[str, list[Candidate]] = {}
        for exercise, name, says, cell in self._wrong:
            for other, function in self._with(exercise, cell):
                text = says if other == exercise else f"Your {exercise} is at work here. {says}"
                found.setdefault(other, []).append(Candidate(name, text, function, exercise))
        return found

    def _with(self, exercise: str, cell: str) -> Iterator[tuple[str, Function]]:
        """Yield an exercise as ``cell`` writes it, and those that are built of it."""
        space = dict(self.namespace)
        reached = False
        for name, source, is_solution in self._cells:
            if not is_solution:
                continue
            run_locked(cell if name == exercise else source, name, space)
            reached = reached or name == exercise
            if name == exercise or (reached and f"{exercise}(" in source):
                yield name, space[name]


def run_locked(source: str, name: str, space: Namespace) -> None:
    """Run an instructor's cell on this side.

    Raises
    ------
    grading.core.errors.GraderFault
        When it fails: it is the instructor's own.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, f"<cell {name}>", "exec"), space)
    except Exception as error:
        raise GraderFault(f"the locked cell {name} raised {error!r}") from error
