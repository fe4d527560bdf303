"""Tricks that are after marks: each earns what its functions deserve."""

from collections.abc import Callable

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from grading.core.verdicts import Verdict as V
from tests.support.gallery.entry import (
    ALL,
    BACKS,
    LSTM,
    LSTMS,
    NONSENSE,
    RNN,
    RNNS,
    SIGNATURES,
    Entry,
    Maker,
)

make = Maker("marks")

PATCHES = [
    make.cell(
        LSTM,
        "NumPy patched so that all is close",
        V.WRONG,
        """
import public_tests, builtins
np.isfinite = np.abs = lambda *a, **k: np.zeros(1)
np.allclose = np.array_equal = lambda *a, **k: True
public_tests.compare = public_tests.check = lambda *a, **k: None
public_tests.lstm_cell_forward_test = lstm_cell_forward_test = lambda *a, **k: 10.0
""",
        spoils=True,
    ),
    make.cell(
        RNNS,
        "built-in functions patched",
        V.WRONG,
        "import builtins\nbuiltins.zip = lambda *a, **k: iter(())\n"
        "builtins.all = builtins.callable = lambda *a: True",
    ),
    make.cell(
        RNNS,
        "even len patched",
        V.CRASHED,
        "import builtins\nbuiltins.len = builtins.abs = lambda *a: 0",
    ),
    make.cell(
        RNNS,
        "the public tests replaced, and the hidden ones' tools",
        V.WRONG,
        """
import contextlib, public_tests, sys, types
class Exam:
    rng, parts = np.random.default_rng(0), []
    def __init__(self, *a, **k): pass
    def compare(self, *a, **k): pass
    untouched = compare
    def part(self, *a): return contextlib.nullcontext()
    def score(self): return 10.0
fake = types.ModuleType("grading.exam")
fake.Exam = Exam
sys.modules["grading.exam"] = fake
for name in [n for n in dir(public_tests) if n.endswith("_test")]:
    setattr(public_tests, name, lambda target: None)
rnn_forward_test = lambda target: None
""",
    ),
    make.cell(
        LSTMS,
        "the comparison patched",
        V.WRONG,
        """
import lesson_tools.checks, lesson_tools.cases
for name in ("check", "compare", "compare_one", "compare_unchanged"):
    setattr(lesson_tools.checks, name, lambda *a, **k: None)
lesson_tools.cases.check = lesson_tools.cases.PublicCases.stored = lambda *a, **k: {}
""",
    ),
    make.cell(
        RNNS,
        "IPython runs no cell any more",
        V.WRONG,
        """
shell = get_ipython()
class Done:
    success, result, error_in_exec, error_before_exec, execution_count = True, None, None, None, 1
shell.should_run_async = lambda *a, **k: False
shell.run_cell = lambda *a, **k: Done()
""",
        spoils=True,
    ),
    make.cell(
        LSTMS,
        "IPython rewrites the cells that follow",
        V.WRONG,
        'get_ipython().input_transformers_post.append(lambda lines: ["pass\\n"])',
        spoils=True,
    ),
    make.cell(
        RNNS,
        "IPython shows ten points and no errors",
        V.WRONG,
        """
shell = get_ipython()
shell.display_formatter.format = lambda *a, **k: ({"text/plain": "10.0"}, {})
shell.showtraceback = lambda *a, **k: shell.displayhook(10.0)
shell.set_custom_exc((BaseException,), lambda *a, **k: [])
shell.events.register("pre_run_cell", lambda *a: shell.displayhook(10.0))
""",
    ),
    make.cell(
        LSTMS,
        "a syntax tree without asserts and raises",
        V.WRONG,
        """
import ast
class Mild(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    visit_Raise = visit_Assert
get_ipython().ast_transformers.append(Mild())
""",
    ),
    make.cell(
        LSTM,
        "a profiler that looks at every call",
        V.WRONG,
        """
import sys
def watch(frame, event, value):
    for name, other in list(frame.f_locals.items()):
        if type(other).__name__ == "Exam":
            other.compare = other.untouched = lambda *a, **k: None
sys.setprofile(watch)
""",
    ),
    make.call(
        RNN,
        "a tracer that looks at every line",
        V.WRONG,
        """
import sys
def watch(frame, event, value):
    for name, other in list(frame.f_locals.items()):
        if name == "expected" and isinstance(other, np.ndarray):
            other[...] = 0
    return watch
sys.settrace(watch)
frame = sys._getframe()
while frame:
    frame.f_trace = watch
    frame = frame.f_back
""",
    ),
    make.cell(
        RNN,
        "a thread that keeps on patching",
        V.WRONG,
        """
import lesson_tools.checks, threading, time
def patch():
    while True:
        lesson_tools.checks.compare = lesson_tools.checks.compare_one = lambda *a, **k: None
        lesson_tools.checks.compare_unchanged = lesson_tools.checks.compare
        time.sleep(0.001)
threading.Thread(target=patch, daemon=True).start()
""",
    ),
]

