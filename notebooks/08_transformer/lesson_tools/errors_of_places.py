"""What errors mean that are about places in an array or a list, and about taking things apart.

Each function here is given the line, what a pattern has found in the error's text, and the sizes of
the call, and returns sentences; none where it knows nothing that is true of this line.
"""

import ast

from .described import named, plural, shape_of, shapes_in


def _parts(piece):
    return piece.slice.elts if isinstance(piece.slice, ast.Tuple) else [piece.slice]


def _plain(parts):
    """Say whether each part of an index stands for one axis, in order."""
    return not any(isinstance(p, ast.Constant) and type(p.value) is not int for p in parts)


def _into_place(line, match, sizes):
    source, target = shapes_in(match[1]), shapes_in(match[2])
    if len(source) != 1 or len(target) != 1:
        return []
    source, target = source[0], target[0]
    for piece in line.pieces(ast.Subscript):
        known, what = line.shape(piece), line.quote(piece)
        if not isinstance(piece.ctx, ast.Store) or not what or known not in (None, target):
            continue
        if known is None and line.failed is None:
            continue
        fits = f"{what} has room for shape {target}, and is given an array of shape {source}."
        return [fits, _picks(line, piece, sizes), sizes.here(target, source)]
    return [f"An array of shape {source} was to go where there is room for {target}."]


def _picks(line, piece, sizes):
    """Say along which axis an index picks one place, or at least what it picks from."""
    base, whole = line.shape(piece.value), line.quote(piece.value)
    return picked(line, piece, sizes) or (f"{whole} has shape {base}." if base and whole else "")


def picked(line, piece, sizes, only=None):
    """Say along which axis an index picks one place, where it is known what that axis counts.

    With ``only`` it is said of that axis and no other.
    """
    if not isinstance(piece, ast.Subscript):
        return ""
    base, whole, parts = line.shape(piece.value), line.quote(piece.value), _parts(piece)
    for axis, part in enumerate(parts[: len(base or ())]):
        counts = sizes.axis(base, axis)
        if isinstance(part, ast.Slice) or not line.quote(part) or only not in (None, axis):
            continue
        if counts and whole and _plain(parts):
            return (
                f"There {line.quote(part)} picks one place of axis {axis} of {whole}, "
                f"which counts the {counts}."
            )
    return ""


def _unpacked(line, match, _):
    many, expected = match[1] == "too many", int(match[2][:9])
    found = [
        assign
        for assign in line.all(ast.Assign)
        if isinstance(assign.targets[0], (ast.Tuple, ast.List))
        and len(assign.targets[0].elts) == expected
        and line.failed in (None, assign.targets[0])
    ]
    if len(found) != 1:
        return []
    names = f"There are {plural(expected, 'name')} on the left of `=`"
    value, what = line.value(found[0].value), line.quote(found[0].value)
    shape = shape_of(value)
    if value and what and value["type"] == "ndarray" and shape:
        return [
            f"{names}. Taken apart, an array gives what lies along its axis 0: "
            f"{what} has shape {shape}, so these are {shape[0]}."
        ]
    size = value.get("size") if value else None
    if type(size) is int and what and size != expected and (size > expected) is many:
        if value["type"] == "dict":
            return [f"{names}. Taken apart, a dict gives its keys, and {what} has {size}."]
        return [f"{names}, and {what} holds {plural(size, 'value')}."]
    got = f"{int(match[3][:9])}" if match[3] else "more" if many else "fewer"
    return [f"{names}, and what stands on the right gives {got}."]


def _given(piece):
    return piece.args if isinstance(piece, ast.Call) else (piece.left, piece.right)


def _sequence(line, match, _):
    for piece in line.pieces(ast.Subscript):
        what = line.quote(piece)
        if isinstance(piece.ctx, ast.Store) and line.shape(piece) == () and what:
            return [f"{what} is a place for one number, and is given more than one."]
    pieces = [*line.pieces(ast.Call, ast.BinOp), *line.all(ast.Assign)]
    for piece in pieces if "inhomog" in match[0] else ():
        parts = [piece.value] if isinstance(piece, ast.Assign) else _given(piece)
        for part in parts:
            value, what = line.value(part) or {}, line.quote(part)
            if value.get("type") not in ("tuple", "list") or not what:
                continue
            shapes = {shape_of(item) for item in value.get("items") or ()}
            if len(shapes) > 1:
                why = "its parts have different shapes"
                return [f"{what} is {named(value)}, and {why}: NumPy can make no array of it."]
    return []


