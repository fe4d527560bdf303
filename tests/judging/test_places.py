"""A test judges the functions as they stand at its place, whatever the cells behind it do."""

import pytest

from grading.assignment.reference import Reference
from grading.core.records import Rules
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import judge
from grading.sandbox.session import Session
from tests.support.sandbox import LIMITS

HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS\n"


def points(zygote, *cells):
    """Return what `f` and `g` earn: the cells of `f`, then those of `g`, each before its test."""
    (first, second) = cells
    pieces = [CodeCell(source, Role.STUDENT, f"cell {n}", 0.0) for n, source in enumerate(first)]
    pieces += [CodeCell(HIDDEN.format("assert f() == 'right'"), Role.TEST, "test_f", 10.0)]
    pieces += [CodeCell(source, Role.STUDENT, f"later {n}", 0.0) for n, source in enumerate(second)]
    pieces += [CodeCell(HIDDEN.format("assert g() == 'right'"), Role.TEST, "test_g", 10.0)]
    found = judge(
        pieces, lambda draws: Session(zygote, LIMITS, {}, draws=draws), Reference([]), Rules(seed=0)
    )
    judged = {p.grade_id: a.record.points for p, a in zip(pieces, found, strict=True) if p.points}
    return judged["test_f"], judged["test_g"]


# What the first cell prepares, how `f` asks for its answer, and what a later cell does for it.
READ = "open({!r}).read()"
WAYS = {
    "a file": ("", READ.format("word"), "open('word', 'w').write('right')"),
    "a file by its whole path": (
        "",
        READ.format("/scratch/word"),
        "open('/scratch/word', 'w').write('right')",
    ),
    "a file in the temporary folder": (
        "import tempfile",
        "open(tempfile.gettempdir() + '/word').read()",
        "open(tempfile.gettempdir() + '/word', 'w').write('right')",
    ),
    "a file that grows": (
        "open('word', 'w').write('ri')",
        READ.format("word"),
        "open('word', 'a').write('ght')",
    ),
    "a file of another name": (
        "import os\nos.mkdir('a'); open('a/word', 'w').write('right')",
        READ.format("b/word"),
        "os.rename('a', 'b')",
    ),
    "a file that is not there": (
        "import os\nopen('word', 'w').write('right')",
        "'wrong' if os.path.exists('word') else 'right'",
        "os.remove('word')",
    ),
    "a link": (
        "import os\nopen('word', 'w').write('right')",
        READ.format("link"),
        "os.symlink('word', 'link')",
    ),
    "a second name of a file": (
        "import os\nopen('word', 'w').write('wrong'); os.link('word', 'again')",
        READ.format("again"),
        "open('word', 'w').write('right')",
    ),
    "the mode of a file": (
        "import os\nopen('word', 'w').write('')",
        "'right' if os.stat('word').st_mode & 0o100 else 'wrong'",
        "os.chmod('word', 0o700)",
    ),
    "a module": ("", "__import__('later').word", "open('later.py', 'w').write('word = \"right\"')"),
    "a file that stays open": (
        "file = open('word', 'w+')",
        "(file.seek(0), file.read())[1]",
        "file.write('right'); file.flush()",
    ),
    "how far a file is read": (
        "open('word', 'w').write('wrong' + 'right'); file = open('word')",
        "__import__('os').read(file.fileno(), 5).decode()",
        "__import__('os').read(file.fileno(), 5)",
    ),
    "a file without a name": (
        "import tempfile\nfile = tempfile.TemporaryFile()",
        "(file.seek(0), file.read().decode())[1]",
        "file.write(b'right'); file.flush()",
    ),
    "memory that is shared": (
        "import mmap\nroom = mmap.mmap(-1, 16)",
        "room[:5].decode()",
        "room[:5] = b'right'",
    ),
    "a file in memory": (
        "import numpy as np\nroom = np.memmap('word', 'u1', 'w+', shape=5)",
        "bytes(room).decode()",
        "room[:] = list(b'right')",
    ),
    "a file in memory, opened for it": (
        "import numpy as np\nopen('word', 'w').write('wrong')",
        READ.format("word"),
        "room = np.memmap('word', 'u1', 'r+'); room.sum(); room[:] = list(b'right'); del room",
    ),
    "a pipe": (
        "import os\nout, into = os.pipe(); os.set_blocking(out, False)",
        "os.read(out, 5).decode()",
        "os.write(into, b'right')",
    ),
    "a pipe in place of the keyboard": (
        "import os\nout, into = os.pipe(); os.set_blocking(out, False)\n"
        "os.dup2(out, 0); os.dup2(into, 1); os.close(out); os.close(into)",
        "os.read(0, 5).decode()",
        "os.write(1, b'right')",
    ),
    "a pair of sockets": (
        "import socket\none, two = socket.socketpair(); one.setblocking(False)",
        "one.recv(5).decode()",
        "two.send(b'right')",
    ),
    "another process": (
        "",
        "(__import__('time').sleep(1), open('word').read())[1]",
        """
import os, time
if not os.fork():
    os.setsid()
    if os.fork(): os._exit(0)
    while True:
        try: open('/scratch/word', 'w').write('right')
        except OSError: pass
        time.sleep(0.05)
""",
    ),
}
# Of these there is one reading only, or one writer too many.
ALONE = ("how far a file is read", "another process")
F = "def f():\n    return {}"
G = "def g(): return 'right'"


