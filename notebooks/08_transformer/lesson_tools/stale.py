"""Whether a test looks at a function that its cell has not made: one of an earlier run.

A cell that stops with an error before it has made its function leaves the one of an earlier run in
its place, and a test of that says nothing about the cell.
"""

import ast
import inspect
import linecache
import re
import sys


def stale(target, name):
    """Say that a function is older than the cell that was run for it last; else say nothing.

    It is known in a Jupyter kernel alone, which keeps what was run. Nothing is said of a function
    that came about in another way than by a plain ``def`` in a cell.

    Parameters
    ----------
    target : object
        The function under test.
    name : str
        What the exercise is called.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not hasattr(shell, "kernel"):  # the grader runs cells without one, each once
        return ""
    cells = [cell.strip() for cell in shell.history_manager.input_hist_parsed]
    made = _cell_of(target, name)
    defines = re.compile(rf"^def +{name}\b", re.M)
    tried = [place for place, cell in enumerate(cells) if defines.search(cell)]
    if not made or made not in cells or not tried or cells[tried[-1]] == made:
        return ""
    last = cells[tried[-1]]
    since = cells[len(cells) - 1 - cells[::-1].index(made) :]
    if any(re.search(rf"\b(?:import\b.*\b{name}\b|{name} *=[^=])", cell) for cell in since):
        return ""
    try:
        if not _top(ast.parse(last), name):
            return ""
    except SyntaxError as error:
        why = f"stopped with a SyntaxError in line {error.lineno}"
    else:
        why = f"stopped before it had made {name} anew"
    return (
        f"This is about an older {name}: when its cell was run last, it {why}. Mend that, run the "
        "cell until it stops no more, and then run this one again."
    )


def _cell_of(target, name):
    """Return the text of the cell that made a function by a plain def; nothing for others."""
    target = inspect.unwrap(target) if callable(target) else None
    if not inspect.isfunction(target) or target.__name__ != name:
        return ""
    return "".join(linecache.getlines(target.__code__.co_filename)).strip()


def _top(tree, name):
    """Say whether a function of that name is made at the top of a cell."""
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)
