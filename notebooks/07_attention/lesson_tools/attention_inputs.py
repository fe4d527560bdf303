"""What the exercises of this lesson are called with: scores and masks, queries, keys and values.

Where an answer depends on a look at keys, `look` takes it, one key after the other: no weights
are written down there, so that no exercise of this lesson is solved.
"""

import numpy as np

from gru_lesson import gru_cell_forward
from lesson_tools.inputs import SCALE, draw_parameters
from lesson_tools.memory import look

MOST = 40.0  # how large a weight of a decoder may be that has been made to write a text


def draw_mask(rng, m, T_q, T_k, whole=False):
    """Draw which keys each query may look at, 1.0 or 0.0: shape (m, T_q, T_k).

    Each query may look at one key at least; with ``whole`` some may look at none.
    """
    mask = (rng.uniform(size=(m, T_q, T_k)) < 0.7).astype(float)
    for row in mask.reshape(-1, T_k):
        row[rng.choice(T_k)] = 1.0
    if whole:
        mask[rng.choice(m), rng.choice(T_q)] = 0.0
    return mask


def masked_softmax_arguments(
    rng, m, T_q, T_k, scale=1.0, whole=False, all_seen=False, lure=0.0, up=0.0
):
    """Draw the arguments of ``masked_softmax``.

    ``scale`` stretches all scores, ``up`` is added to them, ``lure`` to those of what is masked.
    """
    scores = scale * rng.standard_normal((m, T_q, T_k))
    mask = draw_mask(rng, m, T_q, T_k, whole)
    if all_seen:
        mask[:] = 1.0
    return {"scores": scores + up + lure * (1 - mask), "mask": mask}


def attention_arguments(rng, d, d_v, m, T_q, T_k, scale=1.0, whole=False, all_seen=False):
    """Draw the arguments of ``attention``."""
    given = {
        "Q": scale * rng.standard_normal((d, m, T_q)),
        "K": scale * rng.standard_normal((d, m, T_k)),
        "V": rng.standard_normal((d_v, m, T_k)),
        "mask": draw_mask(rng, m, T_q, T_k, whole),
    }
    if all_seen:
        given["mask"][:] = 1.0
    return given


def attention_backward_arguments(
    rng, d, d_v, m, T_q, T_k, large=1.0, sharp=1.0, whole=False, all_seen=False
):
    """Draw the arguments of ``attention_backward``.

    The weights are drawn: rows that sum to one, or to nothing. With a high ``sharp`` nearly all
    of a row is one weight.
    """
    given = attention_arguments(rng, d, d_v, m, T_q, T_k, 1.0, whole, all_seen)
    Q, K, V, mask = given.values()
    shares = mask * rng.uniform(0.05, 1.0, mask.shape) ** sharp
    total = shares.sum(axis=-1, keepdims=True)
    weights = shares / (total + (total == 0))
    d_out = large * rng.standard_normal((d_v, m, T_q))
    return {"d_out": d_out, "cache": (Q, K, V, weights)}


def decoder_parameters(rng, n_y, n_a, d, d_v, scale=SCALE):
    """Draw a decoder: a GRU in ``gru``, and ``Wq Wy by``."""
    shapes = dict.fromkeys(("Wz", "Wr", "Wc"), (n_a, n_a + n_y))
    shapes |= dict.fromkeys(("bz", "br", "bc"), (n_a, 1))
    gru = draw_parameters(rng, {**shapes, "Wy": (1, n_a), "by": (1, 1)}, scale)
    rest = draw_parameters(rng, {"Wq": (d, n_a), "Wy": (n_y, n_a + d_v), "by": (n_y, 1)}, 2 * scale)
    return {"gru": gru, **rest}


def decoder_step_arguments(rng, n_y, n_a, d, d_v, m, T_k, scale=SCALE, blind=False):
    """Draw the arguments of ``decoder_step``; ``blind``: one of the texts is masked as a whole."""
    lengths = 1 + rng.choice(T_k, m)
    lengths[rng.choice(m)] = T_k
    mask = (np.arange(T_k) < lengths[:, None]).astype(float)
    if blind:
        mask[rng.choice(m)] = 0.0
    characters = rng.choice(n_y, m)
    return {
        "xt": (np.arange(n_y)[:, None] == characters).astype(float),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "K": 2 * scale * rng.standard_normal((d, m, T_k)),
        "V": 2 * scale * rng.standard_normal((d_v, m, T_k)),
        "mask": mask,
        "parameters": decoder_parameters(rng, n_y, n_a, d, d_v, scale),
    }


def greedy_decode_arguments(rng, n_y, n_a, d, d_v, T_k, length=4, ends=True, stop=0, without=False):
    """Draw the arguments of ``greedy_decode``: a decoder that writes a text of some length.

    The text is drawn first. Then the decoder reads it, and its last weights are chosen so that
    each character makes it say the next one, without a doubt. With ``ends`` the text comes to its
    end before ``max_len``, and otherwise behind it: who forgets that limit comes to an end, too.
    ``without`` the last argument, it has its default.
    """
    largest = np.inf
    while largest > MOST:
        drawn = decoder_step_arguments(rng, n_y, n_a, d, d_v, 1, T_k, 1.0)
        given = _writes(rng, length, stop, *list(drawn.values())[1:])
        largest = np.abs(given["parameters"]["Wy"]).max()
    given |= {"max_len": length + (3 if ends else -2)}
    return given if without else given | {"stop": stop}


def _writes(rng, length, stop, a, K, V, mask, parameters):
    n_y, T_k = len(parameters["by"]), K.shape[2]
    mask[0, -1] = T_k == 1
    given = {"a0": a, "K": K, "V": V, "mask": mask, "parameters": parameters}
    others = [number for number in range(n_y) if number != stop]
    path = [stop, *(others[n] for n in rng.permutation(n_y - 1)[:length])]
    path += [others[n] for n in rng.choice(n_y - 1, length + 1 - len(path))]
    seen = []
    for read in path:
        a = gru_cell_forward(np.eye(n_y)[:, [read]], a, parameters["gru"])[0]
        at = look((parameters["Wq"] @ a)[:, :, None], K, V, mask[:, None])
        seen.append(np.concatenate([a, at[:, :, 0]]))
    scores = rng.uniform(-1.0, 1.0, (n_y, len(path)))
    scores[[*path[1:], stop], np.arange(len(path))] = 1.0 + rng.uniform(0.5, 1.0, len(path))
    parameters["Wy"] = (scores - parameters["by"]) @ np.linalg.pinv(np.hstack(seen))
    return given


def looking_weights_arguments(rng, task, k, n):
    """Return the arguments of ``looking_weights``; nothing is drawn."""
    return {"task": task, "k": k, "n": n}
