"""The gallery: right, unusual, wrong and hostile submissions, each with its verdict.

An entry changes one exercise of the reference notebook. Most do it by an edit of the
reference's own code, so the gallery follows the lessons; an edit that finds nothing to
change is an error. Every bug found in grading becomes an entry before it is mended.
"""

from __future__ import annotations

from dataclasses import dataclass

from grading.verdicts import Verdict as V

ALL = "everything"  # in `lost`: no points remain


@dataclass(frozen=True)
class Entry:
    """One submission of one exercise.

    Attributes
    ----------
    name : str
        What it does, in words.
    function : str
        The exercise whose cell it changes.
    verdict : Verdict
    lost : str
        The parts that it loses, as the start of each part's name, separated by commas;
        `ALL` for every point.
    edits : tuple of (str, str)
        Replacements in the cell of the reference, each of which must find its text.
    cell : str
        Or the whole cell.
    """

    name: str
    function: str
    verdict: V
    lost: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    cell: str | None = None

    @property
    def student(self) -> str:
        """Return a student id made of the name."""
        words = "".join(c if c.isalnum() else "-" for c in f"{self.function}-{self.name}")
        return "-".join(filter(None, words.split("-")))[:80]

    def apply(self, source: str) -> str:
        """Return the cell of this entry, made from the reference's."""
        if self.cell is not None:
            return self.cell
        for old, new in self.edits:
            if old not in source:
                raise ValueError(f"{self.name}: the reference has no {old!r} to change")
            source = source.replace(old, new)
        return source


def wrong(function: str, name: str, lost: str, *edits: tuple[str, str]) -> Entry:
    """Make an entry that loses ``lost`` and is wrong when that is everything."""
    return Entry(name, function, V.WRONG if lost == ALL else V.PARTLY_CORRECT, lost, edits)


RNN, RNNS, LSTM, LSTMS = "rnn_cell_forward", "rnn_forward", "lstm_cell_forward", "lstm_forward"

SIGNATURES = {
    RNN: "def rnn_cell_forward(xt, a_prev, parameters):",
    RNNS: "def rnn_forward(x, a0, parameters):",
    LSTM: "def lstm_cell_forward(xt, a_prev, c_prev, parameters):",
    LSTMS: "def lstm_forward(x, a0, parameters):",
}

UNUSUAL = [
    Entry(
        "np.dot, get and a dict of locals",
        RNN,
        V.CORRECT,
        cell="""
def rnn_cell_forward(xt, a_prev, parameters):
    p = {k: parameters.get(k) for k in ("Wax", "Waa", "Wya", "ba", "by")}
    stacked = np.dot(np.hstack((p["Wax"], p["Waa"])), np.vstack((xt, a_prev))) + p["ba"]
    a_next = 1 - 2 / (np.exp(np.clip(2 * stacked, -700, 700)) + 1)
    yt_pred = softmax(np.einsum("ya,am->ym", p["Wya"], a_next) + p["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)
""",
    ),
    Entry(
        "lists stacked at the end",
        RNNS,
        V.CORRECT,
        cell="""
def rnn_forward(x, a0, parameters):
    def steps():
        state = a0
        for xt in x.transpose(2, 0, 1):
            state, y, cache = rnn_cell_forward(xt, state, parameters)
            yield state, y, cache
    states, outputs, caches = zip(*steps())
    return np.stack(states, axis=2), np.dstack(outputs), (list(caches), x)
""",
    ),
    Entry(
        "one product for all four gates",
        LSTM,
        V.CORRECT,
        cell="""
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    n_a = a_prev.shape[0]
    W = np.vstack([parameters["W" + g] for g in "fioc"])
    b = np.vstack([parameters["b" + g] for g in "fioc"])
    z = W @ np.vstack([a_prev, xt]) + b
    ft, it, ot = np.split(0.5 * (1 + np.tanh(0.5 * z[: 3 * n_a])), 3)
    cct = np.tanh(z[3 * n_a :])
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    y = parameters["Wy"] @ a_next + parameters["by"]
    y = np.exp(y - y.max(0))
    return (a_next, c_next, y / y.sum(0),
            (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters))
""",
    ),
    Entry(
        "a class with a call",
        LSTMS,
        V.CORRECT,
        cell="""
class Network:
    def __call__(self, x, a0, parameters):
        n_a, m = a0.shape
        a, c, y, caches = [], [], [], []
        state, memory = a0.copy(), np.zeros_like(a0)
        for t in range(x.shape[-1]):
            state, memory, out, cache = lstm_cell_forward(x[..., t], state, memory, parameters)
            a.append(state); c.append(memory); y.append(out); caches.append(cache)
        return np.stack(a, -1), np.stack(y, -1), np.stack(c, -1), (caches, x)

lstm_forward = Network()
""",
    ),
]

