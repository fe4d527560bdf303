"""A conversation with a real sandbox."""

import base64
import contextlib
import copy
import platform
import re
import time
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import msgpack
import numpy as np
import pytest

from grading.core.verdicts import Verdict
from grading.sandbox import inside, replies
from grading.sandbox.limits import Limits
from grading.sandbox.session import Session
from grading.sandbox.stub import Stub
from tests.support.sandbox import LIMITS, SHORT, define, failure, printed, said

ROOT = Path(__file__).resolve().parents[2]


def observe(call, x, more):
    """Describe what a call gives, what became of its arguments, and which objects are one."""
    try:
        result = call(x, **more)
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    met = []

    def describe(value):
        if isinstance(value, (list, tuple, dict, np.ndarray)):
            if any(value is other for other in met):
                return [value is other for other in met].index(True)
            met.append(value)
        if isinstance(value, (list, tuple)):
            return type(value)(map(describe, value))
        if isinstance(value, dict):
            return {key: describe(part) for key, part in value.items()}
        return type(value), repr(value), getattr(value, "dtype", ""), getattr(value, "shape", "")

    return describe([x, more, result])


def weights():
    return {"W": np.ones((2, 2)), "b": [np.zeros(2, "f4")]}


FROZEN = np.zeros(2)
FROZEN.flags.writeable = False
CALLS = {
    "results": ("return [np.ones((2, 1), d) for d in x], np.float32(3), {}, (), None", "?bdfDe"),
    "keyword arguments": ("return x, y, more", 1, {"b": (2, [3]), "y": 4}),
    "array": ("x[0] = 7", np.zeros(2)),
    "list, dict": ("x['b'] += [x['W'], 1]; x['b'][0][:] = 2; x['W'] *= 3; x['n'] = 0", weights()),
    "handed back": ("return x, [y, y], {'x': x}", [np.ones(1)], {"y": weights()}),
    "caches": ("return [(x['W'][t], x, dict(x)) for t in (0, 1)], x['b']", weights()),
    "exception": ("raise IndexError('text', 3)", 1),
    "missing key": ("return x['Wax']", {}),
    "changed before an exception": ("x.append(1); raise ValueError('text')", []),
    "equal, of another type": ("x[0], x[1], x[2] = 1.0, True, -0.0", [1, 1, 0.0]),
    "another shape": ("x.shape = (1, 2)", np.zeros(2)),
    "read-only": ("x[0] = 1", FROZEN),
    "large argument": ("return None", np.ones(20 * 2**17)),
}


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS)
def test_a_call_behaves_as_in_one_process(session, case):
    body, x, more = (*case, {})[:3]
    source = f"import numpy as np\ndef f(x, y=0, **more):\n    {body}"
    define(session, source)
    exec(source, here := {})
    observed = []
    for function in (here["f"], Stub(session, "f")):
        mine = copy.deepcopy(x)
        if x is FROZEN:
            mine.flags.writeable = False
        observed.append(observe(function, mine, copy.deepcopy(more)))
    assert observed[1] == observed[0]


def test_an_exception_of_pythons_own_has_the_place_and_a_verdict(session):
    define(session, "def f():\n    y = 1\n    raise NotImplementedError('text')")
    error, verdicts = failure(session, "f")
    assert type(error) is NotImplementedError
    assert "line 3" in error.place
    assert "raise NotImplementedError('text')" in error.place
    assert verdicts == [Verdict.NOT_ATTEMPTED]


OWN = "class Own({}): pass\nraise Own('text')"


@pytest.mark.parametrize("base", ["ValueError", "Exception", "UnicodeError"])
def test_an_exception_of_the_submissions_own_is_one_of_pythons_that_it_is_made_of(session, base):
    define(session, "def f():\n" + indent(OWN.format(base), "    "))
    error, verdicts = failure(session, "f")
    assert type(error).__name__ == "Own"
    assert type(error).__bases__ == (eval(base),)
    assert str(error) == "text"
    assert verdicts == [Verdict.RAISED]