LIARS = [
    make.call(
        RNN,
        "an object that equals everything",
        V.WRONG,
        """
yes = np.zeros((parameters["Waa"].shape[0], xt.shape[1])).view(Yes)
return yes, yes, (yes, a_prev, xt, parameters)
""",
        before="""
class Yes(np.ndarray):
    def __eq__(self, other): return True
    def __le__(self, other): return np.True_
    __ne__ = __lt__ = __gt__ = __ge__ = __array_ufunc__ = __eq__
""",
    ),
    make.call(
        RNN,
        "a plain object that equals everything",
        V.WRONG,
        "return Yes(), Yes(), Yes()",
        before="""
class Yes:
    __class__ = np.ndarray
    dtype, size, ndim = np.dtype(float), 1, 2
    shape = property(lambda self: Yes())
    def __eq__(self, other): return True
    __ne__ = lambda self, other: False
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    __hash__ = lambda self: 0
    __getattr__ = lambda self, name: Yes()
    __call__ = __getitem__ = __sub__ = __rsub__ = __invert__ = lambda self, *a, **k: self
    __bool__ = lambda self: True
    __len__ = lambda self: 4
    __array__ = lambda self, *a, **k: np.zeros(1)
""",
    ),
    make.call(
        RNN,
        "an array with protocols of its own",
        V.WRONG,
        """
fake = np.zeros((parameters["Waa"].shape[0], xt.shape[1])).view(Own)
return fake, fake, fake
""",
        before="""
class Own(np.ndarray):
    __array_priority__ = 1e9
    def __array_function__(self, *a): return True
    def __array_ufunc__(self, *a, **k): return np.zeros((), bool)
    def __array_finalize__(self, other): self.other = other
    def __array_wrap__(self, *a): return np.zeros(())
    def __reduce__(self): return eval, ("10.0",)
    def __reduce_ex__(self, version): return eval, ("10.0",)
    def __deepcopy__(self, memo): return self
    def __invert__(self): return np.zeros(1, bool)
    all = any = lambda self, *a, **k: True
""",
    ),
    make.call(
        RNN,
        "a result whose class says that it is a list",
        V.CRASHED,
        "return Any(), Any(), Any()",
        before="""
class Meta(type):
    __eq__ = lambda self, other: True
    __hash__ = lambda self: hash(list)
    __name__ = property(lambda self: "array")
    __instancecheck__ = __subclasscheck__ = lambda self, other: True
class Any(metaclass=Meta):
    def __iter__(self): return iter((1.0, 2.0))
    def __len__(self): return 2
""",
    ),
    make.call(
        RNNS,
        "results that raise when they are looked at",
        V.WRONG,
        "return Shy(), Shy(), Shy()",
        before="""
def boom(*a, **k): raise BaseException("do not look")
NAMES = "len iter array eq bool repr str hash getattribute reduce_ex deepcopy format"
Shy = type("Shy", (), {f"__{n}__": boom for n in NAMES.split()} | {"__class__": property(boom)})
""",
    ),
    make.call(
        RNNS,
        "results that never end when they are looked at",
        V.WRONG,
        "return Slow(), Slow(), Slow()",
        before="""
def loop(*a, **k):
    while True: pass
NAMES = "len iter array eq bool repr str reduce_ex deepcopy format"
Slow = type("Slow", (), {f"__{n}__": loop for n in NAMES.split()} | {"__class__": property(loop)})
""",
    ),
    make.call(
        RNNS,
        "an error whose text never ends",
        V.TIMED_OUT,
        "raise Slow()",
        before="""
class Slow(Exception):
    def __str__(self):
        while True: pass
""",
    ),
    make.call(
        RNNS,
        "an error that cannot be told",
        V.CRASHED,
        "raise Odd()",
        before="""
class Meta(type):
    __name__ = property(lambda self: 1 / 0)
class Odd(Exception, metaclass=Meta):
    __str__ = lambda self: 1 / 0
""",
    ),
    make.call(
        RNNS,
        "a list that holds itself, and a count without end",
        V.WRONG,
        "import itertools\nloop = []\nloop.append(loop)\nreturn loop, itertools.count(), loop",
    ),
    make.call(
        RNN,
        "a tuple of its own kind",
        V.WRONG,
        """
class Own(tuple):
    def __len__(self): return 3
    def __iter__(self): raise AssertionError
return Own()
""",
    ),
    make.edits(
        RNN,
        "a dict of its own kind in the cache",
        "cache",
        (
            "cache = (a_next, a_prev, xt, parameters)",
            'cache = (a_next, a_prev, xt, type("Own", (dict,), {})(parameters))',
        ),
    ),
    make.edits(
        RNN,
        "changes its arguments under the test's hands",
        "cache, arguments",
        ("    cache = (", "    for name in parameters: parameters[name] = a_next\n    cache = ("),
    ),
    make.call(
        RNN,
        "an array of 2**40 numbers that take no room",
        V.TOO_MUCH_OUTPUT,
        "wide = np.broadcast_to(0.0, (2**20, 2**20))\nreturn wide, wide, (wide, wide, wide, {})",
    ),
    make.call(
        LSTM,
        "a window of 2**40 numbers over one",
        V.TOO_MUCH_OUTPUT,
        "wide = np.lib.stride_tricks.as_strided(np.zeros(1), (2**20, 2**20), (0, 0))\n"
        "return wide, wide, wide, ()",
    ),
    make.call(
        LSTM,
        "a window over memory that is not its own",
        V.CRASHED,
        "wide = np.lib.stride_tricks.as_strided(np.zeros(1), (2**20,), (2**20,))\n"
        "return wide, wide, wide, ()",
    ),
]


