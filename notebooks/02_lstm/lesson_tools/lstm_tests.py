"""The public tests of this lesson, and the cases that they go through."""

from functools import partial

import numpy as np

from lesson_tools.cases import PublicCases
from lesson_tools.checks import check, passed
from lesson_tools.inputs import AXES
from lesson_tools.lstm_inputs import lstm_arguments, lstm_cell_arguments

CELL = [(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2)]
SEQUENCE = [
    (3, 5, 2, 4, 6),
    (4, 2, 3, 1, 4),
    (2, 3, 4, 3, 1),
    (2, 3, 4, 2, 12, {"scale": 1.5}),  # cell states beyond 1 and -1
]
CACHE = tuple("a_next c_next a_prev c_prev ft it cct ot xt parameters".split())
CACHES = {"caches": ("the list of caches", "x"), "caches[0][t]": CACHE}
CASES = PublicCases(
    __file__,
    lstm_cell_forward=(lstm_cell_arguments, CELL, "n_x n_a n_y m"),
    lstm_forward=(lstm_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
)


def lstm_cell_forward_test(target):
    """Test one step of the LSTM."""
    with CASES.explained(target, "lstm_cell_forward"):
        for case, given, sizes in CASES.of("lstm_cell_forward"):
            xt, a_prev, c_prev, parameters = given.values()
            want = CASES.stored(
                target,
                case,
                given,
                lambda r: {"a_next": r[0], "c_next": r[1], "yt_pred": r[2], "gates": _gates(r[3])},
            )
            (gates,) = want.pop("gates")
            states = (want["a_next"], want["c_next"], a_prev, c_prev)
            want["cache"] = (*states, *gates, xt, parameters)
            other = partial(CASES.wrong_elsewhere, target, "lstm_cell_forward", case)
            check(target, given, want, sizes, entries={"cache": CACHE}, elsewhere=other)
    passed(target)


def lstm_forward_test(target):
    """Test the LSTM over all time steps."""
    with CASES.explained(target, "lstm_forward"):
        for case, given, sizes in CASES.of("lstm_forward"):
            x, a0, parameters = given.values()
            want = CASES.stored(
                target,
                case,
                given,
                lambda r: {"a": r[0], "y": r[1], "c": r[2], "gates": _gates(*r[3][0])},
            )
            gates = want.pop("gates")
            a = [a0, *np.moveaxis(want["a"], 2, 0)]
            c = [np.zeros_like(a0), *np.moveaxis(want["c"], 2, 0)]
            steps = [
                (a[t + 1], c[t + 1], a[t], c[t], *gates[t], x[:, :, t], parameters)
                for t in range(x.shape[2])
            ]
            want["caches"] = (steps, x)
            other = partial(CASES.wrong_elsewhere, target, "lstm_forward", case)
            check(target, given, want, sizes, axes=AXES, entries=CACHES, elsewhere=other)
        CASES.once(target, "lstm_forward", "lstm_cell_forward", lambda x, *_: x.shape[2])
    passed(target)


def _gates(*caches):
    return np.array([cache[4:8] for cache in caches])  # by step: ft, it, cct, ot
