"""Which known misconception a wrong answer is: the one that gives just the same.

On the grader's side the wrong versions can run, so they are compared on the hidden inputs
themselves, where more can be told apart than on the public cases.
"""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grading import comparison
from grading.core import Candidate, Function, GraderFault
from grading.exam.memory import Memory, known_by

memory = Memory()


@dataclass
class Call:
    """A call of a student's function: what it was given, and what came of it.

    Attributes
    ----------
    given : mapping
        The arguments, as they were.
    used : mapping
        The same after the call.
    result : object
        What was returned, or the error that was raised.
    """

    given: Mapping[str, Any]
    used: Mapping[str, Any]
    result: Any = None

    @functools.cached_property
    def known_by(self) -> bytes | None:
        """A digest of its arguments; see `grading.exam.memory`."""
        return known_by(self.given)

    @functools.cached_property
    def untouched(self) -> bool:
        """Whether the arguments are surely as they were, to the last bit."""
        return self.known_by is not None and known_by(self.used) == self.known_by


def call(function: Function, given: Mapping[str, Any]) -> Call:
    """Call a function with copies of its arguments."""
    used = copied(dict(given))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Call(given, used, function(*used.values()))
        except GraderFault:
            raise
        except Exception as error:
            return Call(given, used, error)


def named(
    calls: Sequence[Call], reference: Function, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Return the candidates that agree with all calls.

    One that agrees with the reference as well is left out: it would accuse a right answer.
    """
    found = [c for c in candidates if all(agree(one, again(c.function, one)) for one in calls)]
    if not found or all(agree(one, again(reference, one)) for one in calls):
        return []
    return found


def said(candidates: Sequence[Candidate]) -> list[str]:
    """Return what is said of each candidate that an answer agrees with, as in the notebook.

    A fact is said as what the result is that of. Without one, two possibilities are said as what
    they are, the likelier first; nothing is said of the rest.
    """
    facts = any(one.sure == "fact" for one in candidates)
    chosen = [one for one in candidates if one.sure == ("fact" if facts else "perhaps")]
    texts = [one.says for one in chosen]
    texts = comparison.surely(texts) if facts else comparison.perhaps(texts)
    found = dict(zip(map(id, chosen), texts, strict=False))
    return [found.get(id(one), "") for one in candidates]


def again(function: Function, one: Call) -> Call:
    """Call a function of the grader's with the arguments of a call, or know what comes of it."""

    def make() -> tuple[Any, Mapping[str, Any] | None]:
        made = call(function, one.given)
        return made.result, None if made.untouched else made.used

    result, used = memory.of(function, one.known_by, make)
    return Call(one.given, one.given if used is None else used, result)


def agree(one: Call, other: Call) -> bool:
    """Say whether two calls came to the same: results, errors, changed arguments."""
    if isinstance(one.result, Exception):
        return type(one.result) is type(other.result) and str(one.result) == str(other.result)
    if not alike(one.result, other.result):
        return False
    return (one.untouched and other.untouched) or alike(dict(one.used), dict(other.used))


def alike(one: Any, other: Any) -> bool:
    """Compare plain data, numbers but for rounding; what is not finite may be the same too."""
    if _is_number(one) and _is_number(other):
        one, other = np.asarray(comparison.as_float(one)), np.asarray(comparison.as_float(other))
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        if one.shape != other.shape or one.dtype != other.dtype or one.dtype.kind not in "biuf":
            return False
        return _close(one, other)
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, np.random.Generator):
        return bool(one.bit_generator.state == other.bit_generator.state)
    # A function is one that the test has handed over: it is still the same, or another.
    return one is other or (isinstance(one, (bool, str, bytes)) and bool(one == other))


def _close(one: Any, other: Any) -> bool:
    """Do what np.allclose does, in a fifth of the time: a wrong answer is compared very often."""
    with np.errstate(invalid="ignore"):
        if one.dtype.kind == "f":
            close = np.abs(one - other) <= comparison.ATOL + comparison.RTOL * np.abs(other)
            close &= np.isfinite(other)  # every finite number is near infinity, by this formula
            if close.all():
                return True
            return bool((close | (one == other) | (np.isnan(one) & np.isnan(other))).all())
    return bool((one == other).all())


def copied(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """Copy plain data like copy.deepcopy, in a quarter of the time; what is one stays one."""
    memo = {} if memo is None else memo
    made: Any
    if id(value) in memo:
        return memo[id(value)]
    if type(value) is np.ndarray and value.dtype.kind in "biufc":
        made = value.copy(order="K")
    elif type(value) is dict:
        made = memo[id(value)] = {}
        made.update((key, copied(item, memo)) for key, item in value.items())
    elif type(value) in (list, tuple):
        made = type(value)([copied(item, memo) for item in value])
    else:
        made = copy.deepcopy(value, memo)
    memo[id(value)] = made
    return made


def _is_number(value: Any) -> bool:
    kinds = (int, float, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool)
