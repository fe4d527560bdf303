"""What lies outside the sandbox for a submission to reach, while the gallery is graded.

``python -m tests.support.outside <command> ...`` runs a command with it in place: the positive
control, where the same attacks run without the wall.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import gettempdir

from tests.support.gallery.entry import KEY, PORT

IPC_CREAT, IPC_RMID = 0o1000, 0
FOLDER = Path(gettempdir(), f"gallery-{KEY}")


@contextlib.contextmanager
def outside():
    """Servers that answer, callers that call, files, shared memory and a secret in `environ`."""
    libc = ctypes.CDLL(None, use_errno=True)
    over = threading.Event()
    with contextlib.ExitStack() as stack:
        stack.callback(over.set)
        FOLDER.mkdir()
        stack.callback(lambda: [path.unlink() for path in FOLDER.iterdir()] and FOLDER.rmdir())
        Path("/dev/shm", f"gallery-{KEY}").write_text("shared")
        stack.callback(Path("/dev/shm", f"gallery-{KEY}").unlink)
        shared = libc.shmget(int(KEY), 4096, IPC_CREAT | 0o600)
        assert shared >= 0
        stack.callback(libc.shmctl, shared, IPC_RMID, None)
        os.environ["GALLERY_SECRET"] = KEY
        stack.callback(os.environ.pop, "GALLERY_SECRET")
        for kind, address in [
            (socket.AF_INET, ("127.0.0.1", PORT)),
            (socket.AF_UNIX, str(FOLDER / "socket")),
            (socket.AF_UNIX, f"\0gallery-{KEY}"),
        ]:
            server = stack.enter_context(socket.socket(kind))
            if kind == socket.AF_INET:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)
            server.listen()
            server.settimeout(0.1)
            threading.Thread(target=_serve, args=(server, over), daemon=True).start()
        echo = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        echo.bind(("127.0.0.1", PORT))
        echo.settimeout(0.1)
        threading.Thread(target=_echo, args=(echo, over), daemon=True).start()
        threading.Thread(target=_call, args=(over,), daemon=True).start()
        yield


def _serve(server: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        with contextlib.suppress(OSError):
            server.accept()[0].close()


def _echo(echo: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        with contextlib.suppress(OSError):
            data, address = echo.recvfrom(100)
            echo.sendto(data, address)


def _call(over: threading.Event) -> None:
    while not over.is_set():
        for kind, address in [
            (socket.AF_INET, ("127.0.0.1", PORT + 1)),
            (socket.AF_UNIX, f"\0gallery-in-{KEY}"),
        ]:
            with contextlib.suppress(OSError), socket.socket(kind) as caller:
                caller.connect(address)
        time.sleep(0.05)


if __name__ == "__main__":
    with outside():
        sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)
