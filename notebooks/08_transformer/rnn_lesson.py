"""The forward pass of lesson 1, finished: one step of the recurrent network, and all steps."""

import numpy as np

from rnn_utils import softmax


def rnn_cell_forward(xt, a_prev, parameters):
    """Do one step of the recurrent network.

    a_next = tanh(Wax xt + Waa a_prev + ba)
    yt_pred = softmax(Wya a_next + by)

    Parameters
    ----------
    xt : numpy.ndarray, shape (n_x, m)
    a_prev : numpy.ndarray, shape (n_a, m)
    parameters : dict
        Wax (n_a, n_x), Waa (n_a, n_a), Wya (n_y, n_a), ba (n_a, 1), by (n_y, 1).

    Returns
    -------
    a_next : numpy.ndarray, shape (n_a, m)
    yt_pred : numpy.ndarray, shape (n_y, m)
    cache : tuple
        (a_next, a_prev, xt, parameters)
    """
    z = parameters["Wax"] @ xt + parameters["Waa"] @ a_prev + parameters["ba"]
    a_next = np.tanh(z)
    yt_pred = softmax(parameters["Wya"] @ a_next + parameters["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)


def rnn_forward(x, a0, parameters):
    """Run the recurrent network over all time steps.

    Parameters
    ----------
    x : numpy.ndarray, shape (n_x, m, T_x)
    a0 : numpy.ndarray, shape (n_a, m)
        The hidden state before the first step.
    parameters : dict
        As in rnn_cell_forward.

    Returns
    -------
    a : numpy.ndarray, shape (n_a, m, T_x)
        The hidden states after each step.
    y_pred : numpy.ndarray, shape (n_y, m, T_x)
        The predictions of each step.
    caches : tuple
        (list of the T_x caches, x)
    """
    a_next, states, predictions, steps = a0, [], [], []
    for t in range(x.shape[2]):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)
        states.append(a_next)
        predictions.append(yt_pred)
        steps.append(cache)
    return np.stack(states, axis=2), np.stack(predictions, axis=2), (steps, x)
