"""What the exercises of this lesson are called with: a GRU, forwards and backwards.

To draw a cache, a step of a GRU has to be done. The LSTM of lesson 2 lends its gates for that, so
that no exercise of this lesson is solved here.
"""

import numpy as np

from lesson_tools.inputs import SCALE, draw_backward, draw_parameters
from lstm_lesson import lstm_cell_forward
from rnn_utils import softmax


def gru_parameters(rng, n_x, n_a, n_y, scale=1.0):
    """Draw random weights and biases of a GRU: ``Wz Wr Wc Wy bz br bc by``."""
    shapes = {
        **dict.fromkeys(("Wz", "Wr", "Wc"), (n_a, n_a + n_x)),
        "Wy": (n_y, n_a),
        **dict.fromkeys(("bz", "br", "bc"), (n_a, 1)),
        "by": (n_y, 1),
    }
    return draw_parameters(rng, shapes, scale)


def gru_cell_forward_arguments(rng, n_x, n_a, n_y, m, scale=SCALE):
    """Draw the arguments of ``gru_cell_forward``, by name and in order."""
    return {
        "xt": scale * rng.standard_normal((n_x, m)),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": gru_parameters(rng, n_x, n_a, n_y, scale),
    }


def gru_forward_arguments(rng, n_x, n_a, n_y, m, T_x, scale=SCALE):
    """Draw the arguments of ``gru_forward``, by name and in order."""
    return {
        "x": scale * rng.standard_normal((n_x, m, T_x)),
        "a0": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": gru_parameters(rng, n_x, n_a, n_y, scale),
    }


def gru_cell_backward_arguments(rng, n_x, n_a, n_y, m, scale=SCALE, large=1.0, first=False):
    """Draw the arguments of ``gru_cell_backward``.

    The state before the ``first`` step is zero. ``large`` stretches what comes back.
    """
    given = gru_cell_forward_arguments(rng, n_x, n_a, n_y, m, scale)
    given["a_prev"] *= not first
    cache = borrowed_step(*given.values())
    return {"da_next": large * rng.standard_normal((n_a, m)), "cache": cache}


def gru_backward_arguments(rng, n_x, n_a, n_y, m, T_x, scale=SCALE, **more):
    """Draw the arguments of ``gru_backward``; see `draw_backward` for ``more``."""
    sizes = (n_x, n_a, n_y, m, T_x)
    return draw_backward(rng, borrowed_steps, gru_forward_arguments, sizes, scale, **more)


def dial_weights_arguments(rng, k):
    """Return the arguments of ``dial_weights``; nothing is drawn."""
    return {"k": k}


def borrowed_step(xt, a_prev, parameters):
    """Do one step of a GRU with the gates of an LSTM; return the cache of the step."""
    lent = {}
    for ours, theirs in {"z": "f", "r": "i", "c": "c"}.items():
        lent[f"W{theirs}"], lent[f"b{theirs}"] = parameters[f"W{ours}"], parameters[f"b{ours}"]
    lent |= {"Wo": lent["Wc"], "bo": lent["bc"], "Wy": np.eye(len(a_prev)), "by": lent["bc"]}
    *_, gates = lstm_cell_forward(xt, a_prev, a_prev, lent)
    zt, rt = gates[4], gates[5]
    *_, gates = lstm_cell_forward(xt, rt * a_prev, a_prev, lent)
    cct = gates[6]
    a_next = cct + (a_prev - cct) * zt
    return a_next, a_prev, zt, rt, cct, xt, parameters


def borrowed_steps(x, a0, parameters):
    """Do all steps of a GRU in the same way; return its predictions and caches."""
    caches, a_next = [], a0
    for xt in np.moveaxis(x, 2, 0):
        caches.append(borrowed_step(xt, a_next, parameters))
        a_next = caches[-1][0]
    scores = [parameters["Wy"] @ cache[0] + parameters["by"] for cache in caches]
    return softmax(np.stack(scores, axis=2)), (caches, x)
