"""A public test fails for the reason it names, and passes what is right."""

import copy
import functools
import itertools
import json
import linecache
import re
from pathlib import Path

import numpy as np
import pytest

import public_tests
from grading.release import expected_values, same
from grading.steps import read_reference
from grading.worker import read_reference as run_reference

ROOT = Path(__file__).parents[1]
EXPECTED = json.loads((ROOT / "public_tests.json").read_text("utf-8"))
TESTS = sorted(name for name in vars(public_tests) if name.endswith("_test"))
each_test = pytest.mark.parametrize("test", TESTS)


@pytest.fixture(scope="module")
def references():
    """All functions of the source notebooks, run where their data lies."""
    found = {}
    for path in sorted(ROOT.glob("source/*/*.ipynb")):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(path.parent)
            found |= run_reference(read_reference(path))
    return found


def altered(reference, change):
    """Return a function that answers ``change(answers, given)`` under the reference's name."""

    @functools.wraps(reference)
    def function(*given):
        return change(reference(*copy.deepcopy(given)), given)

    return function


def failure(target, name=None):
    """Run the public test of ``target``; return the Mismatch it stops with."""
    test = getattr(public_tests, f"{name or target.__name__}_test")
    with pytest.raises(public_tests.Mismatch) as caught:
        test(target)
    return caught.value


# --- wrong answers ------------------------------------------------------------------

CELL = "n_x=3, n_a=5, n_y=2, m=4"
RETURNS = {
    "rnn_cell_forward": ("a_next yt_pred cache", CELL),
    "rnn_forward": ("a y_pred caches", f"{CELL}, T_x=3"),
    "lstm_cell_forward": ("a_next c_next yt_pred cache", CELL),
    "lstm_forward": ("a y c caches", f"{CELL}, T_x=3"),
}
SHAPE, VALUE = "has the wrong shape", "has the wrong value"
FINITE, ENTRIES = "should be a finite number", "has the wrong number of entries"
KEYS = "should have the keys Wax, Waa, Wya, ba, by."


def put(array, index, value):
    """Replace one entry in a copy of ``array``."""
    array = array.copy()
    array[index] = value
    return array


def swap(k, i, j):
    """Exchange two entries in a copy of the tuple ``k``."""
    order = {i: j, j: i}
    return tuple(k[order.get(n, n)] for n in range(len(k)))