def _too_many_indices(line, match, sizes):
    count, used = int(match[1]), int(match[2][:3])
    for piece in line.pieces(ast.Subscript):
        shape, what = line.shape(piece.value), line.quote(piece.value)
        if shape is None or len(shape) != count or len(_parts(piece)) < used or not what:
            continue
        axes = "one axis" if count == 1 else f"{count} axes"
        return [
            f"{what} has shape {shape}: it has {axes}, and the index names {used}.",
            sizes.here(shape),
        ]
    return []


def _out_of_bounds(line, match, sizes):
    index, axis, size = int(match[1][:9]), int(match[2]), int(match[3][:9])
    for piece in line.pieces(ast.Subscript):
        shape, what, parts = line.shape(piece.value), line.quote(piece.value), _parts(piece)
        if not shape or len(shape) <= axis or shape[axis] != size or not what:
            continue
        if not _plain(parts) or len(parts) <= axis:
            continue
        if (line.value(parts[axis]) or {}).get("value") != index:
            continue
        counts = sizes.axis(shape, axis)
        along = f"axis {axis}, which counts the {counts}," if counts else f"axis {axis}"
        return [f"{what} has shape {shape}: along {along} {_range(line, parts[axis], index, size)}"]
    asked = f"{_places(size)}, and {index} was asked for."
    return [f"Along axis {axis} {asked}"] if size else []


def _range(line, piece, index, size):
    """Say which places there are, and which one was asked for."""
    asked = line.quote(piece)
    more = f", and {asked} is {index} here" if asked != f"`{index}`" and asked else ""
    return f"{_places(size)}{more}."


def _places(size):
    if size < 2:
        return "there is only place 0" if size else "there is no place at all"
    return f"the places go from 0 to {size - 1}"


def _end_of_list(line, match, _):
    for piece in line.pieces(ast.Subscript):
        value, what = line.value(piece.value) or {}, line.quote(piece.value)
        index, size = (line.value(piece.slice) or {}).get("value"), value.get("size")
        if value.get("type") != match[1] or type(size) is not int or type(index) is not int:
            continue
        if -size <= index < size or not what:
            continue
        if not size:
            return [f"{what} is empty here: it has no place that could be read or filled."]
        return [f"{what} holds {plural(size, 'value')}: {_range(line, piece.slice, index, size)}"]
    return []


def _bad_index(line, match, _):
    for piece in line.pieces(ast.Subscript):
        shape, what = line.shape(piece.value), line.quote(piece.value)
        for part in _parts(piece):
            value, given = line.value(part) or {}, line.quote(part)
            if shape is None or not what or not given:
                continue
            if value.get("type") in ("str", "float", "float64"):
                return [
                    f"{what} is {named(line.value(piece.value))}: its places are found by "
                    f"whole numbers, and {given} is {named(value)}."
                ]
    return []


def _no_places(line, match, _):
    for piece in line.pieces(ast.Subscript):
        value, what = line.value(piece.value), line.quote(piece.value)
        if value and shape_of(value) == () and what:
            return [f"{what} is a single number: nothing can be taken out of it."]
    pieces = line.pieces(ast.Subscript)
    if len(pieces) == 1 and line.quote(pieces[0].value):
        what = line.quote(pieces[0].value)
        return [f"{what} is a single number here: nothing can be taken out of it."]
    return []


TOLD = [
    (
        r"^ValueError: could not broadcast input array from shape (\(.*\)) into shape (\(.*\))",
        _into_place,
    ),
    (
        r"^ValueError: (too many|not enough) values to unpack \(expected (\d+)(?:, got (\d+))?",
        _unpacked,
    ),
    (r"^ValueError: setting an array element with a sequence.*", _sequence),
    (
        r"^IndexError: too many indices for array: array is (\d)-dimensional, but (\d+)",
        _too_many_indices,
    ),
    (r"^IndexError: index (-?\d+) is out of bounds for axis (\d) with size (\d+)", _out_of_bounds),
    (r"^IndexError: (list|tuple) (?:assignment )?index out of range", _end_of_list),
    (r"^IndexError: only integers, slices", _bad_index),
    (r"^IndexError: invalid index to scalar variable", _no_places),
]
