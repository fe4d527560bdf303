"""What a sandbox replies, believed as far as it goes: it may say anything."""

from __future__ import annotations

import builtins
import math
import warnings
from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from grading.core import GraderFault, Output
from grading.sandbox import inside

MOST_LENT = 20  # arguments of a function that a test hands over
KINDS = 20  # of data in one output, of which a page shows one
LEAST = 1000  # numbers and characters that it may be given, whatever was sent
MOST_MADE = 2**22  # numbers that it may make of what it is given and the largest array sent

Errors = dict[str, type[Exception]]
Shape = tuple[int, ...]


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
            if old.size != new.size:  # something of the test's may look into its memory
                raise inside.CodecError("an argument of another size")
            try:
                if old.shape != new.shape:
                    old.resize(new.shape)
                old[...] = new
            except ValueError as error:
                raise inside.CodecError("a change that does not fit") from error
        elif type(old) is list and type(new) is list:
            old[:] = new
        elif type(old) is dict and type(new) is dict:
            old.clear()
            old.update(new)
        elif isinstance(old, np.random.Generator) and isinstance(new, np.random.Generator):
            old.bit_generator.state = new.bit_generator.state
        else:
            raise inside.CodecError("a change of something that cannot change")
    weights: dict[int, int] = {}
    for value in changed:  # they may hold each other now
        _weigh(value, weights)
    return table.value(answer.get("result"))


