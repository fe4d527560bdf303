"""What is said of an array that is not as it should be."""

import tracemalloc

import numpy as np
import pytest

from grading.comparison.hints import describe, fingerprint, same
from grading.comparison.values import Mismatch, compare_one

AXES = {3: ("unit", "example", "time step")}

RNG = np.random.default_rng(0)
FLAT, DEEP = RNG.standard_normal((3, 3)), RNG.standard_normal((3, 4, 5))


def changed(place):
    array = DEEP.copy()
    array[place] += 1.0
    return array


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (-FLAT, FLAT, "it is the negative of what it should be"),
        (FLAT.T, FLAT, "it is the transpose of what it should be"),
        (DEEP[:, :, ::-1], DEEP, "its time steps run backwards"),
        (
            np.roll(DEEP, 1, axis=2),
            DEEP,
            "every time step but the first holds what belongs to the one before",
        ),
        (
            np.roll(DEEP, -1, axis=2),
            DEEP,
            "every time step but the last holds what belongs to the next one",
        ),
        (DEEP[:, :, :1] + 0 * DEEP, DEEP, "every time step holds the first one"),
        (DEEP[:, :, -1:] + 0 * DEEP, DEEP, "every time step holds the last one"),
        (changed(np.s_[:, :, 0]), DEEP, "only the first time step is wrong"),
        (changed(np.s_[0, 0, 4]), DEEP, "only the last time step is wrong"),
        (
            changed(np.s_[:, 1:3, 1:]),
            DEEP,
            "the first time step is right, all later ones are wrong",
        ),
        (
            changed(np.s_[:, 1, 1:]),
            DEEP,
            "",
        ),  # of each step one example, so it is no matter of them
        (changed(np.s_[:, :, :4]), DEEP, "the last time step is right, all others are wrong"),
        (changed(np.s_[:, 0, :]), DEEP, "only the first example is wrong"),
        (FLAT + 1.0, FLAT, "no value is right"),
        (changed(np.s_[1, 1, 2]), DEEP, ""),
        (FLAT + [[1.0, 0.0, 0.0]], FLAT, "only the first column is wrong"),
        (4 * FLAT, FLAT, "all of it is too large or too small by one and the same factor"),
        (DEEP / 20, DEEP, "all of it is too large or too small by one and the same factor"),
        (np.float64(-2), np.float64(2), "it is the negative of what it should be"),
        (np.float64(3), np.float64(2), ""),
    ],
)
def test_how_an_array_differs_is_said(got, expected, said):
    assert describe(got, expected, AXES) == said


@pytest.mark.parametrize("expected", [np.zeros((3, 3)), np.eye(3), np.ones((2, 2, 4))])
def test_nothing_is_called_what_the_right_answer_is_as_well(expected):
    """A symmetric matrix is its own transpose; zeros are their own negative."""
    said = describe(expected + 1.0, expected)
    assert said == "no value is right"


def test_a_value_in_the_place_of_another_is_said():
    want = {"a_next": FLAT, "yt_pred": FLAT + 1.0}
    with pytest.raises(Mismatch, match="a_next holds what yt_pred should hold"):
        compare_one("a_next", FLAT + 1.0, want)


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (DEEP[:, :, ::-1], "its last axis runs backwards"),
        (
            np.roll(DEEP, 1, axis=2),
            "every [:, :, i] but the first holds what belongs to the one before",
        ),
        (DEEP[:, :, :1] + 0 * DEEP, "every [:, :, i] holds the first one"),
        (changed(np.s_[:, :, 0]), "only [:, :, 0] is wrong"),
        (changed(np.s_[:, :, 1:]), "[:, :, 0] is right, all later ones are wrong"),
        (changed(np.s_[:, :, :4]), "[:, :, -1] is right, all others are wrong"),
        (changed(np.s_[:, 0, :]), "only [:, 0, :] is wrong"),
        (changed(np.s_[:, 3, :]), "only [:, -1, :] is wrong"),
    ],
)
def test_without_names_of_axes_places_are_said_as_numpy_writes_them(got, said):
    assert describe(got, DEEP) == said


def test_the_words_are_those_of_the_course():
    words = {3: ("channel", "row", "column")}
    assert describe(changed(np.s_[:, :, 0]), DEEP, words) == "only the first column is wrong"
    with pytest.raises(Mismatch, match="only the last row is wrong"):
        compare_one("image", changed(np.s_[:, 3, :]), {"image": DEEP}, axes=words)


def doubled(value, times):
    for _ in range(times):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "result",
    [np.zeros(20_000_000, bool), doubled(np.zeros(1000, bool), 14), doubled(1, 25), [None] * 2**21],
    ids=["one array", "an array many times", "a number many times", "a long list"],
)
def test_what_no_mistake_of_a_lesson_is_as_large_as_is_not_made_larger(result):
    small = fingerprint(np.zeros(3), {})
    tracemalloc.start()
    large = fingerprint(result, {})
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()
    assert not same(large, small)
