"""The public tests of this lesson, and the cases that they go through."""

from functools import partial

import numpy as np

from lesson_tools.cases import PublicCases
from lesson_tools.chances import check_certain, check_first, check_generator, check_long_text
from lesson_tools.checks import Mismatch, call, check, name_of, passed, require_function
from lesson_tools.language_model_inputs import (
    adam_step_arguments,
    clip_by_norm_arguments,
    make_batch_arguments,
    masked_cross_entropy_arguments,
    one_hot_arguments,
    recipe_arguments,
    sample_arguments,
    train_step_arguments,
)
from lesson_tools.recipes import WANTED, asked, follow, perplexity_of, require_perplexity

AXES = {3: ("class", "example", "time step")}
ONE_HOT = [(5, 3, 4), (3, 1, 6), (6, 4, 1), (2, 3, 3), (4, 2, 3, {"absent": True})]
BATCH = [(6, 3, 5), (5, 1, 4, {"marker": "#"}), (4, 6, 3), (5, 2, 1)]
PREDICTIONS = [
    (3, 4, 5),
    (4, 1, 6),
    (5, 3, 1),
    (3, 5, 4, {"holes": True}),
    (3, 4, 3, {"scale": 1000.0}),
    (4, 3, 5, {"hopeless": True}),
]
CLIPPED = [
    (3, 5, 2),
    (2, 4, 3, {"times": 0.5}),
    (4, 2, 3, {"times": 30.0}),
    (1, 3, 2, {"times": 0.0}),
]
ADAM = [
    (3, 5, 2),
    (2, 4, 3, {"t": 1}),
    (4, 2, 3, {"t": 7, "others": True}),
    (2, 3, 4, {"t": 2, "size": 1e-3}),
    (1, 3, 2, {"t": 1, "size": 0.0}),
    (3, 2, 4, {"t": 5, "size": 1e-8, "without": True}),
]
STEP = [
    (5, 4, 3, 6),
    (4, 6, 1, 5, {"t": 1}),
    (6, 3, 5, 1, {"max_norm": 100.0}),
    (3, 2, 4, 4, {"t": 10}),
]
SURE = [
    (5, 4, 12),
    (4, 6, 9, {"stop": 2}),
    (6, 3, 5, {"ends": False, "stop": 1}),
    (4, 5, 1, {"ends": False}),
]
FEW = 3  # networks: the hidden parts look at twice as many
CASES = PublicCases(
    __file__,
    one_hot=(one_hot_arguments, ONE_HOT, "n m T_x"),
    make_batch=(make_batch_arguments, BATCH, "n_x m T_x"),
    masked_cross_entropy=(masked_cross_entropy_arguments, PREDICTIONS, "n_y m T_x"),
    clip_by_norm=(clip_by_norm_arguments, CLIPPED, "n_x n_a n_y"),
    adam_step=(adam_step_arguments, ADAM, "n_x n_a n_y"),
    train_step=(train_step_arguments, STEP, "n_x n_a m T_x"),
    sample=(sample_arguments, SURE, "n_x n_a max_len"),
    recipe=(recipe_arguments, [(steps,) for steps in WANTED], "steps"),
)


def one_hot_test(target):
    """Test the columns that stand for characters."""
    CASES.compare(target, "one_hot", lambda onehot: {"onehot": onehot}, axes=AXES)


def make_batch_test(target):
    """Test how names become a batch."""
    with CASES.explained(target, "make_batch"):
        for case, given, sizes in CASES.of("make_batch"):
            want = CASES.stored(target, case, given, dict)
            want["labels"] = want["labels"].astype(int)
            check(target, given, want, sizes, dict, AXES)
    passed(target)


def masked_cross_entropy_test(target):
    """Test the loss that leaves padding out, and its derivative."""
    _compare(target, "masked_cross_entropy", _loss_and_scores, lambda want: want, AXES)


def clip_by_norm_test(target):
    """Test clipping, with gradients longer and shorter than the limit."""
    CASES.compare(target, "clip_by_norm", also=makes_new_dicts)


def makes_new_dicts(target):
    """Check for gradients of all lengths that what is returned is not the caller's dict."""
    for _, given, _ in CASES.of("clip_by_norm"):
        check_new_dict(target, given)


def check_new_dict(target, given):
    """Raise a Mismatch if a function returns its first argument."""
    first = next(iter(given))
    if call(target, given) is given[first]:
        raise Mismatch(
            f"{name_of(target)} returns {first} itself, the caller's own dict. It should make a "
            "new one."
        )


def adam_step_test(target):
    """Test one step of Adam."""
    _compare(target, "adam_step", _moved_and_state, _nested)


def train_step_test(target):
    """Test one step of training as a whole."""
    _compare(
        target,
        "train_step",
        lambda result: {"loss": result[0], **_moved_and_state(result[1:])},
        lambda want: {"loss": want.pop("loss"), **_nested(want)},
    )


def _compare(target, name, pick, build, axes=None):
    """Test an exercise that returns a tuple; ``build`` makes it of what ``pick`` has stored."""
    with CASES.explained(target, name):
        for case, given, sizes in CASES.of(name):
            want = build(CASES.stored(target, case, given, pick))
            other = partial(CASES.wrong_elsewhere, target, name, case)
            check(target, given, want, sizes, axes=axes, elsewhere=other)
    passed(target)


def _loss_and_scores(result):
    return {"loss": result[0], "dscores": result[1] + 0.0}  # so that no -0.0 is expected


def _moved_and_state(result):
    """Return the arrays of new parameters and a new state by one name each."""
    moved, state = result
    return {
        **{f"moved {name}": value for name, value in moved.items()},
        **{f"{kind} {name}": v for kind, many in state.items() for name, v in many.items()},
    }


def _nested(want):
    """Return new parameters and a new state, made of arrays by one name each."""
    found = {"moved": {}, "mean": {}, "square": {}}
    for name, value in want.items():
        kind, one = name.split()
        found[kind][one] = value
    moved = found.pop("moved")
    return {"moved": moved, "state": found}


def sample_test(target):
    """Test how texts are drawn: where nothing is left to chance, and how often what comes."""
    with CASES.explained(target, "sample"):
        for _, given, sizes in CASES.of("sample"):
            try:
                check_certain(target, given)
            except Mismatch as wrong:
                if isinstance(wrong.__cause__, NotImplementedError):
                    raise
                brief = f"sample is not right yet ({sizes}):\n  {wrong.brief}"
                raise Mismatch(brief, wrong.detail) from wrong.__cause__
        rng = np.random.default_rng(5)
        check_generator(target, rng)
        check_first(target, rng, FEW)
        for temperature in (1.0, 0.5, 2.0):
            check_long_text(target, rng, temperature, FEW)
    passed(target)


def recipe_test(target):
    """Test a recipe: train by it with the notebook's own functions, and look what comes of it."""
    require_function(target)
    with CASES.explained(target, "recipe"):
        for steps in WANTED:
            asked(target, steps)
        space = getattr(target, "__globals__", {})
        if "train_step" in space:  # in grading the hidden part trains
            for steps in WANTED:
                require_perplexity(target, steps, partial(_trained, space))
    passed(target)


def _trained(space, recipe):
    """Train with the notebook's functions; return the perplexity on its validation names."""
    vocabulary, make_batch = space["vocabulary"], space["make_batch"]
    rng = np.random.default_rng(1)
    train = space["train_names"], vocabulary, make_batch, space["train_step"]
    network = follow(recipe, *train, rng)
    return perplexity_of(network, make_batch(space["validation_names"], vocabulary))
