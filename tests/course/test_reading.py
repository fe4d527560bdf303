"""What is read in the code of a wrong answer: each sentence where it is true, and only there."""

import contextlib
import io
import linecache
import textwrap

import pytest

import public_tests
from grading.assignment.misconceptions import RIGHT, read_list
from lesson_tools.checks import Mismatch
from lesson_tools.reading import reading
from tests.support.course import ROOT, assignments, reference_cells, references

GIVEN = {"x": 0, "a0": 0, "parameters": {"Wax": 0, "Waa": 0, "ba": 0}}
START = """\
import numpy as np

def cell(xt, parameters):
    return a_next, yt_pred, cache

"""  # five lines of a cell before the function of a row


def read(body, before=START):
    """Return what is read in a function with this body, whose first line is line 7 of its cell."""
    source = before + "def forward(x, a0, parameters):\n" + textwrap.indent(body, "    ")
    return reading(made(source, "forward"), GIVEN)


def made(source, name, known=None):
    """Return the function that a cell makes; the cell is known as a notebook's are."""
    place = f"<ipykernel {abs(hash(source))}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    space = dict(known or {})
    exec(compile(source, place, "exec"), space)
    return space[name]


USED = "print(x, a0, parameters)\n"  # so that nothing is said of arguments
ROWS = {
    "append taken as a result": (
        "caches = []\ncaches = caches.append(x)\nreturn a0, caches, parameters",
        "Line 8 gives `caches` the value None: `append` changes what it is called on",
    ),
    "append not called": (
        USED + "caches = []\ncaches.append\nreturn caches",
        "Line 9 names `caches.append` and does not call it",
    ),
    "two equals signs": (USED + "a0 == x\nreturn x", "Line 8 only compares"),
    "a copy kept nowhere": (
        USED + "x.copy()\nreturn x",
        "What line 8 works out is kept nowhere: it needs a name.",
    ),
    "a sum kept nowhere": (USED + "x + a0\nreturn x", "What line 8 works out is kept nowhere"),
    "np.transpose kept nowhere": (
        USED + "np.transpose(x)\nreturn x",
        "What line 8 works out is kept nowhere",
    ),
    "return inside the loop": (
        USED + "for t in x:\n    a0 = a0 + t\n    return a0",
        "The `return` of line 10 stands inside the loop of line 8, so the function ends in the "
        "first round.",
    ),
    "results in another order": (
        USED + "yt_pred, a_next, cache = cell(x, parameters)\nreturn a_next, yt_pred, cache",
        "`cell` returns `a_next`, `yt_pred`, `cache`, in this order; line 8 takes `yt_pred`, "
        "`a_next`, `cache` from it.",
    ),
    "a key under another name": (
        'Wax = parameters["Waa"]\nreturn Wax, x, a0',
        "Line 7 gives `Wax` what `parameters` holds under `Waa`.",
    ),
    "two keys in one line": (
        'Waa, ba = parameters["Waa"], parameters["Wax"]\nreturn Waa, ba, x, a0',
        "Line 7 gives `ba` what `parameters` holds under `Wax`.",
    ),
    "values by their places": (
        "Waa, Wax, ba = parameters.values()\nreturn Waa, Wax, ba, x, a0",
        "Line 7 takes the values by their places, and gives `Waa` what `parameters` holds under "
        "`Wax`: take each by its key.",
    ),
    "an argument given another value": (
        "a0 = np.zeros(3)\nreturn a0, x, parameters",
        "Line 7 gives the argument `a0` another value before anything has read it.",
    ),
    "an argument never read": (
        "return x, parameters",
        "Nothing in your function reads its argument `a0`.",
    ),
    "overwritten in each round": (
        USED + "dW = np.zeros(3)\nfor t in x:\n    dW = t * a0\nreturn dW",
        "`dW` begins as zeros in line 8, but line 10 gives it a new value in each round of the "
        "loop, and nothing there reads the one of the round before.",
    ),
    "set to zero in each round": (
        USED + "for t in x:\n    s = 0\n    for u in t:\n        s += u\nreturn s",
        "Line 9 sets `s` to 0 in each round of the loop of line 8: what was added up before is "
        "lost.",
    ),
    "written to one place": (
        USED + "for t in x:\n    for k in t:\n        a0[t, 0] = t * k\nreturn a0",
        "In each round of the loop of line 9, line 10 writes to the same place, `a0[t, 0]`: what "
        "the last round writes stays.",
    ),
    "never used": (
        USED + "b = x + 1\nreturn x",
        "`b` gets a value in line 8, and nothing uses it.",
    ),
    "a loop that does the same": (
        USED + "for t in x:\n    b = a0 + x\nreturn b",
        "The loop of line 8 counts with `t`, and nothing in it reads `t`: each round does the "
        "same.",
    ),
    "a loop that hands on and reads no place": (
        USED + "for t in x:\n    a0 = a0 + x\nreturn a0",
        "The loop of line 8 counts with `t`, and nothing in it reads `t`.",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_is_read(row):
    body, sentence = ROWS[row]
    (said,) = read(body)
    assert said.startswith(sentence)


SILENT = {
    "goes on until something comes": (
        "for t in range(9):\n    a0 = a0 + 1\n    if a0 > 5:\n        break\nreturn a0"
    ),
    "added up": "dW = 0\nfor t in x:\n    dW = dW + t\nreturn dW",
    "added up in place": "dW = 0\nfor t in x:\n    dW += t\nreturn dW",
    "carried on": "a = a0\nfor t in x:\n    a, y, c = cell(t, a)\nreturn a, y, c",
    "read later in the round": "a = 0\nfor t in x:\n    print(a)\n    a = t\nreturn a",
    "written to a place of each round": "for t in x:\n    u = t + 1\n    a0[u] = t\nreturn a0",
    "written to one place and read": "for t in x:\n    a0[0] = a0[0] + t\nreturn a0",
    "read elsewhere in the round": "for t in x:\n    a0[0] = t\n    print(a0)\nreturn a0",
    "a sum of its own in each round": (
        "for t in x:\n    s = 0\n    for u in t:\n        s += u\n    a0[t] = s\nreturn a0"
    ),
    "filled": "a = np.zeros(3)\nfor t in x:\n    a[t] = t\nreturn a",
    "changed through another name": "b = x\nb += 1\nreturn x",
    "return in a condition in the loop": "for t in x:\n    if t:\n        return t\nreturn a0",
    "return behind a continue": "for t in x:\n    if t:\n        continue\n    return t",
    "a size that is not used": "m = x.shape[1]\nn = len(x)\nreturn x",
    "results under names of their own": "a, y, c = cell(x, parameters)\nreturn a, y, c",
    "an underscore": "for _ in x:\n    a0 = a0 + 1\n_, y, c = cell(x, parameters)\nreturn y, c",
    "one value under two names": 'W = parameters["Waa"]\nreturn W',
    "np.append": "caches = []\ncaches = np.append(caches, x)\nreturn caches",
    "np.sort": "x = np.sort(x)\nreturn x",
    "an argument changed in place": "a0 += 1\nreturn a0",
    "an argument with a default of its own": "x = x if x else a0\nreturn x",
    "written into by out": "np.tanh(x, out=x)\nreturn x",
    "written into by position": "np.tanh(x, x)\nreturn x",
    "seen by locals": "b = 1\nreturn locals()",
}


@pytest.mark.parametrize("row", SILENT)
def test_nothing_is_read_where_nothing_is_wrong(row):
    assert read(USED + SILENT[row]) == []


@pytest.mark.parametrize("source", ["forward = lambda x, a0, parameters: x", "forward = max"])
def test_what_no_def_has_made_is_not_read(source):
    assert reading(made(source, "forward"), GIVEN) == []


def test_a_cell_that_is_no_longer_known_is_not_read():
    space = {}
    exec("def forward(x):\n    return 1", space)
    assert reading(space["forward"], {"x": 0}) == []


def given_of(name):
    """Return the arguments of an exercise's first case; none where it has no cases."""
    with contextlib.suppress(AttributeError, StopIteration, KeyError):
        cases = getattr(public_tests, f"{name}_test").__globals__["CASES"]
        return next(cases.of(name))[1]
    return {}


@pytest.mark.parametrize("assignment", assignments())
def test_nothing_is_read_in_right_answers(assignment):
    cells = reference_cells(assignment)
    answers = [(name, "the solution", source) for name, source in cells.items()]
    answers += [
        (one.function, one.name, one.apply(cells[one.function]))
        for one in read_list(ROOT / "source" / assignment, RIGHT)
    ]
    for name, what, source in answers:
        function = made(source, name, references()[name].__globals__)
        assert (what, reading(function, given_of(name))) == (what, [])


def test_a_public_test_says_it():
    """Two slips at once, so that no known mistake explains it."""
    code = reference_cells("01_rnn")["rnn_forward"]
    for old, new in [("steps.append(", "steps = steps.append("), ("range(T_x)", "range(T_x - 1)")]:
        assert old in code
        code = code.replace(old, new)
    function = made(code, "rnn_forward", references()["rnn_forward"].__globals__)
    with pytest.raises(Mismatch) as caught, contextlib.redirect_stdout(io.StringIO()):
        public_tests.rnn_forward_test(function)
    assert "gives `steps` the value None" in " ".join(str(caught.value).split())
