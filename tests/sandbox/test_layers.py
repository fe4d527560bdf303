"""Each further layer of the wall by itself: no namespaces here, and no other layer."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from py_landlock import LandlockError, get_abi_version

import grading
from grading.sandbox import seccomp
from grading.sandbox.bubblewrap import NOBODY, Zygote, is_root, views
from grading.sandbox.inside.holdings import Holdings

PRELUDE = """
import ctypes, fcntl, os, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def check(result):
    if result < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
from grading.sandbox import bubblewrap, seccomp
from grading.sandbox.inside import confine
program = seccomp.program()
"""
FILTER = "confine.restrict_calls(program)\n"
LANDLOCK = "confine.AROUND = sys.argv[2]; assert confine.restrict_files(bubblewrap.views())\n"

CALLS = {
    "a TCP socket": "socket.socket()",
    "a UDP socket": "socket.socket(type=socket.SOCK_DGRAM)",
    "a Unix socket": "socket.socket(socket.AF_UNIX)",
    "a further user namespace": "check(libc.unshare(0x10000000))",
    "a process in a namespace of its own": """
child = ctypes.PyDLL(None, use_errno=True).syscall({clone}, 0x10000011, 0, 0, 0, 0)
if child == 0: os._exit(0)
if child < 0: raise OSError(0, "no child")
os.waitpid(child, 0)""",
    "tracing": "check(libc.ptrace(0, 0, 0, 0))",
    "memory that is no process's": "os.memfd_create('x')",
    "shared memory of the old kind": "check(libc.shmget(0, 4096, 0o1600))",
    "a lock that others see": "fcntl.flock(open(os.__file__), fcntl.LOCK_SH)",
    "a lock on a part": "fcntl.lockf(open(sys.argv[2] + '/x', 'w'), fcntl.LOCK_EX)",
    "a watch on what others open": "check(libc.inotify_init1(0))",
    "the keys of a user": "check(libc.syscall({keyctl}, 0, -4, 0))",
    "another processor": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "how busy the machine is": "check(libc.sysinfo(ctypes.create_string_buffer(512)))",
}
NUMBERS = (
    {"clone": 56, "keyctl": 250}
    if os.uname().machine == "x86_64"
    else {"clone": 220, "keyctl": 219}
)


def works(tmp_path, layer, attack):
    """Run an attack in a process with one layer, or with none; say whether it succeeds."""
    done = subprocess.run(
        [sys.executable, "-c", f"{PRELUDE}{layer}{attack}", "-", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=dict(os.environ, OPENBLAS_NUM_THREADS="1"),  # a thread may not leave its namespace
    )
    assert not done.returncode or "Error: [Errno" in done.stderr, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("attack", CALLS.values(), ids=CALLS)
def test_the_filter_alone_forbids(tmp_path, attack):
    attack = attack.format(**NUMBERS)
    assert works(tmp_path, "", attack)
    assert not works(tmp_path, FILTER, attack)


@pytest.fixture(scope="module")
def landlock():
    try:
        version = get_abi_version()
    except LandlockError:
        version = 0
    if version < 6:
        pytest.skip(f"this kernel's Landlock has version {version}; what is tested needs 6")


FILES = {
    "reading a file": "open({secret!r}).read()",
    "listing a folder": "os.listdir({folder!r})",
    "writing beside it": "open({folder!r} + '/new', 'w')",
    "writing into it": "open({secret!r}, 'a').write('x')",
    "deleting it": "os.remove({secret!r})",
    "running it": "os.execv({program!r}, ['x'])",
    "connecting by TCP": "socket.create_connection(('127.0.0.1', {port}), 5)",
    "serving TCP": "socket.create_server(('127.0.0.1', 0))",
    "an abstract socket": "socket.socket(socket.AF_UNIX).connect({abstract!r})",
    "a signal to another": "os.kill({pid}, 18)",
}


@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize("attack", FILES.values(), ids=FILES)
def test_landlock_alone_forbids(tmp_path, attack):
    folder, scratch = tmp_path / "course", tmp_path / "scratch"
    for place in (folder, scratch):
        place.mkdir()
    secret, program = folder / "secret", folder / "program"
    secret.write_text("x")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    abstract = f"\0landlock-{os.getpid()}-{time.monotonic_ns()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as inet,
        socket.socket(socket.AF_UNIX) as unix,
        subprocess.Popen(["sleep", "60"]) as other,
    ):
        unix.bind(abstract)
        unix.listen()
        attack = attack.format(
            secret=str(secret),
            folder=str(folder),
            program=str(program),
            port=inet.getsockname()[1],
            abstract=abstract,
            pid=other.pid,
        )
        try:
            assert not works(scratch, LANDLOCK, attack)
            assert works(scratch, "", attack)
        finally:
            other.kill()


@pytest.mark.usefixtures("landlock")
def test_landlock_leaves_the_scratch_folder_and_the_libraries(tmp_path):
    use = """
import json, numpy
os.chdir(sys.argv[2])
os.makedirs("a/b"); open("a/x", "w").write("1"); os.rename("a/x", "a/b/y")
assert open("a/b/y").read() == "1"
os.symlink("a", "link"); os.remove("a/b/y"); os.rmdir("a/b")
open(os.devnull, "w").write("x"); os.urandom(1); open("/dev/urandom", "rb").read(1)
"""
    assert works(tmp_path, LANDLOCK + FILTER, use)


def test_root_becomes_nobody_before_anything_runs(session):
    from tests.support.sandbox import printed

    source = """import os
ids = {*os.getresuid(), *os.getresgid(), *os.getgroups()}
print(sorted(ids - {65534}))"""
    mine = [NOBODY] if is_root() else [1000]
    assert printed(session, source) == f"{mine}\n"


def test_no_process_behind_the_wall_is_roots():
    zygote = Zygote()
    with contextlib.closing(zygote):
        behind = Holdings(zygote.process.pid).processes()[2:]  # after bubblewrap's own two
        users = set()
        for process in behind:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                status = Path(f"/proc/{process}/status").read_text().splitlines()
                users |= {line.split()[1] for line in status if line.startswith("Uid:")}
    assert users == {str(NOBODY if is_root() else os.geteuid())}


def test_of_the_course_nothing_is_shown_at_its_own_place():
    root = Path(grading.__file__).parent.parent
    shown = [Path(place) for place in views()]
    mine = [p for p in shown if p.is_relative_to(root) and not p.is_relative_to(root / ".venv")]
    assert mine == []
    assert not {Path("/"), Path("/etc"), Path.home(), root, root.parent} & set(shown)


def test_the_filter_is_the_same_each_time():
    assert seccomp.program() == seccomp.program.__wrapped__()
