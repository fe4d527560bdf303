"""The grader's side of the wire against a peer that says anything."""

import builtins
import contextlib
import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import msgpack
import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grading.core.errors import GraderFault
from grading.core.verdicts import Verdict
from grading.sandbox import inside
from grading.sandbox.inside import Opaque
from grading.sandbox.session import Session
from grading.sandbox.stub import Stub
from tests.sandbox.test_codec import Line, junk, places, values
from tests.support.sandbox import LIMITS, define

ROOT = Path(__file__).resolve().parents[2]
slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
some = settings(max_examples=2 * settings.default.max_examples, deadline=None)
some = settings(some, suppress_health_check=slow)
very_many = settings(max_examples=40_000, deadline=None, suppress_health_check=slow, database=None)


def framed(message):
    body = message if isinstance(message, bytes) else msgpack.packb(message)
    return len(body).to_bytes(4, "big") + body


class Peer:
    """A zygote whose sandboxes answer the first request with given bytes, and end."""

    def __init__(self, answer):
        self.answer = answer
        self.ends = []

    def open(self, limits):
        ours, theirs = socket.socketpair()
        status, keeper = socket.socketpair()
        self.ends += [theirs, keeper]
        theirs.sendall(framed({"ready": True}) + framed({"turn": 0}))
        theirs.setblocking(False)
        with contextlib.suppress(BlockingIOError):  # more than the wire holds is cut off
            theirs.sendall(self.answer)
        theirs.shutdown(socket.SHUT_WR)
        keeper.sendall(framed({"exit": 0, "why": ""}))
        return ours, status, None

    def close(self):
        for end in self.ends:
            end.close()


def plain(value):
    """Say whether a value is what may cross, or a stand-in, all the way down."""
    todo, seen = [value], set()
    while todo:
        value = todo.pop()
        kind = type(value)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if kind in (list, tuple):
            todo += value
        elif kind is dict:
            todo += [*value, *value.values()]
        elif kind is np.ndarray or issubclass(kind, np.generic):
            if value.dtype.newbyteorder("<").str not in inside.DTYPES:
                return False
        elif not (kind in (type(None), bool, int, float, str, bytes) or issubclass(kind, Opaque)):
            return False
    return True


def failure_of(call, *arguments):
    """Return what a call raises, if it does."""
    try:
        assert plain(call(*arguments))
    except Exception as error:
        return error
    return None


def face(answer):
    """Let a session ask a peer for each thing it may ask for, and check what comes of it."""
    with contextlib.closing(Peer(answer)) as peer, Session(peer, LIMITS, {}) as session:
        outputs, verdict = session.run_cell("1")
        assert verdict is None or type(verdict) is Verdict
        cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.from_dict(o) for o in outputs])
        nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    with contextlib.closing(Peer(answer)) as peer, Session(peer, LIMITS, {}) as session:
        names = session.names(["f", "g"])
        assert set(names) <= {"f", "g"}
        assert set(map(type, names.values())) <= {bool}
    arguments = [np.zeros((2, 3))[:, :2], [1, [2]], {"W": np.ones(2), "l": [3.0]}]
    for ask, given_ in ((Session.value, ["f"]), (Session.call, ["f", arguments, {}])):
        with contextlib.closing(Peer(answer)) as peer, Session(peer, LIMITS, {}) as session:
            error = failure_of(ask, session, *given_)
            # Without a failure it would be our own code that raised.
            assert error is None or session.failures, error
            assert error is None or type(error) in vars(builtins).values()
            assert plain(arguments)


