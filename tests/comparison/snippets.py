"""Run code as the body of a student's function, and see what is said of the error in it."""

import itertools
import linecache
import textwrap

import numpy as np

from grading.comparison.checks import Mismatch, call
from rnn_utils import sigmoid, softmax

AXES = {3: ("unit", "example", "time step")}
CASE = "n_x=3, n_a=5, n_y=2, m=4, T_x=6"
_number = itertools.count()


def given():
    """Return arguments of those sizes."""
    draw = np.random.default_rng(0).standard_normal
    shapes = {"Wax": (5, 3), "Waa": (5, 5), "Wya": (2, 5), "ba": (5, 1), "by": (2, 1)}
    return {
        "x": draw((3, 4, 6)),
        "xt": draw((3, 4)),
        "a_prev": draw((5, 4)),
        "a": draw((5, 4, 6)),
        "parameters": {name: draw(shape) for name, shape in shapes.items()},
        "cache": (draw((5, 4)), draw((3, 4)), 3.0),
        "steps": [1, 2],
    }


def cell(source):
    """Run source as a cell of a notebook; return what it has defined."""
    name = f"/tmp/ipykernel_1/{next(_number)}.py"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    space = {"np": np, "softmax": softmax, "sigmoid": sigmoid, "nothing": None}
    exec(compile(source, name, "exec"), space)
    return space


def message(body, before=""):
    """Run the body of a function that is called ``f``; return the message of its Mismatch."""
    head = f"def f({', '.join(given())}):\n"
    parts = [before, head + textwrap.indent(body, "    ") + "\n"]
    space = cell("\n".join(filter(None, parts)))
    try:
        call(space["f"], given(), CASE, AXES)
    except Mismatch as wrong:
        return str(wrong)
    raise AssertionError("no error")


def told(text):
    """Return the part of a message that stands behind the lines that it quotes."""
    lines = text.split("\n")
    quoted = [n for n, line in enumerate(lines) if line.startswith(("  at line", "  which was"))]
    return " ".join(" ".join(lines[quoted[-1] + 1 :]).split())