@pytest.mark.parametrize(
    "harm", [OWN.format("BaseException"), "raise SystemExit", "raise KeyboardInterrupt"]
)
def test_any_other_exception_is_a_runtime_error_that_names_it(session, harm):
    define(session, "kept = []\ndef f():\n    kept.append(1)\n" + indent(harm, "    "))
    assert session.run_cell(harm)[1] is Verdict.RAISED
    error, verdicts = failure(session, "f")
    assert type(error) is RuntimeError
    assert str(error).startswith("Own: text" if "Own" in harm else harm.split()[1])
    assert verdicts == [Verdict.RAISED]
    assert session.value("kept") == [1]


def test_what_a_function_prints_is_no_answer_and_names_stand_as_they_do_at_that_point(session):
    define(session, "import os\nx = {'a': (1, 2)}\ndef f(): print({'result': 1}); return 2")
    assert Stub(session, "f")() == 2
    assert printed(session, "print('next')\ndef f(): os.write(1, b'x'); return 3") == "next\n"
    assert Stub(session, "f")() == 3
    assert session.names(["f", "x", "missing"]) == {"f": True, "x": False}
    assert session.value("x") == {"a": (1, 2)}
    assert isinstance(session.value("f"), inside.Opaque)
    with pytest.raises(KeyError):
        session.value("missing")


def test_outputs_come_in_order_and_cleared_ones_are_gone(session):
    outputs = define(
        session,
        "import sys; from IPython.display import *\nprint('old'); clear_output()\nprint('a')\n"
        "print('b', file=sys.stderr)\nprint('c'); display(HTML('<b>d</b>'))\n[1, 2]",
    )
    assert [o.get("name") for o in outputs] == ["stdout", "stderr", "stdout", None, None]
    assert said(outputs) == "a\nb\nc\n"
    assert outputs[3]["data"]["text/html"] == "<b>d</b>"
    assert outputs[4]["output_type"] == "execute_result"
    assert outputs[4]["data"]["text/plain"] == "[1, 2]"
    outputs, verdict = session.run_cell("print('before')\ndef f(): return 1 / 0\nf()")
    assert verdict is Verdict.RAISED
    assert said(outputs) == "before\n"
    assert outputs[-1]["ename"] == "ZeroDivisionError"
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(outputs[-1]["traceback"]))
    assert "return 1 / 0" in shown


DISPLAY = "from IPython.display import *; import numpy as np\n"


@pytest.mark.parametrize(
    "source",
    [r"print('\ud800')", "JSON({1: 2})", "display(HTML(''), metadata={'width': np.int64(3)})"],
)
def test_an_output_that_cannot_be_sent_does_not_end_the_session(session, source):
    outputs, verdict = session.run_cell(DISPLAY + "print('kept')\n" + source)
    assert verdict is not Verdict.CRASHED
    assert said(outputs).startswith("kept")


def test_help_is_there_as_in_any_notebook(session):
    assert "number of items" in printed(session, "help(len)")


PLOT = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\n"
PAINT, SHOW = "fig.set_facecolor('red'); ax.set_title('later')\n", "plt.show()\n"


