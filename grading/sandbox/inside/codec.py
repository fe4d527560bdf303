"""Plain data on the wire, and nothing else: None, numbers, texts, containers and arrays.

NumPy's usual random generator crosses as the numbers that its state is made of.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator

FRAME_LIMIT = 32 * 2**20  # bytes in one message
NODE_LIMIT = 200_000  # lists, tuples, dicts and arrays in one message
ITEM_LIMIT = 2**20  # elements of one list, and four times as many in one message
WEIGHT_LIMIT = 2**26  # numbers and objects when all that is shared is written out
DICT_LIMIT = 10_000  # keys: a sender may choose them to collide
DEPTH_LIMIT = 60
GENERATOR_LIMIT = 20  # random generators in one message: making one takes longer than a number
DTYPES = frozenset("|b1 |i1 |u1 <i2 <u2 <i4 <u4 <i8 <u8 <f2 <f4 <f8 <c8 <c16".split())


class CodecError(Exception):
    """The bytes are no message, or the value cannot be sent."""


class Opaque:
    """Stands for an object that does not cross the wall. Only its type's name does."""


class Table:
    """Objects that both sides know by number, so that each crosses once.

    A composite value is sent as a *node*; a node refers to others by their number. The
    other side keeps the same table, so an object that is met twice, or that comes back,
    stays the same object.

    Parameters
    ----------
    lend : callable, optional
        Makes what stands for a function of the other side, of its number and its node. Without
        it none is taken.
    lends : callable, optional
        Returns the node by which a function is sent: ``["function"]``, and calls of it come back;
        ``["named", name]``, one of the submission's; ``["library", module, name]``. It returns
        None for all else.
    """

    def __init__(
        self,
        lend: Callable[[int, list[Any]], Any] | None = None,
        lends: Callable[[Any], list[Any] | None] | None = None,
    ) -> None:
        self.lend = lend
        self.lends = lends
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.depths: list[int] = []
        self.weights: list[int] = []
        self.generators = 0
        self.size = 0

    def add(self, value: Any, depth: int = 0, weight: int = 1) -> int:
        """Give the next number to ``value``."""
        if len(self.objects) >= NODE_LIMIT:
            raise CodecError(f"more than {NODE_LIMIT} objects in one message")
        self.objects.append(value)
        self.depths.append(depth)
        self.weights.append(weight)
        self.numbers.setdefault(id(value), len(self.objects) - 1)
        return len(self.objects) - 1

    # Sending.

    def pack(self, value: Any, nodes: list[Any], depth: int = 0) -> Any:
        """Return a reference to ``value``; append to ``nodes`` what it needs."""
        if type(value) is str and _is_whole(value):
            self._count(len(value.encode()))
            return value
        if value is None or type(value) in (bool, float, bytes):
            self._count(len(value) if type(value) is bytes else 8)
            return value
        if type(value) is int:
            self._count(8 + value.bit_length() // 4)
            return value if abs(value) < 2**63 else ["int", format(value, "x")]
        if id(value) in self.numbers:
            return [self.numbers[id(value)]]
        node = self.node(value, nodes, depth)
        nodes.append(node)
        return [self.add(value)]

    def node(self, value: Any, nodes: list[Any], depth: int = 0) -> list[Any]:
        """Return the content of a composite ``value``, children as references."""
        kind = type(value)  # never isinstance: an object may lie about its class
        self._count(16)
        # Nor `in`: its class may have an idea of its own of what equals it.
        if kind is list or kind is tuple or kind is dict:
            if depth >= DEPTH_LIMIT:
                return ["opaque", f"deeply nested {kind.__name__}"]
            if len(value) > ITEM_LIMIT:
                raise CodecError(f"a {kind.__name__} of {len(value)} elements is too large")
        if kind is list or kind is tuple:
            return [kind.__name__, [self.pack(item, nodes, depth + 1) for item in value]]
        if kind is dict:
            if len(value) > DICT_LIMIT or not all(map(_is_key, value)):
                return ["opaque", "dict with such keys"]
            pairs = [
                (self.pack(k, nodes), self.pack(v, nodes, depth + 1)) for k, v in value.items()
            ]
            return ["dict", [list(pair) for pair in pairs]]
        if kind is np.ndarray or issubclass(kind, np.generic):
            name = value.dtype.newbyteorder("<").str
            if name in DTYPES:
                if value.nbytes > FRAME_LIMIT:
                    raise CodecError(f"an array of {value.nbytes} bytes is too large to look at")
                self._count(value.nbytes)
                data = value.astype(name, copy=False).tobytes()
                how = "array" if value.flags.writeable else "frozen"
                return [how if kind is np.ndarray else "scalar", name, list(value.shape), data]
            return ["opaque", f"array of {name}"]
        if kind is Generator:
            state = _state(value)
            if state is not None:
                return ["generator", *state]
        lent = self.lends(value) if self.lends else None
        if lent is not None:
            return lent
        return ["opaque", str(type.__getattribute__(kind, "__name__"))]

    def _count(self, size: int) -> None:
        self.size += size
        if self.size > FRAME_LIMIT:
            raise CodecError(f"more than {FRAME_LIMIT} bytes in one message")

    # Receiving.

    def extend(self, nodes: list[Any]) -> None:
        """Build the objects of ``nodes``, in order."""
        for node in nodes:
            value = self.build(node)
            self.add(value, *self._measure(node, value))

    def build(self, node: Any) -> Any:
        """Make the object that a node describes."""
        if not isinstance(node, list) or not node:
            raise CodecError("not a node")
        kind, *rest = node
        if kind == "list" and len(rest) == 1:
            return [self.value(item) for item in items(rest[0])]
        if kind == "tuple" and len(rest) == 1:
            return tuple(self.value(item) for item in items(rest[0]))
        if kind == "dict" and len(rest) == 1:
            pairs = [items(pair) for pair in items(rest[0])]
            if len(pairs) > DICT_LIMIT or any(len(pair) != 2 for pair in pairs):
                raise CodecError("not a dict")
            keys = [self.value(key) for key, _ in pairs]
            if not all(map(_is_key, keys)):
                raise CodecError("not a key")
            return dict(zip(keys, [self.value(item) for _, item in pairs], strict=True))
        if kind in ("array", "frozen", "scalar") and len(rest) == 3:
            return _array(kind, *rest)
        if kind == "generator" and len(rest) == 4:
            self.generators += 1
            if self.generators > GENERATOR_LIMIT:
                raise CodecError(f"more than {GENERATOR_LIMIT} random generators in one message")
            return _generator(*rest)
        if kind in ("function", "named", "library") and self.lend is not None:
            return self.lend(len(self.objects), node)
        if kind == "opaque" and len(rest) == 1 and isinstance(rest[0], str):
            return type(rest[0][:80].replace("\0", ""), (Opaque,), {})()
        raise CodecError("not a node")

    def value(self, reference: Any) -> Any:
        """Return the value that a reference stands for."""
        if not isinstance(reference, list):
            if reference is None or type(reference) in (bool, int, float, str, bytes):
                return reference
        elif len(reference) == 1 and type(reference[0]) is int:
            if 0 <= reference[0] < len(self.objects):
                return self.objects[reference[0]]
        elif len(reference) == 2 and reference[0] == "int" and isinstance(reference[1], str):
            with contextlib.suppress(ValueError):
                return int(reference[1], 16)
        raise CodecError("not a reference")

    def _measure(self, node: list[Any], value: Any) -> tuple[int, int]:
        """Return how deep an object is nested, and how large it is with nothing shared.

        Whatever walks it may recurse, and meets what is shared once for each reference.
        """
        if node[0] not in ("list", "tuple", "dict"):
            return 0, 1 + int(getattr(value, "size", 1))
        items = node[1] if node[0] != "dict" else [item for pair in node[1] for item in pair]
        inner = [i[0] for i in items if isinstance(i, list) and len(i) == 1]
        depth = max((self.depths[n] for n in inner), default=0)
        weight = 1 + len(items) + sum(self.weights[n] for n in inner)
        if depth > DEPTH_LIMIT:
            raise CodecError("nested too deeply")
        if weight > WEIGHT_LIMIT:
            raise CodecError("too large when all that is shared is written out")
        return 1 + depth, weight


def _is_key(value: Any, depth: int = 0) -> bool:
    """Say whether a value may be a key: hashing it is quick, and few of them collide."""
    if type(value) is tuple:
        return depth < 3 and len(value) < 9 and all(_is_key(item, depth + 1) for item in value)
    if type(value) is int:
        return abs(value) < 2**63
    if type(value) is str:
        return _is_whole(value)
    return value is None or type(value) in (bool, float, bytes)


def _is_whole(text: str) -> bool:
    """Say whether a text can be sent: half a character cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def items(value: Any) -> list[Any]:
    """Return a list as it came; raise CodecError for anything else."""
    if not isinstance(value, list):
        raise CodecError("not a list")
    return value


def _array(kind: str, dtype: Any, shape: Any, data: Any) -> Any:
    sizes = items(shape)
    if not isinstance(dtype, str) or dtype not in DTYPES or len(sizes) > 32:
        raise CodecError("not an array")
    if not isinstance(data, bytes):
        raise CodecError("an array without data")
    if any(type(n) is not int or not 0 <= n <= FRAME_LIMIT for n in sizes):
        raise CodecError("not a shape")
    try:
        array = np.frombuffer(bytearray(data), dtype=dtype).reshape(sizes)
    except ValueError as error:
        raise CodecError("an array whose shape does not fit its data") from error
    array.flags.writeable = kind != "frozen"
    return array[()] if kind == "scalar" and not sizes else array


def _state(generator: Any) -> list[Any] | None:
    """Return the numbers of a generator's state; None of one that is not NumPy's usual kind."""
    bits = generator.bit_generator
    if type(bits) is not PCG64:
        return None
    state = bits.state
    numbers = state["state"]["state"], state["state"]["inc"]
    return [*(format(n, "032x") for n in numbers), state["has_uint32"], state["uinteger"]]


def _generator(state: Any, step: Any, has_half: Any, half: Any) -> Any:
    """Make a generator of the numbers of its state, each within its bounds.

    A step is odd: with another the generator would not go through all its states.
    """
    found = []
    for text in (state, step):
        if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{32}", text):
            raise CodecError("not a state of a random generator")
        found.append(int(text, 16))
    halves = type(has_half) is int and has_half in (0, 1) and type(half) is int
    if not halves or not 0 <= half < 2**32 or found[1] % 2 == 0:
        raise CodecError("not a state of a random generator")
    bits = PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": found[0], "inc": found[1]},
        "has_uint32": has_half,
        "uinteger": half,
    }
    return Generator(bits)
