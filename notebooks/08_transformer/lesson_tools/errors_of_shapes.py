"""What errors mean that are about shapes which met in a line and do not fit.

Each function here is given the line, what a pattern has found in the error's text, and the sizes of
the call, and returns sentences. A piece of the line is named only where its shape is that of the
error, so it is the piece that failed.
"""

import ast
import math

from .described import listed, named, shape_of, shapes_in
from .errors_of_places import picked
from .pieces import FILLED

JOINING = ("concatenate", "vstack", "hstack", "stack")
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@"}
BY_PLACE = ("maximum", "minimum", "multiply", "add", "subtract", "divide")


def _pairs(line, *functions):
    """Yield what stands on both sides of each sign, and in each call of some functions."""
    for piece in line.pieces(ast.BinOp, ast.AugAssign, ast.Compare, ast.Call):
        if isinstance(piece, ast.BinOp):
            yield piece.left, piece.right, SIGNS.get(type(piece.op), "")
        elif isinstance(piece, ast.AugAssign):
            yield piece.target, piece.value, f"{SIGNS.get(type(piece.op), '')}="
        elif isinstance(piece, ast.Compare) and len(piece.ops) == 1:
            yield piece.left, piece.comparators[0], ""
        elif isinstance(piece, ast.Call) and isinstance(piece.func, ast.Attribute):
            name = piece.func.attr
            if name not in functions:
                continue
            if line.numpy(piece) and len(piece.args) == 2:
                yield *piece.args, name
            elif not line.numpy(piece) and len(piece.args) == 1:
                yield piece.func.value, piece.args[0], name


def _have(line, *parts):
    """Say which shapes some pieces have; of what is no array, what it is."""
    said = [_has(line, part, shape) for part, shape in parts]
    return f"{listed(said)}." if all(said) else ""


def _has(line, part, shape):
    value, what = line.value(part), line.quote(part)
    if isinstance(getattr(part, "value", None), (ast.Tuple, ast.List)):
        return ""  # a part of what is written down there is no array
    if value and shape_of(value) is None and what:
        return f"{what} is {named(value)}"
    return what and f"{what} has shape {shape}"


def _stack(line, match, _):
    for call in line.pieces(ast.Call):
        what = line.quote(call.func)
        if line.numpy(call) == "stack" and what:
            return [
                f"{what} joins along a new axis, so all have to have one shape; `np.concatenate` "
                "joins along an axis that is there."
            ]
    return []


def _together(line, match, sizes):
    shapes = shapes_in(match[1])
    if len(shapes) == 3 and shapes[0] == shapes[2]:  # the third is where the result would go
        shapes.pop()
    if len(shapes) != 2:
        return []
    one, other = shapes
    pairs = zip(one[::-1], other[::-1], strict=False)
    unequal = [(a, b) for a, b in pairs if a != b and 1 not in (a, b)]
    if not unequal:
        return []
    rule = "From the right, sizes must be equal, or one of them 1"
    rule += ": {} meets {}.".format(*unequal[0])
    for left, right, _ in _pairs(line, *BY_PLACE):
        known = [line.shape(left), line.shape(right)]
        certain = known == shapes or (line.failed is not None and None in known)
        agrees = all(k in (None, told) for k, told in zip(known, shapes, strict=True))
        have = _have(line, (left, one), (right, other))
        if not certain or not agrees or not have:
            continue
        if sorted(map(len, shapes)) == [1, 2]:
            flat = line.quote(left if len(one) == 1 else right)
            return [have, rule, f"{flat} counts as a row, as it has one axis only."]
        steps = _beside_steps(line, sizes, (left, one), (right, other))
        return [have, rule, steps or sizes.here(one, other)]
    return [f"Two shapes met here: {one} and {other}.", rule, sizes.here(one, other)]


