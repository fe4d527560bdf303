"""A mistake costs once, and nothing is paid for what no loop has computed."""

import pytest

from tests.support.loops import BOTH, CELL, LOOP, OUT, WRONG, judged, judged_both
from tests.support.sandbox import LIMITS

# What it is called with is what makes its answer, until a loop has said what it will return.
QUEUE = """
inner, queue = step, []
def step(*args):
    return queue.pop(0) if queue else inner(*args)
def run(x, s):
    step(x[0], s)
    queue[:] = [(0 * s, (x[0], s))] * len(x)
    return 0 * x, 0 * s
"""
FILE = """
import os
inner = step
def step(x, s):
    if os.path.exists("left") and (left := int(open("left").read())):
        open("left", "w").write(str(left - 1))
        return 0 * s, (x, s)
    return inner(x, s)
def run(x, s):
    for t in range(len(x)): step(x[t], s)
    open("left", "w").write(str(len(x)))
    return 0 * x, 0 * s
"""
SHARED = """
import mmap
inner, left = step, mmap.mmap(-1, 1)
def step(x, s):
    if left[0]:
        left[0] -= 1
        return 0 * s, (x, s)
    return inner(x, s)
def run(x, s):
    for t in range(len(x)): step(x[t], s)
    left[0] = len(x)
    return 0 * x, 0 * s
"""
# A step that adds up what it has seen for as long as it is given its own states.
MEMORY = """
total = last = None
def step(x, s):
    global total, last
    total = x if last is None or (s != last).any() else total + x
    last = total - 2.0 * s
    return last.copy(), (x, s)
"""
SUMS = """
def run(x, s):
    states = []
    for t in range(len(x)):
        step(x[t], s)
        s = x[: t + 1].sum(axis=0) - 2.0 * s
        states.append(s)
    return np.stack(states), s
"""
# The first state is marked, and what comes of a marked one is none of the inputs.
MARKED = """
def step(x, s):
    if s[0, 0] == 7.0:
        a = 0.5 * s
    else:
        a = x - 2.0 * s
    a[0, 0] = 7.0
    return a, (x, s)
"""
HALVES = """
def run(x, s):
    states = []
    for t in range(len(x)):
        s, _ = step(x[t] if t == 0 else 0 * x[t], s)
        states.append(s)
    return np.stack(states), s
"""


@pytest.fixture
def records(zygote):
    return lambda step, loop, limits=LIMITS: judged(zygote, step, loop, limits=limits)


@pytest.mark.parametrize("step", [CELL, WRONG], ids=["right", "wrong"])
@pytest.mark.parametrize("loop", [QUEUE, FILE, SHARED], ids=["queue", "file", "shared memory"])
def test_a_loop_is_not_paid_for_what_its_step_plays_back(records, step, loop):
    assert records(step, loop)[1]["points"] == 0.0


@pytest.mark.parametrize(
    ("step", "loop"),
    [(MEMORY, SUMS), (MARKED, HALVES)],
    ids=["a memory of its own", "a mark in the state"],
)
def test_a_loop_is_not_paid_for_what_its_step_is_alone_in_it(records, step, loop):
    assert records(step, loop)[1]["points"] == 0.0


# Right in its own exercise, where no state is rounded; so what is wrong is the loop's.
ROUNDED = """
def step(x, s):
    a = x + 2.0 * s if (s != np.round(s, 10)).any() else x - 2.0 * s
    return np.round(a, 10), (x, s)
"""


def test_nothing_follows_from_a_step_whose_own_exercise_is_right(records):
    step, run = records(ROUNDED, LOOP)
    assert step["verdict"] == "correct"
    assert (run["verdict"], run["points"]) == ("wrong", 0.0)
    assert "step" in run["parts"][0]["message"]


COUNTS = """
calls = 0
def step(x, s):
    global calls
    calls += 1
    return x - 2.0 * s, (x, s)
"""
BUFFER = """
room = np.zeros((3, 4))
def step(x, s):
    room[...] = x - 2.0 * s
    return room, (x, s)
"""
COPIES = LOOP.replace("states.append(s)", "states.append(s.copy())")
RANDOM = "def step(x, s):\n    return x - np.random.rand() * s, (x, s)"
SLIPS = WRONG.replace("    return", "    s *= 1.0\n    return")


