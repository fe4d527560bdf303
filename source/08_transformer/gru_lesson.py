"""The network of lesson 6, finished: the GRU, forwards and backwards."""

import numpy as np

from rnn_utils import sigmoid, softmax


def gru_cell_forward(xt, a_prev, parameters):
    """Do one step of a GRU: the reset gate acts first, the update gate keeps.

    Parameters
    ----------
    xt : numpy.ndarray, shape (n_x, m)
    a_prev : numpy.ndarray, shape (n_a, m)
    parameters : dict
        Wz Wr Wc, each (n_a, n_a + n_x); bz br bc, each (n_a, 1); Wy (n_y, n_a); by (n_y, 1).

    Returns
    -------
    a_next : numpy.ndarray, shape (n_a, m)
    yt_pred : numpy.ndarray, shape (n_y, m)
    cache : tuple
        (a_next, a_prev, zt, rt, cct, xt, parameters)
    """
    both = np.concatenate([a_prev, xt])
    zt, rt = (sigmoid(parameters[f"W{g}"] @ both + parameters[f"b{g}"]) for g in "zr")
    below = np.concatenate([rt * a_prev, xt])
    cct = np.tanh(parameters["Wc"] @ below + parameters["bc"])
    a_next = zt * a_prev + (1 - zt) * cct
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])
    return a_next, yt_pred, (a_next, a_prev, zt, rt, cct, xt, parameters)


def gru_forward(x, a0, parameters):
    """Run a GRU over all time steps.

    Parameters
    ----------
    x : numpy.ndarray, shape (n_x, m, T_x)
    a0 : numpy.ndarray, shape (n_a, m)
        The state before the first step.
    parameters : dict
        As in gru_cell_forward.

    Returns
    -------
    a : numpy.ndarray, shape (n_a, m, T_x)
        The states after each step.
    y : numpy.ndarray, shape (n_y, m, T_x)
        The predictions of each step.
    caches : tuple
        (list of the T_x caches, x)
    """
    a_next, states, predictions, steps = a0, [], [], []
    for t in range(x.shape[2]):
        a_next, yt_pred, cache = gru_cell_forward(x[:, :, t], a_next, parameters)
        states.append(a_next)
        predictions.append(yt_pred)
        steps.append(cache)
    return np.stack(states, axis=2), np.stack(predictions, axis=2), (steps, x)


def gru_cell_backward(da_next, cache):
    """Go one step back through a GRU.

    Parameters
    ----------
    da_next : numpy.ndarray, shape (n_a, m)
        All that reaches the state of this step.
    cache : tuple
        From gru_cell_forward.

    Returns
    -------
    dict
        dxt (n_x, m), da_prev (n_a, m), dWz dWr dWc, each (n_a, n_a + n_x), and dbz dbr dbc,
        each (n_a, 1).
    """
    _, a_prev, zt, rt, cct, xt, parameters = cache
    n_a = len(a_prev)
    both, below = np.concatenate([a_prev, xt]), np.concatenate([rt * a_prev, xt])
    sums = {"c": da_next * (1 - zt) * (1 - cct**2)}
    dbelow = parameters["Wc"].T @ sums["c"]
    sums["z"] = da_next * (a_prev - cct) * zt * (1 - zt)
    sums["r"] = dbelow[:n_a] * a_prev * rt * (1 - rt)
    dboth = parameters["Wz"].T @ sums["z"] + parameters["Wr"].T @ sums["r"]
    found = {
        "dxt": dbelow[n_a:] + dboth[n_a:],
        "da_prev": da_next * zt + dbelow[:n_a] * rt + dboth[:n_a],
    }
    for block, stack in {"z": both, "r": both, "c": below}.items():
        found[f"dW{block}"] = sums[block] @ stack.T
        found[f"db{block}"] = sums[block].sum(axis=1, keepdims=True)
    return found


def gru_backward(da, caches):
    """Go back through a GRU, from the last step to the first.

    Parameters
    ----------
    da : numpy.ndarray, shape (n_a, m, T_x)
        What reaches each state from elsewhere than from the step behind it.
    caches : tuple
        From gru_forward; if there are more caches than steps in da, the first ones count.

    Returns
    -------
    dict
        dx (n_x, m, T_x), da0 (n_a, m), and dWz dWr dWc dbz dbr dbc, summed over the steps.
    """
    steps, x = caches
    T_x = da.shape[2]
    dx, sums = np.zeros((len(x), *da.shape[1:])), {}
    da_prev = np.zeros(da.shape[:2])
    for t in reversed(range(T_x)):
        found = gru_cell_backward(da[:, :, t] + da_prev, steps[t])
        dx[:, :, t], da_prev = found.pop("dxt"), found.pop("da_prev")
        sums = {name: sums.get(name, 0.0) + value for name, value in found.items()}
    return {"dx": dx, "da0": da_prev, **sums}
