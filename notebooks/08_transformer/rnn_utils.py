"""Two helpers that every notebook of the course uses: softmax and sigmoid."""

import numpy as np


def softmax(z):
    r"""Turn scores into probabilities, column by column.

    .. math:: \mathrm{softmax}(z)_i = e^{z_i - \max_j z_j} / \sum_k e^{z_k - \max_j z_j}

    Each column has its own maximum taken away first. That changes nothing in the
    result, and no exponential can overflow.

    Parameters
    ----------
    z : array_like, shape (n_y, ...)
        Scores. The classes lie along axis 0; every further axis is kept.

    Returns
    -------
    numpy.ndarray, shape (n_y, ...)
        Probabilities. They sum to 1 along axis 0. Floating dtypes are kept;
        integers become float64.
    """
    z = _floating(z)
    with np.errstate(under="ignore"):  # a hopeless class gets probability 0
        powers = np.exp(z - z.max(axis=0, keepdims=True))
        return powers / powers.sum(axis=0, keepdims=True)


def sigmoid(z):
    r"""Squeeze every number into the interval from 0 to 1.

    .. math:: \sigma(z) = 1 / (1 + e^{-z}) = e^{z} / (1 + e^{z})

    The first form is used where z is positive and the second where it is
    negative, so the exponential never overflows.

    Parameters
    ----------
    z : array_like, any shape

    Returns
    -------
    numpy.ndarray, same shape
        Floating dtypes are kept; integers become float64. A single number gives a
        NumPy scalar, as in NumPy's own functions.
    """
    z = _floating(z)
    with np.errstate(under="ignore"):
        power = np.exp(-np.abs(z))
        return np.where(z >= 0, np.ones_like(power), power) / (1 + power)


def _floating(z):
    z = np.asarray(z)
    return z if np.issubdtype(z.dtype, np.floating) else z.astype(np.float64)
