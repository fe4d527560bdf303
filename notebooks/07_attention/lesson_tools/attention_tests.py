"""The public tests of this lesson, and the cases that they go through."""

import contextlib
import re
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
from lesson_tools.checks import Mismatch, check, passed, require_function
from lesson_tools.memory import ASKED, check_looking

AXES = {3: ("row", "example", "place")}  # of queries, keys, values
SEEN = {3: ("example", "query", "key")}  # of scores and weights
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
PLACES = re.compile(r"\n  (Only|All) (unit|example|step)s? [^\n]*")


class Cases(PublicCases):
    """Cases of which nothing is said that would not be true where the batch comes first."""

    @contextlib.contextmanager
    def explained(self, target, name):
        """Leave out a sentence that calls the axes of weights by the names of other arrays."""
        with super().explained(target, name):
            try:
                yield
            except Mismatch as wrong:
                found = Mismatch(wrong.brief, PLACES.sub("", wrong.detail), wrong.about)
                found.value, found.within = wrong.value, wrong.within
                raise found from wrong.__cause__

    def record(self, test, function):
        """Record no calls with the mask of texts: without its new axis its numbers are the same."""
        found = super().record(test, function)
        for key, called in found.items():
            if key.startswith(("decoder_step", "greedy_decode")) and key.endswith(" calls"):
                for name in ("attention", "masked_softmax"):
                    called.pop(name, None)
        return found


CASES = Cases(
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
    CASES.compare(target, "masked_softmax", lambda weights: {"weights": weights}, axes=SEEN)


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
