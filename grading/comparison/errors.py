"""What an error in a student's function means, in plain words.

Python and NumPy name what did not work, and leave it to the reader to find out why. `explained` looks
at the line that failed and at what the names in it are, and says what does not fit. It says what it
knows: where that is not enough for a sentence that is true of this line, nothing.
"""

import ast
import difflib
import re

import numpy as np

from .array_errors import TOLD as ABOUT_ARRAYS
from .facts import facts_of, place_of
from .line import Line, Sizes, a_kind, listed, named, plural

MOST_SENTENCES, MOST_TEXT = 3, 600


def explained(error, case="", axes=None, given=(), passed_over=()):
    """Return what is to be said of an error that a student's function has raised; often nothing.

    Parameters
    ----------
    error : Exception
        It may bring its own ``facts`` along; else they are taken from where it was raised.
    case : str
        The sizes of the call: ``"n_x=3, m=4"``.
    axes : dict of int to tuple of str, optional
        What the axes of arrays are called; see `describe`.
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
        sentences = ["This line of the function raises the error itself."]
    elif line.below not in ("", "numpy"):
        sentences = _inside(line)
    else:
        sentences = next(filter(None, _answers(kind, text, line, sizes)), [])
    sentences = [one for one in sentences if one][:MOST_SENTENCES]
    found = " ".join(sentences)
    return found if len(found) <= MOST_TEXT else sentences[0][:MOST_TEXT]


def _answers(kind, text, line, sizes):
    for pattern, tell in (*TOLD, *ABOUT_ARRAYS):
        match = re.search(pattern, f"{kind}: {text}")
        if match:
            yield tell(line, match, sizes)


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
    return [where, f"It was given {listed(gifts)}." if gifts else ""]


# --- names ----------------------------------------------------------------------------


def _unknown_name(line, match, _):
    name = match[1]
    scope = line.scope
    holders = [holder for holder, known in line.holders.items() if name in known.get("keys", ())]
    if holders:
        return [f"`{name}` is a key of `{holders[0]}` and no variable: `{holders[0]}` is a dict."]
    if name in ("np", "numpy", "plt"):
        return [f"Nothing is called `{name}` here: perhaps the first code cell has not been run."]
    near = _near(name, scope)
    if near and (len(name) > 2 or near.lower() == name.lower()):
        return [f"Nothing is called `{name}` here. Did you mean `{near}`?"]
    here = [alias for alias, module in line.modules.items() if module == "numpy"]
    if here and name in vars(np):
        return [f"`{name}` is NumPy's, and is found under its name there: `{here[0]}.{name}`."]
    keys = {key: holder for holder, known in line.holders.items() for key in known.get("keys", ())}
    near = _near(name, list(keys))
    if near:
        return [
            f"Nothing is called `{name}` here. Did you mean the key `{near}` of `{keys[near]}`?"
        ]
    return [
        f"Nothing is called `{name}` here: perhaps it got another name above, "
        "or a cell above has not been run."
    ]


def _unbound(line, match, _):
    name, number = match[1] or match[2], line.facts.get("number")
    stored = [n for n in line.stored if type(n) is int]
    if not stored or type(number) is not int:
        return []
    own = f"The function gives `{name}` a value of its own"
    where = listed([f"line {n}" for n in stored], "and")
    outside = name in line.scope and name not in line.names
    if outside and line.modules.get(name) is None:
        return [
            f"{own} in {where}, so within it the name no longer means what it means outside.",
            f"Where line {number} reads it, it has no value yet.",
        ]
    if stored == [number]:
        return [f"This line reads `{name}` before anything has given it a first value."]
    if min(stored) >= number:
        return [f"`{name}` gets its value in {where}. When this line reads it, it has none yet."]
    return [
        f"`{name}` gets a value in {where}, but this call has come to line {number} "
        "without going through there."
    ]


def _missing_key(line, match, _):
    for piece in line.pieces(ast.Subscript):
        holder, key = line.value(piece.value) or {}, line.value(piece.slice) or {}
        if holder.get("type") != "dict" or "value" not in key or key["value"] in holder["keys"]:
            continue
        if str(key["value"]) != match[1].strip("'\""):
            continue
        what, keys = line.quote(piece.value), holder["keys"]
        if not what or len(keys) != holder.get("size"):
            continue
        has = f"{what} has the keys {listed(keys)}." if keys else f"{what} is empty."
        if type(key["value"]) is int:
            return [f"{what} is a dict: its values are found by their names.", has]
        near = _near(key["value"], keys)
        return [has, f"Did you mean `{near}`?" if near else ""]
    return []


def _no_attribute(line, match, _):
    module, kind, attribute = match.groups()
    pieces = [one for one in line.pieces(ast.Attribute) if one.attr == attribute]
    if module:
        aliases = [alias for alias, name in line.modules.items() if name == module]
        if not aliases or module != "numpy":
            return []
        if attribute in line.scope:
            return [f"`{attribute}` is not one of NumPy's: it is called without `{aliases[0]}.`."]
        near = _near(attribute, [n for n in dir(np) if n[0] != "_"])
        if hasattr(np.linalg, attribute) and not near:
            return [f"NumPy has `{attribute}` in a part of its own, `{aliases[0]}.linalg`."]
        return [
            f"NumPy has nothing called `{attribute}`.",
            f"Did you mean `{aliases[0]}.{near}`?" if near else "",
        ]
    for piece in pieces:
        value, what = line.value(piece.value), line.quote(piece.value)
        if not value or value.get("type") != kind.split(".")[-1] or not what:
            continue
        if kind == "dict" and attribute in value.get("keys", ()):
            return [f"{what} is a dict: what it holds is taken out by its key in square brackets."]
        is_it = f"{what} is {named(value)}."
        if kind == "NoneType":
            return [is_it, "A function without a `return` line gives None."]
        if kind == "numpy.ndarray":
            near = _near(attribute, [n for n in dir(np.ndarray) if n[0] != "_"])
            if near:
                return [f"An array has no `{attribute}`. Did you mean `{near}`?"]
            if callable(getattr(np, attribute, None)):
                return [f"An array has no `{attribute}`: it is a function, `np.{attribute}`."]
        elif hasattr(np.ndarray, attribute):
            return [is_it, f"`{attribute}` is something that an array has."]
        return [is_it, f"It has no `{attribute}`."]
    return []


def _near(name, names):
    """Return the name that is written most like another, if one is."""
    names = [one for one in names if type(one) is str and one != name]
    for one in names:
        if one.lower() == name.lower():
            return one
    found = difflib.get_close_matches(name, names, 1, 0.75)
    return found[0] if found else ""


# --- calls, brackets, operators ---------------------------------------------------------


def _not_callable(line, match, _):
    for piece in line.pieces(ast.Call):
        value, what = line.value(piece.func), line.quote(piece.func)
        if not value or value.get("type") != match[1].split(".")[-1] or not what:
            continue
        is_it = f"{what} is {named(value)}, and round brackets behind it call it like a function."
        if value["type"] in ("dict", "tuple", "list", "ndarray"):
            return [is_it, "What it holds is taken out with square brackets."]
        if value["type"] in ("int", "float", "float64"):
            return [is_it, "A product needs its `*`."]
        return [is_it]
    return []


def _not_subscriptable(line, match, _):
    for piece in line.pieces(ast.Subscript):
        value, what = line.value(piece.value), line.quote(piece.value)
        if not what:
            continue
        if line.numpy(piece.value) and "function" in match[1]:
            return [f"{what} is a function: it is called with round brackets, not square ones."]
        if not value or value.get("type") != match[1].split(".")[-1]:
            continue
        is_it = f"{what} is {named(value)}"
        if value["type"] == "NoneType":
            return [f"{is_it}: nothing can be taken out of it.", _NO_RETURN]
        if "function" in value["type"]:
            return [f"{is_it}: it is called with round brackets, not square ones."]
        return [f"{is_it}: it holds nothing that square brackets could take out."]
    return []


def _arguments(line, match, _):
    name = match[1].split(".")[-1]
    for piece in line.pieces(ast.Call):
        called = getattr(piece.func, "id", getattr(piece.func, "attr", ""))
        if called != name or any(isinstance(a, ast.Starred) for a in piece.args):
            continue
        if line.numpy(piece) in ("vstack", "hstack", "stack", "concatenate"):
            return [
                f"{line.quote(piece.func)} takes the arrays to join as one tuple or list: "
                "they have brackets of their own."
            ]
        known = line.value(piece.func) or {}
        takes = known.get("arguments")
        if not takes or known.get("type") != "function" or piece.keywords:
            continue
        return [
            f"`{name}` takes {plural(len(takes), 'argument')}, in this order: {listed(takes)}.",
            f"Here it is given {len(piece.args) or 'none'}.",
        ]
    return []


def _unknown_argument(line, match, _):
    given = match[2]
    for piece in line.pieces(ast.Call):
        if given not in [one.arg for one in piece.keywords]:
            continue
        known = line.value(piece.func) or {}
        if known.get("arguments"):
            return [f"{line.quote(piece.func)} takes {listed(known['arguments'])}."]
        near = _near(given, ["axis", "keepdims", "dtype", "shape", "out", "where"])
        if near:
            return [f"It has no argument `{given}`. Did you mean `{near}`?"]
    return []


def _numbered(line, match, _):
    for piece in line.pieces(ast.Subscript):
        value, what = line.value(piece.value), line.quote(piece.value)
        if value and value.get("type") == match[1] and what:
            return [
                f"{what} is {named(value)}: what it holds is taken out by its number, "
                f"from 0 to {value['size'] - 1}."
                if value.get("size")
                else f"{what} is {named(value)}."
            ]
    return []


def _unhashable(line, match, _):
    for piece in line.pieces(ast.Subscript):
        value, what = line.value(piece.value) or {}, line.quote(piece.value)
        if value.get("type") == "dict" and what:
            return [
                f"{what} is a dict: its values are found by a key such as a name, "
                "not by places along axes."
            ]
    return []


def _operands(line, match, _):
    kinds = re.findall(r"'([\w.]+)'", match[0])
    kinds += re.findall(r"(?:concatenate|sequence by non-int of type) '?(\w+)", match[0])
    for piece in line.pieces(ast.BinOp, ast.AugAssign, ast.Compare, ast.UnaryOp):
        for part in _parts(piece):
            value, what = line.value(part), line.quote(part)
            if not value or not what or value.get("type") not in kinds:
                continue
            if value["type"] in ("ndarray", "int", "float", "float64", "bool"):
                continue
            is_it = f"{what} is {named(value)}: one cannot count with it."
            return [is_it, _NO_RETURN if value["type"] == "NoneType" else ""]
    return []


def _parts(piece):
    if isinstance(piece, ast.BinOp):
        return [piece.left, piece.right]
    if isinstance(piece, ast.Compare):
        return [piece.left, *piece.comparators]
    return [piece.operand] if isinstance(piece, ast.UnaryOp) else [piece.target, piece.value]


def _not_iterable(line, match, _):
    kind = match[1] or match[2]
    pieces = [line.failed] if line.failed is not None else []
    for assign in line.all(ast.Assign):
        if isinstance(assign.targets[0], (ast.Tuple, ast.List)):
            pieces.append(assign.value)
    pieces += [call.args[0] for call in line.all(ast.Call) if call.args]
    pieces += [one.value for one in line.tree.body if isinstance(one, ast.Expr)]
    for piece in pieces:
        value, what = line.value(piece), line.quote(piece)
        if value and value.get("type") == kind.split(".")[-1] and what:
            more = _NO_RETURN if kind == "NoneType" else ""
            return [f"{what} is {named(value)}: it does not hold several things.", more]
        if kind == "NoneType" and isinstance(piece, ast.Call) and match[1]:
            called = line.quote(piece.func)
            own = (line.value(piece.func) or {}).get("type") == "function"
            if called and own and piece is not line.failed:
                return [f"{called} gives None here.", _NO_RETURN]
    if kind == "int":
        return ["A single number was given where something is taken that holds several."]
    return []


def _no_assignment(line, match, _):
    for piece in line.pieces(ast.Subscript):
        value, what = line.value(piece.value), line.quote(piece.value)
        if value and what and value.get("type") == match[1].split(".")[-1]:
            is_it = f"{what} is {named(value)}: no part of it can be set."
            return [is_it, "A list can be changed." if value["type"] == "tuple" else ""]
    return []


def _no_length(line, match, _):
    for piece in line.pieces(ast.Call):
        if piece.args and (line.value(piece.args[0]) or {}).get("type") == match[1]:
            what = line.quote(piece.args[0])
            if what:
                return [f"{what} is {named(line.value(piece.args[0]))}: it has no length."]
    return []


def _no_whole_number(line, match, _):
    for piece in line.pieces(ast.Call):
        for part in piece.args:
            value, what = line.value(part) or {}, line.quote(part)
            if value.get("type") == match[1] == "tuple" and what:
                return [
                    f"{what} is {named(value)}, and {line.quote(piece.func) or 'this function'} "
                    "wants whole numbers one by one."
                ]
    if match[1] == "float" and any(isinstance(one.op, ast.Div) for one in line.all(ast.BinOp)):
        return ["`/` gives a float even where nothing is left over; `//` gives a whole number."]
    return [f"A whole number is wanted here, and {a_kind(match[1])} is none."]


def _recursion(line, match, _):
    name = line.facts.get("function")
    if name in (getattr(call.func, "id", "") for call in line.all(ast.Call)):
        return [f"`{name}` calls itself in this line, and that call does so again, without an end."]
    return ["Perhaps a function calls itself, and that call does so again, without an end."]


def _division(line, match, _):
    for piece in line.pieces(ast.BinOp, ast.AugAssign):
        if isinstance(piece.op, (ast.Div, ast.FloorDiv, ast.Mod)):
            what = line.quote(_parts(piece)[1])
            value = line.value(_parts(piece)[1])
            if what and (line.failed is not None or (value or {}).get("value") == 0):
                return [f"{what} is 0 here, and nothing can be divided by 0."]
    return []


_NO_RETURN = "A function without a `return` line gives None."

TOLD = [
    (r"^NameError: name '(\w+)' is not defined", _unknown_name),
    (
        r"^UnboundLocalError: (?:local variable '(\w+)'|.*access local variable '(\w+)')",
        _unbound,
    ),
    (r"^KeyError: (.*)", _missing_key),
    (
        r"^AttributeError: (?:module '(\w+)'|'([\w.]+)' object) has no attribute '(\w+)'",
        _no_attribute,
    ),
    (r"^TypeError: '([\w.]+)' object is not callable", _not_callable),
    (r"^TypeError: '([\w.]+)' object is not subscriptable", _not_subscriptable),
    (r"^TypeError: ([\w.<>]+)\(\) (?:missing|takes|got multiple) ", _arguments),
    (r"^TypeError: ([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'", _unknown_argument),
    (r"^TypeError: (tuple|list) indices must be integers", _numbered),
    (r"^TypeError: unhashable type: '(slice|numpy.ndarray)'|^KeyError: \(slice", _unhashable),
    (
        r"^TypeError: (?:unsupported operand|can't multiply|can only conc|bad operand|'..?' not supp).*",
        _operands,
    ),
    (
        r"^TypeError: cannot unpack non-iterable (\w+) object|^TypeError: '([\w.]+)' object is not iter",
        _not_iterable,
    ),
    (r"^TypeError: '([\w.]+)' object does not support item assignment", _no_assignment),
    (r"^TypeError: object of type '([\w.]+)' has no len", _no_length),
    (r"^TypeError: '([\w.]+)' object cannot be interpreted as an integer", _no_whole_number),
    (r"^RecursionError: ()", _recursion),
    (r"^ZeroDivisionError: ()", _division),
]
