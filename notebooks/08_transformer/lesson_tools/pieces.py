"""What the pieces of a line are: the shape of ``Wax @ xt``, the type of ``parameters["ba"]``.

Nothing is run. The names in the line are known by type, shape and keys, as `described` says them;
what follows from them for a larger piece is worked out here, and is not known where it does not
follow.
"""

import ast
import math

from .described import MOST, SCALARS, array, number, product, shape_of, together, whole

LIKE_INPUT = (
    "tanh exp log sqrt abs absolute square sin cos sign negative log1p expm1 maximum minimum"
)
SAME_SHAPE = "copy zeros_like ones_like empty_like full_like asarray array ascontiguousarray"
REDUCING = "sum mean max min amax amin prod std var argmax argmin any all"
FILLED = "zeros ones empty full"
SHAPES_FROM_RIGHT = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)


class Pieces:
    """The pieces of a line.

    Parameters
    ----------
    names : dict
        What each name in it is.
    """

    def __init__(self, names):
        self.names = names

    def numpy(self, node):
        """Return the name of the function of NumPy's that a call calls: ``zeros``; or nothing."""
        if isinstance(node, ast.Call):
            node = node.func
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            known = self.names.get(node.value.id, {})
            if known.get("type") == "module" and known.get("name") == "numpy":
                return node.attr
        return ""

    def value(self, node):
        """Return what a piece is, as `described` says it; None where that does not follow."""
        find = getattr(self, f"_{type(node).__name__.lower()}", None)
        return find(node) if find else None

    def shape(self, node):
        """Return the shape of a piece as a tuple; None where it is not known, or no array."""
        return shape_of(self.value(node))

    def _name(self, node):
        return self.names.get(node.id)

    def _constant(self, node):
        if node.value is None:
            return {"type": "NoneType"}
        if type(node.value) in (bool, int, str):
            return {"type": type(node.value).__name__, "value": node.value}
        return {"type": "float"} if type(node.value) is float else None

    def _tuple(self, node):
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return None
        items = [self.value(item) for item in node.elts]
        kind = type(node).__name__.lower()
        return {"type": kind, "size": len(items), "items": items}

    _list = _tuple

    def _attribute(self, node):
        value = self.value(node.value)
        shape = shape_of(value)
        if shape is None or value["type"] in SCALARS:
            return None
        if node.attr == "T":
            return array(shape[::-1])
        if node.attr == "shape":
            return {"type": "tuple", "size": len(shape), "items": [number(n) for n in shape]}
        if node.attr == "ndim":
            return number(len(shape))
        return None

    def _unaryop(self, node):
        value = self.value(node.operand)
        if isinstance(node.op, ast.USub) and shape_of(value) is not None:
            plain = value.get("type") == "int" and "value" in value
            return number(-value["value"]) if plain else array(shape_of(value), value)
        return None

    def _binop(self, node):
        left, right = self.value(node.left), self.value(node.right)
        if left and right and left.get("type") == right.get("type") == "int":
            return whole(node.op, left.get("value"), right.get("value"))
        one, other = shape_of(left), shape_of(right)
        if one is None or other is None:
            return None
        if isinstance(node.op, ast.MatMult):
            shape = product(one, other)
        elif isinstance(node.op, SHAPES_FROM_RIGHT):
            shape = together(one, other)
        else:
            return None
        return None if shape is None else array(shape, left, right)

    def _compare(self, node):
        if len(node.ops) != 1 or isinstance(node.ops[0], (ast.In, ast.NotIn, ast.Is, ast.IsNot)):
            return None
        one, other = self.shape(node.left), self.shape(node.comparators[0])
        shape = None if one is None or other is None else together(one, other)
        return None if not shape else array(shape)

    def _subscript(self, node):
        value, index = self.value(node.value), self.value(node.slice)
        if not value:
            return None
        if value.get("type") == "dict":
            return value.get("values", {}).get(index.get("value")) if index else None
        if value.get("type") in ("tuple", "list"):
            place = index.get("value") if index and index.get("type") == "int" else None
            size, items = value.get("size", 0), value.get("items", [])
            place = place + size if place is not None and place < 0 else place
            return items[place] if place is not None and 0 <= place < len(items) else None
        shape = shape_of(value)
        if shape is None or value["type"] in SCALARS:
            return None
        kept = self.indexed(shape, node.slice)
        return None if kept is None else array(kept, value)

    def indexed(self, shape, index):
        """Return the shape of what an index takes out of an array; None where it is not known."""
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        dots = [p for p in parts if isinstance(p, ast.Constant) and p.value is Ellipsis]
        news = [p for p in parts if self._is_new_axis(p)]
        if len(dots) > 1:
            return None
        used = len(parts) - len(news) - len(dots)
        if used > len(shape):
            return None
        kept, axes = [], list(shape)
        for part in parts:
            if part in news:
                kept.append(1)
            elif part in dots:
                for _ in range(len(shape) - used):
                    kept.append(axes.pop(0))
            elif isinstance(part, ast.Slice):
                size = self._sliced(part, axes.pop(0))
                if size is None:
                    return None
                kept.append(size)
            else:
                value, size = self.value(part), axes.pop(0)
                if not value or value.get("type") not in ("int", "int64") or "value" not in value:
                    return None
                if not -size <= value["value"] < size:
                    return None
        return (*kept, *axes)

    def _is_new_axis(self, node):
        return (isinstance(node, ast.Constant) and node.value is None) or (
            self.numpy(node) == "newaxis"
        )

    def _sliced(self, part, size):
        """Return how many places a slice keeps of an axis."""
        ends = []
        for end in (part.lower, part.upper, part.step):
            value = None if end is None else self.value(end)
            if end is not None and (not value or type(value.get("value")) is not int):
                return None
            ends.append(value and value["value"])
        return None if ends[2] == 0 else len(range(*slice(*ends).indices(size)))

    def _call(self, node):
        args = node.args
        if any(isinstance(a, ast.Starred) for a in args) or any(
            k.arg is None for k in node.keywords
        ):
            return None
        named = {one.arg: one.value for one in node.keywords}
        name = self.numpy(node)
        if name:
            return self._numpy_call(name, args, named)
        if isinstance(node.func, ast.Attribute):
            value = self.value(node.func.value)
            if not value or value.get("type") != "ndarray":
                return None
            if node.func.attr in REDUCING.split():
                return self._reduced(value, args[:1], named)
            if args or named:
                return None
            shape = shape_of(value)
            flat = (math.prod(shape),)
            kept = {"copy": shape, "ravel": flat, "flatten": flat}.get(node.func.attr)
            return None if kept is None else array(kept, value)
        known = self.value(node.func) or {}
        if (
            known.get("type") == "function"
            and known.get("module") == "rnn_utils"
            and len(args) == 1
        ):
            shape = self.shape(args[0])
            return None if shape is None else array(shape)
        if known.get("name") == "len" and len(args) == 1:
            value = self.value(args[0]) or {}
            shape = shape_of(value)
            size = value.get("size", shape[0] if shape else None)
            return None if size is None else number(size)
        return None

    def _numpy_call(self, name, args, named):
        if name in FILLED.split() and args and not set(named) - {"dtype"}:
            shape = self._as_shape(args[0])
            return None if shape is None else array(shape)
        if name in REDUCING.split() and args:
            value = self.value(args[0])
            known = value and value.get("type") == "ndarray"
            return self._reduced(value, args[1:2], named) if known else None
        if set(named) - {"axis"}:
            return None
        shapes = [self.shape(arg) for arg in args]
        if None in shapes and name not in ("concatenate", "vstack", "hstack"):
            return None
        if name in LIKE_INPUT.split() and len(args) in (1, 2):
            shape = shapes[0] if len(args) == 1 else together(*shapes)
            return None if shape is None else array(shape)
        if name in SAME_SHAPE.split() and len(args) == 1:
            return array(shapes[0])
        if name in ("dot", "matmul") and len(args) == 2:
            small = all(0 < len(shape) <= 2 for shape in shapes)
            shape = product(*shapes) if small else None
            return None if shape is None else array(shape)
        if name == "multiply" and len(args) == 2:
            shape = together(*shapes)
            return None if shape is None else array(shape)
        if name == "transpose" and len(args) == 1:
            return array(shapes[0][::-1])
        if (
            name == "concatenate"
            and len(args) in (1, 2)
            and isinstance(args[0], (ast.Tuple, ast.List))
        ):
            axis = self.value(args[1]) if len(args) == 2 else None
            axis = self.value(named["axis"]) if "axis" in named else axis or number(0)
            return self._joined(args[0].elts, (axis or {}).get("value"))
        return None

    def _joined(self, parts, axis):
        shapes = [self.shape(part) for part in parts]
        if not shapes or None in shapes or type(axis) is not int:
            return None
        first = shapes[0]
        if not -len(first) <= axis < len(first) or len({len(shape) for shape in shapes}) > 1:
            return None
        axis %= len(first)
        if len({shape[:axis] + shape[axis + 1 :] for shape in shapes}) > 1:
            return None
        return array((*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :]))

    def _as_shape(self, node):
        value = self.value(node) or {}
        items = value.get("items") if value.get("type") in ("tuple", "list") else [value]
        sizes = [item.get("value") if item else None for item in items or [None]]
        return tuple(sizes) if all(type(n) is int and 0 <= n <= MOST for n in sizes) else None

    def _reduced(self, value, axes, named):
        """Return what is left of an array when it is summed along an axis."""
        shape = shape_of(value)
        given = named.get("axis", axes[0] if axes else None)
        keeps = named.get("keepdims")
        if set(named) - {"axis", "keepdims"}:
            return None
        kept = keeps is not None and getattr(keeps, "value", None) is True
        if keeps is not None and not isinstance(keeps, ast.Constant):
            return None
        if given is None:
            return array((1,) * len(shape) if kept else ())
        axis = (self.value(given) or {}).get("value")
        if type(axis) is not int or not -len(shape) <= axis < len(shape):
            return None
        axis %= len(shape)
        return array((*shape[:axis], *((1,) if kept else ()), *shape[axis + 1 :]))
