"""What is to be seen of the line at which an error was raised, as plain data.

Of the line its text, and in it the piece that failed; of each name in it the type, the shape or
the keys. Nothing of the student's is called for that: values of known types are looked at, of all
others the type is named. A sentence about it is made elsewhere, from this alone.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import linecache
import types
from collections.abc import Collection
from typing import Any

import numpy as np

NAMES, SCOPE, KEYS, ITEMS, DEPTH = 20, 400, 30, 12, 4  # the most of each that is told
VALUES = 300  # of all names together
LONGEST = 600  # characters of a statement
SOURCE = 100_000  # characters of a cell that is read for it
LARGEST = 10**9  # number that is told
PIECES = 10_000  # of plain data, with every size and key

NUMBERS = tuple(set(np.sctypeDict.values()))  # the types of NumPy's single numbers
TYPE_NAME: Any = vars(type)["__name__"]  # which a type of the student's cannot change

Facts = dict[str, Any]
Place = tuple[int, int, int, int]  # first line and column, last line and column


def place_of(error: BaseException, passed_over: Collection[str] | None = None) -> Any:
    """Return where the student's code raised an error: a part of its traceback, or None.

    That is the last place in a cell. Where no cell is to be seen, it is the first in a file that is
    not to be passed over; without such a list there is none.
    """
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append((trace.tb_frame.f_code.co_filename, trace))
        trace = trace.tb_next
    cells = [trace for name, trace in found if _is_cell(name)]
    if cells or passed_over is None:
        return cells[-1] if cells else None
    others = [trace for name, trace in found if name not in passed_over]
    return others[0] if others else None


def quoted(error: BaseException, passed_over: Collection[str] | None = None) -> str:
    """Quote the line at which ``error`` was raised, and the line that has called its function."""
    trace = place_of(error, passed_over)
    if trace is None:
        return ""
    own, outer = trace.tb_frame.f_code, None
    before: Any = error.__traceback__
    while before is not trace:
        if _is_cell(before.tb_frame.f_code.co_filename) and before.tb_frame.f_code is not own:
            outer = before
        before = before.tb_next
    if outer is None or own.co_name.startswith("<"):
        return f"\n  at line {_numbered(trace)}"
    return (
        f"\n  at line {_numbered(trace, f'the cell of {own.co_name}')}"
        f"\n  which was called at line {_numbered(outer)}"
    )


def _numbered(trace: Any, where: str = "its cell") -> str:
    name, number = trace.tb_frame.f_code.co_filename, trace.tb_lineno
    return clean(f"{number} of {where}: {linecache.getline(name, number).strip()[:200]}")


def _is_cell(name: str) -> bool:
    return "ipykernel" in name or name.startswith("<ipython-input")


def facts_of(error: BaseException, trace: Any) -> Facts:
    """Return what is to be seen at a place of a traceback; see `Line` for what it is good for.

    Returns
    -------
    dict
        ``function`` and ``number`` say where the line is, ``code`` is its statement, ``at`` the
        lines and columns in it of the piece that failed, from Python 3.11 on. ``names`` holds what
        each name in it is, ``scope`` the names that might have been meant, ``holders`` the dicts,
        ``modules`` the modules, ``stored`` the lines at which the function gives a value to a name
        that had none, and ``below`` what had been called there.
    """
    frame = trace.tb_frame
    own, outer = dict(frame.f_locals), frame.f_globals
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    number, position = trace.tb_lineno, _position(trace)
    facts: Facts = {"function": clean(frame.f_code.co_name), "number": number, "at": None}
    tree = _parsed(source)
    statement, position = _statement(tree, number, position)
    if statement is None:
        return facts
    code = ast.get_source_segment(source, statement) or ""
    if not code or len(code) > LONGEST:
        return facts
    facts["code"] = clean(code)
    if position is not None:
        facts["at"] = [
            number
            for line, column in (position[:2], position[2:])
            for number in (
                line - statement.lineno,
                column - (statement.col_offset if line == statement.lineno else 0),
            )
        ]
    room = [VALUES]
    names = dict.fromkeys(n.id for n in ast.walk(statement) if isinstance(n, ast.Name))
    lost = _unsure(statement) if not frame.f_code.co_name.startswith("<") else set()
    local = set(frame.f_code.co_varnames) | lost
    facts["names"] = {}
    for name in list(names)[:NAMES]:
        for space in (own,) if name in local else (own, outer, vars(builtins)):
            if name in space and name not in lost:
                facts["names"][clean(name)] = described(space[name], room)
                break
    if isinstance(error, (NameError, AttributeError)):
        around = [n for n in itertools.chain(own, outer) if type(n) is str and n[:1] != "_"]
        facts["scope"] = [clean(name[:40]) for name in dict.fromkeys(around)][:SCOPE]
        facts["holders"] = {
            name: described(value, room)
            for name, value in list(own.items())[: 2 * NAMES]
            if type(value) is dict
        }
    if isinstance(error, NameError):
        facts["stored"] = _stored(tree, number, next(iter(str(error).split("'")[1:2]), ""))
    facts["modules"] = {
        clean(name): _text(vars(value).get("__name__"))
        for name, value in itertools.islice(itertools.chain(own.items(), outer.items()), SCOPE)
        if type(value) is types.ModuleType
    }
    facts["below"] = _below(trace)
    return facts


def described(value: Any, room: list[int], depth: int = DEPTH) -> Facts:
    """Say what a value is: its type, and of NumPy's and Python's own what it holds."""
    room[0] -= 1
    kind = type(value)
    told: Facts = {"type": _text(TYPE_NAME.__get__(kind))}
    if kind is np.ndarray or any(kind is one for one in NUMBERS):
        return told | {"shape": [int(n) for n in value.shape], "dtype": str(value.dtype)[:30]}
    if kind in (bool, int) and abs(value) < LARGEST:
        return told | {"value": value}
    if kind is str and len(value) <= 40:
        return told | {"value": clean(value)}
    if kind in (tuple, list):
        told["size"] = len(value)
        if depth and room[0] > 0:
            told["items"] = [described(item, room, depth - 1) for item in value[:ITEMS]]
    if kind is dict:
        pairs = list(itertools.islice(value.items(), KEYS))
        told |= {"size": len(value), "keys": [clean(k[:40]) for k, _ in pairs if type(k) is str]}
        if depth and room[0] > 0:
            told["values"] = {
                clean(key): described(one, room, depth - 1)
                for key, one in pairs
                if type(key) is str and len(key) <= 40
            }
    if kind is types.ModuleType:
        told["name"] = _text(vars(value).get("__name__"))
    if kind is types.FunctionType:
        code = value.__code__
        told |= {"name": _text(code.co_name), "module": _text(value.__module__)}
        told["arguments"] = [clean(n[:40]) for n in code.co_varnames[: min(code.co_argcount, 12)]]
        told["optional"] = len(value.__defaults__ or ())
    if kind is type or kind in (types.BuiltinFunctionType, np.ufunc):
        told["name"] = _text(value.__name__)
    return told


def _text(name: Any) -> str:
    return clean(name[:60]) if type(name) is str else ""


def clean(text: str) -> str:
    """Replace what cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def sound(found: Any) -> Facts:
    """Return facts that came from elsewhere, as far as they are plain data of their size."""
    room = [PIECES]
    try:
        return _sound(found, room, 3 * DEPTH + 4) if type(found) is dict else {}
    except ValueError:
        return {}


