"""What can be said of a wrong answer beyond that it is wrong.

`describe` says where and how an array differs: in which columns or steps, or that it is a
transpose, a sign, a step behind. `explain` knows common mistakes by their results: of
each it has the numbers that stand for what such code returns, and a sentence about it.
"""

import contextlib
import copy
import io
import warnings
import zlib

import numpy as np

from .described import names_of_axes, several

# Far above what another order of summation changes, far below what another formula does.
CLOSE = 1e-6
DIGITS = 8
LARGE = -1  # stands for the form of what is too large to be looked at
MOST = 2_000_000  # numbers of a call; no mistake of a lesson gives as many
PERHAPS = ("Perhaps this is it:", "Or perhaps this:")
EXACTLY = "Your result is just what this slip gives:"
TOGETHER = "Your result is just what two slips give together. Each is told as if it were alone."
RESULT = "Your result is "


# --- how an array differs -------------------------------------------------------------


def describe(got, expected, axes=None, name=""):
    """Say how an array differs from what it should be, as far as that is plain to see.

    Parameters
    ----------
    got, expected : numpy.ndarray
        Of the same shape, with finite numbers.
    axes : dict of int or str to tuple of str, optional
        What one place along each axis is called; see `described.names_of_axes`. Without it, places
        are said as NumPy writes them: ``[:, :, 0]``.
    name : str
        What the array is called.

    Returns
    -------
    str
        No number of either; empty where there is nothing plain to say.
    """
    names = names_of_axes(axes, expected.shape, name)
    for what, other in _relatives(expected, names):
        if other.shape == got.shape and _alike(got, other) and not _alike(expected, other):
            return what
    if got.ndim == 3 and got.shape[2] > 2:
        each = _Places(3, 2, names).each
        if _alike(got[:, :, 1:], expected[:, :, :-1]):
            return f"{each} but the first holds what belongs to the one before"
        if _alike(got[:, :, :-1], expected[:, :, 1:]):
            return f"{each} but the last holds what belongs to the next one"
    if _multiple(got, expected):
        return "all of it is too large or too small by one and the same factor"
    wrong = ~np.isclose(got, expected, CLOSE, CLOSE)
    if wrong.ndim == 3 and wrong.shape[2] > 1:
        steps = wrong.any(axis=(0, 1))
        said = _which(steps, _Places(3, 2, names), wrong[:, :, steps])
        if said and not steps.all():
            return said
    if wrong.ndim >= 2 and wrong.shape[1] > 1:
        columns = wrong.any(axis=(0, *range(2, wrong.ndim)))
        if not columns.all():
            return _which(columns, _Places(wrong.ndim, 1, names), wrong[:, columns])
    return "no value is right" if wrong.ndim and wrong.all() else ""


class _Places:
    """How to speak of the places along one axis of an array: by their name, or as NumPy does."""

    def __init__(self, ndim, axis, names):
        if names:
            self.first, self.last, self.each = (
                f"{w} {names[axis]}" for w in ("the first", "the last", "every")
            )
        else:
            self.first, self.last, self.each = (
                f"{word}[{', '.join(place if i == axis else ':' for i in range(ndim))}]"
                for word, place in (("", "0"), ("", "-1"), ("every ", "i"))
            )


def _relatives(expected, names):
    """Yield what the expected array is often mistaken for."""
    yield "it is the negative of what it should be", -expected
    if expected.ndim == 2:
        yield "it is the transpose of what it should be", expected.T
    if expected.ndim == 3 and expected.shape[2] > 1:
        each = _Places(3, 2, names).each
        backwards = (
            f"its {several(names[2])} run backwards" if names else "its last axis runs backwards"
        )
        yield backwards, expected[:, :, ::-1]
        yield f"{each} holds the first one", expected[:, :, :1] + 0 * expected
        yield f"{each} holds the last one", expected[:, :, -1:] + 0 * expected


def _multiple(got, expected):
    """Say whether one factor leads from the expected array, of several values, to this one."""
    if expected.size < 3 or np.ptp(expected) < CLOSE:
        return False
    factor = np.sum(got * expected) / np.sum(expected**2)
    if abs(factor) < CLOSE or abs(factor - 1) < 1e-3:
        return False
    return np.allclose(got / factor, expected, CLOSE, 1e-3 * CLOSE)


def _which(wrong, places, those):
    """Say which of a row are wrong, if that can be said in a few words.

    That all but one are is said only where most of the values in ``those`` are: a few that are
    wrong lie there by chance.
    """
    last = len(wrong) - 1
    found = {int(place) for place in np.flatnonzero(wrong)}
    if found == {0}:
        return f"only {places.first} is wrong"
    if found == {last}:
        return f"only {places.last} is wrong"
    if 2 * np.count_nonzero(those) < np.size(those):
        return ""
    if found == set(range(1, last + 1)):
        return f"{places.first} is right, all later ones are wrong"
    if found == set(range(last)):
        return f"{places.last} is right, all others are wrong"
    return ""


def _alike(one, other):
    return bool(np.allclose(one, other, CLOSE, CLOSE))


