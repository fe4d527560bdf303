"""A machine set up for a class: its own Python, the course, and people who are Unix users."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from tests.support.course import ROOT

PROXY = re.findall(r"configurable-http-proxy@\S+", (ROOT / "docs/jupyterhub.md").read_text("utf-8"))


def why_not() -> str:
    """Say why no hub can run here; nothing if one can."""
    if importlib.util.find_spec("jupyterhub") is None:
        return "there is no JupyterHub here: make .venv/with-hub"
    if os.geteuid() != 0:
        return "it makes Unix users and runs servers as them, which only root can"
    for program, package in [("useradd", "passwd"), ("npm", "npm"), ("node", "nodejs")]:
        if shutil.which(program) is None:
            return f"there is no {program} here: apt-get install {package}"
    if not python():
        return "other users cannot run this Python; take one in /usr: make PYTHON=/usr/bin/python3"
    return ""


def run(*words: str | Path, **more: Any) -> str:
    """Run a command; return what it said, and fail with that if it does."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, **more)
    assert done.returncode == 0, f"{words} exited {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


class Unavailable(Exception):
    """A part that comes from the network cannot be had here; the text says which."""


class Server:
    """A machine with the course on it: its own Python, proxy, groups, users and folders.

    Parameters
    ----------
    place : pathlib.Path
        A folder that everyone on the machine can reach.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.tag = f"smfs-{secrets.token_hex(2)}"
        self.python = place / "python" / "bin" / "python"
        self.folder = place / "srv"
        self.course = "sequence-models"
        self.account = f"{self.tag}-course"
        self.passwords: dict[str, str] = {}

    def install(self) -> None:
        """Install the course as docs/jupyterhub.md says, and set it up.

        The packages are those of this Python, so that little is fetched.

        Raises
        ------
        Unavailable
            If what is fetched cannot be had.
        """
        repository = self.place / "repository"
        repository.mkdir(0o700)  # it holds the answers
        names = run("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT).split("\0")
        for name in filter(None, names):
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, repository / name)
        here, there = Path(sys.prefix), self.python.parents[1]
        run(python(), "-m", "venv", "--without-pip", there)
        for part in ("lib", "etc", "share"):
            shutil.copytree(
                here / part, there / part, symlinks=True, copy_function=link, dirs_exist_ok=True
            )
        for path in (here / "bin").iterdir():  # scripts name their Python at the start
            text = path.read_bytes() if path.is_file() else b""
            if str(here).encode() in text[:500]:
                script = there / "bin" / path.name
                script.write_bytes(text.replace(str(here).encode(), str(there).encode()))
                script.chmod(0o755)
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--no-deps", repository)
        try:
            run("npm", "install", "--silent", "--prefix", self.place / "proxy", *PROXY)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"the proxy cannot be had here: {error}") from None
        deploy = repository / "deploy" / "jupyterhub"
        settings = {
            "folder": str(self.folder),
            "course": self.course,
            "account": self.account,
            "students": f"{self.tag}-students",
            "instructors": f"{self.tag}-teach",
            "port": free_port(),
        }
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in settings.items()]
        (deploy / "course.toml").write_text("".join(lines))
        for _ in range(2):  # it can be run again
            self.set_up()

    def set_up(self) -> None:
        """Set the course up, or see whether all is there."""
        run(self.python, self.place / "repository" / "deploy" / "jupyterhub" / "set_up.py")

    def add(self, name: str, group: str = "") -> str:
        """Make a Unix user with a password, in a group of the course or none; return its name."""
        user = f"{self.tag}-{name}"
        # A home folder that everyone can look into, as some systems make them.
        options = ["--create-home", "--key", "HOME_MODE=0755", "--base-dir", self.place / "home"]
        run("useradd", *options, user)
        self.passwords[user] = secrets.token_hex(8)
        run("chpasswd", input=f"{user}:{self.passwords[user]}")
        if group:
            run("usermod", "--append", "--groups", f"{self.tag}-{group}", user)
        return user

    def remove(self) -> None:
        """Remove users, groups and all processes that are left of them."""
        for user in [*self.passwords, self.account]:
            with contextlib.suppress(KeyError):
                number = pwd.getpwnam(user).pw_uid
                for process in psutil.process_iter(["uids"]):
                    if process.info["uids"].real == number:
                        with contextlib.suppress(psutil.NoSuchProcess):
                            process.kill()
                            process.wait(10)
                run("userdel", user)
        for group in ("students", "teach"):
            subprocess.run(["groupdel", f"{self.tag}-{group}"], check=False, capture_output=True)
        shutil.rmtree(self.place, ignore_errors=True)


def python() -> str:
    """Return a Python like this one that everyone on the machine can run; nothing without one.

    One in root's home, where pyenv makes them, is none.
    """
    version = ".".join(map(str, sys.version_info[:2]))
    check = f"import sys, venv; assert sys.version.startswith('{version}.')"
    for program in (sys._base_executable, f"/usr/bin/python{version}"):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([program, "-c", check], user="nobody", check=True, capture_output=True)
            return program
    return ""


def link(here: str, there: str) -> None:
    """Link a file, or copy it to another file system."""
    try:
        os.link(here, there, follow_symlinks=False)
    except OSError:
        shutil.copy2(here, there)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
