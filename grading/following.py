"""A mistake costs once: an exercise that is right but for another one of the student's own.

``rnn_forward`` with a wrong ``rnn_cell_forward`` inside returns wrong values. It is right all
the same if it does with the student's cell what the reference would do with it.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grading.naming import Call, alike, call

Function = Callable[..., Any]


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
        self._inner = inner
        self._calls = calls
        self._seen: tuple[Any, ...] = ()
        self._right = reference.__globals__[name]
        spaces = {**reference.__globals__, name: self._watched}
        self._function = types.FunctionType(
            reference.__code__, spaces, reference.__name__, reference.__defaults__
        )
        self._fits: bool | None = None

    def _watched(self, *args: Any) -> Any:
        self._seen = self._seen or copy.deepcopy(args)
        return self._inner(*args)

    def call(self, given: Mapping[str, Any]) -> Call | None:
        """Return what is right with this inner function; nothing if it cannot be judged by it."""
        made = call(self._function, given)
        if isinstance(made.result, Exception):
            return None
        if self._fits is None:
            self._fits = self._depends() and self._calls(*copy.deepcopy(dict(given)).values()) > 0
        return made if self._fits else None

    def _depends(self) -> bool:
        """Say whether the inner function's result depends on all that the reference's does.

        One that ignores the state before would forgive a loop that loses it, and one that
        always returns zeros a loop that adds nothing up.
        """
        theirs, ours = _matters(self._inner, self._seen), _matters(self._right, self._seen)
        return theirs >= ours


def _matters(function: Function, seen: tuple[Any, ...]) -> set[Any]:
    """Return which arguments matter to a function's result, by place, and which arrays of it vary.

    It is asked with numbers of usual size: large ones saturate, and nothing depends on anything.
    """
    rng = np.random.default_rng(0)
    usual = [_drawn(value, rng) for value in seen]
    result = _plain(function(*copy.deepcopy(usual)))
    found: set[Any] = set()
    for place, value in enumerate(usual):
        if isinstance(value, (np.ndarray, tuple)):
            others = copy.deepcopy(usual)
            others[place] = _drawn(value, rng)
            now = _plain(function(*others))
            changed = {name for name in result if not alike(now.get(name), result[name])}
            found |= {f"result {name}" for name in changed} | ({place} if changed else set())
    return found


def _drawn(value: Any, rng: np.random.Generator) -> Any:
    """Return arrays of the same shapes, drawn at random."""
    if isinstance(value, np.ndarray):
        return rng.standard_normal(value.shape)
    if isinstance(value, tuple):
        return tuple(_drawn(item, rng) for item in value)
    if isinstance(value, dict):
        return {key: _drawn(item, rng) for key, item in value.items()}
    return value


def _plain(result: Any) -> dict[Any, Any]:
    """Return the arrays of a result, by name or place; a cache holds the arguments anyway."""
    pairs = result.items() if isinstance(result, dict) else enumerate(result)
    return {name: value for name, value in pairs if isinstance(value, np.ndarray)}
