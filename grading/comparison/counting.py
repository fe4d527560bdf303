"""How a function calls another one: a loop over the steps calls its step once for each."""

import copy
import sys
import types

import numpy as np

from .values import Mismatch, name_of

MOST_CALLS = 100  # of which it is looked at what they are given


def calls_of(inner, target, given):
    """Call ``target`` with copies of the arguments; return how often it calls ``inner``.

    It is counted by what the interpreter runs, so under whatever name it is called.
    """
    code, count = getattr(inner, "__code__", None), [0]

    def look(frame):
        count[0] += frame.f_code is code

    _watched(look, target, given)
    return count[0]


def arguments_of(target, given):
    """Call ``target`` with copies of the arguments; return what it gives to other functions.

    Returns
    -------
    dict of str to list of dict
        Of each function that it knows by a name and calls: for each call the arguments by name, as
        they were.
    """
    known = {
        one.__code__: name
        for name, one in getattr(target, "__globals__", {}).items()
        if type(one) is types.FunctionType and one is not target
    }
    found: dict[str, list[object]] = {}

    def look(frame):
        code = frame.f_code
        if code in known and len(found.setdefault(known[code], [])) < MOST_CALLS:
            names = code.co_varnames[: code.co_argcount]
            found[known[code]].append({name: _kept(frame.f_locals[name]) for name in names})

    _watched(look, target, given)
    return found


def _kept(value):
    plain = isinstance(value, (np.ndarray, tuple, list, dict, int, float))
    return copy.deepcopy(value) if plain else None


def _watched(look, target, given):
    """Call a function; what it and others call is shown to ``look`` as a frame that begins."""
    used, before = copy.deepcopy(given), sys.getprofile()
    sys.setprofile(lambda frame, event, _: look(frame) if event == "call" else None)
    try:
        target(*used.values())
    finally:
        sys.setprofile(before)


def check_once(target, inner, times, steps):
    """Check that a loop has called its step no more than once for each.

    Fewer calls are no mistake: a loop may do a step on its own.

    Parameters
    ----------
    target : callable
        The loop.
    inner : str
        What its step is called.
    times, steps : int
        How often it was called, and for how many steps.
    """
    if times > steps:
        raise Mismatch(
            f"{name_of(target)} calls {inner} more than once for each step",
            f": {times} times for {steps} steps. One call does a whole step and returns all that "
            "it makes: call it once, and give its results names.",
        )
