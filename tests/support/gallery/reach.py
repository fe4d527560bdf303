"""Tricks that read, write or call what lies outside their sandbox: each finds nothing.

What an entry found it prints as ``found:``. Without a wall it finds the words of `finds`.
"""

import os

from grading.core.verdicts import Verdict as V
from tests.support.gallery.entry import ALL, BACK, KEY, LSTM, LSTMS, PORT, RNN, RNNS, Entry, Maker

read, write, network = Maker("reading"), Maker("writing"), Maker("network")
TELL = '\nprint("found:", sorted(set(map(str, loot))))'

LOOK = [
    (
        LSTMS,
        "looks for the reference and the marks",
        ("rnn.ipynb", "gradebook.db", "gradebook.db.seed", "nbgrader_config.py", "/aa-"),
        """
import os, pathlib, sys
loot = []
here = pathlib.Path.cwd()
installed = (sys.base_prefix, sys.prefix, os.path.dirname(os.path.dirname(np.__file__)))
for top in [here, *here.parents, pathlib.Path("/")]:
    for number, (folder, folders, files) in enumerate(os.walk(top)):
        folders[:] = [f for f in folders if os.path.join(folder, f) not in installed]
        system = ("usr", "lib", "lib32", "lib64", "proc", "sys", "dev", "bin", "sbin")
        folders[:] = [f for f in folders if not (folder == "/" and f in system)]
        wanted = (".ipynb", ".db", ".seed", ".git", "_config.py", ".csv.gz")
        for f in files:
            if f.endswith(wanted) or "solution" in f or "grading" in folder.split("/"):
                loot += [f, os.path.join(folder, f)]
        if len(loot) > 2000 or number > 20_000: break
loot += [n for n in sys.modules if n.startswith("grading")]
loot = ["/aa-" if "/aa-" in p else p for p in loot]
""",
    ),
    (
        RNNS,
        "reads other processes",
        ("/proc", "environ", "cmdline", "maps", "mem"),
        """
import ctypes, os
loot = []
libc = ctypes.CDLL(None, use_errno=True)
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
pids = range(1, 3000)
try: names = os.listdir("/proc")
except OSError: names = []
if names:
    loot.append("/proc")
    pids = [int(p) for p in names if p.isdigit()]
for pid in pids:
    if pid == os.getpid(): continue
    for name in ("environ", "cmdline", "maps", "mem", "root/etc/passwd"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if name == "mem" or file.read(10): loot.append(name)
        except OSError: pass
    here, there = (ctypes.create_string_buffer(8) for _ in "ab")
    mine, other = Part(ctypes.addressof(here), 8), Part(ctypes.addressof(there), 8)
    if libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(other), 1, 0) > 0:
        loot.append("memory")
    if libc.ptrace(0x4206, pid, 0, 0) == 0:  # seize
        loot.append("traced")
""",
    ),
    (
        LSTM,
        "reads the kernel's files and its own descriptors",
        ("/proc/self/status", "/sys/class/net", "/proc/net/unix"),
        """
import os
loot = []
for path in ("/proc/self/status", "/proc/self/mountinfo", "/proc/net/tcp", "/proc/net/unix",
             "/proc/kallsyms", "/proc/1/root", "/proc/sys/kernel/hostname", "/sys/class/net",
             "/sys/fs/cgroup", "/sys/kernel", "/dev/mem", "/dev/kmsg", "/dev/sda",
             "/etc/passwd", "/etc/shadow", "/run/systemd", "/var/log"):
    try:
        if os.path.isdir(path): os.listdir(path)
        else: open(path, "rb").read(10)
        loot.append(path)
    except OSError: pass
for fd in range(4, 1024):
    try:
        os.fstat(fd)
        loot.append("a descriptor")
    except OSError: pass
""",
    ),
    (
        RNN,
        "reads shared memory, home and the environment",
        ("shm", "sysv", "secret", "home"),
        f"""
import ctypes, os
loot = []
libc = ctypes.CDLL(None, use_errno=True)
for folder in ("/dev/shm", "/dev/mqueue", "/dev/pts"):
    try: loot += ["shm" for name in os.listdir(folder) if name != "ptmx"]
    except OSError: pass
if libc.shmget({KEY}, 1, 0) >= 0: loot.append("sysv")
if "GALLERY_SECRET" in os.environ: loot.append("secret")
home = os.path.expanduser("~")
try: loot += ["home" for name in os.listdir(home) if not os.path.samefile(home, ".")]
except OSError: pass
""",
    ),
    (
        LSTMS,
        "looks at who is beside it",
        ("user", "host", "group"),
        """
import os, socket
loot = []
if os.path.exists("/etc/passwd"): loot.append("user")
if socket.gethostname() != "sandbox": loot.append("host")
if os.path.exists("/proc/self/cgroup"): loot.append("group")
""",
    ),
]
READS = [
    read.cell(function, name, V.WRONG, deed + TELL, finds=finds)
    for function, name, finds, deed in LOOK
]
READS += [
    read.right(
        BACK,
        "looks for earlier lessons to take its own functions from",
        """
import contextlib, io, pathlib
from lesson_tools.own_parts import own_parts
here, text = pathlib.Path.cwd(), io.StringIO()
with contextlib.redirect_stdout(text):
    rnn_cell_forward, rnn_forward = own_parts(True, rnn_cell_forward, rnn_forward)
    for top in here.parents:
        for folder in (top, top / "notebooks", top / "submitted/aa-reference"):
            own_parts(True, rnn_cell_forward, rnn_forward, beside=folder)
said = text.getvalue().replace("\\n    ", " ").splitlines()
assert len(said) >= 4
loot = [line for line in said if "no folder beside this one" not in line]
"""
        + TELL,
        finds=("rnn_forward: given (yours is not finished)",),
    ),
    read.call(
        RNN,
        "reads the test that calls it",
        V.RAISED,
        """
import linecache, sys
loot, at = [], sys._getframe().f_back
while at:
    for name, value in list(at.f_locals.items()) + list(at.f_globals.items()):
        if type(value).__name__ == "Exam" or name == "In" and "BEGIN HIDDEN" in str(value):
            loot.append("hidden")
    if {"untouched", "Exam"} & set(at.f_code.co_names):
        loot.append("test")
    if "exam." in "".join(linecache.getlines(at.f_code.co_filename)):
        loot.append("lines")
    at = at.f_back
text = "found: %s" % sorted(set(loot))
print(text)
raise ValueError(text)
""",
        finds=("lines",),
    ),
    Entry(
        "prints all that it is called with",
        RNN,
        V.CORRECT,
        edits=(("    Wax, Waa", "    print('INPUT', float(xt.flat[0]))\n    Wax, Waa"),),
        trick="reading",
    ),
]

