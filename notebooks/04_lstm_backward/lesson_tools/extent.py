"""How far a wrong answer is right: which of the values that it returned, and which not."""

import itertools

import numpy as np

from .described import listed

ENOUGH = 3  # wrong values, for it to be worth saying that all are
MOST = 4  # names that are listed; of more it is said how many


def extent(got, want, alike, given=(), entries=None, elsewhere=None):
    """Say which of several values are right and which are wrong.

    Parameters
    ----------
    got, want : dict
        What came back and what should, by name.
    alike : callable
        Says whether one of each is the same.
    given : dict
        The arguments of the call. What merely hands one on proves nothing.
    entries : dict of str to tuple of str
        What the entries of a tuple among the values are called, by its name.
    elsewhere : callable, optional
        Returns the names of values that are wrong in another case: what is right here alone may
        be so by chance.
    """
    pairs: dict[str, tuple[object, object]] = {}
    for name in want:
        parts = (entries or {}).get(name, ())
        both = (got[name], want[name])
        if all(type(one) is tuple and len(one) == len(parts) for one in both):
            for part, *pair in zip(parts, *both, strict=True):
                if alike(*pair) or not any(alike(one, pair[1]) for one in got[name]):
                    pairs.setdefault(part, tuple(pair))  # else it is there, in another place
        else:
            pairs[name] = both
    handed_on = [*dict(given).values()]
    pairs = {
        name: pair for name, pair in pairs.items() if not any(pair[1] is one for one in handed_on)
    }
    right = [name for name, pair in pairs.items() if alike(*pair)]
    wrong = [name for name in pairs if name not in right]
    other = set(elsewhere()) if elsewhere and wrong and right else set()
    chance = [name for name in right if name in other]
    if chance:
        right = [name for name in right if name not in chance]
        return f"Right in all cases {_are(right)} {_quoted(right)}." if right else ""
    if not wrong or (not right and len(wrong) < ENOUGH):
        return ""
    stacked = _stacked({name: pairs[name] for name in wrong}, alike)
    stacked += _same_object({name: pairs[name] for name in wrong})
    if not right:
        return f"None of the {len(wrong)} results is right.{stacked}"
    if len(wrong) <= MOST and len(wrong) <= len(right):
        rest = (
            "all others are right" if len(right) > MOST else f"{_quoted(right)} {_are(right)} right"
        )
        return f"Wrong {_are(wrong)} {_quoted(wrong)}; {rest}.{stacked}"
    # What is not compared, such as what is handed on, is right perhaps.
    rest = (
        "all others that are compared are wrong"
        if len(wrong) > MOST
        else f"{_quoted(wrong)} {_are(wrong)} wrong"
    )
    return f"Right {_are(right)} {_quoted(right)}; {rest}.{stacked}"


def _stacked(pairs, alike):
    """Say so where two wrong arrays, one above the other, are the right rows cut elsewhere."""
    arrays = [one for pair in pairs.values() for one in pair]
    if len(pairs) != 2 or not all(isinstance(one, np.ndarray) and one.ndim == 2 for one in arrays):
        return ""
    if len({array.shape[1] for array in arrays}) > 1:
        return ""
    (one, other) = pairs.values()
    if alike(one[0], other[1]) and alike(other[0], one[1]):
        return ""  # each stands under the other's name, and nothing was cut
    for above, below in itertools.permutations(pairs):
        mine = np.vstack([pairs[above][0], pairs[below][0]])
        for first, second in itertools.permutations(pairs):
            if alike(mine, np.vstack([pairs[first][1], pairs[second][1]])):
                return (
                    f" Put `{above}` above `{below}`: these are the right rows, those of `{first}` "
                    f"first and then those of `{second}`. So they are cut in the wrong place, or "
                    "given the wrong names."
                )
    return ""


def _same_object(pairs):
    """Say so where several wrong results are a single array, though they should be different."""
    for array, right in pairs.values():
        if isinstance(array, np.ndarray):
            same = [one for one, (got, _) in pairs.items() if got is array]
            if len(same) > 1 and not all(np.array_equal(pairs[one][1], right) for one in same):
                return f" {_quoted(same)} are one and the same array."
    return ""


def _quoted(names):
    return listed([f"`{name}`" if name.isidentifier() else name for name in names])


def _are(names):
    return "is" if len(names) == 1 else "are"
