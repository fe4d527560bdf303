"""The zygote: a process with everything imported, of which each sandbox is forked."""

from __future__ import annotations

import os
import signal
import socket

import msgpack

from .confine import allowed
from .keeper import keep
from .shell import warm_up


def main(fd: int, core: int) -> None:
    """Be the zygote: warm up, then fork a keeper for each pair of sockets that arrives.

    With them may come the entrance to a control group, a file.

    Parameters
    ----------
    fd : int
        Descriptor of the socket on which they come.
    core : int
        The processor to keep to; -1 is any.
    """
    control = socket.socket(fileno=fd)
    shell = warm_up()
    if core >= 0:
        os.sched_setaffinity(0, {core})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers need no burial
    control.sendall(b"+")
    while True:
        request, fds, _, _ = socket.recv_fds(control, 65536, 3)
        if not request:
            os._exit(0)
        limits = msgpack.unpackb(request)
        allowed(tuple(limits["views"]))  # to be known in every fork
        if os.fork() == 0:
            control.close()
            wire, status = (socket.socket(fileno=fd) for fd in fds[:2])
            keep(shell, limits, wire, status, fds[2:])
        for fd in fds:
            os.close(fd)