def _sound(value: Any, room: list[int], depth: int) -> Any:
    room[0] -= 1
    if room[0] < 0 or not depth:
        raise ValueError("more than is told")
    if value is None or type(value) is bool:
        return value
    if type(value) is int and abs(value) <= LARGEST:
        return value
    if type(value) is str and len(value) <= LONGEST:
        return value
    if type(value) is list:
        return [_sound(item, room, depth - 1) for item in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _sound(item, room, depth - 1) for key, item in value.items()}
    raise ValueError("not what is told")


# --- the statement --------------------------------------------------------------------


def _position(trace: Any) -> Place | None:
    """Return the first and last line and column of what failed, where Python knows them."""
    positions = getattr(trace.tb_frame.f_code, "co_positions", None)
    if positions is None:
        return None
    place: Any = next(itertools.islice(positions(), trace.tb_lasti // 2, None), (None,) * 4)
    first, last, start, end = place
    return None if None in place else (first, start, last, end)


def _parsed(source: str) -> ast.AST:
    try:
        return ast.parse(source if len(source) <= SOURCE else "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _statement(tree: ast.AST, number: int, position: Place | None) -> tuple[Any, Place | None]:
    """Return the innermost statement at a line, and the position of what failed.

    Of a loop or a condition it is what stands in its head, and that is what failed where Python
    says that all of it did.
    """
    found: list[Any] = []
    for node in ast.walk(tree):
        heads: list[Any] = []
        if isinstance(node, (ast.If, ast.While)):
            heads = [node.test]
        elif isinstance(node, ast.For):
            heads = [node.iter, node.target]
        elif isinstance(node, ast.With):
            heads = [item.context_expr for item in node.items]
        elif isinstance(node, ast.stmt) and not hasattr(node, "body"):
            heads = [node]
        if position is not None and heads and _span(node) == position:
            return heads[0], _span(heads[0])
        for head in heads:
            first, start, last, end = _span(head)
            if position is None:
                found += [head] if first <= number <= last and head is heads[0] else []
            elif (first, start) <= position[:2] and position[2:] <= (last, end):
                found.append(head)
    return (found[0], position) if len(found) == 1 else (None, None)


def _span(node: Any) -> Place:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _unsure(statement: ast.AST) -> set[str]:
    """Return the names whose values a frame does not show as they were when the line failed."""
    bound = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.comprehension):
            bound |= _names(node.target)
        elif isinstance(node, ast.Lambda):
            bound |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
        elif isinstance(node, ast.NamedExpr):
            bound |= _names(node.target)
        elif isinstance(node, ast.Assign):
            places = [one for target in node.targets for one in ast.walk(target)]
            if any(isinstance(n, (ast.Subscript, ast.Attribute)) for n in places):
                bound |= {
                    n.id for n in places if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
    return bound


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _stored(tree: ast.AST, number: int, name: str) -> list[int]:
    """Return the lines at which the function around a line gives a value to a name."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= number <= (node.end_lineno or 0)
    ]
    if not around or any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Del)
        for node in ast.walk(around[-1])
    ):
        return []
    lines = {
        node.lineno
        for node in ast.walk(around[-1])
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    }
    return sorted(lines)[:ITEMS]


def _below(trace: Any) -> str:
    """Name what the line had called when the error came: NumPy, another function, or nothing."""
    if trace.tb_next is None:
        return ""
    frame = trace.tb_next.tb_frame
    if _text(frame.f_globals.get("__name__")).split(".")[0] == "numpy" or "<__array" in (
        frame.f_code.co_filename
    ):
        return "numpy"
    return clean(frame.f_code.co_name[:60])
