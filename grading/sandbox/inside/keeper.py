"""From the outer wall to a runner: keeper, process 1, runner, one within the other."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .confine import (
    AROUND,
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
from .holdings import DESCRIPTORS, Holdings
from .runner import RESERVE, Runner
from .scratch import Scratch
from .wire import receive, send

WATCH_SECONDS = 0.05
GONE_SECONDS = 5.0  # that a process may take to end which has been asked to, or was killed
# What a process maps and shares with those that it starts: a file of the scratch folder, or none.
SHARED = re.compile(rf"^\S+ \S{{3}}s .* (?:{AROUND}|/dev)/".encode(), re.MULTILINE)


def keep(
    shell: Any,
    limits: dict[str, Any],
    wire: socket.socket,
    status: socket.socket,
    entrances: list[int],
) -> None:
    """Be the keeper: make namespaces, start process 1, end it when the grader hangs up.

    Process 1 goes into the control group of each of the ``entrances``; see `grading.sandbox.group`.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        user, group = os.getuid(), os.getgid()
        spaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS
        check(libc.unshare(spaces), "unshare")
        for name, text in [
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ]:
            Path(f"/proc/self/{name}").write_text(text)
        os.chdir("/proc")  # from here the keeper goes on seeing processes
        mount("none", "/", None, MS_REC | MS_PRIVATE, None)
        scratch = Scratch(limits["scratch"])
        for hidden in ("/dev/shm", "/dev/pts", "/proc"):
            mount("tmpfs", hidden, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k")
        first = os.fork()
        if first == 0:
            for entrance in entrances:
                os.write(entrance, b"0")
                os.close(entrance)
            be_first(shell, limits, wire, status)
        wire.close()
        os.umask(0)
        Keeper(first, scratch, limits).watch(status)
    except OSError as error:
        fault(status, error)
    finally:
        os._exit(0)


class Keeper:
    """Watches over a sandbox, and says at the end why it has ended it.

    Parameters
    ----------
    first : int
        Its process 1.
    scratch : Scratch
    limits : dict
    """

    def __init__(self, first: int, scratch: Scratch, limits: dict[str, Any]) -> None:
        self.first = first
        self.scratch = scratch
        self.limits = limits
        self.holdings = Holdings(first, Path(), scratch.used)
        self.marked: list[int] = []  # the processes that wait to be come back to

    def watch(self, status: socket.socket) -> None:
        """Answer the grader until there is a reason to end the sandbox; end it, and say why.

        The reasons are ``hung up``, of the grader, and ``memory``, which is looked at now and
        then: limits of the kernel's are per process, and a group for control is not always to
        be had. There is none where it has ended by itself.
        """
        pidfd = os.pidfd_open(self.first)
        why = ""
        while not why:
            # Far from the limit it need not look so often.
            seconds = WATCH_SECONDS * (1 if self.holdings.most > self.limits["memory"] // 2 else 2)
            ready, _, _ = select.select([status.fileno(), pidfd], [], [], seconds)
            if pidfd in ready:
                break
            if status.fileno() in ready:
                try:
                    request = receive(status)
                except EOFError:
                    why = "hung up"
                else:
                    send(status, getattr(self, "do_" + request["do"])())
            elif self.holdings.exceed(self.limits["memory"]):
                why = "memory"
        if why:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        _, code = os.waitpid(self.first, 0)
        send(status, {"exit": os.waitstatus_to_exitcode(code), "why": why})

    def do_mark(self) -> dict[str, Any]:
        """Give what comes now a scratch folder of its own; say whether that could be done.

        It cannot where the runner shares something with what will be its copy: then the copy
        could hand on what it does. Nor while there are threads, which a copy has not, or other
        processes.
        """
        others = self._others()
        made = len(others) == 1 and self._shares_nothing(others[0]) and self.scratch.push()
        if made:
            self.marked.append(others[0])
        return {"marked": made}

    def do_back(self) -> dict[str, Any]:
        """Wait until the copy of the last marked process has ended, and end what it has left."""
        for copy in self.holdings.children().get(self.marked[-1], []):
            with contextlib.suppress(ProcessLookupError), os.fdopen(os.pidfd_open(copy)) as ends:
                select.select([ends], [], [], GONE_SECONDS)
        late = time.monotonic() + GONE_SECONDS
        while others := self._others():
            if time.monotonic() > late:
                return {"back": False}
            for process in others:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.001)
        self.marked.pop()
        self.scratch.pop()
        return {"back": True}

    def do_met(self) -> dict[str, Any]:
        """Say which limit the sandbox has met, as far as can be told from out here."""
        tasks = sum(len(self.holdings.tasks(one)) for one in self.holdings.processes())
        if self.holdings.held() > self.limits["memory"]:
            return {"met": "memory"}
        # The keeper is one of them, and the last one may just have failed to start.
        return {"met": "processes" if tasks + 2 >= self.limits["processes"] else ""}

    def _others(self) -> list[int]:
        """Return the processes that run: neither process 1 nor marked.

        One that has ended and was not yet waited for can do nothing any more.
        """
        apart = {self.first, *self.marked}
        found = (one for one in self.holdings.processes() if one not in apart)
        return [one for one in found if self.holdings.lives(one)]

    def _shares_nothing(self, runner: int) -> bool:
        if len(self.holdings.tasks(runner)) != 1:
            return False
        opened = dict(self.holdings.descriptors(runner))
        if opened.keys() != {0, 1, 2, 3} or {opened[n] for n in (0, 1, 2)} != {"/dev/null"}:
            return False
        return SHARED.search(self.holdings.mappings(runner)) is None


def be_first(
    shell: Any, limits: dict[str, Any], wire: socket.socket, status: socket.socket
) -> None:
    """Be process 1: start the runner, leave when it leaves."""
    try:
        os.setsid()  # a signal to the whole group stays in here
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # Should the machine run out of memory, nothing of the grader's goes first.
        Path("self/oom_score_adj").write_text("1000")
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
            (
                resource.RLIMIT_NOFILE,
                DESCRIPTORS,
            ),  # pipes and sockets, each of which may hold something
            (resource.RLIMIT_SIGPENDING, 1024),  # timers, too
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
