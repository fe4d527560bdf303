"""The kernel's own fences, asked for directly: mounts, capabilities, Landlock, seccomp."""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CLONE_VM = 0x100
WALL = 0x40000000  # children of every kind, those too whose end is not told
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38
SECCOMP_MODE_FILTER = 2
SCRATCH = "/scratch"  # a tmpfs of this submission's own; /tmp may hold the Python installation
libc = ctypes.CDLL(None, use_errno=True)


def restrict_files(views: Sequence[str]) -> int:
    """Let Landlock admit nothing but ``views``, some devices and the scratch folder.

    It is a second wall around files, signals and TCP, should a namespace leak. Returns
    the version that the kernel has; 0 where it has none, and the namespaces stand alone.
    """
    rules = allowed(tuple(views))
    if rules is None:
        return 0
    rules.apply()  # of each path it finds the place now, so that scratch is this sandbox's
    return int(rules.abi_version)


@functools.cache
def allowed(views: tuple[str, ...]) -> Any:
    """Return Landlock's rules for `restrict_files`; None where the kernel has none.

    To put them together takes longer than to apply them.
    """
    from py_landlock import AccessFs, Landlock, LandlockDisabledError, LandlockNotAvailableError

    try:
        rules = Landlock(strict=False)
        reading = AccessFs.READ_FILE | AccessFs.READ_DIR | AccessFs.EXECUTE
        rules.add_path_rule(*(v for v in views if Path(v).is_dir()), access=reading)
        files = AccessFs.READ_FILE | AccessFs.EXECUTE
        rules.add_path_rule(*(v for v in views if Path(v).is_file()), access=files)
        rules.allow_read_write(SCRATCH).add_path_rule(SCRATCH, access=AccessFs.REFER)
        rules.allow_execute(SCRATCH)
        for name in ("null", "zero", "full", "random", "urandom"):
            device = AccessFs.READ_FILE | AccessFs.WRITE_FILE
            rules.add_path_rule(f"/dev/{name}", access=device)
        rules.abi_version  # noqa: B018 - it raises where there is none
    except (LandlockNotAvailableError, LandlockDisabledError):
        return None
    return rules


def restrict_calls(program: bytes) -> None:
    """Load a seccomp filter, for this process and all that it starts."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]

    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    loaded = Program(len(program) // 8, program)
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(loaded), 0, 0), "seccomp")


def drop_capabilities() -> None:
    """Give up every capability, now and for good."""

    class Header(ctypes.Structure):
        _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]

    class Data(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]

    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    check(libc.capset(ctypes.byref(Header(0x20080522, 0)), (Data * 2)()), "capset")


def is_alone() -> bool:
    """Say whether this process has one thread, memory of its own, and no children.

    Threads of every kind: the kernel is asked, as Python knows of its own alone. A child counts
    that has ended, too, until it is asked for.
    """
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | WALL)
    except ChildProcessError:
        return libc.unshare(CLONE_VM) == 0  # there is nothing to do, or it is refused
    return False


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    """Mount as mount(2) does. Raises OSError that names the target."""
    words = [None if w is None else w.encode() for w in (source, target, kind, options)]
    check(libc.mount(words[0], words[1], words[2], flags, words[3]), f"mount on {target}")


def check(result: int, what: str) -> None:
    """Raise OSError when a call of the C library has failed."""
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