CELL_SLIPS = [
    wrong(RNN, "predicts from the old state", "values of yt", ("Wya @ a_next", "Wya @ a_prev")),
    wrong(
        RNN,
        "sigmoid for the state",
        ALL,
        ("np.tanh(", "1 / (1 + np.exp(-1.0) ** ("),
        ("@ a_prev + ba)", "@ a_prev + ba))"),
    ),
    wrong(RNN, "hidden bias forgotten", ALL, (" + ba)", ")")),
    wrong(RNN, "output bias forgotten", "values of yt", (" + by)", ")")),
    wrong(RNN, "recurrent matrix transposed", ALL, ("Waa @ a_prev", "Waa.T @ a_prev")),
    wrong(RNN, "cache order swapped", "cache", ("(a_next, a_prev, xt,", "(a_prev, a_next, xt,")),
    wrong(
        RNN,
        "cache is a list",
        "cache",
        ("cache = (a_next, a_prev, xt, parameters)", "cache = [a_next, a_prev, xt, parameters]"),
    ),
    wrong(
        RNN,
        "softmax over the batch",
        "values of yt",
        ("softmax(Wya @ a_next + by)", "softmax((Wya @ a_next + by).T).T"),
    ),
    wrong(
        RNN,
        "softmax with one grand total",
        "values of yt",
        (
            "softmax(Wya @ a_next + by)",
            "np.exp(Wya @ a_next + by) / np.exp(Wya @ a_next + by).sum()",
        ),
    ),
    wrong(
        RNN,
        "softmax without its maximum",
        "extreme",
        (
            "softmax(Wya @ a_next + by)",
            "np.exp(Wya @ a_next + by) / np.exp(Wya @ a_next + by).sum(axis=0)",
        ),
    ),
    wrong(
        RNN,
        "no prediction but the scores",
        "values of yt",
        ("softmax(Wya @ a_next + by)", "Wya @ a_next + by"),
    ),
    wrong(
        RNN,
        "changes a_prev in place",
        "cache, arguments",
        ("    a_next = np", "    a_prev *= 1.5; a_prev /= 1.5; a_prev += 1e-3\n    a_next = np"),
        ("Waa @ a_prev", "Waa @ (a_prev - 1e-3)"),
    ),
    wrong(
        RNN, "float32 on the way", ALL, ("np.tanh(Wax", "np.tanh(np.float32(1) * Wax.astype('f4')")
    ),
    wrong(
        RNN, "returns two values", ALL, ("return a_next, yt_pred, cache", "return a_next, yt_pred")
    ),
    wrong(
        RNN,
        "returns a list",
        ALL,
        ("return a_next, yt_pred, cache", "return [a_next, yt_pred, cache]"),
    ),
]

