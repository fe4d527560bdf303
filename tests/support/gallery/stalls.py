"""Tricks that stall, flood or break things: each costs its own exercise, and no other."""

import sys

from grading.core.verdicts import Verdict as V
from tests.support.gallery.entry import ALL, CHECK, KEY, LSTM, LSTMS, RNN, RNNS, Entry, Maker

make = Maker("stalling")


def last(function: str, name: str, verdict: V, cell: str) -> Entry:
    """Make an entry whose cell never comes to define its function."""
    return Entry(name, function, verdict, ALL, cell=cell, trick=make.trick)


SWALLOW = """
import time
while True:
    try:
        time.sleep(0.01)
    except BaseException:
        pass
"""
LATE = [
    last(RNNS, "a cell that never ends", V.TIMED_OUT, "while True:\n    pass\n"),
    last(RNN, "a cell that swallows its interrupt", V.TIMED_OUT, SWALLOW),
    make.call(LSTMS, "a loop that swallows its interrupt", V.TIMED_OUT, SWALLOW),
    make.call(LSTM, "sleeps", V.TIMED_OUT, "import time\ntime.sleep(10**6)"),
    make.call(RNN, "a power too large", V.TIMED_OUT, "return 10 ** 10**8 % 7"),
    make.call(
        LSTM,
        "a search that never ends",
        V.TIMED_OUT,
        "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
    ),
    make.call(
        RNN, "an endless count in C", V.TIMED_OUT, "import itertools\n'x' in itertools.count()"
    ),
    make.call(
        LSTM,
        "a product of huge matrices",
        V.TIMED_OUT,
        "m = np.ones((3000, 3000))\nfor _ in range(1000): np.dot(m, m, out=np.empty_like(m))",
    ),
    make.call(
        LSTMS,
        "deaf to every signal",
        V.TIMED_OUT,
        """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
"""
        + SWALLOW,
    ),
    make.call(CHECK, "calls the test's function for ever", V.TIMED_OUT, "while True:\n    f(x)"),
    make.call(CHECK, "a power too large for the test's function", V.RAISED, "return f(10**400)"),
    make.call(
        CHECK, "an array too large for the test's function", V.RAISED, "f(np.ones(3 * 10**6))"
    ),
    last(
        RNNS,
        "prints a letter now and then for ever",
        V.TIMED_OUT,
        "import time\nwhile True:\n    print('x', end='')\n    time.sleep(0.1)\n",
    ),
    make.call(
        RNN,
        "takes a lock twice",
        V.TIMED_OUT,
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    ),
    make.call(
        RNNS,
        "two threads that wait for each other",
        V.TIMED_OUT,
        """
import threading
main = threading.current_thread()
other = threading.Thread(target=main.join, daemon=True)
other.start()
other.join()
""",
    ),
    make.call(
        LSTMS,
        "a command that never ends",
        V.TIMED_OUT,
        "import subprocess\nsubprocess.run(['sleep', '1000'])",
    ),
    make.call(
        RNNS,
        "another program in its place",
        V.TIMED_OUT,
        "import os\nos.execv('/usr/bin/sleep', ['sleep', '1000'])",
    ),
    make.call(
        LSTMS,
        "stops itself",
        V.TIMED_OUT,
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    ),
    make.call(
        RNN,
        "stops its process group",
        V.TIMED_OUT,
        "import os, signal\nos.kill(0, signal.SIGSTOP)",
    ),
    make.call(RNNS, "waits for an answer at the keyboard", V.RAISED, "input('?')"),
]

