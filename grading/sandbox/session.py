"""One submission's conversation with its sandbox: its cells, and calls of its functions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from grading.core import SENTENCES, GraderFault, Output, Verdict, verdict_of_error
from grading.sandbox import inside, replies
from grading.sandbox.bubblewrap import Zygote
from grading.sandbox.held import Held, to_send
from grading.sandbox.limits import Limits
from grading.sandbox.opened import Lost, Sandbox, out_of_time

AT_ONCE = 100  # calls in one request, of no more than so many bytes:
AT_ONCE_BYTES = 2**22
DEEPEST = 50  # calls within each other: a test's function may call the submission's


class Session:
    """Run a submission's cells and call its functions, each in the sandbox.

    When code ends its sandbox or has to be stopped, a new one is opened and the earlier
    cells are run again without the one at fault. So one exercise cannot harm the next.

    Parameters
    ----------
    zygote : Zygote
    limits : Limits
    files : mapping of str to bytes
        The assignment's own files, laid into the scratch folder.
    draws : bool
        Whether figures are drawn.
    """

    def __init__(
        self, zygote: Zygote, limits: Limits, files: Mapping[str, bytes], *, draws: bool = True
    ) -> None:
        self.draws = draws
        self.zygote = zygote
        self.limits = limits
        self.files = dict(files)
        self.failures: list[Verdict] = []  # of the calls since the last `begin_test`
        self.calls = 0
        self.watched = 0  # how often the last call has called the function that was watched
        self.stopped: dict[str, Lost] = {}
        self._theirs: dict[int, Any] = {}  # what the student's code returned or changed
        self.held: Held | None = None  # what the present test has made of names
        self.errors: replies.Errors = {}  # the exceptions that the submission defines
        self.fault: GraderFault | None = None  # which a test may have swallowed
        self.stand_ins: set[str] = set()  # the types of what has come that is no plain data
        # Of the calls that run, each within the one before, by turn: what was sent, and the
        # functions among it.
        self._running: dict[int, tuple[list[Any], dict[int, Any]]] = {}
        self._ends = 0.0  # when the first of them has to be done
        self._gone = Lost(Verdict.CRASHED, "the process that ran it ended")
        self._cells: list[str] = []  # what a new sandbox has to run again
        self._turn = 0
        # What can be gone back to, the latest at the end, and how many cells had run there.
        self._marks: list[tuple[int, int]] = []
        self._left = limits.total
        self._sandbox: Sandbox | None = None

    def run_cell(self, source: str) -> tuple[list[Output], Verdict | None]:
        """Run one cell; return its outputs and the verdict of its failure, if it failed."""
        try:
            self._ready()
            answer = self._run(source, draws=self.draws)
        except Lost as lost:
            return [error_output(lost.verdict, str(lost))], lost.verdict
        self._cells.append(source)
        outputs = replies.outputs(answer.get("outputs"))
        if answer.get("ok") is True:
            return outputs, None
        errors = [(o["ename"], o["evalue"]) for o in outputs if o["output_type"] == "error"]
        return outputs, verdict_of_error(*(errors[-1] if errors else ("", "")))

    def begin_test(self, stopped: Mapping[str, Lost] | None = None) -> None:
        """Forget how earlier calls went; each test is judged by its own.

        Functions in ``stopped`` are not called again: they have cost their time already.
        """
        self.failures = []
        self.calls = 0
        self.stopped = dict(stopped or {})
        self.held = None
        self.stand_ins = set()
        self._theirs = {}

    def mark(self, number: int) -> None:
        """Leave the sandbox's process as it is now, to come back to, and go on in a copy.

        It need not succeed: see `back`.
        """
        with contextlib.suppress(Lost):
            if not self._ready().keeper("mark").get("marked"):
                return
            if self._ask({"do": "mark"}, self.limits.call).get("marked") is True:
                self._marks.append((number, len(self._cells)))
            else:
                self._end()

    def back(self) -> int | None:
        """Go back to the latest mark, once; return its number, or None if there is none.

        A sandbox that ends takes its marks along.
        """
        with contextlib.suppress(Lost):
            sandbox = self._ready() if self._marks else None
            if sandbox is not None and self._marks:
                self._ask({"do": "back"}, self.limits.call)
                number, ran = self._marks.pop()
                if sandbox.keeper("back").get("back"):
                    del self._cells[ran:]
                    return number
                self._end()
        return None

    def names(self, names: list[str]) -> dict[str, bool]:
        """Return which of ``names`` the student defined, and whether each is callable.

        ``errors`` then has the exceptions among them.
        """
        try:
            self._ready()
            answer = self._ask({"do": "names", "names": names}, self.limits.call)
        except Lost:
            return {}
        self.errors = replies.own_errors(answer.get("errors"), names)
        found = answer.get("names")
        return {n: bool(found[n]) for n in names if n in found} if isinstance(found, dict) else {}

    def value(self, name: str) -> Any:
        """Return the plain data that a name stands for."""
        return self._finish(name, inside.Table(), {"do": "value", "name": name})

    def about(self, name: str) -> Any:
        """Return what there is to know of a function; see `grading.sandbox.inside.about`."""
        return self._finish(name, inside.Table(), {"do": "about", "name": name})

    def call(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], watch: str = ""
    ) -> Any:
        """Call the student's function ``name``; ``watched`` then says how often it called another.

        Raises what the function raised, where that is an exception of Python's own or made of
        one; else RuntimeError, or TimeoutError when it was stopped. An argument that cannot be sent
        is the test's own fault: GraderFault. One that is a function of the test's own is called
        on this side, with copies of what the student's function gives it. It may call functions of
        the submission in its turn.

        What the test has made of the submission's names holds meanwhile; see `Held`.
        """
        self.calls += 1
        if len(self._running) >= DEEPEST:
            self.failures.append(Verdict.RAISED)
            raise RecursionError(
                f"{DEEPEST} calls of the submission and the test within each other"
            )
        table, request, lent, why = to_send(name, args, kwargs, self.held)
        request |= {"watch": watch, "output_limit": self.limits.output}
        set_by_it = self.held.rebound().values() if why and self.held else ()
        if why and self._has_theirs([*args, *kwargs.values(), *set_by_it]):
            self.failures.append(Verdict.RAISED)
            raise RuntimeError(f"what the submission made of an argument earlier is {why}")
        if why:
            raise GraderFault(f"a test calls {name} with {why}")
        return self._finish(name, table, request, lent)

    def alone(self, name: str) -> Callable[[Sequence[tuple[Any, ...]]], list[Any] | None]:
        """Return what calls a function, as it is now, in a sandbox where only the cells have run.

        See `grading.sandbox.Stub.alone`. It may be asked when this sandbox is closed, and takes its
        time from what this one has left.
        """
        cells = list(self._cells)

        def ask(calls: Sequence[tuple[Any, ...]]) -> list[Any] | None:
            other = Session(self.zygote, self.limits, self.files, draws=False)
            other._cells, other._left = cells, self._left
            try:
                with other:
                    return other._each(name, calls)
            except (Lost, inside.CodecError):
                return None
            finally:
                self._left = other._left

        return ask

    def _each(self, name: str, calls: Sequence[tuple[Any, ...]]) -> list[Any] | None:
        """Call a function again and again; return results and errors in order."""
        results: list[Any] = []
        some: list[tuple[inside.Table, dict[str, Any]]] = []
        size = 0
        for number, args in enumerate(calls, 1):
            table, request, lent, why = to_send(name, args, {}, None)
            if why or lent:
                return None
            some.append((table, request | {"watch": "", "output_limit": self.limits.output}))
            size += table.size
            if number == len(calls) or len(some) == AT_ONCE or size > AT_ONCE_BYTES:
                self._ready()
                asked = {"do": "calls", "calls": [request for _, request in some]}
                answers = inside.items(
                    self._ask(asked, self.limits.call * len(some)).get("answers")
                )
                for (table, _), answer in zip(some, answers, strict=False):
                    result = replies.apply(table, replies.mapping(answer), [])
                    error = replies.error(answer, {}) if "error" in answer else None
                    results.append(error or result)
                some, size = [], 0
        return results if len(results) == len(calls) else None

    def _has_theirs(self, values: list[Any]) -> bool:
        """Say whether anything within ``values`` comes from the student's code."""
        seen: set[int] = set()
        while values:
            value = values.pop()
            if id(value) in self._theirs:
                return True
            if id(value) not in seen and type(value) in (list, tuple, dict):
                seen.add(id(value))
                values += value.values() if type(value) is dict else value
        return False

    def close(self) -> None:
        """End the sandbox and everything that runs in it; return when it has ended."""
        self._end()

    def _end(self) -> None:
        if self._sandbox is not None:
            self._sandbox.end()
        self._sandbox = None
        self._marks = []

    def __enter__(self) -> Session:
        """Open nothing yet: the first request does."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the session."""
        self.close()

    # --- asking -----------------------------------------------------------------------

    def _finish(
        self,
        name: str,
        table: inside.Table,
        request: dict[str, Any],
        lent: Mapping[int, Any] | None = None,
    ) -> Any:
        try:
            if name in self.stopped:
                raise self.stopped[name]
            self._ready()
            answer = self._ask(request, self.limits.call, table.objects, lent)
            if self.held:
                self.held.hear(answer.get("printed"), self.limits.output)
            watched = answer.get("watched")
            self.watched = watched if type(watched) is int else 0
            sent = len(table.objects)
            changed: list[Any] = []
            try:
                result = replies.apply(table, answer, changed)
            finally:
                theirs = [*table.objects[sent:], *changed]
                self.stand_ins |= {
                    type(one).__name__ for one in theirs if isinstance(one, inside.Opaque)
                }
                self._theirs |= {id(value): value for value in theirs}
            if "error" in answer:
                self._raise(answer)
        except inside.CodecError as error:
            self.close()
            self._fail(name, Lost(Verdict.CRASHED, f"its answer could not be read: {error}"))
        except Lost as lost:
            self._fail(name, lost)
        return result

    def _fail(self, name: str, lost: Lost) -> NoReturn:
        self.stopped[name] = self._gone = lost
        self.failures.append(lost.verdict)
        kind = TimeoutError if lost.verdict is Verdict.TIMED_OUT else RuntimeError
        raise _placed(kind(str(lost)), "")

    def _raise(self, answer: dict[str, Any]) -> NoReturn:
        name, text, place = (replies.text(answer, key)[:2000] for key in ("error", "text", "place"))
        self.failures.append(verdict_of_error(name, text))
        raise _placed(replies.error(answer, self.errors), place, inside.sound(answer.get("facts")))

    def _ready(self) -> Sandbox:
        """Return the sandbox: a new one, brought to where the last was, if there is none.

        One that has something to say unasked is not asked anything more: the next cell or
        call would be blamed for it.
        """
        if self._running:
            if self._sandbox is None:
                raise self._gone
            return self._sandbox
        if self._sandbox is not None and self._sandbox.speaks():
            self._end()
        while self._sandbox is None:
            if self._left <= 0:
                raise out_of_time(self.limits.total, whole=True)
            self._sandbox = Sandbox(self.zygote, self.limits, self.files)
            for number, source in enumerate(self._cells):
                try:
                    self._run(source, draws=False)
                except Lost:  # it was well the first time: leave it out and begin again
                    del self._cells[number]
                    break
        return self._sandbox

    def _run(self, source: str, *, draws: bool) -> dict[str, Any]:
        request = {"do": "cell", "source": source, "draws": draws}
        request["output_limit"] = self.limits.output
        return self._ask(request, self.limits.cell)

    def _ask(
        self,
        request: dict[str, Any],
        seconds: float,
        sent: Sequence[Any] = (),
        lent: Mapping[int, Any] | None = None,
    ) -> dict[str, Any]:
        """Send a request and wait for its answer; raise Lost when there is none.

        Meanwhile the functions ``lent``, of what was ``sent``, may be called from inside.
        """
        sandbox = self._sandbox
        assert sandbox is not None
        start = time.monotonic()
        whole = self._left < seconds
        within = bool(self._running)
        if not within:
            self._ends = start + min(seconds, self._left)
        ends = self._ends
        self._turn += 1
        turn = self._turn
        self._running[turn] = list(sent), dict(lent or {})
        try:
            sandbox.send(request | {"turn": turn}, ends)
            answer = sandbox.receive(ends)
            while "asks" in answer:
                reply = self._lend(answer)
                if sandbox.over:  # a call within this one has ended it
                    raise self._gone
                sandbox.send(reply, ends)
                answer = sandbox.receive(ends)
            if answer.get("turn") != turn:
                raise inside.CodecError("an answer out of turn")
            return answer
        except TimeoutError as error:
            raise sandbox.late(seconds, whole=whole) from error
        except (OSError, EOFError) as error:
            raise sandbox.ended() from error
        except inside.CodecError as error:
            sandbox.end()
            raise Lost(Verdict.CRASHED, f"its answer could not be read: {error}") from error
        finally:
            if sandbox.over:
                self._end()
            del self._running[turn]
            if not within:
                self._left -= time.monotonic() - start

    def _lend(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the test's own, of a call that runs."""
        of = asked.get("of")
        if type(of) is not int or of not in self._running:
            raise inside.CodecError("a call of what belongs to no call")
        return replies.to_call(asked, *self._running[of], self._theirs)


def error_output(verdict: Verdict, detail: str = "") -> Output:
    """Return a notebook output of type error that says the verdict in words."""
    lines = [f"{verdict.value}: {SENTENCES[verdict]}", *detail.split("\n")]
    text = "\n".join(line for line in lines if line)
    return {
        "output_type": "error",
        "ename": verdict.value,
        "evalue": text,
        "traceback": text.split("\n"),
    }


def _placed(error: Exception, place: str, facts: dict[str, Any] | None = None) -> Exception:
    error.place = place  # type: ignore[attr-defined]
    error.facts = facts or {}  # type: ignore[attr-defined]
    return error
