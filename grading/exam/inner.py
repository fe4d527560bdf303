"""A student's function within a function of ours: what it answers, and whether that can be used.

The reference's loop counts with the answers of the student's step. So each answer is looked at
before anything is computed with it: it has the shapes that our own would have, else a small array
makes a huge one here. And all are asked for once more where the student's loop has never run,
in another order: else a step could answer our loop with what the student's loop has left for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from grading.core import Function
from grading.exam.matching import Call, agree, call, copied
from grading.exam.memory import known_by

MOST = 40  # calls that are asked for once more: a loop of junk has forged more than a few
LARGEST = 2**63  # of a whole number: to count with longer ones takes time
NUMBERS = (bool, int, float, complex, np.generic)

Asks = Callable[[Sequence[tuple[Any, ...]]], Sequence[Any] | None]


class Misfit(Exception):
    """An answer has another form than ours, so nothing is computed with it."""


class Inner:
    """A student's function, for our loop to call in place of our own.

    Parameters
    ----------
    theirs, own : callable
        The student's and ours.

    Attributes
    ----------
    calls : list of Call
        What it was given and what came of it, the arguments by their place. What is asked for
        again is answered from here.
    asked : int
        How often it was called.
    """

    def __init__(self, theirs: Function, own: Function) -> None:
        self._theirs, self._own = theirs, own
        self._known: dict[bytes, Call] = {}
        self._forms: dict[Any, Form] = {}  # of what ours makes of such arguments
        self.calls: list[Call] = []
        self.asked = 0

    def __call__(self, *args: Any) -> Any:
        """Call the student's function.

        Raises
        ------
        Misfit
            When its answer, or what it made of an argument, has not the form of ours.
        """
        self.asked += 1
        given = {str(place): arg for place, arg in enumerate(args)}
        one = Call(copied(given), given)
        if one.known_by in self._known:
            return copied(self._known[one.known_by].result)
        answer = self._theirs(*args)
        self._check(one, answer)
        one.result = copied(answer)
        if one.untouched and one.known_by:
            one.used = one.given
            self._known[one.known_by] = one
        else:
            one.used = copied(one.used)
        self.calls.append(one)
        return answer

    def _check(self, one: Call, answer: Any) -> None:
        kind = _kind(one.given)
        if kind in self._forms and self._forms[kind].fits(answer, one.used):
            return
        ours = call(self._own, one.given)
        self._forms[kind] = Form(ours.result, ours.used)
        if not self._forms[kind].fits(answer, one.used):
            raise Misfit

    def is_one_function(self, asks: Asks, order: np.random.Generator) -> bool:
        """Say whether calls come to the same where nothing else was called, in another order.

        Of many some are drawn.

        Parameters
        ----------
        asks : callable
            Calls the function there, with each tuple of arguments. It changes them as the function
            does, and returns results and errors, or None where there was no way to call it.
        order : numpy.random.Generator
        """
        calls = [self.calls[place] for place in order.permutation(len(self.calls))[:MOST]]
        used = [copied(one.given) for one in calls]
        results = asks([tuple(arguments.values()) for arguments in used])
        if results is None:
            return False
        again = map(Call, (one.given for one in calls), used, results)
        return all(map(_same, calls, again))


def _same(one: Call, other: Call) -> bool:
    """Say whether two calls came to the same; most often they did to the last bit."""
    made = known_by({"": one.result})
    if made and made == known_by({"": other.result}) and one.untouched and other.untouched:
        return True
    return agree(one, other)


class Form:
    """The form of what came of a function of ours, which that of a student's has to have.

    An array has to be one of the same shape, a number one. A container within the result, such as
    a cache, is handed on by a loop: it may hold other things than ours, but not many more, and no
    array of a shape that none of ours has.

    Parameters
    ----------
    result : object
    used : dict
        The arguments after the call.
    """

    def __init__(self, result: Any, used: Mapping[str, Any]) -> None:
        self._result, self._used = result, dict(used)
        self._shapes: set[tuple[int, ...]] = {()}
        self._most = 100 + 2 * sum(self._weigh(one) for one in (result, self._used))
        self._room = 0

    def fits(self, result: Any, used: Mapping[str, Any]) -> bool:
        """Say whether it is that of a result, and of arguments after a call."""
        self._room = self._most
        return self._is_like(result, self._result) and self._is_like(dict(used), self._used)

    def _is_like(self, value: Any, own: Any, depth: int = 0) -> bool:
        if isinstance(own, np.ndarray):
            return type(value) is np.ndarray and value.shape == own.shape
        if isinstance(own, NUMBERS):
            return _is_number(value)
        if depth > 0 or not isinstance(own, (tuple, list, dict)):
            return self._is_small(value)
        if type(value) is not type(own) or len(value) != len(own):
            return False
        if isinstance(own, dict) and isinstance(value, dict):
            return value.keys() == own.keys() and all(
                self._is_like(value[key], own[key], 1) for key in own
            )
        return all(self._is_like(a, b, 1) for a, b in zip(value, own, strict=True))

    def _is_small(self, value: Any) -> bool:
        """Say whether a value is made of such arrays and numbers as ours, and not of too many."""
        self._room -= 1
        if isinstance(value, np.ndarray):
            self._room -= value.size
            return self._room >= 0 and value.shape in self._shapes
        if isinstance(value, (str, bytes)):
            self._room -= len(value)
        elif isinstance(value, (tuple, list, dict)):
            parts = value if not isinstance(value, dict) else [*value, *value.values()]
            return len(parts) <= self._room and all(map(self._is_small, parts))
        elif isinstance(value, NUMBERS) and not _is_number(value):
            return False
        return self._room >= 0

    def _weigh(self, own: Any) -> int:
        """Return how many numbers and objects a value is; keep the shapes of its arrays."""
        if isinstance(own, np.ndarray):
            self._shapes.add(own.shape)
            return 1 + int(own.size)
        if isinstance(own, (tuple, list)):
            return 1 + sum(map(self._weigh, own))
        if isinstance(own, dict):
            return 1 + sum(1 + self._weigh(part) for part in own.values())
        return 1 + (len(own) if isinstance(own, (str, bytes)) else 0)


def _is_number(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < LARGEST
    return isinstance(value, NUMBERS) or (type(value) is np.ndarray and value.shape == ())


def _kind(value: Any) -> Any:
    """Return the form of arguments, for a dict to know it by."""
    if isinstance(value, np.ndarray):
        return value.shape
    if isinstance(value, (tuple, list)):
        return type(value), tuple(map(_kind, value))
    if isinstance(value, dict):
        return tuple((key, _kind(part)) for key, part in value.items())
    return type(value)
