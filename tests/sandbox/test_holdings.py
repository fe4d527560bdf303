"""Memory that no process seems to have is limited as well: what the kernel keeps for them."""

import subprocess
import sys
import time
from dataclasses import replace
from textwrap import dedent

import pytest

from grading.core.verdicts import Verdict
from grading.sandbox.inside.holdings import Holdings
from tests.support.sandbox import LIMITS, define, printed

SMALL = replace(LIMITS, memory=2**29, cell=40, processes=64)
TOOLS = """
import ctypes, mmap, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
keep = []
def each(number, deed):
    for _ in range(number):
        if not os.fork():
            try: deed()
            finally: time.sleep(30); os._exit(0)
    time.sleep(20)
def fill(room):
    for start in range(0, len(room), 2**20): room[start : start + 2**20] = bytes(2**20)
"""
# Each would hold about a GiB, of which no process has anything in its resident set.
HOARDS = {
    "bytes that wait in sockets": """
        def deed():
            for _ in range(28): keep.extend(socket.socketpair())
            for one in keep:
                one.setblocking(False)
                try:
                    while True: one.send(bytes(4096))
                except BlockingIOError: pass
        each(58, deed)
    """,
    "datagrams that nobody takes": """
        def deed():
            for _ in range(28):
                pair = socket.socketpair(type=socket.SOCK_DGRAM)
                keep.append(pair)
                for one in pair:
                    one.setblocking(False)
                    try:
                        while True: one.send(bytes(16000))
                    except BlockingIOError: pass
        each(58, deed)
    """,
    "memory that a child has been left": """
        for _ in range(10):
            room = mmap.mmap(-1, 2**27)
            fill(room)
            if not os.fork(): time.sleep(30); os._exit(0)
            room.close()
        time.sleep(20)
    """,
    "memory that nobody looks at": """
        def deed():
            room = mmap.mmap(-1, 2**27)
            for start in range(0, 2**27, 2**20):
                room[start : start + 2**20] = bytes(2**20)
                room.madvise(mmap.MADV_DONTNEED)
            keep.append(room)
        deed()
        each(9, deed)
    """,
    "memory of which a page is left": """
        def deed():
            for _ in range(3):
                place = libc.mmap(None, 2**27, 3, 0x21, -1, 0)
                if place in (None, ctypes.c_void_p(-1).value): raise MemoryError
                ctypes.memset(place, 1, 2**27)
                libc.munmap(place + 4096, 2**27 - 4096)
        deed()
        each(3, deed)
    """,
    "a great many pieces": """
        def deed():
            place = libc.mmap(None, 40_000 * 4096, 3, 0x22, -1, 0)
            for page in range(0, 40_000, 2): libc.mprotect(place + page * 4096, 4096, 1)
        each(40, deed)
    """,
}


@pytest.mark.parametrize("hoard", HOARDS.values(), ids=HOARDS)
def test_memory_of_no_process_is_limited(start, hoard):
    session = start(SMALL)
    define(session, "x = 1")
    outputs, verdict = session.run_cell(TOOLS + dedent(hoard))
    assert verdict is Verdict.OUT_OF_MEMORY, outputs
    assert printed(session, "print(x)") == "1\n"


REFUSED = {
    "a larger socket": "socket.socketpair()[0].setsockopt(1, socket.SO_SNDBUF, 2**22)",
    "a larger pipe": "import fcntl\nfcntl.fcntl(os.pipe()[1], 1031, 2**20)",
    "a queue of messages": "assert libc.mq_open(b'/x', 0o102, 0o600, None) >= 0",
    "memory without a name": "os.memfd_create('x')",
    "memory of a device": "mmap.mmap(os.open('/dev/zero', os.O_RDWR), 4096)",
    "large pages": "mmap.mmap(-1, 2**21, flags=0x40022)",
    "sockets within sockets": "one, two = socket.socketpair()\n"
    "socket.send_fds(one, [b'x'], [two.fileno()])",
    "bytes lent to a pipe": "assert libc.syscall(278, os.pipe()[1], 0, 0, 0) >= 0",
    "timers without end": "place = ctypes.create_string_buffer(8)\n"
    "for _ in range(5000): assert libc.timer_create(1, None, place) == 0",
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_what_would_hold_more_is_refused(session, source):
    _, verdict = session.run_cell(TOOLS + source)
    assert verdict in (Verdict.RAISED, Verdict.OUT_OF_MEMORY)
    assert printed(session, "print('after')") == "after\n"


ORDINARY = {
    "a little memory that is shared": "import mmap\nroom = mmap.mmap(-1, 8); room[:1] = b'x'",
    "a file in memory": "import numpy as np\nroom = np.memmap('x', 'f8', 'w+', shape=10**5)\n"
    "room[:] = 1.0; assert np.memmap('x', 'f8', 'r').sum() == 10**5",
    "zeros from a device": "assert open('/dev/zero', 'rb').read(3) == bytes(3)",
    "workers": "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(8) as pool: assert list(pool.map(abs, [-1])) == [1]",
    "a shared array": "from multiprocessing import get_context\n"
    "room = get_context('fork').RawArray('d', 1000); room[3] = 1.0",
    "waiting": "import asyncio\nasync def later():\n    await asyncio.sleep(0.01)\n"
    "import threading\nthread = threading.Thread(target=lambda: asyncio.run(later()))\n"
    "thread.start(); thread.join()",
    "a command": "import subprocess\n"
    "assert subprocess.run(['echo', 'x'], capture_output=True).stdout == b'x\\n'",
    "much that comes and goes": "import numpy as np\n"
    "for _ in range(50): assert np.ones(10**7)[-1] == 1.0",
}


@pytest.mark.parametrize("source", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_code_has_what_it_needs(start, source):
    define(start(SMALL), source)


HELD = {
    "tables of pages": (
        "room = mmap.mmap(-1, 2**33, flags=mmap.MAP_PRIVATE | 0x4000)\n"
        "for start in range(0, 2**33, 2**21): room[start]\n",
        10 * 2**20,
    ),
    "pipes": (
        "import os\npipes = [os.pipe() for _ in range(200)]\n",
        200 * 2**16,
    ),
}


@pytest.mark.parametrize(("source", "least"), HELD.values(), ids=HELD)
def test_what_the_kernel_keeps_is_counted(source, least):
    code = f"import mmap, sys\nprint(1, flush=True); sys.stdin.readline()\n{source}"
    code += "print(2, flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        before = Holdings(process.pid).held()
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        time.sleep(0.1)
        after = Holdings(process.pid).held()
        process.stdin.close()
    assert after - before > least
