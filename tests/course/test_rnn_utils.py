"""softmax and sigmoid by their properties, and against 50-digit arithmetic."""

import decimal
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnn_utils import sigmoid, softmax

FLOATS = [np.float16, np.float32, np.float64]
OTHERS = [np.bool_, np.int8, np.uint16, np.int64]
BOTH = pytest.mark.parametrize("function", [softmax, sigmoid])

# The same examples on every machine and on every run, however slow.
prop = settings(deadline=None, derandomize=True)


def strict(function, z):
    """Call ``function`` where every floating-point event and every warning is an error."""
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        return function(z)


def shapes():
    """One to six classes, then up to three further axes; a batch may be empty."""
    further = st.lists(st.integers(0, 4), max_size=3)
    return st.tuples(st.integers(1, 6), further).map(lambda s: (s[0], *s[1]))


@st.composite
def scores(draw, dtypes=FLOATS):
    """Scores within 1e4 of zero: small or wide, and each column around its own middle."""
    shape = draw(shapes())
    width = draw(st.sampled_from([1.0, 30.0, 1e3, 1e4]))
    within = st.floats(-width, width)
    around = st.floats(-1e4, 1e4)
    middles = draw(hnp.arrays(np.float64, (1, *shape[1:]), elements=around))
    z = draw(hnp.arrays(np.float64, shape, elements=within)) + middles
    return np.clip(z, -1e4, 1e4).astype(draw(st.sampled_from(dtypes)))


