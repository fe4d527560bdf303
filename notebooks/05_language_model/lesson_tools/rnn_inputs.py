"""What the exercises of this lesson are called with: parameters and inputs of an RNN."""

import numpy as np

from lesson_tools.inputs import SCALE, draw_parameters


def rnn_parameters(rng, n_x, n_a, n_y, scale=1.0):
    """Draw random weights and biases of a recurrent network: ``Wax Waa Wya ba by``."""
    shapes = {
        "Wax": (n_a, n_x),
        "Waa": (n_a, n_a),
        "Wya": (n_y, n_a),
        "ba": (n_a, 1),
        "by": (n_y, 1),
    }
    return draw_parameters(rng, shapes, scale)


def rnn_cell_arguments(rng, n_x, n_a, n_y, m, scale=SCALE):
    """Draw the arguments of ``rnn_cell_forward``, by name and in order."""
    return {
        "xt": scale * rng.standard_normal((n_x, m)),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": rnn_parameters(rng, n_x, n_a, n_y, scale),
    }


def rnn_arguments(rng, n_x, n_a, n_y, m, T_x, scale=SCALE):
    """Draw the arguments of ``rnn_forward``, by name and in order."""
    return {
        "x": scale * rng.standard_normal((n_x, m, T_x)),
        "a0": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": rnn_parameters(rng, n_x, n_a, n_y, scale),
    }
