"""Whether the exercises that an answer calls pass their own public tests.

A loop that is right does wrong with a step that is wrong. What is to be seen of its calls would
then blame the loop for what comes back to it.
"""

import contextlib
import io
import types

from lesson_tools.described import listed

asking = []  # what is being tested for another one: its failure needs no explanation


def look_first(target, tests):
    """Return a sentence about functions that ``target`` calls and that are not right themselves.

    Parameters
    ----------
    target : callable
    tests : module
        It holds the public test of each exercise, ``<function>_test``.

    Returns
    -------
    str
        Empty where all pass, and where it cannot be seen what is called.
    """
    failing = [
        name
        for name, function in _called(target).items()
        if hasattr(tests, f"{name}_test") and not _passes(getattr(tests, f"{name}_test"), function)
    ]
    if not failing:
        return ""
    names = listed([f"`{name}`" for name in failing])
    if len(failing) > 1:
        return f"{names}, which it calls, do not pass their own tests: look there first."
    return f"{names}, which it calls, does not pass its own test: look there first."


def _called(target):
    """Return the other functions of its notebook that a function names, in order."""
    space = getattr(target, "__globals__", {})
    names = dict.fromkeys(_names(getattr(target, "__code__", None)))
    return {
        name: space[name]
        for name in names
        if callable(space.get(name)) and space[name] is not target
    }


def _names(code):
    if not isinstance(code, types.CodeType):
        return []
    return [*code.co_names, *(name for one in code.co_consts for name in _names(one))]


def _passes(test, function):
    asking.append(function)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            test(function)
        return True
    except Exception:  # whatever it is: it is not right
        return False
    finally:
        asking.pop()
