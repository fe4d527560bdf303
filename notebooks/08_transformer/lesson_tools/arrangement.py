"""Where wrong numbers stand, and how they compare with the right ones place by place.

Each sentence is a fact about two arrays, as in `relations`.
"""

import numpy as np

from .described import plural, several

EXACT = 1e-8  # of the largest number: stored values are rounded to 10 digits
ENOUGH = 4  # different numbers, for a relation to be no chance
MOSTLY = 0.9
MANY = 8  # numbers that are all too large, for that to be no chance


def comparable(got, want):
    """Say whether wrong numbers are of a kind, and many enough, that a relation would tell."""
    if got.shape != want.shape or got.dtype.kind != "f" or not np.isfinite(got).all():
        return False
    return len(np.unique(np.round(want, 9))) >= ENOUGH and not alike_numbers(got, want)


def alike_numbers(one, other):
    """Say whether two arrays are the same, but for the rounding of what is stored."""
    if one.shape != other.shape or not np.isfinite(one).all() or not np.isfinite(other).all():
        return False
    size = np.abs(other).max(initial=0.0)
    return bool(size > 0 and np.all(np.abs(one - other) <= EXACT * size))


def another_order(got, want, names):
    """Say that the right numbers stand there in another order along an axis."""
    for axis in range(len(names or ())):
        mine, right = np.moveaxis(got, axis, 0), np.moveaxis(want, axis, 0)
        if len(right) < 2 or right[0].size < 2:
            continue
        places = [[i for i, one in enumerate(right) if alike_numbers(row, one)] for row in mine]
        if all(len(found) == 1 for found in places):
            order = [found[0] for found in places]
            if sorted(order) == list(range(len(order))):
                moved, word = [i for i, place in enumerate(order) if i != place], names[axis]
                return (
                    f"All {several(word)} are there, but in another order: {word} {moved[0]} "
                    f"holds what belongs to {word} {order[moved[0]]}."
                )
    return ""


def wrong_ones(got, want):
    """Say of two arrays of zeros and ones how many ones are missing, or stand where none should."""
    if got.shape != want.shape or want.size < MANY or len(np.unique(want)) < 2:
        return ""
    if not all(np.isin(one, (0, 1)).all() for one in (got, want)):
        return ""
    if not got.any():
        return "All of it is 0: perhaps nothing was written to it."
    missing, more = int(np.sum(want > got)), int(np.sum(got > want))
    if missing and more:
        held, right = int(got.sum()), int(want.sum())
        return f"It holds {plural(held, 'one')}, and should hold {right}." if held != right else ""
    if more:
        are = "one more is" if more == 1 else f"{more} more are"
        return f"Each 1 that should be there is there, and {are}."
    if missing:
        are = "is" if missing == 1 else "are"
        return f"Each 1 stands where one should be, and {missing} {are} missing."
    return ""


def other_places(got, want):
    """Say that all numbers are the right ones, and stand in other places."""
    if alike_numbers(np.sort(got, axis=None), np.sort(want, axis=None)):
        return "All its numbers are the right ones, but not all of them stand in their places."
    return ""


def wrong_signs(got, want):
    """Say that the numbers are right but for the signs of some."""
    if alike_numbers(np.abs(got), np.abs(want)) and want.size >= MANY:
        wrong = int(np.sum(got * want < 0))
        if wrong == want.size:
            return ""  # that it is the negative is said elsewhere
        return f"All sizes are right, and the sign of {wrong} of {want.size} numbers is wrong."
    return ""


def _wrong(got, want):
    return np.abs(got - want) > EXACT * np.abs(want).max()


def only_zeros(got, want):
    """Say that all that is wrong is 0, as places are that nothing was written to."""
    wrong = _wrong(got, want)
    if np.any(got[wrong]) or np.count_nonzero(wrong) < ENOUGH:
        return ""
    if wrong.all():
        return "All of it is 0: perhaps nothing was written to it."
    return "Wherever it is wrong it is exactly 0: perhaps nothing was written there."


def wrong_places(got, want, names):
    """Say along which axis some places are right and others all wrong, in a few words."""
    wrong = _wrong(got, want)
    for axis in reversed(range(len(names or ()))):
        bad = wrong.any(axis=tuple(n for n in range(got.ndim) if n != axis))
        places = np.flatnonzero(bad)
        if bad.all() or np.compress(bad, wrong, axis).mean() < MOSTLY:
            continue
        first, last = int(places[0]), int(places[-1])
        if first == last:
            return f"Only {names[axis]} {first} is wrong."
        if len(places) == last - first + 1:
            return f"Only {several(names[axis])} {first} to {last} are wrong."
    return ""


def wrong_sums(got, want):
    """Say what is wrong with the sums of what should be probabilities along axis 0."""
    if got.ndim < 2:
        return ""
    if (
        want.min() < 0 <= got.min()
        and got.shape[0] > 1
        and np.allclose(got.sum(axis=0), 1, 0, 1e-7)
    ):
        return "Along axis 0 its numbers sum to 1, as those of a softmax do, and they should not."
    if want.min() < 0 or not np.allclose(want.sum(axis=0), 1, 0, 1e-7):
        return ""
    if np.allclose(got.sum(axis=0), 1, 0, 1e-7):
        return ""
    for axis, words in ((1, "along axis 1"), (None, "all together")):
        sums = got.sum(axis=axis)
        if np.allclose(sums, 1, 0, 1e-7):
            return f"Its numbers sum to 1 {words}; they should along axis 0, in each column."
    return "Along axis 0 its numbers should sum to 1, as those of a softmax do, and they do not."


def one_side(got, want):
    """Say that all numbers are off in the same direction."""
    if want.size < MANY or np.isclose(got, want, 1e-6, 1e-9).any():  # some of it is right
        return ""
    if np.all(got > want):
        return "Every number of it is larger than it should be."
    if np.all(got < want):
        return "Every number of it is smaller than it should be."
    if np.all(got * want > 0) and np.all(np.abs(got) > np.abs(want)):
        return "Every number of it has the right sign and is farther from 0 than it should be."
    if np.all(got * want > 0) and np.all(np.abs(got) < np.abs(want)):
        return "Every number of it has the right sign and is nearer to 0 than it should be."
    return ""
