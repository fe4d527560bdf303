"""What lesson 5 built for names, finished: a batch, and the loss that leaves padding out."""

import numpy as np

from language_model_lesson import one_hot


def make_batch(names, vocabulary):
    """Turn names into inputs, labels and mask.

    Parameters
    ----------
    names : list of str
    vocabulary : str
        The n_x characters, each once; the first one is the marker.

    Returns
    -------
    dict
        x (n_x, m, T_x), labels (m, T_x) and mask (m, T_x).
    """
    m, T_x = len(names), 1 + max(map(len, names))
    inputs, labels, mask = np.zeros((m, T_x), int), np.zeros((m, T_x), int), np.zeros((m, T_x))
    for row, name in enumerate(names):
        end = len(name)
        inputs[row, 1 : end + 1] = labels[row, :end] = [vocabulary.index(one) for one in name]
        mask[row, : end + 1] = 1.0
    return {"x": one_hot(inputs, len(vocabulary)), "labels": labels, "mask": mask}


def masked_cross_entropy(y_pred, labels, mask):
    """Return the mean cross-entropy of the places that count, and its derivative.

    Parameters
    ----------
    y_pred : numpy.ndarray, shape (n_y, m, T_x)
        Probabilities along axis 0.
    labels : numpy.ndarray of int, shape (m, T_x)
    mask : numpy.ndarray, shape (m, T_x)
        1.0 where a place counts, and 0.0 elsewhere.

    Returns
    -------
    loss : float
    dscores : numpy.ndarray, shape (n_y, m, T_x)
        The derivative with respect to the scores before the softmax.
    """
    right = one_hot(labels, len(y_pred))
    shares = mask / mask.sum()
    costs = -np.log(np.maximum((y_pred * right).sum(axis=0), 1e-12))
    return (shares * costs).sum(), shares * (y_pred - right)
