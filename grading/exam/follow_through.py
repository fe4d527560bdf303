"""A mistake costs once: an exercise that is right but for another one of the student's own.

``rnn_forward`` with a wrong ``rnn_cell_forward`` inside returns wrong values. It is right all
the same if it does with the student's cell what the reference would do with it.

That says something of the loop only as far as the student's cell lets it show. A cell that
ignores the state before would forgive a loop that loses it, and one that returns the same
twice a loop that takes the two for each other. So the reference's loop is run with both
cells, ours and the student's, and one thing is changed at a time: if a change reaches the
result with ours and not with theirs, nothing follows. Which call it is that is changed, nobody
can know: else only that one would have to be honest. Where an exercise is built of several, that is
asked of each that is not ours in what was asked of it.

What follows is not certain until all exercises are judged; see `Exam.settle`.
"""

from __future__ import annotations

import itertools
import types
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from grading import comparison
from grading.core import Function, GraderFault
from grading.exam.inner import Asks, Inner, opened
from grading.exam.matching import Call, again, agree, alike, call, copied, memory

Shown = set[tuple[Any, ...]]


@runtime_checkable
class Theirs(Protocol):
    """A student's function that can be followed; see `grading.sandbox.Stub`."""

    def __call__(self, *args: Any) -> Any:
        """Call it."""

    def calls(self, other: str, *args: Any) -> int:
        """Call it; return how often that calls another function of the student's."""

    def alone(self) -> Asks:
        """Return what asks the function, as it is now, where nothing else has been called."""


class Follower:
    """The reference of an exercise, built of other functions than its own.

    Parameters
    ----------
    reference : callable
        A Python function that looks the others up by their names.
    answer : Theirs
        The student's answer to the exercise.
    uses : sequence of Theirs
        The functions of theirs that it is built of.
    seed : list of int
        What nobody can know beforehand is drawn with it.
    """

    def __init__(
        self, reference: Function, answer: Theirs, uses: Sequence[Theirs], seed: list[int]
    ) -> None:
        self._reference = reference
        self._answer = answer
        self._rng = np.random.default_rng(seed)
        names = [comparison.name_of(theirs) for theirs in uses]
        self._own = {name: reference.__globals__[name] for name in names}
        self._inner = {
            name: Inner(theirs, self._own[name]) for name, theirs in zip(names, uses, strict=True)
        }
        self._asks = {name: theirs.alone() for name, theirs in zip(names, uses, strict=True)}
        self._fits: dict[str, bool] = {}  # of each that is not ours in what was asked of it

    def call(self, one: Call, usual: Call) -> Call | None:
        """Return what a call should have come to with these inner functions.

        That is nothing if the answer cannot be judged by them, or if they do no harm here: then
        what is wrong is the answer's own. Whether it can is asked with the arguments of a
        ``usual`` call: large ones saturate, and nothing shows.
        """
        before = {name: inner.asked for name, inner in self._inner.items()}
        made = self._run(self._inner, one.given)
        if isinstance(made.result, Exception) or agree(made, again(self._reference, one)):
            return None
        for name in self._others():
            if name not in self._fits:
                calls = self._calls(name, one)
                if calls is None:
                    return None
                enough = calls >= self._inner[name].asked - before[name]
                self._fits[name] = enough and self._lets_show(name, usual)
        return made if self._fits and all(self._fits.values()) else None

    def _others(self) -> list[str]:
        """Return the inner functions that have not given just what ours give."""
        if len(self._inner) == 1:
            return list(self._inner)
        return [name for name, inner in self._inner.items() if not inner.is_like_ours()]

    def doubt(self, right: Collection[str]) -> str:
        """Say why nothing follows after all; nothing where it does.

        Parameters
        ----------
        right : collection of str
            The exercises that are right as a whole. There is no mistake in them to follow.
        """
        for name in self._fits:
            if name in right:
                return f"not right, and {name} is: so the mistake is here"
            if not self._inner[name].is_one_function(self._asks[name], self._rng):
                return f"not right, and {name} does not always give the same for the same arguments"
        return ""

    def _calls(self, name: str, one: Call) -> int | None:
        """Return how often the answer calls an inner function of theirs; None where it fails."""
        try:
            return self._answer.calls(name, *copied(dict(one.given)).values())
        except GraderFault:
            raise
        except Exception:  # the student's own, and of this call alone
            return None

    def _lets_show(self, name: str, usual: Call) -> bool:
        """Say whether an inner function of theirs lets show of the answer what ours does."""
        own = self._own[name]
        counted = Inner(own, own)
        self._run({name: counted}, usual.given)
        last = counted.asked - 1
        # A state may be zero in the first calls, and the last hands nothing on.
        place = int(self._rng.integers(2, last)) if last > 2 else max(last - 1, 0)
        # What shows but faintly with ours need not show with theirs.
        ours = memory.of(
            (self._reference, own, place),
            usual.known_by,
            lambda: self._shown(name, own, place, usual.given, _nearly),
        )
        return self._shown(name, self._inner[name], place, usual.given, alike) >= ours

    def _run(self, inner: Mapping[str, Function], given: Mapping[str, Any]) -> Call:
        """Call the reference with other functions inside."""
        spaces = {**self._reference.__globals__, **inner}
        function = types.FunctionType(
            self._reference.__code__,
            spaces,
            self._reference.__name__,
            self._reference.__defaults__,
        )
        made = call(function, given)
        made.result = opened(made.result)
        return made

    def _shown(
        self, name: str, inner: Function, place: int, given: Mapping[str, Any], same: Function
    ) -> Shown:
        """Return what of an inner function the reference's result shows; the others are ours.

        An element names what is changed in the call at ``place`` and is seen in the result; of what
        the inner function returns also whether it is seen in more than one place, and so
        beyond its own step.
        """
        usual = Altered(inner, place)
        result = _arrays(self._run({name: usual}, given).result)
        found: Shown = set()
        for one, other in itertools.combinations(usual.results, 2):
            if not alike(usual.results[one], usual.results[other]):
                found.add(("apart", one, other))
        changes: list[tuple[str, Any]] = [("argument", which) for which in usual.arguments]
        changes += [("result", which) for which in usual.results]
        for change in changes:
            altered = {name: Altered(inner, place, change)}
            now = _arrays(self._run(altered, given).result)
            seen = {
                piece
                for which in result.keys() & now.keys()
                for piece, before, after in _pieces(which, result[which], now[which])
                if not same(before, after)
            }
            if seen:
                found.add(change)
            if len(seen) > 1 and change[0] == "result":
                found.add((*change, "handed on"))
        return found


