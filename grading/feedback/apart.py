"""Pages made in a process of their own, each with limits: the last line behind all bounds of text.

A library that is given a student's text may need more time or memory than anybody has thought of,
and some end their process where there is no memory left. Then this one page is not made.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import stat
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from grading.core import GraderFault, sentence

SECONDS = 60.0  # for one page; as a rule it takes less than one
MEMORY = 2**30  # bytes beyond those that the process begins with
_LOOK = "Something in this notebook is far larger than it looks; look at it as text."
LATE = f"making it took longer than {SECONDS:g} seconds, the limit for one page. {_LOOK}"
LARGE = f"making it took more than {MEMORY // 2**20} MiB, the limit for one page. {_LOOK}"


class Apart:
    """A process that does one kind of work, one piece after the other.

    It begins as a copy of this one, with the first piece, and again behind one that met a limit.
    Where a process cannot be copied so, the work is done here, without limits.

    Parameters
    ----------
    work : callable
        Takes and returns what can be pickled.
    begin : callable
        Called in each new process first.
    """

    def __init__(
        self, work: Callable[[Any], Any], begin: Callable[[], None] = lambda: None
    ) -> None:
        self._work, self._begin = work, begin
        self._pipe: Connection | None = None
        self._process = 0

    def do(self, given: Any) -> Any:
        """Do a piece of work; return what comes of it.

        Raises
        ------
        GraderFault
            In a sentence: the limit that it met, or whatever else went wrong.
        """
        if sys.platform != "linux":
            if not self._process:
                self._begin()
            self._process = os.getpid()
            return self._work(given)
        pipe = self._pipe or self._start()
        try:
            pipe.send(given)
            why, found = pipe.recv()
        except (EOFError, OSError):
            raise GraderFault(LATE if self.close() == signal.SIGALRM else LARGE) from None
        if why == LARGE:
            self.close()
        if why:
            raise GraderFault(why)
        return found

    def close(self) -> int:
        """End the process when its piece of work is done; return the signal that has ended it."""
        if self._pipe is None:
            return 0
        self._pipe.close()
        self._pipe = None
        with contextlib.suppress(ChildProcessError):  # another waited for it
            _, status = os.waitpid(self._process, 0)
            return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return 0

    def _start(self) -> Connection:
        self._pipe, theirs = Pipe()
        self._process = os.fork()
        if self._process == 0:
            self._serve(theirs)
        theirs.close()
        return self._pipe

    def _serve(self, pipe: Connection) -> NoReturn:
        try:
            gc.freeze()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other side says when it is over
            for number in (signal.SIGTERM, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            let_go(pipe.fileno())
            self._begin()
            most = memory() + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
            while True:
                given = pipe.recv()
                signal.setitimer(signal.ITIMER_REAL, SECONDS)
                try:
                    answer = "", self._work(given)
                except MemoryError:
                    answer = LARGE, None
                except Exception as error:
                    answer = sentence(error), None
                signal.setitimer(signal.ITIMER_REAL, 0)
                try:
                    pipe.send(answer)
                except Exception as error:  # it cannot be pickled, and nothing is sent yet
                    pipe.send((sentence(error), None))
        except EOFError:
            os._exit(0)
        finally:
            os._exit(1)


def let_go(kept: int) -> None:
    """Hold no connection of the process that this one was copied from: nobody else could end it.

    Its number stays taken, since what had it may still close it.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for path in list(Path("/proc/self/fd").iterdir()):
        number = int(path.name)
        with contextlib.suppress(OSError):
            if number not in (0, 1, 2, kept) and stat.S_ISSOCK(os.fstat(number).st_mode):
                os.dup2(nothing, number)
    os.close(nothing)


def memory() -> int:
    """Return the bytes of memory that this process has asked for."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
