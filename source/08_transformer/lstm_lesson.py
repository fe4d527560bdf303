"""What lesson 2 built: the forward pass of an LSTM, ready to use."""

import numpy as np

from rnn_utils import sigmoid, softmax


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    """Take one step of an LSTM.

    Parameters
    ----------
    xt : numpy.ndarray, shape (n_x, m)
        Input at this time step.
    a_prev, c_prev : numpy.ndarray, shape (n_a, m)
        Hidden state and cell state after the last step.
    parameters : dict
        ``Wf Wi Wc Wo``, each (n_a, n_a + n_x); ``bf bi bc bo``, each (n_a, 1);
        ``Wy`` (n_y, n_a); ``by`` (n_y, 1).

    Returns
    -------
    a_next, c_next : numpy.ndarray, shape (n_a, m)
        Hidden state and cell state after this step.
    yt_pred : numpy.ndarray, shape (n_y, m)
        Prediction: a column sums to 1.
    cache : tuple
        ``(a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)``
    """
    concat = np.concatenate([a_prev, xt], axis=0)
    ft = sigmoid(parameters["Wf"] @ concat + parameters["bf"])
    it = sigmoid(parameters["Wi"] @ concat + parameters["bi"])
    cct = np.tanh(parameters["Wc"] @ concat + parameters["bc"])
    ot = sigmoid(parameters["Wo"] @ concat + parameters["bo"])
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, yt_pred, cache


def lstm_forward(x, a0, parameters):
    """Run an LSTM over all time steps, from the hidden state a0 and a cell state of zeros.

    Parameters
    ----------
    x : numpy.ndarray, shape (n_x, m, T_x)
        Input at all time steps.
    a0 : numpy.ndarray, shape (n_a, m)
        Hidden state before the first step.
    parameters : dict
        Weights and biases, as in ``lstm_cell_forward``.

    Returns
    -------
    a : numpy.ndarray, shape (n_a, m, T_x)
        Hidden state after each step.
    y : numpy.ndarray, shape (n_y, m, T_x)
        Prediction at each step.
    c : numpy.ndarray, shape (n_a, m, T_x)
        Cell state after each step.
    caches : tuple
        ``(list of caches, x)``: the caches of the T_x steps in order, then the input.
    """
    a_next, c_next = a0, np.zeros_like(a0)
    a, y, c, steps = [], [], [], []
    for xt in np.moveaxis(x, 2, 0):
        a_next, c_next, yt_pred, cache = lstm_cell_forward(xt, a_next, c_next, parameters)
        a.append(a_next)
        y.append(yt_pred)
        c.append(c_next)
        steps.append(cache)
    return np.stack(a, axis=2), np.stack(y, axis=2), np.stack(c, axis=2), (steps, x)