LARGE = [
    make.call(
        RNNS, "more memory than there is", V.OUT_OF_MEMORY, "return np.ones(2**40), None, None"
    ),
    make.call(
        RNN,
        "memory piece by piece",
        V.OUT_OF_MEMORY,
        "hoard = []\nwhile True: hoard.append(np.empty(2**24))",
    ),
    last(
        LSTMS,
        "memory piece by piece in a cell",
        V.OUT_OF_MEMORY,
        "hoard = []\nwhile True: hoard.append(bytearray(b'x' * 2**24))\n",
    ),
    last(
        LSTMS,
        "memory over many processes",
        V.OUT_OF_MEMORY,
        """
import os, time
for number in range(8):
    if not os.fork():
        hoard = np.ones(96 * 2**17)
        time.sleep(60)
        os._exit(0)
for number in range(8): os.wait()
""",
    ),
    make.call(
        RNNS,
        "raises its limits and takes more",
        V.OUT_OF_MEMORY,
        """
import resource
for what in (resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_NPROC):
    try: resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError): pass
hoard = []
for _ in range(64): hoard.append(np.empty(2**24))
""",
    ),
    make.call(
        RNN,
        "many processes",
        V.TOO_MANY_PROCESSES,
        """
import os, time
for number in range(300):
    if not os.fork():
        time.sleep(60)  # however long the others take
        os._exit(0)
""",
    ),
    make.call(
        LSTMS,
        "as many processes as it can have, for ever",
        V.TOO_MANY_PROCESSES,
        """
import os, time
while True:
    try:
        if not os.fork():
            while True: time.sleep(60)
    except OSError:
        time.sleep(0.01)
""",
    ),
    make.call(
        LSTM,
        "memory that its children keep",
        V.OUT_OF_MEMORY,
        """
import mmap, os, time
for _ in range(20):
    room = mmap.mmap(-1, 2**27)
    for start in range(0, 2**27, 2**20): room[start : start + 2**20] = bytes(2**20)
    if not os.fork():
        time.sleep(60)
        os._exit(0)
    room.close()
""",
    ),
    make.call(
        LSTM,
        "a bomb of forks",
        V.TOO_MANY_PROCESSES,
        """
import mmap, os, time
made, first = mmap.mmap(-1, 8), os.getpid()
while int.from_bytes(made[:8], "little") < 300:
    made[:8] = (int.from_bytes(made[:8], "little") + 1).to_bytes(8, "little")
    try:
        os.fork()
    except BlockingIOError:
        if os.getpid() == first:
            raise
        time.sleep(20)  # a copy goes on taking a place
if os.getpid() != first:
    time.sleep(20)
""",
    ),
    make.call(
        RNNS,
        "many threads",
        V.TOO_MANY_PROCESSES,
        """
import threading, time
for number in range(300): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
""",
    ),
    make.call(
        RNNS,
        "fills its scratch folder",
        V.SCRATCH_FULL,
        "with open('big', 'wb') as file:\n    for _ in range(100): file.write(bytes(2**20))",
    ),
    make.call(
        LSTM,
        "fills its scratch folder with small files",
        V.SCRATCH_FULL,
        "for number in range(10_000): open(f'{number}', 'w').close()",
    ),
    make.right(
        RNN,
        "fills its scratch folder and goes on",
        "try:\n    with open('big', 'wb') as file:\n"
        "        for _ in range(100): file.write(bytes(2**20))\nexcept OSError:\n    pass",
    ),
]

FLOODS = [
    last(RNNS, "prints for ever", V.TOO_MUCH_OUTPUT, "while True: print('x' * 1000)\n"),
    last(RNNS, "prints short lines for ever", V.TOO_MUCH_OUTPUT, "while True: print('x' * 30)\n"),
    make.call(RNN, "prints for ever in a call", V.TOO_MUCH_OUTPUT, "while True: print('x' * 1000)"),
    last(
        LSTMS,
        "complains for ever",
        V.TOO_MUCH_OUTPUT,
        "import sys\nwhile True: print('x' * 1000, file=sys.stderr)\n",
    ),
    last(
        RNNS,
        "shows pictures for ever",
        V.TOO_MUCH_OUTPUT,
        "import os\nfrom IPython.display import Image\n"
        "while True: display(Image(data=os.urandom(2**20), format='png'))\n",
    ),
    make.right(  # marks are given before anything is drawn
        LSTMS,
        "draws figures for ever",
        "for _ in range(40):\n"
        "    plt.figure(figsize=(12, 12))\n    plt.imshow(np.random.rand(900, 900))\n"
        "    plt.axis('off')\n    plt.show()\n",
    ),
    last(
        LSTMS,
        "shows pictures for ever",
        V.TOO_MUCH_OUTPUT,
        "import os\nfrom IPython.display import Image, display\n"
        "while True: display(Image(data=os.urandom(10**6), format='png'))\n",
    ),
    last(
        RNNS,
        "one display after the other",
        V.TOO_MUCH_OUTPUT,
        "while True: display('x' * 100)\n",
    ),
    last(
        RNNS,
        "updates one display for ever",
        V.TOO_MUCH_OUTPUT,
        "shown = display('x', display_id=True)\nwhile True: shown.update('x' * 1000)\n",
    ),
    last(
        LSTMS,
        "one display grows without end",
        V.TOO_MUCH_OUTPUT,
        "shown = display('x', display_id=True)\nshown.update('x' * 40 * 2**20)\n",
    ),
    last(
        RNNS,
        "a value that takes a book to write",
        V.TOO_MUCH_OUTPUT,
        "class Long:\n    def __repr__(self): return 'x' * 2**26\nLong()\n",
    ),
    last(
        RNNS,
        "shows nothing a hundred thousand times",
        V.TOO_MUCH_OUTPUT,
        "for _ in range(100_000): display({}, raw=True)\n",
    ),
    make.right(
        RNN,
        "HTML that says little and makes much",
        "from IPython.display import HTML\n"
        "display(HTML('<p><b title=\"' + 'y' * 30_000 + '\">' + '<p>x' * 7_000))",
    ),
    make.right(LSTM, "a page of nothing but lines", "print('\\n' * 2_000_000)"),
    make.right(
        LSTMS,
        "speaks with two voices by turns",
        "import sys\nfor _ in range(8_000): print(); print(file=sys.stderr)",
    ),
    make.call(RNNS, "an error as long as a book", V.RAISED, "raise ValueError('x' * 2**26)"),
    make.call(LSTM, "returns a book", V.TOO_MUCH_OUTPUT, "return ['x' * 2**20] * 70"),
]

