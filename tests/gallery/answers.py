"""Honest submissions: right in an unusual way, wrong in a known one, and not there yet."""

from grading.verdicts import Verdict as V
from tests.gallery.entry import ALL, LSTM, LSTMS, RNN, RNNS, SIGNATURES, Entry


def wrong(function: str, name: str, lost: str, *edits: tuple[str, str]) -> Entry:
    """Make an entry that loses ``lost`` and is wrong when that is everything."""
    return Entry(name, function, V.WRONG if lost == ALL else V.PARTLY_CORRECT, lost, edits)


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
    Entry(
        "Fortran order and read-only",
        RNNS,
        V.CORRECT,
        edits=(
            (
                "    caches = (steps, x)",
                "    a, y_pred = np.asfortranarray(a), y_pred[::-1].copy()[::-1]\n"
                "    a.flags.writeable = False\n"
                "    caches = (steps, x)",
            ),
        ),
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

WRONG = [*CELL_SLIPS, *SEQUENCE_SLIPS, *LSTM_SLIPS, *LSTM_SEQUENCE_SLIPS]

# Right answers that call no other exercise: beside them a hostile one shows what it costs.
ALONE = [
    Entry(
        "on its own",
        RNNS,
        V.CORRECT,
        cell="""
def rnn_forward(x, a0, parameters):
    p, state, states, outputs, steps = parameters, a0, [], [], []
    for t in range(x.shape[2]):
        new = np.tanh(p["Wax"] @ x[:, :, t] + p["Waa"] @ state + p["ba"])
        steps.append((new, state, x[:, :, t], parameters))
        state = new
        states.append(state)
        outputs.append(softmax(p["Wya"] @ state + p["by"]))
    return np.stack(states, axis=2), np.stack(outputs, axis=2), (steps, x)
""",
    ),
    Entry(
        "on its own",
        LSTMS,
        V.CORRECT,
        cell="""
def lstm_forward(x, a0, parameters):
    p, a, c, steps = parameters, a0, np.zeros_like(a0), []
    states, memories, outputs = [], [], []
    for t in range(x.shape[2]):
        z = np.concatenate([a, x[:, :, t]])
        ft, it, ot = (sigmoid(p["W" + g] @ z + p["b" + g]) for g in "fio")
        cct = np.tanh(p["Wc"] @ z + p["bc"])
        new_c = ft * c + it * cct
        new_a = ot * np.tanh(new_c)
        steps.append((new_a, new_c, a, c, ft, it, cct, ot, x[:, :, t], parameters))
        a, c = new_a, new_c
        states.append(a)
        memories.append(c)
        outputs.append(softmax(p["Wy"] @ a + p["by"]))
    return (*(np.stack(v, axis=2) for v in (states, outputs, memories)), (steps, x))
""",
    ),
]
