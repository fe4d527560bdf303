"""The runner: one submission's cells and calls."""

from __future__ import annotations

import _thread
import builtins
import contextlib
import os
import resource
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgpack

from .codec import CodecError, Table
from .errors import place_of, text_of
from .wire import receive, send

RESERVE = 128 * 2**20  # bytes
WENT_BACK, CRASHED = 113, 114  # how a copy of a marked runner ends


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
            answer |= {
                "error": type(error).__name__,
                "text": text_of(error),
                "place": place_of(error),
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
