"""What an open exercise returns that is no network, or no arrays of numbers: one sentence each."""

import numpy as np
import pytest

import public_tests  # noqa: F401 - from now on the modules of all lessons can be imported
from lesson_tools.checks import Mismatch
from lesson_tools.dry_days import check_dry_days
from lesson_tools.lstm_counting import draw_ticks, require_count
from lesson_tools.weights import count_units, require_arrays
from tests.support.course import references

NAMES = ("Wax", "ba", "by")
RIGHT = {"Wax": np.ones((3, 4)), "ba": np.ones((3, 1)), "by": np.ones((2, 1))}


def network():
    """Stand for the function of a student."""


def require(found):
    n_a = count_units(network, found, NAMES, "ba", 20)
    require_arrays(network, found, {"Wax": (n_a, 4), "ba": (n_a, 1), "by": (2, 1)}, f"n_a={n_a}")


@pytest.mark.parametrize("dtype", [float, np.float32, int, np.uint8])
def test_real_numbers_of_any_kind_will_do(dtype):
    require({name: array.astype(dtype) for name, array in RIGHT.items()})


WRONG = {
    "nothing": (None, "with the keys Wax, ba, by, but returns None. A function gives None where"),
    "a tuple": (tuple(RIGHT.values()), "with the keys Wax, ba, by, but returns a tuple"),
    "one key missing": ({"Wax": RIGHT["Wax"], "ba": RIGHT["ba"]}, "but returns one that lacks by"),
    "one key more": ({**RIGHT, "bo": 1}, "but returns also bo"),
    "no units": ({**RIGHT, "ba": np.ones((0, 1))}, "n_a from 1 to 20, but has the length 0."),
    "too many units": ({**RIGHT, "ba": np.ones((21, 1))}, "but has the length 21."),
    "a number": ({**RIGHT, "ba": 1.0}, "n_a from 1 to 20, but is a float."),
    "an array without an axis": ({**RIGHT, "ba": np.array(1.0)}, "n_a from 1 to 20, but is"),
    "a list": ({**RIGHT, "by": [[1.0], [1.0]]}, "np.array turns the list into an array"),
    "a list of no shape": ({**RIGHT, "ba": [[1.0], [1.0, 2.0], []]}, "ba should be a NumPy array"),
    "an axis lost": ({**RIGHT, "ba": np.ones(3)}, "It should be (n_a, 1)."),
    "transposed": ({**RIGHT, "Wax": np.ones((4, 3))}, "Wax has the wrong shape: expected (3, 4)"),
    "not finite": ({**RIGHT, "by": np.array([[1.0], [np.inf]])}, "by should hold finite numbers."),
    "complex": ({**RIGHT, "by": np.ones((2, 1), complex)}, "All numbers here are real."),
    "text": ({**RIGHT, "by": np.array([["a"], ["b"]])}, "by has the wrong dtype"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_none_is_told_in_words(what):
    found, words = WRONG[what]
    with pytest.raises(Mismatch) as caught:
        require(found)
    assert words in str(caught.value)


def exchanged(name):
    """Return the reference of an open exercise with its two classes exchanged."""

    def answer(size):
        found = references()[name](size)
        rows = {"Wy", "Wya", "by"} & found.keys()
        return {**found, **{key: found[key][::-1].copy() for key in rows}}

    answer.__name__ = name
    return answer


def test_classes_that_are_exchanged_are_told():
    said = "it says yes where no is right, and no where yes is: "
    with pytest.raises(Mismatch) as caught:
        check_dry_days(exchanged("dry_days"), 3, np.random.default_rng(0))
    assert said in str(caught.value).lower()
    x, there = draw_ticks(np.random.default_rng(0), 3, 20, 200)
    forward = references()["lstm_forward"]
    with pytest.raises(Mismatch) as caught:
        require_count(exchanged("counting_weights"), forward, 3, x, there)
    assert said in str(caught.value)
