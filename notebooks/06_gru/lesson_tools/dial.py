"""A dial with k settings: what a GRU with weights set by hand is measured on."""

import numpy as np

from lesson_tools.checks import Mismatch, call
from lesson_tools.gru_inputs import borrowed_steps
from lesson_tools.weights import alike_for, count_units, require_arrays

MOST_UNITS = 12
ASKED = (3, 7)
ENOUGH = 0.98  # of the steps; see `yardsticks` for what is reached without turning
CLEAR = 1e-9  # by how much the most probable setting exceeds the next: less is rounding
NONE = -1  # where no setting is the most probable
KEYS = ("bz", "Wz", "Wr", "Wc", "Wy", "br", "bc", "by")


def check_dial(target):
    """Raise a Mismatch unless enough steps are right, with each number of settings asked for.

    Parameters
    ----------
    target : callable
        Takes k and returns the parameters of a GRU.
    """
    for k in ASKED:
        x, setting = draw_clicks(np.random.default_rng(0), k, 20, 200)
        try:
            said = settings_said(target, k, x)
        except Mismatch as wrong:
            if wrong.__cause__ or k == ASKED[0]:
                raise
            raise Mismatch(f"With k = {k}: {wrong.brief}", wrong.detail) from None
        try:
            _enough(said, setting, k)
        except Mismatch as wrong:
            more = _seen(said, setting, x, k) + alike_for(target, [{"k": one} for one in ASKED])
            raise Mismatch(wrong.brief, wrong.detail + more) from None


def draw_clicks(rng, k, m, T_x, rate=0.2):
    """Draw clicks and resets, and say at which setting the dial stands after each step.

    The first step is a reset. Clicks and resets never come together.

    Returns
    -------
    x : numpy.ndarray, shape (2, m, T_x)
        1 where there is a click, and below it 1 where there is a reset.
    setting : numpy.ndarray of int, shape (m, T_x)
        From 0 to k - 1.
    """
    drawn = rng.random((m, T_x))
    drawn[:, 0] = rate
    click = drawn < rate
    reset = ~click & (drawn < rate + rate / (3 * k))  # about three times round in between
    return np.stack([click, reset]).astype(float), _counted(click, reset) % k


def _counted(click, reset):
    """Return how many clicks have come since the last reset, at each step."""
    counts = np.cumsum(click, axis=1)
    return counts - np.maximum.accumulate(np.where(reset, counts, 0), axis=1)


def yardsticks(x, k):
    """Return what is said without turning in a circle, by name: arrays of int, shape (m, T_x)."""
    click, reset = x.astype(bool)
    counts = _counted(click, reset)
    return {
        "always setting 0": 0 * counts,
        "the last input alone": 1 * click,
        "stops at the last setting": np.minimum(counts, k - 1),
    }


def settings_said(target, k, x):
    """Return which setting a network finds the most probable, shape (m, T_x); `NONE` where none is.

    Raises
    ------
    Mismatch
        When the parameters are none.
    """
    parameters = call(target, {"k": k})
    n_a = count_units(target, parameters, KEYS, "bz", MOST_UNITS)
    shapes = {key: {"W": (n_a, n_a + 2), "b": (n_a, 1)}[key[0]] for key in KEYS}
    shapes |= {"Wy": (k, n_a), "by": (k, 1)}
    require_arrays(target, parameters, shapes, f"n_a={n_a}, n_x=2, n_y={k}")
    with np.errstate(all="ignore"):  # of weights that are too large
        y, _ = borrowed_steps(x, np.zeros((n_a, x.shape[1])), parameters)
    first, second = np.sort(y, axis=0)[:-3:-1]
    return np.where(first - second > CLEAR, y.argmax(axis=0), NONE)


def require_dial(target, k, x, setting):
    """Raise a Mismatch unless enough steps are right."""
    _enough(settings_said(target, k, x), setting, k)


def _enough(said, setting, k):
    right = np.mean(said == setting)
    if right < ENOUGH:
        raise Mismatch(
            f"With k = {k} fewer than {ENOUGH:.0%} of the steps are right", f": {right:.1%} are."
        )


def _seen(said, setting, x, k):
    """Say what a network answers that does not turn as it should, as far as that is plain."""
    none = (said == NONE).sum()
    if none:
        return f" At {none} of {said.size} steps no setting is more probable than all others."
    if (said == said[0, 0]).all():
        return f" It says setting {said[0, 0]} at each step."
    click, reset = x.astype(bool)
    counts = _counted(click, reset)
    for what, other in {
        "It turns the other way round.": -counts % k,
        "It stops at the last setting, and does not turn on to 0.": np.minimum(counts, k - 1),
        "A reset changes nothing.": _counted(click, reset & False) % k,
        "It turns at a reset as at a click.": _counted(click | reset, reset & False) % k,
    }.items():
        if np.array_equal(said, other):
            return f" {what}"
    seen = []
    moved = said[:, 1:] != said[:, :-1]
    still = ~click[:, 1:] & ~reset[:, 1:]
    if (moved & still).any():
        seen.append(
            f" At {(moved & still).sum()} of {still.sum()} steps with no input its answer changes."
        )
    zero = said[reset] == 0
    if not zero.all():
        seen.append(f" After {(~zero).sum()} of {zero.size} resets it does not say 0.")
    stays = click[:, 1:] & ~moved
    if stays.any():
        seen.append(f" At {stays.sum()} of {click[:, 1:].sum()} clicks its answer stays.")
    return "".join(seen[:2])
