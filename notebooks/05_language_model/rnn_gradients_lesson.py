"""What lesson 3 built, ready to use: the check of a gradient, and the way back of the network.

The way back begins at the derivative of the scores, as the loss of this lesson is another one.
"""

import numpy as np


def gradient_check(f, x, dx, h=1e-6):
    """Compare a gradient with central differences; return the largest relative error.

    Parameters
    ----------
    f : callable
        Takes an array like x and returns a number.
    x : numpy.ndarray, any shape
        Where the gradient is checked.
    dx : numpy.ndarray, shape of x
        The gradient of f at x, as it is to be checked.
    h : float
        How far each entry is moved up and down.

    Returns
    -------
    float
        The largest |numeric - dx| / max(|numeric| + |dx|, 1e-4). Below 1e-6 dx is right,
        above 1e-4 it is wrong.
    """
    numeric = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        numeric[index] = (f(up) - f(down)) / (2 * h)
    scale = np.maximum(np.abs(numeric) + np.abs(dx), 1e-4)
    return float((np.abs(numeric - dx) / scale).max())


def scores_backward(dscores, a, parameters):
    """Go back from the scores to the states: the second half of ``output_backward``.

    Parameters
    ----------
    dscores : numpy.ndarray, shape (n_y, m, T_x)
        The derivative of the loss with respect to the scores Wya a + by.
    a : numpy.ndarray, shape (n_a, m, T_x)
        The states that the scores were made from.
    parameters : dict
        With ``Wya`` (n_y, n_a).

    Returns
    -------
    dict
        ``da`` (n_a, m, T_x), ``dWya`` (n_y, n_a) and ``dby`` (n_y, 1).
    """
    flat = dscores.reshape(len(dscores), -1)  # a column for each example and step
    return {
        "da": (parameters["Wya"].T @ flat).reshape(a.shape),
        "dWya": flat @ a.reshape(len(a), -1).T,
        "dby": flat.sum(axis=1, keepdims=True),
    }


def rnn_backward(da, caches):
    """Go back through all steps of the recurrent network.

    Parameters
    ----------
    da : numpy.ndarray, shape (n_a, m, T_x)
        What reaches each state directly, from the scores of its own step.
    caches : tuple
        (list of caches, x), from rnn_forward.

    Returns
    -------
    dict
        ``dx`` (n_x, m, T_x), ``da0`` (n_a, m), ``dWax`` (n_a, n_x), ``dWaa`` (n_a, n_a) and
        ``dba`` (n_a, 1).
    """
    steps, x = caches
    n_a, m, T_x = da.shape
    gradients = {
        "dx": np.zeros((len(x), m, T_x)),
        "da0": np.zeros((n_a, m)),
        "dWax": np.zeros((n_a, len(x))),
        "dWaa": np.zeros((n_a, n_a)),
        "dba": np.zeros((n_a, 1)),
    }
    for t in reversed(range(T_x)):
        a_next, a_prev, xt, parameters = steps[t]
        dz = (1 - a_next**2) * (da[:, :, t] + gradients["da0"])
        gradients["dx"][:, :, t] = parameters["Wax"].T @ dz
        gradients["da0"] = parameters["Waa"].T @ dz
        gradients["dWax"] += dz @ xt.T
        gradients["dWaa"] += dz @ a_prev.T
        gradients["dba"] += dz.sum(axis=1, keepdims=True)
    return gradients