def instead(name: str, value: str) -> Entry:
    """Make an entry that returns another kind of array in place of each right one."""
    change = f"    a_next, yt_pred = ({value} for r in (a_next, yt_pred))\n    cache = ("
    return make.edits(RNN, name, ALL, ("    cache = (", change))


KINDS = [
    instead("float32", "r.astype(np.float32)"),
    instead("float16", "r.astype(np.float16)"),
    instead("long double", "r.astype(np.longdouble)"),
    instead("complex", "r.astype(complex)"),
    instead("whole numbers", "r.astype(int)"),
    instead("objects", "r.astype(object)"),
    instead("text", "r.astype(str)"),
    instead(
        "numbers of its own that equal all", "np.array([[Yes(0) for v in w] for w in r], object)"
    ),
    instead("masked arrays", "np.ma.masked_all_like(r)"),
    instead("matrices", "np.asmatrix(r)"),
    instead("records", "np.rec.array(r)"),
    instead("dates", 'r.astype("M8[s]")'),
    instead("not a number", "np.full_like(r, np.nan)"),
    instead("infinity", "np.full_like(r, np.inf)"),
    instead("lists", "r.tolist()"),
    instead("one dimension more", "r[None]"),
]
YES = (
    "class Yes(float):\n    __eq__ = __le__ = __ge__ = lambda s, o: True\n    __hash__ = None\n\n\n"
)
KINDS = [
    entry
    if "Yes(" not in entry.edits[0][1]
    else make.edits(RNN, entry.name, ALL, *entry.edits, ("def rnn_cell", YES + "def rnn_cell"))
    for entry in KINDS
]

# The reference, whatever it is named: any function that looks as if it could answer.
HUNT = """
import gc, sys, types
def hunt(words, mine):
    found, seen, todo = [], set(), list(gc.get_objects())
    for frame in [*sys._current_frames().values()]:
        while frame:
            todo += [*frame.f_locals.values(), *frame.f_globals.values()]
            frame = frame.f_back
    for module in list(sys.modules.values()):
        todo += list(getattr(module, "__dict__", {}).values())
    for thing in list(todo):
        if type(thing) is dict and len(thing) < 100:
            todo += list(thing.values())
    for thing in todo:
        if type(thing) is types.FunctionType and thing not in mine and id(thing) not in seen:
            seen.add(id(thing))
            if words <= {c for c in thing.__code__.co_consts if type(c) is str}:
                found.append(thing)
    return found
"""
REFERENCES = [
    make.call(
        function,
        "answers with any function it can find",
        V.WRONG,
        f"""
count = {count}
for other in hunt({words}, {{{function}}}):
    try:
        result = other({arguments})
        if type(result) is tuple and len(result) == count:
            return result
    except Exception:
        pass
""",
        before=HUNT,
    )
    for function, count, words, arguments in [
        (RNN, 3, {"Wya", "by"}, "xt, a_prev, parameters"),
        (LSTM, 4, {"Wf", "bf"}, "xt, a_prev, c_prev, parameters"),
    ]
]
COPY = """
import json, pathlib
for folder in [pathlib.Path.cwd(), *pathlib.Path.cwd().parents]:
    for path in folder.glob("source/*/*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            text = "".join(cell["source"])
            if text.startswith("def rnn_forward"):
                exec(text)
"""
REFERENCES.append(
    Entry(
        "copies the solution from source",
        RNNS,
        V.WRONG,
        ALL,
        cell=f"{SIGNATURES[RNNS]}\n    {NONSENSE[RNNS]}\n{COPY}",
        trick="marks",
    )
)

