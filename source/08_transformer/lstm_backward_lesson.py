"""What lesson 4 built, ready to use: the way back of an LSTM, one step and all of them."""

import numpy as np


def lstm_cell_backward(da_next, dc_next, cache):
    """Go back through one step of an LSTM.

    Parameters
    ----------
    da_next : numpy.ndarray, shape (n_a, m)
        Derivative of the loss with respect to a_next, all of it.
    dc_next : numpy.ndarray, shape (n_a, m)
        Derivative with respect to c_next, as far as it comes from later steps.
    cache : tuple
        ``(a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)``

    Returns
    -------
    dict
        ``dxt`` (n_x, m); ``da_prev`` and ``dc_prev``, each (n_a, m);
        ``dWf dWi dWc dWo``, each (n_a, n_a + n_x); ``dbf dbi dbc dbo``, each (n_a, 1).
    """
    _, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    n_a = len(a_prev)
    concat = np.concatenate([a_prev, xt], axis=0)
    tanh_c = np.tanh(c_next)
    dc = dc_next + da_next * ot * (1 - tanh_c**2)
    dz = {
        "f": dc * c_prev * ft * (1 - ft),
        "i": dc * cct * it * (1 - it),
        "c": dc * it * (1 - cct**2),
        "o": da_next * tanh_c * ot * (1 - ot),
    }
    dconcat = sum(parameters[f"W{gate}"].T @ slope for gate, slope in dz.items())
    gradients = {"dxt": dconcat[n_a:], "da_prev": dconcat[:n_a], "dc_prev": dc * ft}
    gradients |= {f"dW{gate}": slope @ concat.T for gate, slope in dz.items()}
    gradients |= {f"db{gate}": slope.sum(axis=1, keepdims=True) for gate, slope in dz.items()}
    return gradients


def lstm_backward(da, caches):
    """Go back through an LSTM, from the last step to the first.

    Parameters
    ----------
    da : numpy.ndarray, shape (n_a, m, T_x)
        What reaches each hidden state directly, from the prediction of the same step.
    caches : tuple
        ``(list of caches, x)``. Only the first T_x caches count.

    Returns
    -------
    dict
        ``dx`` (n_x, m, T_x); ``da0`` (n_a, m); ``dWf dWi dWc dWo``, each (n_a, n_a + n_x);
        ``dbf dbi dbc dbo``, each (n_a, 1).
    """
    steps, x = caches
    dx = np.zeros((*x.shape[:2], da.shape[2]))
    da_prev = dc_prev = np.zeros(da.shape[:2])
    sums = dict.fromkeys([f"d{kind}{gate}" for kind in "Wb" for gate in "fico"], 0.0)
    for t in reversed(range(da.shape[2])):
        step = lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, steps[t])
        da_prev, dc_prev, dx[:, :, t] = step["da_prev"], step["dc_prev"], step["dxt"]
        sums = {name: total + step[name] for name, total in sums.items()}
    return {"dx": dx, "da0": da_prev, **sums}
