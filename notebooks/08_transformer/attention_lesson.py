"""The look of lesson 7, finished: forwards with a mask, and the way back."""

import numpy as np


def masked_softmax(scores, mask):
    """Turn the scores of each query into shares of the keys that it may look at.

    Parameters
    ----------
    scores : numpy.ndarray, shape (m, T_q, T_k)
    mask : numpy.ndarray, shape (m, T_q, T_k)
        1.0 where the query may look at the key, and 0.0 elsewhere.

    Returns
    -------
    numpy.ndarray, shape (m, T_q, T_k)
        Along the last axis they sum to 1, or are all 0 where nothing may be looked at.
    """
    seen = np.where(mask > 0, scores, -np.inf)
    top = seen.max(axis=-1, keepdims=True)
    shares = np.exp(seen - np.where(np.isfinite(top), top, 0.0))
    total = shares.sum(axis=-1, keepdims=True)
    return shares / np.where(total > 0, total, 1.0)


def attention(Q, K, V, mask):
    """Look at all keys from all queries.

    Parameters
    ----------
    Q : numpy.ndarray, shape (d, m, T_q)
    K : numpy.ndarray, shape (d, m, T_k)
    V : numpy.ndarray, shape (d_v, m, T_k)
    mask : numpy.ndarray, shape (m, T_q, T_k)
        1.0 where the query may look at the key, and 0.0 elsewhere.

    Returns
    -------
    out : numpy.ndarray, shape (d_v, m, T_q)
        What comes back to each query.
    weights : numpy.ndarray, shape (m, T_q, T_k)
        How much of each value is in it.
    cache : tuple
        (Q, K, V, weights)
    """
    queries, keys, values = (np.moveaxis(one, 0, 1) for one in (Q, K, V))
    scores = np.moveaxis(queries, 1, 2) @ keys / np.sqrt(len(Q))
    weights = masked_softmax(scores, mask)
    out = np.moveaxis(values @ np.moveaxis(weights, 1, 2), 0, 1)
    return out, weights, (Q, K, V, weights)


def attention_backward(d_out, cache):
    """Go back through a look: to the queries, to the keys and to the values.

    Parameters
    ----------
    d_out : numpy.ndarray, shape (d_v, m, T_q)
    cache : tuple
        From attention.

    Returns
    -------
    dict
        dQ (d, m, T_q), dK (d, m, T_k) and dV (d_v, m, T_k).
    """
    Q, K, V, weights = cache
    rows = np.moveaxis(d_out, 0, 1)  # (m, d_v, T_q)
    dweights = np.moveaxis(rows, 1, 2) @ np.moveaxis(V, 0, 1)
    dscores = weights * (dweights - np.sum(weights * dweights, axis=-1, keepdims=True))
    dproducts = dscores / np.sqrt(len(Q))
    found = {
        "dQ": np.moveaxis(K, 0, 1) @ np.moveaxis(dproducts, 1, 2),
        "dK": np.moveaxis(Q, 0, 1) @ dproducts,
        "dV": rows @ weights,
    }
    return {name: np.moveaxis(value, 1, 0) for name, value in found.items()}
