"""Whether two values are the same, in type, shape, dtype and numbers; and if not, what is wrong.

It stops at the first difference, with a `Mismatch` that says it in words.
"""

import textwrap

import numpy as np

from .hints import as_float, describe
from .nearly import largest

# Stored values are rounded to 10 digits, and every sound order of summation agrees
# to about 14. A formula that differs at all is off by far more.
RTOL = 1e-7
ATOL = 1e-9


class Mismatch(AssertionError):
    """What is wrong with an answer.

    ``str()`` says it in full. ``brief`` says which value is wrong and in what respect: no
    expected value, and no word that the student's code chose, so that a test whose inputs
    stay hidden can show it. ``value`` is the name of that value, where an exam has said it.
    ``about`` holds what is wrong: how it is called, what came and what was expected, and in
    ``within`` are the same three of the tuple, list or dict around it.
    """

    value = ""
    about: tuple[object, ...] = ()
    within: tuple[object, ...] = ()

    def __init__(self, brief, detail="", about=()):
        super().__init__(f"{brief}{detail}")
        if about:
            self.about = about
        self.brief = brief
        self.detail = detail

    def _render_traceback_(self):
        # IPython shows these lines in place of a stack trace through this file. A notebook
        # breaks what is too long in the middle of a word.
        return [part for line in str(self).split("\n") for part in wrapped(line)]


def compare_one(name, got, want, when="", axes=None, *, in_order=False):
    """Compare one of the values in ``want``; say so if it is another one of them.

    Where they come ``in_order``, and not by their names, the order is said.
    """
    try:
        compare(name, got, want[name], when, axes=axes)
    except Mismatch as wrong:
        for other in want:
            if other != name and alike(got, want[other]) and not alike(want[name], want[other]):
                order = f" The order is {', '.join(want)}." if in_order else ""
                raise Mismatch(f"{name}{when} holds what {other} should hold.", order) from None
        raise wrong from None


def alike(one, other):
    """Say whether two values are the same."""
    try:
        compare("", one, other)
    except Mismatch:
        return False
    return True


def compare_unchanged(target, used, given):
    """Check that the call left its arguments as they were."""
    for name in given:
        try:
            compare(name, used[name], given[name], rtol=0.0, atol=0.0)
        except Mismatch:
            instead = "work on a copy or make a new array"
            if isinstance(given[name], (dict, list, tuple)):
                instead = "change neither it nor the arrays in it"
            raise Mismatch(
                f"{name_of(target)} changes its argument {name}. The caller still needs it: "
                f"{instead}."
            ) from None


def compare(name, got, expected, when="", rtol=RTOL, atol=ATOL, axes=None):
    """Compare in order type, shape, dtype, finite numbers and values.

    Parameters
    ----------
    name : str
        What the value is called, for the message.
    got, expected : numpy.ndarray, number or text, or a tuple, list or dict of them
        A function is compared with nothing: it cannot have changed. Nor is a random generator,
        which is there to be used up.
    when : str
        Added to the name where it helps, such as ``" in a second call"``.
    axes : dict of int or str to tuple of str, optional
        What the axes of arrays are called; see `described.names_of_axes`.

    Raises
    ------
    Mismatch
        At the first difference: name, index, expected, got.
    """
    if isinstance(expected, (tuple, list, dict)):
        _compare_container(name, got, expected, when, rtol, atol, axes)
        return
    if callable(expected) or isinstance(expected, np.random.Generator):
        return
    if expected is None:
        if got is not None:
            raise Mismatch(f"{name}{when} should be None", f", but is {kind(got)}.")
        return
    if isinstance(expected, str):
        if type(got) is not str or got != expected:
            raise Mismatch(f"{name}{when} should be another text.")
        return
    if np.ndim(expected) == 0:
        got, expected = _number(name, got, when), np.float64(expected)
    elif type(got) is not np.ndarray:
        raise Mismatch(
            f"{name}{when} should be a NumPy array",
            f", but is {kind(got)}.",
            (name, got, expected),
        )
    if got.shape != expected.shape:
        raise Mismatch(
            f"{name}{when} has the wrong shape",
            f": expected {expected.shape}, got {got.shape}.",
            (name, got, expected),
        )
    if got.dtype != expected.dtype:
        raise Mismatch(
            f"{name}{when} has the wrong dtype",
            f": expected {expected.dtype}, got {got.dtype}.",
            (name, got, expected),
        )
    finite = np.isfinite(got)
    if not finite.all():
        raise Mismatch(
            f"{name}{when} should hold finite numbers",
            f"{largest(~finite, got, expected)}.",
            (name, got, expected),
        )
    wrong = ~(np.abs(got - expected) <= atol + rtol * np.abs(expected))
    if wrong.any():
        how = describe(got, expected, axes, name)
        count = f" ({wrong.sum()} of {got.size} values differ)" if got.ndim else ""
        raise Mismatch(
            f"{name}{when} has the wrong value{how and f' ({how})'}",
            f"{largest(wrong, got, expected)}{count}.",
            (name, got, expected),
        )


def _compare_container(name, got, expected, when, rtol, atol, axes):
    about = (name, got, expected)
    if type(got) is not type(expected):
        wanted = kind(expected)
        if isinstance(got, type(expected)):  # a named tuple is a tuple, too
            wanted = f"a plain {type(expected).__name__}"
        raise Mismatch(f"{name}{when} should be {wanted}", f", but is {kind(got)}.", about)
    if isinstance(expected, dict) and set(got) != set(expected):
        raise Mismatch(f"{name}{when} should have the keys {', '.join(expected)}.", "", about)
    if len(got) != len(expected):
        raise Mismatch(
            f"{name}{when} has the wrong number of entries",
            f": expected {len(expected)}, got {len(got)}.",
            about,
        )
    for place in expected if isinstance(expected, dict) else range(len(expected)):
        try:
            compare(f"{name}[{place!r}]", got[place], expected[place], when, rtol, atol, axes)
        except Mismatch as wrong:
            wrong.within = wrong.within or about
            raise


def _number(name, got, when):
    """Return a number as NumPy's, so that it is compared like an array without axes."""
    if type(got) is np.ndarray and got.ndim == 0:
        got = got[()]
    shape = f" of shape {got.shape}" if isinstance(got, np.ndarray) else ""
    if isinstance(got, (bool, np.bool_)) or not isinstance(got, (int, float, np.number)):
        raise Mismatch(
            f"{name}{when} should be a single number",
            f", but is {kind(got)}{shape}.",
            (name, got, np.float64()),
        )
    if isinstance(got, (np.float16, np.float32)):
        raise Mismatch(
            f"{name}{when} has the wrong dtype",
            f": expected float64, got {got.dtype}.",
            (name, np.asarray(got), np.float64()),
        )
    if isinstance(got, (complex, np.complexfloating)):
        raise Mismatch(f"{name}{when} should be a real number", ", but is complex.")
    return as_float(got)


# --- words for messages -------------------------------------------------------------


def name_of(target):
    """Return the name of a function, or how else to speak of it."""
    return getattr(target, "__name__", "The answer")


def kind(value):
    """Name the type of a value with its article: ``a list``, ``an int``, ``None``."""
    if value is None:
        return "None"
    name = "NumPy array" if type(value) is np.ndarray else type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def wrapped(line):
    """Break a line of a message into lines of a notebook."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line, 88, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
