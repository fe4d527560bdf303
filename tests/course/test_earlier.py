"""A loop with a wrong step of the student's own is told to look at that first."""

import pytest

import public_tests
from lesson_tools.values import Mismatch
from tests.support.course import assignments, reference_cells, references

SOURCES = {name: source for one in assignments() for name, source in reference_cells(one).items()}
FIRST = "which it calls, do"
# Of the calls of a right loop with these steps it would be said that one is given a wrong argument.
STEPS = {
    "rnn_forward": ("rnn_cell_forward", "np.tanh(", "2 * np.tanh("),
    "lstm_forward": ("lstm_cell_forward", "np.tanh(c_next)", "c_next"),
    "rnn_backward": ("rnn_cell_backward", "1 - a_next**2", "1 - a_next"),
    "lstm_backward": ("lstm_cell_backward", "dc * ft", "dc"),
    "gru_forward": ("gru_cell_forward", "np.tanh(", "2 * np.tanh("),
    "gru_backward": ("gru_cell_backward", "1 - cct**2", "1 - cct"),
}


def told(name, loop="", **steps):
    """Return what is said of a loop with steps that are made here."""
    space = dict(references()[name].__globals__)
    for source in (*steps.values(), loop or SOURCES[name]):
        exec(source, space)
    with pytest.raises(Mismatch) as wrong:
        getattr(public_tests, f"{name}_test")(space[name])
    return " ".join(str(wrong.value).split())


@pytest.mark.parametrize("name", STEPS)
def test_a_right_loop_with_a_wrong_step_is_told_to_look_at_the_step(name):
    step, old, new = STEPS[name]
    assert old in SOURCES[step]
    said = told(name, **{step: SOURCES[step].replace(old, new)})
    assert f"`{step}`, which it calls, does not pass its own test: look there first." in said
    assert "is given" not in said
    assert "Perhaps" not in said


def test_a_wrong_loop_with_a_right_step_is_told_of_the_loop():
    loop = SOURCES["rnn_forward"]
    assert "a_next = a0" in loop
    said = told("rnn_forward", loop.replace("a_next = a0", "a_next = 0.5 * a0"))
    assert FIRST not in said
    assert "`rnn_cell_forward` is given a wrong `a_prev`" in said


def test_several_wrong_steps_are_named_together():
    steps = {
        "clip_by_norm": "def clip_by_norm(grads, max_norm):\n    return dict(grads)",
        "adam_step": "def adam_step(parameters, grads, state, *_):\n    return parameters, state",
    }
    said = told("train_step", **steps)
    assert "`clip_by_norm` and `adam_step`, which it calls, do not pass their own tests" in said


def test_what_is_not_written_yet_is_named():
    blank = "def {}(*_):\n    raise NotImplementedError('Not written yet.')"
    said = told("rnn_forward", rnn_cell_forward=blank.format("rnn_cell_forward"))
    assert said.startswith("rnn_cell_forward, which rnn_forward calls, is not written yet.")
    said = told("rnn_forward", blank.format("rnn_forward"))
    assert said.startswith("rnn_forward is not written yet.")
