"""What a wrong answer does on all public cases, and when one of its inputs is taken away.

What comes of it is a fact: that a result stays the same though an input that it should depend on
has become all zeros; that it changes with one that it should not depend on; that it is right as
soon as one is zero; in which cases it is right.
"""

import contextlib
import copy
import io
import itertools
import warnings

import numpy as np

from lesson_tools.counting import arguments_of
from lesson_tools.described import listed
from lesson_tools.hints import CLOSE, fingerprint
from lesson_tools.in_cases import beyond, related_numbers
from lesson_tools.leaves import changed, is_fraction, leaves
from lesson_tools.shapes import sizes_in

MOST = 4  # names, or cases, that are listed
TRIVIAL = (0.0, 1.0, -1.0)


def results(target, given, pick):
    """Return the arrays of floats that a function returns, by name; nothing where it fails."""
    try:
        with _quiet():
            found = pick(target(*copy.deepcopy(given).values()))
            arrays = {name: _array(value) for name, value in found.items()}
            return {name: array for name, array in arrays.items() if array.dtype == float}
    except Exception:  # whatever it is, there is nothing to compare
        return {}


def _array(value):
    if isinstance(value, np.ma.MaskedArray):
        return np.array(None)  # what lies under the mask is nobody's result
    try:
        return np.array(value)
    except ValueError:  # of parts that have no common shape
        return np.array(None)


@contextlib.contextmanager
def _quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(io.StringIO()):
            yield


def calls(target, given):
    """Return what stands for all that a function gives to others, call by call.

    Returns
    -------
    dict of str to list
        Of each function it calls, for each call the names of its arguments, and of each one number
        for what it holds and one for its shape. None where it stops with an error.
    """
    try:
        with _quiet():
            found = arguments_of(target, given)
    except Exception:
        return None
    return {
        name: [
            {
                one: [fingerprint(value, None)[1], _form(value)]
                for one, value in each.items()
                if value is not None
            }
            for each in many
        ]
        for name, many in found.items()
    }


def _form(value):
    """Return a number that stands for the shape of an array."""
    return sum(size * 1000**axis for axis, size in enumerate(getattr(value, "shape", ())))


def about_calls(mine, known, steps, sizes=()):
    """Return a sentence about the calls of the functions that an exercise is built of.

    Parameters
    ----------
    mine : dict or None
        What `calls` gave.
    known : dict of str to list of list of list of float
        What it gave for the solution, without names.
    steps : collection of str
        The functions that a loop calls once for each step: of these each call has its place.
    sizes : collection of int
        Those of the case. Who calls a function so many times as often goes along one more axis, or
        two, by a loop, which is no mistake.
    """
    more = {1, *sizes, *(one * other for one, other in itertools.combinations(sizes, 2))}
    said = []
    for name, wanted in known.items() if mine is not None else ():
        many = mine.get(name, [])
        if not many and name in steps:
            said.append(f"In this case `{name}` is not called at all.")
        elif name in steps and len(many) not in {n * len(wanted) for n in more}:
            said.append(f"In this case `{name}` is called {_often(len(many))}, not {len(wanted)}.")
        if len(many) != len(wanted) or (len(many) > 1 and name not in steps):
            continue
        wrong = [_other(*pair) for pair in zip(many, wanted, strict=True)]
        first = next((number for number, names in enumerate(wrong) if names), None)
        if None in wrong or (first is not None and name not in steps):
            continue
        if first is None:
            calls = f"each of its {len(many)} calls" if len(many) > 1 else "its call"
            said.append(f"In {calls} `{name}` is given what it should be given.")
        else:
            which = listed([f"`{one}`" for one in wrong[first]])
            call = f"call {first + 1} of {len(many)}" if len(many) > 1 else "its call"
            before = ", unlike in the calls before" if first > 1 else ", unlike in call 1"
            said.append(f"In {call} `{name}` is given a wrong {which}{before if first else ''}.")
    return said


