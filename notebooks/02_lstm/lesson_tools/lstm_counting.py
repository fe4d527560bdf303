"""Counting to k: what an LSTM with weights set by hand is measured on."""

import numpy as np

from lesson_tools.checks import Mismatch, call, passed
from lesson_tools.weights import alike_for, count_units, require_arrays

MOST_UNITS = 10
SHOWN = (3, 12)  # beside yardsticks
ASKED = (*SHOWN, 1, 20)
CLEAR = 1e-9  # by how much yes has to be more probable: less is rounding
ENOUGH = 0.98  # of the steps; who has not counted gets three quarters of them at most


def counting_test(target, forward):
    """Print how many steps a network gets right that is to count to 3, beside three yardsticks.

    What counts to 3 is then asked to count to 12, and in silence to 1 and to 20.

    Parameters
    ----------
    target : callable
        Takes k and returns the parameters of an LSTM.
    forward : callable
        ``lstm_forward``.
    """
    for k in ASKED:
        x, there = draw_ticks(np.random.default_rng(0), k, 20, 200)
        try:
            yes = says_yes(target, forward, k, x)
        except Mismatch as wrong:
            if wrong.__cause__ or k == ASKED[0]:
                raise
            raise Mismatch(f"With k = {k}: {wrong.brief}", wrong.detail) from None
        if k in SHOWN:
            print(f"To be counted to {k}:")
            for name, says in {**yardsticks(x), "your network": yes}.items():
                print(f"{name:32}{np.mean(says == there):.3f} of the steps are right")
        try:
            _enough(yes, there, k)
        except Mismatch as wrong:
            given = [{"k": one} for one in SHOWN]
            more = _seen(yes, there, x, k) + alike_for(target, given)
            raise Mismatch(wrong.brief, wrong.detail + more) from None
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


def _seen(yes, there, x, k):
    """Say what a network answers that does not count as it should, as far as that is plain."""
    if np.mean(yes == there) < 1 - ENOUGH:
        return ""  # that yes and no are exchanged is said already
    if yes.all() or not yes.any():
        return f" It says {'yes' if yes.all() else 'no'} at each step."
    tick, reset = x.astype(bool)
    for n in range(1, 4 * k):
        if n != k and np.array_equal(yes, _counted(tick, reset) >= n):
            return f" It says yes from {n} tick{'s' * (n > 1)} on, not from {k}."
        if np.array_equal(yes, _counted(tick, reset & False) >= n):
            return f" It says yes from {n} tick{'s' * (n > 1)} on, and a reset changes nothing."
    said = []
    kept = yes[:, 1:][reset[:, 1:] & yes[:, :-1]]
    if kept.any():
        said.append(f" {kept.sum()} of {kept.size} times its yes goes on at a reset.")
    ends = yes[:, :-1] & ~yes[:, 1:]
    lost = ends & ~reset[:, 1:]
    if lost.any():
        said.append(f" {lost.sum()} of {ends.sum()} times its yes ends though no reset has come.")
    begins = ~yes[:, :-1] & yes[:, 1:]
    alone = begins & ~tick[:, 1:]
    if alone.any():
        said.append(f" {alone.sum()} of {begins.sum()} times its yes begins without a tick.")
    counts = _counted(tick, reset)[:, 1:][begins]
    other = counts[counts != k]
    if other.size and not said:
        n = np.bincount(other).argmax()
        said.append(
            f" {np.sum(other == n)} of {counts.size} times its yes begins when {n} "
            f"tick{'s have' if n != 1 else ' has'} come since the last reset, not {k}."
        )
    return "".join(said[:2])


def _counted(tick, reset):
    """Return how many ticks have come since the last reset, at each step."""
    counts = np.cumsum(tick, axis=1)
    return counts - np.maximum.accumulate(np.where(reset, counts, 0), axis=1)


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
    return y[1] - y[0] > CLEAR


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