SEQUENCE_SLIPS = [
    wrong(RNNS, "ignores a0", ALL, ("a_next = a0", "a_next = np.zeros_like(a0)")),
    wrong(
        RNNS,
        "reads the slice before, which wraps at 0",
        ALL,
        ("x[:, :, t], a_next,", "x[:, :, t], a[:, :, t - 1],"),
    ),
    wrong(RNNS, "feeds a0 at every step", ALL, ("x[:, :, t], a_next,", "x[:, :, t], a0,")),
    wrong(RNNS, "always reads step 0", ALL, ("x[:, :, t]", "x[:, :, 0]")),
    wrong(RNNS, "caches overwritten", "caches", ("steps.append(cache)", "steps = [cache]")),
    wrong(RNNS, "caches without x", "caches", ("(steps, x)", "steps")),
    wrong(
        RNNS,
        "state buffer updated in place",
        "caches, arguments",
        (
            "a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)",
            "new, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)\n"
            "        a_next[:] = new",
        ),
    ),
    wrong(RNNS, "batch size hard-coded", ALL, ("_, m, T_x = x.shape", "m, T_x = 10, x.shape[2]")),
    wrong(RNNS, "one step short", ALL, ("range(T_x)", "range(T_x - 1)")),
]

LSTM_SLIPS = [
    wrong(LSTM, "concat order reversed", ALL, ("[a_prev, xt]", "[xt, a_prev]")),
    wrong(
        LSTM,
        "forget and update gates swapped",
        ALL,
        ("ft * c_prev + it * cct", "it * c_prev + ft * cct"),
    ),
    wrong(LSTM, "adds gate and candidate", ALL, ("it * cct", "(it + cct)")),
    wrong(
        LSTM,
        "sigmoid on the candidate",
        ALL,
        ('np.tanh(parameters["Wc"]', 'sigmoid(parameters["Wc"]'),
    ),
    wrong(LSTM, "tanh on a gate", ALL, ('sigmoid(parameters["Wf"]', 'np.tanh(parameters["Wf"]')),
    wrong(
        LSTM,
        "outer tanh forgotten",
        "values of a, values of y, cache",
        ("ot * np.tanh(c_next)", "ot * c_next"),
    ),
    wrong(
        LSTM,
        "forget gate with the output gate's bias",
        ALL,
        ('parameters["bf"]', 'parameters["bo"]'),
    ),
    wrong(
        LSTM, "predicts from the cell state", "values of yt", ('["Wy"] @ a_next', '["Wy"] @ c_next')
    ),
    wrong(
        LSTM,
        "updates c_prev in place",
        "cache, arguments",
        ("c_next = ft * c_prev + it * cct", "c_prev *= ft; c_prev += it * cct; c_next = c_prev"),
    ),
    wrong(
        LSTM,
        "cache order of two gates swapped",
        "cache",
        ("ft, it, cct, ot, xt", "it, ft, cct, ot, xt"),
    ),
    Entry("concatenates along the batch", LSTM, V.RAISED, ALL, (("axis=0", "axis=1"),)),
    Entry("matrix product for elementwise", LSTM, V.RAISED, ALL, (("ft * c_prev", "ft @ c_prev"),)),
]

LSTM_SEQUENCE_SLIPS = [
    wrong(LSTMS, "cell state starts at a0", ALL, ("c_next = np.zeros((n_a, m))", "c_next = a0")),
    wrong(
        LSTMS,
        "cell state zeroed in the loop",
        ALL,
        ("x[:, :, t], a_next, c_next,", "x[:, :, t], a_next, np.zeros((n_a, m)),"),
    ),
    wrong(
        LSTMS,
        "first cell state is a view of c",
        "caches",
        ("c_next = np.zeros((n_a, m))", "c_next = c[:, :, 0]"),
    ),
    wrong(
        LSTMS,
        "returns c before y",
        "values of y, values of c",
        ("return a, y, c, caches", "return a, c, y, caches"),
    ),
]

NO_ANSWER = [
    Entry(
        "the blank left in",
        RNN,
        V.NOT_ATTEMPTED,
        ALL,
        cell=SIGNATURES[RNN] + '\n    raise NotImplementedError("not written yet")\n',
    ),
    Entry("its cell is empty", RNNS, V.NOT_ATTEMPTED, ALL, cell="# later\n"),
    Entry("a syntax error", RNN, V.RAISED, ALL, cell=SIGNATURES[RNN] + "\n    return (\n"),
    Entry("a name that does not exist", LSTM, V.RAISED, ALL, (("np.concatenate", "np.stack_up"),)),
    Entry("returns None", LSTMS, V.WRONG, ALL, cell=SIGNATURES[LSTMS] + "\n    pass\n"),
    Entry("not a function", RNNS, V.WRONG, ALL, cell="rnn_forward = 42\n"),
]

