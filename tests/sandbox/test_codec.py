"""The codec: only plain data crosses."""

import contextlib
import functools
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grading.sandbox import inside
from grading.sandbox.inside import CodecError, Opaque, Table, codec

ROOT = Path(__file__).resolve().parents[2]
# How many examples there are is the profile's to say: pytest --hypothesis-profile=…
most, slow = 3 * settings.default.max_examples, [HealthCheck.too_slow]
many = settings(max_examples=most, deadline=None, suppress_health_check=slow)

KINDS = ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]
dtypes = st.sampled_from([np.dtype(order + kind) for kind in KINDS for order in "<>"])
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
scalars = arrays.filter(lambda a: a.size > 0).map(lambda a: a.flat[0])
whole = st.integers() | st.integers(2**62, 2**66) | st.integers(-(2**200), 2**200)
hashable = st.none() | st.booleans() | whole | st.text() | st.binary()
small = hashable.filter(lambda key: type(key) is not int or abs(key) < 2**63)
keys = small | st.floats(allow_nan=False) | st.tuples(small, st.tuples(small))


def containers(inner):
    lists = st.lists(inner, max_size=4)
    return lists | lists.map(tuple) | st.dictionaries(keys, inner, max_size=4)


values = st.recursive(hashable | st.floats() | arrays | scalars, containers, max_leaves=12)
words = ["list", "tuple", "dict", "array", "scalar", "opaque", "int", "<f8", "|b1", ">f8", "|O"]
words += ["generator", "0" * 32, "f" * 32]
leaves = st.integers(-(2**63), 2**64 - 1) | st.integers(-3, 3) | st.sampled_from(words)
leaves |= st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.binary(max_size=9)
leaves |= st.dictionaries(st.text(max_size=5), st.booleans(), max_size=2)
junk = st.recursive(leaves, st.lists, max_leaves=8)


class Line:  # a socket with both ends in one hand
    def __init__(self, data=b""):
        self.data = bytearray(data)

    def settimeout(self, seconds):
        pass

    def sendall(self, data):
        self.data += data

    def recv(self, size):
        piece = bytes(self.data[:size])
        del self.data[:size]
        return piece


def sent(value):
    table, nodes, line = Table(), [], Line()
    inside.send(line, {"value": table.pack(value, nodes), "nodes": nodes})
    return bytes(line.data)


def read(data):
    message, table = inside.receive(Line(data)), Table()
    table.extend(inside.items(message.get("nodes")))
    return table.value(message.get("value"))


def cross(value):
    return read(sent(value))


def same(given_, back):
    """Say whether ``back`` is ``given_``; nan is nan, and -0.0 is not 0.0."""
    if type(given_) is not type(back):
        return False
    if isinstance(given_, (list, tuple, dict)):
        given_, back = (list(v.items() if isinstance(v, dict) else v) for v in (given_, back))
        return len(given_) == len(back) and all(map(same, given_, back))
    if isinstance(given_, (np.ndarray, np.generic)):
        native = given_.dtype.newbyteorder("=")
        equal = given_.astype(native).tobytes() == back.tobytes()
        return equal and given_.shape == back.shape and back.dtype == native
    return repr(given_) == repr(back)


@many
@given(values)
@example([(), [], {}, np.zeros(0), np.zeros((3, 0, 2)), np.array(2.5), np.bool_(True)])
@example([2**63, -(2**63), 2**64, float("nan"), float("-inf"), -0.0, "", b"\0"])
@example({(1, ("a", None)): 1, True: 2, "x": {b"k": np.float32(1)}})
def test_plain_data_comes_back_equal_in_value_type_and_dtype(value):
    assert same(value, cross(value))


@given(arrays.filter(lambda a: a.ndim > 1))
def test_a_view_comes_back_as_the_values_that_it_shows(array):
    for view in (array.T, array[::-1], array[:, ::2], np.broadcast_to(array, (2, *array.shape))):
        assert same(view, cross(view))
        assert cross(view).flags.writeable == view.flags.writeable


def test_an_object_met_twice_crosses_once_and_stays_one_object():
    array, pair, nodes = np.arange(3.0), (1, 2), []
    value = [array, {"a": array, "p": pair}, (array, pair), [1], [1]]
    Table().pack(value, nodes)
    assert sum(node[0] == "array" for node in nodes) == 1
    first, second, third, fourth, fifth = cross(value)
    assert first is second["a"] is third[0]
    assert second["p"] is third[1]
    assert fourth is not fifth


def test_what_is_handed_back_is_the_object_that_was_sent():
    here, there, nodes, more = Table(), Table(), [], []
    array = np.ones(2)
    parameters = {"W": array, "s": np.float64(3), "l": [array]}
    reference = here.pack(parameters, nodes)
    there.extend(nodes)
    back = there.pack([there.value(reference), there.value(reference)["l"]], more)
    assert len(more) == 1
    here.extend(more)
    assert here.value(back)[0] is parameters
    assert here.value(back)[1] is parameters["l"]


