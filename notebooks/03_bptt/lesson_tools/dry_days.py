"""How the open exercise of this lesson is judged: by what a network answers, not by its weights."""

import numpy as np

from lesson_tools.checks import Mismatch, call
from rnn_lesson import rnn_forward

WANTED = 0.97  # the share of right answers that is asked for
MOST_UNITS = 20


def draw_days(rng, days, m=40, T_x=50):
    """Draw sequences of wet and dry days, and the answers: was it dry ``days`` days in a row?

    Returns
    -------
    x : numpy.ndarray, shape (1, m, T_x)
        1 on a wet day, 0 on a dry one.
    labels : numpy.ndarray of bool, shape (m, T_x)
        Whether a day and the days - 1 before it were dry. Before the first day it was wet.
    """
    wet = rng.random((m, T_x)) < 0.2
    dry = np.pad(~wet, [(0, 0), (days - 1, 0)])
    runs = np.lib.stride_tricks.sliding_window_view(dry, days, axis=1)
    return wet[None].astype(float), runs.all(axis=2)


def check_dry_days(target, days, rng):
    """Ask ``target`` for a network, and that network about sequences that it has not seen.

    Raises
    ------
    Mismatch
        When there is no network, or it is right on too few days.
    """
    parameters = call(target, {"days": days})
    _require_network(parameters)
    x, labels = draw_days(rng, days)
    a0 = np.zeros((len(parameters["Waa"]), x.shape[1]))
    with np.errstate(all="ignore"):
        _, y_pred, _ = rnn_forward(x, a0, parameters)
    says_yes = y_pred.argmax(axis=0) == 1
    share = np.mean(says_yes == labels)
    if share < WANTED:
        detail = f": on {share:.0%}, and {WANTED:.0%} are asked for."
        detail += _said(says_yes, x, days)
        raise Mismatch(f"The network of dry_days({days}) is right on too few days", detail)


def _said(says_yes, x, days):
    """Say what the network answers, if that is plain to see."""
    if says_yes.all() or not says_yes.any():
        return f" It says {'yes' if says_yes.all() else 'no'} on every day."
    dry = x[0] == 0
    for other in range(1, 12):
        padded = np.pad(dry, [(0, 0), (other - 1, 0)])
        runs = np.lib.stride_tricks.sliding_window_view(padded, other, axis=1).all(axis=2)
        if other != days and np.array_equal(says_yes, runs):
            return f" It asks for {other} dry day{'s' * (other > 1)} in a row, not for {days}."
    return ""


def _require_network(parameters):
    names = ("Wax", "Waa", "Wya", "ba", "by")
    if type(parameters) is not dict or set(parameters) != set(names):
        raise Mismatch(f"dry_days should return a dict with the keys {', '.join(names)}.")
    for name in names:
        value = parameters[name]
        if type(value) is not np.ndarray or value.dtype.kind not in "iuf" or value.ndim != 2:
            raise Mismatch(f"{name} should be an array of numbers with two axes.")
        if not np.isfinite(value).all():
            raise Mismatch(f"{name} should hold finite numbers.")
    n_a = len(parameters["Waa"])
    if not 1 <= n_a <= MOST_UNITS:
        raise Mismatch(f"The network should have 1 to {MOST_UNITS} units", f", but has {n_a}.")
    shapes = {"Wax": (n_a, 1), "Waa": (n_a, n_a), "Wya": (2, n_a), "ba": (n_a, 1), "by": (2, 1)}
    for name, shape in shapes.items():
        if parameters[name].shape != shape:
            got = parameters[name].shape
            raise Mismatch(f"{name} has the wrong shape", f": expected {shape}, got {got}.")
