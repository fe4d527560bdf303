"""What to do about an answer of the wrong type, form or shape, in words of the lesson's sizes.

`advice` takes a mismatch and says what is to be seen of what came and of what should: which axis is
missing, what is left out of a tuple, which key is misspelt, how many digits agree. It tells no
expected number. Each sentence holds for the two values; what may be the reason follows "Perhaps".
"""

import difflib
import re

import numpy as np

from .described import names_of_axes
from .leaves import leaves
from .nearly import nearly
from .relations import related, times
from .shapes import of_shape, sizes_in


def advice(wrong, given, sizes="", entries=None, axes=None):
    """Return sentences about a mismatch, each in a line of its own; often none.

    Parameters
    ----------
    wrong : Mismatch
        What it is about, and within which tuple, list or dict, stands in it.
    given : dict
        The arguments of the call.
    sizes : str
        The sizes of the case: ``"n_x=3, m=4"``.
    entries : dict of str to tuple of str
        See `grading.comparison.checks.check`.
    axes : dict of int or str to tuple of str
        See `grading.comparison.described.names_of_axes`.
    """
    said = []
    for name, got, expected in filter(None, (wrong.within, wrong.about)):
        known = (entries or {}).get(re.sub(r"(?<=\])\[\d+\]", "[t]", name), ())
        said.append(_of_value(got, expected, sizes_in(sizes), known, whole=not name))
        inside = wrong.about[0].removeprefix(name) if wrong.within else ""
        if known and inside and not said[-1]:
            said.append(f"{name}{inside} is the place of {known[int(inside[1:-1])]}.")
    # A difference of two results of another function has the rounding of both.
    if wrong.about and not any(map(callable, given.values())):
        said.append(nearly(*wrong.about[1:]) or _related(wrong, given, sizes, axes))
    return "".join(f"\n  {sentence}" for sentence in said if sentence)


def _related(wrong, given, sizes, axes):
    """Say how wrong numbers follow from the right ones, where that is not said already."""
    name, got, want = wrong.about
    if not {type(got), type(want)} <= {np.ndarray}:
        return ""
    if re.search(r"value \(.*(it is the|backwards|every)", wrong.brief):
        return ""
    inputs = {one: many[0] for one, many in leaves(given).items() if len(many) == 1}
    arrays = {one: each for one, each in inputs.items() if isinstance(each, np.ndarray)}
    names = names_of_axes(axes, want.shape, name)
    said = related(got, want, sizes_in(sizes), arrays, names)
    if not said and "one and the same factor" in wrong.brief:
        said = f"Each number is {times(np.sum(got * want) / np.sum(want**2))} what it should be."
    placed = re.search(r"value \((only|the first|the last|\[)", wrong.brief)
    return "" if placed and said.startswith("Only") else said


def _of_value(got, expected, sizes, entries, whole):
    if isinstance(expected, dict):
        return _of_dict(got, expected, whole)
    if isinstance(expected, (tuple, list)):
        return _of_entries(got, expected, entries, sizes)
    if type(got) is not np.ndarray:
        return _of_type(got, expected)
    if got.shape != np.shape(expected):
        return of_shape(got.shape, np.shape(expected), sizes)
    return _of_dtype(got.dtype, np.asarray(expected).dtype) or _not_finite(got)


def _not_finite(got):
    """Say what numbers come from that are none, or beyond all others."""
    if got.dtype.kind == "f" and np.isnan(got).any():
        return (
            "Where the code does not write it itself, nan comes of 0 / 0, of inf - inf, of "
            "inf / inf, of 0 times inf, and of a function where it is not defined, such as the "
            "logarithm or the root of a negative number; a sum or product with it is nan again."
        )
    if got.dtype.kind == "f" and np.isinf(got).any():
        return (
            "Where the code does not write it itself, inf comes of a division by 0 and of exp of a "
            "large number, -inf of the logarithm of 0."
        )
    return ""


# --- types ------------------------------------------------------------------------------


def _of_type(got, expected):
    if got is None:
        return (
            "Perhaps it was never given a value, or it holds what a method such as append, fill or "
            "sort returned: they change something in place and return None."
        )
    if isinstance(got, np.matrix):
        return "With a matrix, * is the product of matrices. Make it a plain array: np.array."
    if isinstance(got, np.ma.MaskedArray):
        return (
            "It is a masked array, and under its mask lie numbers that you do not see. Make it a "
            "plain one, and say what belongs there: filled(0) puts zeros."
        )
    if isinstance(got, np.ndarray):
        return "Make it a plain array: np.array."
    if callable(got):
        return "It is a function that was not called: brackets () behind its name are missing."
    if np.ndim(expected) == 0:
        return _of_no_number(got)
    if isinstance(got, (list, tuple)):
        return _of_pieces(got, np.shape(expected))
    if isinstance(got, (bool, int, float, complex, np.generic)):
        single = f"A single number stands where an array of shape {np.shape(expected)} belongs."
        if not np.any(expected):  # of an open exercise nobody knows how its numbers are made
            return single
        return (
            f"{single} Perhaps it was added up over all axes, or one entry was picked out of an "
            "array."
        )
    return ""


def _of_no_number(got):
    if isinstance(got, (list, tuple)) and len(got) == 1:
        return "It has one entry: return the number itself."
    if isinstance(got, (bool, np.bool_)):
        return "It is True or False, as a comparison gives: return the number itself."
    return ""


