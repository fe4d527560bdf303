"""How often a function calls another one: a loop over the steps calls its step once for each."""

import copy
import sys

from .checks import Mismatch, name_of


def calls_of(inner, target, given):
    """Call ``target`` with copies of the arguments; return how often it calls ``inner``.

    It is counted by what the interpreter runs, so under whatever name it is called.
    """
    code, count = getattr(inner, "__code__", None), [0]

    def look(frame, event, _):
        count[0] += event == "call" and frame.f_code is code

    used, before = copy.deepcopy(given), sys.getprofile()
    sys.setprofile(look)
    try:
        target(*used.values())
    finally:
        sys.setprofile(before)
    return count[0]


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
            f": {times} times for {steps} steps. One call returns all that a step makes: give its "
            "results names, and use them where they are needed.",
        )
