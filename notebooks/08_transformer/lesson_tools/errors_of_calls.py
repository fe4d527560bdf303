"""What errors mean that are about types: what can be called, gone through or taken apart.

Each function here is given the line, what a pattern has found in the error's text, and the sizes of
the call, and returns sentences; none where it knows nothing that is true of this line.
"""

import ast

import numpy as np

from .described import NO_RETURN, NUMBERS, a_kind, listed, named, plural
from .errors_of_names import near_miss

OF_A_SHAPE = ("zeros", "ones", "empty", "full", "reshape", "broadcast_to")
OVER_AXIS = ("max", "amax", "min", "amin", "sum", "mean", "prod", "argmax", "argmin")


def _not_callable(line, match, _):
    for piece in line.pieces(ast.Call):
        value, what = line.value(piece.func), line.quote(piece.func)
        if not value or value.get("type") != match[1].split(".")[-1] or not what:
            continue
        is_it = f"{what} is {named(value)}, and round brackets behind it call it like a function."
        if callable(getattr(np, getattr(piece.func, "id", ""), None)):
            return [is_it, f"NumPy's function of that name is `np.{piece.func.id}`."]
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
        attribute = getattr(np, line.numpy(piece.value) or "e", None)
        if callable(attribute) and not isinstance(attribute, type):
            return [f"{what} is a function: it is called with round brackets, not square ones."]
        if line.failed is not None and match[1] == "builtin_function_or_method":
            is_it = f"{what} is a function: it is called with round brackets, not square ones."
            bare = isinstance(piece.value, ast.Name)
            made = "Perhaps the round brackets were forgotten in the line that made it."
            return [is_it, made if bare else ""]
        if not value or value.get("type") != match[1].split(".")[-1]:
            continue
        is_it = f"{what} is {named(value)}"
        if value["type"] == "type":
            return [f"{what} is called with round brackets, not square ones."]
        if value["type"] == "NoneType":
            return [f"{is_it}: nothing can be taken out of it.", NO_RETURN]
        if "function" in value["type"]:
            return [f"{is_it}: it is called with round brackets, not square ones."]
        return [f"{is_it}: it holds nothing that square brackets could take out."]
    return []


def _type_in_brackets(line, match, _):
    return [f"`{match[1]}` is called with round brackets, not square ones."]


