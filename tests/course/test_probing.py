"""What a wrong answer is seen to do: with one input less, in other sizes, in the calls it makes.

Each sentence is asked for where it is true and is not said where it would not be.
"""

import contextlib
import io

import numpy as np
import pytest

import lesson_tools.cases as cases_of_lessons
import public_tests
from lesson_tools.checks import Mismatch
from lesson_tools.probing import about_calls, about_cases, calls
from tests.support.course import assignments, reference_cells, references


@pytest.fixture(scope="module", name="solved")
def _solved():
    return references()


SOURCES = {name: source for one in assignments() for name, source in reference_cells(one).items()}


def said(name, solved, *edits):
    """Return what the public test says of the solution with some edits, in one line."""
    source = SOURCES[name]
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    space = dict(solved[name].__globals__)
    exec(source, space)
    with pytest.raises(Mismatch) as caught, contextlib.redirect_stdout(io.StringIO()):
        getattr(public_tests, f"{name}_test")(space[name])
    return " ".join(str(caught.value).split())


# Each with a second slip beside it, so that no known mistake explains it.
SEEN = [
    (
        "rnn_cell_forward",
        [("+ ba)", "- 0.1)"), ("+ by)", "- 0.3)")],
        "Here `a_next` stays the same when `ba` is all zeros, though it should change.",
    ),
    (
        "rnn_cell_forward",
        [("Waa @ a_prev", "Waa.T @ (2 * a_prev)")],
        "Here `a_next` is right when `a_prev` or `Waa` is all zeros.",
    ),
    (
        "rnn_cell_backward",
        [("dWaa = dz @ a_prev.T", "dWaa = dz @ a_prev.T + xt.mean()")],
        "Here `dWaa` changes when `cache[2]` is all zeros, though it should stay the same.",
    ),
    (
        "descent_step",
        [("rate = rate * limit / length", "rate = rate * 0.7 / length")],
        "stays the same when `limit` is doubled, though it should change.",
    ),
    (
        "rnn_cell_forward",
        [("a_next = np.tanh(", "a_next = 0.1 * np.random.rand() + np.tanh(")],
        "Called twice with the same inputs, your function gives two different `a_next`.",
    ),
    (
        "cross_entropy",
        [("loss /= labels.size", "loss /= labels.shape[1] ** 2")],
        "With a single example and a single step `loss` is right.",
    ),
    (
        "rnn_backward",
        [("da[:, :, t] + da_prev", "da[:, :, t] - 0.5 * da_prev")],
        "In call 2 of 6 `rnn_cell_backward` is given a wrong `da_next`, unlike in call 1.",
    ),
    (
        "lstm_backward",
        [("+ da_prev, dc_prev,", "+ da_prev, dc_prev + 0.1,")],
        "In call 1 of 6 `lstm_cell_backward` is given a wrong `dc_next`.",
    ),
    (
        "lstm_backward",
        [("sums[name] += step[name]", "sums[name] = step[name] + 0.5 * sums[name]")],
        "In each of its 6 calls `lstm_cell_backward` is given what it should be given.",
    ),
]


def test_an_input_that_comes_out_as_it_was_proves_nothing(solved):
    """A step along a gradient of zeros is no step, whatever its length."""
    edit = ("rate = rate * limit / length", "rate = rate * 0.7 / length")
    assert "right when" not in said("descent_step", solved, edit)


@pytest.mark.parametrize(("name", "edits", "words"), SEEN, ids=lambda one: str(one)[:40])
def test_what_is_seen_of_a_wrong_answer_is_said(name, edits, words, solved):
    assert words in said(name, solved, *edits)


@pytest.mark.parametrize(
    ("name", "edits", "never"),
    [
        ("cross_entropy", [("np.maximum(", "(lambda p, _: p)(")], "stays the same"),
        # Zeros are zeros, with or without a mask.
        ("masked_softmax", [("(top), top", "(top), np.maximum(top, 0.0)")], "stays the same"),
        (
            "output_backward",
            [("dscores[labels, examples, times] -= 1", "dscores -= labels")],
            "Right is `dby`",
        ),
    ],
)
def test_what_is_so_by_chance_is_not_said(name, edits, never, solved):
    assert never not in said(name, solved, *edits)


