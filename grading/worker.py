"""A grading worker: one process with one warm zygote that judges submissions in turn.

nbgrader's process changes its folder and environment as it goes, and the formgrader's has
threads; a process of its own keeps the judging apart from both.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from grading import inside
from grading.exam import GraderFault
from grading.judge import judge, run_locked
from grading.session import Session
from grading.wall import Limits, WallError, Zygote

SLACK_SECONDS = 60.0  # for the tests themselves, beyond what a submission may use


class Worker:
    """The handle of a worker process; it starts with the first job and stays warm.

    Parameters
    ----------
    core : int
        The processor that it and its sandboxes keep to, so that a submission which keeps
        its own processor busy slows no other one.
    """

    def __init__(self, core: int) -> None:
        self._core = core
        self._lifeline: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket | None = None
        self._begun: dict[str, Any] | None = None
        self.since = 0.0  # when it began on its job

    def begin(self, job: dict[str, Any]) -> None:
        """Start on a job; `grade` with the same job waits for it."""
        wire = self._start()
        wire.settimeout(SLACK_SECONDS)
        inside.send(wire, job)
        self._begun = job
        self.since = time.monotonic()

    def has_begun(self, job: dict[str, Any] | None) -> bool:
        """Say whether it is at this job; None: at none."""
        return self._begun == job

    def grade(self, job: dict[str, Any]) -> dict[str, Any]:
        """Judge one submission.

        Parameters
        ----------
        job : dict
            ``cells`` as in `grading.judge.judge`; ``reference``: the source notebook's
            locked and solution cells, as pairs of grade id and source; ``files``: the
            assignment's own, name to bytes; ``seed``; ``limits``.

        Returns
        -------
        dict
            ``cells``, what `grading.judge.judge` returns; ``seconds`` that it took;
            ``landlock``, the version that the kernel has.

        Raises
        ------
        GraderFault
            When anything on this side failed. The next job starts a new process.
        """
        try:
            if self._begun is not None and self._begun != job:
                self._answer()  # of a job that is not wanted after all
            if self._begun is None:
                self.begin(job)
            answer = self._answer()
        except (OSError, EOFError, inside.CodecError) as error:
            self.close()
            raise GraderFault(f"the grading process did not answer: {error!r}") from error
        if "fault" in answer:
            self.close()
            raise GraderFault(answer["fault"])
        return answer

    def close(self) -> None:
        """End the process, its zygote and every sandbox."""
        if self._wire is not None:
            self._wire.close()
        if self._lifeline is not None:
            os.close(self._lifeline)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._wire = self._begun = self._lifeline = None

    def _answer(self) -> dict[str, Any]:
        assert self._wire is not None
        assert self._begun is not None
        # Two sandboxes, each with its own limit.
        seconds = 2 * self._begun["limits"]["total"] + SLACK_SECONDS
        answer = inside.receive(self._wire, time.monotonic() + seconds)
        self._begun = None
        return answer

    def _start(self) -> socket.socket:
        if self._wire is not None:
            return self._wire
        self._wire, theirs = socket.socketpair()
        end, self._lifeline = os.pipe()
        # The working folder is left out of the path: a course may hold any file.
        start = "import sys; from grading.worker import main; main(*map(int, sys.argv[1:]))"
        words = [str(number) for number in (theirs.fileno(), end, self._core)]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", start, *words],
            pass_fds=[theirs.fileno(), end],
            stdin=subprocess.DEVNULL,
            env=dict(os.environ, MPLBACKEND="agg", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"),
        )
        theirs.close()
        os.close(end)
        return self._wire


class Pool:
    """A few workers, so that the next submissions are judged while nbgrader saves this one.

    Marks do not depend on it: a job that was begun ahead counts only if the one that is
    graded in the end is equal to it.

    Parameters
    ----------
    most : int
        How many submissions are judged at one time; fewer where there are fewer processors.
    """

    def __init__(self, most: int) -> None:
        cores = getattr(os, "sched_getaffinity", lambda _: [0])(0)  # macOS knows of none
        self.workers = [Worker(core) for core in sorted(cores)[:most]]

    def has_begun(self, job: dict[str, Any]) -> bool:
        """Say whether a worker is at this job."""
        return any(worker.has_begun(job) for worker in self.workers)

    def idle(self) -> bool:
        """Say whether a worker has nothing to do."""
        return any(worker.has_begun(None) for worker in self.workers)

    def begin(self, job: dict[str, Any]) -> None:
        """Start on a job, if a worker is idle."""
        for worker in self.workers:
            if worker.has_begun(None):
                try:
                    worker.begin(job)
                except OSError:
                    worker.close()  # it starts anew when `grade` comes to this job
                return

    def grade(self, job: dict[str, Any]) -> dict[str, Any]:
        """Judge one submission; see `Worker.grade`."""

        def rank(worker: Worker) -> tuple[int, float]:
            fit = 0 if worker.has_begun(job) else 1 if worker.has_begun(None) else 2
            return fit, worker.since  # of equal jobs the oldest is ready first

        return min(self.workers, key=rank).grade(job)

    def close(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.close()


def main(fd: int, lifeline: int, core: int) -> None:
    """Be the worker process: answer jobs until the other side hangs up.

    Parameters
    ----------
    fd : int
        Descriptor of the socket on which jobs come.
    lifeline : int
        Descriptor of a pipe that ends when nbgrader's process does. Then all ends here,
        whatever is being judged.
    core : int
        The processor to keep to.
    """
    threading.Thread(target=_follow, args=[lifeline], daemon=True).start()
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {core})
    wire = socket.socket(fileno=fd)
    zygote: Zygote | None = None
    references: dict[bytes, dict[str, Any]] = {}
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            job = inside.receive(wire)
            start = time.monotonic()
            try:
                zygote = zygote or Zygote()
                with TemporaryDirectory(prefix="grading-") as folder:
                    for name, data in job["files"].items():
                        path = Path(folder, name)
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(data)
                    os.chdir(folder)
                    answer: dict[str, Any] = {"cells": run(job, zygote, references)}
                    os.chdir("/")
                answer["seconds"] = round(time.monotonic() - start, 2)
                answer["landlock"] = zygote.landlock
            except WallError as error:
                answer = {"fault": str(error)}
            except Exception as error:
                answer = {"fault": f"{type(error).__name__}: {error}"}
            inside.send(wire, answer)


def _follow(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGKILL)  # and with it bubblewrap, and all behind it


def run(
    job: dict[str, Any], zygote: Zygote, references: dict[bytes, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Judge one job in a session of its own; keep the reference for the next one."""
    key = repr(job["reference"]).encode()
    if key not in references:
        references.clear()
        references[key] = read_reference(job["reference"])
    limits = Limits(**job["limits"])
    return judge(
        job["cells"],
        lambda draws: Session(zygote, limits, job["files"], draws=draws),
        references[key],
        job["seed"],
    )


def read_reference(cells: list[list[str]]) -> dict[str, Any]:
    """Run the source notebook's locked and solution cells; return its functions."""
    space: dict[str, Any] = {"__name__": "reference"}
    with contextlib.redirect_stdout(io.StringIO()):
        for name, source in cells:
            run_locked(source, name, space)
    return {name: value for name, value in space.items() if callable(value)}
