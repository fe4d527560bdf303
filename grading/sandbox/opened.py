"""An open sandbox: what its two sockets carry, and how it ended."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Mapping
from typing import Any

from grading.core import GraderFault, Verdict
from grading.sandbox import inside
from grading.sandbox.bubblewrap import START_SECONDS, Zygote
from grading.sandbox.limits import Limits


class Lost(Exception):
    """The sandbox is gone: it was late, it ended, or it spoke nonsense."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.verdict = verdict


class Sandbox:
    """One sandbox, from its opening to its end.

    Its runner is the student's: whatever comes from there may be a lie. Its keeper is ours.

    Parameters
    ----------
    zygote : Zygote
    limits : Limits
    files : mapping of str to bytes
        What is laid into the scratch folder.

    Raises
    ------
    GraderFault
        When it does not open.
    """

    def __init__(self, zygote: Zygote, limits: Limits, files: Mapping[str, bytes]) -> None:
        self.limits = limits
        self.over = False
        self._wire, self._status, self._group = zygote.open(limits)
        self._last: dict[str, Any] = {}  # what the keeper has said of the end
        deadline = time.monotonic() + START_SECONDS
        try:
            ready = inside.receive(self._wire, deadline)
            if "fault" in ready:
                raise GraderFault(f"a sandbox did not open: {ready['fault']}")
            self.send({"do": "files", "files": dict(files), "turn": 0}, deadline)
            self.receive(deadline)
        except (OSError, EOFError, inside.CodecError) as error:
            raise GraderFault(f"a sandbox did not open: {self.end() or error!r}") from error

    def speaks(self) -> bool:
        """Say whether the runner has something to say unasked, or has ended."""
        return bool(select.select([self._wire], [], [], 0)[0])

    def send(self, message: dict[str, Any], deadline: float) -> None:
        """Send the runner a message; TimeoutError when it does not take it."""
        self._wire.settimeout(max(deadline - time.monotonic(), 1e-3))
        inside.send(self._wire, message)

    def receive(self, deadline: float) -> dict[str, Any]:
        """Receive a message of the runner's; see `inside.receive`."""
        return inside.receive(self._wire, deadline)

    def keeper(self, what: str) -> dict[str, Any]:
        """Ask the keeper; its answer is empty if it has ended the sandbox."""
        with contextlib.suppress(OSError, EOFError, inside.CodecError):
            inside.send(self._status, {"do": what})
            answer = inside.receive(self._status, time.monotonic() + START_SECONDS)
            if "exit" not in answer:
                return answer
            self._last = answer
        return {}

    def late(self, seconds: float, *, whole: bool) -> Lost:
        """End it as its time is over; return what became of it.

        Who is late may have met another limit before, which says more.
        """
        met = self.keeper("met").get("met")
        if "memory" in (met, self.end().get("why")):
            return self._too_large()
        limit = self.limits.total if whole else seconds
        if met == "processes":
            most = self.limits.processes
            return Lost(
                Verdict.TOO_MANY_PROCESSES,
                f"stopped after {limit:g} seconds, with {most} processes and threads: "
                "as many as a submission may have",
            )
        return out_of_time(limit, whole=whole)

    def ended(self) -> Lost:
        """Return what became of it, as it has ended by itself."""
        if self.end().get("why") == "memory":
            return self._too_large()
        return Lost(Verdict.CRASHED, "the process that ran it ended")

    def end(self) -> dict[str, Any]:
        """Close it and end everything that runs in it; return what its keeper says of the end."""
        if not self.over:
            self.over = True
            with (
                self._wire,
                self._status,
                contextlib.suppress(OSError, EOFError, inside.CodecError),
            ):
                self._status.shutdown(socket.SHUT_WR)
                self._last = inside.receive(self._status, time.monotonic() + START_SECONDS)
            if self._group:
                if self._group.met():
                    self._last = {**self._last, "why": "memory"}
                self._group.close()
        return self._last

    def _too_large(self) -> Lost:
        most = self.limits.memory // 2**20
        return Lost(
            Verdict.OUT_OF_MEMORY,
            f"stopped at {most} MiB, the limit for all processes of a submission",
        )


def out_of_time(seconds: float, *, whole: bool) -> Lost:
    """Return what becomes of a step, or of the whole submission, that has taken so long."""
    what = "the whole submission" if whole else "one step"
    return Lost(Verdict.TIMED_OUT, f"stopped after {seconds:g} seconds, the limit for {what}")
