"""What the exercises of this lesson are called with: losses, gradients, an RNN's way back."""

import numpy as np

from lesson_tools.inputs import SCALE, draw_backward
from lesson_tools.rnn_inputs import rnn_arguments, rnn_cell_arguments, rnn_parameters
from rnn_lesson import rnn_cell_forward, rnn_forward
from rnn_utils import softmax


def cross_entropy_arguments(rng, n_y, m, T_x, scale=1.0, hopeless=False):
    """Draw the arguments of ``cross_entropy``; at scale 1000 with probabilities of 0 and 1.

    Where the predictions are ``hopeless``, those of the right classes lie on both sides of 1e-12.
    """
    y_pred = softmax(scale * rng.standard_normal((n_y, m, T_x)))
    labels = rng.choice(n_y, (m, T_x))
    if hopeless:
        right = np.arange(n_y)[:, None, None] == labels
        small = 10 ** rng.uniform(-14, -10, (m, T_x))
        y_pred = np.where(right, small, (1 - small) * y_pred / np.sum(~right * y_pred, axis=0))
    return {"y_pred": y_pred, "labels": labels}


def gradient_check_arguments(
    rng, *shape, h=None, wrong=0.0, place=-1, idle=False, claimed=0.0, rising=False
):
    """Draw the arguments of ``gradient_check``: a function, where to look, and its gradient.

    Parameters
    ----------
    rng : numpy.random.RandomState or numpy.random.Generator
    *shape : int
        Of x.
    h : float, optional
        The step; without it the default is used.
    wrong : float
        The share by which one entry of the gradient is off.
    place : int
        Which one it is, counted over all axes.
    idle : bool
        Whether the first entry of x is one that the function does not use.
    claimed : float
        What the gradient says there.
    rising : bool
        Whether the function rises along every entry: then no error reaches 1 by a sign alone.
    """
    x, slope, bend = rng.standard_normal((3, *shape))
    if rising:
        x, slope, bend = np.abs(x) + 0.5, np.abs(slope), np.abs(bend) + 0.5
    x.flat[place], bend.flat[place] = 1.0, 2.0  # steep there, so that rounding shows nowhere
    slope.flat[0] *= not idle
    bend.flat[0] *= not idle

    def f(x):
        return np.sum(bend * x**3) + 0.1 * np.sum(slope * x) ** 2

    dx = 3 * bend * x**2 + 0.2 * slope * np.sum(slope * x)
    dx.flat[place] *= 1 + wrong
    if idle:
        dx.flat[0] = claimed
    return {"f": f, "x": x, "dx": dx} | ({} if h is None else {"h": h})


def output_arguments(rng, n_x, n_a, n_y, m, T_x, scale=SCALE):
    """Draw the arguments of ``output_backward``, by name and in order."""
    parameters = rnn_parameters(rng, n_x, n_a, n_y, scale)
    a = np.tanh(rng.standard_normal((n_a, m, T_x)))
    scores = np.einsum("ya,amt->ymt", parameters["Wya"], a) + parameters["by"][:, :, None]
    labels = rng.choice(n_y, (m, T_x))
    return {"y_pred": softmax(scores), "labels": labels, "a": a, "parameters": parameters}


def rnn_cell_backward_arguments(rng, n_x, n_a, n_y, m, scale=SCALE, large=1.0):
    """Draw the arguments of ``rnn_cell_backward``; ``large`` stretches what comes back."""
    given = rnn_cell_arguments(rng, n_x, n_a, n_y, m, scale)
    *_, cache = rnn_cell_forward(*given.values())
    return {"da_next": large * rng.standard_normal((n_a, m)), "cache": cache}


def rnn_backward_arguments(rng, n_x, n_a, n_y, m, T_x, scale=SCALE, **more):
    """Draw the arguments of ``rnn_backward``; see `draw_backward` for ``more``."""
    return draw_backward(rng, rnn_forward, rnn_arguments, (n_x, n_a, n_y, m, T_x), scale, **more)


def descent_step_arguments(rng, n_x, n_a, n_y, times=2.5, others=False):
    """Draw the arguments of ``descent_step``; the gradient is ``times`` as long as the limit.

    With ``others`` there are gradients beside those of the parameters.
    """
    parameters = rnn_parameters(rng, n_x, n_a, n_y)
    # So far above 1 that a square is over the limit where the length itself is 0.9 of it.
    limit = rng.uniform(1.25, 3.0)
    drawn = {"d" + name: rng.standard_normal(parameters[name].shape) for name in parameters}
    length = np.sqrt(sum(np.sum(value**2) for value in drawn.values()))
    gradients = {name: times * limit / length * value for name, value in drawn.items()}
    if others:
        shapes = {"dx": (n_x, 2, 3), "da": (n_a, 2, 3), "da0": (n_a, 2)}
        gradients |= {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    # In another order than the weights, as those of the notebook are: it is the name that counts.
    gradients = dict(reversed(gradients.items()))
    rate = rng.uniform(0.1, 0.5)
    return {"parameters": parameters, "gradients": gradients, "rate": rate, "limit": limit}


def dry_days_arguments(rng, days):
    """Return the arguments of ``dry_days``; nothing is drawn."""
    return {"days": days}