def _of_pieces(got, shape):
    """Say what a list or a tuple of numbers or arrays lacks."""
    what = type(got).__name__
    if isinstance(got, tuple) and len(got) == 1:
        return "It has one entry. Perhaps a comma at the end of a line has made a tuple."
    try:
        made = np.array(got, dtype=float).shape
    except (TypeError, ValueError):
        return f"Its {len(got)} entries have no common shape."
    if made == shape:
        return f"Its numbers have the right shape: np.array turns the {what} into an array."
    if len(got) == shape[-1] and made[1:] == shape[:-1]:
        return (
            f"Its {len(got)} entries are the slices along the last axis: np.stack joins them "
            "along the axis that is named, and here it should be the last one."
        )
    return f"As an array it has the shape {made}, and {shape} is expected."


def _of_dtype(got, expected):
    """Say where numbers of another kind come from."""
    if got == expected:
        return ""
    if got.kind == "f" and got.itemsize < expected.itemsize:
        return (
            "All real numbers that were handed in are float64, so something has turned numbers "
            f"into {got}, which keeps fewer digits. Leave out that dtype or conversion."
        )
    if got.kind in "iu":
        return (
            "An array of whole numbers cuts off what stands behind the decimal point when "
            "something is written into it. np.zeros makes floats unless it is told otherwise; "
            "np.zeros_like takes over the dtype of its argument."
        )
    if got.kind == "b":
        return "It holds only True and False, as a comparison returns them."
    if got.kind == "O":
        return (
            "Its entries are objects of Python, not numbers. Perhaps arrays of different shapes, "
            "or None, were put into one array."
        )
    if got.kind == "c":
        return "All numbers here are real."
    if got.kind == "f" and expected.kind in "iu":
        return "Whole numbers belong there, and np.zeros makes floats unless it is told otherwise."
    return ""


# --- tuples, lists, dicts -----------------------------------------------------------------


def _of_dict(got, expected, whole):
    """Say which keys are misspelt; of a dict within the result also which are missing."""
    if type(got) is not dict:
        return ""
    lacks = [name for name in expected if name not in got]
    more = [key for key in got if key not in expected]
    said = []
    for key in list(more):
        small = {name.lower(): name for name in lacks}
        near = _nearest(str(key).lower(), small)
        if near:
            said.append(f"Is your key {key!r} meant to be {' or '.join(map(repr, near))}?")
            lacks = [name for name in lacks if name not in near]
            more.remove(key)
    if whole:  # the message has named what is missing, or else what is too many
        if lacks and more:
            said.append(f"{_listed(more)} {_are(more)} in it, too, and not asked for.")
        there = [name for name in expected if name in got]
        if lacks and there and all(_right(got[name], expected[name]) for name in there):
            said.append("All other values are right.")
        return " ".join(said)
    said += [f"{_listed(lacks)} {_are(lacks)} missing."] if lacks else []
    said += [f"{_listed(more)} {_do(more)} not belong there."] if more else []
    return " ".join(said)


def _nearest(key, names):
    """Return what a name in lower case is near to: the values of the nearest, all that are."""
    near = difflib.get_close_matches(key, names)
    likeness = [difflib.SequenceMatcher(None, one, key).ratio() for one in near]
    best = [one for one, its in zip(near, likeness, strict=True) if its == likeness[0]]
    return [name for one, name in names.items() if one in best]


def _of_entries(got, expected, entries, sizes):
    if got is None:
        return "Perhaps it was never given a value, or it holds what append returned: None."
    if type(got) not in (tuple, list):
        return ""
    names = [f"{i} ({name})" for i, name in enumerate(entries)]
    names += [str(i) for i in range(len(names), len(expected))]
    order = f" In order they are: {', '.join(entries)}." if entries else ""
    if type(got) is not type(expected):
        if len(got) == len(expected):
            return "Write its entries in (round) brackets." if type(got) is list else ""
        place = _alone(got, expected)
        if place is not None:
            return f"It is only what belongs into entry {names[place]}.{order}"
        return order.strip()
    if len(got) == len(expected) - 1:
        for i in range(len(expected)):
            if same(got, expected[:i] + expected[i + 1 :]):
                return f"All that is there is right: entry {names[i]} is missing."
    if len(got) == len(expected) + 1:
        for i in range(len(got)):
            if same(got[:i] + got[i + 1 :], expected):
                return f"The entry at place {i} is too many, all others are right."
    if len(got) == len(expected):
        found = [[i for i, one in enumerate(got) if same(one, want)] for want in expected]
        wrong = [i for i in range(len(got)) if i not in found[i]]
        if wrong and len({places[0] for places in found if places}) == len(expected):
            places = "; ".join(f"entry {names[i]} lies at {found[i][0]}" for i in wrong[:3])
            return f"All entries are there, but in another order: {places}."
        return ""
    if len(got) == 0:
        return "It is empty: nothing was put into it."
    if len(expected) == sizes.get("T_x") and not entries:
        return f"There should be one for each of the {len(expected)} time steps."
    return order.strip()


def _alone(got, expected):
    """Return which entry of a container a value is, taken alone; None where it is none."""
    return next((i for i, want in enumerate(expected) if same(got, want)), None)


def same(one, other):
    """Say whether two values are the same, but for rounding."""
    if isinstance(other, (tuple, list)):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(other, dict):
        return (
            type(one) is dict
            and one.keys() == other.keys()
            and all(same(one[key], other[key]) for key in other)
        )
    if type(one) is not np.ndarray or one.dtype.kind not in "fiub":
        return one is other
    return one.shape == np.shape(other) and bool(np.allclose(one, other, 1e-7, 1e-9))


def _right(one, other):
    """Say whether a value is what a known one should be."""
    return other is not None and same(one, other)


def _listed(names):
    return ", ".join(map(repr, names))


def _are(names):
    return "is" if len(names) == 1 else "are"


def _do(names):
    return "does" if len(names) == 1 else "do"
