"""Counting to k: what an LSTM with weights set by hand is measured on."""

import numpy as np

from lesson_tools.checks import Mismatch, call, kind, name_of, passed

MOST_UNITS = 10
ENOUGH = 0.98  # of the steps; who has not counted gets three quarters of them at most


def counting_test(target, forward):
    """Print how many steps a network gets right that is to count to 3, beside three yardsticks.

    Parameters
    ----------
    target : callable
        Takes k and returns the parameters of an LSTM.
    forward : callable
        ``lstm_forward``.
    """
    x, there = draw_ticks(np.random.default_rng(0), 3, 20, 200)
    yes = says_yes(target, forward, 3, x)
    for name, says in {**yardsticks(x), "your network": yes}.items():
        print(f"{name:32}{np.mean(says == there):.3f} of the steps are right")
    _enough(yes, there, 3)
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
    if not isinstance(parameters, dict) or parameters.keys() != set(keys):
        text = f", but returns {kind(parameters)}" if not isinstance(parameters, dict) else ""
        wanted = f"{name_of(target)} should return a dict with the ten keys {' '.join(keys)}"
        raise Mismatch(wanted, f"{text}.")
    n_a = len(parameters["bf"]) if isinstance(parameters["bf"], np.ndarray) else 0
    if not 1 <= n_a <= MOST_UNITS:
        raise Mismatch(f"bf should have the shape (n_a, 1), with n_a from 1 to {MOST_UNITS}.")
    shapes = {"W": (n_a, n_a + n_x), "b": (n_a, 1)}
    for key in keys:
        array = parameters[key]
        shape = {"Wy": (2, n_a), "by": (2, 1)}.get(key, shapes[key[0]])
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            raise Mismatch(f"{key} should be a NumPy array of numbers", f", but is {kind(array)}.")
        if array.shape != shape:
            raise Mismatch(f"{key} should have the shape {shape}", f", but has {array.shape}.")
        if not np.isfinite(array).all():
            raise Mismatch(f"{key} should hold finite numbers.")


def _enough(yes, there, k):
    right = np.mean(yes == there)
    if right < ENOUGH:
        wrong = "too often" if yes.mean() > there.mean() else "too seldom"
        raise Mismatch(
            f"With k = {k} fewer than {ENOUGH:.0%} of the steps are right: it says yes {wrong}."
        )