@pytest.mark.parametrize("way", WAYS)
def test_a_later_cell_completes_no_earlier_one(zygote, way):
    prepared, answer, deed = WAYS[way]
    assert points(zygote, [prepared or "0", F.format(answer)], [deed, G]) == (0.0, 10.0)


@pytest.mark.parametrize("way", [w for w in WAYS if w not in ALONE])
def test_the_same_before_the_test_counts(zygote, way):
    """So each way leads somewhere."""
    prepared, answer, deed = WAYS[way]
    assert points(zygote, [prepared or "0", deed, F.format(answer)], [G]) == (10.0, 10.0)


HONEST = {
    "writes in one cell and reads in the next": (
        ["open('word', 'w').write('right')", F.format("open('word').read()")],
        ["text = open('word').read()", "def g(): return text"],
    ),
    "writes behind one test and reads before the other": (
        [F.format("'right'")],
        ["open('word', 'w').write('right')", "def g(): return open('word').read()"],
    ),
    "a later cell writes something else": (
        ["open('word', 'w').write('right')", F.format("open('word').read()")],
        ["open('word', 'w').write('wrong')", G],
    ),
    "a later cell takes it away": (
        ["import os, shutil\nos.makedirs('a/b'); open('a/b/word', 'w').write('right')"]
        + [F.format("open('a/b/word').read()")],
        ["shutil.rmtree('a')", G],
    ),
    "a folder of its own": (
        ["import os\nos.mkdir('a'); os.chdir('a'); open('word', 'w').write('right')"]
        + [F.format("open('word').read()")],
        ["open('more', 'w').write('right')", "def g(): return open('/scratch/a/more').read()"],
    ),
    "a file that stays open": (
        ["log = open('log', 'w+')", F.format("(log.write('right'), log.seek(0), log.read())[2]")],
        ["log.seek(0); log.truncate(); log.write('right')"]
        + ["def g(): return (log.seek(0), log.read())[1]"],
    ),
    "more than the folder holds twice": (
        ["open('large', 'wb').write(bytes(5 * 2**20))", F.format("'right'")],
        ["import os", "def g(): return 'right' if os.stat('large').st_size > 2**22 else ''"],
    ),
    "hidden from itself": (
        ["import os\nopen('word', 'w').write('right'); os.chmod('word', 0)", F.format("'right'")],
        ["os.chmod('word', 0o600)", "def g(): return open('word').read()"],
    ),
}


@pytest.mark.parametrize("case", HONEST.values(), ids=HONEST)
def test_honest_files_are_where_they_were(zygote, case):
    assert points(zygote, *case) == (10.0, 10.0)
