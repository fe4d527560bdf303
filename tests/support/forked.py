"""A process of its own, as a copy of one that has everything imported.

To start a Python and to import nbgrader takes two seconds of a processor, and tests do so by the
hundred. Here one is kept that has done it; a copy of it then becomes the process that is wanted:
with a number, folder, environment, arguments and output of its own, and the real command in it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import multiprocessing
import multiprocessing.context
import multiprocessing.forkserver
import multiprocessing.process
import multiprocessing.reduction
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import grading.workers.client
from grading.workers.client import surroundings
from grading.workers.process import main

IMPORTED = [
    *("nbgrader.apps.nbgraderapp", "nbconvert.exporters.exporter", "grading.cli.commands"),
    *("grading.judging", "grading.workers.process"),
]


class Copy:
    """A copy that does something; used like a Popen.

    Parameters
    ----------
    does : callable
        What it does, a function of a module.
    *given : object
        Its arguments.
    """

    def __init__(self, does: Callable[..., None], *given: Any) -> None:
        self._process = _copies().Process(target=does, args=given)
        with _no_main():
            self._process.start()
        # Else this process would wait at its end for one that ends with it.
        multiprocessing.process._children.discard(self._process)  # type: ignore[attr-defined]
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return its exit status, of one that was killed minus the signal; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end; return its exit status, or raise TimeoutError."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid} took more than {seconds:g} seconds")
        return self._process.exitcode

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()


class Forked(Copy):
    """A process that runs what ``python`` would run with some words.

    Parameters
    ----------
    words : sequence of str
        ``-m`` and a module, or ``-c`` and a script, and arguments.
    folder : pathlib.Path
        Where it runs.
    said : pathlib.Path
        The file that takes what it says.
    environment : mapping of str to str, optional
        Its environment; this process's own by default.
    """

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        said: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        variables = dict(os.environ if environment is None else environment)
        super().__init__(_be, words, str(folder), variables, str(said), _found_at_start())


def worker(wire: int, lifeline: int, core: int, folder: str) -> Copy:
    """Start the process of a worker as `grading.workers.client.started` does, but as a copy."""
    path = [one for one in _found_at_start() if one != os.environ.get("PYTHONPATH")]
    handed = [Handed(fd) for fd in (wire, lifeline, 1, 2)]
    variables = dict(os.environ, **surroundings(folder))
    return Copy(_be_worker, handed, core, str(Path.cwd()), variables, path)


class Handed:
    """A descriptor that a copy gets as well: there it is a number."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __reduce__(self) -> tuple[Any, ...]:
        return _taken, (multiprocessing.reduction.DupFd(self._fd),)


def _taken(handed: Any) -> int:
    fd: int = handed.detach()
    return fd


def run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str] | None, seconds: float
) -> tuple[int, str]:
    """Run such a process to its end; return its exit status, and what it said."""
    with tempfile.TemporaryDirectory(prefix="forked-") as place:
        said = Path(place, "said")
        process = Forked(words, folder, said, environment)
        try:
            status = process.wait(seconds)
        finally:
            process.kill()
        return status, said.read_text("utf-8", "replace") if said.exists() else ""


@contextlib.contextmanager
def _no_main() -> Iterator[None]:
    """Hide what this process runs, which a copy would import."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@functools.cache
def _copies() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


@functools.cache
def _found_at_start() -> list[str]:
    """Return where a Python looks for modules when it starts, but for its first place."""
    asked = [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"]
    found: list[str] = json.loads(subprocess.check_output(asked))
    return found


def _be(
    words: Sequence[str], folder: str, environment: Mapping[str, str], said: str, path: list[str]
) -> None:
    """Become the process."""
    with Path(said).open("wb") as file:
        _begin(folder, environment, file.fileno(), file.fileno())
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # Its workers are copies, too, of the same one; without this it would begin another.
    multiprocessing.forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
    grading.workers.client.started = worker  # type: ignore[assignment]
    option, what, *more = words
    sys.path[:] = [folder if option == "-m" else "", *path]
    sys.argv[:] = [what if option == "-m" else "-c", *more]
    try:
        if option == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.exit(1)


def _be_worker(
    handed: list[int], core: int, folder: str, environment: Mapping[str, str], path: list[str]
) -> None:
    """Become the process of a worker."""
    wire, lifeline, out, err = handed
    _begin(folder, environment, out, err)
    sys.path[:] = path
    tempfile.tempdir = None  # it is asked for once
    main(wire, lifeline, core)


def _begin(folder: str, environment: Mapping[str, str], out: int, err: int) -> None:
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