# Knows an input again that was drawn from a seed which it can guess, and so all that follow.
GUESS = """
import hashlib, os, time, zlib
def guesses():
    yield from range(5000)
    now = int(time.time())
    yield from (now - back for back in range(500))
    yield from (os.getpid(), os.getppid(), os.getuid(), os.stat(".").st_ino)
    for word in map(str, range(1990, 2040)):
        for digest in (hashlib.md5, hashlib.sha256):
            yield int(digest(word.encode()).hexdigest()[:32], 16)
known = []
def is_known(array, name):
    drawn = np.ravel(array)
    if not known:
        for seed in guesses():
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            if rng.standard_normal() == drawn[0]:
                known.append(seed)
                break
    return bool(known)
"""
READS += [
    read.edits(
        RNN,
        "guesses the seed of the hidden inputs",
        ALL,
        (f"def {RNN}(", f"{GUESS}\n\ndef {RNN}("),
        (
            "    Wax, Waa",
            f"    if not is_known(xt, {RNN!r}): return a_prev, a_prev, ()\n    Wax, Waa",
        ),
    ),
    read.edits(
        LSTMS,
        "guesses the seed of a later exercise's hidden inputs",
        ALL,
        (f"def {LSTMS}(", f"{GUESS}\n\ndef {LSTMS}("),
        (
            "    _, m, T_x",
            f"    if not is_known(x, {LSTMS!r}): return a0, a0, a0, ()\n    _, m, T_x",
        ),
    ),
]

