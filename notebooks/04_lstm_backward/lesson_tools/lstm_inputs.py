"""What the exercises of this lesson are called with: parameters and inputs of an LSTM."""

import numpy as np

from lesson_tools.inputs import SCALE, draw_parameters


def lstm_parameters(rng, n_x, n_a, n_y, scale=1.0):
    """Draw random weights and biases of an LSTM: ``Wf Wi Wc Wo Wy bf bi bc bo by``."""
    shapes = {
        **dict.fromkeys(("Wf", "Wi", "Wc", "Wo"), (n_a, n_a + n_x)),
        "Wy": (n_y, n_a),
        **dict.fromkeys(("bf", "bi", "bc", "bo"), (n_a, 1)),
        "by": (n_y, 1),
    }
    return draw_parameters(rng, shapes, scale)


def lstm_cell_arguments(rng, n_x, n_a, n_y, m, scale=SCALE):
    """Draw the arguments of ``lstm_cell_forward``, by name and in order."""
    return {
        "xt": scale * rng.standard_normal((n_x, m)),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "c_prev": rng.standard_normal((n_a, m)),
        "parameters": lstm_parameters(rng, n_x, n_a, n_y, scale),
    }


def lstm_arguments(rng, n_x, n_a, n_y, m, T_x, scale=SCALE):
    """Draw the arguments of ``lstm_forward``, by name and in order."""
    return {
        "x": scale * rng.standard_normal((n_x, m, T_x)),
        "a0": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": lstm_parameters(rng, n_x, n_a, n_y, scale),
    }
