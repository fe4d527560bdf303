"""What the public tests call a function with lets every part of the answer show."""

import copy

import numpy as np
import pytest

import public_tests
from tests.support.course import references

FORWARD = ["rnn_cell_forward", "rnn_forward", "lstm_cell_forward", "lstm_forward"]
BACKWARD = ["rnn_cell_backward", "rnn_backward", "lstm_cell_backward", "lstm_backward"]


@pytest.fixture(scope="module", name="references")
def _references():
    return references()


def first(name):
    """Return the arguments of the first public case."""
    return public_tests.cases(name)[0][1]


def arrays(value):
    """Yield the arrays of what a function returned."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from arrays(part)


def steps_of(name, references):
    given = copy.deepcopy(first(name))
    if name in BACKWARD:
        return [given["cache"]] if "cache" in given else given["caches"][0]
    *_, cache = references[name](*given.values())
    return [cache] if "_cell_" in name else cache[0]


@pytest.mark.parametrize("name", FORWARD + BACKWARD)
def test_the_first_case_is_not_saturated(references, name):
    """Where tanh and sigmoid are flat, a mistake in front of them is hard to see."""
    steps = steps_of(name, references)
    states = np.array([step[6 if len(step) == 10 else 0] for step in steps])  # tanh of a sum
    assert np.mean(np.abs(states) > np.tanh(2)) < 0.1
    if len(steps[0]) == 10:
        gates = np.array([[step[4], step[5], step[7]] for step in steps])
        assert np.mean((gates < 0.02) | (gates > 0.98)) < 0.1


@pytest.mark.parametrize("name", FORWARD)
def test_a_forgotten_bias_shows_in_the_first_digits(references, name):
    """A message with six digits would else show one that seems to be rounded."""
    given = first(name)
    right = list(arrays(references[name](*copy.deepcopy(given).values())[:-1]))
    for bias in (key for key in given["parameters"] if key.startswith("b")):
        less = copy.deepcopy(given)
        less["parameters"][bias] *= 0
        wrong = list(arrays(references[name](*less.values())[:-1]))
        apart = max(np.abs(one - other).max() for one, other in zip(right, wrong, strict=True))
        assert apart > 0.01, bias


@pytest.mark.parametrize("name", FORWARD + BACKWARD)
def test_the_sizes_of_the_first_case_differ(name):
    """So a message can tell by its length what an axis counts."""
    words = public_tests.cases(name)[0][2]
    sizes = [pair.split("=")[1] for pair in words.split(", ")]
    assert len(set(sizes)) == len(sizes)
