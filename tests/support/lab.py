"""A real JupyterLab on this machine, with settings and secrets of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat

START = 300  # seconds that the server may take before it answers
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}


class Desk:
    """Somebody's place at a computer: a folder to work in, and Jupyter's own folders beside it.

    Parameters
    ----------
    work : pathlib.Path
        Where JupyterLab is started.
    home : pathlib.Path
        Where settings are kept; it is made.
    python : str
        Of the environment that holds JupyterLab.
    environment : mapping
        Variables.
    """

    def __init__(
        self,
        work: Path,
        home: Path,
        python: str = sys.executable,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.work = work
        self.home = home
        self.python = python
        path = f"{Path(python).parent}{os.pathsep}{environment['PATH']}"
        own = {name: str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        self.environment = {
            **environment,
            **{f"JUPYTER_{name}_DIR": folder for name, folder in own.items()},
            "HOME": str(home),
            "IPYTHONDIR": str(home / "ipython"),
            "PATH": path,
        }
        settings = home / "config/lab/user-settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(NO_NEWS))

    def run(self, *words: str) -> None:
        """Run a command here."""
        subprocess.run(
            words, cwd=self.work, env=self.environment, check=True, capture_output=True, timeout=120
        )

    @contextlib.contextmanager
    def lab(self, *options: str) -> Iterator[Address]:
        """Start JupyterLab with these options; it ends, with its kernels, when the block does."""
        told = self.home / "lab.log"
        words = [self.python, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        words += [
            "--ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--ServerApp.root_dir={self.work}",
            *options,
        ]
        with told.open("wb") as log:
            server = subprocess.Popen(
                words, cwd=self.work, env=self.environment, stdout=log, stderr=log
            )
        try:
            yield self._address(server, told)
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def _address(self, server: subprocess.Popen[bytes], told: Path) -> Address:
        place = self.home / "runtime" / f"jpserver-{server.pid}.json"
        end = time.monotonic() + START
        while server.poll() is None and time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                found = json.loads(place.read_text())
                return Address(found["url"], found["token"])
            time.sleep(0.1)
        raise AssertionError(f"JupyterLab did not start:\n{told.read_text()}")


class Address:
    """Where a server listens, with the token that it asks for."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def of(self, path: str = "") -> str:
        """Return the address of a file in JupyterLab, with its side bars as they are at first."""
        return f"{self.url}lab/tree/{path}?token={self.token}&reset"


def headings(path: Path) -> list[str]:
    """Return the headings of a notebook."""
    texts = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
    return re.findall(r"^#+ (.*)$", "\n".join(texts), re.MULTILINE)
