"""What to do about a wrong type, form or shape is said in the sizes of the lesson, and is true."""

import numpy as np
import pytest

from grading.comparison.checks import Mismatch, check

SIZES = "n_x=3, n_a=5, n_y=2, m=4, T_x=6"
ENTRIES = {"cache": ("a_next", "a_prev", "xt"), "caches": ("the list of caches", "x")}
RNG = np.random.default_rng(0)
A, Y, B, C, X, W = (
    RNG.standard_normal(shape) for shape in [(5, 4, 6), (2, 4), (5, 1), (5, 4), (3, 4), (5, 8)]
)
with pytest.warns(PendingDeprecationWarning):
    MATRIX = np.matrix(C)
PARAMETERS = {"Wax": X, "ba": B}
CACHE = (C, C + 1, X)
CACHES = ([CACHE] * 6, A)


def said(wrong, right, name="a"):
    """Return what `check` adds to its first sentence when ``wrong`` stands for ``right``."""
    want = {name: right, "other": Y + 9.0}
    answer = {**want, name: wrong}
    with pytest.raises(Mismatch) as caught:
        check(lambda x: answer, {"x": X}, want, SIZES, dict, entries=ENTRIES)
    return str(caught.value).split("\n  ", 2)[2:]


TYPES = [
    (None, A, "Perhaps it was never given a value"),
    (A.tolist(), A, "Its numbers have the right shape: np.array turns the list into an array."),
    (list(np.moveaxis(A, 2, 0)), A, "Its 6 entries are the slices along the last axis: np.stack"),
    ([C, Y], A, "Its 2 entries have no common shape."),
    ([1.0, 2.0], A, "As an array it has the shape (2,), and (5, 4, 6) is expected."),
    ((A,), A, "It has one entry. Perhaps a comma at the end of a line"),
    (0.5, C, "A single number stands where an array of shape (5, 4) belongs."),
    (np.float64(0.5), C, "A single number stands where"),
    (MATRIX, C, "With a matrix, * is the product of matrices."),
    (np.ma.array(C), C, "Make it a plain one, and say what belongs there: filled(0) puts zeros."),
    (C.sum, C, "It is a function that was not called"),
    (C.astype(np.float32), C, "so something has turned numbers into float32, which keeps fewer"),
    (C.astype(int), C, "An array of whole numbers cuts off"),
    (C > 0, C, "It holds only True and False"),
    (C.astype(object), C, "Its entries are objects of Python"),
    (C.astype(complex), C, "All numbers here are real."),
]


@pytest.mark.parametrize("row", TYPES, ids=lambda row: row[-1][:30])
def test_what_to_do_about_a_type_is_said(row):
    (told,) = said(row[0], row[1])
    assert row[-1] in told


SHAPES = [
    (np.array(1.0), C, "It should be (n_a, m). Yours is a single number, with no axis at all."),
    (
        B[:, 0],
        B,
        "It should be (n_a, 1). An axis of length 1 is missing. An axis is kept by keepdims=True",
    ),
    (C.T, C, "It should be (n_a, m). In yours the axes for hidden units and examples are exch"),
    (A.swapaxes(1, 2), A, "In yours the axes for examples and time steps are exchanged."),
    (np.moveaxis(A, 2, 0), A, "The lengths are right, but the axes stand in another order."),
    (A[:, :, 0], A, "In yours axis 2, which counts the time steps, is missing."),
    (A[:, 0], A, "In yours axis 1, which counts the examples, is missing."),
    (A[0, 0], A, "Yours has one axis, not 3."),
    (C[:, :, None], C, "Yours has one axis too many, of length 1."),
    (np.stack([C] * 4, axis=2), C, "Yours has one axis too many, of length 4."),
    (B + B.T, B, "Yours is a square. An array of shape (5,) together with one of shape (5, 1)"),
    (C, B, "Yours has a column for each example, and there should be one for all of them"),
    (np.zeros((5, 4, 7)), A, "has length 7, not 6. Perhaps what was there before the first step"),
    (A[:, :, 1:], A, "has length 5, not 6. Perhaps the loop begins or ends one step off."),
    (C, X, "axis 0, which counts the input features, has length 5, not 3: 5 is n_a, the number"),
    (np.zeros((8, 4)), X, "has length 8, not 3: that is n_a + n_x, as of something stacked"),
    (W[:, :5], W, "It should be (n_a, n_a + n_x). In yours axis 1 has length 5, not 8: 5 is n_a"),
    (np.zeros((4, 4)), X, "axis 0, which counts the input features, has length 4, not 3."),
    (np.zeros((5, 4, 8)), A, "axis 2, which counts the time steps, has length 8, not 6."),
    (np.zeros((4, 4, 4)), A, "It should be (n_a, m, T_x). "),
]


