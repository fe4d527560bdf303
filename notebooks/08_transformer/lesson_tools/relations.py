"""What wrong numbers have in common with the right ones: a factor, an order, a square of them.

Each sentence is a fact about two arrays. It holds for all of their numbers, and of so many
different ones that it is no chance. Why it is so is left to the reader. `in_cases` asks the same
of all cases together.
"""

import numpy as np

from .arrangement import (
    ENOUGH,
    EXACT,
    MANY,
    alike_numbers,
    another_order,
    comparable,
    one_side,
    only_zeros,
    other_places,
    wrong_ones,
    wrong_places,
    wrong_signs,
    wrong_sums,
)


def related(got, want, sizes=(), inputs=(), names=None):
    """Return a sentence about how wrong numbers follow from the right ones; often nothing.

    Parameters
    ----------
    got, want : numpy.ndarray
    sizes : dict of str to int
        The sizes of the case.
    inputs : dict of str to numpy.ndarray
        What the call was given, by name.
    names : tuple of str, optional
        What one place along each axis is called. Without it, nothing is said of places.
    """
    if not comparable(got, want):
        return wrong_ones(got, want)
    with np.errstate(all="ignore"):
        return next(
            filter(
                None,
                (
                    only_zeros(got, want),
                    _factor(got, want, dict(sizes)),
                    function_of(got, want, names),
                    _with_input(got, want, dict(inputs)),
                    shift(got, want),
                    _before(got, want),
                    another_order(got, want, names),
                    other_places(got, want),
                    wrong_signs(got, want),
                    wrong_sums(got, want),
                    wrong_places(got, want, names),
                    one_side(got, want),
                ),
            ),
            "",
        )


# --- factors --------------------------------------------------------------------------


def _factor(got, want, sizes):
    factor = float(np.sum(got * want) / np.sum(want**2))
    if abs(factor) < 1e-6 or abs(factor - 1) < 1e-3 or not alike_numbers(got / factor, want):
        return ""
    if abs(factor + 1) < EXACT:
        return ""  # that it is the negative is said elsewhere
    here = [
        f"{' · '.join(names)} = {size:.0f}"
        for names in products(sizes)
        if (size := float(np.prod([sizes[name] for name in names]))) > 2
        and any(np.isclose(abs(factor), part, 1e-7) for part in (size, 1 / size))
    ]
    said = f"Each number is {times(factor)} what it should be"
    return f"{said}; here {' and '.join(here[:2])}." if here else f"{said}."


def products(sizes):
    """Return by what sizes a wrong factor may come, and products of them: names in tuples."""
    return [*((name,) for name in sizes), *([("m", "T_x")] if {"m", "T_x"} <= set(sizes) else ())]


def times(factor):
    """Return a factor in words."""
    minus = "minus " if factor < 0 else ""
    size = abs(factor)
    if 1e-6 < size < 1 and abs(1 / size - round(1 / size)) < 1e-6 / size:
        return f"{minus}1/{round(1 / size)} of"
    return f"{minus}{size:.6g} times"


# --- functions of the right numbers -----------------------------------------------------


def _sigmoid(array):
    return 1 / (1 + np.exp(-array))


FUNCTIONS = (
    ("the square of", np.square),
    ("the square root of", np.sqrt),
    ("the absolute value of", np.abs),
    ("1 minus", lambda want: 1 - want),
    ("1 plus", lambda want: 1 + want),
    ("1 over", lambda want: 1 / want),
    ("the exponential of", np.exp),
    ("the logarithm of", np.log),
    ("the tanh of", np.tanh),
    ("the sigmoid of", _sigmoid),
    ("1 minus the square of", lambda want: 1 - want**2),
)
INVERSES = (("the tanh of", np.tanh), ("the sigmoid of", _sigmoid), ("the square of", np.square))


