"""Every small change of a solution that its types allow: what else an answer could be.

A mutant shows that a test sees a mistake, so there is one for each kind of it and place. Here the
question is which *other* program gives the same as a known mistake, so there are all: each name of
like kind for each other one, each index, each sign, each two values of a tuple or a dict exchanged.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from grading.mutation.cell import Cell

Kinds = Mapping[str, str]
ARRAY = ("array2", "array3")  # the kinds that can be transposed
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}


def changes(solution: str, function: str, kinds: Kinds) -> list[str]:
    """Return the cells that a change of a solution gives; no two are the same program.

    Parameters
    ----------
    solution : str
    function : str
        The function in it that is changed.
    kinds : mapping of str to str
        What its names stand for while it runs: ``array2`` for an array of two axes, else the name
        of the type. Only names of one kind are exchanged.

    Raises
    ------
    GraderFault
        When the cell does not define it.
    """
    cell = Cell(solution, function)
    seen = {_program(solution)}
    found = []
    for change in CHANGES:
        for source in change(cell, kinds):
            program = _program(source)
            if program and program not in seen:
                seen.add(program)
                found.append(source)
    return found


def _program(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None


def _other_name(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Use another name of the same kind."""
    for use in cell.names(ast.Load):
        for other in dict.fromkeys(cell.known(use)):
            if other != use.id and kinds.get(other) == kinds.get(use.id) is not None:
                yield cell.put(use, other)