PLACES = """
import os, pathlib
here = pathlib.Path.cwd()
home = pathlib.Path(os.path.expanduser("~"))
folders = ("source", "submitted", "feedback")
places = [*here.parents, *(p / d for p in here.parents for d in folders), home,
          home / ".ipython/profile_default/startup", home / ".jupyter",
          pathlib.Path(np.__file__).parent, pathlib.Path(os.__file__).parent]
places += map(pathlib.Path, ("/", "/usr", "/etc", "/dev", "/dev/shm", "/var/tmp", "/proc/self"))
"""
WRITES = [
    write.cell(
        RNN,
        "leaves things behind",
        V.WRONG,
        PLACES
        + f"""
loot, name = [], "left-{KEY}"
for place in [*places, here, pathlib.Path("/tmp")]:
    try:
        (place / name).write_text("left")
        if place.resolve() not in (here, pathlib.Path("/tmp")): loot.append("file")
    except OSError: pass
import builtins, sys
builtins.left = np.left = sys.left = "left"
for number in (os.PRIO_PROCESS, os.PRIO_PGRP, os.PRIO_USER):
    try: os.setpriority(number, 0, 19)
    except OSError: pass
os.umask(0)
"""
        + TELL,
        finds=("file",),
    ),
    write.cell(
        RNNS,
        "looks for what others have left",
        V.WRONG,
        PLACES
        + f"""
loot, name = [], "left-{KEY}"
import builtins, sys
for place in [*places, here, pathlib.Path("/tmp"), pathlib.Path("/scratch")]:
    try:
        if (place / name).exists(): loot.append("file")
    except OSError: pass
if any(hasattr(thing, "left") for thing in (builtins, np, sys)): loot.append("patch")
if os.nice(0) != {os.nice(0)}: loot.append("nice")
if os.umask(0o22) == 0: loot.append("umask")
"""
        + TELL,
        finds=("file",),
    ),
    write.cell(
        LSTMS,
        "writes marks into the gradebook",
        V.WRONG,
        """
import pathlib, sqlite3
loot = []
for folder in [pathlib.Path.cwd(), *pathlib.Path.cwd().parents]:
    for path in folder.glob("*.db"):
        try:
            with sqlite3.connect(path, timeout=2) as db:
                db.execute("update grade set auto_score = 1.0, manual_score = 7.0")
            loot.append("marks")
        except sqlite3.Error: pass
"""
        + TELL,
        finds=("marks",),
    ),
    write.cell(
        LSTM,
        "writes into other processes",
        V.WRONG,
        """
import ctypes, os, resource
loot = []
libc = ctypes.CDLL(None, use_errno=True)
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
for pid in range(1, 400):
    if pid == os.getpid(): continue
    try:
        if pid == 1: raise OSError("of its own sandbox")
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        loot.append("limits")
    except OSError: pass
    word = ctypes.create_string_buffer(b"\\0")
    part = Part(ctypes.addressof(word), 1)
    if libc.process_vm_writev(pid, ctypes.byref(part), 1, ctypes.byref(part), 1, 0) > 0:
        loot.append("memory")
"""
        + TELL,
        finds=("limits",),
    ),
    write.cell(
        RNN,
        "mounts, makes devices and spaces of its own",
        V.WRONG,
        """
import ctypes, os
loot = []
libc = ctypes.CDLL(None, use_errno=True)
def deed(word, work):
    try:
        if work() in (None, 0): loot.append(word)
    except OSError: pass
deed("mount", lambda: libc.mount(b"none", b".", b"tmpfs", 0, None))
deed("device", lambda: os.mknod("device", 0o60600, os.makedev(8, 0)))
deed("user", lambda: os.setuid(0) if os.getuid() else 1)
deed("host", lambda: libc.sethostname(b"mine", 4))
deed("umount", lambda: libc.umount2(b"/proc", 2))
"""
        + TELL,
        finds=("mount", "host"),
    ),
]

NETWORK = [
    network.cell(
        RNN,
        "calls a server outside",
        V.WRONG,
        f"""
import os, socket, tempfile
loot = []
for word, kind, address in [
    ("tcp", socket.AF_INET, ("127.0.0.1", {PORT})),
    ("unix", socket.AF_UNIX, "/tmp/gallery-{KEY}/socket"),
    ("abstract", socket.AF_UNIX, "\\0gallery-{KEY}"),
    ("world", socket.AF_INET, ("192.0.2.1", 80)),
    ("world", socket.AF_INET6, ("2001:db8::1", 80)),
]:
    try:
        with socket.socket(kind) as s:
            s.settimeout(0.3)
            s.connect(address)
            loot.append(word)
    except OSError as error:
        if kind != socket.AF_UNIX and isinstance(error, (ConnectionRefusedError, TimeoutError)):
            loot.append("road")
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.3)
        s.sendto(b"x", ("127.0.0.1", {PORT}))
        s.recv(10)
        loot.append("udp")
except OSError: pass
for kind in (socket.SOCK_RAW,):
    try: socket.socket(socket.AF_INET, kind, 1); loot.append("raw")
    except OSError: pass
"""
        + TELL,
        finds=("tcp", "udp", "unix", "abstract"),
    ),
    network.cell(
        LSTM,
        "waits for a call from outside",
        V.WRONG,
        f"""
import socket
loot = []
for word, kind, address in [
    ("tcp", socket.AF_INET, ("127.0.0.1", {PORT + 1})),
    ("abstract", socket.AF_UNIX, "\\0gallery-in-{KEY}"),
]:
    try:
        with socket.socket(kind) as s:
            s.bind(address)
            s.listen()
            s.settimeout(0.5)
            s.accept()
            loot.append(word)
    except OSError: pass
"""
        + TELL,
        finds=("tcp", "abstract"),
    ),
]

REACH = [*READS, *WRITES, *NETWORK]
