"""The solutions of a source notebook and the known wrong versions of them, ready to call."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from grading.assignment.source import Namespace, bound, looked_up
from grading.core import Candidate, Function, GraderFault

Made = TypeVar("Made")


class Later(Mapping[str, Made]):
    """A mapping that is made when it is first looked at."""

    def __init__(self, make: Callable[[], Mapping[str, Made]]) -> None:
        self._make = make

    @functools.cached_property
    def _made(self) -> Mapping[str, Made]:
        return self._make()

    def __getitem__(self, name: str) -> Made:
        """Return what a name stands for."""
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._made)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._made)


class Reference:
    """What a notebook's functions are compared with. Its cells run when it is first asked for.

    A solution that raises is none, and no other is the worse for it: who only asserts needs none.

    Parameters
    ----------
    cells : sequence of (str, str, bool)
        Name and source of the locked and the solution cells, in order; whether it is a
        solution.
    wrong : sequence of (str, str, str, str, str)
        Of each misconception the exercise, its name, what is said of it, the cell, and how sure
        that is (a fact where it is left out).
    imports : sequence of str
        The import statements of the source notebook.

    Attributes
    ----------
    written : set of str
        The functions and classes that students write, as far as that shows without running a cell.
    names : set of str
        These, and whatever else of its cells they look up while they run.
    """

    def __init__(
        self,
        cells: Sequence[Sequence[Any]],
        wrong: Sequence[Sequence[str]] = (),
        imports: Sequence[str] = (),
    ) -> None:
        self._imports = {name: statement for statement in imports for name in bound(statement)}
        self._cells = cells
        self._wrong = wrong
        solved = [source for _, source, is_solution in cells if is_solution]
        self.written = {
            name for source in solved for name, is_function in bound(source).items() if is_function
        }
        there = {name for _, source, _ in cells for name in bound(source)}
        self.names = self.written | {
            name for source in solved for name in looked_up(source) if name in there
        }

    @functools.cached_property
    def _ran(self) -> tuple[Namespace, dict[str, str]]:
        space: Namespace = {"__name__": "reference"}
        failed: dict[str, str] = {}
        for name, source, is_solution in self._cells:
            try:
                run_locked(source, name, space, "solution" if is_solution else "locked cell")
            except GraderFault as error:
                if not is_solution:
                    raise
                failed |= dict.fromkeys([name, *bound(source)], str(error))
        return space, failed

    @property
    def namespace(self) -> Namespace:
        """All that its cells define or import, as they leave it."""
        return self._ran[0]

    @property
    def failed(self) -> dict[str, str]:
        """Why what a solution should define is not there, by name."""
        return self._ran[1]

    @functools.cached_property
    def functions(self) -> dict[str, Function]:
        """What of the namespace can be called, without what a cell has left that failed."""
        found = {name: value for name, value in self.namespace.items() if callable(value)}
        return {name: value for name, value in found.items() if name not in self.failed}

    @functools.cached_property
    def exercises(self) -> dict[str, Function]:
        """The functions that students write."""
        solved = [name for name, _, is_solution in self._cells if is_solution]
        return {name: self.functions[name] for name in solved if name in self.functions}

    def module(self, name: str) -> Any:
        """Import what the source notebook imports under a name; None where it imports nothing."""
        space: Namespace = {}
        if name in self._imports:
            run_locked(self._imports[name], f"with `{self._imports[name]}`", space, "cell")
        return space.get(name)

    @functools.cached_property
    def candidates(self) -> dict[str, list[Candidate]]:
        """The wrong versions of each exercise.

        Those of an earlier exercise count for one that is built of it as well.
        """
        found: dict[str, list[Candidate]] = {}
        for exercise, name, says, cell, *sure in self._wrong:
            for other, function in self._with(exercise, cell):
                text = says if other == exercise else f"Your {exercise} is at work here. {says}"
                found.setdefault(other, []).append(Candidate(name, text, function, exercise, *sure))
        return found

    def _with(self, exercise: str, cell: str) -> Iterator[tuple[str, Function]]:
        """Yield an exercise as ``cell`` writes it, and those that are built of it."""
        space = dict(self.namespace)
        reached = False
        for name, source, is_solution in self._cells:
            if not is_solution or (name in self.failed and name != exercise):
                continue
            if name == exercise:
                run_locked(cell, name, space, "wrong version of")
            else:
                run_locked(source, name, space, "solution")
            reached = reached or name == exercise
            if name == exercise or (reached and f"{exercise}(" in source):
                yield name, space[name]


def tested(public: Any, reference: Reference) -> list[str]:
    """Return the exercises of which a lesson's ``public_tests`` have a test and cases."""
    if not hasattr(public, "cases"):
        return []
    return [
        name
        for name in reference.exercises
        if hasattr(public, f"{name}_test") and public.cases(name)
    ]


def run_locked(source: str, name: str, space: Namespace, what: str = "locked cell") -> None:
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
        raise GraderFault(f"the {what} {name} raised {error!r}") from error
