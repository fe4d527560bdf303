"""How the open exercise of this lesson is judged: by what the last state still feels.

An input is moved a little, and the last hidden state moves with it: that is the derivative that a
way back would find, and no way back is needed for it. So a slip in one costs nothing here.
"""

import numpy as np

from lesson_tools.checks import Mismatch, call
from lesson_tools.weights import require_arrays
from rnn_utils import sigmoid

LEAST, MOST = 0.1, 8.0  # times what it feels of the last input
HEARD = 0.01  # times the move of the last input, or else the network is deaf
NETWORKS, EXAMPLES = 10, 2
MOVE = 1e-4


def asked(target, n_a):
    """Return the biases that a function gives.

    Raises
    ------
    Mismatch
        When they are none.
    """
    biases = call(target, {"n_a": n_a})
    shapes = dict.fromkeys(("bf", "bi", "bc", "bo"), (n_a, 1))
    require_arrays(target, biases, shapes, f"n_a={n_a}")
    return biases


def require_lasting(target, n_a, T_x, rng):
    """Raise a Mismatch unless the last state feels the first input, and the last, as it should."""
    share, heard, gates = felt(asked(target, n_a), T_x, rng)
    where = f"With {n_a} units and {T_x} steps"
    if not heard >= HEARD:
        raise Mismatch(
            f"{where} the last state moves less than {HEARD} times as far as the last input: "
            "the network hardly hears what comes in.",
            f" {_in_words(gates)}",
        )
    if not LEAST <= share <= MOST:
        wrong = "vanishes" if share < LEAST else "explodes"
        asked_for = f"{LEAST} to {MOST:g} times"
        raise Mismatch(
            f"{where} the gradient {wrong}: the last state should feel {asked_for} as much of the "
            "first input as of the last",
            f", and feels {said(share)} times as much. {_in_words(gates)}",
        )


def _in_words(gates):
    """Say what the gates do in all steps together, and the slope of the candidate."""
    return (
        f"Over all steps the forget gates leave {_span(gates['kept'])} of a cell state. On average "
        f"the update gate is open to {gates['update']:.0%}, the output gate to "
        f"{gates['output']:.0%}, and the slope of the candidate is {said(gates['slope'])}."
    )


def said(share):
    """Return a share in two digits; what lies below rounding, in words."""
    return f"{share:.2g}" if share > 1e-9 else "less than 1e-9"


def _left(share):
    return "nearly all" if said(share) == "1" and share < 1 else said(share)


def _span(kept):
    """Say what is left, of one unit as of another, or from the least to the most."""
    least, most = (_left(one) for one in (kept.min(), kept.max()))
    return most if least == most else f"{least} to {most}"


def felt(biases, T_x, rng, n_x=3):
    """Return what the last state feels of the first input, as a share of what it feels of the last.

    Weights and inputs of several LSTMs with these biases are drawn as in the lesson. Of them it is
    the geometric mean, so that no single network decides.

    Returns
    -------
    share : float
    heard : float
        How far the last state moves when the last input moves by 1.
    gates : dict
        As ``kept`` what the forget gate of each unit leaves of its cell state over all steps, as
        geometric means over networks and examples; and how far update and output gate are open and
        the candidate's slope, as means.
    """
    n_a = len(biases["bf"])
    weights = rng.standard_normal((NETWORKS, 4 * n_a, n_a + n_x)) / np.sqrt(n_a + n_x)
    b = np.concatenate([biases[name] for name in ("bf", "bi", "bo", "bc")]).astype(float)
    x = np.tile(rng.standard_normal((T_x, NETWORKS, n_x, EXAMPLES)), 2)  # up and down
    move = rng.standard_normal((NETWORKS, n_x, EXAMPLES))
    move *= MOVE / np.linalg.norm(move, axis=1, keepdims=True)
    move = np.concatenate([move, -move], axis=2)
    seen, left = [], 0.0

    def step(xt, a, c):
        z = weights @ np.concatenate([a, xt], axis=1) + b
        forget, update, output = np.split(sigmoid(z[:, : 3 * n_a]), 3, axis=1)
        candidate = np.tanh(z[:, 3 * n_a :])
        c = forget * c + update * candidate
        nonlocal left
        left = left + np.log(np.maximum(forget, 1e-300)).mean(axis=(0, 2))
        seen.append((update.mean(), output.mean(), np.mean(1 - candidate**2)))
        return output * np.tanh(c), c

    def moved(a):
        up, down = np.split(a, 2, axis=2)
        squares = np.sum((up - down) ** 2, axis=1).mean(axis=-1) / (2 * MOVE) ** 2
        return np.exp(np.mean(np.log(np.maximum(squares, 1e-26))) / 2)

    before = np.zeros((2, NETWORKS, n_a, 2 * EXAMPLES))
    states = step(x[0] + move, *before)
    for xt in x[1:]:
        before, states = states, step(xt, *states)
    means = np.mean(seen, axis=0)
    gates = dict(zip(("update", "output", "slope"), means, strict=True), kept=np.exp(left))
    heard = moved(step(x[-1] + move, *(half_way(state) for state in before))[0])
    return moved(states[0]) / heard, heard, gates


def half_way(state):
    """Return the states between those of both moves, twice: where nothing had been moved."""
    up, down = np.split(state, 2, axis=2)
    return np.tile((up + down) / 2, 2)
