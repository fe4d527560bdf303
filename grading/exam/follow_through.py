"""A mistake costs once: an exercise that is right but for another one of the student's own.

``rnn_forward`` with a wrong ``rnn_cell_forward`` inside returns wrong values. It is right all
the same if it does with the student's cell what the reference would do with it.

That says something of the loop only as far as the student's cell lets it show. A cell that
ignores the state before would forgive a loop that loses it, and one that returns the same
twice a loop that takes the two for each other. So the reference's loop is run with both
cells, ours and the student's, and one thing is changed at a time: if a change reaches the
result with ours and not with theirs, nothing follows.
"""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grading.core import Function
from grading.exam.matching import Call, again, agree, alike, call, copied, memory

Shown = set[tuple[Any, ...]]


class Follower:
    """The reference of an exercise, built of another function than its own.

    Parameters
    ----------
    reference : callable
        A Python function that looks ``inner`` up by its name.
    inner : callable
        The student's, called through its stub.
    name : str
        The name of ``inner``.
    calls : callable
        Takes arguments of the exercise; says how often the student's answer calls ``inner``.
    """

    def __init__(
        self, reference: Function, inner: Function, name: str, calls: Callable[..., int]
    ) -> None:
        self._reference = reference
        self._inner = inner
        self._name = name
        self._calls = calls
        self._fits: bool | None = None

    def call(self, one: Call, usual: Call) -> Call | None:
        """Return what a call should have come to with this inner function.

        That is nothing if the answer cannot be judged by it, or if it does no harm here: then
        what is wrong is the answer's own. Whether it can is asked with the arguments of a
        ``usual`` call: large ones saturate, and nothing shows.
        """
        made = self._run(self._inner, one.given)
        if isinstance(made.result, Exception) or agree(made, again(self._reference, one)):
            return None
        if self._fits is None:
            # What shows but faintly with ours need not show with theirs.
            own = self._reference.__globals__[self._name]
            ours = memory.of(
                (self._reference, own),
                usual.known_by,
                lambda: self._shown(own, usual.given, _nearly),
            )
            theirs = self._shown(self._inner, usual.given, alike)
            self._fits = theirs >= ours and self._calls(*copied(dict(one.given)).values()) > 0
        return made if self._fits else None

    def _run(self, inner: Function, given: Mapping[str, Any]) -> Call:
        """Call the reference with another function inside."""
        spaces = {**self._reference.__globals__, self._name: inner}
        function = types.FunctionType(
            self._reference.__code__,
            spaces,
            self._reference.__name__,
            self._reference.__defaults__,
        )
        return call(function, given)

    def _shown(self, inner: Function, given: Mapping[str, Any], same: Function) -> Shown:
        """Return what of an inner function the reference's result shows.

        An element names what is changed in the first call and is seen in the result; of what
        the inner function returns also whether it is seen in more than one place, and so
        beyond its own step.
        """
        usual = Altered(inner)
        result = _arrays(self._run(usual, given).result)
        found: Shown = set()
        for one, other in itertools.combinations(usual.results, 2):
            if not alike(usual.results[one], usual.results[other]):
                found.add(("apart", one, other))
        changes = [("argument", place) for place in usual.arguments]
        changes += [("result", name) for name in usual.results]
        for change in changes:
            now = _arrays(self._run(Altered(inner, change), given).result)
            places = {
                place
                for name in result.keys() & now.keys()
                for place, before, after in _pieces(name, result[name], now[name])
                if not same(before, after)
            }
            if places:
                found.add(change)
            if len(places) > 1 and change[0] == "result":
                found.add((*change, "handed on"))
        return found


class Altered:
    """A function that does what another does, but for one change in the first call.

    Parameters
    ----------
    inner : callable
    change : (str, object), optional
        ``"argument"`` and its place, or ``"result"`` and the name or place of an array in it:
        each number is multiplied by one of its own.

    Attributes
    ----------
    arguments : list of int
        The places of arrays, and of tuples that hold some, among the arguments.
    results : dict
        The arrays that the first call has returned.
    """

    def __init__(self, inner: Function, change: tuple[str, Any] = ("", None)) -> None:
        self._inner = inner
        self._what, self._which = change
        self._first = True
        self.arguments: list[int] = []
        self.results: dict[Any, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        if not self._first:
            return self._inner(*args)
        self._first = False
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