def _nothing_given(line, match, _):
    empty = [one for one in line.pieces(ast.Call) if not one.args and not one.keywords]
    if len(empty) == 1 and line.quote(empty[0].func):
        return [f"{line.quote(empty[0].func)} is called with nothing in its brackets."]
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
        if not takes or known.get("type") != "function" or piece.keywords or len(takes) > 11:
            continue
        return [
            f"`{name}` takes {plural(len(takes), 'argument')}, in this order: {listed(takes)}.",
            f"Of these, the last {known['optional']} may be left out." if known["optional"] else "",
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
        near = near_miss(given, ["axis", "keepdims", "dtype", "shape", "out", "where"])
        if near and line.quote(piece.func):
            return [f"{line.quote(piece.func)} has no argument `{given}`. Did you mean `{near}`?"]
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


def _not_iterable(line, match, _):
    kind = (match[1] or match[2]).split(".")[-1]
    more = NO_RETURN if kind == "NoneType" else ""
    for piece in _taken_apart(line) if match[1] else _gone_through(line):
        value, what = line.value(piece), line.quote(piece)
        if value and value.get("type") == kind and what:
            return [f"{what} is {named(value)}: it does not hold several things.", more]
        if match[1] and isinstance(piece, ast.Call) and line.quote(piece.func):
            return [f"{line.quote(piece.func)} gives {named({'type': kind})} here.", more]
    gone = line.failed
    if isinstance(gone, ast.Call) and not (gone.args or gone.keywords) and line.quote(gone.func):
        return [f"{line.quote(gone.func)} gives {named({'type': kind})} here.", more]
    if kind in NUMBERS:
        return ["A single number stands where something is wanted that holds several."]
    return []


def _taken_apart(line):
    """Return what a line takes apart, if that is one thing."""
    found = [
        one.value
        for one in line.all(ast.Assign)
        if isinstance(one.targets[0], (ast.Tuple, ast.List))
        and line.failed in (None, one.targets[0])
    ]
    return found if len(found) == 1 else []


def _gone_through(line):
    """Return what a line may go through in a loop or in a function such as ``sum``."""
    if isinstance(line.failed, ast.Call):
        return line.failed.args
    if line.failed is not None:
        return [line.failed]
    whole = [one.value for one in line.tree.body if isinstance(one, ast.Expr)]
    return [*whole, *(part for call in line.all(ast.Call) for part in call.args)]


def _not_reversible(line, match, _):
    kind = match[1].split(".")[-1]
    for piece in line.pieces(ast.Call):
        for part in piece.args:
            value, what = line.value(part), line.quote(part)
            if value and value.get("type") == kind and what and line.quote(piece.func):
                is_it = f"{what} is {named(value)}, and {line.quote(piece.func)} goes through"
                return [f"{is_it} something that holds several things, from its end."]
    return [f"{a_kind(kind).capitalize()} cannot be gone through from its end."]


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
        for part in [two for one in piece.args for two in getattr(one, "elts", ())]:
            value, what = line.value(part) or {}, line.quote(part)
            if value.get("type") == match[1] in ("tuple", "list", "dict", "str") and what:
                return [f"{what} is {named(value)}, and a whole number belongs there."]
        for part in piece.args if line.numpy(piece) not in OF_A_SHAPE else ():
            value, what = line.value(part) or {}, line.quote(part)
            if value.get("type") == match[1] == "tuple" and what:
                return [
                    f"{what} is {named(value)}, and {line.quote(piece.func) or 'this function'} "
                    "wants whole numbers one by one."
                ]
    for call in line.pieces(ast.Call):
        if match[1] == "float" and (second := _second_is_axis(line, call)):
            return second
        parts = [two for one in call.args for two in getattr(one, "elts", [one])]
        if any(isinstance(one, ast.BinOp) and isinstance(one.op, ast.Div) for one in parts):
            return ["`/` gives a float even where nothing is left over; `//` gives a whole number."]
    given = "None" if match[1] == "NoneType" else a_kind(match[1])
    return [f"A whole number is wanted here, and {given} is none."]


def _second_is_axis(line, call):
    """Say so of a function of NumPy that was given two things to take together."""
    name = line.numpy(call.func)
    if name not in OVER_AXIS or len(call.args) < 2 or not line.quote(call.func):
        return []
    both = {"max": ("larger", "maximum"), "min": ("smaller", "minimum")}.get(name[-3:])
    return [
        f"The second argument of {line.quote(call.func)} is the axis.",
        f"The {both[0]} of two things, place by place, is `np.{both[1]}`." if both else "",
    ]


def _no_index(line, match, _):
    for call in line.pieces(ast.Call):
        if len(call.args) > 1 and line.shape(call.args[1]):
            return _second_is_axis(line, call)
    return []


def _no_size(line, match, _):
    return [f"A shape is made of whole numbers, and {match[1]} is a float."]


def _recursion(line, match, _):
    name = line.facts.get("function")
    if name in (getattr(call.func, "id", "") for call in line.all(ast.Call)):
        return [f"`{name}` calls itself in this line, and that call does so again, without an end."]
    return ["Perhaps a function calls itself, and that call does so again, without an end."]


TOLD = [
    (r"^TypeError: '([\w.]+)' object is not callable", _not_callable),
    (r"^TypeError: '([\w.]+)' object is not subscriptable", _not_subscriptable),
    (r"^TypeError: ([\w.<>]+)\(\) (?:missing|takes|got multiple) ", _arguments),
    (r"^TypeError: ([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'", _unknown_argument),
    (r"^TypeError: (tuple|list) indices must be integers", _numbered),
    (r"^TypeError: unhashable type: '(slice|numpy.ndarray)'|^KeyError: \(", _unhashable),
    (r"^TypeError: type '(\w+)' is not subscriptable", _type_in_brackets),
    (
        r"^TypeError: (?:cannot unpack non-iterable (\w+) obj|'([\w.]+)' object is not iterable)",
        _not_iterable,
    ),
    (r"^TypeError: '([\w.]+)' object is not reversible", _not_reversible),
    (r"^TypeError: '([\w.]+)' object does not support item assignment", _no_assignment),
    (r"^TypeError: object of type '([\w.]+)' has no len", _no_length),
    (r"^TypeError: '([\w.]+)' object cannot be interpreted as an integer", _no_whole_number),
    (r"^TypeError: expected a sequence of integers .* got '(-?[\d.e]+)'", _no_size),
    (r"^TypeError: only integer scalar arrays can be converted to a scalar index", _no_index),
    (r"^RecursionError: ()", _recursion),
    (r"^TypeError: .*(?:argument|expected)", _nothing_given),
]