def to_call(
    asked: dict[str, Any], sent: Sequence[Any], lent: Mapping[int, Any], theirs: dict[int, Any]
) -> dict[str, Any]:
    """Call a function of the test's own as the code inside asks for it; return what to send back.

    It is given plain data, none larger than the largest array that was sent: whatever else
    code inside may think of could keep this side busy. Nor may it be of a shape that makes a huge
    array of it and one that was sent: the function counts with both, and a row and a column make a
    table. What it raises is raised inside.

    Parameters
    ----------
    asked : dict
        The number of the function among what was sent, and its arguments.
    sent : sequence
        What the test's call has sent.
    lent : mapping of int to callable
        Which of that are functions of the test's own.
    theirs : dict of int to object
        What comes from the submission, by its id; the arguments are added.
    """
    number, nodes = asked["asks"], inside.items(asked.get("nodes"))
    if type(number) is not int or number not in lent:
        raise inside.CodecError("a call of what was not sent, or is no function")
    arrays = [one for one in sent if isinstance(one, np.ndarray)]
    largest = max((one.size for one in arrays), default=0)
    most = max(largest, LEAST)
    free = min(most, MOST_MADE // max(largest, 1))  # what may be in any form
    why = f"this function takes plain data, of up to {most} numbers or characters here"
    if free < most:
        why += f"; what has more than {free} is an array of the shape of one that was sent"
    refused = {"error": "TypeError", "text": why}
    packed, named = inside.items(asked.get("args")), asked.get("kwargs")
    if not isinstance(named, dict) or not all(isinstance(key, str) for key in named):
        raise inside.CodecError("no names of arguments")
    if len(nodes) > MOST_LENT or len(packed) + len(named) > MOST_LENT:
        return refused
    table = inside.Table()
    table.extend(nodes)
    args = [table.value(item) for item in packed]
    kwargs = {key: table.value(item) for key, item in named.items()}
    parts = [part for node in nodes for part in _parts(node)]
    everything = [*table.objects, *(table.value(part) for part in parts), *args, *kwargs.values()]
    if max(table.weights, default=0) > most + MOST_LENT or not all(
        _is_small(value, most) for value in everything
    ):
        return refused
    shapes = {one.shape for one in arrays}
    made_of = [one for one in table.objects if isinstance(one, np.ndarray)]
    if max(_loose(nodes), default=0) > free + MOST_LENT or any(
        _spreads(one.shape, shapes) for one in made_of
    ):
        return refused
    theirs |= {id(value): value for value in table.objects}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = lent[number](*args, **kwargs)
    except GraderFault:
        raise
    except Exception as raised:
        return {"error": type(raised).__name__, "text": str(raised)[:2000]}
    if type(result).__module__ == "unittest.mock":  # what a mock makes up where it is told nothing
        result = None
    made: list[Any] = []
    reference = table.pack(result, made)
    if any(node[0] == "opaque" for node in made):
        return {"error": "TypeError", "text": f"a result of type {type(result).__name__}"}
    return {"result": reference, "nodes": made}


def _parts(node: list[Any]) -> list[Any]:
    """Return the references within a node."""
    if node[0] == "dict":
        return [item for pair in node[1] for item in pair]
    return list(node[1]) if node[0] in ("list", "tuple") else []


def _loose(nodes: list[Any]) -> list[int]:
    """Return of each node how many numbers it holds, written out, that are in no array."""
    found: list[int] = []
    for node in nodes:
        parts = _parts(node)
        inner = [part[0] for part in parts if isinstance(part, list) and len(part) == 1]
        found.append(len(parts) + sum(found[number] for number in inner))
    return found


def _spreads(shape: Shape, shapes: Collection[Shape]) -> bool:
    """Say whether an array of a shape could make a huge one where it meets one of those shapes.

    One that has such a shape, or is a piece of it along some axes, meets its like.
    """
    for sent in shapes:
        axes = iter(sent)
        if all(n in axes for n in shape):
            return False
    met = (zip_longest(shape[::-1], sent[::-1], fillvalue=1) for sent in shapes)
    return any(math.prod(max(pair) for pair in axes) > MOST_MADE for axes in met)


def _is_small(value: Any, most: int) -> bool:
    """Say whether a value is no more than a function of a test's may be given, its parts apart."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.size <= most
    if type(value) in (str, bytes):
        return len(value) <= most
    if type(value) is int:
        return abs(value) < 2**31
    return value is None or type(value) in (bool, float, list, tuple, dict)


def own_errors(found: Any, names: Sequence[str]) -> Errors:
    """Make, of each exception that the submission defines, one of the same name and kind."""
    pairs = found.items() if isinstance(found, dict) else ()
    listed = {name: _names(kinds) for name, kinds in pairs if name in names}
    made: Errors = {}
    for name, kinds in sorted(listed.items(), key=lambda pair: len(pair[1])):
        made[name] = type(name, (_nearest(kinds[1:], made) or Exception,), {})
    return made


def error(answer: dict[str, Any], errors: Errors) -> Exception:
    """Make the exception that a submission has raised.

    It is Python's own, or one of the submission's, made of the nearest of Python's own. What is
    no Exception, such as SystemExit, becomes a RuntimeError that names it.
    """
    name, said = text(answer, "error")[:200], text(answer, "text")[:2000]
    listed = _names(answer.get("kinds"))
    kind = _nearest(listed, errors)
    if kind is None:
        return RuntimeError(f"{name}: {said}")
    if kind is not _nearest(listed[:1], errors):
        kind = type(name.replace("\0", ""), (kind,), {})
    try:
        return kind(said)
    except TypeError:  # a few want more than a text
        return RuntimeError(f"{name}: {said}")


def _names(found: Any) -> list[str]:
    return [one for one in found[:20] if isinstance(one, str)] if isinstance(found, list) else []


def _nearest(kinds: Sequence[str], errors: Errors) -> type[Exception] | None:
    """Return the first that is an exception, of the submission's or of Python's own."""
    for name in kinds:
        kind = errors.get(name, getattr(builtins, name, None))
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind
    return None


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
    """Keep what has the shape of a notebook output, as many as a cell may have."""
    kept: list[Output] = []
    for output in found[: inside.OUTPUTS + 1] if isinstance(found, list) else []:
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
                    "traceback": [x for x in lines[: inside.LINES] if isinstance(x, str)]
                    if isinstance(lines, list)
                    else [],
                }
            )
        elif kind in ("display_data", "execute_result"):
            data = output.get("data")
            pairs = list(data.items())[:KINDS] if isinstance(data, dict) else ()
            clean = {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)}
            more = {"execution_count": None} if kind == "execute_result" else {}
            kept.append({"output_type": kind, "data": clean, "metadata": {}, **more})
    return kept


def mapping(answer: Any) -> dict[str, Any]:
    """Return an answer that is one; raise CodecError for anything else."""
    if not isinstance(answer, dict):
        raise inside.CodecError("no answer")
    return answer


def text(output: dict[str, Any], key: str) -> str:
    """Return the text under ``key``; nothing if there is none."""
    value = output.get(key)
    return value if isinstance(value, str) else ""
