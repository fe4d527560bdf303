"""Mutation operators for the code of recurrent networks on arrays: the mistakes of this field.

An operator takes a cell and yields mutated ones. It may repeat itself, or yield what does
not compile: `grading.mutation.mutant` sorts that out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from grading.mutation.cell import Cell

SUM = (ast.Add, ast.Sub)
PRODUCT = (ast.Mult, ast.Div, ast.MatMult)
# An activation and another that takes its place.
OTHER = {"tanh": "sigmoid", "sigmoid": "np.tanh", "softmax": "sigmoid"}
SIGMOID = "(1 + np.tanh({} / 2)) / 2"  # where the lesson may not have imported it


def axis(cell: Cell) -> Iterator[str]:
    """Take axis 1 in place of 0, and 0 in place of any other."""
    for node in cell.nodes:
        if isinstance(node, ast.keyword) and node.arg == "axis":
            yield cell.put(node.value, "1" if cell.text(node.value) == "0" else "0")


def transpose(cell: Cell) -> Iterator[str]:
    """Transpose an operand of ``@``, or leave its ``.T`` out."""
    for product in cell.operations(ast.MatMult):
        for node in (product.left, product.right):
            if isinstance(node, ast.Attribute) and node.attr == "T":
                yield cell.put(node, cell.text(node.value))
            elif not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)):
                yield cell.edit(*cell.span(node), f"{cell.closed(node)}.T")


def swap_operands(cell: Cell) -> Iterator[str]:
    """Exchange the operands of ``@``."""
    for node in cell.operations(ast.MatMult):
        yield cell.edit(*cell.span(node), f"{cell.closed(node.right)} @ {cell.closed(node.left)}")


def _starts(node: ast.BinOp, chain: tuple[type[ast.operator], ...]) -> bool:
    """Say whether an operation is the first of a chain: ``a + b`` in ``a + b + c``."""
    return not (isinstance(node.left, ast.BinOp) and isinstance(node.left.op, chain))


def drop_term(cell: Cell) -> Iterator[str]:
    """Leave out a term of a sum or a difference; where one is added to, what was there."""
    for node in cell.operations(*SUM):
        (start, end), (left, right) = cell.span(node), cell.sides(node)
        yield cell.edit(left, end, "")
        if _starts(node, SUM):
            yield cell.edit(start, right, "-" if isinstance(node.op, ast.Sub) else "")
    for added in cell.nodes:
        if isinstance(added, ast.AugAssign):
            start, end = cell.span(added.target)[1], cell.span(added.value)[0]
            yield cell.edit(start, end, cell.cut(start, end).replace("+=", "="))


def drop_factor(cell: Cell) -> Iterator[str]:
    """Leave out a factor of a product, or a divisor."""
    for node in cell.operations(ast.Mult, ast.Div):
        (start, end), (left, right) = cell.span(node), cell.sides(node)
        yield cell.edit(left, end, "")
        if isinstance(node.op, ast.Mult) and _starts(node, PRODUCT):
            yield cell.edit(start, right, "")


def drop_statement(cell: Cell) -> Iterator[str]:
    """Leave out that something is kept: in a slot, by adding it, or by a call."""
    for node in cell.nodes:
        slot = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
        call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if slot or call or isinstance(node, ast.AugAssign):
            yield cell.put(cell.statement(node), "pass")


def swap_gates(cell: Cell) -> Iterator[str]:
    """Use the next name or key of the same kind in one place.

    One other for each use: whichever two are mixed up, the value is one that belongs
    elsewhere. In what is returned it is the order that gets mixed up: see `return_order`.
    """
    for owner, key, text in cell.entries():
        texts = [other for of, _, other in cell.entries() if cell.text(of) == cell.text(owner)]
        if other := _next(text, texts):
            yield cell.put(key, cell.text(key).replace(text, other))
    for use in cell.names(ast.Load):
        given = use.id in cell.arguments
        names = [name for name in cell.known(use) if (name in cell.arguments) == given]
        other = _next(use.id, names) if use.id in names else None
        if other and cell.parents[use] not in _returned(cell):
            yield cell.put(use, other)


def _next(name: str, names: list[str]) -> str | None:
    """Return the next name of the same kind, round in a circle."""
    kind = [other for other in dict.fromkeys(names) if other == name or _alike(name, other)]
    return kind[(kind.index(name) + 1) % len(kind)] if len(kind) > 1 else None


def _alike(one: str, other: str) -> bool:
    """Say whether two names differ in one letter of the same case, as ``Wf`` and ``Wi`` do."""
    pairs = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    same = len(one) == len(other) > 1 and len(pairs) == 1
    return same and pairs[0][0].isupper() == pairs[0][1].isupper()


def stale_state(cell: Cell) -> Iterator[str]:
    """Use the state before a step, or before all of them, for the one after it; or the reverse."""
    for use in cell.names(ast.Load):
        stem, _, which = use.id.rpartition("_")
        others = {"next": (f"{stem}_prev", f"{stem}0"), "prev": (f"{stem}_next",)}
        for other in others.get(which, ()):
            if other in cell.known(use):
                yield cell.put(use, other)


def off_by_one(cell: Cell) -> Iterator[str]:
    """Leave out the last or the first step of a range, or use the step before.

    A range with a step of its own has numbers, which the general operators change.
    """
    for call, name in cell.calls():
        if name == "range" and len(call.args) in (1, 2):
            first, last = call.args[0], call.args[-1]
            later = f"1, {cell.text(last)}" if first is last else f"{cell.closed(first)} + 1"
            yield cell.put(last, f"{cell.closed(last)} - 1")
            yield cell.put(first, later)
    for use in cell.names(ast.Load):
        if use.id in _counters(cell) and _in_index(cell, use):
            yield cell.put(use, f"{use.id} - 1")


def _counters(cell: Cell) -> set[str]:
    loops = [node for node in cell.nodes if isinstance(node, (ast.For, ast.comprehension))]
    return {loop.target.id for loop in loops if isinstance(loop.target, ast.Name)}


def _in_index(cell: Cell, node: ast.AST) -> bool:
    parent = cell.parents[node]
    if isinstance(parent, ast.Subscript) and parent.slice is node:
        return True
    return isinstance(parent, ast.expr) and _in_index(cell, parent)


def sign(cell: Cell) -> Iterator[str]:
    """Negate the first term of a sum, or the argument of an activation.

    The signs of the other terms are the business of the general operators.
    """
    for node in cell.operations(*SUM):
        if _starts(node, SUM) and not isinstance(node.left, ast.UnaryOp):
            start, _ = cell.span(node)
            yield cell.edit(start, start, "-")
    for call, name in cell.calls():
        if name in OTHER and call.args and not isinstance(call.args[0], ast.UnaryOp):
            yield cell.put(call.args[0], f"-{cell.closed(call.args[0])}")


def other_activation(cell: Cell) -> Iterator[str]:
    """Take another activation, or none."""
    used = {name.id for name in cell.names(ast.Load)}
    for call, name in cell.calls():
        if name in OTHER and len(call.args) == 1:
            other, (given,) = OTHER[name], call.args
            if other in used or "." in other:
                yield cell.put(call.func, other)
            else:
                yield cell.put(call, SIGMOID.format(cell.closed(given)))
            yield cell.put(call, cell.text(given))


def changed_in_place(cell: Cell) -> Iterator[str]:
    """Scale an argument in place before the return: each array, and an entry of each dict.

    A dict is known by its entries. Where the docstring calls an argument something else
    than an array, such as float, there is nothing to change in place.
    """
    last = cell.function.body[-1]
    said = re.findall(r"^ *([\w, ]+) : ([\w.]+)", ast.get_docstring(cell.function) or "", re.M)
    types = {name: kind for names, kind in reversed(said) for name in names.split(", ")}
    dicts = {cell.text(of): f"{cell.text(of)}[{cell.text(key)}]" for of, key, _ in cell.entries()}
    own = set(cell.arguments) - {name.id for name in cell.names(ast.Store)}
    for name in cell.arguments if isinstance(last, ast.Return) else []:
        if name in own and (name in dicts or "array" in types.get(name, "array")):
            change = f"{dicts.get(name, name)} *= 2"
            yield cell.put(last, f"{change}\n{' ' * last.col_offset}{cell.text(last)}")


def return_order(cell: Cell) -> Iterator[str]:
    """Exchange two neighbours in the tuple that is returned, or in one that is part of it."""
    for value in _returned(cell):
        for one, other in zip(value.elts, value.elts[1:], strict=False):
            (start, end), (begin, stop) = cell.span(one), cell.span(other)
            between = cell.cut(end, begin)
            yield cell.edit(start, stop, cell.text(other) + between + cell.text(one))


def _returned(cell: Cell) -> list[ast.Tuple]:
    returns = [node.value for node in cell.nodes if isinstance(node, ast.Return)]
    found = [value for value in returns if isinstance(value, ast.Tuple)]
    names = {name.id for value in found for name in value.elts if isinstance(name, ast.Name)}
    for node in cell.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            bound = {name.id for name in node.targets if isinstance(name, ast.Name)}
            found.extend([node.value] if bound & names else [])
    return found


def wrong_start(cell: Cell) -> Iterator[str]:
    """Start at ones in place of zeros.

    Not in room that a loop fills slot by slot: there it makes no difference.
    """
    for call, name in cell.calls():
        if name in ("zeros", "zeros_like") and not _is_room(cell, cell.parents[call]):
            yield cell.put(call.func, cell.text(call.func).replace("zeros", "ones"))


def _is_room(cell: Cell, made: ast.AST) -> bool:
    names = {n.id for n in getattr(made, "targets", []) if isinstance(n, ast.Name)}
    for node in cell.nodes:
        for slot in node.targets if isinstance(node, ast.Assign) else []:
            if isinstance(slot, ast.Subscript) and isinstance(slot.value, ast.Name):
                used = {n.id for n in ast.walk(slot.slice) if isinstance(n, ast.Name)}
                if slot.value.id in names and used & _counters(cell):
                    return True
    return False


def view_for_copy(cell: Cell) -> Iterator[str]:
    """Use an array itself where the solution makes a copy."""
    for call, name in cell.calls():
        if name in ("copy", "deepcopy", "array") and isinstance(call.func, ast.Attribute):
            whole = call.args[0] if call.args else call.func.value
            if isinstance(whole, (ast.Name, ast.Attribute, ast.Subscript)):
                yield cell.put(call, cell.text(whole))


OPERATORS: dict[str, Callable[[Cell], Iterator[str]]] = {
    "axis": axis,
    "transpose": transpose,
    "swap operands": swap_operands,
    "drop term": drop_term,
    "drop factor": drop_factor,
    "drop statement": drop_statement,
    "swap gates": swap_gates,
    "stale state": stale_state,
    "off by one in time": off_by_one,
    "sign": sign,
    "other activation": other_activation,
    "changed in place": changed_in_place,
    "return order": return_order,
    "wrong start": wrong_start,
    "view for copy": view_for_copy,
}