def _names_exchanged(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Exchange two names of the same kind, in one statement and from a statement on."""
    uses = [*cell.names(ast.Load), *cell.names(ast.Store)]
    for one, other in itertools.combinations(sorted({use.id for use in uses}), 2):
        if kinds.get(one) != kinds.get(other) or one not in kinds:
            continue
        turned = {one: other, other: one}
        both = [use for use in uses if use.id in turned]
        for statement in dict.fromkeys(map(cell.statement, both)):
            for context in (ast.Load, ast.Store):
                here = [n for n in both if cell.statement(n) is statement]
                here = [n for n in here if isinstance(n.ctx, context)]
                yield _all_put(cell, [(n, turned[n.id]) for n in here])


def _values_exchanged(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Exchange two values of a tuple, a list, a call or a dict, where they lie in any order."""
    for node in cell.nodes:
        values: list[ast.expr] = []
        if isinstance(node, (ast.Tuple, ast.List)):
            values = node.elts
        elif isinstance(node, ast.Call):
            values = node.args
        elif isinstance(node, ast.Dict):
            values = node.values
        elif isinstance(node, ast.BinOp):
            values = [node.left, node.right]
        for one, other in itertools.combinations(values, 2):
            if not any(isinstance(n, (ast.Starred, ast.Slice)) for n in (one, other)):
                yield _all_put(cell, [(one, cell.text(other)), (other, cell.text(one))])


def _other_key(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Take another entry of a dict, or exchange two of them in all places."""
    entries = list(cell.entries())
    for owner, key, text in entries:
        texts = {other for of, _, other in entries if cell.text(of) == cell.text(owner)}
        for other in sorted(texts - {text}):
            yield cell.put(key, repr(other))
    for one, other in itertools.combinations(sorted({text for *_, text in entries}), 2):
        turned = {one: other, other: one}
        yield _all_put(cell, [(k, repr(turned[t])) for _, k, t in entries if t in turned])


def _transposed(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Transpose an array where it is used, or do not where the solution does."""
    for node in cell.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield cell.put(node, cell.text(node.value))
    for use in cell.names(ast.Load):
        parent = cell.parents[use]
        if kinds.get(use.id) in ARRAY and not isinstance(parent, ast.Attribute):
            yield cell.put(use, f"{use.id}.T")


def _other_sign(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Take another operation, or the negative of a value."""
    for node in cell.operations(*SIGNS):
        left, right = cell.sides(node)
        for kind, sign in SIGNS.items():
            if not isinstance(node.op, kind):
                yield cell.edit(left, right, f" {sign} ")
        for operand in (node, node.left, node.right):
            yield cell.put(operand, f"-{cell.closed(operand)}")
    for use in cell.names(ast.Load):
        if "array" in kinds.get(use.id, "") or kinds.get(use.id) == "float":
            yield cell.put(use, f"(-{use.id})")


def _dropped(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Leave out a term, a factor, a call around a value, a keyword or a whole statement."""
    for node in cell.operations(*SIGNS):
        yield cell.put(node, cell.text(node.left))
        yield cell.put(node, cell.text(node.right))
    for call, _ in cell.calls():
        inner = call.args[:1] or ([call.func.value] if isinstance(call.func, ast.Attribute) else [])
        for value in inner:
            yield cell.put(call, cell.text(value))
        for keyword in call.keywords:
            rest = [cell.text(a) for a in call.args]
            rest += [f"{k.arg}={cell.text(k.value)}" for k in call.keywords if k is not keyword]
            yield cell.put(call, f"{cell.text(call.func)}({', '.join(rest)})")
    for statement in _statements(cell):
        yield cell.edit(*cell.span(statement), "pass")


def _other_number(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Take another constant."""
    for node in cell.nodes:
        value: Any = getattr(node, "value", None)
        if isinstance(node, ast.Constant) and type(value) in (int, float):
            for other in (value + 1, value - 1, -value, 2 * value, value / 2, 0, 1):
                if other != value and (type(value) is float or other == int(other)):
                    yield cell.put(node, repr(type(value)(other)))


def _other_index(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Take the step before, the next one, the first or the last; or index another axis."""
    for node in cell.nodes:
        if not isinstance(node, ast.Subscript):
            continue
        places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for place in places:
            if isinstance(place, (ast.Name, ast.BinOp)):
                text = cell.closed(place)
                for other in (f"{text} - 1", f"{text} + 1", "0", "-1", ":"):
                    yield (
                        cell.put(place, other)
                        if other != ":"
                        else cell.edit(*cell.span(place), ":")
                    )
        texts = [cell.text(place) for place in places]
        whole = cell.span(node.slice)
        for order in itertools.permutations(texts):
            yield cell.edit(*whole, ", ".join(order))
        for left in range(1, len(texts)):
            yield cell.edit(*whole, ", ".join(texts[left:]))


def _in_place(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Add to what is there in place of setting it, set in place of adding, or write into it."""
    for node in _statements(cell):
        if isinstance(node, ast.AugAssign):
            name, value = cell.text(node.target), cell.text(node.value)
            sign = SIGNS.get(type(node.op), "+")
            for other in ("=", "+=", "-=", "*="):
                if other != f"{sign}=":
                    yield cell.put(node, f"{name} {other} {value}")
            yield cell.put(node, f"{name} = {name} {sign} {cell.closed(node.value)}")
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            name, value = cell.text(node.targets[0]), cell.text(node.value)
            if isinstance(node.targets[0], (ast.Name, ast.Subscript)):
                yield cell.put(node, f"{name} += {value}")
            if kinds.get(name, "").startswith("array"):
                yield cell.put(node, f"{name}[...] = {value}")


def _moved(cell: Cell, kinds: Kinds) -> Iterator[str]:
    """Exchange a statement with the next one of its block."""
    for node in cell.nodes:
        body = getattr(node, "body", [])
        if isinstance(body, list):
            for one, other in itertools.pairwise(body):
                yield _all_put(cell, [(one, cell.text(other)), (other, cell.text(one))])


CHANGES: tuple[Callable[[Cell, Kinds], Iterator[str]], ...] = (
    *(_other_name, _names_exchanged, _values_exchanged, _other_key, _transposed, _other_sign),
    *(_dropped, _other_number, _other_index, _in_place, _moved),
)


def _statements(cell: Cell) -> Iterator[ast.stmt]:
    for node in cell.nodes:
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not docstring:
                yield node


def _all_put(cell: Cell, edits: Sequence[tuple[ast.expr | ast.stmt, str]]) -> str:
    """Return the cell with several nodes replaced that do not overlap."""
    spans = sorted(((*cell.span(node), new) for node, new in edits), key=lambda one: one[0])
    text, at = "", 0
    for start, end, new in spans:
        text += cell.cut(at, start) + new
        at = end
    return text + cell.cut(at, cell.size)