def nested(kind):
    return functools.reduce(lambda value, _: kind([value]), range(20_000), 1)


def cyclic(kind):
    value = []
    value += [kind([value, value, {"self": value}]), value]
    return value


@pytest.mark.parametrize("make", [nested, cyclic])
@pytest.mark.parametrize("kind", [list, tuple, lambda items: dict(enumerate(items))])
def test_cycles_and_deep_nesting_end_in_a_stand_in(make, kind):
    value = cross(make(kind))
    for _ in range(inside.DEPTH_LIMIT + 2):
        value = value if isinstance(value, Opaque) else value[0]
    assert type(value).__name__.startswith("deeply nested")


NAMES = ["__reduce_ex__", "__reduce__", "__getstate__", "__array__", "__iter__", "__len__"]
Shy = type("Shy", (), dict.fromkeys(NAMES, property(lambda self: 1 / 0)))
Liar = type("Liar", (), {"__class__": property(lambda self: np.float64)})
Trap = type("Trap", (), {"__class__": property(lambda self: 1 / 0)})
Sub = type("Sub", (np.ndarray,), {})
OTHERS = [
    (np.array([{}, None]), "array of |O"),
    (np.zeros(2, [("a", "<i4"), ("b", "<f4")]), "array of |V8"),
    (np.zeros(1, "M8[D]"), "array of <M8[D]"),
    (np.zeros(1, np.longdouble), "array of " + np.dtype(np.longdouble).str),
    (np.ma.array([1.0], mask=[True]), "MaskedArray"),
    (np.zeros((2, 2)).view(np.matrix), "matrix"),
    (np.zeros((2, 2)).view(Sub), "Sub"),
    ({1, 2}, "set"),
    (lambda: 1, "function"),
    (Shy, "type"),
    (Shy(), "Shy"),
    (Liar(), "Liar"),
    (Trap(), "Trap"),
    (np.random.Generator(np.random.MT19937(0)), "Generator"),
    (np.random.RandomState(0), "RandomState"),
    (np.random.PCG64(0), "PCG64"),
    (type("n" * 200, (), {})(), "n" * 80),
]


@pytest.mark.parametrize(("value", "name"), OTHERS, ids=[name for _, name in OTHERS])
def test_any_other_object_becomes_a_stand_in_with_its_types_name(value, name):
    for found in (cross(value), cross([value])[0], cross({"k": (value,)})["k"][0]):
        assert isinstance(found, Opaque)
        assert type(found).__name__ == name


def test_a_random_generator_comes_back_in_its_state():
    rng = np.random.default_rng(7)
    for draw in (np.random.Generator.random, lambda one: one.integers(5, dtype="u4")):
        draw(rng)  # the second leaves half of a number for the next one
        back = cross({"rng": rng})["rng"]
        assert type(back) is np.random.Generator
        assert back.bit_generator.state == rng.bit_generator.state
        assert draw(back) == draw(rng)
    first, second = cross([rng, rng])
    assert first is second


ZERO, ONE = "0" * 32, "0" * 31 + "1"
ODD_STATES = {
    "no state": [],
    "a number more": [ZERO, ONE, 0, 0, 0],
    "numbers for texts": [0, 1, 0, 0],
    "bytes": [ZERO.encode(), ONE.encode(), 0, 0],
    "a short text": ["0", "1", 0, 0],
    "too large": ["1" + ZERO, ONE, 0, 0],
    "a sign": ["-" + ZERO[1:], ONE, 0, 0],
    "no digits": ["g" * 32, ONE, 0, 0],
    "digits of another script": ["\u0660" * 32, ONE, 0, 0],
    "a line behind": [ZERO, ONE + "\n", 0, 0],
    "an even step": [ZERO, ZERO, 0, 0],
    "a truth value": [ZERO, ONE, True, 0],
    "half a number too often": [ZERO, ONE, 2, 0],
    "half a number too large": [ZERO, ONE, 1, 2**32],
    "half a number below zero": [ZERO, ONE, 1, -1],
    "half a number that is none": [ZERO, ONE, 1, 0.5],
    "references": [[0], [0], [0], [0]],
}


@pytest.mark.parametrize("numbers", ODD_STATES.values(), ids=ODD_STATES)
def test_no_generator_is_made_of_what_is_no_state(numbers):
    assert Table().build(["generator", ZERO, ONE, 1, 2**32 - 1]).random() >= 0
    with pytest.raises(CodecError):
        Table().extend([["list", []], ["generator", *numbers]])


def test_only_a_few_generators_are_made_of_one_message():
    node = ["generator", ZERO, ONE, 0, 0]
    Table().extend([node] * inside.GENERATOR_LIMIT)
    with pytest.raises(CodecError, match="random generators"):
        Table().extend([node] * (inside.GENERATOR_LIMIT + 1))


