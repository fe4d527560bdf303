"""Where numbers differ most is shown, and in which digit those that are nearly right."""

import numpy as np
import pytest

from grading.comparison.checks import Mismatch, check
from grading.comparison.values import compare

RNG = np.random.default_rng(1)
A = RNG.standard_normal((5, 4))
ENDS = np.tanh(RNG.standard_normal((5, 4)) * 20 + 30)


def told(got, want, given=None):
    with pytest.raises(Mismatch) as caught:
        check(lambda *_: {"a": got}, given or {"x": A}, {"a": want}, "m=4", dict)
    return str(caught.value)


def moved(by, *place):
    array = A.copy()
    array[place] += by
    return array


def test_the_largest_difference_is_shown_and_not_the_first():
    got = moved(0.5, 0, 0)
    got[3, 2] += 4.0
    with pytest.raises(Mismatch) as caught:
        compare("a", got, A)
    assert f", most of all at index (3, 2): expected {A[3, 2]:.6g}, got" in str(caught.value)
    assert "(2 of 20 values differ)" in str(caught.value)


def test_the_only_difference_is_not_called_the_largest():
    assert "a has the wrong value at index (1, 2)" in told(moved(1.0, 1, 2), A)


def test_what_is_not_finite_is_shown_where_it_is():
    got = moved(np.inf, 2, 1)
    assert "finite numbers at index (2, 1): expected" in told(got, A)


SMALL = "The rounding of floats is not the reason: it would show in the 15th."
FLAT = "most of them are close to 0, 1 or −1"
DIGITS = [
    (A * (1 + 4e-5), "The numbers agree to 4 digits of the largest. " + SMALL),
    (A + 1e-6, "digits of the largest. " + SMALL),
    (np.float64(np.float32(A) * np.float32(1 + 3e-7)), "all that is there can be held in float32"),
    (np.round(A, 3), "all that is there is rounded to 3 places"),
]


@pytest.mark.parametrize(("got", "words"), DIGITS)
def test_how_many_digits_agree_is_said_of_what_is_nearly_right(got, words):
    assert words in told(got, A)


@pytest.mark.parametrize(("size", "places"), [(50.0, 2), (0.02, 8)])
def test_every_number_of_places_is_known_to_which_one_may_round(size, places):
    want = size * A
    assert f"rounded to {places} places" in told(np.round(want, places), want)


def test_a_small_difference_of_saturated_numbers_is_not_called_small():
    said = told(ENDS * (1 - 1e-5), ENDS)
    assert FLAT in said
    assert SMALL not in said


@pytest.mark.parametrize("got", [A + 0.1, -A, 2 * A])
def test_nothing_is_said_of_digits_where_numbers_are_far_apart(got):
    assert "digits" not in told(got, A)


def test_nothing_is_said_of_rounding_where_a_function_was_handed_in():
    """A difference of its results has lost digits, however it was computed."""
    said = told(A * (1 + 1e-5), A, {"f": np.sum, "x": A})
    assert "Rounding" not in said


def test_a_single_number_agrees_as_well():
    with pytest.raises(Mismatch, match=r"It agrees to 4 digits\. The rounding of"):
        check(lambda x: 1.00004, {"x": A}, {"loss": np.float64(1.0)}, "m=4", float)
