"""The names in a test cell: which it looks up, and which are not its own."""

from __future__ import annotations

import ast

from grading.assignment import outer


def loaded(tree: ast.Module) -> set[str]:
    """Return the names in code; where it looks names up by texts, those as well."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if names & {"globals", "locals", "vars", "dir"}:
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        names |= {text for text in texts if isinstance(text, str) and text.isidentifier()}
    return names


def read_first(trees: list[ast.Module]) -> set[str]:
    """Return the names that code reads or deletes before it binds them: they are not its own."""
    read: set[str] = set()
    own: set[str] = set()
    for node in (node for tree in trees for node in outer(tree)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            own.add(node.name)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            read |= {node.target.id} - own
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                own.add(node.id)
            else:
                read |= {node.id} - own
    return read