def function_of(got, want, names=None):
    """Say that what is there is a function of what it should be, number by number."""
    for words, function in FUNCTIONS:
        if alike_numbers(got, function(want)):
            return f"Each number is {words} what it should be."
    for words, function in INVERSES:
        if alike_numbers(want, function(got)):
            return f"What it should be is {words} what is there, number by number."
    if names and want.ndim == 3 and want.shape[2] > 2:
        each = f"Each {names[2]} holds the sum of all that should stand there and"
        if alike_numbers(got, np.cumsum(want, axis=2)):
            return f"{each} before it."
        if alike_numbers(got, np.cumsum(want[:, :, ::-1], axis=2)[:, :, ::-1]):
            return f"{each} behind it."
    return ""


# --- what the call was given --------------------------------------------------------------


FACTORS = (
    ("`{}`", lambda one: one),
    ("1 - `{}`", lambda one: 1 - one),
    ("`{}` squared", np.square),
    ("1 - `{}` squared", lambda one: 1 - one**2),
    ("`{0}` (1 - `{0}`)", lambda one: one * (1 - one)),
    ("the tanh of `{}`", np.tanh),
    ("1 - the square of the tanh of `{}`", lambda one: 1 - np.tanh(one) ** 2),
)


def _with_input(got, want, inputs):
    """Say that an input is what is there, or what was added, left out, or multiplied with."""
    inputs = {
        name: array
        for name, array in inputs.items()
        if array.dtype.kind == "f" and array.ndim == 2 and len(np.unique(array)) >= ENOUGH
    }
    for name, array in inputs.items():
        if alike_numbers(got, array):
            return f"It is just `{name}`."
        if array.T.shape == got.shape and alike_numbers(got, array.T):
            return f"It is just `{name}`, transposed."
    for name, array in inputs.items():
        if not _fits(array, got):
            continue
        array = np.broadcast_to(array, got.shape)
        if alike_numbers(got - want, array):
            return f"It is what it should be plus `{name}`."
        if alike_numbers(want - got, array):
            return f"It is what it should be without `{name}`: adding that would make it right."
        for words, function in FACTORS:
            factor, what = function(array), words.format(name)
            if len(np.unique(factor)) < ENOUGH:
                continue
            if alike_numbers(got, want * factor):
                return f"Each number is what it should be times {what}."
            if alike_numbers(got * factor, want):
                return f"Times {what}, each number would be right."
    return ""


def _fits(array, got):
    return got.ndim == 2 and array.shape in (got.shape, (got.shape[0], 1))


# --- differences ---------------------------------------------------------------------------


def shift(got, want):
    """Say that the difference is the same everywhere, or in each column."""
    apart = got - want
    if _constant(apart):
        return f"Each number is too {'large' if apart.flat[0] > 0 else 'small'} by the same amount."
    if got.ndim == 2 and _constant(apart, 1):
        return "The difference is the same in each column, as that of a bias would be."
    return ""


def _constant(array, axis=None, exact=EXACT):
    """Say whether an array is the same along an axis, of more places than one."""
    if axis is not None and (array.shape[axis] < 2 or array.shape[0] * array.shape[1] < MANY):
        return False
    return bool(np.ptp(array, axis=axis).max() <= 100 * exact * np.abs(array).max())


def _before(got, want):
    """Say the same of what stands within a tanh, a sigmoid or a softmax."""
    if got.ndim != 2:
        return ""
    both = np.stack([got, want])
    if both.min() > 0 and all(np.allclose(one.sum(axis=0), 1) for one in both):
        scores = np.log(both) - np.log(both[:, :1])
        if both.min() > 1e-3 and _constant(scores[0] - scores[1], 1, 1e-7):
            return (
                "What goes into the softmax is off by the same amounts in each column, up to what "
                "a softmax does not see."
            )
        return ""
    if np.abs(both).max() < 0.99:
        undone = np.arctanh(both)
        if _constant(undone[0] - undone[1], 1, 1e-7):
            return (
                "Before a tanh, what is off would be the same in each column, as a bias would be."
            )
        factor = (
            undone[0].flat[np.abs(undone[1]).argmax()] / undone[1].flat[np.abs(undone[1]).argmax()]
        )
        if abs(factor - 1) > 1e-3 and np.allclose(undone[0], factor * undone[1], 1e-6, 1e-7):
            return f"Before a tanh, each number would be {times(factor)} what it should be."
    return ""
