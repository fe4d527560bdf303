"""The process of a worker: one warm zygote, and the pipeline of the lesson that it grades."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import logging
import os
import py_compile
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from grading.core import GraderFault, library_versions
from grading.sandbox import SCRATCH, Zygote, receive, send
from grading.workers.cost import limit_memory
from grading.workers.jobs import Done, Job

if TYPE_CHECKING:
    from grading.judging import Pipeline

# jsonschema would import it to look at international addresses, of which a notebook has none.
# It takes a second.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def main(fd: int, lifeline: int, core: int) -> None:
    """Be the worker process: answer jobs until the other side hangs up.

    Parameters
    ----------
    fd : int
        Descriptor of the socket on which jobs come.
    lifeline : int
        Descriptor of a pipe that ends when the process that started this one does. Then
        all ends here, whatever is being judged.
    core : int
        The processor to keep to; -1 is any.
    """
    end_with(lifeline)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other side says when it is over
    wire = socket.socket(fileno=fd)
    try:
        warm = Warm(core)
        # Who goes with an answer unread resets the connection.
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                asked = receive(wire)
                try:
                    answer = warm.do(Job.unpack(asked)).pack()
                except GraderFault as error:
                    answer = {"fault": str(error)}
                except MemoryError:
                    answer = {"memory": True}
                except Exception as error:
                    answer = {"fault": f"{type(error).__name__}: {error}"}
                send(wire, answer)
    except Exception:
        traceback.print_exc()
    finally:
        _leave()


class Warm:
    """What a worker process keeps warm: a zygote, and the pipeline of its last lesson.

    Parameters
    ----------
    core : int
        The processor to keep to once all is warm; -1 is any.
    """

    def __init__(self, core: int = -1) -> None:
        with ThreadPoolExecutor(1) as beside:  # it takes a second, and so does a zygote
            beside.submit(importlib.import_module, "grading.judging")
            self._zygote: Zygote | GraderFault
            try:
                self._zygote = Zygote(core)  # it ends with the thread that started it
            except GraderFault as error:  # each job is to say so
                self._zygote = error
        if core >= 0:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, {core})
        limit_memory()  # the sandboxes, which have limits of their own, descend from the zygote
        self._pipeline: Pipeline | None = None
        self._lesson = b""
        self._folder = ""

    def do(self, job: Job) -> Done:
        """Do one job, in a folder of its own."""
        from grading.store import Unusable

        start = time.monotonic()
        if isinstance(self._zygote, GraderFault):
            raise self._zygote
        pipeline = self._learn(job.lesson, self._zygote)
        said = Said()
        pipeline.log.addHandler(said)
        try:
            with TemporaryDirectory(prefix="grading-") as folder:
                pipeline.lesson.lay_out(folder)
                os.chdir(folder)
                met = Unusable(job.met.verdict, job.met.why) if job.met else None
                graded = {
                    name: pipeline.grade(job.student, name, one, job.seed, met)
                    for name, one in job.grade.items()
                }
                drawn = {n: pipeline.draw(job.student, n, one, met) for n, one in job.draw.items()}
                judged = tuple(pipeline.judge_versions(job.versions)) if job.versions else ()
        finally:
            os.chdir("/")
            pipeline.log.removeHandler(said)
        seconds = round(time.monotonic() - start, 2)
        log = tuple(said.lines)
        landlock = self._zygote.landlock
        # What holds the memory: the kernel, by a control group, or the keeper alone, by counting.
        versions = library_versions() | {"cgroup": "2" if self._zygote.groups else "0"}
        return Done(graded, drawn, judged, log, seconds, landlock, versions)

    def _learn(self, packed: bytes, zygote: Zygote) -> Pipeline:
        """Return the pipeline of a lesson: a new one, unless it is the last one."""
        from grading.assignment import AssignmentSpec, loaded
        from grading.judging import Pipeline

        digest = hashlib.sha256(packed).digest()
        if self._pipeline is not None and digest == self._lesson:
            return self._pipeline
        lesson = AssignmentSpec.unpack(packed)
        # A lesson's tests import its own modules, which need not be those of this machine.
        place = TemporaryDirectory(prefix="lesson-")
        lesson.lay_out(place.name)
        sys.path[:] = [place.name, *(path for path in sys.path if path != self._folder)]
        self._folder, self._place = place.name, place
        for name in loaded(lesson.files):
            del sys.modules[name]
        pipeline = Pipeline(lesson, zygote, compiled(Path(place.name), lesson.files))
        pipeline.log.setLevel(logging.INFO)
        pipeline.log.propagate = False
        self._pipeline, self._lesson = pipeline, digest
        return pipeline


def compiled(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return the byte code of modules in a folder, which each sandbox would compile anew.

    It is used only while the source is the same.
    """
    found = {}
    for name in names:
        if name.endswith(".py"):
            with contextlib.suppress(py_compile.PyCompileError):  # its own cell will say so
                code = Path(importlib.util.cache_from_source(name))
                py_compile.compile(
                    str(folder / name),
                    str(folder / code),
                    f"{SCRATCH}/{name}",
                    doraise=True,
                    invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
                )
                found[str(code)] = (folder / code).read_bytes()
    return found


class Said(logging.Handler):
    """Keeps what is logged, to be logged again on the other side."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append((record.levelno, record.getMessage()))


PATIENCE = 2.0  # seconds that the main thread may take to hear that it is over
_leaving = threading.Lock()


def end_with(lifeline: int) -> None:
    """End this process when the pipe does; call it in the main thread.

    That thread itself puts away what it has written, so that it writes nothing meanwhile.
    Only where it does not hear, within a long piece of C, is it done beside it.
    """

    def hear(number: int, frame: object) -> None:
        if not _leaving.locked():
            _leave()

    def follow() -> None:
        os.read(lifeline, 1)
        signal.pthread_kill(main_thread, signal.SIGUSR1)
        time.sleep(PATIENCE)
        _leave()

    main_thread = threading.get_ident()
    signal.signal(signal.SIGUSR1, hear)
    threading.Thread(target=follow, daemon=True).start()


def _leave() -> None:
    """End this process at once, and with it bubblewrap and all behind it; leave nothing."""
    _leaving.acquire()  # two threads may get here
    place = Path(gettempdir())  # of this process alone, see `grading.workers.client`
    gone = place.with_suffix(".gone")  # so that nothing new is written into it
    with contextlib.suppress(OSError):
        place.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
    os.kill(os.getpid(), signal.SIGKILL)
