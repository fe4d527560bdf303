"""What the text of a lesson promises or forbids, its public test and its hidden test hold."""

import json

import pytest

import public_tests
from grading.core.verdicts import Verdict as V
from lesson_tools.checks import Mismatch
from tests.support.course import Course, assignment_of, references
from tests.support.gallery.entry import SOURCE, Entry, exercises
from tests.support.sample import asked_for, sample

PICKED = "np.maximum(picked, 1e-12)"
COPIES = (
    "        up, down = x.copy(), x.copy()\n"
    "        up[index] += h\n"
    "        down[index] -= h\n"
    "        numeric = (f(up) - f(down)) / (2 * h)\n",
    "        kept = x[index]\n"
    "        x[index] = kept + h\n"
    "        above = f(x)\n"
    "        x[index] = kept - h\n"
    "        numeric = (above - f(x)) / (2 * h)\n"
    "        x[index] = kept\n",
)
RNNS = "rnn_cell_forward(x[:, :, t], a_next, parameters)"
LSTMS = "lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)"
BACK = "rnn_cell_backward(da[:, :, t] + da_prev, steps[t])"
LBACK = "lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, steps[t])"


def again(call):
    """Return an edit that makes a call, which is an assignment's right side, a second time."""
    return (f"= {call}\n", f"= {call}\n        {call}\n")


ONCE = "more than once for each step"
# What is broken; the part that it costs; what is said.
ROWS = [
    ("rnn_forward", "step done twice", again(RNNS), "arguments", ONCE),
    ("lstm_forward", "step done twice", again(LSTMS), "arguments", ONCE),
    ("rnn_backward", "step done twice", again(BACK), "arguments", ONCE),
    ("lstm_backward", "step done twice", again(LBACK), "arguments", ONCE),
    ("rnn_forward", "no more than thirty steps", ("range(T_x)", "range(min(T_x, 30))"), "edge", ""),
    ("lstm_forward", "at most thirty steps", ("range(T_x)", "range(min(T_x, 30))"), "edge", ""),
    ("cross_entropy", "1e-12 added", (PICKED, "picked + 1e-12"), "prob, arguments", "loss"),
    (
        "cross_entropy",
        "1e-12 added, floor",
        (PICKED, f"{PICKED} + 1e-13"),
        "prob, arguments",
        "loss",
    ),
    (
        "cross_entropy",
        "a hair's breadth below nothing",
        ("    loss /= labels.size", "    loss = loss / labels.size - 1e-15"),
        "prob",
        "should cost exactly 0, but here they cost -1e-15",
    ),
    ("cross_entropy", "a floor of 1e-11", ("1e-12", "1e-11"), "prob, arguments", "loss"),
    ("cross_entropy", "a floor of 1e-13", ("1e-12", "1e-13"), "prob, arguments", "loss"),
    ("gradient_check", "x itself, put back", COPIES, "arguments", "x is changed while f is called"),
    ("gradient_check", "another default", ("h=1e-6", "h=1e-5"), "default", "moved by 1e-6"),
    (
        "gradient_check",
        "at most three axes",
        ("error = 0.0", "assert x.ndim < 4; error = 0.0"),
        "one-",
        "",
    ),
]
PUBLIC = [row for row in ROWS if row[-1]]


def entry(function, name, edit, lost, _):
    return Entry(f"breaks a rule: {name}", function, V.PARTLY_CORRECT, lost, (edit,))


@pytest.fixture(scope="module", name="solutions")
def _solutions():
    return {
        name: cell for one in sorted(SOURCE.glob("*/")) for name, cell in exercises(one).items()
    }


def made(solutions, row):
    """Return the function of a row, in the namespace of the reference."""
    space = dict(references()[row[0]].__globals__)
    exec(entry(*row).apply(solutions[row[0]]), space)
    return space[row[0]]


@pytest.mark.parametrize("broken", PUBLIC, ids=lambda row: f"{row[0]}: {row[1]}")
def test_the_public_test_says_that_a_rule_is_broken(solutions, broken):
    with pytest.raises(Mismatch) as caught:
        getattr(public_tests, f"{broken[0]}_test")(made(solutions, broken))
    assert broken[-1] in str(caught.value)


@pytest.fixture(scope="module", name="course")
def _course(request, tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("rules") / "course")
    rows = asked_for(request, "row")
    for row in rows:
        course.hand_in(entry(*row))
    lessons = sorted({assignment_of(row[0]) for row in rows})
    course.python("grading", "autograde", *lessons, fails=None)
    return course


@pytest.mark.parametrize("row", sample(ROWS, 4), ids=lambda row: f"{row[0]}: {row[1]}")
def test_the_hidden_test_takes_the_points_of_the_part_that_holds_the_rule(course, row):
    student, assignment = entry(*row).student, assignment_of(row[0])
    parts = course.records(student, assignment)[row[0]]["parts"]
    lost = [part["name"] for part in parts if part["earned"] < part["points"]]
    starts = row[3].split(", ")
    assert lost, json.dumps(parts)
    assert all(any(name.startswith(start) for start in starts) for name in lost), lost
    assert all(any(name.startswith(start) for name in lost) for start in starts), lost
