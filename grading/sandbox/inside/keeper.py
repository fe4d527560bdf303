"""From the outer wall to a runner: keeper, process 1, runner, one within the other."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .confine import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    PR_SET_PDEATHSIG,
    SCRATCH,
    check,
    drop_capabilities,
    libc,
    mount,
    restrict_calls,
    restrict_files,
)
from .runner import RESERVE, Runner
from .wire import send

WATCH_SECONDS = 0.05


def keep(shell: Any, limits: dict[str, Any], wire: socket.socket, status: socket.socket) -> None:
    """Be the keeper: make namespaces, start process 1, end it when the grader hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        user, group = os.getuid(), os.getgid()
        spaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET
        check(libc.unshare(spaces), "unshare")
        for name, text in [
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ]:
            Path(f"/proc/self/{name}").write_text(text)
        first = os.fork()
        if first == 0:
            be_first(shell, limits, wire, status)
        wire.close()
        pidfd = os.pidfd_open(first)
        why = watch(first, pidfd, status, limits["memory"])
        if why:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        _, code = os.waitpid(first, 0)
        send(status, {"exit": os.waitstatus_to_exitcode(code), "why": why})
    except OSError as error:
        fault(status, error)
    finally:
        os._exit(0)


def watch(first: int, pidfd: int, status: socket.socket, memory: int) -> str:
    """Wait until there is a reason to end the sandbox; return it, or nothing if it ended.

    The reasons are ``hung up``, of the grader, and ``memory``, which is looked at now and
    then: limits of the kernel's are per process, and a group for control is not always to
    be had.
    """
    while True:
        ready, _, _ = select.select([status.fileno(), pidfd], [], [], WATCH_SECONDS)
        if pidfd in ready:
            return ""
        if status.fileno() in ready:
            return "hung up"
        # What was shared at the fork counts in full here, so this can only be too much.
        if sum(map(resident, descendants(first))) > memory and used(first) > memory:
            return "memory"


def used(first: int) -> int:
    """Return the bytes of all processes below ``first``, which are held still meanwhile.

    While they fill memory, to count it takes many times as long.
    """
    held: list[int] = []
    while new := [process for process in descendants(first) if process not in held]:
        for process in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
        held += new
    total = sum(map(own, held))
    for process in held:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
    return total


def descendants(first: int) -> list[int]:
    """Return the numbers of all processes below ``first``, which inherits all orphans."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = [first]
    for process in found:  # it grows
        found += children.get(process, [])
    return found


def resident(process: int) -> int:
    """Return the bytes of memory that a process maps and that are there."""
    for path in Path(f"/proc/{process}/task").glob("*/statm"):
        with contextlib.suppress(OSError):
            pages = int(path.read_text().split()[1])
            if pages:  # a thread that has ended, perhaps the first one, knows of none
                return pages * resource.getpagesize()
    return 0


def own(process: int) -> int:
    """Return the bytes of a process, its share of what it shares with others."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return max(int(line.split()[1]) * 1024, 1)
    return resident(process)  # it has made itself unreadable, or its first thread has ended


def be_first(
    shell: Any, limits: dict[str, Any], wire: socket.socket, status: socket.socket
) -> None:
    """Be process 1: mount the scratch folder, start the runner, leave when it leaves."""
    try:
        os.setsid()  # a signal to the whole group stays in here
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # Should the machine run out of memory, nothing of the grader's goes first.
        Path("/proc/self/oom_score_adj").write_text("1000")
        check(libc.unshare(CLONE_NEWNS), "unshare")  # the keeper goes on seeing processes
        mount("none", "/", None, MS_REC | MS_PRIVATE, None)
        size = f"size={limits['scratch']},nr_inodes=4096,mode=700"
        mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, size)
        for hidden in ("/dev/shm", "/dev/pts", "/proc"):
            mount("tmpfs", hidden, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k")
        os.chdir(SCRATCH)
        runner = os.fork()
        if runner == 0:
            status.close()
            be_runner(shell, limits, wire)
        wire.close()
        status.close()
        while True:
            ended, code = os.wait()
            if ended == runner:
                exit_code = os.waitstatus_to_exitcode(code)
                os._exit(exit_code if exit_code >= 0 else 128 - exit_code)
    except OSError as error:
        fault(status, error)
    finally:
        os._exit(0)


def be_runner(shell: Any, limits: dict[str, Any], wire: socket.socket) -> None:
    """Be the runner: give up every privilege, take the limits on, serve."""
    import random

    try:
        void = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(void, fd)
        os.dup2(wire.fileno(), 3)
        wire.detach()
        os.closerange(4, 4096)
        drop_capabilities()
        for what, most in [
            (resource.RLIMIT_AS, limits["memory"] + RESERVE),  # then Python can tell of it
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, limits["scratch"]),
            (resource.RLIMIT_NPROC, limits["processes"]),
            (resource.RLIMIT_NOFILE, 64),  # what pipes and sockets hold counts as nobody's memory
        ]:
            resource.setrlimit(what, (most, most))
        sys.path.insert(0, SCRATCH)  # where the assignment's own modules lie
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - what students call
        landlock = restrict_files(limits["views"])
        restrict_calls(limits["filter"])
    except BaseException as error:
        send(socket.socket(fileno=3), {"fault": f"{type(error).__name__}: {error}"})
        os._exit(0)
    try:
        Runner(shell, socket.socket(fileno=3)).serve(landlock)
    finally:
        os._exit(0)


def fault(status: socket.socket, error: OSError) -> None:
    """Say on the keeper's socket what no sandbox could be opened for."""
    send(status, {"fault": str(error)})
