"""A student's function within a function of ours: what it answers, and whether that can be used.

The reference's loop counts with the answers of the student's step. So each answer is looked at
before anything is computed with it: it has the shapes that our own would have, else a small array
makes a huge one here. And all are asked for once more where the student's loop has never run,
in another order: else a step could answer our loop with what the student's loop has left for it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from grading.core import Function
from grading.exam.matching import Call, again, agree, call, copied
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
        self._compared, self._like_ours = 0, True  # how many calls with ours, and what came of it

    def __call__(self, *args: Any) -> Any:
        """Call the student's function.

        Raises
        ------
        Misfit
            When its answer, or what it made of an argument, has not the form of ours; or when an
            argument is of another form, kept from an answer before.
        """
        self.asked += 1
        if any(map(_holds_kept, args)):
            raise Misfit
        given = {str(place): arg for place, arg in enumerate(args)}
        one = Call(copied(given), given)
        if one.known_by in self._known:
            return self._usable(one, copied(self._known[one.known_by].result))
        answer = self._theirs(*args)
        found = self._usable(one, answer)
        one.result = copied(answer)
        if one.untouched and one.known_by:
            one.used = one.given
            self._known[one.known_by] = one
        else:
            one.used = copied(one.used)
        self.calls.append(one)
        return found

    def _usable(self, one: Call, answer: Any) -> Any:
        kind = _kind(one.given)
        with contextlib.suppress(Misfit):
            if kind in self._forms:
                return self._forms[kind].usable(answer, one.used)
        ours = call(self._own, one.given)
        self._forms[kind] = Form(ours.result, ours.used)
        return self._forms[kind].usable(answer, one.used)

    def is_like_ours(self) -> bool:
        """Say whether each call so far came to what ours comes to."""
        while self._like_ours and self._compared < len(self.calls):
            one = self.calls[self._compared]
            self._like_ours = agree(one, again(self._own, one))
            self._compared += 1
        return self._like_ours

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

    An array has to be one of the same shape, or less that goes into it, and a number one. A
    container within the result, such as a cache, is handed on by a loop: where it has another form
    than ours it can be kept, and nothing else be done with it. It may not hold many more numbers
    than ours.

    Parameters
    ----------
    result : object
    used : dict
        The arguments after the call.
    """

    def __init__(self, result: Any, used: Mapping[str, Any]) -> None:
        self._result, self._used = result, dict(used)
        self._most = 100 + 2 * (_weight(result) + _weight(self._used))

    def usable(self, result: Any, used: Mapping[str, Any]) -> Any:
        """Return a result as it can be computed with.

        Raises
        ------
        Misfit
            When it cannot, or the arguments are not what they should be after the call.
        """
        if _weight((result, dict(used)), self._most) > self._most:
            raise Misfit
        if not _is_like(dict(used), self._used):
            raise Misfit
        ours = self._result
        if not isinstance(ours, (tuple, list, dict)):
            return self._part(result, ours)
        if type(result) is not type(ours) or len(result) != len(ours):
            raise Misfit
        if not isinstance(ours, dict):
            return type(ours)(map(self._part, result, ours))
        if not isinstance(result, dict) or result.keys() != ours.keys():
            raise Misfit
        return {key: self._part(part, ours[key]) for key, part in result.items()}

    def _part(self, value: Any, own: Any) -> Any:
        if _is_like(value, own):
            return value
        if isinstance(own, (np.ndarray, *NUMBERS)):
            raise Misfit
        return Kept(value)


class Kept:
    """Stands for what a loop may hand on, and do nothing else with."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _holds_kept(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_holds_kept, value))
    if isinstance(value, dict):
        return any(map(_holds_kept, value.values()))
    return isinstance(value, Kept)


def opened(value: Any) -> Any:
    """Return a result of our loop with what it has kept."""
    if isinstance(value, Kept):
        return value.value
    if type(value) in (tuple, list):
        return type(value)(map(opened, value))
    if type(value) is dict:
        return {key: opened(part) for key, part in value.items()}
    return value


def _is_like(value: Any, own: Any) -> bool:
    if isinstance(own, np.ndarray):
        return _is_number(value) or (type(value) is np.ndarray and _goes_into(value, own))
    if isinstance(own, NUMBERS):
        return _is_number(value)
    if type(value) is not type(own):
        return False
    if isinstance(own, dict):  # where there is more in it, a loop does not look for it
        return value.keys() >= own.keys() and all(_is_like(value[key], own[key]) for key in own)
    if isinstance(own, (tuple, list)):
        return len(value) == len(own) and all(map(_is_like, value, own))
    return not isinstance(own, (str, bytes)) or len(value) <= len(own)


def _goes_into(value: Any, own: Any) -> bool:
    """Say whether an array is spread over no more than ours: it has its shape, or ones in it."""
    sizes = zip(value.shape[::-1], own.shape[::-1], strict=False)
    return value.ndim <= own.ndim and all(one in (1, other) for one, other in sizes)


def _weight(value: Any, most: float = math.inf) -> int:
    """Return how many numbers and objects a value is written out; of more than ``most`` not all."""
    size = getattr(value, "size", 0) if isinstance(value, (np.ndarray, np.generic)) else 0
    if isinstance(value, (str, bytes)):
        size = len(value)
    elif isinstance(value, int):
        size = value.bit_length() // 64
    elif isinstance(value, (tuple, list, dict)):
        for part in value if not isinstance(value, dict) else [*value, *value.values()]:
            if size > most:
                break
            size += _weight(part, most - size)
    return 1 + int(size)


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
