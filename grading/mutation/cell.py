"""The cell of a solution as `grading.mutation.operators` sees it: a tree, and edits of its text.

An edit is made where `ast` says that a node stands, so that the rest of the cell keeps its
layout, and a diff shows nothing but the mistake.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grading.core import GraderFault

ATOMS = (ast.Name, ast.Call, ast.Subscript, ast.Attribute, ast.Constant)
SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}


class Cell:
    """A cell, and one function of it.

    Parameters
    ----------
    source : str
    function : str
        The function to be mutated.

    Attributes
    ----------
    function : ast.FunctionDef
    nodes : list of ast.AST
        What it consists of, in the order of the text.
    parents : dict of ast.AST to ast.AST
    arguments : list of str
    size : int
        How many bytes the cell has.

    Raises
    ------
    GraderFault
        When the cell does not define the function.
    """

    def __init__(self, source: str, function: str) -> None:
        self._bytes = source.encode()  # ast counts columns in bytes
        self.size = len(self._bytes)
        lines = self._bytes.split(b"\n")
        self._starts = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
        found = [
            node
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef) and node.name == function
        ]
        if not found:
            raise GraderFault(f"The solution does not define {function}.")
        self.function = found[-1]
        self.nodes = sorted(ast.walk(self.function), key=_place)
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        given = self.function.args
        self.arguments = [a.arg for a in [*given.posonlyargs, *given.args, *given.kwonlyargs]]
        self._bound: dict[str, ast.Name] = {}
        for name in self.names(ast.Store):
            self._bound.setdefault(name.id, name)

    def names(self, context: type[ast.expr_context]) -> list[ast.Name]:
        """Return the names that are read (``ast.Load``) or bound (``ast.Store``)."""
        return [n for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, context)]

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Yield each call with the last part of the name that is called."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                called = node.func
                yield node, called.id if isinstance(called, ast.Name) else called.attr

    def operations(self, *kinds: type[ast.operator]) -> Iterator[ast.BinOp]:
        """Yield the binary operations of some kinds."""
        for node in self.nodes:
            if isinstance(node, ast.BinOp) and isinstance(node.op, kinds):
                yield node

    def entries(self) -> Iterator[tuple[ast.expr, ast.expr, str]]:
        """Yield each dict of which an entry is taken by a text, with that key and the text."""
        for node in self.nodes:
            if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
                continue
            if isinstance(node.slice.value, str):
                yield node.value, node.slice, node.slice.value

    def known(self, use: ast.expr) -> list[str]:
        """Return the names that are bound where an expression stands: others would only raise."""
        here = self.statement(use)
        earlier = [at for at in self._bound.values() if _place(at) < _place(use)]
        return [*self.arguments, *(at.id for at in earlier if self.statement(at) is not here)]

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the statement that a node is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node starts and ends in the bytes of the cell."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset

    def sides(self, node: ast.BinOp) -> tuple[int, int]:
        """Return where the left operand ends and the right one starts, parentheses included."""
        start, end = self.span(node.left)[1], self.span(node.right)[0]
        between = self._bytes[start:end]
        gap = re.sub(rb"#[^\n]*|\\\n", lambda found: b" " * len(found[0]), between)
        left, _, right = gap.partition(SYMBOLS[type(node.op)].encode())
        return start + len(left.rstrip()), end - len(right.lstrip())

    def cut(self, start: int, end: int) -> str:
        """Return a part of the cell."""
        return self._bytes[start:end].decode()

    def text(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node."""
        return self.cut(*self.span(node))

    def closed(self, node: ast.expr) -> str:
        """Return the text of an expression, fit to be an operand."""
        return self.text(node) if isinstance(node, ATOMS) else f"({self.text(node)})"

    def edit(self, start: int, end: int, new: str) -> str:
        """Return the cell with a part replaced."""
        return (self._bytes[:start] + new.encode() + self._bytes[end:]).decode()

    def put(self, node: ast.expr | ast.stmt, new: str) -> str:
        """Return the cell with a node replaced, in parentheses where it needs them."""
        parent = self.parents[node]
        operand = isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Attribute))
        operand |= isinstance(parent, ast.Subscript) and parent.value is node
        if operand and not isinstance(ast.parse(f"({new})", mode="eval").body, ATOMS):
            new = f"({new})"
        return self.edit(*self.span(node), new)


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
