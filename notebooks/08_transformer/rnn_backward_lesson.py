"""What lesson 3 built for the plain RNN, ready to use: one step back, and all of them."""

import numpy as np


def rnn_cell_backward(da_next, cache):
    """Go back through one step of a plain RNN.

    Parameters
    ----------
    da_next : numpy.ndarray, shape (n_a, m)
        Derivative of the loss with respect to a_next, all of it.
    cache : tuple
        ``(a_next, a_prev, xt, parameters)``

    Returns
    -------
    dict
        ``dxt`` (n_x, m), ``da_prev`` (n_a, m), ``dWax`` (n_a, n_x), ``dWaa`` (n_a, n_a),
        ``dba`` (n_a, 1).
    """
    a_next, a_prev, xt, parameters = cache
    dz = da_next * (1 - a_next**2)
    return {
        "dxt": parameters["Wax"].T @ dz,
        "da_prev": parameters["Waa"].T @ dz,
        "dWax": dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(axis=1, keepdims=True),
    }


def rnn_backward(da, caches):
    """Go back through a plain RNN, from the last step to the first.

    Parameters
    ----------
    da : numpy.ndarray, shape (n_a, m, T_x)
        What reaches each hidden state directly, from the prediction of the same step.
    caches : tuple
        ``(list of caches, x)``. Only the first T_x caches count.

    Returns
    -------
    dict
        ``dx`` (n_x, m, T_x), ``da0`` (n_a, m), ``dWax``, ``dWaa``, ``dba``.
    """
    steps, x = caches
    dx = np.zeros((*x.shape[:2], da.shape[2]))
    da_prev, sums = np.zeros(da.shape[:2]), dict.fromkeys(["dWax", "dWaa", "dba"], 0.0)
    for t in reversed(range(da.shape[2])):
        step = rnn_cell_backward(da[:, :, t] + da_prev, steps[t])
        da_prev, dx[:, :, t] = step["da_prev"], step["dxt"]
        sums = {name: total + step[name] for name, total in sums.items()}
    return {"dx": dx, "da0": da_prev, **sums}
