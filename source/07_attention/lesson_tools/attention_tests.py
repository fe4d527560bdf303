"""The public tests of this lesson, and the cases that they go through."""

from functools import partial

import numpy as np

from lesson_tools.attention_inputs import (
    attention_arguments,
    attention_backward_arguments,
    decoder_step_arguments,
    greedy_decode_arguments,
    looking_weights_arguments,
    masked_softmax_arguments,
)
from lesson_tools.cases import PublicCases
from lesson_tools.checks import check, passed, require_function
from lesson_tools.memory import ASKED, check_looking

AXES = {  # of queries, keys and values, and of what they see of each other
    3: ("row", "example", "place"),
    **dict.fromkeys(("weights", "cache[3]"), ("example", "query", "key")),
}
SCORES = [
    (3, 4, 5),
    (2, 1, 6, {"whole": True}),
    (4, 3, 1, {"whole": True}),
    (1, 5, 3, {"scale": 1000.0}),
    (3, 2, 5, {"up": -2000.0}),
    (2, 3, 4, {"lure": 2000.0}),
    (3, 2, 4, {"all_seen": True}),
]
LOOKS = [
    (4, 3, 2, 5, 6),
    (3, 5, 1, 4, 2),
    (2, 4, 3, 1, 5, {"whole": True}),
    (5, 1, 2, 3, 4, {"scale": 30.0}),
    (1, 2, 4, 3, 1, {"all_seen": True}),
]
BACK = [
    (4, 3, 2, 5, 6),
    (3, 5, 1, 4, 2),
    (2, 4, 3, 1, 5, {"whole": True}),
    (5, 1, 2, 3, 4, {"sharp": 40.0}),
    (1, 2, 4, 3, 1, {"large": 1e4}),
]
STEP = [
    (6, 5, 4, 3, 2, 7),
    (4, 3, 2, 5, 1, 6),
    (3, 4, 1, 2, 5, 1),
    (5, 2, 3, 4, 3, 4, {"blind": True}),
]
WRITES = [
    (6, 7, 4, 5, 8),
    (5, 8, 2, 6, 3, {"stop": 2}),
    (7, 6, 5, 4, 3, {"ends": False, "stop": 1}),
    (5, 9, 3, 2, 1, {"ends": False, "length": 3}),
    (4, 5, 3, 6, 2, {"without": True}),
]

CASES = PublicCases(
    __file__,
    masked_softmax=(masked_softmax_arguments, SCORES, "m T_q T_k"),
    attention=(attention_arguments, LOOKS, "d d_v m T_q T_k"),
    attention_backward=(attention_backward_arguments, BACK, "d d_v m T_q T_k"),
    decoder_step=(decoder_step_arguments, STEP, "n_y n_a d d_v m T_k"),
    greedy_decode=(greedy_decode_arguments, WRITES, "n_y n_a d d_v T_k"),
    looking_weights=(
        looking_weights_arguments,
        [(task, *sizes) for task, sizes in ASKED.items()],
        "task k n",
    ),
)


def masked_softmax_test(target):
    """Test the softmax that leaves out what is masked."""
    CASES.compare(target, "masked_softmax", lambda weights: {"weights": weights}, axes=AXES)


def attention_test(target):
    """Test a look of all queries at all keys."""
    with CASES.explained(target, "attention"):
        for case, given, sizes in CASES.of("attention"):
            want = CASES.stored(target, case, given, lambda r: {"out": r[0], "weights": r[1]})
            Q, K, V, _ = given.values()
            want["cache"] = (Q, K, V, want["weights"])
            other = partial(CASES.wrong_elsewhere, target, "attention", case)
            entries = {"cache": ("Q", "K", "V", "weights")}
            check(target, given, want, sizes, axes=AXES, entries=entries, elsewhere=other)
    passed(target)


def attention_backward_test(target):
    """Test the way back through a look."""
    CASES.compare(target, "attention_backward", axes=AXES)


def decoder_step_test(target):
    """Test one step of the decoder."""
    with CASES.explained(target, "decoder_step"):
        for case, given, sizes in CASES.of("decoder_step"):
            want = CASES.stored(target, case, given, _by_name)
            other = partial(CASES.wrong_elsewhere, target, "decoder_step", case)
            check(target, given, want, sizes, axes=AXES, elsewhere=other)
    passed(target)


def _by_name(result):
    return dict(zip(("a_next", "yt_pred", "weights"), result, strict=True))


def greedy_decode_test(target):
    """Test what is written, and how often the decoder takes a step for it."""
    with CASES.explained(target, "greedy_decode"):
        for case, given, sizes in CASES.of("greedy_decode"):
            want = CASES.stored(target, case, given, _written)
            want["indices"] = [int(index) for index in want["indices"]]
            other = partial(CASES.wrong_elsewhere, target, "greedy_decode", case)
            check(target, given, want, sizes, axes=AXES, elsewhere=other)
        CASES.once(target, "greedy_decode", "decoder_step", lambda *given: given[5])
    passed(target)


def _written(result):
    indices, weights = result
    return {"indices": np.array(indices, dtype=float), "weights": weights}


def looking_weights_test(target):
    """Test weights that copy, that turn round, and that find the largest."""
    require_function(target)
    with CASES.explained(target, "looking_weights"):
        check_looking(target)
    passed(target)
