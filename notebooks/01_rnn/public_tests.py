"""Tests that you can run and read: one function per exercise.

``<function>_test(<function>)`` prints one line when all is well and otherwise stops
at the first thing that is not: how many values come back, then type, shape, dtype,
finite numbers and values of each, the cache, arguments that were changed, and a
second call that gives something else. Small and lopsided sizes are among the cases,
because that is where shapes mixed up show.

The expected numbers lie in ``public_tests.json``. ``make notebooks`` writes that file
from the reference solutions.
"""

import copy
import json
import linecache
import traceback
from pathlib import Path

import numpy as np

# Stored values are rounded to 10 digits, and every sound order of summation agrees
# to about 14. A formula that differs at all is off by far more.
RTOL = 1e-7
ATOL = 1e-9

_recording = None  # while `make notebooks` writes the expected values: where they go


class Mismatch(AssertionError):
    """What is wrong with an answer.

    ``str()`` says it in full. ``brief`` says it without any expected value, for tests
    whose answers stay hidden.
    """

    def __init__(self, brief, detail=""):
        super().__init__(f"{brief}{detail}")
        self.brief = brief

    def _render_traceback_(self):
        # IPython shows these lines in place of a stack trace through this file.
        return str(self).split("\n")


# --- one function per exercise ------------------------------------------------------


def rnn_cell_forward_test(target):
    """Test one step of the recurrent network."""
    for case, sizes in enumerate([(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2)]):
        given = rnn_cell_arguments(np.random.RandomState(case), *sizes)
        want = stored(target, case, given, lambda r: {"a_next": r[0], "yt_pred": r[1]})
        want["cache"] = (want["a_next"], given["a_prev"], given["xt"], given["parameters"])
        check(target, given, want, "n_x={}, n_a={}, n_y={}, m={}".format(*sizes))
    passed(target)


def rnn_forward_test(target):
    """Test the recurrent network over all time steps."""
    for case, sizes in enumerate([(3, 5, 2, 4, 3), (4, 2, 3, 1, 4), (2, 3, 4, 3, 1)]):
        given = rnn_arguments(np.random.RandomState(case), *sizes)
        x, a0, parameters = given.values()
        want = stored(target, case, given, lambda r: {"a": r[0], "y_pred": r[1]})
        states = [a0, *np.moveaxis(want["a"], 2, 0)]
        steps = [(states[t + 1], states[t], x[:, :, t], parameters) for t in range(x.shape[2])]
        want["caches"] = (steps, x)
        check(target, given, want, "n_x={}, n_a={}, n_y={}, m={}, T_x={}".format(*sizes))
    passed(target)


def lstm_cell_forward_test(target):
    """Test one step of the LSTM."""
    for case, sizes in enumerate([(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2)]):
        given = lstm_cell_arguments(np.random.RandomState(case), *sizes)
        xt, a_prev, c_prev, parameters = given.values()
        want = stored(
            target,
            case,
            given,
            lambda r: {"a_next": r[0], "c_next": r[1], "yt_pred": r[2], "gates": _gates(r[3])},
        )
        (gates,) = want.pop("gates")
        states = (want["a_next"], want["c_next"], a_prev, c_prev)
        want["cache"] = (*states, *gates, xt, parameters)
        check(target, given, want, "n_x={}, n_a={}, n_y={}, m={}".format(*sizes))
    passed(target)


def lstm_forward_test(target):
    """Test the LSTM over all time steps."""
    for case, sizes in enumerate([(3, 5, 2, 4, 3), (4, 2, 3, 1, 4), (2, 3, 4, 3, 1)]):
        given = lstm_arguments(np.random.RandomState(case), *sizes)
        x, a0, parameters = given.values()
        want = stored(
            target,
            case,
            given,
            lambda r: {"a": r[0], "y": r[1], "c": r[2], "gates": _gates(*r[3][0])},
        )
        gates = want.pop("gates")
        a = [a0, *np.moveaxis(want["a"], 2, 0)]
        c = [np.zeros_like(a0), *np.moveaxis(want["c"], 2, 0)]
        steps = [
            (a[t + 1], c[t + 1], a[t], c[t], *gates[t], x[:, :, t], parameters)
            for t in range(x.shape[2])
        ]
        want["caches"] = (steps, x)
        check(target, given, want, "n_x={}, n_a={}, n_y={}, m={}, T_x={}".format(*sizes))
    passed(target)


def _gates(*caches):
    return np.array([cache[4:8] for cache in caches])  # by step: ft, it, cct, ot


