"""What an open exercise returns that is no network, or no arrays of numbers: one sentence each."""

import numpy as np
import pytest

import public_tests
from lesson_tools.checks import Mismatch
from lesson_tools.dry_days import check_dry_days
from lesson_tools.lstm_counting import counting_test, draw_ticks, require_count
from lesson_tools.rnn_forecast import forecast_test
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
    "a key misspelt": (
        {"Wax": RIGHT["Wax"], "ba": RIGHT["ba"], "bY": RIGHT["by"]},
        "Is your key 'bY' meant to be 'by'?",
    ),
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


def days_told(answer, days=3):
    answer.__name__ = "dry_days"
    with pytest.raises(Mismatch) as caught:
        check_dry_days(answer, days, np.random.default_rng(0))
    return str(caught.value)


def changed_days(**changes):
    """Return the reference with some of its arrays made into others."""

    def answer(days):
        found = references()["dry_days"](days)
        return found | {key: change(found[key]) for key, change in changes.items()}

    return answer


def leaks(days):
    parts = {"Wax": [[-5.0]], "Waa": [[1.0]], "ba": [[0.1]], "Wya": [[0.0], [10.0]]}
    return {key: np.array(part) for key, part in parts.items()} | {"by": np.array([[3.0], [0.0]])}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            changed_days(by=lambda by: by - [[2.0], [0.0]]),
            "says yes if at least 2 of them were dry.",
        ),
        (changed_days(by=lambda by: by - [[9.0], [0.0]]), "It says yes on every day."),
        (lambda _: references()["dry_days"](2), "It asks for 2 dry days in a row, not for 3."),
        (leaks, "it says yes again after 11 dry days, not after 3."),
        (
            changed_days(Wya=lambda Wya: Wya * [1, 0, 1], by=lambda by: by - [[1.0], [0.0]]),
            "% of the days on which no is right.",
        ),
    ],
)
def test_what_a_network_does_that_counts_days_otherwise_is_told(answer, words):
    assert words in days_told(answer)


def test_of_a_network_that_is_wrong_on_the_first_days_it_is_said():
    answer = changed_days(by=lambda by: by - [[1.0], [0.0]])
    said = check_dry_days(answer, 3, np.random.default_rng(0))
    assert said.startswith(" It is wrong on none but the first 2 of the days of a sequence")
    assert check_dry_days(references()["dry_days"], 3, np.random.default_rng(0)) == ""


def test_weights_that_are_the_same_for_all_days_are_told():
    def dry_days(days):
        return references()["dry_days"](3)

    with pytest.raises(Mismatch) as caught:
        public_tests.dry_days_test(dry_days)
    assert "The same weights come for days = 3 and days = 2." in str(caught.value)


def counting(**changes):
    def counting_weights(k):
        found = references()["counting_weights"](k)
        return found | {key: change(found[key]) for key, change in changes.items()}

    return counting_weights


def many_units(k):
    found = references()["counting_weights"](k)
    shapes = {"W": (k, k + 2), "b": (k, 1)} | {"Wy": (2, k), "by": (2, 1)}
    return {key: np.resize(one, shapes.get(key) or shapes[key[0]]) for key, one in found.items()}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: references()["counting_weights"](3), "With k = 12"),
        (lambda _: references()["counting_weights"](3), "It says yes from 3 ticks on, not from 12"),
        (lambda _: references()["counting_weights"](3), "come for k = 3 and k = 12."),
        (counting(Wf=lambda Wf: 0 * Wf), "It says yes from 3 ticks on, and a reset changes noth"),
        (counting(by=lambda by: by - 9 * np.eye(2)[:, 1:]), "It says no at each step."),
        (
            counting(Wi=lambda Wi: np.hstack([Wi[:, :-1], Wi[:, -2:-1]])),
            "times its yes begins when 2 ticks have come since the last reset, not 3.",
        ),
        (counting(bf=lambda bf: bf - 17), "times its yes ends though no reset has come."),
    ],
)
def test_what_a_network_does_that_counts_otherwise_is_told(answer, words):
    with pytest.raises(Mismatch) as caught:
        counting_test(answer, references()["lstm_forward"])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "bias", "words"),
    [
        ([[1.0], [0.0]], 0.0, "With 1 minus your forecast it would be "),
        ([[0.0], [9.0]], 0.0, "Yours is at least 98% sure on 100% of the days, and wrong on "),
        ([[0.0], [3.0]], 0.0, "It says whether it rains today, more than whether it will"),
        ([[0.0], [0.01]], 0.0, "0.22. Yours says nearly the same on all days, from "),
        ([[0.0], [0.6]], 1.5, "On average yours says "),
    ],
)
def test_what_a_forecast_says_that_is_far_off_is_told(rows, bias, words):
    rain = (np.random.default_rng(0).random((4, 300)) < 0.4).astype(float)
    for t in range(1, 300):  # two days in three are like the one before
        rain[:, t] = np.where(rain[:, t - 1] == 1, rain[:, t] > 0.5, rain[:, t])
        rain[::2, t] = rain[::2, t - 1] if t % 3 else rain[::2, t]
    x = np.stack([2 * rain - 1] * 4)

    def forecast_weights(x, rain):
        Wax = np.array([[9.0, 0.0, 0.0, 0.0]])
        parts = {"Wax": Wax, "Waa": np.zeros((1, 1)), "ba": np.zeros((1, 1))}
        return parts | {"Wya": np.array(rows), "by": np.array([[0.0], [bias]])}

    with pytest.raises(Mismatch) as caught:
        forecast_test(forecast_weights, references()["rnn_forward"], x, rain)
    assert words in str(caught.value)