LARGE = {
    "a strided array": np.lib.stride_tricks.as_strided(np.zeros(1), (2**20, 2**20), (0, 0)),
    "bytes": [b"x" * 1000] * 11,
    "arrays": [np.zeros(100) for _ in range(13)],
    "objects": [[] for _ in range(101)],
    "many whole numbers": list(range(20_000)),
    "long whole numbers": [2**100_000] * 10,
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_what_is_too_large_is_refused(value, monkeypatch):
    monkeypatch.setattr(codec, "FRAME_LIMIT", 10_000)
    monkeypatch.setattr(codec, "NODE_LIMIT", 100)
    with pytest.raises(CodecError):
        Table().pack({"k": value}, [])


def test_a_dict_of_too_many_keys_is_neither_sent_nor_taken():
    """A sender may choose keys that collide: then each costs as much as all before it."""
    many_keys = dict.fromkeys(range(codec.DICT_LIMIT + 1))
    assert type(cross(many_keys)).__name__ == "dict with such keys"
    pairs = [[key, None] for key in many_keys]
    with pytest.raises(CodecError, match="not a dict"):
        Table().build(["dict", pairs])
    assert len(Table().build(["dict", pairs[1:]])) == codec.DICT_LIMIT


def survive(step, *arguments):
    with contextlib.suppress(CodecError, EOFError, TimeoutError):
        step(*arguments)


def test_text_that_cannot_be_encoded_is_refused_or_replaced():
    survive(sent, ["\ud800"])


@many
@given(junk, st.lists(junk, max_size=4))
@example(["array", ["<f8"], [], b""], [])
@example(["array", "<f8", [0, *[2**26] * 31], b""], [])
@example(["generator", "f" * 32, "f" * 32, 1, 2**32 - 1], [])
def test_random_nodes_and_references_give_a_value_or_codec_error(node, nodes):
    for known in ([], [["list", []], ["tuple", [[0]]]], nodes):
        table = Table()
        survive(table.extend, known)
        survive(table.build, node)
        survive(table.value, node)


@many
@given(st.binary(max_size=80) | junk.map(msgpack.packb), st.booleans())
@example(b"\x81\xa5value\xd6\xff\0\0\0\0", True)  # a time stamp
@example(b"\x91" * 5000, True)
def test_random_bytes_give_a_value_or_codec_error(body, honest):
    survive(read, len(body).to_bytes(4, "big") + body if honest else body)


@many
@given(values, st.binary(max_size=2), st.data())
def test_a_frame_with_one_byte_changed_gives_a_value_or_codec_error(value, instead, data):
    frame = sent(value)
    at = data.draw(st.integers(0, len(frame) - 1))
    survive(read, frame[:at] + instead + frame[at + 1 :])
    survive(read, frame[:at])


def places(tree):
    for index, part in enumerate(tree) if isinstance(tree, list) else ():
        yield tree, index
        yield from places(part)


@many
@given(values, junk, st.data())
def test_a_message_with_one_part_changed_gives_a_value_or_codec_error(value, part, data):
    message = [[]]
    message.append(Table().pack([value], message[0]))
    tree, index = data.draw(st.sampled_from(list(places(message))))
    tree[index] = part
    body = msgpack.packb({"nodes": message[0], "value": message[1]})
    survive(read, len(body).to_bytes(4, "big") + body)


HEAVY = {
    "a key of 190 000 nested tuples": '[["tuple", []]] + [["tuple", [[i]]] for i in range(190_000)]'
    ' + [["dict", [[[190_000], 0]]]]',
    "100 000 keys that collide": '[["dict", [[["int", format(i * (2**61 - 1), "x")], 0]'
    " for i in range(100_000)]]]",
}


@pytest.mark.parametrize("nodes", HEAVY.values(), ids=HEAVY)
def test_no_key_crashes_the_grader_or_holds_it_up(nodes):
    code = "from grading.sandbox.inside import *\n"
    code += "try:\n    Table().extend(%s)\nexcept CodecError: pass"
    subprocess.run([sys.executable, "-c", code % nodes], cwd=ROOT, timeout=60, check=True)


def test_a_slow_drip_runs_into_the_deadline():
    ours, theirs = socket.socketpair()
    over = threading.Event()

    def drip():
        while not over.wait(0.02):
            theirs.sendall(b"\0\0\1\1")

    with ours, theirs, ThreadPoolExecutor() as pool, contextlib.ExitStack() as stack:
        stack.callback(over.set)
        pool.submit(drip)
        with pytest.raises(TimeoutError):
            inside.receive(ours, time.monotonic() + 0.2)


def test_a_steady_drip_runs_into_the_deadline():
    class Drip(Line):
        def recv(self, size):
            return super().recv(size) if self.data else b"x"

    with pytest.raises(TimeoutError):
        inside.receive(Drip((2**20).to_bytes(4, "big")), time.monotonic() - 1)
