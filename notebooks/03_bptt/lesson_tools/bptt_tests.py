"""The public tests of this lesson, and the cases that they go through."""

from lesson_tools.bptt_inputs import (
    cross_entropy_arguments,
    gradient_check_arguments,
    output_arguments,
    rnn_backward_arguments,
    rnn_cell_backward_arguments,
)
from lesson_tools.cases import PublicCases
from lesson_tools.inputs import AXES

PREDICTIONS = [(3, 4, 2), (2, 1, 5), (4, 3, 1), (3, 5, 2, {"scale": 1000.0})]
CHECKED = [
    (2, 3, {"h": 0.01}),
    (4, {"wrong": 0.5}),
    (2, 1, 3, {"h": 0.02, "wrong": -2.0, "place": 1}),
    (3, {"h": 0.01, "wrong": 1e-3, "idle": True}),
    (2, 2, {"h": 0.01, "wrong": -1.0, "place": 1}),
    (2, {"h": 0.001, "idle": True, "claimed": 3e-5}),
]
CELL = [(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2), (2, 3, 4, 3, {"large": 1e4})]
SEQUENCE = [(3, 5, 2, 4, 3), (4, 2, 3, 1, 4), (2, 3, 4, 3, 1)]
BACKWARD = [
    (3, 5, 2, 4, 3),
    (4, 2, 3, 1, 4, {"more_caches": 2}),
    (2, 3, 4, 3, 1, {"large": 1e4}),
    (3, 2, 4, 2, 5, {"only_last": True}),
]
CASES = PublicCases(
    __file__,
    cross_entropy=(cross_entropy_arguments, PREDICTIONS, "n_y m T_x"),
    gradient_check=(gradient_check_arguments, CHECKED, "rows columns layers"),
    output_backward=(output_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
    rnn_cell_backward=(rnn_cell_backward_arguments, CELL, "n_x n_a n_y m"),
    rnn_backward=(rnn_backward_arguments, BACKWARD, "n_x n_a n_y m T_x"),
)


def cross_entropy_test(target):
    """Test the loss of a batch of predictions."""
    CASES.compare(target, "cross_entropy", lambda loss: {"loss": loss})


def gradient_check_test(target):
    """Test the check itself: on gradients that are right and on some that are not."""
    CASES.compare(target, "gradient_check", lambda error: {"error": error})


def output_backward_test(target):
    """Test the step back from the loss to the hidden states."""
    CASES.compare(target, "output_backward", axes=AXES)


def rnn_cell_backward_test(target):
    """Test one step back through the recurrent network."""
    CASES.compare(target, "rnn_cell_backward")


def rnn_backward_test(target):
    """Test the way back through the recurrent network, over all time steps."""
    CASES.compare(target, "rnn_backward", axes=AXES)
