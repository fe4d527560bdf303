"""What a source notebook holds: its solutions, the wrong versions of them, its plots."""

from __future__ import annotations

import ast
import contextlib
import functools
import symtable
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked, is_solution

from grading.assignment import misconceptions
from grading.core import GraderFault


def read_source(path: Path) -> NotebookNode:
    """Read a source notebook."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise GraderFault(f"the source notebook {path} cannot be read: {error}") from error


def reference_cells(source: NotebookNode) -> list[list[Any]]:
    """Return id and source of a source notebook's locked and solution cells, and which it is."""
    return [
        [cell.metadata.nbgrader["grade_id"], cell.source, bool(is_solution(cell))]
        for cell in source.cells
        if cell.cell_type == "code"
        and not is_grade(cell)
        and (is_solution(cell) or is_locked(cell))
    ]


def functions(source: str) -> list[str]:
    """Return the names of the functions that a cell defines; none of a cell that does not parse."""
    with contextlib.suppress(SyntaxError):
        return [one.name for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)]
    return []


def wrong_cells(
    cells: list[list[Any]], known: list[misconceptions.Misconception]
) -> list[list[str]]:
    """Return exercise, name, sentence, cell and sureness of the misconceptions of a notebook."""
    solutions = {name: source for name, source, is_solution in cells if is_solution}
    return [
        [one.function, one.name, one.says, one.apply(solutions[one.function]), one.sure]
        for one in known
        if one.function in solutions
    ]


def plots(source: NotebookNode) -> list[str]:
    """Return the sources of the cells that are tagged ``plot``: they do nothing else.

    One that binds a name is none, nor one that nbgrader grades or restores: other cells may
    need what it does.
    """
    return [
        cell.source
        for cell in source.cells
        if cell.cell_type == "code"
        and "plot" in cell.metadata.get("tags", [])
        and not (is_grade(cell) or is_solution(cell) or is_locked(cell))
        and not _binds(cell.source)
    ]


def imports(source: NotebookNode) -> list[str]:
    """Return the import statements of a source notebook's cells, but for its tests."""
    found = []
    for cell in source.cells:
        if cell.cell_type == "code" and (is_solution(cell) or not is_grade(cell)):
            with contextlib.suppress(SyntaxError):  # a magic command
                nodes = ast.parse(cell.source).body
                found += [
                    ast.unparse(n) for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom))
                ]
    return found


def bound(source: str) -> dict[str, bool]:
    """Return the names that a cell binds, and whether each as a function or class.

    It looks at what the cell says, and does not run it.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic command may do anything
        return {}
    found: dict[str, bool] = {}
    for node in outer(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = True
        elif isinstance(node, ast.alias):
            found.setdefault((node.asname or node.name).partition(".")[0], False)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, False)
    return found


def looked_up(source: str) -> set[str]:
    """Return the global names that the functions of a cell look up."""
    try:
        tables = [symtable.symtable(source, "<cell>", "exec")]
    except SyntaxError:
        return set()
    found: set[str] = set()
    for table in tables:  # it grows
        tables += table.get_children()
        if table.get_type() == "function":
            names = [one for one in table.get_symbols() if one.is_global() and one.is_referenced()]
            found |= {one.get_name() for one in names}
    return found


def outer(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of code in the order in which it runs, without the insides of functions."""
    nodes = list(ast.iter_child_nodes(tree))
    if isinstance(tree, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor)):
        first = tree.iter if isinstance(tree, (ast.For, ast.AsyncFor)) else tree.value
        nodes.sort(key=lambda node: node is not first)  # what is bound comes behind its value
    for node in nodes:
        yield node
        if not isinstance(node, INNER):
            yield from outer(node)


def _binds(source: str) -> bool:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a magic command may do anything
        return True
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = (node for node in nodes if isinstance(node, ast.Name))
    return any(isinstance(n, kinds) for n in nodes) or any(
        not isinstance(name.ctx, ast.Load) for name in names
    )


Namespace = dict[str, Any]


INNER = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)  # what has names of its own
BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
KEPT = 200  # test cells that are kept as they are parsed: those of a course


@functools.lru_cache(maxsize=KEPT)
def split(source: str) -> tuple[tuple[bool, ast.Module], ...]:
    """Split a test cell at its hidden test markers into (hidden, code) pieces.

    A cell whose pieces do not stand alone, because a marker lies within a block, is one
    hidden piece. For each submission of a lesson they are the same, and nobody changes them.
    """
    pieces: list[tuple[bool, list[str]]] = [(False, [])]
    for line in source.split("\n"):
        if BEGIN in line:
            pieces.append((True, []))
        elif END in line:
            pieces.append((False, []))
        else:
            pieces[-1][1].append(line)
    try:
        trees = [(hidden, ast.parse("\n".join(lines))) for hidden, lines in pieces]
    except SyntaxError:
        return ((True, ast.parse(source)),)
    return tuple((hidden, tree) for hidden, tree in trees if tree.body)


def without_hidden(source: str, begin: str = BEGIN, end: str = END) -> str:
    """Return a source as it was given out: without what stands between two kinds of lines."""
    hidden, lines = False, []
    for line in source.split("\n"):
        if begin in line or end in line:
            hidden = begin in line
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)


def run_piece(tree: ast.Module, name: str, space: Namespace) -> Any:
    """Run code; return the value of its last line if that is an expression, as a cell does."""
    body, last = _compiled(tree, f"<test {name}>")
    exec(body, space)
    return None if last is None else eval(last, space)


@functools.lru_cache(maxsize=KEPT)
def _compiled(tree: ast.Module, name: str) -> tuple[types.CodeType, types.CodeType | None]:
    *body, last = tree.body
    if not isinstance(last, ast.Expr):
        return compile(tree, name, "exec"), None
    first = compile(ast.Module(body, []), name, "exec")
    return first, compile(ast.Expression(last.value), name, "eval")
