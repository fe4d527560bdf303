"""Counting to k: what an LSTM with weights set by hand is measured on."""

import numpy as np

from lesson_tools.checks import Mismatch, call, passed
from lesson_tools.weights import alike_for, count_units, require_arrays

MOST_UNITS = 10
ASKED = (3, 12)
ENOUGH = 0.98  # of the steps; who has not counted gets three quarters of them at most


def counting_test(target, forward):
    """Print how many steps a network gets right that is to count to 3, beside three yardsticks.

    What counts to 3 is then asked to count to 12.

    Parameters
    ----------
    target : callable
        Takes k and returns the parameters of an LSTM.
    forward : callable
        ``lstm_forward``.
    """
    for k in ASKED:
        x, there = draw_ticks(np.random.default_rng(0), k, 20, 200)
        yes = says_yes(target, forward, k, x)
        print(f"To be counted to {k}:")
        for name, says in {**yardsticks(x), "your network": yes}.items():
            print(f"{name:32}{np.mean(says == there):.3f} of the steps are right")
        try:
            _enough(yes, there, k)
        except Mismatch as wrong:
            given = [{"k": one} for one in ASKED]
            raise Mismatch(wrong.brief, wrong.detail + alike_for(target, given)) from None
    passed(target)


def draw_ticks(rng, k, m, T_x, rate=0.15):
    """Draw ticks and resets, and say where k ticks have come since the last reset.

    Returns
    -------
    x : numpy.ndarray, shape (2, m, T_x)
        1 where there is a tick, and below it 1 where there is a reset.
    there : numpy.ndarray of bool, shape (m, T_x)
    """
    drawn = rng.random((m, T_x))
    tick = drawn < rate
    reset = ~tick & (drawn < rate + rate / (1.6 * k))  # so that about half of the steps are yes
    counts = np.zeros(m)
    there = np.zeros((m, T_x), dtype=bool)
    for t in range(T_x):
        counts = np.where(reset[:, t], 0, counts + tick[:, t])
        there[:, t] = counts >= k
    return np.stack([tick, reset]).astype(float), there


def yardsticks(x):
    """Return what says yes without counting, by name: arrays of bool, shape (m, T_x)."""
    tick, reset = x.astype(bool)
    steps = np.arange(x.shape[2])
    last_tick = np.maximum.accumulate(np.where(tick, steps, -1), axis=1)
    last_reset = np.maximum.accumulate(np.where(reset, steps, -1), axis=1)
    return {
        "nobody, ever": tick & False,
        "each tick": tick,
        "the first tick": last_tick > last_reset,
    }


def says_yes(target, forward, k, x):
    """Return where a network finds the second class more probable, shape (m, T_x).

    Raises
    ------
    Mismatch
        When the parameters are none.
    """
    parameters = call(target, {"k": k})
    require_parameters(target, parameters, len(x))
    a0 = np.zeros((len(parameters["bf"]), x.shape[1]))
    with np.errstate(all="ignore"):  # of weights that are too large
        _, y, _, _ = forward(x.copy(), a0, parameters)
    return y[1] > y[0]


def require_count(target, forward, k, x, there):
    """Raise a Mismatch unless enough steps are right."""
    _enough(says_yes(target, forward, k, x), there, k)


def require_parameters(target, parameters, n_x):
    """Raise a Mismatch unless these are the parameters of a small LSTM with two classes."""
    keys = ("bf", "Wf", "Wi", "Wc", "Wo", "Wy", "bi", "bc", "bo", "by")
    n_a = count_units(target, parameters, keys, "bf", MOST_UNITS)
    shapes = {key: {"W": (n_a, n_a + n_x), "b": (n_a, 1)}[key[0]] for key in keys}
    shapes |= {"Wy": (2, n_a), "by": (2, 1)}
    require_arrays(target, parameters, shapes, f"n_a={n_a}, n_x={n_x}, n_y=2")


def _enough(yes, there, k):
    right = np.mean(yes == there)
    if right < ENOUGH:
        if right < 1 - ENOUGH:
            raise Mismatch(
                f"With k = {k} it says yes where no is right, and no where yes is: class 1, the "
                "second row, is yes."
            )
        wrong = "too often" if yes.mean() > there.mean() else "too seldom"
        raise Mismatch(
            f"With k = {k} fewer than {ENOUGH:.0%} of the steps are right: it says yes {wrong}."
        )
