"""Run a command of nbgrader's or the grader's in this process, as if it were one of its own.

To start a Python, import nbgrader and warm a worker takes seconds, and a mark takes a twentieth of
one. Here all of it is there already. The commands are the real ones, with their real sandbox; but
the workers are those of the last command, as they would be in a longer one.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import queue
import runpy
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from nbgrader.apps.nbgraderapp import NbGraderApp
from traitlets.config import SingletonConfigurable

import grading.autograde.converter
import grading.cli
import grading.cli.commands
import grading.workers
import grading.workers.client
from grading.workers.client import WorkerClient
from tests.support import forked

os.environ["COLUMNS"] = "200"  # a table is in one piece, unless a test wants it narrower


class WarmExecutor(grading.workers.LocalExecutor):
    """The same workers for each command; they end with this process."""

    _kept: ClassVar[list[WorkerClient]] = []

    def __init__(self, size: int = 0) -> None:
        super().__init__(size)
        self._kept.extend(self._workers[len(self._kept) :])
        self._workers = self._kept[: self.size]
        self._idle = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def warm(self, most: int) -> WarmExecutor:
        """Start none before its first job."""
        return self

    def close(self) -> None:
        """Keep them."""
        self._threads.shutdown(cancel_futures=True)


def run(words: Sequence[str], folder: Path) -> tuple[int, str]:
    """Run a command as ``python -m`` would, in a folder.

    Returns
    -------
    int
        Its exit status.
    str
        What it printed and logged.
    """
    said = io.StringIO()
    with (
        _set_aside(folder, words),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        try:
            status = _command(words[0])(list(words[1:]))
        except SystemExit as stop:
            if isinstance(stop.code, str):
                print(stop.code, file=said)
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except Exception:
            traceback.print_exc()
            status = 1
    return int(status or 0), said.getvalue()


def _command(module: str) -> Callable[[list[str]], int | None]:
    if module == "nbgrader":
        return lambda words: NbGraderApp.launch_instance(words)
    if module == "grading":
        return grading.cli.main
    return lambda words: runpy.run_module(module, run_name="__main__") and None


@contextlib.contextmanager
def _set_aside(folder: Path, words: Sequence[str]) -> Iterator[None]:
    """Put what belongs to a process in place, and back afterwards."""
    home, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    arguments, environment = list(sys.argv), dict(os.environ)
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in (grading.workers, grading.autograde.converter, grading.cli.commands):
            patch.setattr(module, "LocalExecutor", WarmExecutor)
        patch.setattr(grading.workers.client, "started", forked.worker)
        # nbgrader looks for alembic, which lies beside this Python.
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        sys.argv[:] = words
        _forget_instances()
        try:
            yield
        finally:
            _forget_instances()
            os.chdir(home)
            sys.path[:], sys.argv[:] = path, arguments
            os.environ.clear()
            os.environ.update(environment)
            root.setLevel(level)
            root.handlers[:] = handlers
            for name in set(sys.modules) - modules:  # a course's own
                file = getattr(sys.modules[name], "__file__", None) or ""
                if file.startswith(str(folder)):
                    del sys.modules[name]


def _forget_instances(cls: type = SingletonConfigurable) -> None:
    """Forget the one instance of every application: each command has its own."""
    for one in cls.__subclasses__():
        _forget_instances(one)
        if one.__module__.partition(".")[0] in ("nbgrader", "grading") and hasattr(
            one, "clear_instance"
        ):
            one.clear_instance()
