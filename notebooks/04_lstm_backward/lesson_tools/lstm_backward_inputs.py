"""What the exercises of this lesson are called with: the way back of an LSTM."""

from lesson_tools.inputs import SCALE, draw_backward
from lesson_tools.lstm_inputs import lstm_arguments, lstm_cell_arguments
from lstm_lesson import lstm_cell_forward, lstm_forward


def lstm_cell_backward_arguments(
    rng, n_x, n_a, n_y, m, scale=SCALE, large=1.0, first=False, last=False
):
    """Draw the arguments of ``lstm_cell_backward``.

    The cell state before the ``first`` step is zero, and nothing comes from behind the ``last``.
    ``large`` stretches what comes back.
    """
    given = lstm_cell_arguments(rng, n_x, n_a, n_y, m, scale)
    given["c_prev"] *= not first
    *_, cache = lstm_cell_forward(*given.values())
    da_next, dc_next = large * rng.standard_normal((2, n_a, m))
    return {"da_next": da_next, "dc_next": dc_next * (not last), "cache": cache}


def lstm_backward_arguments(rng, n_x, n_a, n_y, m, T_x, scale=SCALE, **more):
    """Draw the arguments of ``lstm_backward``; see `draw_backward` for ``more``."""
    return draw_backward(rng, lstm_forward, lstm_arguments, (n_x, n_a, n_y, m, T_x), scale, **more)


def lasting_biases_arguments(rng, n_a):
    """Return the arguments of ``lasting_biases``; nothing is drawn."""
    return {"n_a": n_a}