BROKEN = [
    make.call(RNN, "leaves the process", V.CRASHED, "import os\nos._exit(0)"),
    make.call(RNN, "leaves politely", V.RAISED, "exit()"),
    make.call(RNN, "aborts", V.CRASHED, "import os\nos.abort()"),
    make.call(LSTM, "a segmentation fault", V.CRASHED, "import ctypes\nctypes.string_at(0)"),
    make.call(
        RNN, "recursion without end", V.RAISED, "return rnn_cell_forward(xt, a_prev, parameters)"
    ),
    make.call(
        LSTM,
        "recursion without end in the text of a result",
        V.RAISED,
        "class Deep:\n    __repr__ = lambda self: repr(self)\nreturn repr(Deep())",
    ),
    make.call(
        RNN,
        "recursion until the stack is full",
        V.CRASHED if sys.version_info < (3, 12) else V.RAISED,
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "class Deep:\n    __repr__ = lambda self: repr(self)\nreturn repr(Deep())",
    ),
    make.call(
        RNNS,
        "an error in the text of an error in the text",
        V.RAISED,
        "class Deep(Exception):\n    __str__ = lambda self: str(self)\nraise Deep",
    ),
    make.call(
        LSTM,
        "kills its process group",
        V.CRASHED,
        "import os\nos.kill(0, 9)",
    ),
    make.right(
        RNN,
        "kills every process that it can name",
        """
import os
for pid in [-1, 1, os.getppid(), *range(2, 2000)]:
    if pid not in (0, os.getpid()):
        for number in (15, 9, 19):
            try: os.kill(pid, number)
            except OSError: pass
""",
    ),
    make.call(
        RNNS,
        "a dump of its threads that ends it",
        V.CRASHED,
        "import faulthandler, time\n"
        "faulthandler.dump_traceback_later(0.2, exit=True, file=open('dump', 'w'))\n"
        "time.sleep(600)",
    ),
    make.call(
        RNNS,
        "an alarm that ends it",
        V.CRASHED,
        "import signal, time\nsignal.signal(signal.SIGALRM, signal.SIG_DFL)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.2)\ntime.sleep(600)",
    ),
    make.call(
        LSTMS,
        "lowers its own limits",
        V.CRASHED,
        "import os, resource\nresource.setrlimit(resource.RLIMIT_CPU, (0, 0))\nwhile True: pass",
    ),
]

LEFT_BEHIND = [
    make.right(
        RNN,
        "leaves daemons behind",
        f"""
import os, signal
for _ in range(3):
    if not os.fork():
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, 1)
        if os.fork(): os._exit(0)
        for fd in range(64):
            try: os.close(fd)
            except OSError: pass
        os.execv("/usr/bin/sleep", ["gallery-{KEY}", "300"])
""",
    ),
    make.right(
        LSTM,
        "leaves threads behind",
        "import threading, time\n"
        "for _ in range(5): threading.Thread(target=time.sleep, args=(300,)).start()",
    ),
    make.right(
        LSTM,
        "leaves work for the exit",
        "import atexit, time\natexit.register(time.sleep, 300)\n"
        "class Late:\n    def __del__(self): time.sleep(300)\nlate = Late()",
    ),
    make.right(
        RNN,
        "goes elsewhere and takes the files along",
        "import os, shutil\n"
        "for name in os.listdir('.'):\n"
        "    shutil.rmtree(name) if os.path.isdir(name) else os.remove(name)\n"
        "os.chdir('/')",
    ),
    make.right(
        LSTM,
        "turns off what it can",
        """
import faulthandler, gc, os, resource, signal, sys
gc.disable(); gc.set_threshold(0); faulthandler.disable()
sys.setrecursionlimit(10**9); sys.setswitchinterval(10)
signal.signal(signal.SIGINT, signal.SIG_IGN); os.umask(0o777)
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8)); os.environ.clear()
""",
    ),
    make.cell(
        RNN,
        "another rnn_utils for those who come later",
        V.WRONG,
        """
import rnn_utils, sys, types
fake = types.ModuleType("rnn_utils")
fake.softmax = fake.sigmoid = softmax = rnn_utils.softmax = lambda z: z
sys.modules["rnn_utils"] = fake
open("rnn_utils.py", "w").write("softmax = sigmoid = abs")
""",
        spoils=True,
    ),
]

STALLS = [*LATE, *LARGE, *FLOODS, *BROKEN, *LEFT_BEHIND]
