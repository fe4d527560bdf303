"""Patterns to be completed: what judges two layers of attention that are set by hand."""

import numpy as np

from attention_lesson import attention
from lesson_tools.checks import Mismatch, call
from lesson_tools.weights import require_arrays, require_keys

KEYS = ("E", "Wq1", "Wk1", "Wv1", "Wq2", "Wk2", "Wv2")
MOST = 150  # rows of E, of Wq1 and of Wq2
ENOUGH = 0.98  # of the places that are asked; see `yardsticks` for what is reached otherwise
CLEAR = 1e-9  # by how much the largest entry exceeds the next: less is rounding
NONE = -1  # where no entry is the largest
ASKED = [(9, 15), (16, 30)]


def draw_rows(rng, n_symbols, T, m):
    """Draw m rows of T symbols.

    Returns
    -------
    x : numpy.ndarray, shape (n_symbols + T, m, T)
        A column for each place: 1 at its symbol, and below, 1 at its place.
    symbols : numpy.ndarray of int, shape (m, T)
    wanted : numpy.ndarray of int, shape (m, T)
        The symbol that came behind the same one earlier on; `NONE` where that is not asked: where
        the symbol has not come before, or more than once.
    """
    symbols = rng.integers(0, n_symbols, (m, T))
    x = np.zeros((n_symbols + T, m, T))
    wanted = np.full(symbols.shape, NONE)
    for row, place in np.ndindex(m, T):
        x[symbols[row, place], row, place] = x[n_symbols + place, row, place] = 1.0
        (before,) = np.nonzero(symbols[row, :place] == symbols[row, place])
        if len(before) == 1:
            wanted[row, place] = symbols[row, before[0] + 1]
    return x, symbols, wanted


def yardsticks(symbols, n_symbols):
    """Return what is said without looking at the right place, by name."""
    m, T = symbols.shape
    kinds = np.arange(n_symbols)
    seen = np.cumsum(symbols[:, :, None] == kinds, axis=1)
    return {
        "always the same symbol": np.zeros((m, T), int),
        "the symbol itself": symbols,
        "the symbol before": np.hstack([symbols[:, :1], symbols[:, :-1]]),
        "the commonest so far": seen.argmax(axis=2),
    }


def symbols_said(target, n_symbols, T, x):
    """Return which entry of the result is the largest, shape (m, T); `NONE` where none is.

    Raises
    ------
    Mismatch
        When the weights are none.
    """
    found = call(target, {"n_symbols": n_symbols, "T": T})
    require_keys(target, found, KEYS)
    D, d1, d2 = (_rows(found, name) for name in ("E", "Wq1", "Wq2"))
    shapes = {"E": (D, n_symbols + T), "Wq1": (d1, D), "Wk1": (d1, D), "Wv1": (D, D)}
    shapes |= {"Wq2": (d2, D), "Wk2": (d2, D), "Wv2": (n_symbols, D)}
    sizes = f"D={D}, d1={d1}, d2={d2}, n_symbols={n_symbols}, T={T}"
    require_arrays(target, found, shapes, sizes)
    weights = {name: found[name].astype(float) for name in KEYS}
    with np.errstate(all="ignore"):  # of weights that are too large
        out = two_looks(weights, x)
    first, second = np.sort(out, axis=0)[:-3:-1]
    return np.where(first - second > CLEAR, out.argmax(axis=0), NONE)


def two_looks(weights, x):
    """Run two layers of attention, each with one head and a causal mask.

    Returns
    -------
    numpy.ndarray, shape (n_symbols, m, T)
    """
    mask = np.broadcast_to(np.tri(x.shape[2]), (x.shape[1], x.shape[2], x.shape[2]))

    def times(name, columns):
        return np.tensordot(weights[name], columns, axes=1)

    stream = times("E", x)
    stream = stream + attention(*(times(f"W{n}1", stream) for n in "qkv"), mask)[0]
    return attention(*(times(f"W{n}2", stream) for n in "qkv"), mask)[0]


def _rows(found, name):
    array = found[name]
    rows = len(array) if isinstance(array, np.ndarray) and array.ndim == 2 else 0
    if not 1 <= rows <= MOST:
        shape = f" of shape {array.shape}" if isinstance(array, np.ndarray) else ""
        raise Mismatch(
            f"{name} should be an array with two axes, with 1 to {MOST} rows",
            f", but is {type(array).__name__}{shape}.",
        )
    return rows


def check_induction(target):
    """Raise a Mismatch unless enough patterns are completed, in rows of each length."""
    for n_symbols, T in ASKED:
        x, symbols, wanted = draw_rows(np.random.default_rng(0), n_symbols, T, 200)
        said = symbols_said(target, n_symbols, T, x)
        try:
            _enough(said, wanted, n_symbols, T)
        except Mismatch as wrong:
            seen = _seen(said, symbols, wanted, n_symbols)
            raise Mismatch(wrong.brief, wrong.detail + seen) from None


def require_induction(target, n_symbols, T, rng, m=200):
    """Raise a Mismatch unless enough patterns are completed."""
    x, _, wanted = draw_rows(rng, n_symbols, T, m)
    _enough(symbols_said(target, n_symbols, T, x), wanted, n_symbols, T)


def _enough(said, wanted, n_symbols, T):
    asked = wanted != NONE
    right = np.mean(said[asked] == wanted[asked])
    if right < ENOUGH:
        raise Mismatch(
            f"With n_symbols = {n_symbols} and T = {T} fewer than {ENOUGH:.0%} of the patterns are "
            "completed",
            f": {right:.1%} are.",
        )


def _seen(said, symbols, wanted, n_symbols):
    """Say what weights do that do not do what they should, as far as that is plain."""
    asked = wanted != NONE
    again = asked & (symbols == symbols[:, :1])
    rest = asked & ~again
    if np.mean(said[rest] == wanted[rest]) >= ENOUGH > np.mean(said[again] == wanted[again]):
        missed = np.mean(said[again] != wanted[again])
        return (
            " It is right where the symbol is not that of the first place, and wrong at "
            f"{missed:.0%} of the places where it is."
        )
    none = (said[asked] == NONE).sum()
    if 2 * none > (said[asked] != wanted[asked]).sum():  # else there is more to it
        return f" At {none} of {asked.sum()} places no entry of the result exceeds all others."
    for what, other in yardsticks(symbols, n_symbols).items():
        if np.array_equal(said[asked], other[asked]) and what != "always the same symbol":
            return f" What comes is {what}."
    if (said[asked] == said[asked][0]).all():
        return f" Symbol {said[asked][0]} comes at every place."
    return ""