# --- arguments to call them with ----------------------------------------------------


def rnn_parameters(rng, n_x, n_a, n_y, scale=1.0):
    """Draw random weights and biases of a recurrent network: ``Wax Waa Wya ba by``."""
    shapes = {
        "Wax": (n_a, n_x),
        "Waa": (n_a, n_a),
        "Wya": (n_y, n_a),
        "ba": (n_a, 1),
        "by": (n_y, 1),
    }
    return {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}


def rnn_cell_arguments(rng, n_x, n_a, n_y, m, scale=1.0):
    """Draw the arguments of ``rnn_cell_forward``, by name and in order."""
    return {
        "xt": scale * rng.standard_normal((n_x, m)),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": rnn_parameters(rng, n_x, n_a, n_y, scale),
    }


def rnn_arguments(rng, n_x, n_a, n_y, m, T_x, scale=1.0):
    """Draw the arguments of ``rnn_forward``, by name and in order."""
    return {
        "x": scale * rng.standard_normal((n_x, m, T_x)),
        "a0": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": rnn_parameters(rng, n_x, n_a, n_y, scale),
    }


def lstm_parameters(rng, n_x, n_a, n_y, scale=1.0):
    """Draw random weights and biases of an LSTM: ``Wf Wi Wc Wo Wy bf bi bc bo by``."""
    shapes = {
        **dict.fromkeys(("Wf", "Wi", "Wc", "Wo"), (n_a, n_a + n_x)),
        "Wy": (n_y, n_a),
        **dict.fromkeys(("bf", "bi", "bc", "bo"), (n_a, 1)),
        "by": (n_y, 1),
    }
    return {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}


def lstm_cell_arguments(rng, n_x, n_a, n_y, m, scale=1.0):
    """Draw the arguments of ``lstm_cell_forward``, by name and in order."""
    return {
        "xt": scale * rng.standard_normal((n_x, m)),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "c_prev": rng.standard_normal((n_a, m)),
        "parameters": lstm_parameters(rng, n_x, n_a, n_y, scale),
    }


def lstm_arguments(rng, n_x, n_a, n_y, m, T_x, scale=1.0):
    """Draw the arguments of ``lstm_forward``, by name and in order."""
    return {
        "x": scale * rng.standard_normal((n_x, m, T_x)),
        "a0": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": lstm_parameters(rng, n_x, n_a, n_y, scale),
    }


# --- how an answer is checked -------------------------------------------------------


def check(target, given, want, case=""):
    """Call ``target`` and compare everything that can be seen of the call.

    Parameters
    ----------
    target : callable
        The function under test.
    given : dict
        Its arguments, by name and in order. They are copied first.
    want : dict
        What it should return, by name and in order.
    case : str
        The sizes, for the message.

    Raises
    ------
    Mismatch
        At the first difference.
    """
    try:
        used = copy.deepcopy(given)
        compare_returns(target, call(target, used), want)
        compare_unchanged(target, used, given)
        compare_returns(target, call(target, copy.deepcopy(given)), want, " in a second call")
    except Mismatch as wrong:
        where = f"{name_of(target)} is not right yet ({case}):\n  " if case else ""
        brief, detail = wrong.brief, str(wrong)[len(wrong.brief) :]
        raise Mismatch(where + brief, detail) from wrong.__cause__


def call(target, given):
    """Call ``target`` with the arguments ``given``; an error in it becomes a Mismatch."""
    if not callable(target):
        raise Mismatch(f"{name_of(target)} should be a function, but is {kind(target)}.")
    try:
        return target(*given.values())
    except NotImplementedError as error:
        raise Mismatch(
            f"{name_of(target)} is not written yet. Fill its blank, run that cell, "
            "then run this one again."
        ) from error
    except Exception as error:
        raise Mismatch(
            f"{name_of(target)} stopped with {type(error).__name__}: {error}{place(error)}"
        ) from error


def compare_returns(target, got, want, when=""):
    """Compare the tuple that ``target`` returned with ``want``, value by value."""
    names = ", ".join(want)
    if not isinstance(got, tuple):
        raise Mismatch(
            f"{name_of(target)} should return {len(want)} values ({names}), "
            f"but returns {kind(got)}."
        )
    if len(got) != len(want):
        raise Mismatch(
            f"{name_of(target)} should return {len(want)} values ({names}), but returns {len(got)}."
        )
    for value, (name, expected) in zip(got, want.items(), strict=True):
        compare(name, value, expected, when)