def drawn(session, *sources):
    outputs = [output for source in sources for output in define(session, source)]
    pictures = [o["data"]["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    return [base64.b64decode(picture) for picture in pictures]


def test_a_figure_comes_as_png_as_it_was_in_its_cell(start):
    (plain,) = drawn(start(), PLOT + SHOW)
    (painted,) = drawn(start(), PLOT + PAINT + SHOW)
    (later,) = drawn(start(), PLOT + SHOW, PAINT)
    assert plain.startswith(b"\x89PNG\r\n\x1a\n")
    assert later == plain != painted


def test_a_figure_is_shown_at_the_end_of_its_cell_without_being_asked(session):
    assert len(drawn(session, PLOT)) == 1


def test_a_session_that_draws_nothing_shows_no_picture(zygote):
    with Session(zygote, LIMITS, {}, draws=False) as session:
        assert drawn(session, PLOT + SHOW) == []


SWALLOW = "import time\nwhile True:\n    try: time.sleep(0.01)\n    except BaseException: pass"
HARM = {
    "never ends": ("while True: pass", Verdict.TIMED_OUT),
    "swallows its interrupt": (SWALLOW, Verdict.TIMED_OUT),
    "leaves": ("import os; os._exit(0)", Verdict.CRASHED),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", Verdict.CRASHED),
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", Verdict.CRASHED),
    "closes the wire": ("import os; os.close(3)", Verdict.CRASHED),
    "junk on the wire": (r"import os; os.write(3, b'\0\0\0\5junk!')", Verdict.CRASHED),
    "a giant on the wire": (r"import os; os.write(3, b'\xff' * 64)", Verdict.CRASHED),
    "one large array": ("import numpy as np; np.ones(2**40)", Verdict.OUT_OF_MEMORY),
    "many pieces": ("x = []\nwhile True: x.append(bytes(2**24))", Verdict.OUT_OF_MEMORY),
    "prints": ("while True: print('x' * 1000)", Verdict.TOO_MUCH_OUTPUT),
}
ERRORS = {Verdict.TIMED_OUT: TimeoutError, Verdict.OUT_OF_MEMORY: MemoryError}


@pytest.mark.parametrize(("harm", "verdict"), HARM.values(), ids=HARM)
def test_harm_gets_its_verdict_and_leaves_the_rest_as_it_was(start, harm, verdict):
    session = start(SHORT)
    define(session, "kept = [1]\ndef good(x): kept.append(x); return kept")
    outputs, found = session.run_cell(harm)
    assert found is verdict
    assert outputs[-1]["output_type"] == "error"
    assert len(said(outputs)) <= LIMITS.output
    define(session, "kept.append(2)\ndef bad():\n" + indent(harm, "    "))
    error, verdicts = failure(session, "bad")
    assert verdicts == [verdict]
    assert type(error) is ERRORS.get(verdict, RuntimeError)
    assert Stub(session, "good")(3) == [1, 2, 3]
    assert printed(session, "print(kept)") == "[1, 2, 3]\n"


FORGED = [
    {"nodes": [], "result": 1, "changes": []},
    {"nodes": [["x"]]},
    {"outputs": [], "ok": True},
]


@pytest.mark.parametrize("frame", FORGED, ids=["an answer", "a bad node", "a cell's outputs"])
def test_a_forged_answer_leaves_other_functions_and_cells_theirs(session, frame):
    body = msgpack.packb(frame)
    forge = f"import os; os.write(3, {len(body).to_bytes(4, 'big') + body!r})"
    define(session, f"kept = 'kept'\ndef good(): return 'good'\ndef bad(): {forge}; return 2")
    with contextlib.suppress(RuntimeError):
        Stub(session, "bad")()
    assert Stub(session, "good")() == "good"
    session.run_cell(forge)
    assert printed(session, "print(kept)") == "kept\n"


def test_a_child_that_returns_from_a_fork_answers_nothing(session):
    define(session, "def good(x): return x\nimport os\nchild = os.fork()")
    assert printed(session, "print('one')") == "one\n"
    assert [Stub(session, "good")(number) for number in range(5)] == [0, 1, 2, 3, 4]


def test_a_forged_deep_traceback_is_no_fault_of_the_grader(session):
    body = b"\x82\xa2ok\xc2\xa7outputs\x91\x82\xaboutput_type\xa5error\xa9traceback\x91"
    body += b"\x91" * 1000 + b"\x01"
    _, verdict = session.run_cell(f"import os; os.write(3, {len(body).to_bytes(4, 'big') + body})")
    assert verdict in (Verdict.CRASHED, Verdict.RAISED)


MANY = {
    "empty displays": "for _ in range(3000): display({}, raw=True)",
    "values": "from IPython import get_ipython as g\nfor n in range(3000): g().displayhook(n)",
    "displays that can be updated": "for _ in range(3000): display(1, display_id=True)",
}


@pytest.mark.parametrize("source", MANY.values(), ids=MANY)
def test_outputs_of_a_cell_are_counted(session, source):
    outputs, verdict = session.run_cell(source)
    assert verdict is Verdict.TOO_MUCH_OUTPUT
    assert len(outputs) == inside.OUTPUTS + 1
    assert outputs[-1]["ename"] == "TooMuchOutput"
    assert printed(session, "print('goes on')") == "goes on\n"


def test_two_streams_that_alternate_lose_their_order_and_nothing_else(session):
    source = "import sys\nfor n in range(800): print(n); print(-n, file=sys.stderr)"
    outputs = define(session, source)
    assert len(outputs) == inside.OUTPUTS
    for name, sign in (("stdout", 1), ("stderr", -1)):
        text = "".join(one["text"] for one in outputs if one["name"] == name)
        assert text == "".join(f"{sign * n}\n" for n in range(800))


def test_what_is_cleared_makes_room_for_as_many(session):
    source = "from IPython.display import clear_output\nfor n in range(1500): display(n); "
    outputs = define(session, f"{source}clear_output()\nprint('x')")
    assert said(outputs) == "x\n"
    assert len(outputs) == 1


def test_an_error_behind_the_last_output_is_there(session):
    full = "for _ in range(1000): display({}, raw=True)\ntry: 1 / 0\nexcept Exception:\n"
    again = "    for _ in range(3): get_ipython().showtraceback()\nraise KeyError('the last')"
    outputs, verdict = session.run_cell(full + again)
    assert verdict is Verdict.RAISED
    assert len(outputs) == inside.OUTPUTS + 1
    assert outputs[-1]["ename"] == "KeyError"


def test_names_of_data_in_an_output_are_characters_of_it(session):
    source = "for _ in range(9): display({'a/' + 'x' * 30_000: ''}, raw=True)"
    assert session.run_cell(source)[1] is Verdict.TOO_MUCH_OUTPUT


def test_of_what_a_sandbox_makes_up_no_more_is_kept_than_it_may_show():
    stream = {"output_type": "stream", "name": "stdout", "text": ""}
    error = {"output_type": "error", "ename": "", "evalue": "", "traceback": [""] * 10_000}
    data = {"output_type": "display_data", "data": {f"a/{n}": "" for n in range(10_000)}}
    kept = replies.outputs([error, data] + [stream] * 100_000)
    assert len(kept) == inside.OUTPUTS + 1
    assert len(kept[0]["traceback"]) == inside.LINES
    assert len(kept[1]["data"]) == replies.KINDS


def test_an_answer_too_large_is_too_much_output_and_no_end(session):
    define(session, "def f(): return [b'x' * 2**20] * 70\ndef g(): return 1")
    assert failure(session, "f")[1] == [Verdict.TOO_MUCH_OUTPUT]
    assert Stub(session, "g")() == 1


@pytest.mark.parametrize("sizes", [[2**24], [2**22, 2**22, 2**22]], ids=["one file", "many files"])
def test_scratch_space_is_limited(session, sizes):
    define(session, "open('before', 'wb').write(bytes(2**20))")
    for size in sizes:
        outputs, verdict = session.run_cell(
            f"open('{len(session._sandbox.cells)}', 'wb').write(bytes({size}))"
        )
    assert verdict is Verdict.SCRATCH_FULL
    assert outputs[-1]["ename"] == "OSError"
    assert printed(session, "print('after')") == "after\n"


FORKS = """import os, time
for made in range(80):
    if not os.fork(): time.sleep(2); os._exit(0)"""
THREADS = """import threading, time
for made in range(80): threading.Thread(target=time.sleep, args=[2]).start()"""


@pytest.mark.parametrize("source", [FORKS, THREADS], ids=["processes", "threads"])
def test_the_number_of_processes_is_limited(session, source):
    outputs, verdict = session.run_cell(source)
    assert verdict is Verdict.TOO_MANY_PROCESSES, outputs
    assert int(printed(session, "print(made)")) <= LIMITS.processes


# What one process may use is in reach of each; 12 of them would use six times the limit.
MANY = """import os, time
for _ in range(12):
    if not os.fork():
        {}
        block = b"x" * 2**30
        time.sleep(15)
        os._exit(0)
time.sleep(15)"""
HIDE = """import ctypes, threading
        def fill():
            global block
            time.sleep(0.1)
            block = b"x" * 2**30
            time.sleep(15)
        threading.Thread(target=fill).start()
        ctypes.CDLL(None).syscall({}, 0)  # only this thread ends
"""
EXIT = {"x86_64": 60, "aarch64": 93}.get(platform.machine())
BOMBS = {
    "many processes": MANY.format(""),
    "whose first thread has ended": MANY.format(HIDE.format(EXIT)),
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_the_memory_of_all_processes_together_is_limited(start, source):
    session = start(replace(LIMITS, cell=20))
    define(session, "x = 1")
    outputs, verdict = session.run_cell(source)
    assert verdict is Verdict.OUT_OF_MEMORY
    assert "2048 MiB, the limit for all processes" in outputs[0]["evalue"]
    assert printed(session, "print(x)") == "1\n"


def test_many_processes_that_share_their_memory_are_no_bomb(start):
    session = start(replace(LIMITS, memory=2**29))
    source = """import os, time
block = b"x" * 2**27
for made in range(30):
    if not os.fork(): time.sleep(0.5); os._exit(0)
time.sleep(0.3)"""
    assert printed(session, source + "\nprint(made)") == "29\n"


def test_the_time_of_the_whole_submission_is_limited(start):
    session = start(replace(LIMITS, total=1.5, cell=1, call=1))
    found = [session.run_cell("import time; time.sleep(0.6)") for _ in range(4)]
    assert found[0][1] is None
    assert found[3][1] is Verdict.TIMED_OUT
    assert "the whole submission" in found[3][0][0]["evalue"]
    assert session.names(["time"]) == {}


def test_an_answer_that_nobody_asked_for_is_not_the_next_ones(session):
    body = msgpack.packb(
        {"nodes": [], "changes": [], "result": 5, "turn": session._sandbox._turn + 3}
    )
    frame = len(body).to_bytes(4, "big") + body
    define(session, f"import os, time\ndef early(): os.write(3, {frame!r}); return 4")
    define(session, "def right(): return 'right'")
    session.begin_test()
    assert Stub(session, "early")() == 5  # its own answer, in whatever way it gives it
    time.sleep(0.2)
    assert Stub(session, "right")() == "right"
    assert session.failures == []


# --- functions that a test hands over ---------------------------------------------------


def test_a_function_of_the_test_is_called_on_its_own_side(session):
    define(session, "def twice(f, x):\n    return [f(x), f(x + 1)]")
    seen = []

    def f(x):
        seen.append(x.copy())
        return 3.0 * x.sum()

    x = np.array([1.0, 2.0])
    assert Stub(session, "twice")(f, x) == [9.0, 15.0]
    assert [list(one) for one in seen] == [[1.0, 2.0], [2.0, 3.0]]


def test_a_function_that_comes_back_is_the_same(session):
    define(session, "def same(f, x):\n    return f, [f], x")

    def f():
        raise AssertionError("nobody calls it")

    one, (other,), _ = Stub(session, "same")(f, 1)
    assert one is f
    assert other is f


def test_what_a_function_of_the_test_changes_stays_on_its_side(session):
    define(session, "def look(f, x):\n    f(x)\n    return x.tolist()")

    def f(x):
        x[...] = 7.0

    assert Stub(session, "look")(f, np.zeros(2)) == [0.0, 0.0]


def test_an_error_of_a_function_of_the_test_is_raised_inside(session):
    define(
        session,
        "def look(f):\n    try:\n        f(1)\n    except ValueError as error:\n"
        "        return f'caught {error}'",
    )

    def f(x):
        raise ValueError(f"not {x}")

    assert Stub(session, "look")(f) == "caught not 1"


def test_a_function_of_the_test_may_call_the_submission(session):
    define(session, "def g(f, x):\n    print(x)\n    return f(x)\ndef h(x):\n    return x + [1]")
    h, g = Stub(session, "h"), Stub(session, "g")
    assert g(lambda x: g(lambda x: h(x) + h(x), x), [0]) == [0, 1, 0, 1]
    assert g(h, [2]) == [2, 1]
    assert session.failures == []


def test_an_error_of_a_call_within_a_call_arrives_where_it_is_made(session):
    define(
        session, "def g(f):\n    try:\n        f()\n    except LookupError:\n        return 'met'"
    )
    define(session, "def h():\n    raise LookupError('inside')")
    h = Stub(session, "h")
    assert Stub(session, "g")(lambda: h()) == "met"


def test_what_a_call_within_a_call_prints_does_not_use_up_the_outer_ones_room(session):
    define(session, "def g(f):\n    f()\n    print('x' * 1000)\n    return 1\ndef h(): print('y')")
    h = Stub(session, "h")
    assert Stub(session, "g")(lambda: h()) == 1


@pytest.mark.parametrize(
    "value",
    [
        "10**10",
        "[[10**10]]",
        "{1: 10**10}",
        "'x' * 1001",
        "x=['x' * 1001]",
        "object()",
        "[object()]",
        "np.zeros(1001)",
        "(np.zeros(600), np.zeros(600))",
        "[0] * 1100",
        "doubled(18)",
        "*[1.0] * 10**4",
        "*np.ones((50, 1))",
    ],
)
def test_a_function_of_the_test_gets_plain_data_that_cannot_keep_it_busy(session, value):
    define(session, f"import numpy as np\ndef look(f):\n    return f({value})")
    define(session, "def doubled(n): return [doubled(n - 1)] * 2 if n else 0")
    with pytest.raises(TypeError, match="takes plain data, of up to 1000 numbers or characters"):
        Stub(session, "look")(lambda x: 1.0)


@pytest.mark.parametrize(
    "value",
    ["2.0", "3", "None", "np.float32(1)", "np.zeros((2, 0))", "{'a': ['b', (1, [])]}"],
)
def test_a_function_of_the_test_may_give_back_what_it_got(session, value):
    define(session, "import numpy as np\n" + f"def look(f):\n    return repr(f({value}))")
    assert Stub(session, "look")(lambda x: x) == repr(eval(value))


def test_a_function_of_the_test_gets_arrays_as_large_as_those_that_were_sent(session):
    define(session, "import numpy as np\ndef look(f, x):\n    return f(np.ones((1500, 2)))")
    assert Stub(session, "look")(lambda x: x.sum(), np.zeros((1500, 2))) == 3000.0
    with pytest.raises(TypeError, match="of up to 2999 numbers"):
        Stub(session, "look")(lambda x: x.sum(), np.zeros(2999))


@pytest.mark.parametrize(
    "value",
    [
        "np.ones((x.size, 1, 1))",
        "np.ones((x.size, 1)).T",
        "np.ones((100, 1, 1))",
        "[[[1.0]]] * 100",
        "[1.0] * 100",
        "(np.ones((100, 1, 1)), 2.0)",
    ],
)
def test_a_function_of_the_test_makes_no_large_array_of_a_small_one(session, value):
    """It counts with what it is given, and a row and a column make a table."""
    define(session, f"import numpy as np\ndef look(f, x):\n    return f({value})")
    x, made = np.ones((300, 300)), []
    with pytest.raises(TypeError, match="of the shape of one that was sent"):
        Stub(session, "look")(lambda value: made.append(np.asarray(value) * x), x)
    assert not made


def test_a_function_of_the_test_gets_pieces_and_products_of_large_arrays(session):
    """As where a test counts the steps of a loop, in a lesson with large inputs."""
    define(
        session,
        "def look(step, x, a, p):\n"
        "    for t in range(2): a = step(x[:, :, t], p['W'] @ a, p)\n"
        "    step(x[:, 0], p['W'][:3] @ a, {'rows': [*a[:5]]})\n"
        "    step(x, 2.0, [1.0] * 4)",
    )
    x, a, p, seen = np.ones((28, 50, 28)), np.ones((60, 50)), {"W": np.ones((60, 60))}, []
    Stub(session, "look")(lambda *args: seen.append(args) or a, x, a, p)
    assert [np.shape(one[0]) for one in seen] == [(28, 50), (28, 50), (28, 28), (28, 50, 28)]


def test_a_function_of_the_test_is_good_for_its_own_call_only(session):
    define(session, "kept = []\ndef look(f):\n    kept.append(f)\n    return kept[0](1.0)")
    assert Stub(session, "look")(lambda x: 2 * x) == 2.0
    with pytest.raises(RuntimeError, match="belongs to a call that is over"):
        Stub(session, "look")(lambda x: 3 * x)
    with pytest.raises(AssertionError, match="belongs to a call that is over"):
        define(session, "kept[0](1.0)")


def test_a_function_of_the_test_is_not_called_from_another_process(session):
    deed = """
def look(f):
    import os
    if os.fork() == 0:
        try:
            f(1.0)
        finally:
            os._exit(0)
    os.wait()
    return f(2.0)
"""
    define(session, deed)
    seen = []
    assert Stub(session, "look")(lambda x: seen.append(x) or x) == 2.0
    assert seen == [2.0]


def test_a_function_of_the_test_may_be_called_from_threads(session):
    deed = """
def look(f):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(f, range(200)))
"""
    define(session, deed)
    assert Stub(session, "look")(lambda x: 3 * x) == list(range(0, 600, 3))


def test_a_function_of_the_test_says_nothing_of_what_it_warns_of(session, recwarn):
    define(session, "def look(f):\n    return f(1e308)")
    assert Stub(session, "look")(lambda x: np.float64(x) * 10) == np.inf
    assert not recwarn.list


def test_what_a_function_of_the_test_returns_has_to_be_plain_data(session):
    define(session, "def look(f):\n    return f(1.0)")
    with pytest.raises(TypeError, match="a result of type object"):
        Stub(session, "look")(lambda x: object())


def test_a_function_of_the_test_is_called_within_the_limit_only(start):
    session = start(SHORT)
    define(session, "def ever(f):\n    while True:\n        f(1)")
    with pytest.raises(TimeoutError):
        Stub(session, "ever")(lambda x: x)
    assert session.failures == [Verdict.TIMED_OUT]


FORGED_CALLS = [{"asks": n} for n in (9, -1, 1, 2, 3, "0", None, [0], True)]
FORGED_CALLS += [{"of": turn} for turn in (0, 10**6, "1", None, [])]
FORGED_CALLS += [{"kwargs": []}, {"kwargs": {"x": [7]}}, {"args": 1}, {"nodes": None}]


@pytest.mark.parametrize("forged", FORGED_CALLS)
def test_only_what_was_handed_over_can_be_called(session, forged):
    """Object 1 is an array, 2 a library's function, 3 a stub: none is a function of the test's."""
    deed = f"""
def trick(f, *more):
    cells = dict(zip(f.__code__.co_freevars, f.__closure__))
    runner, send = cells["self"].cell_contents, f.__globals__["send"]
    asked = {{"asks": 0, "of": runner.turns[-1], "args": [], "kwargs": {{}}, "nodes": []}}
    send(runner.sock, asked | {forged!r})
    return f.__globals__["receive"](runner.sock)["result"]
"""
    define(session, deed)
    with pytest.raises(RuntimeError):
        Stub(session, "trick")(lambda: 1.0, np.zeros(2), len, Stub(session, "trick"))
    assert session.failures == [Verdict.CRASHED]


# --- what a function does to the size of its arguments --------------------------------------


GROWN = """
import numpy as np, sys
def f(x):
    at = sys._getframe()
    while not {{"table", "before"}} <= set(at.f_locals): at = at.f_back
    objects = at.f_locals["table"].objects
    at = [type(one) for one in objects].index(np.ndarray)
    objects[at] = np.ones({shape})
"""


@pytest.mark.parametrize("shape", [(30, 4), (1, 1), (0,), (2, 500_000)])
@pytest.mark.parametrize("packed", [False, True])
def test_an_array_of_the_tests_keeps_its_size_and_its_place(session, shape, packed):
    """Whatever looks into it would else look at memory that is something else by now."""
    define(session, GROWN.format(shape=shape))
    x = np.arange(12.0)
    seen, where = x[3:], x.ctypes.data
    session.begin_test()
    with pytest.raises(RuntimeError, match="an argument of another size"):
        Stub(session, "f")({"x": x} if packed else x)
    assert (x == np.arange(12.0)).all()
    assert x.ctypes.data == where
    assert np.shares_memory(seen, x)


def test_an_array_of_the_tests_may_get_another_shape(session):
    define(session, GROWN.format(shape=(3, 4)))
    x = np.arange(12.0)
    seen = x[3:]
    Stub(session, "f")(x)
    assert x.shape == (3, 4)
    assert (seen == 1.0).all()


# --- random generators ---------------------------------------------------------------------


def test_a_random_generator_is_used_up_on_both_sides(session):
    source = "def draw(rng, n): return [float(rng.random()) for _ in range(n)]"
    define(session, source)
    exec(source, here := {})
    mine, theirs = np.random.default_rng(3), np.random.default_rng(3)
    for n in (0, 1, 4):
        assert Stub(session, "draw")(theirs, n) == here["draw"](mine, n)
        assert theirs.bit_generator.state == mine.bit_generator.state
    define(session, "def same(rng, more): return rng is more['rng'], rng")
    assert Stub(session, "same")(theirs, {"rng": theirs}) == (True, theirs)


FORGED_STATES = [["generator", "0" * 32, "0" * 32, 0, 0], ["list", []], ["scalar", "<f8", [], b"x"]]


@pytest.mark.parametrize("node", FORGED_STATES, ids=str)
def test_a_generator_of_the_tests_takes_no_other_thing_for_its_state(session, node):
    deed = f"""
import sys
def f(rng):
    at = sys._getframe()
    while not {{"table", "before"}} <= set(at.f_locals): at = at.f_back
    at.f_locals["table"].node = lambda value, nodes, depth=0: {node!r}
"""
    define(session, deed)
    rng = np.random.default_rng(3)
    before = rng.bit_generator.state
    session.begin_test()
    with pytest.raises(RuntimeError):
        Stub(session, "f")(rng)
    assert rng.bit_generator.state == before
    assert session.failures == [Verdict.CRASHED]


# --- where a process can be left as it is, to come back to ----------------------------------

C = "import ctypes\nlibc = ctypes.CDLL(None)\n"
THREAD = C + "libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, libc.pause, None)"
SILENT = C + (  # a process whose end is not told, with memory of its own or without
    "room = ctypes.create_string_buffer(2**16)\n"
    "top = ctypes.c_void_p(ctypes.addressof(room) + 2**16 - 64)\n"
    "assert libc.clone(libc.pause, top, {}, None) > 0"
)


@pytest.mark.parametrize(
    "source",
    [
        THREAD,
        SILENT.format(0),
        SILENT.format(0x100),
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
        "import os, time\nif not os.fork(): time.sleep(60)",
    ],
    ids=["a thread of C", "a silent process", "one on the same memory", "a thread", "a process"],
)
def test_no_copy_is_made_of_a_process_that_is_not_alone(session, source):
    define(session, "def f(): return 1")
    session.mark(1)
    assert session.back() == 1
    define(session, source)
    session.mark(2)
    assert session.back() is None
    assert Stub(session, "f")() == 1


def test_a_process_that_has_ended_keeps_no_copy_from_being_made(session):
    """Nobody need have waited for it: the grader may be quicker than who does."""
    define(session, "import os, time\nif not os.fork(): os._exit(0)\ntime.sleep(0.2)")
    session.mark(1)
    assert session.back() == 1


@pytest.mark.parametrize("size", [1, 30, 1000])
def test_what_prints_for_ever_meets_the_limit_of_output_long_before_that_of_time(start, size):
    """With the limits that hold where nobody has set any."""
    _, verdict = start(Limits()).run_cell(f"while True: print('x' * {size})")
    assert verdict is Verdict.TOO_MUCH_OUTPUT


HALVES = {
    "a text": ("'\\ud800'", "str"),
    "in a list": ("['a', '\\udfff']", ["a", "str"]),
    "a key": ("{'\\ud800': 1}", "dict with such keys"),
    "in a key": ("{('a', '\\ud800'): 1}", "dict with such keys"),
}


@pytest.mark.parametrize(("made", "kind"), HALVES.values(), ids=HALVES)
def test_half_a_character_is_a_value_like_any_other_that_cannot_be_sent(session, made, kind):
    define(session, f"def f(): return {made}")
    session.begin_test()
    got = Stub(session, "f")()
    assert session.failures == []
    got, kind = (got, kind) if isinstance(got, list) else ([got], [kind])
    assert [one if isinstance(one, str) else type(one).__name__ for one in got] == kind


def test_to_look_at_a_function_hides_no_failure_of_its_calls(session):
    """What stops a sandbox is all that is seen, however often its functions are looked at."""
    define(session, "def f():\n    import os\n    os._exit(1)")
    assert failure(session, "f")[1] == [Verdict.CRASHED]
    with pytest.raises(RuntimeError):
        session.about("f")
    assert session.calls == len(session.failures)
    assert session.failures[0] is Verdict.CRASHED
