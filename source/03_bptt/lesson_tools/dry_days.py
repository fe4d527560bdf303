"""How the open exercise of this lesson is judged: by what a network answers, not by its weights."""

import numpy as np

from lesson_tools.checks import Mismatch, call
from lesson_tools.weights import count_units, require_arrays
from rnn_lesson import rnn_forward

WANTED = 0.97  # the share of right answers that is asked for
CLEAR = 1e-9  # by how much yes has to be more probable: less is rounding
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

    Returns
    -------
    str
        What is to be seen of the days on which it is wrong.
    """
    parameters = _network(target, days)
    x, labels = draw_days(rng, days)
    a0 = np.zeros((len(parameters["Waa"]), x.shape[1]))
    with np.errstate(all="ignore"):
        _, y_pred, _ = rnn_forward(x, a0, parameters)
    says_yes = y_pred[1] - y_pred[0] > CLEAR
    share = np.mean(says_yes == labels)
    said = _said(says_yes, x, days, labels)
    if share < WANTED:
        detail = f": on {share:.0%}, and {WANTED:.0%} are asked for."
        raise Mismatch(f"The network of dry_days({days}) is right on too few days", detail + said)
    return said


def _said(says_yes, x, days, labels):
    """Say what the network answers, as far as that is plain to see."""
    if np.array_equal(says_yes, labels):
        return ""
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
    return _of_later_days(says_yes, dry, days, labels) or _of_both_answers(says_yes, labels)


def _of_later_days(says_yes, dry, days, labels):
    """Say what the network answers from the day on which it has seen enough."""
    later = slice(days - 1, None)
    yes, right = says_yes[:, later], labels[:, later]
    if np.array_equal(yes, right):
        return (
            f" It is wrong on none but the first {days - 1} of the days of a sequence: before the "
            "first it was wet."
        )
    many = np.lib.stride_tricks.sliding_window_view(dry, days, axis=1).sum(axis=2)
    for count in range(1, days):
        if np.array_equal(yes, many >= count):
            what = f"{count} of them {'was' if count == 1 else 'were'} dry"
            return f" Where there are {days} days to look back on, it says yes if at least {what}."
    run = _dry_days_since_rain(dry)
    yes, run = says_yes[run >= 0], run[run >= 0]
    least = run[yes].min(initial=dry.shape[1])
    if np.array_equal(yes, run >= least) and least not in (days, dry.shape[1]):
        return f" When it has rained, it says yes again after {least} dry days, not after {days}."
    return ""


def _dry_days_since_rain(dry):
    """Count the days since it last rained; before the first rain of a sequence it is -1."""
    run = np.full(dry.shape, -1)
    for t in range(dry.shape[1]):
        before = run[:, t - 1] if t else run[:, 0]
        run[:, t] = np.where(dry[:, t], before + (before >= 0), 0)
    return run


def _of_both_answers(says_yes, labels):
    """Say how often the network is wrong where yes is right, and where no is."""
    too_often, too_seldom = np.mean(says_yes[~labels]), np.mean(~says_yes[labels])
    said = []
    if too_often:
        said.append(f"yes on {too_often:.0%} of the days on which no is right")
    if too_seldom:
        said.append(f"no on {too_seldom:.0%} of the days on which yes is right")
    return f" It says {' and '.join(said)}."


def _network(target, days):
    parameters = call(target, {"days": days})
    n_a = count_units(target, parameters, ("ba", "Wax", "Waa", "Wya", "by"), "ba", MOST_UNITS)
    shapes = {"Wax": (n_a, 1), "Waa": (n_a, n_a), "Wya": (2, n_a), "ba": (n_a, 1), "by": (2, 1)}
    require_arrays(target, parameters, shapes, f"n_a={n_a}, n_x=1, n_y=2")
    return parameters
