"""What is to be read in the code of a wrong answer, whatever it returns.

A value that nothing uses, a ``return`` inside a loop, a result taken from the wrong place are no
errors to Python, and seldom meant. Each sentence names the line, and is true of it.
"""

import ast
import linecache
import types

from lesson_tools.reading_loops import called, in_loops, loaded, single, stored

MOST = 2  # sentences
RETURN_NOTHING = ("append", "extend", "insert", "sort", "reverse", "update", "fill")
OUTSIDE = ("locals", "globals", "vars", "eval", "exec")  # with these, names are used unseen


def reading(target, given, stopped=False):
    """Return what is to be read in a function's code: sentences, at most two.

    Parameters
    ----------
    target : callable
        The function under test. Nothing is said of what no plain ``def`` has made.
    given : dict
        The arguments of a call.
    stopped : bool
        Whether the function has stopped with an error: then it has not come to all that it holds,
        and nothing is said of what is not used.
    """
    made = _definition(target)
    if made is None or any(called(node) in OUTSIDE for node in ast.walk(made)):
        return []
    known = getattr(target, "__globals__", {})
    names = [one.arg for one in made.args.args]
    holders = {
        name: list(value)
        for name, value in zip(names, given.values(), strict=False)
        if isinstance(value, dict) and all(isinstance(key, str) for key in value)
    }
    said = [
        *_nothing_returned(made, known),
        *_kept_nowhere(made, known),
        *_other_order(made, known),
        *_other_key(made, holders),
        *_lost_arguments(made, names),
        *(() if stopped else in_loops(made)),
        *(() if stopped else _never_used(made, names[: len(given)])),
    ]
    return list(dict.fromkeys(said))[:MOST]


def _definition(target):
    """Return the tree of a function that a plain def has made, or None."""
    if type(target) is not types.FunctionType:  # a stub of the grader's passes for one
        return None
    code = target.__code__
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and (node.name, node.lineno) == (code.co_name, code.co_firstlineno)
    ]
    return found[0] if len(found) == 1 else None


def _is_module(node, known):
    return isinstance(node, ast.Name) and isinstance(known.get(node.id), types.ModuleType)


def _nothing_returned(made, known):
    for node in ast.walk(made):
        name, value = single(node), getattr(node, "value", None)
        if name is None or not isinstance(value, ast.Call):
            continue
        method = value.func
        if not isinstance(method, ast.Attribute) or _is_module(method.value, known):
            continue
        if method.attr in RETURN_NOTHING and loaded(method.value, name):
            yield (
                f"Line {node.lineno} gives `{name}` the value None: `{method.attr}` changes what "
                "it is called on, and returns nothing. It needs no `=`."
            )


def _kept_nowhere(made, known):
    for node in ast.walk(made):
        if not isinstance(node, ast.Expr):
            continue
        value = node.value
        if isinstance(value, ast.Attribute) and value.attr in RETURN_NOTHING:
            yield (
                f"Line {node.lineno} names `{ast.unparse(value)}` and does not call it: the round "
                "brackets are missing."
            )
        elif isinstance(value, ast.Compare):
            yield f"Line {node.lineno} only compares: `==` asks, and `=` gives a value."
        elif isinstance(value, (ast.BinOp, ast.Subscript, ast.Name)) or _makes_new(value, known):
            yield f"What line {node.lineno} works out is kept nowhere: it needs a name."


def _makes_new(value, known):
    """Say whether a piece is a call of what makes a new array and changes none."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    if any(word.arg == "out" for word in value.keywords):
        return False
    new = ("copy", "reshape", "transpose", "sum", "mean", "dot", "astype", "flatten", "squeeze")
    of_numpy = ("concatenate", "hstack", "vstack", "tanh", "exp", "log", "zeros_like", "matmul")
    positional = 1 + (value.func.attr in ("dot", "matmul"))
    if _is_module(value.func.value, known):
        return value.func.attr in (*new, *of_numpy) and len(value.args) <= positional
    return value.func.attr in new and len(value.args) <= 1


def _other_order(made, known):
    for node in ast.walk(made):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
            continue
        inner, taken = known.get(called(node.value)), node.targets[0].elts
        returned = _returned(inner)
        names = [getattr(one, "id", None) for one in taken]
        if not returned or len(returned) != len(names) or len(set(names)) != len(names):
            continue
        for place, name in enumerate(names):
            if name in returned and returned.index(name) != place:
                yield (
                    f"`{inner.__name__}` returns {_quoted(returned)}, in this order; line "
                    f"{node.lineno} takes {_quoted(names)} from it."
                )
                break


def _returned(inner):
    """Return the names that a function of the notebook returns in order; nothing for others."""
    made = _definition(inner)
    returns = [node for node in ast.walk(made) if isinstance(node, ast.Return)] if made else []
    value = returns[0].value if len(returns) == 1 else None
    if not isinstance(value, ast.Tuple):
        return []
    names = [getattr(one, "id", "") for one in value.elts]
    return names if all(names) and len(set(names)) == len(names) else []


def _quoted(names):
    return ", ".join(f"`{name}`" if name else "…" for name in names)


def _other_key(made, holders):
    for node in ast.walk(made):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, value = node.targets[0], node.value
        many = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
        pairs = zip(target.elts, value.elts, strict=False) if many else [(target, value)]
        for name, piece in pairs:
            name = getattr(name, "id", None)
            if not isinstance(piece, ast.Subscript) or not isinstance(piece.slice, ast.Constant):
                continue
            holder, key = getattr(piece.value, "id", None), piece.slice.value
            keys = holders.get(holder, ())
            if name in keys and key in keys and name != key:
                yield f"Line {node.lineno} gives `{name}` what `{holder}` holds under `{key}`."
        yield from _by_place(node, target, value, holders)


def _by_place(node, target, value, holders):
    """Say which key is taken for another, where a dict's values are taken by their places."""
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Call):
        return
    method = value.func
    if not isinstance(method, ast.Attribute) or method.attr != "values":
        return
    keys = holders.get(getattr(method.value, "id", None), [])
    for one, key in zip(target.elts, keys, strict=False):
        name = getattr(one, "id", None)
        if name in keys and name != key:
            yield (
                f"Line {node.lineno} takes the values by their places, and gives `{name}` what "
                f"`{method.value.id}` holds under `{key}`: take each by its key."
            )
            return


def _lost_arguments(made, names):
    read = set()
    for node in made.body:
        for name in names:
            if name in stored(node) and name not in read | loaded(node.value):
                yield (
                    f"Line {node.lineno} gives the argument `{name}` another value before "
                    "anything has read it."
                )
        read |= loaded(node)


def _never_used(made, names):
    used = loaded(made)
    unused = [name for name in names if name not in used]
    given = {name for node in ast.walk(made) for name in stored(node)}
    for name in unused:
        if name not in given and name[0] != "_":
            yield f"Nothing in your function reads its argument `{name}`."
    for node in ast.walk(made):
        name = single(node)
        if name and name not in used and name[0] != "_" and not _is_size(node.value):
            yield f"`{name}` gets a value in line {node.lineno}, and nothing uses it."


def _is_size(value):
    """Say whether a value is a size: many take them all and use some."""
    return any(getattr(node, "attr", "") == "shape" for node in ast.walk(value)) or (
        called(value) == "len"
    )