# --- common mistakes, known by their results ------------------------------------------


def explain(target, known, cases):
    """Return what is to be said of a function that gives just what a common mistake gives.

    What no other program gives is said as what the result is that of. What few others give as
    well is said as a possibility, of two at most, the likelier first.

    Parameters
    ----------
    target : callable
    known : list of dict
        Common mistakes, the likelier first: ``says``, a sentence, or ``both``, the places of two
        others in the list; ``prints``, of the calls; and ``sure``: "fact", "perhaps", or nothing
        where it proves nothing.
    cases : list of dict
        The arguments to call it with, by name and in order.

    Returns
    -------
    list of str
        Often empty.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # it has printed enough
        found = prints(outcome(target, given) for given in cases)
    return told(found, known)


def told(found, known):
    """Return what is to be said of these `prints`; see `explain`."""
    like = [one for one in known if one["sure"] and same(found, one["prints"])]
    facts = [_said(one, known) for one in like if one["sure"] == "fact"]
    return surely(facts) or perhaps([_said(one, known) for one in like])


def surely(sentences):
    """Return sentences of which each is true of the result, however the code is written."""
    sentences = dict.fromkeys(sentences)  # several mistakes may be told in the same words
    return [one if one.startswith(RESULT) else f"{EXACTLY} {one}" for one in sentences]


def perhaps(sentences):
    """Return sentences of which each may be true as what they are: possibilities, two at most."""
    sentences = dict.fromkeys(sentences)
    return [f"{word} {text}" for word, text in zip(PERHAPS, sentences, strict=False)]


def bare(text):
    """Return what is said of a mistake without the words of how sure it is."""
    for start in (*PERHAPS, EXACTLY):
        text = text.removeprefix(f"{start} ")
    return text


def _said(one, known):
    if "both" not in one:
        return one["says"]
    return together([known[place]["says"] for place in one["both"]])


def together(sentences):
    """Return what is said of a result that two mistakes give together."""
    return " ".join([TOGETHER, *dict.fromkeys(sentences)])


def outcome(target, given):
    """Call a function; return its result, or the error that it raised, and the arguments."""
    used = copy.deepcopy(given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return target(*used.values()), used
        except Exception as error:
            return error, used


def prints(outcomes):
    """Return numbers that stand for several calls: one for the form of all, and one for each."""
    each = [fingerprint(*one) for one in outcomes]
    forms = [form for form, _ in each]
    whole = LARGE if LARGE in forms else zlib.crc32(repr(forms).encode())
    return [whole, *(number for _, number in each)]


def fingerprint(result, used):
    """Return two numbers that stand for what a call has returned and made of its arguments.

    One stands for the form of it all, one is a weighted sum of all that it holds. What is very
    large is like nothing: to count with it would take many times its memory.
    """
    form: list[str] = []
    numbers = [np.zeros(1)]
    room = [MOST]
    _walk(result, form, numbers, room)
    _walk(used, form, numbers, room)
    if room[0] < 0:
        return [LARGE, 0.0]
    flat = np.concatenate(numbers)
    # What is not finite counts by its place; a sum would only be nan.
    flat = np.where(np.isnan(flat), 3.0, np.clip(flat, -1e6, 1e6))
    weights = 1 + np.modf(np.arange(flat.size) * 0.618033988749895)[0]  # no two in a row alike
    return [zlib.crc32(" ".join(form).encode()), float(f"{flat @ weights:.{DIGITS}g}")]


def same(one, other):
    """Say whether `prints` are the same, but for rounding."""
    if len(one) != len(other) or one[0] != other[0] or one[0] == LARGE:
        return False
    pairs = zip(one[1:], other[1:], strict=True)
    return all(abs(mine - theirs) <= CLOSE * max(1.0, abs(theirs)) for mine, theirs in pairs)


def as_float(number):
    """Return a number as float64; an integer beyond all floats is infinite."""
    try:
        return np.float64(number)
    except OverflowError:
        return np.float64(np.inf if number > 0 else -np.inf)


def _walk(value, form, numbers, room):
    room[0] -= value.size if type(value) is np.ndarray else 10  # of which each is an array here
    if room[0] < 0:
        return
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        form.append(f"{value.dtype.str[1:]}{value.shape}")
        numbers.append(np.asarray(value, float).ravel())
    elif type(value) in (tuple, list):
        form.append(f"{type(value).__name__}{len(value)}")
        for item in value:
            _walk(item, form, numbers, room)
    elif type(value) is dict:
        form.append(f"dict{len(value)}")
        for key, item in sorted(value.items(), key=lambda pair: str(pair[0])):
            form.append(str(key))
            _walk(item, form, numbers, room)
    elif isinstance(value, BaseException):
        form.append(f"{type(value).__name__}: {value}")
    elif isinstance(value, bool):
        form.append(f"bool {value}")
    elif isinstance(value, (int, float, np.number)) and not isinstance(value, np.complexfloating):
        form.append("number")
        numbers.append(np.array([as_float(value)]))
    else:
        form.append(type(value).__name__)
