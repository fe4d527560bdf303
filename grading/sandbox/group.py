"""A control group for each sandbox, where the system gives one: the kernel's own limit of memory.

It holds for everything that the kernel keeps for the processes in it. Under systemd
an ordinary user can have some too, in a scope of the user's own. Elsewhere the keeper counts; see
`grading.sandbox.inside.holdings`.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
from itertools import count
from pathlib import Path

from grading.sandbox.limits import Limits

ROOT = Path("/sys/fs/cgroup")
PROBE_SECONDS = 10.0
SLACK = 2**26  # bytes: files of the system that are read for the first time count as well


@functools.cache
def scope() -> list[str]:
    """Return the words that start a command in a scope of its own; none where there can be none."""
    program = shutil.which("systemd-run")
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        if program and "memory" in (ROOT / "cgroup.controllers").read_text().split():
            words = [program, *([] if os.geteuid() == 0 else ["--user"])]
            words += ["--scope", "--quiet", "--collect", "--property=Delegate=yes", "--"]
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
            done = subprocess.run(
                [*words, "true"],
                check=False,
                timeout=PROBE_SECONDS,
                stderr=subprocess.DEVNULL,
                **quiet,  # type: ignore[call-overload]
            )
            return words if done.returncode == 0 else []
    return []


class Groups:
    """The groups beneath the scope of a zygote, one for each sandbox.

    Parameters
    ----------
    process : int
        One that was started in the scope.

    Raises
    ------
    OSError
        When they cannot be had.
    """

    def __init__(self, process: int) -> None:
        rows = Path(f"/proc/{process}/cgroup").read_text().splitlines()
        (path,) = [row[3:] for row in rows if row.startswith("0::")]
        self._scope = ROOT / path.lstrip("/")
        self._numbers = count(1)
        # Groups that have others beneath them may hold no process.
        warm = self._scope / "warm"
        warm.mkdir()
        for one in (self._scope / "cgroup.procs").read_text().split():
            (warm / "cgroup.procs").write_text(one)
        (self._scope / "cgroup.subtree_control").write_text("+memory")

    def open(self, limits: Limits) -> Group:
        """Make a group for a sandbox."""
        return Group(self._scope / f"sandbox-{next(self._numbers)}", limits)


class Group:
    """The group of one sandbox: what is more than its limit ends all processes in it.

    Attributes
    ----------
    entrance : int
        A descriptor; whoever writes 0 there is in it, and so is what they start.
    """

    def __init__(self, place: Path, limits: Limits) -> None:
        place.mkdir()
        self._place = place
        most = limits.memory + 2 * limits.scratch + SLACK
        (place / "memory.max").write_text(str(most))
        (place / "memory.oom.group").write_text("1")
        with contextlib.suppress(OSError):  # there is none without swap
            (place / "memory.swap.max").write_text("0")
        self.entrance = os.open(place / "cgroup.procs", os.O_WRONLY)

    def met(self) -> bool:
        """Say whether the kernel has ended it for its memory."""
        with contextlib.suppress(OSError):
            rows = (self._place / "memory.events").read_text().splitlines()
            return any(row.startswith("oom_kill ") and row != "oom_kill 0" for row in rows)
        return False

    def close(self) -> None:
        """Take it away; its processes have ended."""
        with contextlib.suppress(OSError):
            os.close(self.entrance)
        with contextlib.suppress(OSError):  # it goes with the scope
            self._place.rmdir()