# Which value the message names and what it says of it; what was expected and what came, where
# it tells; what is done to the right value to get there. In braces stands a stored value.
WRONG = {
    "rnn_cell_forward": [
        ("a_next", "should be a NumPy array, but is None.", "", "", lambda a: None),
        ("a_next", "should be a NumPy array, but is a list.", "", "", lambda a: a.tolist()),
        ("yt_pred", "should be a NumPy array, but is a MaskedArray.", "", "", np.ma.array),
        ("a_next", SHAPE, "(5, 4)", "(4, 5)", np.transpose),
        ("yt_pred", SHAPE, "(2, 4)", "(2, 1)", lambda y: y[:, :1]),
        ("yt_pred", "has the wrong dtype: expected float64, got float32.", "", "", np.float32),
        ("yt_pred[1, 2]", FINITE, "{yt_pred[1][2]}", "nan", lambda y: put(y, (1, 2), np.nan)),
        ("a_next[4, 0]", FINITE, "{a_next[4][0]}", "-inf", lambda a: put(a, (4, 0), -np.inf)),
        ("a_next[2, 1]", VALUE, "{a_next[2][1]}", "7", lambda a: put(a, (2, 1), 7)),
        ("a_next[0, 1]", VALUE, "0.997555", "0.997559", lambda a: put(a, (0, 1), a[0, 1] + 4e-6)),
        ("yt_pred[0, 0]", VALUE, "{yt_pred[0][0]}", "-2 (8 of 8 values", lambda y: 0 * y - 2),
        ("cache", "should be a tuple, but is a list.", "", "", list),
        ("cache", "should be a tuple, but is None.", "", "", lambda k: None),
        ("cache", ENTRIES, "4", "3", lambda k: k[:3]),
        ("cache[0][0, 0]", VALUE, "{a_next[0][0]}", "0.", lambda k: (abs(k[1]), *k[1:])),
        ("cache[1]", SHAPE, "(5, 4)", "(3, 4)", lambda k: swap(k, 1, 2)),
        ("cache[3]", KEYS, "", "", lambda k: (*k[:3], {"Wax": k[3]["Wax"]})),
        ("cache[3]", KEYS, "", "", lambda k: (*k[:3], k[3] | {"extra": k[0]})),
        ("cache[3]['ba']", SHAPE, "(5, 1)", "(5, 4)", lambda k: (*k[:3], k[3] | {"ba": k[0]})),
    ],
    "rnn_forward": [
        ("a", SHAPE, "(5, 4, 3)", "(5, 3, 4)", lambda a: a.swapaxes(1, 2)),
        ("y_pred[0, 0, 0]", VALUE, "{y_pred[0][0][0]}", "0", np.zeros_like),
        ("caches", "should be a tuple, but is a list.", "", "", lambda k: k[0]),
        ("caches[0]", "should be a list, but is a tuple.", "", "", lambda k: (tuple(k[0]), k[1])),
        ("caches[0]", ENTRIES, "3", "1", lambda k: (k[0][-1:], k[1])),
        ("caches[0][1]", ENTRIES, "4", "0", lambda k: ([k[0][0], (), k[0][2]], k[1])),
        ("caches[1]", SHAPE, "(3, 4, 3)", "(3, 4)", lambda k: (k[0], k[1][:, :, 0])),
    ],
    "lstm_cell_forward": [
        ("cache", ENTRIES, "10", "9", lambda k: k[:9]),
        ("cache[4][0, 0]", VALUE, "{ft[0][0]}", "{it[0][0]}", lambda k: swap(k, 4, 5)),
        ("cache[6][0, 0]", VALUE, "{cct[0][0]}", "{ot[0][0]}", lambda k: swap(k, 6, 7)),
    ],
    "lstm_forward": [
        ("c[0, 0, 0]", VALUE, "{c[0][0][0]}", "{c[0][0][2]}", lambda c: c[:, :, ::-1]),
        ("caches[0]", ENTRIES, "3", "2", lambda k: (k[0][1:], k[1])),
    ],
}
ROWS = [
    pytest.param(name, *row, id=f"{name}: {' '.join(row[:2])}")
    for name, rows in WRONG.items()
    for row in rows
]


@pytest.mark.parametrize(("name", "where", "what", "expected", "got", "change"), ROWS)
def test_a_wrong_value_is_named(references, name, where, what, expected, got, change):
    """The message tells which value, where in it, what was expected and what came."""
    returns, sizes = RETURNS[name]
    index = returns.split().index(where.split("[")[0])
    error = failure(
        altered(references[name], lambda r, _: (*r[:index], change(r[index]), *r[index + 1 :]))
    )
    # The brief message is all that is shown where the answers stay hidden.
    assert error.brief == f"{name} is not right yet ({sizes}):\n  {where} {what}"
    told = f": expected {expected}, got {got}".format(**first_case(name)) if expected else ""
    assert str(error).startswith(error.brief + told)
    assert error._render_traceback_() == str(error).split("\n")


def first_case(name):
    """Return the stored values of the first case as a message shows them."""
    stored = {key: np.array(values) for key, values in EXPECTED[f"{name} 0"].items()}
    if name == "lstm_cell_forward":
        stored |= dict(zip(("ft", "it", "cct", "ot"), stored.pop("gates")[0], strict=True))
    return {key: np.vectorize("{:.6g}".format)(values) for key, values in stored.items()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r, _: None, "None"),
        (lambda r, _: list(r), "a list"),
        (lambda r, _: dict(enumerate(r)), "a dict"),
        (lambda r, _: r[:2], "2"),
        (lambda r, _: (*r, 0), "4"),
    ],
)
def test_a_wrong_number_of_returns_is_told(references, change, words):
    """The message lists what should come back and says what does."""
    wanted = "rnn_cell_forward should return 3 values (a_next, yt_pred, cache), but returns"
    error = failure(altered(references["rnn_cell_forward"], change))
    assert error.brief.endswith(f"\n  {wanted} {words}.")


