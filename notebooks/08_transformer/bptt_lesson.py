"""What lesson 3 built, ready to use: the loss, the check of a gradient, the output's way back.

The last one goes by the names of the LSTM, so it has a name of its own.
"""

import numpy as np


def cross_entropy(y_pred, labels):
    """Return how badly predictions fit the labels: the mean of -log p(label).

    Parameters
    ----------
    y_pred : numpy.ndarray, shape (n_y, m, T_x)
        Predicted probabilities. One below 1e-12 counts as 1e-12.
    labels : numpy.ndarray of int, shape (m, T_x)
        The right classes, counted from 0.

    Returns
    -------
    float
        The mean over batch and time.
    """
    p = np.take_along_axis(y_pred, labels[None], axis=0)
    return float(-np.log(np.maximum(p, 1e-12)).mean())


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


def lstm_output_backward(y_pred, labels, a, parameters):
    """Go back through cross-entropy, softmax and output layer of an LSTM, for all steps at once.

    It is the ``output_backward`` of lesson 3 for weights that are called ``Wy`` and ``by``.

    Parameters
    ----------
    y_pred : numpy.ndarray, shape (n_y, m, T_x)
        Predicted probabilities.
    labels : numpy.ndarray of int, shape (m, T_x)
        The right classes, counted from 0.
    a : numpy.ndarray, shape (n_a, m, T_x)
        The hidden states from which the predictions were made.
    parameters : dict
        With ``Wy`` (n_y, n_a).

    Returns
    -------
    dict
        ``da`` (n_a, m, T_x), the gradient that reaches each hidden state directly;
        ``dWy`` (n_y, n_a) and ``dby`` (n_y, 1).
    """
    n_y, m, T_x = y_pred.shape
    right = np.arange(n_y)[:, None, None] == labels
    scores = (y_pred - right) / (m * T_x)
    return {
        "da": np.einsum("ya,ymt->amt", parameters["Wy"], scores),
        "dWy": np.einsum("ymt,amt->ya", scores, a),
        "dby": scores.sum(axis=(1, 2))[:, None],
    }
