"""The public tests of this lesson, and the cases that they go through."""

import numpy as np

from lesson_tools.bptt_inputs import (
    cross_entropy_arguments,
    descent_step_arguments,
    dry_days_arguments,
    gradient_check_arguments,
    output_arguments,
    rnn_backward_arguments,
    rnn_cell_backward_arguments,
)
from lesson_tools.cases import PublicCases
from lesson_tools.checks import Mismatch, call, passed, require_function
from lesson_tools.dry_days import check_dry_days
from lesson_tools.inputs import AXES
from lesson_tools.weights import alike_for

PREDICTIONS = [
    (3, 4, 2),
    (2, 1, 5),
    (4, 3, 1),
    (3, 5, 2, {"scale": 1000.0}),
    (3, 4, 3, {"hopeless": True}),
]
CHECKED = [
    (2, 3, {"h": 0.01}),
    (4, {"wrong": 0.5}),
    (2, 1, 3, {"h": 0.02, "wrong": -2.0, "place": 1}),
    (3, {"h": 0.01, "wrong": 1e-3, "idle": True}),
    (2, 2, {"h": 0.01, "wrong": -1.0, "place": 1}),
    (2, {"h": 0.001, "idle": True, "claimed": 3e-5}),
]
PROBES = [
    (2, 2, {"h": 0.05, "rising": True}),
    (3, {"h": 0.02, "wrong": -1.5, "rising": True}),
    (1, {"h": 0.05, "wrong": -3.0, "rising": True}),
]
CELL = [(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2), (2, 3, 4, 3, {"large": 1e4})]
OUTPUT = [(3, 5, 2, 4, 6), (4, 2, 3, 1, 4), (2, 3, 4, 3, 1), (3, 2, 4, 3, 2, {"scale": 30.0})]
BACKWARD = [
    (3, 5, 2, 4, 6),
    (4, 2, 3, 1, 4, {"more_caches": 2}),
    (2, 3, 4, 3, 1, {"large": 1e4}),
    (3, 2, 4, 2, 5, {"only_last": True}),
]
DESCENT = [
    (3, 5, 2),
    (2, 4, 3, {"times": 0.5}),
    (4, 2, 3, {"times": 3.0, "others": True}),
    (1, 3, 2, {"times": 0.0}),
]
DRY = [3, 2]
CASES = PublicCases(
    __file__,
    probes={"gradient_check": PROBES},
    cross_entropy=(cross_entropy_arguments, PREDICTIONS, "n_y m T_x"),
    gradient_check=(gradient_check_arguments, CHECKED, "rows columns layers"),
    output_backward=(output_arguments, OUTPUT, "n_x n_a n_y m T_x"),
    rnn_cell_backward=(rnn_cell_backward_arguments, CELL, "n_x n_a n_y m"),
    rnn_backward=(rnn_backward_arguments, BACKWARD, "n_x n_a n_y m T_x"),
    descent_step=(descent_step_arguments, DESCENT, "n_x n_a n_y"),
    dry_days=(dry_days_arguments, [(days,) for days in DRY], "days"),
)


def cross_entropy_test(target):
    """Test the loss of a batch of predictions."""
    CASES.compare(target, "cross_entropy", lambda loss: {"loss": loss}, also=costs_nothing)


def gradient_check_test(target):
    """Test the check itself: on gradients that are right and on some that are not."""
    CASES.compare(target, "gradient_check", lambda error: {"error": error}, also=moves_copies)


def moves_copies(target):
    """Check what f is called with."""
    gives_copies(target)
    moves_each(target)
    moves_by_default(target)


def output_backward_test(target):
    """Test the step back from the loss to the hidden states."""
    CASES.compare(target, "output_backward", axes=AXES)


def rnn_cell_backward_test(target):
    """Test one step back through the recurrent network."""
    CASES.compare(target, "rnn_cell_backward")


def rnn_backward_test(target):
    """Test the way back through the recurrent network, over all time steps."""
    CASES.compare(target, "rnn_backward", axes=AXES, also=one_call_each)


def one_call_each(target):
    """Check that the loop calls its step once for each."""
    CASES.once(target, "rnn_backward", "rnn_cell_backward", lambda da, _: da.shape[2])


# --- rules that no single value shows; the hidden tests hold them too ------------------------


def costs_nothing(target, labels=((0, 2, 1), (1, 1, 0))):
    """Check that predictions that are certain and right cost exactly 0."""
    labels = np.array(labels)
    y_pred = np.moveaxis(np.eye(3)[labels], 2, 0)
    loss = call(target, {"y_pred": y_pred, "labels": labels})
    if np.any(loss != 0.0):
        raise Mismatch(
            "Predictions that are all certain and right should cost exactly 0",
            f", but here they cost {loss}. Is something added to the probabilities, or are they "
            "held below 1?",
        )


def stops(x):
    """Stand for an f that fails: even then ``gradient_check`` has left x as it was."""
    raise ArithmeticError("This f has no value there.")


def gives_copies(target, x=((0.5, -1.0, 2.0), (1.5, -0.5, 1.0))):
    """Check that x is never changed, not even while f is called."""
    spoilt, _ = _watched(target, np.array(x))
    if spoilt:
        raise Mismatch(
            "x is changed while f is called. Give f a changed copy: x stays as it is all the time."
        )


def moves_each(target, x=((0.5, -1.0, 2.0), (1.5, -0.5, 1.0))):
    """Check that f is called with each entry of x moved."""
    _, moves = _watched(target, np.array(x))
    left = np.all([move == 0 for move in moves], axis=0)
    if left.any():
        raise Mismatch(
            "Each entry of x should be moved once up and once down",
            f", but for an x of shape {left.shape} f is never called with {left.sum()} of the "
            f"{left.size} entries moved.",
        )


def moves_by_default(target, x=((0.5, -1.0, 2.0), (1.5, -0.5, 1.0))):
    """Check how far an entry is moved where no h is given."""
    _, moves = _watched(target, np.array(x))
    moved = [np.max(np.abs(move)) for move in moves]
    if any(far and not 0.99e-6 < far < 1.01e-6 for far in moved):
        raise Mismatch("Where no h is given, each entry should be moved by 1e-6.")


def _watched(target, x):
    """Call ``gradient_check``; return whether it changed x, and what was moved in each call."""
    before, spoilt, moves = x.copy(), [], []

    def f(given):
        moves.append(given - before)
        far = np.any(moves[-1])
        spoilt.append(not np.array_equal(x, before) or (given is x and far))
        return np.sum(given**2)

    call(target, {"f": f, "x": x, "dx": 2 * before})
    return any(spoilt), moves


def descent_step_test(target):
    """Test one step of learning, with gradients shorter and longer than the limit."""
    CASES.compare(target, "descent_step")


def dry_days_test(target):
    """Test what networks that count three and two dry days say on days drawn at random."""
    require_function(target)
    seen = ""
    with CASES.explained(target, "dry_days"):
        for days in DRY:
            try:
                seen = seen or check_dry_days(target, days, np.random.default_rng(3))
            except Mismatch as wrong:
                if "too few days" not in wrong.brief:
                    raise
                same = alike_for(target, [{"days": one} for one in DRY])
                raise Mismatch(wrong.brief, wrong.detail + same) from None
    if seen:
        print(f"A few days are wrong.{seen}")
    passed(target)