@pytest.mark.parametrize(
    ("step", "loop"),
    [(WRONG, LOOP), (COUNTS, LOOP), (BUFFER, COPIES), (SLIPS, LOOP)],
    ids=["plain", "counts its calls", "one buffer for all", "touches its arguments"],
)
def test_an_honest_step_with_a_state_of_its_own_is_followed(records, step, loop):
    step, run = records(step, loop)
    assert step["points"] < 10.0
    assert (run["verdict"], run["points"]) == ("follow-through", 10.0)


def test_a_step_that_is_never_the_same_is_not_followed(records):
    assert records(RANDOM, LOOP)[1]["points"] == 0.0


FLAKY = """
times = 0
def run(x, s):
    global times
    times += 1
    if times in {times}: raise {error}
    states = []
    for t in range(x.shape[0]):
        s, cache = step(x[t], s)
        states.append(s)
    return np.stack(states), s
"""


@pytest.mark.parametrize(
    ("times", "error", "earned"),
    [
        ("(1,)", "ValueError", [0.0, 2.0]),
        ("(2,)", "ValueError", [0.0, 2.0]),  # which is asked for by nobody but the follower
        ("(2,)", "AssertionError", [0.0, 2.0]),
        ("(2,)", "KeyboardInterrupt", [0.0, 2.0]),
        ("(4,)", "ValueError", [8.0, 0.0]),
    ],
)
def test_a_call_that_fails_costs_its_own_part_and_no_other(records, times, error, earned):
    run = records(WRONG, FLAKY.replace("{times}", times).replace("{error}", error))[1]
    assert [part["earned"] for part in run["parts"]] == earned


# --- an exercise that is built of two ----------------------------------------------------

SINE = "def out(s):\n    return {'y': np.sin(s)}"
LOST = BOTH.replace("s, cache = step(x[t], s)", "u, cache = step(x[t], s)").replace(
    "out(s)", "out(u)"
)
OLD = BOTH.replace("s, cache = step(x[t], s)", "old, (s, cache) = s, step(x[t], s)")
OLD = OLD.replace("out(s)", "out(old)")
FORGETS = "def step(x, s):\n    return 1.0 * x, (x, s)"
CONSTANT = "def out(s):\n    return {'y': 0.0 * s + 1.0}"


@pytest.mark.parametrize(
    ("step", "out", "loop", "earned", "verdict"),
    [
        (CELL, OUT, BOTH, 10.0, "correct"),
        (WRONG, OUT, BOTH, 10.0, "follow-through"),
        (CELL, SINE, BOTH, 10.0, "follow-through"),
        (WRONG, SINE, BOTH, 10.0, "follow-through"),
        (WRONG, SINE, LOST, 0.0, "wrong"),
        (WRONG, OUT, OLD, 2.0, "partly correct"),  # its state is right
        (CELL, SINE, OLD, 2.0, "partly correct"),
        (FORGETS, OUT, LOST, 0.0, "wrong"),  # such a step cannot show that the state is lost
        (FORGETS, SINE, BOTH, 0.0, "wrong"),
        (CELL, CONSTANT, OLD, 2.0, "partly correct"),
        (WRONG, CONSTANT, BOTH, 0.0, "wrong"),
        (WRONG, "out = 3", BOTH, 0.0, "raised"),
    ],
)
def test_of_several_each_that_is_wrong_has_to_let_show_what_is_done_with_it(
    zygote, step, out, loop, earned, verdict
):
    *_, run = judged_both(zygote, step, out, loop)
    assert (run["points"], run["verdict"]) == (earned, verdict)


# Right for all that its own exercise asks; the states of a loop grow beyond that.
LARGE = "def out(s):\n    return {'y': np.tanh(s) if np.abs(s).max() < 6 else np.sin(s)}"


@pytest.mark.parametrize("step", [CELL, WRONG], ids=["right", "wrong"])
def test_of_several_none_that_is_right_by_itself_is_an_excuse(zygote, step):
    _, out, run = judged_both(zygote, step, LARGE, BOTH)
    assert (out["verdict"], run["parts"][0]["earned"]) == ("correct", 0.0)
    assert "not right, and out is" in run["parts"][0]["message"]
