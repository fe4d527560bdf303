"""Tests that you can run and read: one function per exercise.

``<function>_test(<function>)`` prints one line when all is well and otherwise stops
at the first thing that is not: how many values come back, then type, shape, dtype,
finite numbers and values of each, the cache, arguments that were changed, and a
second call that gives something else. Small and lopsided sizes are among the cases,
because that is where shapes mixed up show.

The tests themselves lie in the folder ``lesson_tools``, in the file that ends in
``_tests.py``. In the course's own folder, where all lessons are, those of all are found.
"""

import functools
import importlib
import pkgutil
import sys
from pathlib import Path

# Where there are sources, each lesson has a folder lesson_tools there, and all count as one.
sys.path += map(str, sorted(Path(__file__).resolve().parent.glob("source/*/")))


def __getattr__(name):
    """Return the test of that name, from the lesson that has it."""
    for module in _lessons() if name.endswith("_test") else ():
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"There is no {name} in the tests of this lesson.")


def __dir__():
    return [*globals(), *(name for one in _lessons() for name in vars(one) if "_test" in name)]


def cases(name):
    """Return the public cases of an exercise: number, arguments by name, and sizes in words."""
    return [case for one in _lessons() if name in one.CASES for case in one.CASES.of(name)]


def probes(name):
    """Return the arguments on which mistakes in an exercise are told apart, beside its cases."""
    return [given for one in _lessons() if name in one.CASES for given in one.CASES.probes(name)]


def record(name, function):
    """Return what the test of an exercise should expect, from its solution; see `lesson_tools`."""
    (lesson,) = (one for one in _lessons() if hasattr(one, f"{name}_test"))
    return lesson.CASES.record(getattr(lesson, f"{name}_test"), function)


@functools.cache
def _lessons():
    """Return the modules that hold tests."""
    tools = importlib.import_module("lesson_tools")
    names = [found.name for found in pkgutil.iter_modules(tools.__path__)]
    return [
        importlib.import_module(f"lesson_tools.{name}")
        for name in sorted(set(names))
        if name.endswith("_tests")
    ]