@st.composite
def whole_scores(draw):
    """Whole numbers, and one whole number per column to add: no rounding in the sums."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shape = draw(shapes())
    whole = st.integers(-10_000, 10_000)
    z = draw(hnp.arrays(np.int64, shape, elements=whole)).astype(dtype)
    shift = draw(hnp.arrays(np.int64, (1, *shape[1:]), elements=whole)).astype(dtype)
    return z, shift


far_apart = np.array([[1e4, -1e4, 0.0], [9990.0, -9990.0, -800.0]])


@BOTH
@prop
@given(z=scores())
@example(z=far_apart)
@example(z=far_apart.astype(np.float32))
@example(z=far_apart.astype(np.float16))
def test_extreme_scores_raise_no_warning_and_stay_within_0_and_1(function, z):
    """Up to 1e4 nothing overflows, divides by zero, warns or becomes NaN."""
    p = strict(function, z)
    assert p.shape == z.shape
    assert ((p >= 0) & (p <= 1)).all()  # false for NaN


@BOTH
@prop
@given(z=scores())
def test_floating_dtypes_are_kept(function, z):
    """float16, float32 and float64 come back as they came."""
    assert function(z).dtype == z.dtype


@BOTH
@pytest.mark.parametrize("dtype", OTHERS)
def test_other_dtypes_become_float64(function, dtype):
    """Integers and booleans give the same as the floats of that value, in float64."""
    z = np.array([[0, 1, 100], [1, 0, 1]]).astype(dtype)
    got = strict(function, z)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, function(z.astype(np.float64)))


@BOTH
def test_nested_lists_are_scores_too(function):
    """A list gives the same as its array."""
    z = [[1, -2], [3, 4.5]]
    np.testing.assert_array_equal(function(z), function(np.array(z)))


@BOTH
@prop
@given(z=scores())
def test_the_argument_is_left_as_it_was(function, z):
    """The scores are not changed in place and the answer is no view of them."""
    before = z.copy()
    p = function(z)
    np.testing.assert_array_equal(z, before)
    assert not np.shares_memory(p, z)


# --- softmax ------------------------------------------------------------------------


@prop
@given(z=scores())
@example(z=far_apart)
def test_softmax_sums_to_one_along_axis_0(z):
    """Each column is a distribution, however many axes follow."""
    # n_y quotients and a sum, each off by half an eps at most; twice that for comfort.
    room = (z.shape[0] + 1) * float(np.finfo(z.dtype).eps)
    total = softmax(z).astype(np.float64).sum(axis=0)
    np.testing.assert_allclose(total, 1, rtol=0, atol=room)


@prop
@given(pair=whole_scores())
def test_softmax_does_not_see_a_shift_of_a_whole_column(pair):
    """Adding one number to a column changes no bit of the result."""
    z, shift = pair
    np.testing.assert_array_equal(strict(softmax, z + shift), strict(softmax, z))


@prop
@given(z=scores())
@example(z=far_apart)
def test_softmax_keeps_the_order_of_a_column(z):
    """A class with a higher score has no lower probability."""
    order = np.argsort(z, axis=0, kind="stable")
    p = np.take_along_axis(softmax(z), order, axis=0)
    room = 1 - 4 * np.finfo(z.dtype).eps  # exp may be off in the last digit
    assert (p[1:] >= p[:-1] * room).all()


@prop
@given(z=scores())
@example(z=far_apart)
def test_softmax_treats_every_column_by_itself(z):
    """A column alone gives what it gives among others."""
    together = softmax(z)
    eps = np.finfo(z.dtype).eps
    for index in np.ndindex(z.shape[1:]):
        column = (slice(None), *index)
        np.testing.assert_allclose(
            together[column], softmax(z[column]), rtol=16 * eps, atol=np.finfo(z.dtype).tiny
        )


@prop
@given(z=scores())
@example(z=far_apart)
def test_softmax_agrees_with_50_digits(z):
    """Every probability is that of exact arithmetic, up to the rounding of its dtype."""
    info = np.finfo(z.dtype)
    p = strict(softmax, z)
    for index in np.ndindex(z.shape[1:]):
        column = (slice(None), *index)
        wanted = exact_softmax(z[column])
        # z - max is rounded to half an eps of itself, which exp makes a relative error.
        distance = z[column].max().astype(float) - z[column].astype(float)
        room = (16 + distance) * float(info.eps) * wanted + float(info.tiny)
        assert (np.abs(p[column].astype(float) - wanted) <= room).all()


# --- sigmoid ------------------------------------------------------------------------


@prop
@given(z=scores())
def test_sigmoid_of_minus_z_is_one_minus_sigmoid_of_z(z):
    """The curve is symmetric about (0, 1/2)."""
    eps = float(np.finfo(z.dtype).eps)
    total = strict(sigmoid, -z).astype(np.float64) + strict(sigmoid, z).astype(np.float64)
    np.testing.assert_allclose(total, 1, rtol=0, atol=2 * eps)


@prop
@given(z=scores())
def test_sigmoid_never_falls(z):
    """A larger number has no smaller sigmoid."""
    s = sigmoid(np.sort(z, axis=None))
    room = 1 - 4 * np.finfo(z.dtype).eps  # exp may be off in the last digit
    assert (s[1:] >= s[:-1] * room).all()


@prop
@given(z=scores())
def test_sigmoid_agrees_with_50_digits(z):
    """Every value is that of exact arithmetic, the tiny ones in relative terms too."""
    info = np.finfo(z.dtype)
    wanted = np.array([exact_sigmoid(value) for value in z.flat]).reshape(z.shape)
    room = 16 * float(info.eps) * wanted + float(info.tiny)
    assert (np.abs(strict(sigmoid, z).astype(float) - wanted) <= room).all()


# --- the judge ----------------------------------------------------------------------


def exact_softmax(column):
    """Return the softmax of one column by its definition, in 50 digits."""
    with decimal.localcontext(decimal.Context(prec=50)):
        powers = [decimal.Decimal(float(value)).exp() for value in column]
        return np.array([float(power / sum(powers)) for power in powers])


def exact_sigmoid(value):
    """Return the sigmoid of one number by its definition, in 50 digits."""
    with decimal.localcontext(decimal.Context(prec=50)):
        return float(1 / (1 + (-decimal.Decimal(float(value))).exp()))
