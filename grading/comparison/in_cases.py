"""What the wrong numbers of all cases together have in common with the right ones.

Where a function returns a single number, each case has one: then a factor shows across the cases,
and so does a size that it equals.
"""

import numpy as np

from .arrangement import ENOUGH, EXACT, MANY, MOSTLY, alike_numbers, comparable
from .relations import function_of, products, shift, times

NEAR, NEARER = 0.01, 1e-6  # less than the second is rounding


def related_numbers(got, want, sizes):
    """Return the same of single numbers, one of each case; with the sizes of each case."""
    got, want = np.array(got, float), np.array(want, float)
    if len(got) < 2 or not np.isfinite(got).all() or alike_numbers(got, want):
        return ""
    if np.ptp(got) == 0 and len(set(want)) > 1:
        return f"It is the same in all {len(got)} cases: {got[0]:.6g}."
    for names in products(sizes[0]):
        of = product(names, sizes)
        if len(set(of)) > 2 and alike_numbers(got, of):
            return f"In each of the {len(got)} cases it is {' · '.join(names)}."
    if not comparable(got, want) or not np.all(want):
        return ""
    with np.errstate(all="ignore"):
        ratio = got / want
        if np.ptp(ratio) < EXACT * np.abs(ratio).max():
            return f"In each of the {len(got)} cases it is {times(ratio[0])} what it should be."
        for names in products(sizes[0]):
            of = product(names, sizes)
            for part, words in ((of, "{} times"), (1 / of, "1 / ({}) of")):
                if len(set(of)) > 1 and alike_numbers(ratio, part):
                    what = words.format(" · ".join(names))
                    return f"In each of the {len(got)} cases it is {what} what it should be."
        return function_of(got, want) or shift(got, want) or _near(got, want)


def _near(got, want):
    """Say in how many cases a number is nearly right, or that it is off in one direction."""
    off = np.abs(got - want) / np.abs(want)
    near = int(np.sum((off < NEAR) & (off > NEARER)))
    for digits in range(1, 6):
        if len(set(want)) > 2 and np.array_equal(got, np.round(want, digits)):
            places = f"{digits} place{'s' * (digits > 1)}"
            return f"In each of the {len(got)} cases it is the right number, rounded to {places}."
    if near > 2:
        return f"In {near} of the {len(got)} cases it is less than 1 % off."
    if len(got) >= ENOUGH and off.min() > NEARER:  # else it is right in one of them
        if np.all(np.abs(got) > np.abs(want)):
            return f"In each of the {len(got)} cases it is larger than it should be."
        if np.all(np.abs(got) < np.abs(want)):
            return f"In each of the {len(got)} cases it is smaller than it should be."
    return ""


def beyond(pairs, name):
    """Say that numbers lie beyond all that is right in any case.

    Parameters
    ----------
    pairs : list of (numpy.ndarray, numpy.ndarray)
        Of each case what came and what should have come.
    name : str
        What they are called.
    """
    got, want = (
        np.concatenate([np.ravel(one) for one in both]) for both in zip(*pairs, strict=True)
    )
    for low, high in ((0, 1), (-1, 1)):
        out = int(np.sum((got < low) | (got > high)))  # nan is told of by itself
        inside = low <= want.min() and want.max() <= high and np.abs(want).max() > MOSTLY
        if want.size >= MANY and out and inside:
            what = "one of yours does" if out == 1 else f"{out} of yours do"
            where = f"In all cases the right numbers of `{name}` lie"
            return f"{where} between {low} and {high}; {what} not."
    return ""


def product(names, sizes):
    """Return the product of some sizes in each case."""
    return np.array([np.prod([one.get(name, 0) for name in names]) for one in sizes], float)
