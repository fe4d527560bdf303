"""The one file of the grader that runs inside the sandbox; it imports no other of them.

A warm *zygote* (``main``) has everything imported. For each submission it forks a
*keeper*, which steps into fresh namespaces and forks their process 1, which mounts a
small scratch folder and forks the *runner*: the process in which the student's cells
run. The keeper can end all of it by ending process 1, and does so when the grader hangs
up. The grader reads this file too: both sides need the codec at its top.

It is long because the wall admits one file: what does not lie in it cannot be read there.
"""

from __future__ import annotations

import _thread
import builtins
import contextlib
import ctypes
import functools
import io
import os
import resource
import select
import signal
import socket
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

# --- codec: plain data on the wire, and nothing else -----------------------------------

FRAME_LIMIT = 32 * 2**20  # bytes in one message
NODE_LIMIT = 200_000  # lists, tuples, dicts and arrays in one message
ITEM_LIMIT = 2**20  # elements of one list, and four times as many in one message
WEIGHT_LIMIT = 2**26  # numbers and objects when all that is shared is written out
DICT_LIMIT = 10_000  # keys: a sender may choose them to collide
DEPTH_LIMIT = 60
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
        Makes, of its number, what stands for a function of the other side. Without it
        none is taken.
    lends : bool
        Whether functions may be sent: a stand-in arrives, and calls of it come back.
    """

    def __init__(self, lend: Callable[[int], Any] | None = None, *, lends: bool = False) -> None:
        self.lend = lend
        self.lends = lends
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.depths: list[int] = []
        self.weights: list[int] = []
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
        if type(value) is str:
            try:
                self._count(len(value.encode()))
            except UnicodeEncodeError as error:
                raise CodecError("a text with half a character") from error
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
        if kind is types.FunctionType and self.lends:
            return ["function"]
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
            return [self.value(item) for item in _items(rest[0])]
        if kind == "tuple" and len(rest) == 1:
            return tuple(self.value(item) for item in _items(rest[0]))
        if kind == "dict" and len(rest) == 1:
            pairs = [_items(pair) for pair in _items(rest[0])]
            if len(pairs) > DICT_LIMIT or any(len(pair) != 2 for pair in pairs):
                raise CodecError("not a dict")
            keys = [self.value(key) for key, _ in pairs]
            if not all(map(_is_key, keys)):
                raise CodecError("not a key")
            return dict(zip(keys, [self.value(item) for _, item in pairs], strict=True))
        if kind in ("array", "frozen", "scalar") and len(rest) == 3:
            return _array(kind, *rest)
        if kind == "function" and not rest and self.lend is not None:
            return self.lend(len(self.objects))
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
    return value is None or type(value) in (bool, float, str, bytes)


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CodecError("not a list")
    return value


def _array(kind: str, dtype: Any, shape: Any, data: Any) -> Any:
    sizes = _items(shape)
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


def send(sock: socket.socket, message: dict[str, Any]) -> None:
    """Send one message of msgpack types."""
    data = msgpack.packb(message, use_bin_type=True)
    if len(data) > 2 * FRAME_LIMIT:
        raise CodecError("the message is too large")
    sock.sendall(len(data).to_bytes(4, "big") + data)


def receive(sock: socket.socket, deadline: float | None = None) -> dict[str, Any]:
    """Receive one message.

    Raises EOFError at the end, TimeoutError when ``deadline`` (of ``time.monotonic``)
    passes before the whole message is there, CodecError for anything that is none.
    """
    size = int.from_bytes(_exactly(sock, 4, deadline), "big")
    if size > 2 * FRAME_LIMIT:
        raise CodecError("the message is too large")
    data = _exactly(sock, size, deadline)
    made = 0

    def count(container: Any) -> Any:  # a byte on the wire may be an object in memory
        nonlocal made
        made += 6 + len(container)
        if made > 4 * ITEM_LIMIT:
            raise CodecError("too many objects in one message")
        return container

    try:
        message = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            list_hook=count,
            object_hook=count,
            max_array_len=ITEM_LIMIT,
            max_map_len=DICT_LIMIT,
        )
    except Exception as error:  # whatever a decoder finds to say about hostile bytes
        raise CodecError("the bytes are no message") from error
    if not isinstance(message, dict):
        raise CodecError("not a message")
    return message


def _exactly(sock: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            sock.settimeout(left)
        piece = sock.recv(min(size - len(data), 2**20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


# --- the runner: one submission's cells and calls --------------------------------------


class Runner:
    """Runs cells in IPython and answers what the grader asks."""

    def __init__(self, shell: Any, sock: socket.socket) -> None:
        self.shell = shell
        self.sock = sock
        self.turn = 0  # of the call that runs; 0 when none does
        self.lock = _thread.allocate_lock()
        shell.process = os.getpid()

    def serve(self, landlock: int) -> None:
        """Answer until the grader hangs up. Each answer bears its request's number."""
        send(self.sock, {"ready": True, "landlock": landlock})
        while True:
            try:
                request = receive(self.sock)
            except EOFError:
                return
            answer = getattr(self, "do_" + request["do"])(request)
            self.shell.leave_copies()
            if answer is not None:
                send(self.sock, answer | {"turn": request["turn"]})
            if request["do"] == "back" and answer is not None:
                os._exit(WENT_BACK)

    def do_files(self, request: dict[str, Any]) -> dict[str, Any]:
        """Write the assignment's own files into the scratch folder."""
        for name, data in request["files"].items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return {}

    def do_cell(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one cell and return its outputs in nbformat's shape."""
        self.shell.draws = request["draws"]
        outputs = self.shell.start_outputs(request["output_limit"])
        with memory_reserve():
            result = self.shell.run_cell(request["source"], store_history=True)
        self.shell.start_outputs(0)
        return {"outputs": outputs, "ok": bool(result.success)}

    def do_mark(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Leave this process as it is, to come back to, and go on in a copy of it.

        It cannot be done while there are threads, which a copy has not, or other processes.
        """
        if _thread._count() or has_children():
            return {"marked": False}
        copy = os.fork()
        if copy == 0:
            self.shell.process = os.getpid()
            return {"marked": True}
        _, code = os.waitpid(copy, 0)
        if os.waitstatus_to_exitcode(code) != WENT_BACK:
            os._exit(CRASHED)  # as the copy was
        return None

    def do_back(self, request: dict[str, Any]) -> dict[str, Any]:
        """End this process; the one that was marked last goes on."""
        return {}

    def do_names(self, request: dict[str, Any]) -> dict[str, Any]:
        """Say which of the names exist, and whether they can be called."""
        space = self.shell.user_ns
        return {"names": {n: callable(space[n]) for n in request["names"] if n in space}}

    def do_value(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the value of a name as plain data."""
        return self._reply(Table(), lambda: self.shell.user_ns[request["name"]])

    def do_call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call a function; return its result and the arguments that it changed."""
        self.turn = request["turn"]
        table = Table(self._stand_in)
        table.extend(request["nodes"])
        before = [msgpack.packb(table.node(value, [])) for value in table.objects]
        arguments = [table.value(item) for item in request["args"]]
        keywords = {name: table.value(item) for name, item in request["kwargs"].items()}
        self.shell.start_outputs(request["output_limit"])
        with watched(self.shell.user_ns.get(request["watch"])) as count:
            answer = self._reply(
                table, lambda: self.shell.user_ns[request["name"]](*arguments, **keywords), before
            )
        self.turn = 0
        self.shell.start_outputs(0)
        return answer | {"watched": count[0]}

    def _stand_in(self, number: int) -> Any:
        """Return a function that has the grader call one of its own, by its number.

        It is good for the call that brought it, in this process.
        """
        turn = self.turn

        def function(*args: Any) -> Any:
            if self.turn != turn or os.getpid() != self.shell.process:
                raise RuntimeError("this function belongs to a call that is over")
            table = Table()
            nodes: list[Any] = []
            packed = [table.pack(value, nodes) for value in args]
            with self.lock:  # threads of the submission may call it
                send(self.sock, {"asks": number, "args": packed, "nodes": nodes})
                answer = receive(self.sock)
            if "error" in answer:
                kind = getattr(builtins, answer["error"], RuntimeError)
                raise kind(answer["text"])
            table.extend(answer["nodes"])
            return table.value(answer["result"])

        return function

    def _reply(self, table: Table, work: Any, before: Sequence[bytes] = ()) -> dict[str, Any]:
        answer: dict[str, Any] = {"nodes": [], "changes": []}
        try:
            with memory_reserve():
                result = work()
            self.shell.leave_copies()
            table.size = 0
            answer["result"] = table.pack(result, answer["nodes"])
        except BaseException as error:
            self.shell.leave_copies()
            answer |= {"error": type(error).__name__, "text": _text(error), "place": _place(error)}
        try:
            for number, old in enumerate(before):
                table.size = 0
                node = table.node(table.objects[number], answer["nodes"])
                if msgpack.packb(node) != old:
                    answer["changes"].append([number, node])
        except CodecError as error:
            answer |= {"error": "CodecError", "text": str(error), "place": ""}
        return answer


@contextlib.contextmanager
def watched(function: Any) -> Iterator[list[int]]:
    """Count the calls of a function, by whatever name it is called."""
    count = [0]
    code = getattr(function, "__code__", getattr(type(function).__call__, "__code__", None))

    def look(frame: Any, event: str, _: Any) -> None:
        count[0] += event == "call" and frame.f_code is code

    if code is not None:
        sys.setprofile(look)
    try:
        yield count
    finally:
        if code is not None:
            sys.setprofile(None)


def has_children() -> bool:
    """Say whether this process has started others, that run or have ended unasked for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


@contextlib.contextmanager
def memory_reserve() -> Iterator[None]:
    """Keep back some memory from the student's code, to tell of an error with."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (hard - RESERVE, hard))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the code may have lowered the hard limit
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _text(error: BaseException) -> str:
    try:
        # A KeyError quotes its key, and would once more when it is made again.
        only_key = isinstance(error, KeyError) and len(error.args) == 1
        return _clean(str(error.args[0] if only_key else error)[:2000])
    except BaseException:
        return ""


def _clean(text: str) -> str:
    """Replace what cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _place(error: BaseException) -> str:
    """Quote the line of a cell at which ``error`` was raised."""
    import linecache
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    cells = [frame for frame in frames if frame.filename.startswith("<ipython-input")]
    if not cells:
        return ""
    number = cells[-1].lineno or 0
    line = linecache.getline(cells[-1].filename, number).strip()
    return _clean(f"\n  at line {number} of its cell: {line[:200]}")


def draw(figure: Any) -> bytes | None:
    """Draw a figure as PNG, at less cost than IPython does."""
    if not figure.axes and not figure.lines:
        return None  # IPython shows no empty figure either
    data = io.BytesIO()
    # A tight bounding box would draw the figure twice, and the best compression would
    # take a fifth of the time for a tenth of the bytes.
    quick = {"compress_level": 1, "compress_type": RUNS}
    figure.canvas.print_figure(data, format="png", dpi=figure.dpi, pil_kwargs=quick)
    return data.getvalue()


def make_shell() -> Any:
    """Make the IPython shell in which cells run, its outputs kept in order."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class TooMuchOutput(BaseException):
        """The cell has printed or drawn more than its limit."""

    outputs: list[dict[str, Any]] = []
    displayed: dict[str, dict[str, Any]] = {}  # what a display handle can update
    room = [0]

    def charge(size: int) -> None:
        room[0] -= size + 50  # an output weighs something even when it is empty
        if room[0] < 0:
            raise TooMuchOutput("more output than a cell may make")

    def add(output: dict[str, Any], size: int) -> None:
        charge(size)
        last = outputs[-1] if outputs else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            outputs.append(output)

    class Stream:
        encoding, errors = "utf-8", "replace"

        def __init__(self, name: str) -> None:
            self.name = name

        def write(self, text: str) -> int:
            if not isinstance(text, str):
                raise TypeError(f"write() argument must be str, not {type(text).__name__}")
            add({"output_type": "stream", "name": self.name, "text": _clean(text)}, len(text))
            return len(text)

        def writelines(self, lines: Iterable[str]) -> None:
            for line in lines:
                self.write(line)

        def flush(self) -> None:
            pass

        def isatty(self) -> bool:
            return False

    def rich(kind: str, data: Any, metadata: Any, **more: Any) -> dict[str, Any]:
        plain = {str(k): _mime(v) for k, v in data.items()}
        return {"output_type": kind, "data": plain, "metadata": {}, **more}

    class Publisher(DisplayPublisher):
        def publish(  # type: ignore[override]
            self,
            data: Any,
            metadata: Any = None,
            transient: Any = None,
            update: bool = False,
            **_: Any,
        ) -> None:
            output = rich("display_data", data, metadata)
            size = sum(len(str(v)) for v in output["data"].values())
            name = (transient or {}).get("display_id")
            if update and name in displayed:
                charge(size)
                displayed[name].update(output)
                return
            if name is not None:
                displayed[name] = output
            add(output, size)

        def clear_output(self, wait: bool = False) -> None:
            outputs.clear()

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            assert self.shell is not None
            count = self.shell.execution_count - 1  # counted up before the cell runs
            output = rich("execute_result", format_dict, md_dict, execution_count=count)
            add(output, sum(len(str(v)) for v in output["data"].values()))

        def finish_displayhook(self) -> None:
            self._is_active = False

    class Shell(InteractiveShell):
        display_pub_class = Type(Publisher)
        displayhook_class = Type(Hook)

        draws = True
        process = os.getpid()  # the runner's, once there is one

        def start_outputs(self, limit: int) -> list[dict[str, Any]]:
            nonlocal outputs
            outputs, room[0] = [], limit
            displayed.clear()
            return outputs

        def leave_copies(self) -> None:
            """End a copy of the runner that student code forked: it has nothing to say.

            Soon, too: hundreds of copies that all format one error are a stall.
            """
            if os.getpid() != self.process:
                os._exit(0)

        def showtraceback(self, *args: Any, **kwargs: Any) -> None:
            self.leave_copies()
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
            super().showtraceback(*args, **kwargs)

        def system(self, cmd: str) -> None:  # IPython's own would want a terminal
            import subprocess

            command = self.var_expand(cmd, depth=1)
            how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "errors": "replace"}
            done = subprocess.run(command, shell=True, check=False, **how)  # type: ignore[call-overload]
            sys.stdout.write(done.stdout)
            self.user_ns["_exit_code"] = done.returncode

        def ask_exit(self) -> None:
            raise SystemExit("there is no session to leave")

        def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
            room[0] = max(room[0], 100_000)
            lines = [_clean(str(line))[:20_000] for line in stb][:200]
            error = {"ename": _clean(etype.__name__), "evalue": _text(evalue), "traceback": lines}
            outputs.append({"output_type": "error", **error})

        def enable_gui(self, gui: Any = None) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config)
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    return shell


def _mime(value: Any) -> Any:
    import base64
    import json

    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    # The JSON types are as a notebook keeps them.
    plain = value if isinstance(value, str) else json.dumps(value, skipkeys=True, default=str)
    return _clean(plain)


# --- zygote, keeper, process 1: from the outer wall to a runner ------------------------

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38
SECCOMP_MODE_FILTER = 2
WATCH_SECONDS = 0.05
RESERVE = 128 * 2**20  # bytes
RUNS = 3  # zlib's Z_RLE: plots are runs of one colour
WENT_BACK, CRASHED = 113, 114  # how a copy of a marked runner ends
SCRATCH = "/scratch"  # a tmpfs of this submission's own; /tmp may hold the Python installation
libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Be the zygote: warm up, then fork a keeper for each pair of sockets that arrives."""
    control = socket.socket(fileno=int(sys.argv[1]))
    shell = warm_up()
    if int(sys.argv[2]) >= 0:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers need no burial
    control.sendall(b"+")
    while True:
        request, fds, _, _ = socket.recv_fds(control, 65536, 2)
        if not request:
            os._exit(0)
        limits = msgpack.unpackb(request)
        allowed(tuple(limits["views"]))  # to be known in every fork
        if os.fork() == 0:
            control.close()
            sockets = [socket.socket(fileno=fd) for fd in fds]
            keep(shell, limits, sockets[0], sockets[1])
        for fd in fds:
            os.close(fd)


def warm_up() -> Any:
    """Import and draw once what every submission needs, so that a fork has it ready."""
    import gc
    import site

    import matplotlib
    import matplotlib.pyplot as plt
    import numpy.random  # noqa: F401 - each sandbox seeds it
    import py_landlock  # noqa: F401 - it is wanted later, when nothing can be imported
    from matplotlib.figure import Figure
    from matplotlib_inline.backend_inline import configure_inline_support

    site.setquit()  # what Python itself adds, where it is not told to leave it out
    site.setcopyright()
    site.sethelper()
    shell = make_shell()
    matplotlib.interactive(True)  # as under Jupyter: a cell that draws shows its figure
    # Plots are most of the work. To find the height of a title Matplotlib measures every
    # label, a seventh of a plot; fitting letters to pixels is a tenth.
    matplotlib.rcParams.update({"axes.titley": 1.0, "text.hinting": "none"})
    configure_inline_support(shell, "inline")
    outputs = shell.start_outputs(2**24)
    shell.run_cell(
        "import numpy, matplotlib.pyplot as plt\n"
        "plt.plot(numpy.linalg.svd(numpy.eye(3))[1]); plt.title('$x_0$'); plt.show()"
    )
    if not any("image/png" in output.get("data", {}) for output in outputs):
        raise SystemExit(f"the sandbox cannot draw: {outputs}")
    png = shell.display_formatter.formatters["image/png"]
    png.for_type(Figure, lambda figure: draw(figure) if shell.draws else None)
    plt.close("all")
    shell.reset(new_session=True)
    shell.execution_count = 1
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)  # a plot makes many objects, and little garbage
    return shell


def keep(shell: Any, limits: dict[str, Any], wire: socket.socket, status: socket.socket) -> None:
    """Be the keeper: make namespaces, start process 1, end it when the grader hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        user, group = os.getuid(), os.getgid()
        spaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET
        _check(libc.unshare(spaces), "unshare")
        for name, text in [
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ]:
            Path(f"/proc/self/{name}").write_text(text)
        first = os.fork()
        if first == 0:
            be_first(shell, limits, wire, status)
        wire.close()
        pidfd = os.pidfd_open(first)
        why = watch(first, pidfd, status, limits["memory"])
        if why:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        _, code = os.waitpid(first, 0)
        send(status, {"exit": os.waitstatus_to_exitcode(code), "why": why})
    except OSError as error:
        _fault(status, error)
    finally:
        os._exit(0)


def watch(first: int, pidfd: int, status: socket.socket, memory: int) -> str:
    """Wait until there is a reason to end the sandbox; return it, or nothing if it ended.

    The reasons are ``hung up``, of the grader, and ``memory``, which is looked at now and
    then: limits of the kernel's are per process, and a group for control is not always to
    be had.
    """
    while True:
        ready, _, _ = select.select([status.fileno(), pidfd], [], [], WATCH_SECONDS)
        if pidfd in ready:
            return ""
        if status.fileno() in ready:
            return "hung up"
        # What was shared at the fork counts in full here, so this can only be too much.
        if sum(map(resident, descendants(first))) > memory and used(first) > memory:
            return "memory"


def used(first: int) -> int:
    """Return the bytes of all processes below ``first``, which are held still meanwhile.

    While they fill memory, to count it takes many times as long.
    """
    held: list[int] = []
    while new := [process for process in descendants(first) if process not in held]:
        for process in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
        held += new
    total = sum(map(own, held))
    for process in held:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
    return total


def descendants(first: int) -> list[int]:
    """Return the numbers of all processes below ``first``, which inherits all orphans."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = [first]
    for process in found:  # it grows
        found += children.get(process, [])
    return found


def resident(process: int) -> int:
    """Return the bytes of memory that a process maps and that are there."""
    for path in Path(f"/proc/{process}/task").glob("*/statm"):
        with contextlib.suppress(OSError):
            pages = int(path.read_text().split()[1])
            if pages:  # a thread that has ended, perhaps the first one, knows of none
                return pages * resource.getpagesize()
    return 0


def own(process: int) -> int:
    """Return the bytes of a process, its share of what it shares with others."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return max(int(line.split()[1]) * 1024, 1)
    return resident(process)  # it has made itself unreadable, or its first thread has ended


def be_first(
    shell: Any, limits: dict[str, Any], wire: socket.socket, status: socket.socket
) -> None:
    """Be process 1: mount the scratch folder, start the runner, leave when it leaves."""
    try:
        os.setsid()  # a signal to the whole group stays in here
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # Should the machine run out of memory, nothing of the grader's goes first.
        Path("/proc/self/oom_score_adj").write_text("1000")
        _check(libc.unshare(CLONE_NEWNS), "unshare")  # the keeper goes on seeing processes
        _mount("none", "/", None, MS_REC | MS_PRIVATE, None)
        size = f"size={limits['scratch']},nr_inodes=4096,mode=700"
        _mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, size)
        for hidden in ("/dev/shm", "/dev/pts", "/proc"):
            _mount(
                "tmpfs", hidden, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k"
            )
        os.chdir(SCRATCH)
        runner = os.fork()
        if runner == 0:
            status.close()
            be_runner(shell, limits, wire)
        wire.close()
        status.close()
        while True:
            ended, code = os.wait()
            if ended == runner:
                exit_code = os.waitstatus_to_exitcode(code)
                os._exit(exit_code if exit_code >= 0 else 128 - exit_code)
    except OSError as error:
        _fault(status, error)
    finally:
        os._exit(0)


def be_runner(shell: Any, limits: dict[str, Any], wire: socket.socket) -> None:
    """Be the runner: give up every privilege, take the limits on, serve."""
    import random

    try:
        void = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(void, fd)
        os.dup2(wire.fileno(), 3)
        wire.detach()
        os.closerange(4, 4096)
        _drop_capabilities()
        for what, most in [
            (resource.RLIMIT_AS, limits["memory"] + RESERVE),  # then Python can tell of it
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, limits["scratch"]),
            (resource.RLIMIT_NPROC, limits["processes"]),
            (resource.RLIMIT_NOFILE, 64),  # what pipes and sockets hold counts as nobody's memory
        ]:
            resource.setrlimit(what, (most, most))
        sys.path.insert(0, SCRATCH)  # where the assignment's own modules lie
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - what students call
        landlock = restrict_files(limits["views"])
        restrict_calls(limits["filter"])
    except BaseException as error:
        send(socket.socket(fileno=3), {"fault": f"{type(error).__name__}: {error}"})
        os._exit(0)
    try:
        Runner(shell, socket.socket(fileno=3)).serve(landlock)
    finally:
        os._exit(0)


def restrict_files(views: Sequence[str]) -> int:
    """Let Landlock admit nothing but ``views``, some devices and the scratch folder.

    It is a second wall around files, signals and TCP, should a namespace leak. Returns
    the version that the kernel has; 0 where it has none, and the namespaces stand alone.
    """
    rules = allowed(tuple(views))
    if rules is None:
        return 0
    rules.apply()  # of each path it finds the place now, so that scratch is this sandbox's
    return int(rules.abi_version)


@functools.cache
def allowed(views: tuple[str, ...]) -> Any:
    """Return Landlock's rules for `restrict_files`; None where the kernel has none.

    To put them together takes longer than to apply them.
    """
    from py_landlock import AccessFs, Landlock, LandlockDisabledError, LandlockNotAvailableError

    try:
        rules = Landlock(strict=False)
        reading = AccessFs.READ_FILE | AccessFs.READ_DIR | AccessFs.EXECUTE
        rules.add_path_rule(*(v for v in views if Path(v).is_dir()), access=reading)
        files = AccessFs.READ_FILE | AccessFs.EXECUTE
        rules.add_path_rule(*(v for v in views if Path(v).is_file()), access=files)
        rules.allow_read_write(SCRATCH).add_path_rule(SCRATCH, access=AccessFs.REFER)
        rules.allow_execute(SCRATCH)
        for name in ("null", "zero", "full", "random", "urandom"):
            device = AccessFs.READ_FILE | AccessFs.WRITE_FILE
            rules.add_path_rule(f"/dev/{name}", access=device)
        rules.abi_version  # noqa: B018 - it raises where there is none
    except (LandlockNotAvailableError, LandlockDisabledError):
        return None
    return rules


def restrict_calls(program: bytes) -> None:
    """Load a seccomp filter, for this process and all that it starts."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]

    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    loaded = Program(len(program) // 8, program)
    _check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(loaded), 0, 0), "seccomp")


def _drop_capabilities() -> None:
    class Header(ctypes.Structure):
        _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]

    class Data(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]

    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    _check(libc.capset(ctypes.byref(Header(0x20080522, 0)), (Data * 2)()), "capset")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    words = [None if w is None else w.encode() for w in (source, target, kind, options)]
    _check(libc.mount(words[0], words[1], words[2], flags, words[3]), f"mount on {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def _fault(status: socket.socket, error: OSError) -> None:
    send(status, {"fault": str(error)})


if __name__ == "__main__":
    main()
