"""What wrong numbers have in common with the right ones is said where it is no chance."""

import numpy as np
import pytest

from grading.comparison.in_cases import beyond, related_numbers
from grading.comparison.relations import related

DRAW = np.random.default_rng(5).standard_normal
FLAT, DEEP, SQUARE = DRAW((5, 4)), DRAW((5, 4, 6)), DRAW((4, 4))
SMALL = np.tanh(0.5 * FLAT)
SIZES = {"n_x": 3, "n_a": 5, "n_y": 2, "m": 4, "T_x": 6}
BIAS, STATE = DRAW((5, 1)), DRAW((5, 4))
NAMES = {2: ("row", "column"), 3: ("unit", "example", "step")}
INPUTS = {"ba": BIAS, "a_prev": STATE, "xt": DRAW((3, 4))}
FIRST = DRAW((5, 4))
ONES, ONE_MORE = np.eye(5, 4), np.eye(20)[1].reshape(5, 4)


def softmax(scores, axis=0):
    made = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return made / made.sum(axis=axis, keepdims=True)


SAID = [
    (4 * FLAT, FLAT, "Each number is 4 times what it should be; here m = 4."),
    (FLAT / 24, FLAT, "Each number is 1/24 of what it should be; here m · T_x = 24."),
    (2 * FLAT, FLAT, "Each number is 2 times what it should be."),
    (-3.5 * DEEP, DEEP, "Each number is minus 3.5 times what it should be."),
    (FLAT**2, FLAT, "Each number is the square of what it should be."),
    (1 - FLAT, FLAT, "Each number is 1 minus what it should be."),
    (abs(FLAT), FLAT, "Each number is the absolute value of what it should be."),
    (np.tanh(SMALL), SMALL, "Each number is the tanh of what it should be."),
    (np.arctanh(SMALL), SMALL, "What it should be is the tanh of what is there"),
    (np.cumsum(DEEP, axis=2), DEEP, "Each step holds the sum of all that should stand there and"),
    (STATE, FLAT, "It is just `a_prev`."),
    (STATE.T, FLAT.T, "It is just `a_prev`, transposed."),
    (FLAT + STATE, FLAT, "It is what it should be plus `a_prev`."),
    (FLAT - BIAS, FLAT, "It is what it should be without `ba`: adding that would make it right."),
    (FLAT * STATE, FLAT, "Each number is what it should be times `a_prev`."),
    (ONES * 0, ONES, "All of it is 0: perhaps nothing was written to it."),
    (np.ones((5, 4)), ONES, "Each 1 that should be there is there, and 16 more are."),
    (ONES + ONE_MORE, ONES, "Each 1 that should be there is there, and one more is."),
    (ONES, ONES + ONE_MORE, "Each 1 stands where one should be, and 1 is missing."),
    (1 - ONES, ONES, "It holds 16 ones, and should hold 4."),
    (FLAT, FLAT * (1 - STATE**2), "Times 1 - `a_prev` squared, each number would be right."),
    (FLAT + 0.5, FLAT, "Each number is too large by the same amount."),
    (FLAT - FIRST[:, :1], FLAT, "The difference is the same in each column, as that of a bias"),
    (
        np.tanh(0.3 * (FLAT + FIRST[:, :1])),
        np.tanh(0.3 * FLAT),
        "Before a tanh, what is off would be the same in each column",
    ),
    (np.tanh(FLAT * 0.4), np.tanh(FLAT * 0.2), "Before a tanh, each number would be 2 times what"),
    (softmax(FLAT + FIRST[:, :1]), softmax(FLAT), "goes into the softmax is off by the same"),
    (FLAT[[1, 0, 2, 4, 3]], FLAT, "another order: row 0 holds what belongs to row 1."),
    (DEEP[:, [0, 2, 1, 3]], DEEP, "another order: example 1 holds what belongs to example 2."),
    (FLAT[:, ::-1].T.reshape(5, 4), FLAT, "All its numbers are the right ones, but not all"),
    (FLAT * np.where(FLAT > 0.5, -1, 1), FLAT, "All sizes are right, and the sign of"),
    (softmax(SQUARE, 1), softmax(SQUARE), "Its numbers sum to 1 along axis 1; they should along"),
    (softmax(FLAT) / 4 * (1 + SMALL), softmax(FLAT), "Along axis 0 its numbers should sum to 1"),
    (FLAT + abs(FIRST), FLAT, "Every number of it is larger than it should be."),
    (FLAT * (1 + abs(FIRST)), FLAT, "right sign and is farther from 0 than it should be."),
    (FLAT / (1 + abs(FIRST)), FLAT, "right sign and is nearer to 0 than it should be."),
]


