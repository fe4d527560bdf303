"""Tests that you can run and read: one function per exercise.

``<function>_test(<function>)`` prints one line when all is well and otherwise stops
at the first thing that is not: how many values come back, then type, shape, dtype,
finite numbers and values of each, the cache, arguments that were changed, and a
second call that gives something else. Small and lopsided sizes are among the cases,
because that is where shapes mixed up show.

The expected numbers lie in ``public_tests.json``; ``hints.json`` holds what common
mistakes return, as numbers, and a sentence about each. ``make notebooks`` writes both.
"""

import contextlib
import copy
import functools
import json
import textwrap
from pathlib import Path

import numpy as np

from answer_checks import Mismatch, check, name_of, passed, require_function
from exercise_inputs import cases
from hints import explain

_recording = None  # while `make notebooks` writes the expected values: where they go


# --- one function per exercise ------------------------------------------------------


def rnn_cell_forward_test(target):
    """Test one step of the recurrent network."""
    with explained(target, "rnn_cell_forward"):
        for case, given, sizes in cases("rnn_cell_forward"):
            want = stored(target, case, given, lambda r: {"a_next": r[0], "yt_pred": r[1]})
            want["cache"] = (want["a_next"], given["a_prev"], given["xt"], given["parameters"])
            check(target, given, want, sizes)
    passed(target)


def rnn_forward_test(target):
    """Test the recurrent network over all time steps."""
    with explained(target, "rnn_forward"):
        for case, given, sizes in cases("rnn_forward"):
            x, a0, parameters = given.values()
            want = stored(target, case, given, lambda r: {"a": r[0], "y_pred": r[1]})
            states = [a0, *np.moveaxis(want["a"], 2, 0)]
            steps = [(states[t + 1], states[t], x[:, :, t], parameters) for t in range(x.shape[2])]
            want["caches"] = (steps, x)
            check(target, given, want, sizes)
    passed(target)


def lstm_cell_forward_test(target):
    """Test one step of the LSTM."""
    with explained(target, "lstm_cell_forward"):
        for case, given, sizes in cases("lstm_cell_forward"):
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
            check(target, given, want, sizes)
    passed(target)


def lstm_forward_test(target):
    """Test the LSTM over all time steps."""
    with explained(target, "lstm_forward"):
        for case, given, sizes in cases("lstm_forward"):
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
            check(target, given, want, sizes)
    passed(target)


def _gates(*caches):
    return np.array([cache[4:8] for cache in caches])  # by step: ft, it, cct, ot


def cross_entropy_test(target):
    """Test the loss of a batch of predictions."""
    _compare_all(target, "cross_entropy", lambda loss: {"loss": loss})


def gradient_check_test(target):
    """Test the check itself: on gradients that are right and on some that are not."""
    _compare_all(target, "gradient_check", lambda error: {"error": error})


def output_backward_test(target):
    """Test the step back from the loss to the hidden states."""
    _compare_all(target, "output_backward")


def rnn_cell_backward_test(target):
    """Test one step back through the recurrent network."""
    _compare_all(target, "rnn_cell_backward")


def rnn_backward_test(target):
    """Test the way back through the recurrent network, over all time steps."""
    _compare_all(target, "rnn_backward")


def lstm_cell_backward_test(target):
    """Test one step back through the LSTM."""
    _compare_all(target, "lstm_cell_backward")


def lstm_backward_test(target):
    """Test the way back through the LSTM, over all time steps."""
    _compare_all(target, "lstm_backward")


def _compare_all(target, name, pick=None):
    """Test a function that returns a dict of arrays, or the one number that ``pick`` names."""
    with explained(target, name):
        for case, given, sizes in cases(name):
            want = stored(target, case, given, pick or dict)
            check(target, given, want, sizes, float if pick else dict)
    passed(target)


@contextlib.contextmanager
def explained(target, name):
    """Let a failure say what it looks like, if the function does what a common mistake does."""
    try:
        yield
    except Mismatch as wrong:
        if isinstance(wrong.__cause__, NotImplementedError):
            raise
        known = _read("hints.json").get(name, [])
        said = explain(target, known, [given for _, given, _ in cases(name)])
        more = "".join(f"\n\n{textwrap.fill(text, 88)}" for text in said)
        raise Mismatch(wrong.brief, wrong.detail + more) from wrong.__cause__


# --- expected values --------------------------------------------------------------


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
    require_function(target)
    key = f"{name_of(target)} {case}"
    if _recording is not None:
        _recording[key] = pick(target(*copy.deepcopy(given).values()))
        return dict(_recording[key])
    known = _read("public_tests.json")
    if key not in known:
        raise Mismatch(f"There are no public tests for a function called {name_of(target)}.")
    return {name: np.array(values, dtype=float) for name, values in known[key].items()}


@functools.cache
def _read(name):
    return json.loads(Path(__file__).with_name(name).read_text("utf-8"))
