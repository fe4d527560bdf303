"""The runner: one submission's cells and calls."""

from __future__ import annotations

import _thread
import builtins
import contextlib
import importlib
import os
import resource
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgpack

from .about import about
from .codec import CodecError, Table
from .errors import text_of, told_of
from .wire import receive, send

RESERVE = 128 * 2**20  # bytes
WENT_BACK, CRASHED = 113, 114  # how a copy of a marked runner ends
MISSING = object()


class Runner:
    """Runs cells in IPython and answers what the grader asks."""

    def __init__(self, shell: Any, sock: socket.socket) -> None:
        self.shell = shell
        self.sock = sock
        self.turns: list[int] = []  # of the calls that run, each within the one before
        self.own: dict[str, Any] = {}  # what the submission has where a test holds something else
        self.lock = _thread.RLock()
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

        The keeper has looked whether that can be done, and given the copy a scratch folder.
        """
        copy = os.fork()
        if copy == 0:
            self.shell.process = os.getpid()
            with contextlib.suppress(OSError):  # it stands in the folder that was there before
                os.chdir(Path.cwd())
            return {"marked": True}
        _, code = os.waitpid(copy, 0)
        if os.waitstatus_to_exitcode(code) != WENT_BACK:
            os._exit(CRASHED)  # as the copy was
        return None

    def do_back(self, request: dict[str, Any]) -> dict[str, Any]:
        """End this process; the one that was marked last goes on."""
        return {}

    def do_names(self, request: dict[str, Any]) -> dict[str, Any]:
        """Say which of the names exist, which can be called, and of exceptions what they are."""
        space = self.shell.user_ns
        found = {n: space[n] for n in request["names"] if n in space}
        errors = {n: kinds(value) for n, value in found.items() if isinstance(value, type)}
        errors = {n: names for n, names in errors.items() if "Exception" in names}
        return {"names": {n: callable(value) for n, value in found.items()}, "errors": errors}

    def do_value(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the value of a name as plain data."""
        return self._reply(Table(), lambda: self.shell.user_ns[request["name"]])

    def do_call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call a function; return its result, the arguments that it changed, what it printed.

        It may be asked for while another call waits for a function of the test's own.
        """
        self.turns.append(request["turn"])
        table = Table(self._lent)
        table.extend(request["nodes"])
        before = [msgpack.packb(table.node(value, [])) for value in table.objects]
        arguments = [table.value(item) for item in request["args"]]
        keywords = {name: table.value(item) for name, item in request["kwargs"].items()}
        held = dict.fromkeys(request["hidden"], MISSING)
        held |= {name: table.value(item) for name, item in request["rebound"].items()}
        if len(self.turns) == 1:
            outputs = self.shell.start_outputs(request["output_limit"])
        with watched(self.shell.user_ns.get(request["watch"])) as count, self._held(held):
            answer = self._reply(
                table, lambda: self._named(request["name"])(*arguments, **keywords), before
            )
        self.turns.pop()
        if not self.turns:
            self.shell.start_outputs(0)
            if request["prints"]:
                streams = [one for one in outputs if one["output_type"] == "stream"]
                answer["printed"] = [[one["name"], one["text"]] for one in streams]
        return answer | {"watched": count[0]}

    def do_calls(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call a function again and again; return the answers in order."""
        turn = {"turn": request["turn"]}
        return {"answers": [self.do_call(one | turn) for one in request["calls"]]}

    def do_about(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return what there is to know of a function: docstring, signature, source."""
        return self._reply(Table(), lambda: about(self._named(request["name"])))

    def _named(self, name: str) -> Any:
        """Return what the submission means by a name, whatever a test holds there now."""
        found = self.own.get(name, self.shell.user_ns.get(name, MISSING))
        if found is MISSING:
            raise NameError(f"name {name!r} is not defined")
        return found

    @contextlib.contextmanager
    def _held(self, held: dict[str, Any]) -> Iterator[None]:
        """Let names be what a test has made of them: deleted, or bound to something else.

        Behind the call they are again what they were, whatever it has done to them.
        """
        space = self.shell.user_ns
        held = self.own | held  # a call within another: the test may have put names back
        own = {name: self.own.get(name, space.get(name, MISSING)) for name in held}
        before, outer = {name: space.get(name, MISSING) for name in held}, self.own
        self.own = own
        put(space, held)
        try:
            yield
        finally:
            put(space, before)
            self.own = outer

    def _lent(self, number: int, node: list[Any]) -> Any:
        """Return what stands for a function: one of the submission, of a library, of the test."""
        kind, *names = node
        if kind == "named":
            return self._named(*names)
        if kind == "library":
            return getattr(importlib.import_module(names[0]), names[1])
        return self._stand_in(number)

    def _stand_in(self, number: int) -> Any:
        """Return a function that has the grader call one of its own, by its number.

        It is good for the call that brought it, in this process. What the grader asks for before
        it answers is a call that its function makes.
        """
        turn = self.turns[-1]

        def function(*args: Any, **kwargs: Any) -> Any:
            if turn not in self.turns or os.getpid() != self.shell.process:
                raise RuntimeError("this function belongs to a call that is over")
            table = Table()
            nodes: list[Any] = []
            asked = {
                "asks": number,
                "of": turn,
                "args": [table.pack(value, nodes) for value in args],
                "kwargs": {name: table.pack(value, nodes) for name, value in kwargs.items()},
            }
            with self.lock:  # threads of the submission may call it
                send(self.sock, asked | {"nodes": nodes})
                answer = receive(self.sock)
                while "do" in answer:
                    made = self.do_call(answer)
                    self.shell.leave_copies()
                    send(self.sock, made | {"turn": answer["turn"]})
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
            answer |= {
                "error": type(error).__name__,
                "kinds": kinds(type(error)),
                "text": text_of(error),
                **told_of(error),
            }
        try:
            for number, old in enumerate(before):
                table.size = 0
                node = table.node(table.objects[number], answer["nodes"])
                if msgpack.packb(node) != old:
                    answer["changes"].append([number, node])
        except CodecError as error:
            answer |= {"error": "CodecError", "text": str(error), "place": ""}
        return answer


def kinds(one: type) -> list[str]:
    """Return the names of a class and of those that it is made of, nearest first."""
    return [str(kind.__name__) for kind in one.__mro__[:20]]


def put(space: dict[str, Any], values: dict[str, Any]) -> None:
    """Bind names in a namespace; what is missing is deleted."""
    for name, value in values.items():
        if value is MISSING:
            space.pop(name, None)
        else:
            space[name] = value


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


@contextlib.contextmanager
def memory_reserve() -> Iterator[None]:
    """Keep back some memory from the student's code, to tell of an error with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (hard - RESERVE, hard))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the code may have lowered the hard limit
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