@pytest.mark.parametrize(("got", "want", "said"), SAID, ids=[said for *_, said in SAID])
def test_what_numbers_have_in_common_is_said(got, want, said):
    assert said in related(got, want, SIZES, INPUTS, NAMES[want.ndim])


SILENT = [
    (FLAT, FLAT),
    (-FLAT, FLAT),  # that is said elsewhere
    (DRAW((5, 4)), FLAT),
    (FLAT + 1e-4 * FIRST, FLAT),
    (FLAT.T, FLAT),
    (FLAT * np.inf, FLAT),
    (np.full((5, 4), 3.0), np.full((5, 4), 1.5)),  # of one number any factor is a chance
    (np.full((1, 1), 3.0), np.full((1, 1), 1.5)),
    (np.eye(3)[::-1].copy(), np.eye(3)),  # too few different numbers
    (FLAT[:1, :3] + 1, FLAT[:1, :3]),
    (FLAT > 0, FLAT),
    (ONES[:, ::-1], ONES),  # as many ones
    (2 * ONES, ONES),
]


@pytest.mark.parametrize(("got", "want"), SILENT)
def test_nothing_is_said_of_what_may_be_chance(got, want):
    assert related(got, want, SIZES, INPUTS, NAMES[want.ndim]) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (DEEP[:, [0, 2, 1, 3]], "All queries are there, but in another order: query 1 holds"),
        (np.where(np.arange(6) == 2, 1 + DEEP, DEEP), "Only key 2 is wrong."),
        (DEEP + (np.arange(4)[:, None] % 4 < 2), "Only queries 0 to 1 are wrong."),
        (np.cumsum(DEEP, axis=2), "Each key holds the sum of all that should stand there and"),
    ],
)
def test_places_are_called_as_the_lesson_calls_them(changed, said):
    assert said in related(changed, DEEP, SIZES, INPUTS, ("example", "query", "key"))
    unnamed = related(changed, DEEP, SIZES, INPUTS)
    assert not any(word in unnamed for word in ("query", "key", "unit", "example", "step"))


def test_that_few_numbers_are_all_too_large_is_chance():
    few = DRAW((2, 3))
    assert related(few + abs(DRAW((2, 3))), few, SIZES, INPUTS) == ""


def test_one_column_shows_no_difference_that_is_the_same_in_each():
    one = DRAW((9, 1))
    assert "each column" not in related(one + DRAW((9, 1)), one, SIZES, INPUTS)


def test_an_input_of_zeros_or_ones_is_no_factor():
    plain = {"a_prev": np.zeros((5, 4)), "c_prev": np.ones((5, 4))}
    assert related(0 * FLAT, FLAT, SIZES, plain).startswith("All of it is 0: perhaps nothing was")
    assert related(2 * FLAT, FLAT, SIZES, plain) == "Each number is 2 times what it should be."
    assert "`" not in related(np.ones((5, 4)), FLAT, SIZES, plain)


def unfilled(*place):
    array = DEEP.copy()
    array[place] = 0.0
    return array


def moved(*place):
    array = DEEP.copy()
    array[place] *= -2.0 + 0.1 * DRAW(array[place].shape)
    return array


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (unfilled(slice(None), 1), "Wherever it is wrong it is exactly 0: perhaps nothing was"),
        (moved(slice(None), slice(None), slice(2, 5)), "Only steps 2 to 4 are wrong."),
        (moved(slice(None), 1), "Only example 1 is wrong."),
        (moved(slice(3, 5)), "Only units 3 to 4 are wrong."),
    ],
)
def test_places_are_said_where_all_that_lies_there_is_wrong(got, said):
    assert said in related(got, DEEP, SIZES, INPUTS, NAMES[3])


