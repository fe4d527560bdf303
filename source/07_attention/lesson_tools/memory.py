"""Rows of symbols to be copied, turned round or searched: what judges weights set by hand."""

import numpy as np

from lesson_tools.checks import Mismatch, call
from lesson_tools.forms import advice
from lesson_tools.weights import require_arrays, require_keys

KEYS = ("Wq", "Wk", "Wv")
MOST = 40  # rows of Wq and of Wk
ENOUGH = 0.98  # of the places; see `yardsticks` for what is reached without looking
CLEAR = 1e-9  # by how much the largest entry exceeds the next: less is rounding
NONE = -1  # where no entry is the largest
ASKED = {"copy": (6, 4), "reverse": (7, 5), "largest": (6, 10)}


def look(Q, K, V, mask):
    """Look at keys, one after the other, and keep a running mean of the values; return it.

    A mean whose shares grow with the scores can be taken without all of them being there at
    once: what has been added up so far shrinks when a larger score comes.

    Parameters
    ----------
    Q, K, V : numpy.ndarray, shape (d, m, T_q), (d, m, T_k) and (d_v, m, T_k)
    mask : numpy.ndarray, shape (m, T_q, T_k)
    """
    largest = np.full(Q.shape[1:], -np.inf)
    total, mean = np.zeros(largest.shape), np.zeros((len(V), *largest.shape))
    for k in range(K.shape[2]):
        score = (Q * K[:, :, [k]]).sum(axis=0) / np.sqrt(len(Q))
        seen = mask[:, :, k] > 0
        new = np.where(seen, np.maximum(largest, score), largest)
        with np.errstate(invalid="ignore"):  # as long as nothing has been seen
            shrunk = np.where(np.isfinite(largest), np.exp(largest - new), 0.0)
            share = np.where(seen, np.exp(score - new), 0.0)
        largest, total = new, shrunk * total + share
        mean = shrunk * mean + share * V[:, :, [k]]
    return mean / np.where(total > 0, total, 1.0)


def draw_symbols(rng, k, n, m):
    """Draw m rows of n symbols out of k.

    Returns
    -------
    x : numpy.ndarray, shape (k + n, m, n)
        A column for each place: 1 at its symbol, and below, 1 at its place.
    symbols : numpy.ndarray of int, shape (m, n)
    """
    symbols = rng.integers(0, k, (m, n))
    x = np.zeros((k + n, m, n))
    for place in range(n):
        x[symbols[:, place], np.arange(m), place] = 1.0
        x[k + place, :, place] = 1.0
    return x, symbols


def wanted_symbols(task, symbols):
    """Return what shall come out at each place: an array of int, shape (m, n)."""
    if task == "copy":
        return symbols
    if task == "reverse":
        return symbols[:, ::-1]
    return np.repeat(symbols.max(axis=1, keepdims=True), symbols.shape[1], axis=1)


def yardsticks(symbols, k):
    """Return what is said without a look at the right place, by name."""
    commonest = np.array([np.bincount(row, minlength=k).argmax() for row in symbols])
    return {
        "always the last symbol": np.full(symbols.shape, k - 1),
        "what stands at the place itself": symbols,
        "the commonest symbol of the row": np.repeat(commonest[:, None], symbols.shape[1], axis=1),
    }


def symbols_said(target, task, k, n, x):
    """Return which entry of the result is the largest, shape (m, n); `NONE` where none is.

    Raises
    ------
    Mismatch
        When the weights are none.
    """
    given = {"task": task, "k": k, "n": n}
    found = call(target, given)
    require_keys(target, found, KEYS)
    d = _rows(found)
    shapes = {"Wq": (d, k + n), "Wk": (d, k + n), "Wv": (k, k + n)}
    require_arrays(target, found, shapes, f"d={d}, k={k}, n={n}")
    Q, K, V = (np.tensordot(found[name].astype(float), x, axes=1) for name in KEYS)
    with np.errstate(all="ignore"):  # of weights that are too large
        out = look(Q, K, V, np.ones((x.shape[1], n, n)))
    first, second = np.sort(out, axis=0)[:-3:-1]
    return np.where(first - second > CLEAR, out.argmax(axis=0), NONE)


def _rows(found):
    """Return the number of rows of Wq: the length of a query."""
    array = found["Wq"]
    d = array.shape[0] if isinstance(array, np.ndarray) and array.ndim == 2 else 0
    if not 1 <= d <= MOST:
        wanted = f"Wq should be an array of shape (d, k + n), with d from 1 to {MOST}"
        shape = f" of shape {array.shape}" if isinstance(array, np.ndarray) else ""
        wrong = Mismatch(wanted, f", but is {type(array).__name__}{shape}.")
        raise Mismatch(wrong.brief, wrong.detail + advice(wrong, {}))
    return d


def check_looking(target):
    """Raise a Mismatch unless enough places are right, in each of the three tasks."""
    for task, (k, n) in ASKED.items():
        x, symbols = draw_symbols(np.random.default_rng(0), k, n, 200)
        said = symbols_said(target, task, k, n, x)
        try:
            _enough(said, symbols, task, k, n)
        except Mismatch as wrong:
            raise Mismatch(wrong.brief, wrong.detail + _seen(said, symbols, task, k)) from None


def require_looking(target, task, k, n, rng, m=200):
    """Raise a Mismatch unless enough places are right."""
    x, symbols = draw_symbols(rng, k, n, m)
    _enough(symbols_said(target, task, k, n, x), symbols, task, k, n)


def _enough(said, symbols, task, k, n):
    right = np.mean(said == wanted_symbols(task, symbols))
    if right < ENOUGH:
        raise Mismatch(
            f'With task "{task}", k = {k} and n = {n} fewer than '
            f"{ENOUGH:.0%} of the places are right",
            f": {right:.1%} are.",
        )


def _seen(said, symbols, task, k):
    """Say what weights do that do not do what they should, as far as that is plain."""
    none = (said == NONE).sum()
    if none:
        return f" At {none} of {said.size} places no entry of the result exceeds all others."
    if (said == said[0, 0]).all():
        return f" Symbol {said[0, 0]} comes at every place."
    for what, other in {
        "What comes is a copy.": symbols,
        "What comes is turned round.": symbols[:, ::-1],
        "What comes is the largest symbol.": wanted_symbols("largest", symbols),
        "What comes is the smallest symbol.": k - 1 - wanted_symbols("largest", k - 1 - symbols),
        "What comes is always the symbol of the first place.": symbols[:, :1],
        "What comes is always the symbol of the last place.": symbols[:, -1:],
    }.items():
        if np.array_equal(said, np.broadcast_to(other, said.shape)):
            return f" {what}"
    return ""