class Altered:
    """A function that does what another does, but for one change in one call.

    Parameters
    ----------
    inner : callable
    place : int
        Which call it is; 0 is the first.
    change : (str, object), optional
        ``"argument"`` and its place, or ``"result"`` and the name or place of an array in it:
        each number is multiplied by one of its own.

    Attributes
    ----------
    arguments : list of int
        The places of arrays, and of tuples that hold some, among the arguments.
    results : dict
        The arrays that the call has returned.
    """

    def __init__(self, inner: Function, place: int, change: tuple[str, Any] = ("", None)) -> None:
        self._inner = inner
        self._what, self._which = change
        self._left = place
        self.arguments: list[int] = []
        self.results: dict[Any, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        self._left -= 1
        if self._left != -1:
            return self._inner(*args)
        self.arguments = [n for n, arg in enumerate(args) if isinstance(arg, (np.ndarray, tuple))]
        if self._what == "argument":
            args = tuple(_changed(a) if n == self._which else a for n, a in enumerate(args))
        result = self._inner(*args)
        self.results = _arrays(result)
        if self._what == "result" and self._which in self.results:
            changed = _changed(self.results[self._which])
            if isinstance(result, dict):
                return {**result, self._which: changed}
            return (*result[: self._which], changed, *result[self._which + 1 :])
        return result


def _changed(value: Any) -> Any:
    """Multiply every number of an array, or of those in a tuple, by one of its own."""
    if isinstance(value, tuple):
        return tuple(_changed(item) for item in value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * np.random.default_rng(value.size).uniform(1.5, 2.5, value.shape)
    return value


def _arrays(result: Any) -> dict[Any, Any]:
    """Return the arrays of a result, by name or place; a cache holds the arguments anyway."""
    pairs: Any = ()
    if isinstance(result, dict):
        pairs = result.items()
    elif isinstance(result, tuple):
        pairs = enumerate(result)
    return {name: value for name, value in pairs if isinstance(value, np.ndarray)}


def _nearly(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and np.allclose(one, other, 1e-3, 1e-6))


def _pieces(name: Any, before: Any, after: Any) -> Any:
    """Yield an array's place, before and after; of one with a time axis each step."""
    if before.ndim == 3 and before.shape == after.shape:
        for t in range(before.shape[2]):
            yield (name, t), before[:, :, t], after[:, :, t]
    else:
        yield (name,), before, after