@pytest.mark.parametrize(("wrong", "right", "told"), SHAPES, ids=lambda one: str(one)[-30:])
def test_a_shape_is_said_in_the_sizes_of_the_lesson(wrong, right, told):
    assert told in said(wrong, right)[0]


def test_an_axis_whose_length_two_sizes_have_is_not_named():
    """n_a + n_x is the number of classes here, so nothing tells which of the two it is."""
    sizes, right = "n_x=1, n_a=3, n_y=4, m=2, T_x=3", {"w": np.zeros((3, 4))}
    with pytest.raises(Mismatch) as caught:
        check(lambda x: {"w": np.zeros((3, 3))}, {"x": X}, right, sizes, dict)
    assert "It should be (n_a, 4). In yours axis 1 has length 3, not 4" in str(caught.value)


CONTAINERS = [
    (None, CACHE, "cache", "Perhaps it was never given a value, or it holds what append returned"),
    (list(CACHE), CACHE, "cache", "Write its entries in (round) brackets."),
    (CACHE[:2], CACHE, "cache", "All that is there is right: entry 2 (xt) is missing."),
    (CACHE[:1] + CACHE[2:], CACHE, "cache", "entry 1 (a_prev) is missing."),
    ((*CACHE, Y), CACHE, "cache", "The entry at place 3 is too many, all others are right."),
    (
        (CACHE[1], CACHE[0], CACHE[2]),
        CACHE,
        "cache",
        "another order: entry 0 (a_next) lies at 1; entry 1 (a_prev) lies at 0.",
    ),
    ((C, C + 2, X), CACHE, "cache", "cache[1] is the place of a_prev."),
    ((), CACHE, "cache", "It is empty: nothing was put into it."),
    ((Y,), CACHE, "cache", "In order they are: a_next, a_prev, xt."),
    (CACHES[0], CACHES, "caches", "It is only what belongs into entry 0 (the list of caches)."),
    ((CACHES[0][:2], A), CACHES, "caches", "There should be one for each of the 6 time steps."),
    ({"Wax": X, "Ba": B}, PARAMETERS, "p", "Is your key 'Ba' meant to be 'ba'?"),
    (
        {"dgain": B},
        {"dgain1": B, "dgain2": B},
        "p",
        "Is your key 'dgain' meant to be 'dgain1' or 'dgain2'?",
    ),
    ({"Wax": X}, PARAMETERS, "p", "'ba' is missing."),
    (PARAMETERS | {"q": B}, PARAMETERS, "p", "'q' does not belong there."),
]


@pytest.mark.parametrize(("wrong", "right", "name", "told"), CONTAINERS)
def test_what_is_wrong_with_a_tuple_or_a_dict_is_said(wrong, right, name, told):
    assert any(told in line for line in said(wrong, right, name))


def test_of_entries_that_are_alike_no_order_is_said():
    """Each of them is found, and yet they need not be all that is there."""
    assert any("another order" in line for line in said((X, C, B), (C, X, B), "p"))
    assert not any("another order" in line for line in said((X, C, C), (C, X, X), "p"))


RETURNS = [
    (None, {"a": A, "y": Y}, tuple, "A function gives None where it ends without a return"),
    (None, {"a": A, "y": Y}, dict, "A function gives None where it ends without a return"),
    ({"a": A, "Y": Y}, {"a": A, "y": Y}, dict, "Is your key 'Y' meant to be 'y'?"),
    ((C + 1, C), {"a": C, "c": C + 1}, tuple, "a holds what c should hold. The order is a, c."),
]


@pytest.mark.parametrize(("wrong", "right", "form", "told"), RETURNS)
def test_what_is_wrong_with_all_that_is_returned_is_said(wrong, right, form, told):
    with pytest.raises(Mismatch) as caught:
        check(lambda x: wrong, {"x": X}, right, SIZES, form)
    assert told in str(caught.value)
