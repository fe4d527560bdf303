"""A sandbox that lasts: one that has ended is opened anew, and brought to where it was."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grading.core import Verdict
from grading.sandbox import inside
from grading.sandbox.bubblewrap import Zygote
from grading.sandbox.limits import Limits
from grading.sandbox.opened import Lost, Sandbox, out_of_time

# What calls a function of the test's own: as it was asked for, what was sent, and the functions
# among it.
Lend = Callable[[dict[str, Any], list[Any], dict[int, Any]], dict[str, Any]]


class Lasting:
    """Ask a sandbox; open one where there is none, and run in it again the cells that have run.

    Parameters
    ----------
    zygote : Zygote
    limits : Limits
    files : mapping of str to bytes
        The assignment's own files, laid into the scratch folder.
    lend : callable
        Calls a function of the test's own where the submission asks for it.

    Attributes
    ----------
    cells : list of str
        What a new sandbox has to run again.
    left : float
        Seconds for all that is still to be asked.
    gone : Lost
        What became of the sandbox in which something has ended last.
    """

    def __init__(
        self, zygote: Zygote, limits: Limits, files: Mapping[str, bytes], lend: Lend
    ) -> None:
        self.zygote = zygote
        self.limits = limits
        self.files = dict(files)
        self.cells: list[str] = []
        self.left = limits.total
        self.gone = Lost(Verdict.CRASHED, "the process that ran it ended")
        self._lend = lend
        # Of the calls that run, each within the one before, by turn: what was sent, and the
        # functions among it.
        self._running: dict[int, tuple[list[Any], dict[int, Any]]] = {}
        self._ends = 0.0  # when the first of them has to be done
        self._turn = 0
        # What can be gone back to, the latest at the end, and how many cells had run there.
        self._marks: list[tuple[int, int]] = []
        self._sandbox: Sandbox | None = None

    @property
    def depth(self) -> int:
        """How many calls run, each within the one before."""
        return len(self._running)

    def run(self, source: str, *, draws: bool) -> dict[str, Any]:
        """Run one cell, which a new sandbox will run again, and return its answer."""
        self.ready()
        answer = self._run(source, draws=draws)
        self.cells.append(source)
        return answer

    def mark(self, number: int) -> None:
        """Leave the sandbox's process as it is now, to come back to, and go on in a copy.

        It need not succeed: see `back`.
        """
        with contextlib.suppress(Lost):
            if not self.ready().keeper("mark").get("marked"):
                return
            if self.ask({"do": "mark"}, self.limits.call).get("marked") is True:
                self._marks.append((number, len(self.cells)))
            else:
                self.end()

    def back(self) -> int | None:
        """Go back to the latest mark, once; return its number, or None if there is none.

        A sandbox that ends takes its marks along.
        """
        with contextlib.suppress(Lost):
            sandbox = self.ready() if self._marks else None
            if sandbox is not None and self._marks:
                self.ask({"do": "back"}, self.limits.call)
                number, ran = self._marks.pop()
                if sandbox.keeper("back").get("back"):
                    del self.cells[ran:]
                    return number
                self.end()
        return None

    def end(self) -> None:
        """End the sandbox, if there is one, and all that runs in it."""
        if self._sandbox is not None:
            self._sandbox.end()
        self._sandbox = None
        self._marks = []

    def ready(self) -> Sandbox:
        """Return the sandbox: a new one, brought to where the last was, if there is none.

        One that has something to say unasked is not asked anything more: the next cell or
        call would be blamed for it.

        Raises
        ------
        Lost
            When there is no time left, or the sandbox in which a call runs has ended.
        """
        if self._running:
            if self._sandbox is None:
                raise self.gone
            return self._sandbox
        if self._sandbox is not None and self._sandbox.speaks():
            self.end()
        while self._sandbox is None:
            if self.left <= 0:
                raise out_of_time(self.limits.total, whole=True)
            self._sandbox = Sandbox(self.zygote, self.limits, self.files)
            for number, source in enumerate(self.cells):
                try:
                    self._run(source, draws=False)
                except Lost:  # it was well the first time: leave it out and begin again
                    del self.cells[number]
                    break
        return self._sandbox

    def _run(self, source: str, *, draws: bool) -> dict[str, Any]:
        request = {"do": "cell", "source": source, "draws": draws}
        request["output_limit"] = self.limits.output
        return self.ask(request, self.limits.cell)

    def ask(
        self,
        request: dict[str, Any],
        seconds: float,
        sent: Sequence[Any] = (),
        lent: Mapping[int, Any] | None = None,
    ) -> dict[str, Any]:
        """Send a request to the sandbox that is ready, and wait for its answer.

        Meanwhile the functions ``lent``, of what was ``sent``, may be called from inside.

        Raises
        ------
        Lost
            When there is no answer; the sandbox has ended then.
        """
        sandbox = self._sandbox
        assert sandbox is not None
        start = time.monotonic()
        whole = self.left < seconds
        within = bool(self._running)
        if not within:
            self._ends = start + min(seconds, self.left)
        ends = self._ends
        self._turn += 1
        turn = self._turn
        self._running[turn] = list(sent), dict(lent or {})
        try:
            sandbox.send(request | {"turn": turn}, ends)
            answer = sandbox.receive(ends)
            while "asks" in answer:
                of = answer.get("of")
                if type(of) is not int or of not in self._running:
                    raise inside.CodecError("a call of what belongs to no call")
                reply = self._lend(answer, *self._running[of])
                if sandbox.over:  # a call within this one has ended it
                    raise self.gone
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
                self.end()
            del self._running[turn]
            if not within:
                self.left -= time.monotonic() - start