# --- wrong ways ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "spoil"),
    [
        ("xt", lambda xt, a_prev, parameters: xt.fill(np.nan)),
        ("a_prev", lambda xt, a_prev, parameters: np.tanh(a_prev, out=a_prev)),
        ("parameters", lambda xt, a_prev, parameters: parameters.update(z=0)),
        ("parameters", lambda xt, a_prev, parameters: parameters.pop("by")),
        ("parameters", lambda xt, a_prev, parameters: parameters["Waa"].__imul__(1 + 1e-15)),
    ],
)
def test_an_argument_changed_in_place_is_named(references, argument, spoil):
    """All values are right, but the caller's arguments are not what they were."""
    wrong = altered(references["rnn_cell_forward"], lambda r, given: (spoil(*given), r)[1])
    assert f"\n  rnn_cell_forward changes its argument {argument}. " in failure(wrong).brief


def test_a_second_call_that_differs_is_told(references):
    """A function that keeps something from the call before is right only once."""
    kept = []

    def keep(answers, given):
        a, y_pred, (steps, x) = answers
        kept.extend(steps)
        return a, y_pred, (list(kept), x)

    error = failure(altered(references["rnn_forward"], keep))
    assert error.brief.endswith(f"\n  caches[0] in a second call {ENTRIES}")
    assert str(error).endswith(": expected 3, got 6.")


def test_an_unwritten_function_is_told_as_such():
    """A blank raises NotImplementedError; the message says what to do."""

    def rnn_forward(x, a0, parameters):
        raise NotImplementedError

    assert "\n  rnn_forward is not written yet. Fill its blank" in failure(rnn_forward).brief


def test_an_error_is_told_with_the_line_that_raised_it():
    """The message names the error and quotes the line."""

    def rnn_cell_forward(xt, a_prev, parameters):
        return parameters["Wxa"] @ xt

    line = rnn_cell_forward.__code__.co_firstlineno + 1
    assert failure(rnn_cell_forward).brief.endswith(
        "\n  rnn_cell_forward stopped with KeyError: 'Wxa'"
        f'\n  at line {line} of its cell: return parameters["Wxa"] @ xt'
    )


def test_an_error_inside_numpy_is_told_with_the_line_of_the_cell(monkeypatch):
    """Of all lines on the way to the error, the last one of the notebook is quoted."""
    lines = ["def rnn_cell_forward(xt, a_prev, parameters):\n", "    return invert(xt)\n"]
    cell = "/tmp/ipykernel_1/2.py"
    monkeypatch.setitem(linecache.cache, cell, (1, None, lines, cell))
    space = {"invert": np.linalg.inv}
    exec(compile("".join(lines), cell, "exec"), space)
    brief = failure(space["rnn_cell_forward"]).brief
    assert "stopped with LinAlgError: " in brief
    assert brief.endswith("\n  at line 2 of its cell: return invert(xt)")


def test_what_is_no_function_is_told():
    """A number cannot be called."""
    with pytest.raises(public_tests.Mismatch, match=r"should be a function, but is an int\.$"):
        public_tests.call(3, {})


def test_a_function_without_public_tests_is_told():
    """There are no stored values for a misspelt name."""

    def rnn_cell_foward(xt, a_prev, parameters):
        raise AssertionError("nobody calls it")

    words = "There are no public tests for a function called rnn_cell_foward."
    assert str(failure(rnn_cell_foward, "rnn_cell_forward")) == words


# --- right answers ------------------------------------------------------------------


@each_test
def test_the_reference_passes_with_one_line(references, capsys, test):
    """What is right is told in one line and nothing else."""
    function = test.removesuffix("_test")
    getattr(public_tests, test)(references[function])
    assert capsys.readouterr() == (f"{function}: all public tests passed.\n", "")


def test_another_order_of_summation_passes(references):
    """A difference in the last digits is no mistake."""
    public_tests.rnn_cell_forward_test(
        altered(references["rnn_cell_forward"], lambda r, _: (r[0] * (1 + 1e-13), *r[1:]))
    )


def test_the_stored_values_are_those_of_the_references():
    """public_tests.json holds what the references give now."""
    assert same(EXPECTED, expected_values(ROOT / "source"))


@each_test
def test_the_sizes_are_lopsided_and_small(references, test):
    """Any two sizes differ in some case; one example and one step are among the cases."""
    cases = []

    def record(answers, given):
        x, a, *_, parameters = given
        cases.append((*x.shape, len(a), len(parameters["by"])))  # n_x, m, (T_x,) n_a, n_y
        return answers

    getattr(public_tests, test)(altered(references[test.removesuffix("_test")], record))
    sizes = list(zip(*cases, strict=True))
    assert all(one != other for one, other in itertools.combinations(sizes, 2))
    assert all(1 in size for size in sizes[1:-2])
