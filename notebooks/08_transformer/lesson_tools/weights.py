"""What an open exercise returns: a dict of arrays, whose numbers nobody prescribes.

What they achieve is judged beside each lesson; here it is said what is no such dict.
"""

import numpy as np

from .checks import Mismatch, call, named_values
from .described import listed
from .forms import advice, same
from .values import compare_one, kind


def require_keys(target, found, names):
    """Raise a Mismatch unless a function has returned a dict with these keys and no others."""
    try:
        named_values(target, found, dict.fromkeys(names), dict)
    except Mismatch as wrong:
        raise Mismatch(wrong.brief, wrong.detail + advice(wrong, {})) from None


def count_units(target, found, names, of, most):
    """Return the number of units of a network: the length of one of its arrays.

    Parameters
    ----------
    target : callable
        The function that has returned the network.
    found : object
        What it returned.
    names : sequence of str
        The keys that a network has.
    of : str
        The key of the array whose shape is (n_a, 1).
    most : int
        How many units it may have.

    Raises
    ------
    Mismatch
        When keys are missing or too many, or there is no such array.
    """
    require_keys(target, found, names)
    array = found[of]
    listed = isinstance(array, (list, tuple)) or (type(array) is np.ndarray and array.ndim > 0)
    count = len(array) if listed else 0
    if not 1 <= count <= most:
        what = f"has the length {count}" if listed else f"is {kind(array)}"
        wanted = f"{of} should be an array of shape (n_a, 1), with n_a from 1 to {most}"
        raise Mismatch(wanted, f", but {what}.")
    return count


def alike_for(target, given):
    """Return a sentence that says that a function returns the same arrays for several arguments.

    Parameters
    ----------
    target : callable
    given : list of dict
        Its one argument, by name, again and again.
    """
    try:
        first, *others = (call(target, one) for one in given)
    except Mismatch:  # where it stops there is nothing to compare
        return ""
    if not all(same(one, first) for one in others):
        return ""
    name = next(iter(given[0]))
    return f" The same weights come for {listed([f'{name} = {one[name]}' for one in given])}."


def require_arrays(target, found, shapes, sizes=""):
    """Raise a Mismatch unless a function has returned arrays of finite real numbers.

    Parameters
    ----------
    target : callable
    found : object
        What it returned.
    shapes : dict of str to tuple of int
        The shape of each array, by its key.
    sizes : str
        In words: ``"n_a=2, n_x=4"``.
    """
    wanted = {name: np.zeros(shape) for name, shape in shapes.items()}
    try:
        named_values(target, found, wanted, dict)
        for name, zeros in wanted.items():
            array = found[name]
            if type(array) is np.ndarray and array.dtype.kind in "fiu":
                array = array.astype(float)
                if array.shape == zeros.shape and not np.isfinite(array).all():
                    raise Mismatch(f"{name} should hold finite numbers.")
            if getattr(array, "shape", ()) != zeros.shape or array.dtype != float:
                compare_one(name, array, {name: zeros})
    except Mismatch as wrong:
        raise Mismatch(wrong.brief, wrong.detail + advice(wrong, {}, sizes)) from None


def twice_for(target, given):
    """Return a sentence that says that a function returns other arrays when it is called again."""
    try:
        one, other = (call(target, given) for _ in range(2))
    except Mismatch:  # where it stops there is nothing to compare
        return ""
    return "" if same(one, other) else " Called twice, it returns two different networks."
