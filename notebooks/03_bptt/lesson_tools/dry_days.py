"""How the open exercise of this lesson is judged: by what a network answers, not by its weights."""

import numpy as np

from lesson_tools.checks import Mismatch, call
from lesson_tools.weights import count_units, require_arrays
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
    _require_network(target, parameters)
    x, labels = draw_days(rng, days)
    a0 = np.zeros((len(parameters["Waa"]), x.shape[1]))
    with np.errstate(all="ignore"):
        _, y_pred, _ = rnn_forward(x, a0, parameters)
    says_yes = y_pred.argmax(axis=0) == 1
    share = np.mean(says_yes == labels)
    if share < WANTED:
        detail = f": on {share:.0%}, and {WANTED:.0%} are asked for."
        detail += _said(says_yes, x, days, labels)
        raise Mismatch(f"The network of dry_days({days}) is right on too few days", detail)


def _said(says_yes, x, days, labels):
    """Say what the network answers, if that is plain to see."""
    if np.mean(says_yes != labels) >= WANTED:
        return " It says yes where no is right, and no where yes is: class 1 is yes."
    if says_yes.all() or not says_yes.any():
        return f" It says {'yes' if says_yes.all() else 'no'} on every day."
    dry = x[0] == 0
    for other in range(1, 12):
        padded = np.pad(dry, [(0, 0), (other - 1, 0)])
        runs = np.lib.stride_tricks.sliding_window_view(padded, other, axis=1).all(axis=2)
        if other != days and np.array_equal(says_yes, runs):
            return f" It asks for {other} dry day{'s' * (other > 1)} in a row, not for {days}."
    return ""


def _require_network(target, parameters):
    n_a = count_units(target, parameters, ("ba", "Wax", "Waa", "Wya", "by"), "ba", MOST_UNITS)
    shapes = {"Wax": (n_a, 1), "Waa": (n_a, n_a), "Wya": (2, n_a), "ba": (n_a, 1), "by": (2, 1)}
    require_arrays(target, parameters, shapes, f"n_a={n_a}, n_x=1, n_y=2")