def answers(part):
    """Messages in the shape of an answer, with any part in any place."""
    node = st.tuples(
        st.sampled_from(["list", "tuple", "dict", "array", "frozen", "scalar", "opaque"]),
        part,
    ).map(list)
    array = st.tuples(
        st.sampled_from(["array", "frozen", "scalar"]),
        st.sampled_from([*sorted(inside.DTYPES), "|O", ">f8", "<M8[s]"]),
        st.lists(st.integers(-1, 5), max_size=3),
        st.binary(max_size=48),
    ).map(list)
    reference = st.integers(-1, 12).map(lambda n: [n])
    composite = st.sampled_from(["list", "tuple"]).flatmap(
        lambda kind: st.lists(reference | part, max_size=4).map(lambda items: [kind, items])
    )
    pairs = st.lists(st.tuples(part | reference, reference).map(list), max_size=3)
    nodes = node | array | composite | pairs.map(lambda p: ["dict", p])
    output = st.fixed_dictionaries(
        {
            "output_type": st.sampled_from(["stream", "error", "display_data", "execute_result"])
            | part
        },
        optional={
            "name": st.sampled_from(["stdout", "stderr"]) | part,
            "text": st.text() | part,
            "data": st.dictionaries(st.text(max_size=12), st.text(max_size=5) | part, max_size=3)
            | part,
            "traceback": st.lists(st.text(max_size=5) | part, max_size=3) | part,
            "ename": st.text(max_size=5) | part,
            "evalue": st.text(max_size=5) | part,
        },
    )
    kinds = [name for name in dir(builtins) if name[0].isupper()]
    return st.fixed_dictionaries(
        {"turn": st.just(1)},
        optional={
            "nodes": st.lists(nodes, max_size=6) | part,
            "changes": st.lists(st.tuples(st.integers(-1, 9), nodes).map(list) | part, max_size=4),
            "result": reference | part,
            "error": st.sampled_from(kinds) | part,
            "text": st.text(max_size=9) | part,
            "place": st.text(max_size=9) | part,
            "outputs": st.lists(output | part, max_size=3) | part,
            "ok": st.booleans() | part,
            "names": st.dictionaries(st.sampled_from(["f", "g", "h"]), part) | part,
        },
    )


any_answer = answers(junk)
CYCLE = {"nodes": [], "changes": [[1, ["list", [[1], [2]]]], [0, ["list", [[1]]]]]}


@some
@given(any_answer)
@example({"turn": 1, "nodes": [], "changes": [], "result": 1, "error": "ExceptionGroup"})
@example({"turn": 1, "nodes": [], "changes": [], "result": 1, "error": "UnicodeDecodeError"})
@example({"turn": 1, "result": 1, **CYCLE})
@example({"turn": 1, "outputs": [{"output_type": "display_data", "data": {"text/plain": 5}}]})
@example({"turn": 1, "outputs": [{"output_type": "error", "traceback": [5]}]})
@example({"turn": 1, "nodes": [], "changes": [[0, ["array", "<f8", [1], bytes(8)]]], "result": 1})
def test_a_session_makes_a_verdict_of_any_answer(message):
    face(framed(message))


@some
@given(st.binary(max_size=200), st.booleans())
def test_a_session_makes_a_verdict_of_any_bytes(data, honest):
    face(framed(data) if honest else data)


