"""A line at which an error was raised: its pieces, and words for what they are."""

import ast
import re

from .facts import sound
from .shapes import Shapes

SIZES = ("n_x", "n_a", "n_y", "m", "T_x")


class Line(Shapes):
    """The statement that failed.

    Parameters
    ----------
    facts : dict
        See `grading.sandbox.inside.facts`. They may come from code that nobody trusts.
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


# --- words ----------------------------------------------------------------------------


class Sizes:
    """The sizes of one call, known again where there is no doubt.

    Parameters
    ----------
    case : str
        The sizes in words: ``"n_x=3, n_a=5, m=4"``.
    axes : dict of int to tuple of str, optional
        What the axes of arrays are called; see `describe`.
    """

    def __init__(self, case="", axes=None):
        pairs = re.findall(r"(\w+)=(\d+)(?=,|$)", case)
        self.sizes = {name: int(n) for name, n in pairs if name in SIZES}
        self.axes = axes or {}
        named_so = dict(self.sizes)
        if {"n_a", "n_x"} <= set(self.sizes):
            named_so["n_a + n_x"] = self.sizes["n_a"] + self.sizes["n_x"]
        self.names: dict[int, list[str]] = {}
        for name, size in named_so.items():
            self.names.setdefault(size, []).append(name)

    def name(self, size):
        """Return the name of a size, if it is the size of one thing only: ``m``."""
        names = self.names.get(size, ())
        return names[0] if size > 1 and len(names) == 1 else ""

    def here(self, *shapes):
        """Say which sizes meet in some shapes: ``Here n_a = 5.`` or nothing."""
        found = {self.name(size): size for shape in shapes for size in shape if self.name(size)}
        return f"Here {listed([f'{n} = {s}' for n, s in found.items()])}." if found else ""

    def axis(self, shape, axis):
        """Return what an axis of an array counts, in the plural; nothing where that is in doubt.

        The lesson's own arrays are known by the sizes of their last two axes.
        """
        names = self.axes.get(len(shape))
        m, steps = self.sizes.get("m"), self.sizes.get("T_x")
        if names is None or len(shape) != 3 or shape[1:] != (m, steps) or m == steps:
            return ""
        return f"{names[axis]}s" if axis and 1 not in (m, steps) else ""


def named(value):
    """Say what a value is: ``a dict``, ``None``, ``an array of shape (5, 4)``; or nothing."""
    if not value:
        return ""
    kind = value.get("type")
    if kind == "NoneType":
        return "None"
    if kind == "ndarray" and type(value.get("shape")) is list:
        return f"an array of shape {tuple(value['shape'])}"
    if kind in ("tuple", "list") and type(value.get("size")) is int:
        return f"{a_kind(kind)} of {plural(value['size'], 'value')}"
    if kind in ("int", "float", "bool", "float64", "int64"):
        known = value.get("value")
        return f"the number {known}" if type(known) is int else "a single number"
    if kind in ("function", "ufunc") or "function" in str(kind):
        return "a function"
    if kind == "str":
        return "a string"
    return a_kind(kind) if type(kind) is str and kind else ""


def a_kind(kind):
    """Return the name of a type with its article."""
    return f"{'an' if kind[:1] in 'aeiouAEIOU' else 'a'} {kind}"


def listed(words, last="and"):
    """Join words: ``one, two and three``."""
    words = [str(one) for one in words]
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def plural(number, word):
    """Return a number with a word: ``1 value``, ``3 values``."""
    return f"{number} {word}{'' if number == 1 else 's'}"
