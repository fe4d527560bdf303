"""What errors mean that are about a name: of a variable, a key or an attribute.

Each function here is given the line, what a pattern has found in the error's text, and the sizes of
the call, and returns sentences; none where it knows nothing that is true of this line.
"""

import ast
import difflib

import numpy as np

from .described import NO_RETURN, listed, named


def _unknown_name(line, match, _):
    name = match[1]
    scope = line.scope
    holders = [holder for holder, known in line.holders.items() if name in known.get("keys", ())]
    if holders:
        return [f"`{name}` is a key of `{holders[0]}` and no variable: `{holders[0]}` is a dict."]
    if name in ("np", "numpy", "plt"):
        return [f"Nothing is called `{name}` here: perhaps the first code cell has not been run."]
    if _filled(line, name):
        made = "an empty dict is `{}`, and room for numbers is made by `np.zeros`"
        return [f"`{name}` is to be filled here, and nothing has made it yet: {made}."]
    near = near_miss(name, scope)
    if near and (len(name) > 2 or near.lower() == name.lower()):
        return [f"Nothing is called `{name}` here. Did you mean `{near}`?"]
    here = [alias for alias, module in line.modules.items() if module == "numpy"]
    if here and name in vars(np):
        return [f"`{name}` is one of NumPy's: `{here[0]}.{name}`."]
    keys = {key: holder for holder, known in line.holders.items() for key in known.get("keys", ())}
    near = near_miss(name, list(keys))
    if near:
        return [
            f"Nothing is called `{name}` here. Did you mean the key `{near}` of `{keys[near]}`?"
        ]
    return [
        f"Nothing is called `{name}` here: perhaps it has another name, its cell was not run, an "
        "import is missing, or quotation marks are."
    ]


def _filled(line, name):
    """Say whether a line puts something into what goes by a name."""
    return any(
        isinstance(piece.ctx, ast.Store) and getattr(piece.value, "id", None) == name
        for piece in line.all(ast.Subscript)
    )


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
        function = line.facts.get("function")
        return [
            f"`{function}` gives `{name}` a value in this line, so the name is its own there. When "
            "the line reads it, it has none yet."
        ]
    if min(stored) >= number:
        return [f"`{name}` gets its value in {where}. When this line reads it, it has none yet."]
    return [
        f"`{name}` gets a value in {where}, but this call has come to line {number} "
        "without going through there."
    ]


def _free(line, match, _):
    return [f"When this line reads `{match[1]}`, nothing has given it a value yet."]


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
        near = near_miss(key["value"], keys) if isinstance(piece.slice, ast.Constant) else None
        return [has, f"Did you mean `{near}`?" if near else ""]
    return _lacks(line, match[1][1:-1]) if match[1][0] in "'\"" else []


def _lacks(line, key):
    """Say what keys a dict has that lacks one, where the key is worked out within the line."""
    said = []
    for piece in line.pieces(ast.Subscript):
        holder, what = line.value(piece.value) or {}, line.quote(piece.value)
        if not isinstance(piece.ctx, ast.Load) or holder.get("type") != "dict" or not what:
            continue
        keys = holder["keys"]
        worked_out = "value" not in (line.value(piece.slice) or {})
        if worked_out and keys and len(keys) == holder.get("size") and key not in map(str, keys):
            said.append(f"{what} has the keys {listed(keys)}, and {key!r} is none of them.")
    return said if len(set(said)) == 1 else []


def _no_attribute(line, match, _):
    module, kind, attribute = match.groups()
    pieces = [one for one in line.pieces(ast.Attribute) if one.attr == attribute]
    if module:
        aliases = [alias for alias, name in line.modules.items() if name == module]
        if not aliases or module != "numpy":
            return []
        if attribute in line.scope:
            return [f"`{attribute}` is not one of NumPy's: it is called without `{aliases[0]}.`."]
        near = near_miss(attribute, [n for n in dir(np) if n[0] != "_"])
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
            return [is_it, NO_RETURN]
        if kind == "numpy.ndarray":
            near = near_miss(attribute, [n for n in dir(np.ndarray) if n[0] != "_"])
            if near:
                return [f"An array has no `{attribute}`. Did you mean `{near}`?"]
            if hasattr(list, attribute):
                return [f"An array has no `{attribute}`: that is something that a list has."]
            if callable(getattr(np, attribute, None)):
                return [f"An array has no `{attribute}`: it is a function, `np.{attribute}`."]
        elif hasattr(np.ndarray, attribute):
            return [is_it, f"`{attribute}` is something that an array has."]
        elif hasattr(list, attribute) and kind != "list":
            return [is_it, f"`{attribute}` is something that a list has."]
        return [is_it, f"It has no `{attribute}`."]
    return []


def near_miss(name, names):
    """Return the name that is written most like another, if one is."""
    names = [one for one in names if type(one) is str and one != name]
    for one in names:
        if one.lower() == name.lower():
            return one
    for one in names:  # two letters exchanged
        if len(name) > 2 and name[0] == one[0] and sorted(one) == sorted(name):
            return one
    found = difflib.get_close_matches(name, names, 1, 0.75)
    return found[0] if found else ""


TOLD = [
    (r"^NameError: name '(\w+)' is not defined", _unknown_name),
    (r"^UnboundLocalError: (?:local variable '(\w+)'|.*access local variable '(\w+)')", _unbound),
    (r"^NameError: .*free variable '(\w+)'", _free),
    (r"^KeyError: (.*)", _missing_key),
    (
        r"^AttributeError: (?:module '(\w+)'|'([\w.]+)' object) has no attribute '(\w+)'",
        _no_attribute,
    ),
]