def test_of_a_few_wrong_numbers_no_place_is_said():
    got = DEEP.copy()
    got[1, 2, 3], got[2, 2, 4] = 9.0, -9.0
    assert related(got, DEEP, SIZES, INPUTS, NAMES[3]) == ""


STATES, GATES = np.tanh(3 * FLAT), 1 / (1 + np.exp(-2 * FLAT))


def test_numbers_beyond_all_that_is_right_are_counted():
    assert beyond([(STATES + 0.5, STATES)], "a").endswith(
        "lie between -1 and 1; 7 of yours do not."
    )
    assert "between 0 and 1; one of yours does not." in beyond([(put(GATES, 1.5), GATES)], "a")
    assert beyond([(put(GATES, np.nan), GATES)], "a") == ""  # of nan something else is said


def put(array, number):
    array = array.copy()
    array[0, 0] = number
    return array


@pytest.mark.parametrize("pairs", [[(FLAT + 3, FLAT)], [(STATES[:, ::-1], STATES)]])
def test_nothing_is_beyond_numbers_that_know_no_end(pairs):
    assert beyond(pairs, "a") == ""


def test_small_numbers_have_no_end_by_chance():
    """Gradients may all be small in the cases at hand."""
    assert beyond([(FLAT + 3, 0.1 * FLAT)], "a") == ""


WANT = np.array([0.9, 2.1, 3.3, 1.7])
OF = [{"m": m, "T_x": t, "n_y": 3} for m, t in ((4, 2), (1, 5), (3, 1), (5, 3))]
NUMBERS = [
    (3 * WANT, "In each of the 4 cases it is 3 times what it should be."),
    (-WANT, "In each of the 4 cases it is minus 1 times what it should be."),
    (WANT * [4, 1, 3, 5], "In each of the 4 cases it is m times what it should be."),
    (WANT * [8, 5, 3, 15], "In each of the 4 cases it is m · T_x times what it should be."),
    (WANT / [2, 5, 1, 3], "In each of the 4 cases it is 1 / (T_x) of what it should be."),
    (WANT * 0 + [8, 5, 3, 15], "In each of the 4 cases it is m · T_x."),
    (WANT**2, "Each number is the square of what it should be."),
    (WANT + 1, "Each number is 1 plus what it should be."),
    (WANT * 1.001, "In each of the 4 cases it is 1.001 times what it should be."),
    (WANT * [1.002, 1.001, 0.999, 1.4], "In 3 of the 4 cases it is less than 1 % off."),
    (WANT * [1.5, 1.2, 7, 2], "In each of the 4 cases it is larger than it should be."),
    (WANT + 0.25, "Each number is too large by the same amount."),
    (0 * WANT + 0.5, "It is the same in all 4 cases: 0.5."),
]


@pytest.mark.parametrize(("got", "said"), NUMBERS)
def test_what_single_numbers_have_in_common_is_said_of_all_cases(got, said):
    assert related_numbers(got, WANT, OF).startswith(said)


def test_probabilities_where_other_numbers_belong_are_told():
    got = np.abs(FLAT) / np.abs(FLAT).sum(axis=0)
    assert related(got, FLAT, SIZES, {}).startswith(
        "Along axis 0 its numbers sum to 1, as those of"
    )
    assert "sum to 1" not in related(got, 2 * got, SIZES, {})


def test_what_is_rounded_is_called_so():
    want = WANT + [0.0123, -0.0041, 0.0072, 0.0014]
    assert related_numbers(np.round(want, 2), want, OF) == (
        "In each of the 4 cases it is the right number, rounded to 2 places."
    )


@pytest.mark.parametrize("got", [WANT, WANT * [2, 2, 0.5, 3], DRAW(4), WANT * np.nan])
def test_nothing_is_said_of_numbers_in_which_one_case_differs(got):
    assert related_numbers(got, WANT, OF) == ""
