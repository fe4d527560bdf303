"""The names in a test cell: which it looks up, which are not its own, what it cannot look at."""

from __future__ import annotations

import ast
import functools
from collections.abc import Collection, Iterator

from grading.assignment import KEPT, outer


@functools.lru_cache(maxsize=KEPT)
def loaded(tree: ast.Module) -> frozenset[str]:
    """Return the names in code; where it looks names up by texts, those as well."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if names & {"globals", "locals", "vars", "dir"}:
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        names |= {text for text in texts if isinstance(text, str) and text.isidentifier()}
    return frozenset(names)


@functools.lru_cache(maxsize=KEPT)
def read_first(trees: tuple[ast.Module, ...]) -> frozenset[str]:
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
    return frozenset(read)


def beyond(error: Exception, stand_ins: Collection[str], hidden: bool) -> Iterator[str]:
    """Yield why a test may have failed that looks at what does not reach it, each in a sentence.

    Parameters
    ----------
    error : Exception
        With which it failed.
    stand_ins : collection of str
        The types of what reached it as stand-ins.
    hidden : bool
        Whether the test is. Then their names are not said: the student's code chose them, and has
        seen the inputs.
    """
    kinds = "such object" if hidden and stand_ins else ", ".join(sorted(stand_ins))
    if kinds and not hasattr(error, "brief"):
        yield (
            "Of a submission a test sees plain data alone (numbers, texts, lists, dicts, arrays), "
            f"and no {kinds}: let a function of the notebook return what the test is to look at."
        )
    if isinstance(error, FileNotFoundError) and not hasattr(error, "place"):
        yield (
            "A test runs apart from the submission, and does not see the files that it writes: let "
            "a function of the notebook return what it has written."
        )