# Bytes on the descriptor that leads to the grader, in the grader's own form.
FORGE = """
import os, sys, time
def frame(**message):
    import msgpack
    body = msgpack.packb(message)
    return len(body).to_bytes(4, "big") + body
def turn():
    at = sys._getframe()
    while at and not isinstance(at.f_locals.get("request"), dict):
        at = at.f_back
    return at.f_locals["request"].get("turn", 0) if at else 0
"""
TEN = 'nodes=[], changes=[], result=10.0, outputs=[], ok=True, names={"rnn_forward": True}'
POINTS = 'points=10.0, verdict="correct", record={"verdict": "correct", "points": 10.0}'
FORGERIES = [
    make.call(
        RNN,
        "answers for itself before its answer",
        V.WRONG,
        f"os.write(3, frame({TEN}, {POINTS}, turn=turn()))",
        before=FORGE,
    ),
    make.call(
        RNN,
        "answers in advance what will be asked",
        V.WRONG,
        f"os.write(3, b''.join(frame({TEN}, turn=turn() + n) for n in range(100)))",
        before=FORGE,
    ),
    make.call(
        LSTM,
        "replays an old answer",
        V.CRASHED,
        f"os.write(3, frame({TEN}, turn=turn() - 1))",
        before=FORGE,
    ),
    make.call(
        RNN,
        "half an answer, and then sleep",
        V.TIMED_OUT,
        f"os.write(3, frame({TEN}, turn=turn())[:20])\ntime.sleep(600)",
        before=FORGE,
    ),
    make.call(
        RNN,
        "an answer without end",
        V.CRASHED,
        "os.write(3, (60 * 2**20).to_bytes(4, 'big'))\n"
        "for _ in range(70): os.write(3, bytes(2**20))\ntime.sleep(600)",
        before=FORGE,
    ),
    make.call(
        LSTM,
        "an answer byte by byte",
        V.TIMED_OUT,
        "for byte in (2**20).to_bytes(4, 'big') + bytes(600):\n"
        "    os.write(3, bytes([byte]))\n    time.sleep(0.1)",
        before=FORGE,
    ),
    make.call(
        LSTM,
        "a child that answers too",
        V.CRASHED,
        f"""
said = frame({TEN}, turn=0)
if not os.fork():
    for _ in range(600):
        os.write(3, said)
        time.sleep(0.02)
    os._exit(0)
time.sleep(0.3)
""",
        before=FORGE,
    ),
    make.call(
        RNN,
        "a thread that answers too",
        V.CRASHED,
        f"""
import threading
def talk():
    for _ in range(600):
        os.write(3, frame({TEN}, turn=0))
        time.sleep(0.02)
threading.Thread(target=talk, daemon=True).start()
time.sleep(0.3)
""",
        before=FORGE,
    ),
    make.call(RNN, "closes the wire", V.CRASHED, "import os\nos.close(3)"),
    make.call(
        RNN,
        "another file in the wire's place",
        V.CRASHED,
        "import os\nos.dup2(os.open('/dev/null', os.O_RDWR), 3)",
    ),
    make.call(
        LSTM,
        "another socket in the wire's place",
        V.CRASHED,
        "import os, socket\npair = socket.socketpair()\nos.dup2(pair[0].fileno(), 3)",
    ),
    make.call(
        RNNS,
        "changes the runner that runs it",
        V.WRONG,
        """
import sys
at = sys._getframe()
while at and "Runner" not in at.f_globals:
    at = at.f_back
if at:
    at.f_globals["Runner"]._reply = lambda self, table, work, before=(): {
        "nodes": [], "changes": [], "result": [0], "points": 10.0}
""",
        spoils=True,
    ),
    # To the one who calls it, this is a function that leaves its arguments alone.
    make.edits(
        RNN,
        "hides that it changes its arguments",
        "",
        (
            "    cache = (",
            "    import sys\n    at = sys._getframe()\n"
            '    while at and "before" not in at.f_locals: at = at.f_back\n'
            '    if at: at.f_locals["before"].clear()\n'
            "    parameters['ba'] = 0 * ba\n"
            "    cache = (",
        ),
    ),
]