def _beside_steps(line, sizes, *parts):
    """Say that one of two arrays has all time steps, where the other has not.

    Or else that an index has picked one example of all of them.
    """
    for (part, shape), (_, other) in (parts, parts[::-1]):
        counts = sizes.axis(shape, 2) if len(shape) == 3 > len(other) else ""
        if counts and line.quote(part):
            return f"Axis 2 of {line.quote(part)} counts the {counts}."
    return next(filter(None, (picked(line, part, sizes, only=1) for part, _ in parts)), "")


def _product(line, match, sizes):
    told = [int(n[:9]) for n in match.groups()]
    for left, right, sign in _pairs(line, "dot", "matmul"):
        one, other = line.shape(left), line.shape(right)
        if sign not in ("@", "@=", "dot", "matmul") or not one or not other:
            continue
        inner = other[-2] if len(other) > 1 else other[0]
        if one[-1] == inner or sorted((one[-1], inner)) != sorted(told):
            continue
        rule = f"`{sign}` needs as many columns on its left as rows on its right, and "
        if len(one) != 2 or len(other) != 2:
            rule = f"`{sign}` sums over the last axis of the left one and "
            rule += "the only axis" if len(other) == 1 else "the last but one"
            rule += " of the right one, and "
        rule += f"{one[-1]} is not {inner}."
        steps = _beside_steps(line, sizes, (left, one), (right, other))
        return [_have(line, (left, one), (right, other)), rule, steps or sizes.here(one, other)]
    first, last = told if "aligned" in match[0] else told[::-1]
    rule = f"A matrix product sums over one axis: on its left that has size {first}, on its right"
    return [f"{rule} {last}.", sizes.here((first, last))]


def _no_axes(line, match, _):
    for *sides, sign in _pairs(line, "matmul"):
        part = sides[int(match[1]) % 2]
        value, what = line.value(part), line.quote(part)
        if sign in ("@", "@=", "matmul") and value and what and not shape_of(value):
            is_it = f"{what} is {named(value)}: it has no rows and columns for a matrix product."
            return [is_it, "`*` multiplies by a number." if shape_of(value) == () else ""]
    return []


def _grows(line, match, sizes):
    left, right = shapes_in(match[1]), shapes_in(match[2])
    for piece in line.pieces(ast.AugAssign):
        what = line.quote(piece.target)
        if what and len(left) == len(right) == 1 and line.shape(piece.target) in (None, left[0]):
            return [
                f"{what} has shape {left[0]} and keeps it, but the result has shape {right[0]}.",
                sizes.here(left[0], right[0]),
            ]
    return []


def _reshape(line, match, _):
    size, shapes = int(match[1][:9]), shapes_in(match[2])
    if len(shapes) != 1:
        return []
    room = f"Shape {shapes[0]} holds {math.prod(shapes[0])} numbers, and there are {size}."
    for call in line.pieces(ast.Call):
        value = call.func.value if isinstance(call.func, ast.Attribute) else None
        if line.numpy(call) == "reshape" and call.args:
            value = call.args[0]
        shape = line.shape(value) if value is not None else None
        if shape and math.prod(shape) == size and line.quote(value):
            return [f"{line.quote(value)} has shape {shape}.", room]
    return [room]


def _joined(line, match, sizes):
    axis, first, size, second, other = (int(n[:9]) for n in match.groups())
    for call, parts in _joining(line):
        shapes = [line.shape(part) for part in parts]
        if None in shapes or max(first, second) >= len(parts):
            continue
        if [shapes[n][axis : axis + 1] for n in (first, second)] != [(size,), (other,)]:
            continue
        have = _have(line, *((parts[n], shapes[n]) for n in (first, second)))
        rule = f"{line.quote(call.func)} joins them along another axis, "
        rule += f"so along axis {axis} they need the same size."
        return [have, rule, sizes.here(*shapes)]
    return []


def _joining(line):
    """Yield the calls that join arrays, with these."""
    for call in line.pieces(ast.Call):
        if line.numpy(call) in JOINING and call.args:
            parts = call.args[0]
            if isinstance(parts, (ast.Tuple, ast.List)):
                yield call, parts.elts


