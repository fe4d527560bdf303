"""The public tests of this lesson, and the cases that they go through."""

from functools import partial

import numpy as np

from lesson_tools.cases import PublicCases
from lesson_tools.checks import check, passed
from lesson_tools.inputs import AXES
from lesson_tools.rnn_inputs import rnn_arguments, rnn_cell_arguments

CELL = [(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2)]
SEQUENCE = [(3, 5, 2, 4, 6), (4, 2, 3, 1, 4), (2, 3, 4, 3, 1)]
CACHE = ("a_next", "a_prev", "xt", "parameters")
CACHES = {"caches": ("the list of caches", "x"), "caches[0][t]": CACHE}
CASES = PublicCases(
    __file__,
    rnn_cell_forward=(rnn_cell_arguments, CELL, "n_x n_a n_y m"),
    rnn_forward=(rnn_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
)


def rnn_cell_forward_test(target):
    """Test one step of the recurrent network."""
    with CASES.explained(target, "rnn_cell_forward"):
        for case, given, sizes in CASES.of("rnn_cell_forward"):
            want = CASES.stored(
                target, case, given, lambda result: {"a_next": result[0], "yt_pred": result[1]}
            )
            want["cache"] = (want["a_next"], given["a_prev"], given["xt"], given["parameters"])
            other = partial(CASES.wrong_elsewhere, target, "rnn_cell_forward", case)
            check(target, given, want, sizes, entries={"cache": CACHE}, elsewhere=other)
    passed(target)


def rnn_forward_test(target):
    """Test the recurrent network over all time steps."""
    with CASES.explained(target, "rnn_forward"):
        for case, given, sizes in CASES.of("rnn_forward"):
            x, a0, parameters = given.values()
            want = CASES.stored(
                target, case, given, lambda result: {"a": result[0], "y_pred": result[1]}
            )
            states = [a0, *np.moveaxis(want["a"], 2, 0)]
            steps = [(states[t + 1], states[t], x[:, :, t], parameters) for t in range(x.shape[2])]
            want["caches"] = (steps, x)
            other = partial(CASES.wrong_elsewhere, target, "rnn_forward", case)
            check(target, given, want, sizes, axes=AXES, entries=CACHES, elsewhere=other)
        CASES.once(target, "rnn_forward", "rnn_cell_forward", lambda x, *_: x.shape[2])
    passed(target)