HOSTILE = [
    Entry("a cell that never ends", RNNS, V.TIMED_OUT, ALL, cell="while True:\n    pass\n"),
    Entry(
        "a loop that swallows its interrupt",
        LSTMS,
        V.TIMED_OUT,
        ALL,
        cell=SIGNATURES[LSTMS]
        + """
    import time
    while True:
        try:
            time.sleep(0.01)
        except BaseException:
            pass
""",
    ),
    Entry(
        "leaves the process",
        RNN,
        V.CRASHED,
        ALL,
        cell=SIGNATURES[RNN] + "\n    import os\n    os._exit(0)\n",
    ),
    Entry(
        "a segmentation fault",
        LSTM,
        V.CRASHED,
        ALL,
        cell=SIGNATURES[LSTM] + "\n    import ctypes\n    ctypes.string_at(0)\n",
    ),
    Entry(
        "more memory than there is",
        RNNS,
        V.OUT_OF_MEMORY,
        ALL,
        cell=SIGNATURES[RNNS] + "\n    return np.ones(2**40), None, None\n",
    ),
    Entry(
        "an object that equals everything",
        RNN,
        V.WRONG,
        ALL,
        cell="""
class Yes(np.ndarray):
    def __eq__(self, other): return True
    def __le__(self, other): return np.True_
    __ne__ = __lt__ = __gt__ = __ge__ = __array_ufunc__ = __eq__
def rnn_cell_forward(xt, a_prev, parameters):
    yes = np.zeros((parameters["Waa"].shape[0], xt.shape[1])).view(Yes)
    return yes, yes, (yes, a_prev, xt, parameters)
""",
    ),
    Entry(
        "NumPy patched so that all is close",
        LSTM,
        V.WRONG,
        ALL,
        cell="""
import public_tests, builtins
np.isfinite = np.abs = lambda *a, **k: np.zeros(1)
np.allclose = np.array_equal = lambda *a, **k: True
public_tests.compare = public_tests.check = lambda *a, **k: None
public_tests.lstm_cell_forward_test = lstm_cell_forward_test = lambda *a, **k: 10.0
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    return a_prev, c_prev, np.ones((parameters["Wy"].shape[0], xt.shape[1])), ()
""",
    ),
    Entry(
        "looks for the reference and the marks",
        LSTMS,
        V.WRONG,
        ALL,
        cell="""
import gc, os, sys, types
loot = []
for folder, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if f not in ("usr", "lib", "lib64", "proc", "sys")]
    loot += [f for f in files if f.endswith((".ipynb", ".db", ".git")) or "solution" in f]
    if folder.endswith("grading"):
        loot += [f for f in files if f != "inside.py"]
loot += [p for p in os.listdir("/proc")]
loot += [n for n in sys.modules if n.startswith("grading")]
loot += [o for o in gc.get_objects() if isinstance(o, types.FunctionType)
         and o.__name__ in ("judge", "lstm_forward", "expected_cells")]
for path in ("/x", "/usr/x", os.path.dirname(np.__file__) + "/x", "/dev/shm/x"):
    try:
        open(path, "w").close(); loot.append(path)
    except OSError:
        pass
import socket
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        with socket.socket(family) as s:
            s.settimeout(1); s.connect(("127.0.0.1" if family == socket.AF_INET else "::1", 9))
            loot.append("network")
    except ConnectionRefusedError:
        loot.append("network")
    except OSError:
        pass
print("found:", loot)
def lstm_forward(x, a0, parameters):
    return a0, a0, a0, tuple(map(str, loot))
""",
    ),
]

ENTRIES = [
    *UNUSUAL,
    *CELL_SLIPS,
    *SEQUENCE_SLIPS,
    *LSTM_SLIPS,
    *LSTM_SEQUENCE_SLIPS,
    *NO_ANSWER,
    *HOSTILE,
]