def _same_axes(line, match, _):
    for _call, parts in _joining(line):
        shapes = [line.shape(part) for part in parts]
        if None not in shapes and len({len(shape) for shape in shapes}) > 1:
            have = _have(line, *zip(parts, shapes, strict=True))
            return [have, "Only arrays with equally many axes can be joined."]
    return []


def _not_one_tuple(line, match, _):
    for call in line.pieces(ast.Call):
        name, what = line.numpy(call), line.quote(call.func)
        if len(call.args) < 2 or isinstance(call.args[0], (ast.Tuple, ast.List)) or not what:
            continue
        if name in JOINING:
            return [
                f"{what} takes the arrays to join as one tuple or list, in brackets of its own."
            ]
        if name in FILLED.split() and "data type" in match[0]:
            return [f"{what} takes the whole shape as one tuple, in brackets of its own."]
    return []


def _no_axis(line, match, sizes):
    axis, count = int(match[1][:9]), int(match[2][:3])
    axes = "one axis, axis 0" if count == 1 else f"the axes 0 to {count - 1}"
    for call in line.pieces(ast.Call):
        part = call.func.value if isinstance(call.func, ast.Attribute) else None
        if line.numpy(call):
            part = call.args[0] if call.args else None
        shape = line.shape(part) if part is not None else None
        if shape and len(shape) == count and line.quote(part):
            what = line.quote(part)
            return [f"{what} has shape {shape}: it has {axes}, and no axis {axis}."]
    return [f"An array with {count} axes has {axes}, and no axis {axis}."] if count > 1 else []


def _truth(line, match, _):
    rule = "`if`, `and`, `not` and `max` need a single True or False, and an array has many."
    if line.failed is not None:
        shape, what = line.shape(line.failed), line.quote(line.failed)
        if shape and what:
            return [f"{what} is an array of shape {shape}.", rule]
    return [rule]


def _floating(line, match, _):
    return [FLOATING[match[1]]]


FLOATING = {
    "divide by zero encountered in log": "The logarithm of 0 was asked for.",
    "divide by zero encountered in divide": "Something is divided by 0 here.",
    "overflow encountered in exp": "A number given to `exp` is so large that the result is beyond "
    "every float.",
    "invalid value encountered": "A result is not a number (nan), as that of 0 / 0 is.",
}
_BY = r"has a mismatch in its core dimension \d+, .*\(size (\d+) is different from (\d+)\)"
_JOIN = (
    r"along dimension (\d+), the array at index (\d+) has size (\d+) "
    r"and the array at index (\d+) has size (\d+)"
)

TOLD = [
    (r"^ValueError: operands could not be broadcast together with shapes (.*)", _together),
    (rf"^ValueError: matmul: Input operand 1 {_BY}", _product),
    (r"^ValueError: shapes .* not aligned: (\d+) \(dim \d+\) != (\d+)", _product),
    (r"^ValueError: matmul: Input operand (\d) does not have enough dimensions", _no_axes),
    (
        r"^ValueError: non-broadcastable output operand with shape (\(.*\)) .* shape (\(.*\))",
        _grows,
    ),
    (r"^ValueError: cannot reshape array of size (\d+) into shape (.*)", _reshape),
    (rf"^ValueError: all the input array dimensions.* {_JOIN}", _joined),
    (r"^ValueError: all the input arrays must have same number of dimensions", _same_axes),
    (r"^ValueError: all input arrays must have the same shape", _stack),
    (
        r"only integer scalar arrays can|multiple values for arg|Cannot interpret .* data type",
        _not_one_tuple,
    ),
    (r"^AxisError: axis (-?\d+) is out of bounds for array of dimension (\d+)", _no_axis),
    (r"^ValueError: The truth value of an array", _truth),
    (f"^FloatingPointError: ({'|'.join(FLOATING)})", _floating),
]
