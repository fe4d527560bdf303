"""How an answer is checked, and how it is said what is wrong with it.

`check` calls a function and compares everything that can be seen of the call, in one
order: how many values come back, then type, shape, dtype, finite numbers and values of
each, arguments that were changed, and a second call. It stops at the first mismatch.

The grader compares with it, and each release of this course carries it in ``lesson_tools``, so it
needs NumPy and nothing else. What a wrong answer alone needs is imported where there is
one: each sandbox imports the tests, and all that is more than half of it.
"""

import copy

from .values import Mismatch, alike, compare_one, compare_unchanged, kind, name_of, wrapped


def check(target, given, want, case="", form=tuple, axes=None, entries=None, elsewhere=None):
    """Call ``target`` and compare everything that can be seen of the call.

    Parameters
    ----------
    target : callable
        The function under test.
    given : dict
        Its arguments, by name and in order. They are copied first.
    want : dict
        What it should return, by name and in order.
    case : str
        The sizes, for the message.
    form : type
        How the values come back: a ``tuple``, a ``dict`` with their names as keys, or
        ``float`` for a single number.
    axes : dict of int or str to tuple of str, optional
        What the axes of arrays are called; see `described.names_of_axes`.
    entries : dict of str to tuple of str, optional
        What the entries of a tuple or a list among the values are called, by its name:
        ``{"cache": ("a_next", "a_prev")}``. Behind a list, ``[t]`` stands for each of its entries.
    elsewhere : callable, optional
        See `extent`.

    Raises
    ------
    Mismatch
        At the first difference.
    """
    used = copy.deepcopy(given)
    try:
        calls, value = [], ""
        for given_now, when in ((used, ""), (copy.deepcopy(given), " in a second call")):
            made = call(target, given_now, case, axes)
            calls.append(named_values(target, made, want, form, when))
            for value in want:
                compare_one(value, calls[-1][value], want, when, axes, in_order=form is tuple)
            value = ""
            compare_unchanged(target, given_now, given)
        for name in want:  # a buffer that is used again holds what the last call was given
            compare_one(name, calls[0][name], want, " after another call", axes)
    except Mismatch as wrong:
        if isinstance(wrong.__cause__, NotImplementedError):
            raise  # then the sizes say nothing
        from .extent import extent
        from .forms import advice

        where = f"{name_of(target)} is not right yet ({case}):\n  " if case else ""
        more = advice(wrong, given, case, entries or {}, axes)
        if len(calls) == 1 and value:
            said = extent(calls[0], want, alike, given, entries, elsewhere)
            more += f"\n  {said}" if said else ""
        if value:
            more += "".join(f"\n  {said}" for said in _also_changed(target, given_now, given))
        found = Mismatch(where + wrong.brief, wrong.detail + more)
        found.value = value
        raise found from wrong.__cause__


def _also_changed(target, used, given):
    """Return what is to be said of arguments that the call has changed, beside a wrong value."""
    try:
        compare_unchanged(target, used, given)
    except Mismatch as wrong:
        return [wrong.brief]
    return []


def _raised_in(error):
    """Return the name of the function in which an error came up."""
    frame = error.__traceback__
    while frame.tb_next:
        frame = frame.tb_next
    return frame.tb_frame.f_code.co_name


def call(target, given, case="", axes=None):
    """Call ``target`` with the arguments ``given``; an error in it becomes a Mismatch.

    It quotes the line, and says what does not fit there; see `explained`.
    """
    require_function(target)
    try:
        return target(*given.values())
    except NotImplementedError as error:
        inner = _raised_in(error)
        blank = inner if inner in getattr(target, "__globals__", {}) else name_of(target)
        which = f", which {name_of(target)} calls," if blank != name_of(target) else ""
        raise Mismatch(
            f"{blank}{which} is not written yet.",
            " Fill its blank, run that cell, then run this one again.",
        ) from error
    except Exception as error:
        from .errors import explained

        said = explained(error, case, axes, given, (__file__,))
        raise Mismatch(
            f"{name_of(target)} stopped with an error",
            "\n".join(
                [
                    f", {type(error).__name__}: {error}{place(error)}",
                    *(wrapped(f"  {said}") if said else ()),
                ]
            ),
        ) from error


def require_function(target):
    """Check that ``target`` can be called."""
    if not callable(target):
        raise Mismatch(f"{name_of(target)} should be a function", f", but is {kind(target)}.")


def named_values(target, got, names, form=tuple, when=""):
    """Return by name the values that ``target`` returned; see `check` for their form."""
    if form is tuple:
        if not isinstance(got, tuple) or len(got) != len(names):
            count = len(got) if isinstance(got, tuple) else kind(got)
            raise Mismatch(
                f"{name_of(target)} should return {len(names)} values ({', '.join(names)})",
                f", but returns {count}{when}.{_of_return(got)}",
                ("", got, names) if isinstance(names, dict) else (),
            )
        return dict(zip(names, got, strict=True))
    if form is dict:
        if type(got) is not dict or set(got) != set(names):
            what = f"{kind(got)}{when}.{_of_return(got)}"
            about = ("", got, names) if isinstance(names, dict) else ()
            if type(got) is dict:
                lacks = [name for name in names if name not in got]
                more = [str(name) for name in got if name not in names]
                what = f"one that lacks {', '.join(lacks)}" if lacks else f"also {', '.join(more)}"
                what = f"{what}{when}."
            raise Mismatch(
                f"{name_of(target)} should return a dict with the keys {', '.join(names)}",
                f", but returns {what}",
                about,
            )
        return got
    return dict.fromkeys(names, got)


def _of_return(got):
    """Say where None comes from in place of all results."""
    if got is not None:
        return ""
    return " A function gives None where it ends without a return, or with one that names nothing."


def passed(target):
    """Say that all is well."""
    print(f"{name_of(target)}: all public tests passed.")


def place(error):
    """Quote the line of the student's function at which ``error`` was raised."""
    if hasattr(error, "place"):  # the grader's stub brings it along
        return error.place
    from .facts import quoted

    return quoted(error, (__file__,))