def compare_unchanged(target, used, given):
    """Check that the call left its arguments as they were."""
    for name in given:
        try:
            compare(name, used[name], given[name], rtol=0.0, atol=0.0)
        except Mismatch:
            raise Mismatch(
                f"{name_of(target)} changes its argument {name}. "
                "The caller still needs it: work on a copy or make a new array."
            ) from None


def compare(name, got, expected, when="", rtol=RTOL, atol=ATOL):
    """Compare in order type, shape, dtype, finite numbers and values.

    Parameters
    ----------
    name : str
        What the value is called, for the message.
    got, expected : numpy.ndarray, or a tuple, list or dict of them
    when : str
        Added to the name where it helps, such as ``" in a second call"``.

    Raises
    ------
    Mismatch
        At the first difference: name, index, expected, got.
    """
    if isinstance(expected, (tuple, list, dict)):
        _compare_container(name, got, expected, when, rtol, atol)
        return
    if type(got) is not np.ndarray:
        raise Mismatch(f"{name}{when} should be a NumPy array, but is {kind(got)}.")
    if got.shape != expected.shape:
        raise Mismatch(
            f"{name}{when} has the wrong shape", f": expected {expected.shape}, got {got.shape}."
        )
    if got.dtype != expected.dtype:
        raise Mismatch(
            f"{name}{when} has the wrong dtype: expected {expected.dtype}, got {got.dtype}."
        )
    if got.size == 0:
        return
    bad = ~np.isfinite(got)
    if bad.any():
        index = _first(bad)
        raise Mismatch(
            f"{name}{_at(index)}{when} should be a finite number",
            f": expected {_number(expected[index])}, got {_number(got[index])}.",
        )
    wrong = ~(np.abs(got - expected) <= atol + rtol * np.abs(expected))
    if wrong.any():
        index = _first(wrong)
        raise Mismatch(
            f"{name}{_at(index)}{when} has the wrong value",
            f": expected {_number(expected[index])}, got {_number(got[index])} "
            f"({wrong.sum()} of {got.size} values differ).",
        )


def _compare_container(name, got, expected, when, rtol, atol):
    if type(got) is not type(expected):
        raise Mismatch(f"{name}{when} should be a {type(expected).__name__}, but is {kind(got)}.")
    if isinstance(expected, dict):
        if set(got) != set(expected):
            raise Mismatch(f"{name}{when} should have the keys {', '.join(expected)}.")
        for key in expected:
            compare(f"{name}[{key!r}]", got[key], expected[key], when, rtol, atol)
        return
    if len(got) != len(expected):
        raise Mismatch(
            f"{name}{when} has the wrong number of entries",
            f": expected {len(expected)}, got {len(got)}.",
        )
    for i, (one, other) in enumerate(zip(got, expected, strict=True)):
        compare(f"{name}[{i}]", one, other, when, rtol, atol)


def passed(target):
    """Say that all is well."""
    print(f"{name_of(target)}: all public tests passed.")


def stored(target, case, given, pick):
    """Return the expected arrays of one case, by name.

    Parameters
    ----------
    target : callable
        The function under test.
    case : int
        Which case of that function.
    given : dict
        Its arguments.
    pick : callable
        Takes what the function returns and gives the dict of arrays to store. It is
        used while the values are written, never in a test.
    """
    key = f"{name_of(target)} {case}"
    if _recording is not None:
        _recording[key] = pick(target(*copy.deepcopy(given).values()))
        return dict(_recording[key])
    known = json.loads(Path(__file__).with_name("public_tests.json").read_text("utf-8"))
    if key not in known:
        raise Mismatch(f"There are no public tests for a function called {name_of(target)}.")
    return {name: np.array(values, dtype=float) for name, values in known[key].items()}


# --- words for messages -------------------------------------------------------------


def name_of(target):
    """Return the name of a function, or how else to speak of it."""
    return getattr(target, "__name__", "The answer")


def kind(value):
    """Name the type of a value with its article: ``a list``, ``an int``, ``None``."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def place(error):
    """Quote the line of the student's function at which ``error`` was raised."""
    if hasattr(error, "place"):  # the grader's stub brings it along
        return error.place
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<__array")
    ]
    cells = [frame for frame in frames if "ipykernel" in frame.filename] or frames[:1]
    if not cells:
        return ""
    line = linecache.getline(cells[-1].filename, cells[-1].lineno).strip()
    return f"\n  at line {cells[-1].lineno} of its cell: {line}"


def _first(mask):
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _at(index):
    return f"[{', '.join(map(str, index))}]" if index else ""


def _number(value):
    return f"{value:.6g}"
