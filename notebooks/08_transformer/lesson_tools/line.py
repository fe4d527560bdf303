"""A line at which an error was raised: its text, its pieces, and which of them failed."""

import ast

from .facts import sound
from .pieces import Pieces


class Line(Pieces):
    """The statement that failed.

    Parameters
    ----------
    facts : dict
        See `facts_of`. They may come from code that nobody trusts.
    """

    def __init__(self, facts):
        facts = sound(facts)
        self.facts = facts
        self.code = self._get("code", str, "")
        super().__init__(self._get("names", dict, {}))
        self.modules = self._get("modules", dict, {})
        self.holders = self._get("holders", dict, {})
        self.scope = self._get("scope", list, [])
        self.stored = self._get("stored", list, [])
        self.below = self._get("below", str, "")
        self.tree = None
        if self.code:
            self.tree = ast.parse(self.code)
        self.failed = self._failed()

    def _get(self, key, kind, default):
        value = self.facts.get(key)
        return value if type(value) is kind else default

    def _failed(self):
        """Return the piece that failed, where Python has told it."""
        at = self.facts.get("at")
        if type(at) is not list or self.tree is None:
            return None
        at = [at[0] + 1, at[1], at[2] + 1, at[3]]
        ends = ("lineno", "col_offset", "end_lineno", "end_col_offset")
        found = [
            node
            for node in ast.walk(self.tree)
            if [getattr(node, name, None) for name in ends] == at
        ]
        found = [node for node in found if not isinstance(node, ast.Expr)]
        return found[0] if found else None

    def pieces(self, *kinds):
        """Return the pieces of some kinds that may have failed, in the order in which they run.

        Where Python has told which one has failed, it is that one or none.
        """
        if self.tree is None:
            return []
        if self.failed is not None:
            return [self.failed] if isinstance(self.failed, kinds) else []
        return [node for node in _in_order(self.tree) if isinstance(node, kinds)]

    def all(self, *kinds):
        """Return all pieces of some kinds."""
        return [n for n in _in_order(self.tree) if isinstance(n, kinds)] if self.tree else []

    def quote(self, node):
        """Return the text of a piece, between backticks."""
        text = ast.get_source_segment(self.code, node) or ast.unparse(node)
        text = " ".join(text.split())
        return f"`{text}`" if len(text) <= 50 and "`" not in text else ""


def _in_order(node):
    """Yield the pieces of a statement in the order in which they run."""
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Assign):
        children = [node.value, *node.targets]
    for child in children:
        yield from _in_order(child)
    yield node