def test_a_function_that_is_called_otherwise_is_not_compared():
    right = {"step": [[[1.0, 0], [2.0, 0]], [[3.0, 0], [4.0, 0]]]}
    other = {"step": [{"x": [1.0, 0], "y": [2.0, 0]}]}
    assert about_calls(other, right, {"step"}) == ["In this case `step` is called once, not 2."]
    assert about_calls(other, right, set()) == []
    assert about_calls(other, right, {"step"}, [3]) == about_calls(other, right, {"step"})
    one_by_one = {"step": 6 * other["step"]}
    assert about_calls(one_by_one, right, {"step"}, [3, 5]) == []  # for each of 3 examples
    assert about_calls(one_by_one, right, {"step"}, [5]) != []
    more = {"step": [{"x": [1.0, 0]}, {"x": [3.0, 0]}]}
    assert about_calls(more, right, {"step"}) == []
    assert about_calls({}, right, {"step"}) == ["In this case `step` is not called at all."]
    assert about_calls({}, right, set()) == []
    assert about_calls(None, right, {"step"}) == []


def test_calls_whose_order_is_free_are_not_compared():
    right = {"gate": [[[1.0, 0]], [[2.0, 0]]]}
    assert about_calls({"gate": [{"z": [2.0, 0]}, {"z": [1.0, 0]}]}, right, set()) == []


def test_another_argument_of_a_helper_is_no_mistake_by_itself():
    assert about_calls({"softmax": [{"z": [2.0, 0]}]}, {"softmax": [[[1.0, 0]]]}, set()) == []


def test_an_argument_of_another_shape_is_another_one():
    """The same numbers, with a new axis or without."""

    def step(mask):
        return mask

    def loop(mask):
        return step(mask)

    def lost(mask):
        return step(mask[:, 0])

    for function in (loop, lost):
        function.__globals__["step"] = step
    given = {"mask": np.ones((2, 1, 3))}
    known = {
        name: [list(one.values()) for one in many] for name, many in calls(loop, given).items()
    }
    said = about_calls(calls(lost, given), known, {"step"})
    assert said == ["In its call `step` is given a wrong `mask`."]


A, B, C = np.random.default_rng(0).standard_normal((3, 2, 3))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([(A, A), (B, B), (A, C)], "Of all 3 cases, only this one is wrong."),
        ([(A, A), (B, C), (A, C)], "`a` is right in one of the 3 cases: (case 0)."),
        (
            [(A, A), (B, B), (A, A), (B, C), (A, C)],
            "`a` is right in 3 cases, and wrong in (case 4) too.",
        ),
        ([(A, B), (B, A)], ""),
        ([(A, A)], ""),
    ],
)
def test_in_which_cases_a_value_is_right_is_said(found, words):
    rows = [({"a": got}, {"a": want}, f"case {i}") for i, (got, want) in enumerate(found)]
    assert " ".join(about_cases(rows, "a")) == words


def test_where_a_case_stops_nothing_is_said_of_all():
    assert about_cases([({"a": A}, {"a": B}, "one"), ({}, {"a": B}, "two")], "a") == []


def test_single_precision_in_all_cases_is_not_wrong_in_one(solved):
    told = said(
        "lstm_backward",
        solved,
        (
            'f"dW{gate}": np.zeros((n_a, n_a + n_x))',
            'f"dW{gate}": np.zeros((n_a, n_a + n_x), np.float32)',
        ),
    )
    assert "only this one" not in told


@pytest.mark.parametrize("name", ["rnn_cell_forward", "lstm_cell_backward"])
def test_an_answer_that_stops_is_not_probed(name, solved):
    told = said(name, solved, ("### END SOLUTION", "raise ValueError('x')"))
    assert "Here" not in told


def test_an_answer_that_takes_its_time_is_not_called_without_each_input(monkeypatch):
    right, calls = references()["rnn_cell_forward"], []

    def rnn_cell_forward(xt, a_prev, parameters):
        calls.append(1)
        a_next, yt_pred, cache = right(xt, a_prev, parameters)
        return a_next, yt_pred * 1.5, cache

    counts = []
    for patience in (cases_of_lessons.PATIENCE, 0.0):
        monkeypatch.setattr(cases_of_lessons, "PATIENCE", patience)
        calls.clear()
        with pytest.raises(Mismatch, match=r"1\.5 times"):
            public_tests.rnn_cell_forward_test(rnn_cell_forward)
        counts.append(len(calls))
    assert counts[0] > counts[1] + 5


def test_all_cases_that_are_right_are_counted_where_one_of_them_tells_something():
    numbers = [(0.2, 0.2), (1.0, 1.0), (0.5, 0.7), (0.4, 0.9)]
    found = [({"e": got}, {"e": want}, f"m={m}") for m, (got, want) in enumerate(numbers)]
    assert (
        "`e` is right in two of the 4 cases: (m=0) and (m=1), where it should be 1."
        in about_cases(found, "e")
    )
    assert not any("right" in one for one in about_cases(found[1:], "e"))
