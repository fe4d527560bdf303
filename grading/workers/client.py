"""The handle of a worker: another process, which grades submissions in turn.

nbgrader changes folder and environment as it goes, and the formgrader's process has
threads; a process of its own keeps the judging apart from both.
"""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from tempfile import mkdtemp

from grading.core import GraderFault, Verdict
from grading.sandbox import CodecError, receive, send
from grading.workers.cost import MEMORY, SECONDS, Cost, cost
from grading.workers.jobs import Job, Met, Packed

START_SECONDS = 120.0  # for a worker to be warm, on a machine that is busy
SLACK_SECONDS = 60.0  # for the tests themselves, beyond what a submission may use
SANDBOXES = 2  # that one notebook uses at most, each with its own limit


LOOK_SECONDS = 0.1  # between two looks at what a job costs


class WorkerLost(GraderFault):
    """The worker's process ended, or did not answer."""


class LimitMet(GraderFault):
    """What judging a submission may cost on this side was not enough."""

    def __init__(self, verdict: Verdict, amount: str) -> None:
        self.met = Met(
            verdict,
            f"Judging this took more than {amount} on the grader's side, which is more than one "
            "submission may cost. Look for values, outputs or texts that are far too large.",
        )
        super().__init__(self.met.why)


class WorkerClient:
    """The handle of a worker process; it starts with the first job and stays warm.

    Parameters
    ----------
    core : int
        The processor that it and its sandboxes keep to, so that a submission which keeps
        its own processor busy slows no other one; -1 is any.

    Attributes
    ----------
    over : bool
        Whether it has been ended.
    """

    def __init__(self, core: int = -1) -> None:
        self._core = core
        self.over = False
        self._lock = threading.Lock()
        self._lifeline: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket | None = None
        self._folder = ""  # for what the process writes; it is ended before it can clear up

    def do(self, job: Job) -> Packed:
        """Do one job; return a packed `Done`, which whoever wants it unpacks.

        Raises
        ------
        LimitMet
            When it has cost more than a submission may.
        WorkerLost
            When the process ended. The next job starts a new one.
        GraderFault
            When anything else on this side failed.
        """
        try:
            wire = self.start()
            wire.settimeout(SLACK_SECONDS)
            send(wire, job.pack())
            answer = self._answer(wire, job)
        except LimitMet:
            self.close()
            raise
        except (OSError, EOFError, CodecError) as error:
            self.close()
            raise WorkerLost(f"the grading process did not answer: {error!r}") from error
        if "fault" in answer:
            self.close()
            raise GraderFault(answer["fault"])
        if "memory" in answer:
            self.close()
            raise too_large()
        return answer

    def _answer(self, wire: socket.socket, job: Job) -> Packed:
        """Wait for the answer, and watch meanwhile what it costs."""
        process = self._process
        assert process is not None
        late = time.monotonic() + START_SECONDS + SLACK_SECONDS
        late += SANDBOXES * job.size * job.seconds
        before = cost(process.pid) or Cost(0.0, 0)
        most = before.memory
        while not select.select([wire], [], [], LOOK_SECONDS)[0]:
            now = cost(process.pid) or before
            most = max(most, now.memory)
            if now.memory > MEMORY:
                raise too_large()
            if now.seconds - before.seconds > SECONDS * job.size:
                raise LimitMet(Verdict.TIMED_OUT, f"{SECONDS * job.size:g} seconds")
            if time.monotonic() > late:
                raise TimeoutError("it takes too long")
        try:
            return receive(wire, late + SLACK_SECONDS)
        except (OSError, EOFError):
            # Where memory is refused, some libraries end the process.
            if most > MEMORY // 2:
                raise too_large() from None
            raise

    def end(self) -> None:
        """Close for good; a thread that waits for an answer gets WorkerLost."""
        self.over = True
        self.close()

    def close(self) -> None:
        """End the process, its zygote and every sandbox."""
        with self._lock:
            wire, self._wire = self._wire, None
            process, self._process = self._process, None
            lifeline, self._lifeline = self._lifeline, None
            folder, self._folder = self._folder, ""
        if process is not None:
            process.kill()
            process.wait()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        if lifeline is not None:
            os.close(lifeline)
        if wire is not None:
            wire.close()

    def start(self) -> socket.socket:
        """Start the process, if there is none, and return the socket to it."""
        with self._lock:
            if self.over:
                raise EOFError("it was ended")
            return self._wire or self._new()

    def _new(self) -> socket.socket:
        self._wire, theirs = socket.socketpair()
        end, self._lifeline = os.pipe()
        self._folder = mkdtemp(prefix="grading-")
        self._process = started(theirs.fileno(), end, self._core, self._folder)
        theirs.close()
        os.close(end)
        return self._wire


def started(wire: int, lifeline: int, core: int, folder: str) -> subprocess.Popen[bytes]:
    """Start the process of a worker; see `grading.workers.process.main`.

    Parameters
    ----------
    wire, lifeline, core : int
        What it is told.
    folder : str
        For what it writes.
    """
    # The working folder is left out of the path: a course may hold any file.
    start = "import sys; from grading.workers.process import main; main(*map(int, sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-I", "-c", start, *map(str, (wire, lifeline, core))],
        pass_fds=[wire, lifeline],
        stdin=subprocess.DEVNULL,
        env=dict(os.environ, **surroundings(folder)),
    )


def surroundings(folder: str) -> dict[str, str]:
    """Return what is different in the environment of a worker."""
    return {
        "TMPDIR": folder,
        "MPLBACKEND": "agg",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def too_large() -> LimitMet:
    """Return what it is to have taken too much memory."""
    return LimitMet(Verdict.OUT_OF_MEMORY, f"{MEMORY // 2**20} MiB of memory")
