"""What a sandbox replies, believed as far as it goes: it may say anything."""

from __future__ import annotations

import types
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from grading.core import GraderFault, Output
from grading.sandbox import inside

MOST_LENT = 20  # arguments of a function that a test hands over


def apply(table: inside.Table, answer: dict[str, Any], changed: list[Any]) -> Any:
    """Build the result of a call, and change its arguments as the function did.

    The arguments that it changed are added to ``changed``.
    """
    known = len(table.objects)
    table.extend(inside.items(answer.get("nodes")))
    for change in inside.items(answer.get("changes")):
        number, node = change if isinstance(change, list) and len(change) == 2 else (-1, None)
        if type(number) is not int or not 0 <= number < known:
            raise inside.CodecError("a change of something that was not sent")
        old, new = table.objects[number], table.build(node)
        changed.append(old)
        if isinstance(old, np.ndarray) and type(new) is np.ndarray and old.dtype == new.dtype:
            try:
                if old.shape != new.shape:
                    old.resize(new.shape, refcheck=False)
                old[...] = new
            except ValueError as error:
                raise inside.CodecError("a change that does not fit") from error
        elif type(old) is list and type(new) is list:
            old[:] = new
        elif type(old) is dict and type(new) is dict:
            old.clear()
            old.update(new)
        else:
            raise inside.CodecError("a change of something that cannot change")
    weights: dict[int, int] = {}
    for value in changed:  # they may hold each other now
        _weigh(value, weights)
    return table.value(answer.get("result"))


def to_call(asked: dict[str, Any], sent: Sequence[Any]) -> dict[str, Any]:
    """Call a function of the test's own as the code inside asks for it; return what to send back.

    It is given numbers and arrays, none larger than the largest that was sent: whatever else
    code inside may think of could keep this side busy. What it raises is raised inside.

    Parameters
    ----------
    asked : dict
        The number of the function among what was sent, and its arguments.
    sent : sequence
        What the test's call has sent.
    """
    number, nodes = asked["asks"], inside.items(asked.get("nodes"))
    if type(number) is not int or not 0 <= number < len(sent):
        raise inside.CodecError("a call of what was not sent")
    if type(sent[number]) is not types.FunctionType:
        raise inside.CodecError("a call of what is no function")
    most = max((one.size for one in sent if isinstance(one, np.ndarray)), default=1)
    refused = {
        "error": "TypeError",
        "text": f"this function takes numbers and arrays, of up to {most} numbers here",
    }
    packed = inside.items(asked.get("args"))
    if len(nodes) > MOST_LENT or len(packed) > MOST_LENT:
        return refused
    table = inside.Table()
    table.extend(nodes)
    args = [table.value(item) for item in packed]
    if not all(_is_small(value, most) for value in args):
        return refused
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = sent[number](*args)
    except GraderFault:
        raise
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)[:2000]}
    made: list[Any] = []
    reference = table.pack(result, made)
    if any(node[0] == "opaque" for node in made):
        return {"error": "TypeError", "text": f"a result of type {type(result).__name__}"}
    return {"result": reference, "nodes": made}


def _is_small(value: Any, most: int) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.size <= most
    return type(value) in (bool, float) or (type(value) is int and abs(value) < 2**31)


def _weigh(value: Any, weights: dict[int, int], depth: int = 0) -> int:
    """Return how large a value is with nothing shared; see `inside.Table`.

    Raises
    ------
    CodecError
        When it is too large, or nested without an end.
    """
    if type(value) not in (list, tuple, dict):
        return 1 + int(getattr(value, "size", 1))
    if depth > inside.DEPTH_LIMIT:
        raise inside.CodecError("nested too deeply")
    if id(value) not in weights:
        parts = [*value, *value.values()] if type(value) is dict else value
        weight = 1 + sum(_weigh(part, weights, depth + 1) for part in parts)
        if weight > inside.WEIGHT_LIMIT:
            raise inside.CodecError("too large when all that is shared is written out")
        weights[id(value)] = weight
    return weights[id(value)]


def outputs(found: Any) -> list[Output]:
    """Keep what has the shape of a notebook output."""
    kept: list[Output] = []
    for output in found if isinstance(found, list) else []:
        kind = output.get("output_type") if isinstance(output, dict) else None
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            kept.append({"output_type": kind, "name": output["name"], "text": text(output, "text")})
        elif kind == "error":
            lines = output.get("traceback")
            kept.append(
                {
                    "output_type": kind,
                    "ename": text(output, "ename"),
                    "evalue": text(output, "evalue"),
                    "traceback": [x for x in lines if isinstance(x, str)]
                    if isinstance(lines, list)
                    else [],
                }
            )
        elif kind in ("display_data", "execute_result"):
            data = output.get("data")
            pairs = data.items() if isinstance(data, dict) else ()
            clean = {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)}
            more = {"execution_count": None} if kind == "execute_result" else {}
            kept.append({"output_type": kind, "data": clean, "metadata": {}, **more})
    return kept


def text(output: dict[str, Any], key: str) -> str:
    """Return the text under ``key``; nothing if there is none."""
    value = output.get(key)
    return value if isinstance(value, str) else ""
