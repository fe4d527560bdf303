"""The public tests of this lesson, and the cases that they go through."""

from functools import partial

import numpy as np

from lesson_tools.cases import PublicCases
from lesson_tools.checks import check, passed, require_function
from lesson_tools.dial import check_dial
from lesson_tools.gru_inputs import (
    dial_weights_arguments,
    gru_backward_arguments,
    gru_cell_backward_arguments,
    gru_cell_forward_arguments,
    gru_forward_arguments,
)
from lesson_tools.inputs import AXES

CELL = [(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2)]
SEQUENCE = [(3, 5, 2, 4, 6), (4, 2, 3, 1, 4), (2, 3, 4, 3, 1)]
CELL_BACK = [
    (3, 5, 2, 4),
    (4, 2, 3, 1),
    (1, 3, 4, 2),
    (2, 3, 4, 3, {"large": 1e4}),
    (3, 2, 4, 2, {"first": True}),
]
SEQUENCE_BACK = [
    (3, 5, 2, 4, 6),
    (4, 2, 3, 1, 4, {"more_caches": 2}),
    (2, 3, 4, 3, 1, {"large": 1e4}),
    (3, 2, 4, 2, 5, {"only_last": True}),
]
CACHE = tuple("a_next a_prev zt rt cct xt parameters".split())
CACHES = {"caches": ("the list of caches", "x"), "caches[0][t]": CACHE}
CASES = PublicCases(
    __file__,
    gru_cell_forward=(gru_cell_forward_arguments, CELL, "n_x n_a n_y m"),
    gru_forward=(gru_forward_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
    gru_cell_backward=(gru_cell_backward_arguments, CELL_BACK, "n_x n_a n_y m"),
    gru_backward=(gru_backward_arguments, SEQUENCE_BACK, "n_x n_a n_y m T_x"),
    dial_weights=(dial_weights_arguments, [(3,), (7,)], "k"),
)


def gru_cell_forward_test(target):
    """Test one step of the GRU."""
    with CASES.explained(target, "gru_cell_forward"):
        for case, given, sizes in CASES.of("gru_cell_forward"):
            xt, a_prev, parameters = given.values()
            want = CASES.stored(
                target,
                case,
                given,
                lambda r: {"a_next": r[0], "yt_pred": r[1], "gates": _gates(r[2])},
            )
            (gates,) = want.pop("gates")
            want["cache"] = (want["a_next"], a_prev, *gates, xt, parameters)
            other = partial(CASES.wrong_elsewhere, target, "gru_cell_forward", case)
            check(target, given, want, sizes, entries={"cache": CACHE}, elsewhere=other)
    passed(target)


def gru_forward_test(target):
    """Test the GRU over all time steps."""
    with CASES.explained(target, "gru_forward"):
        for case, given, sizes in CASES.of("gru_forward"):
            x, a0, parameters = given.values()
            want = CASES.stored(
                target,
                case,
                given,
                lambda r: {"a": r[0], "y": r[1], "gates": _gates(*r[2][0])},
            )
            gates = want.pop("gates")
            a = [a0, *np.moveaxis(want["a"], 2, 0)]
            steps = [(a[t + 1], a[t], *gates[t], x[:, :, t], parameters) for t in range(x.shape[2])]
            want["caches"] = (steps, x)
            other = partial(CASES.wrong_elsewhere, target, "gru_forward", case)
            check(target, given, want, sizes, axes=AXES, entries=CACHES, elsewhere=other)
        CASES.once(target, "gru_forward", "gru_cell_forward", lambda x, *_: x.shape[2])
    passed(target)


def gru_cell_backward_test(target):
    """Test one step back through the GRU."""
    CASES.compare(target, "gru_cell_backward")


def gru_backward_test(target):
    """Test the way back through the GRU, over all time steps."""
    CASES.compare(target, "gru_backward", axes=AXES, also=one_call_each)


def one_call_each(target):
    """Check that the loop calls its step once for each."""
    CASES.once(target, "gru_backward", "gru_cell_backward", lambda da, _: da.shape[2])


def dial_weights_test(target):
    """Test a dial of three settings, then one of seven."""
    require_function(target)
    with CASES.explained(target, "dial_weights"):
        check_dial(target)
    passed(target)


def _gates(*caches):
    return np.array([cache[2:5] for cache in caches])  # by step: zt, rt, cct
