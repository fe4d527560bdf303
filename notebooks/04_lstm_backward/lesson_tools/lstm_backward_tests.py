"""The public tests of this lesson, and the cases that they go through."""

import numpy as np

from lesson_tools.cases import PublicCases
from lesson_tools.checks import passed, require_function
from lesson_tools.inputs import AXES
from lesson_tools.lasting import require_lasting
from lesson_tools.lstm_backward_inputs import (
    lasting_biases_arguments,
    lstm_backward_arguments,
    lstm_cell_backward_arguments,
)

LASTING = [(16, 60), (12, 200), (40, 200)]  # units, steps
CELL = [
    (3, 5, 2, 4),
    (4, 2, 3, 1),
    (1, 3, 4, 2),
    (2, 3, 4, 3, {"large": 1e4}),
    (3, 2, 4, 2, {"first": True, "last": True}),
]
SEQUENCE = [
    (3, 5, 2, 4, 6),
    (4, 2, 3, 1, 4, {"more_caches": 2}),
    (2, 3, 4, 3, 1, {"large": 1e4}),
    (3, 2, 4, 2, 5, {"only_last": True}),
]
CASES = PublicCases(
    __file__,
    lstm_cell_backward=(lstm_cell_backward_arguments, CELL, "n_x n_a n_y m"),
    lstm_backward=(lstm_backward_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
    lasting_biases=(lasting_biases_arguments, [(16,), (12,)], "n_a"),
)


def lstm_cell_backward_test(target):
    """Test one step back through the LSTM."""
    CASES.compare(target, "lstm_cell_backward")


def lstm_backward_test(target):
    """Test the way back through the LSTM, over all time steps."""
    CASES.compare(target, "lstm_backward", axes=AXES, also=one_call_each)


def one_call_each(target):
    """Check that the loop calls its step once for each."""
    CASES.once(target, "lstm_backward", "lstm_cell_backward", lambda da, _: da.shape[2])


def lasting_biases_test(target):
    """Test how much of the first input the last state feels, over 60 steps and over 200."""
    require_function(target)
    with CASES.explained(target, "lasting_biases"):
        for n_a, T_x in LASTING:
            require_lasting(target, n_a, T_x, np.random.default_rng(4))
    passed(target)