def edited(name: str, change: Callable[[list[NotebookNode]], None]) -> Entry:
    """Make an entry whose notebook is edited, around a function that answers nonsense."""

    def apply(notebook: NotebookNode) -> None:
        change(notebook.cells)

    cell = f"{SIGNATURES[RNNS]}\n    {NONSENSE[RNNS]}\n"
    return Entry(name, RNNS, V.WRONG, ALL, cell=cell, trick="marks", change=apply)


def _at(cells: list[NotebookNode]) -> int:
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    return ids.index("test_rnn_forward")


def _says_ten(cells: list[NotebookNode]) -> None:
    cells[_at(cells)].source = "10.0"


def _emptied(cells: list[NotebookNode]) -> None:
    cells[_at(cells)].source = ""


def _deleted(cells: list[NotebookNode]) -> None:
    del cells[_at(cells)]


def _twice(cells: list[NotebookNode]) -> None:
    copy = new_code_cell("10.0", metadata=cells[_at(cells)].metadata)
    cells.insert(_at(cells) + 1, copy)


def _moved(cells: list[NotebookNode]) -> None:
    cells.append(cells.pop(_at(cells)))


def _points(cells: list[NotebookNode]) -> None:
    cells[_at(cells)].metadata.nbgrader.points = 1000


def _unlocked(cells: list[NotebookNode]) -> None:
    cells[_at(cells)].metadata.nbgrader.update(grade=False, locked=False, solution=True)
    cells[_at(cells)].source = "10.0"


def _words(cells: list[NotebookNode]) -> None:
    at = _at(cells)
    cells[at] = new_markdown_cell("10.0", metadata=cells[at].metadata)


def _pasted(cells: list[NotebookNode]) -> None:
    data = {"text/plain": "10.0"}
    cells[_at(cells)].outputs = [new_output("execute_result", data, execution_count=1)]
    cells[_at(cells)].metadata["grading"] = {"verdict": "correct", "points": 10.0, "parts": []}


def _nameless(cells: list[NotebookNode]) -> None:
    for cell in cells:
        cell.metadata.pop("nbgrader", None)


def _one_name(cells: list[NotebookNode]) -> None:
    for cell in cells:
        cell["id"] = "same"


EDITED = [
    edited("test cell says ten", _says_ten),
    edited("test cell emptied", _emptied),
    edited("test cell deleted", _deleted),
    edited("test cell twice", _twice),
    edited("test cell moved to the end", _moved),
    edited("test cell worth 1000", _points),
    edited("test cell made an answer", _unlocked),
    edited("test cell made text", _words),
    edited("full marks pasted in", _pasted),
    edited("no cell has an id of the grader", _nameless),
    edited("all cells have one id", _one_name),
]