@some
@given(any_answer, st.data())
def test_a_session_makes_a_verdict_of_a_frame_that_is_cut_or_changed(message, data):
    frame = framed(message)
    at = data.draw(st.integers(0, len(frame) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    face(frame[:at] + bytes([frame[at] ^ bit]) + frame[at + 1 :])
    face(frame[:at])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=any_answer, cut=st.integers(0, 40))
def test_whatever_a_function_writes_to_the_wire_the_next_one_is_judged(session, message, cut):
    """The same with a real sandbox: what is written stands before the runner's answer."""
    message = {key: value for key, value in message.items() if key != "turn"}
    frame = framed(message) if cut % 2 else framed(message)[: cut + 1]
    frame += b"\xff" * 8  # so that no answer in form is left, which would be the function's own
    define(session, f"import os\ndef good(): return 'good'\ndef bad(): os.write(3, {frame!r})")
    session.begin_test()
    with contextlib.suppress(Exception):
        assert plain(Stub(session, "bad")())
    session.begin_test()
    assert Stub(session, "good")() == "good"


@pytest.mark.parametrize("spoil", ["x.append(x)", "for part in x: part[:] = [bytes(20 * 2**20)]"])
def test_an_argument_that_a_function_spoiled_is_no_fault_of_the_grader(session, spoil):
    define(session, f"def f(x):\n    {spoil}\n    return 1")
    listed = [[1], [2]]
    for _ in range(2):
        with contextlib.suppress(RuntimeError):
            Stub(session, "f")(listed)


def test_an_argument_of_the_tests_own_that_cannot_be_sent_is_a_fault_of_the_grader(session):
    define(session, "def f(x, y=0):\n    x.append(1)\n    return [x]")
    result = Stub(session, "f")([])
    assert result == [[1]]
    for argument in (object(), [bytes(20 * 2**20)] * 2, Line):
        with pytest.raises(GraderFault):
            Stub(session, "f")([], argument)


def shared(depth):
    """A list that holds one list twice, which holds one twice, and so on."""
    nodes = [["list", []]]
    nodes += [["list", [[n], [n]]] for n in range(depth)]
    return {"nodes": nodes, "changes": [], "result": [depth]}


def test_what_is_shared_a_million_times_over_is_refused(session):
    assert decode(framed(shared(10)))
    with pytest.raises(inside.CodecError, match="written out"):
        decode(framed(shared(40)))
    define(session, "def f(a, b, c):\n    a[:] = [b] * 2000; b[:] = [c] * 2000; c[:] = [0] * 2000")
    with pytest.raises(RuntimeError, match="written out"):
        Stub(session, "f")([], [], [])


@pytest.mark.parametrize(
    "value", [[""] * 2**21, [None] * 2**21, {str(n): n for n in range(20_000)}, [[[]]] * 10**6]
)
def test_a_message_of_too_many_objects_is_refused_while_it_is_read(value):
    with pytest.raises(inside.CodecError):
        inside.receive(Line(framed({"result": value})))


# --- at full size ---------------------------------------------------------------------


def decode(data):
    """Read a frame and build what it says, as `Session` does."""
    message, table = inside.receive(Line(data)), inside.Table()
    table.extend(inside.items(message.get("nodes")))
    return table.value(message.get("result"))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_forty_thousand_frames_of_random_bytes():
    @very_many
    @given(st.binary(max_size=120) | junk.map(msgpack.packb), st.booleans())
    def run(data, honest):
        with contextlib.suppress(inside.CodecError, EOFError, TimeoutError):
            decode(framed(data) if honest else data)

    run()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_forty_thousand_frames_with_one_thing_changed():
    @very_many
    @given(values, junk, st.data())
    def run(value, part, data):
        nodes = []
        message = [nodes, inside.Table().pack([value], nodes)]
        tree, index = data.draw(st.sampled_from(list(places(message))))
        tree[index] = part
        with contextlib.suppress(inside.CodecError):
            decode(framed({"nodes": message[0], "result": message[1]}))

    run()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twenty_thousand_answers_to_a_session():
    @settings(very_many, max_examples=20_000)
    @given(any_answer)
    def run(message):
        face(framed(message))

    run()


FUZZ = """
import copy, random, sys
import atheris
import msgpack
with atheris.instrument_imports(include=["grading.sandbox.inside"]):
    from grading.sandbox import inside
from tests.sandbox.test_wire import decode, framed, places
THINGS = [None, True, -1, 0, 1, 2, 2**63, 0.5, "", "list", "tuple", "dict", "array", "scalar",
          "frozen", "opaque", "int", "<f8", "|b1", "|O", b"", bytes(8), [], [0], [[0]], {}]
def one(data):
    try:
        decode(framed(data))
    except (inside.CodecError, EOFError, TimeoutError):
        pass
def mutate(data, most, seed):
    try:
        packed = change(data, random.Random(seed))
    except (ValueError, KeyError, TypeError, RecursionError, msgpack.UnpackException):
        packed = None
    return packed if packed and len(packed) <= most else atheris.Mutate(data, len(data))
def change(data, rng):
    tree = msgpack.unpackb(data)
    tree = [tree["nodes"], tree["result"]]
    for _ in range(rng.randint(1, 3)):
        found = list(places(tree))
        part, index = rng.choice(found)
        other, at = rng.choice(found)
        deed = rng.randrange(4)
        if deed == 0:
            part[index] = rng.choice(THINGS)
        elif deed == 1:
            part[index] = copy.deepcopy(other[at])
        elif part is not tree:
            part.insert(index, rng.choice(THINGS)) if deed == 2 else part.pop(index)
    return msgpack.packb({"nodes": tree[0], "result": tree[1]})
atheris.Setup(sys.argv, one, custom_mutator=mutate)
atheris.Fuzz()
"""


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel here")
def test_a_fuzzer_led_by_coverage_finds_nothing(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, value in enumerate([[1, 2.5, "x", b"y"], {"W": np.ones((2, 2))}, (None, 2**70)]):
        nodes = []
        message = {"nodes": nodes, "result": inside.Table().pack(value, nodes)}
        (corpus / str(number)).write_bytes(msgpack.packb(message))
    artifacts = f"-artifact_prefix={tmp_path}/"
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, "-runs=200000", "-max_len=512", corpus, artifacts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 200000 runs" in done.stderr