def _often(number):
    """Say how often something is done."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _other(given, wanted):
    """Return the arguments of a call that are not as they should be; None where it has others."""
    if len(given) != len(wanted):
        return None
    pairs = zip(given.items(), wanted, strict=True)
    return [
        name
        for (name, (number, form)), (right, its) in pairs
        if form != its or not _same(number, right)
    ]


def close(one, other):
    """Say whether two arrays of results are the same, but for rounding."""
    return np.shape(one) == np.shape(other) and np.allclose(one, other, 1e-7, 1e-9)


def without_each(target, given, pick):
    """Return what stands for the results when each input in turn is all zeros, or doubled.

    Returns
    -------
    dict of str to list of float
        By the name of the input; first, by no name, of the inputs as they are.
    """
    found = {"": _numbers(results(target, given, pick))}
    for name in leaves(given):
        found[name] = _numbers(results(target, changed(given, name), pick))
    return {name: numbers for name, numbers in found.items() if numbers}


def _numbers(values):
    return [fingerprint(array, None)[1] for array in values.values()]


def _same(one, other, close=CLOSE):
    return abs(one - other) <= close * max(abs(other), 1e-12)


def about_inputs(target, given, pick, known, place):
    """Return sentences about a wrong value and the inputs of a call.

    Parameters
    ----------
    target : callable
    given : dict
        The arguments of the case.
    pick : callable
        Takes what the function returns and gives the dict of arrays.
    known : dict
        What `without_each` gave for the solution.
    place : (str, int)
        Which value is wrong, and which in order it is.
    """
    name, place = place
    usual, again = results(target, given, pick), results(target, given, pick)
    if name not in usual or "" not in known:
        return []
    if name in again and not np.array_equal(usual[name], again[name], equal_nan=True):
        return [f"Called twice with the same inputs, your function gives two different `{name}`."]
    right, mine = known[""][place], fingerprint(usual[name], None)[1]
    unused, needless, enough = [], [], []
    for one, values in leaves(given).items():
        if one not in known:
            continue
        made = results(target, changed(given, one), pick).get(name)
        if made is None:
            continue
        number, wanted = fingerprint(made, None)[1], known[one][place]
        moves, should = not _same(number, mine, 1e-10), not _same(wanted, right)
        does = "is doubled" if is_fraction(values[0]) else "is all zeros"
        same = made.shape == usual[name].shape and np.array_equal(made, usual[name])
        alike = np.unique(made).size == 1 and (made.size > 1 or bool(_trivial(made)))
        ended = not np.isfinite(made).all() or alike
        if should and same and not ended:  # inf stays inf, zeros zeros, whatever it is made of
            unused.append((one, does))
        elif moves and _same(wanted, right, 1e-12):
            needless.append((one, does))
        elif _same(number, wanted) and not _same(mine, right) and _telling(made, given):
            enough.append((one, does))
    return [
        *_sentence(f"Here `{name}` stays the same when", unused, "it should change", "or"),
        *_sentence(f"Here `{name}` changes when", needless, "it should stay the same", "or"),
        *(_sentence(f"Here `{name}` is right when", enough, "", "or") if not unused else ()),
    ][:2]


def _sentence(start, names, end, last):
    if not names or len(names) > MOST:
        return []
    each = {does: [one for one, its in names if its == does] for _, does in names}
    said = [f"{listed([f'`{one}`' for one in ones], last)} {does}" for does, ones in each.items()]
    return [f"{start} {listed(said, last)}{f', though {end}' if end else ''}."]


def _telling(array, given):
    """Say whether an array holds enough numbers that not many programs end at."""
    handed = [one for many in leaves(given).values() for one in many]
    if any(np.array_equal(one, array) for one in handed):
        return False  # an input, handed on as it was
    return len(np.unique(np.round(array[~np.isin(array, TRIVIAL)], 9))) > 2


def about_cases(found, name):
    """Return a sentence about a wrong value in all cases.

    Parameters
    ----------
    found : list of (dict, dict, str)
        Of each case the results, what they should be, and its sizes in words.
    name : str
        Which value is wrong.
    """
    pairs = [
        (got[name], want[name], words) for got, want, words in found if name in got and name in want
    ]
    if len(pairs) < len(found) or len(pairs) < 2:
        return []
    said = []
    if all(np.ndim(got) == np.ndim(want) == 0 for got, want, _ in pairs):
        got, want, words = zip(*pairs, strict=True)
        said = [related_numbers(got, want, [sizes_in(one) for one in words])]
    elif all(np.shape(got) == np.shape(want) for got, want, _ in pairs):
        said = [beyond([pair[:2] for pair in pairs], name)]
    right = [(words, _trivial(want)) for got, want, words in pairs if close(got, want)]
    wrong = [words for got, want, words in pairs if not close(got, want)]
    if all(trivial for _, trivial in right):
        right = []  # many programs end at such numbers
    if right and len(wrong) == 1:
        said.append(f"Of all {len(pairs)} cases, only this one is wrong.")
    elif len(right) in (1, 2) and len(wrong) > 1:
        of = f"{'one' if len(right) == 1 else 'two'} of the {len(pairs)} cases"
        which = [f"({words}){f', where it should be {t}' * bool(t)}" for words, t in right]
        said.append(f"`{name}` is right in {of}: {listed(which)}.")
    elif right and len(wrong) > 1:
        others = [f"({one})" for one in wrong[1 : 1 + MOST]]
        easy = [trivial for _, trivial in right if trivial]
        aside = f" (in {len(easy)} of them it should be {listed([*dict.fromkeys(easy)], ' or ')})"
        in_cases = f"{len(right)} cases{aside * bool(easy)}"
        said.append(f"`{name}` is right in {in_cases}, and wrong in {listed(others)} too.")
    return [one for one in said if one]


def _trivial(want):
    """Return the number that all of a value should be, in words, if many programs end at it."""
    same = np.unique(want)
    return f"{same[0]:g}" if same.size == 1 and same[0] in TRIVIAL else ""
