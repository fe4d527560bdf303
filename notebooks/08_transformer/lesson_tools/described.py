"""Values as facts describe them: read, put together, and said in words."""

import ast
import re

SCALARS = ("int", "float", "bool")
NUMBERS = ("int", "float", "float64")
SIZES = ("n_x", "n_a", "n_y", "m", "T_x")
MOST = 10**6  # of a whole number that is counted with
NO_RETURN = (
    "A function without a `return` line gives None, and so does a method that changes what it is "
    "called on, such as `append`."
)


def array(shape, *of):
    """Describe an array of a shape; one without axes that is made of plain numbers is one."""
    if shape == () and of and all(one and one.get("type") in SCALARS for one in of):
        return {"type": "float"}
    return {"type": "ndarray", "shape": list(shape)}


def number(value):
    """Describe a whole number."""
    return {"type": "int", "value": value}


def shape_of(value):
    """Return the shape of a described value: of a plain number it has no axes."""
    if not value:
        return None
    if value.get("type") in SCALARS:
        return ()
    shape = value.get("shape")
    if type(shape) is not list or not all(type(n) is int and n >= 0 for n in shape):
        return None
    return tuple(shape)


def together(one, other):
    """Return the shape of a sum; None where the shapes do not fit."""
    longest = max(len(one), len(other))
    pairs = zip(
        (1,) * (longest - len(one)) + one, (1,) * (longest - len(other)) + other, strict=True
    )
    sizes = [(a if b == 1 else b) if a == b or 1 in (a, b) else None for a, b in pairs]
    return None if None in sizes else tuple(sizes)


def product(one, other):
    """Return the shape of a matrix product; None where the shapes do not fit, or have no axes."""
    if not one or not other or len(one) > 2 or len(other) > 2:
        return None
    if one[-1] != other[-2 if len(other) == 2 else 0]:
        return None
    return one[:-1] + (other[-1:] if len(other) == 2 else ())


def whole(op, one, other):
    """Count with two whole numbers."""
    if type(one) is not int or type(other) is not int or max(abs(one), abs(other)) > MOST:
        return None
    results = {ast.Add: one + other, ast.Sub: one - other, ast.Mult: one * other}
    found = results.get(type(op))
    return None if found is None or abs(found) > MOST else number(found)


def shapes_in(text):
    """Return the shapes in a text such as ``(5,4) (5,)``."""
    found = [re.findall(r"\d+", one) for one in re.findall(r"\(([\d, ]*)\)", text)]
    return [tuple(int(n[:9]) for n in one) for one in found]


# --- words ----------------------------------------------------------------------------


class Sizes:
    """The sizes of one call, known again where there is no doubt.

    Parameters
    ----------
    case : str
        The sizes in words: ``"n_x=3, n_a=5, m=4"``.
    axes : dict of int or str to tuple of str, optional
        What the axes of arrays are called; see `described.names_of_axes`.
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
        """Say which sizes meet in some shapes: ``In this case n_a = 5.`` or nothing.

        A sum of two sizes may be met by chance; it is one beside an axis that is known as well.
        """
        found = {
            name: size
            for shape in shapes
            for size in shape
            if (name := self.name(size))
            and ("+" not in name or (len(shape) == 2 and all(map(self.name, shape))))
        }
        return f"In this case {listed([f'{n} = {s}' for n, s in found.items()])}." if found else ""

    def axis(self, shape, axis):
        """Return what an axis of an array counts, in the plural; nothing where that is in doubt.

        The lesson's own arrays are known by the sizes of their last two axes.
        """
        names = self.axes.get(len(shape))
        m, steps = self.sizes.get("m"), self.sizes.get("T_x")
        if names is None or len(shape) != 3 or shape[1:] != (m, steps) or m == steps:
            return ""
        return several(names[axis]) if axis and 1 not in (m, steps) else ""


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


def names_of_axes(axes, shape, name=""):
    """Return what one place along each axis of an array is called; None where nobody knows.

    Parameters
    ----------
    axes : dict of int or str to tuple of str, or None
        By the number of axes, and of an array where they are called otherwise by its name:
        ``{3: ("unit", "example", "time step"), "weights": ("example", "query", "key")}``.
    shape : tuple of int
        Of the array.
    name : str
        What it is called.
    """
    known = {2: ("row", "column"), **(axes or {})}
    own = known.get(name, ())
    return own if len(own) == len(shape) else known.get(len(shape))


def plural(number, word):
    """Return a number with a word: ``1 value``, ``3 values``."""
    return f"{number} {word if number == 1 else several(word)}"


def several(word):
    """Return the plural of a word: ``values``, ``queries``."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