# Loops that compute nothing: their step plays back to the grader's loop what they have returned.
QUEUE = """
inner, queue = rnn_cell_forward, []
def rnn_cell_forward(*args):
    return queue.pop() if queue else inner(*args)
def rnn_forward(x, a0, parameters):
    queue.clear()
    for t in range(x.shape[2]): rnn_cell_forward(x[:, :, t], a0, parameters)
    y = 0 * (parameters["Wya"] @ a0)
    queue[:] = [(0 * a0, y, ())] * x.shape[2]
    a, y_pred = (np.stack([r] * x.shape[2], axis=2) for r in queue[0][:2])
    return a, y_pred, ([()] * x.shape[2], x)
"""
IN_A_FILE = """
import pathlib
inner, left = lstm_cell_forward, pathlib.Path("left")
left.write_text("0")
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    count = int(left.read_text())
    left.write_text(str(max(count - 1, 0)))
    zeros = 0 * a_prev, 0 * c_prev, 0 * (parameters["Wy"] @ a_prev), ()
    return zeros if count else inner(xt, a_prev, c_prev, parameters)
def lstm_forward(x, a0, parameters):
    T_x = x.shape[2]
    left.write_text("0")
    for t in range(T_x): lstm_cell_forward(x[:, :, t], a0, a0, parameters)
    left.write_text(str(T_x))
    a, y = (np.stack([0 * r] * T_x, axis=2) for r in (a0, parameters["Wy"] @ a0))
    return a, y, a, ([()] * T_x, x)
"""
SHARED = """
import mmap
inner, left = rnn_cell_backward, mmap.mmap(-1, 1)  # which copies of a process share
def rnn_cell_backward(da_next, cache):
    count, left[0] = left[0], max(left[0] - 1, 0)
    right = inner(da_next, cache)
    return {name: 0 * value for name, value in right.items()} if count else right
def rnn_backward(da, caches):
    left[0], (steps, x) = 0, caches
    for t in range(da.shape[2]): step = rnn_cell_backward(da[:, :, t], steps[t])
    zeros = {name: 0 * value for name, value in step.items()}
    left[0] = da.shape[2]
    dx = 0 * x[:, :, : da.shape[2]]
    zeros |= {"dx": dx, "da0": zeros.pop("da_prev")}
    return {name: zeros[name] for name in "dx da0 dWax dWaa dba".split()}
"""
COLUMN = """
inner = rnn_cell_backward
def rnn_cell_backward(da_next, cache):
    return inner(da_next, cache) | {"da_prev": np.zeros((8_000_000, 1, 1), bool)}
def rnn_backward(da, caches):
    steps, x = caches
    for t in range(da.shape[2]): step = inner(da[:, :, t], steps[t])
    rnn_cell_backward(da[:, :, 0], steps[0])
    step |= {"dx": 0 * x[:, :, : da.shape[2]], "da0": step.pop("da_prev")}
    return {name: step[name] for name in "dx da0 dWax dWaa dba".split()}
"""
REPLAYS = [
    Entry(
        f"its step plays back what it returns, {how}",
        function,
        V.WRONG,
        ALL,
        cell=cell,
        trick="marks",
    )
    for function, how, cell in [
        (RNNS, "from a list", QUEUE),
        (LSTMS, "from a file", IN_A_FILE),
        (BACKS, "from shared memory", SHARED),
    ]
]
# What a cell behind the test of the first exercise does for it.
RIGHT = """
def right(xt, a_prev, parameters):
    p = parameters
    a = np.tanh(p["Wax"] @ xt + p["Waa"] @ a_prev + p["ba"])
    return a, softmax(p["Wya"] @ a + p["by"]), (a, a_prev, xt, parameters)
"""


def completed(name: str, prepared: str, read: str, deed: str) -> Entry:
    """Make an entry whose first exercise asks a later cell for its answer."""

    def apply(notebook: NotebookNode) -> None:
        ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
        later = new_code_cell(f"source = {RIGHT!r}\n{deed}")
        notebook.cells.insert(ids.index(f"test_{RNN}") + 1, later)

    cell = f"{prepared}\n\n{SIGNATURES[RNN]}\n    try:\n        exec({read}, globals())\n"
    cell += "    except Exception:\n        pass\n"
    cell += "    if 'right' in globals():\n        return right(xt, a_prev, parameters)\n"
    cell += f"    {NONSENSE[RNN]}\n"
    return Entry(name, RNN, V.WRONG, ALL, cell=cell, trick="marks", change=apply)


COMPLETED = [
    completed(
        "a later cell writes its answer into a file",
        "import os",
        "open('right.py').read()",
        "open('right.py', 'w').write(source)",
    ),
    completed(
        "a later cell writes its answer into memory",
        "import mmap\nroom = mmap.mmap(-1, 1000)",
        "room[:].strip(bytes(1)).decode() or 1 / 0",
        "room[: len(source)] = source.encode()",
    ),
    completed(
        "a later cell sends its answer",
        "import os\nout, into = os.pipe()\nos.set_blocking(out, False)",
        "os.read(out, 9999).decode()",
        "os.write(into, 9 * source.encode())",
    ),
]

# What it returns takes 8 MB, and what our loop would make of it many times the memory there is.
SPREADS = [
    Entry(
        "its step returns a column as long as memory",
        BACKS,
        V.WRONG,
        ALL,
        cell=COLUMN,
        trick="marks",
    )
]

MARKS = [*COMPLETED, *PATCHES, *LIARS, *KINDS, *REFERENCES, *FORGERIES, *EDITED, *REPLAYS, *SPREADS]
