"""The arrays and numbers that a call is given, each by a name, however deep they lie."""

import numpy as np


def leaves(given):
    """Return the arrays of numbers, and the fractions, among the arguments of a call, by name.

    What a dict holds goes by its key, as ``Wax``; what a tuple holds by its place, as ``cache[1]``.
    What lies at the same place of each entry of a list is one: ``caches[0][t][1]``. A name that two
    would have is nobody's.

    Parameters
    ----------
    given : dict

    Returns
    -------
    dict of str to list
        All that goes by a name.
    """
    found: dict[str, list[object]] = {}
    seen: dict[str, str] = {}
    for path, name, value in _walk(given):
        if seen.setdefault(name, path) != path:
            found[name] = []
        elif name not in found or found[name]:
            found.setdefault(name, []).append(value)
    return {name: values for name, values in found.items() if values}


def changed(given, name):
    """Return a copy of the arguments in which an array is all zeros, or a fraction twice as large.

    Each array is copied for itself: two places may hold the same one.
    """
    return _rebuilt(given, "", "", lambda at, value: _without(value) if at == name else value)


def is_fraction(value):
    """Say whether a value is a single number that is not counted in ones."""
    return isinstance(value, (float, np.floating))


def _without(value):
    return 2 * value if is_fraction(value) else np.zeros_like(value)


def _walk(given):
    found = []
    _rebuilt(given, "", "", lambda name, value, path="": found.append((path, name, value)), True)
    return found


def _rebuilt(value, name, path, put, with_path=False):
    """Copy a value; ``put`` is given each leaf with its name, and returns what stands there."""

    def inner(item, name, key):
        return _rebuilt(item, name, f"{path}/{key}", put, with_path)

    if type(value) is dict:
        return {
            key: inner(item, key if type(key) is str else name, key) for key, item in value.items()
        }
    if type(value) is tuple:
        return tuple(inner(item, f"{name}[{i}]", i) for i, item in enumerate(value))
    if type(value) is list:
        return [inner(item, f"{name}[t]", "t") for item in value]
    plain = type(value) is np.ndarray and value.dtype.kind in "fiu"
    if not plain and not is_fraction(value):
        return value
    value = value.copy() if plain else value
    return put(name, value, path) if with_path else put(name, value)
