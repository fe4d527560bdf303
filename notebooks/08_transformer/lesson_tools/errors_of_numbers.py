"""What errors mean that are about counting: with strings, bits, zeros, or more than one number.

Each function here is given the line, what a pattern has found in the error's text, and the sizes of
the call, and returns sentences; none where it knows nothing that is true of this line.
"""

import ast
import re

from .described import NO_RETURN, NUMBERS, named

BITS = {
    **{"bitwise_xor": "^", "bitwise_and": "&", "bitwise_or": "|", "invert": "~"},
    **{"left_shift": "<<", "right_shift": ">>"},
}


def _operands(line, match, _):
    kinds = re.findall(r"'([\w.]+)'", match[0])
    kinds += re.findall(r"(?:concatenate|sequence by non-int of type) '?(\w+)", match[0])
    for piece in line.pieces(ast.BinOp, ast.AugAssign, ast.Compare, ast.UnaryOp):
        for part in _parts(piece):
            value, what = line.value(part), line.quote(part)
            if not value or not what or value.get("type") not in kinds:
                continue
            if value["type"] in ("ndarray", "int", "float", "float64", "bool"):
                continue
            is_it = f"{what} is {named(value)}: one cannot count with it."
            return [is_it, NO_RETURN if value["type"] == "NoneType" else ""]
    if "for @" in match[0] and len(kinds) == 2 and set(kinds) <= set(NUMBERS):
        return ["`@` is a product of matrices, and on both sides stands a single number."]
    return []


def _parts(piece):
    if isinstance(piece, ast.BinOp):
        return [piece.left, piece.right]
    if isinstance(piece, ast.Compare):
        return [piece.left, *piece.comparators]
    return [piece.operand] if isinstance(piece, ast.UnaryOp) else [piece.target, piece.value]


def _no_numbers(line, match, _):
    for call in line.pieces(ast.Call):
        for part in call.args:
            value, what = line.value(part), line.quote(part)
            if value and what and value.get("type") == match[1]:
                return [f"{what} is {named(value)}: one cannot count with it."]
    for piece in line.pieces(ast.Subscript) if "float()" in match[0] else ():
        if isinstance(piece.ctx, ast.Store) and line.quote(piece):
            return [f"{line.quote(piece)} is a place for numbers, and was given something else."]
    return []


def _one_number(line, match, _):
    for call in line.pieces(ast.Call):
        for part in call.args:
            shape, what = line.shape(part), line.quote(part)
            if shape and what and line.quote(call.func):
                return [
                    f"{line.quote(call.func)} makes one number of one number, "
                    f"and {what} has shape {shape}."
                ]
    return []


def _cast(line, match, _):
    for piece in line.pieces(ast.AugAssign):
        value, what = line.value(piece.target) or {}, line.quote(piece.target)
        if what and value.get("dtype") == match[2] != match[1]:
            return [
                f"{what} holds values of type {match[2]} and keeps that type, "
                f"but the result is {match[1]}."
            ]
    return []


def _division(line, match, _):
    for piece in line.pieces(ast.BinOp, ast.AugAssign):
        if isinstance(piece.op, (ast.Div, ast.FloorDiv, ast.Mod)):
            what = line.quote(_parts(piece)[1])
            value = line.value(_parts(piece)[1])
            if what and (line.failed is not None or (value or {}).get("value") == 0):
                return [
                    f"{what} is 0 here." if what != "`0`" else "",
                    "Nothing can be divided by 0.",
                ]
    return []


KEYS = "Taken apart or gone through in a loop, a dict gives its keys."


def _bits(line, match, _):
    sign = BITS.get(match[1], match[1])
    kinds = (ast.BitXor, ast.BitAnd, ast.BitOr, ast.Invert, ast.LShift, ast.RShift)
    pieces = line.pieces(ast.BinOp, ast.AugAssign, ast.UnaryOp)
    if not any(isinstance(piece.op, kinds) for piece in pieces):
        return []
    works = f"`{sign}` works on the bits of whole numbers, and here it was given others."
    if sign == "^":
        return [works, "A power is written `**`."]
    if sign in ("&", "|"):
        return [works, f"`{sign}` binds closer than a comparison does: that needs brackets."]
    return [works]


def _strings(line, match, _):
    for piece in line.pieces(ast.BinOp, ast.AugAssign, ast.Call):
        parts = piece.args if isinstance(piece, ast.Call) else _parts(piece)
        for part in (one for one in parts if not isinstance(one, ast.Constant)):
            value, what = line.value(part), line.quote(part)
            if value and value.get("type") == "str" and what:
                is_it = f"{what} is {named(value)}: one cannot count with it."
                return [is_it, KEYS if isinstance(part, ast.Name) else ""]
    return []


def _no_float(line, match, _):
    return [f"The string {match[1]} stands where a number is wanted.", KEYS]


def _no_scalar(line, match, _):
    return ["A single number is made of an array that holds one, and here it holds several."]


TOLD = [
    (r"^TypeError: ufunc '(bitwise_\w+|invert|(?:left|right)_shift)' not supported", _bits),
    (r"^TypeError: (?:unsupported|bad) operand type.* for (&|\||\^|~|<<|>>)=?:", _bits),
    (r"TypeError: ufunc '\w+' did not contain a loop .*dtype\('<U", _strings),
    (r"^TypeError: ufunc '\w+' not supported for the input types", _strings),
    (
        r"^TypeError: (?:unsupported operand|can't multiply|can only conc|bad oper|'..?' not s).*",
        _operands,
    ),
    (r"^TypeError: loop of ufunc does not support argument \d of type (\w+)", _no_numbers),
    (r"^TypeError: float\(\) argument must be .* not '(\w+)'", _no_numbers),
    (r"^TypeError: only (?:length-1|0-dimensional) arrays can be converted", _one_number),
    (r"Cannot cast ufunc .* from dtype\('(\w+)'\) to dtype\('(\w+)'\)", _cast),
    (r"^ZeroDivisionError: ()", _division),
    (r"^ValueError: could not convert string to float: ('\w+')", _no_float),
    (r"^ValueError: can only convert an array of size 1 to a Python scalar", _no_scalar),
]
