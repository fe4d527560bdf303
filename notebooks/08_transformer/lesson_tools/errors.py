"""What an error in a student's function means, in plain words.

Python and NumPy name what did not work, and leave it to the reader to find out why. `explained`
looks at the line that failed and at what the names in it are, and says what does not fit. It says
what it knows: where that is not enough for a sentence that is true of this line, nothing.
"""

import ast
import re

from .described import Sizes, listed, named, plural
from .errors_of_calls import TOLD as ABOUT_CALLS
from .errors_of_names import TOLD as ABOUT_NAMES
from .errors_of_numbers import KEYS
from .errors_of_numbers import TOLD as ABOUT_NUMBERS
from .errors_of_places import TOLD as ABOUT_PLACES
from .errors_of_shapes import TOLD as ABOUT_SHAPES
from .facts import facts_of, place_of
from .line import Line

ABOUT = (*ABOUT_NAMES, *ABOUT_NUMBERS, *ABOUT_CALLS, *ABOUT_PLACES, *ABOUT_SHAPES)
MOST_SENTENCES, MOST_TEXT, MOST_NAMES = 3, 600, 4
NAMING = (ast.Name, ast.Subscript, ast.Attribute)
TELLING = ("ndarray", "float64", "int", "float", "tuple", "list", "dict", "str", "NoneType", "bool")


def explained(error, case="", axes=None, given=(), passed_over=()):
    """Return what is to be said of an error that a student's function has raised; often nothing.

    Parameters
    ----------
    error : Exception
        It may bring its own ``facts`` along; else they are taken from where it was raised.
    case : str
        The sizes of the call: ``"n_x=3, m=4"``.
    axes : dict of int or str to tuple of str, optional
        What the axes of arrays are called; see `described.names_of_axes`.
    given : iterable of str
        The names of the arguments of the call.
    passed_over : collection of str
        Files that are not the student's.

    Returns
    -------
    str
        At most three sentences.
    """
    try:
        facts = getattr(error, "facts", None)
        if facts is None:
            trace = place_of(error, passed_over)
            facts = facts_of(error, trace) if trace is not None else {}
        return said(type(error).__name__, str(error), facts, Sizes(case, axes), list(given))
    except Exception:  # what cannot be explained is still told
        return ""


def said(kind, text, facts, sizes, given=()):
    """Return the sentences about an error of some kind and text; see `explained`."""
    line = Line(facts)
    if line.tree is None:
        sentences = _not_reached(text, given) if not facts else []
    elif _own(line, kind):
        holds = "What this line asserts does not hold here."
        raises = "This line of the function raises the error itself."
        sentences = [holds if kind == "AssertionError" and line.all(ast.Assert) else raises]
    elif line.below not in ("", "numpy"):
        sentences = _inside(line)
    else:
        sentences = next(filter(None, _answers(kind, text, line, sizes)), None)
        sentences = sentences or _what_is_there(line)
    sentences = [one for one in sentences if one][:MOST_SENTENCES]
    found = " ".join(sentences)
    return found if len(found) <= MOST_TEXT else sentences[0][:MOST_TEXT]


def _answers(kind, text, line, sizes):
    for pattern, tell in ABOUT:
        match = re.search(pattern, f"{kind}: {text}")
        if match:
            yield tell(line, match, sizes)


def _what_is_there(line):
    """Tell what the names are in a line of whose error nothing else is known."""
    nodes = [line.failed or line.tree]
    found: dict[str, str] = {}
    while nodes:
        node = nodes.pop(0)
        value, what = line.value(node), line.quote(node) if isinstance(node, NAMING) else ""
        if what and value and value.get("type") in TELLING and named(value):
            found.setdefault(what, named(value))
        else:
            nodes = [*ast.iter_child_nodes(node), *nodes]
    told = [f"{what} is {is_it}" for what, is_it in list(found.items())[:MOST_NAMES]]
    return [f"In this line {listed(told)}."] if told else []


def _own(line, kind):
    """Say whether the line raises or asserts something itself."""
    (statement, *_) = line.tree.body
    if line.failed is not None:
        return (isinstance(line.failed, (ast.Raise, ast.Assert)) and line.failed is statement) or (
            isinstance(statement, ast.Assert) and kind == "AssertionError" and not line.below
        )
    raised = getattr(statement, "exc", None) if isinstance(statement, ast.Raise) else None
    named_there = raised is not None and kind in (n.id for n in line.all(ast.Name))
    return named_there or (isinstance(statement, ast.Assert) and kind == "AssertionError")


def _not_reached(text, given):
    """Tell of a call that no line of the function was reached by: it takes other arguments."""
    if given and re.search(r"\(\) (missing|takes) .*argument", text):
        return [
            f"The test gives it {plural(len(given), 'argument')}, in this order: "
            f"{listed(given)}. The `def` line of the function takes others."
        ]
    return []


def _inside(line):
    """Tell of an error that came up in a function which the line calls: what it was given."""
    calls = [
        call
        for call in line.pieces(ast.Call)
        if getattr(call.func, "id", getattr(call.func, "attr", "")) == line.below
    ]
    if len(calls) != 1:
        return []
    gifts = [
        f"{line.quote(one)}, {told}"
        for one in calls[0].args
        if line.quote(one) and (told := named(line.value(one)))
    ]
    where = f"The error came up inside `{line.below}`, which this line calls."
    texts = [one for one in calls[0].args if (line.value(one) or {}).get("type") == "str"]
    keys = KEYS if any(isinstance(one, ast.Name) for one in texts) else ""
    start = "It was given" if len(gifts) == len(calls[0].args) else "Among others it was given"
    return [where, f"{start} {listed(gifts)}." if gifts else "", keys]
