"""One submission's conversation with its sandbox: its cells, and calls of its functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from grading.core import SENTENCES, GraderFault, Output, Verdict, verdict_of_error
from grading.sandbox import inside, replies
from grading.sandbox.bubblewrap import Zygote
from grading.sandbox.held import Held, to_send
from grading.sandbox.lasting import Lasting
from grading.sandbox.limits import Limits
from grading.sandbox.opened import Lost

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
        self.limits = limits
        self._sandbox = Lasting(
            zygote,
            limits,
            files,
            lambda asked, sent, lent: replies.to_call(asked, sent, lent, self._theirs),
        )
        self.failures: list[Verdict] = []  # of the calls since the last `begin_test`
        self.calls = 0
        self.watched = 0  # how often the last call has called the function that was watched
        self.stopped: dict[str, Lost] = {}
        self._theirs: dict[int, Any] = {}  # what the student's code returned or changed
        self.held: Held | None = None  # what the present test has made of names
        self.errors: replies.Errors = {}  # the exceptions that the submission defines
        self.fault: GraderFault | None = None  # which a test may have swallowed
        self.stand_ins: set[str] = set()  # the types of what has come that is no plain data

    def run_cell(self, source: str) -> tuple[list[Output], Verdict | None]:
        """Run one cell; return its outputs and the verdict of its failure, if it failed."""
        try:
            answer = self._sandbox.run(source, draws=self.draws)
        except Lost as lost:
            return [error_output(lost.verdict, str(lost))], lost.verdict
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
        """Leave the sandbox as it is now, to come back to; see `Lasting.mark`."""
        self._sandbox.mark(number)

    def back(self) -> int | None:
        """Go back to the latest mark; return its number, or None if there is none."""
        return self._sandbox.back()

    def names(self, names: list[str]) -> dict[str, bool]:
        """Return which of ``names`` the student defined, and whether each is callable.

        ``errors`` then has the exceptions among them.
        """
        try:
            self._sandbox.ready()
            answer = self._sandbox.ask({"do": "names", "names": names}, self.limits.call)
        except Lost:
            return {}
        self.errors = replies.own_errors(answer.get("errors"), names)
        found = answer.get("names")
        return {n: bool(found[n]) for n in names if n in found} if isinstance(found, dict) else {}

    def value(self, name: str) -> Any:
        """Return the plain data that a name stands for."""
        return self._looked(name, {"do": "value", "name": name})

    def about(self, name: str) -> Any:
        """Return what there is to know of a function; see `grading.sandbox.inside.about`."""
        return self._looked(name, {"do": "about", "name": name})

    def _looked(self, name: str, request: dict[str, Any]) -> Any:
        """Ask for what is no call; where it fails it counts as one that failed."""
        before = len(self.failures)
        try:
            return self._finish(name, inside.Table(), request)
        finally:
            self.calls += len(self.failures) - before

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
        if self._sandbox.depth >= DEEPEST:
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
        mine = self._sandbox
        cells = list(mine.cells)

        def ask(calls: Sequence[tuple[Any, ...]]) -> list[Any] | None:
            other = Session(mine.zygote, mine.limits, mine.files, draws=False)
            other._sandbox.cells, other._sandbox.left = cells, mine.left
            try:
                with other:
                    return other._each(name, calls)
            except (Lost, inside.CodecError):
                return None
            finally:
                mine.left = other._sandbox.left

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
                self._sandbox.ready()
                asked = {"do": "calls", "calls": [request for _, request in some]}
                answers = inside.items(
                    self._sandbox.ask(asked, self.limits.call * len(some)).get("answers")
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
        self._sandbox.end()

    def __enter__(self) -> Session:
        """Open nothing yet: the first request does."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the session."""
        self.close()

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
            self._sandbox.ready()
            answer = self._sandbox.ask(request, self.limits.call, table.objects, lent)
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
        self.stopped[name] = self._sandbox.gone = lost
        self.failures.append(lost.verdict)
        kind = TimeoutError if lost.verdict is Verdict.TIMED_OUT else RuntimeError
        raise _placed(kind(str(lost)), "")

    def _raise(self, answer: dict[str, Any]) -> NoReturn:
        name, text, place = (replies.text(answer, key)[:2000] for key in ("error", "text", "place"))
        self.failures.append(verdict_of_error(name, text))
        raise _placed(replies.error(answer, self.errors), place, inside.sound(answer.get("facts")))


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
