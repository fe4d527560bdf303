"""What lesson 5 built for training, finished: one-hot columns, clipping, and a step of Adam."""

import numpy as np


def one_hot(indices, n):
    """Turn numbers into columns with a single 1.

    Parameters
    ----------
    indices : numpy.ndarray of int, shape (m, T_x)
    n : int
        How many different numbers there are.

    Returns
    -------
    numpy.ndarray, shape (n, m, T_x)
    """
    return np.moveaxis(np.eye(n)[indices], -1, 0).copy()


def clip_by_norm(grads, max_norm):
    """Shorten gradients that are together longer than max_norm; keep their direction.

    Parameters
    ----------
    grads : dict
        Arrays, by name.
    max_norm : float

    Returns
    -------
    dict
        New arrays, under the same names.
    """
    length = np.sqrt(sum(np.sum(grad**2) for grad in grads.values()))
    share = max_norm / length if length > max_norm else 1.0
    return {name: share * grad for name, grad in grads.items()}


def adam_step(parameters, grads, state, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Move every parameter by one step of Adam.

    Parameters
    ----------
    parameters : dict
        Arrays, by name.
    grads : dict
        Their gradients, each under its name with a d before it.
    state : dict
        "mean" and "square", each a dict with an array for each parameter.
    t : int
        The number of this step; the first one is 1.
    lr, beta1, beta2, eps : float

    Returns
    -------
    moved : dict
        The new parameters.
    state : dict
        The new means.
    """
    moved, new = {}, {"mean": {}, "square": {}}
    for name, value in parameters.items():
        grad = grads[f"d{name}"]
        mean = beta1 * state["mean"][name] + (1 - beta1) * grad
        square = beta2 * state["square"][name] + (1 - beta2) * grad**2
        new["mean"][name], new["square"][name] = mean, square
        fair = mean / (1 - beta1**t), square / (1 - beta2**t)
        moved[name] = value - lr * fair[0] / (np.sqrt(fair[1]) + eps)
    return moved, new
