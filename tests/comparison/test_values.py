"""Values that are no numbers: texts among the arguments, and random generators."""

import collections

import numpy as np
import pytest

from lesson_tools.checks import Mismatch, check
from lesson_tools.values import compare


def draws(names, rng):
    return float(len(names) + rng.integers(5))


def sorts(names, rng):
    names.sort()
    return draws(names, rng)


def changes_a_text(names, rng):
    names[0] = names[0].upper()
    return draws(names, rng)


def forgets_one(names, rng):
    return draws([names.pop(), *names], rng)


def arguments():
    return {"names": ["jo", "eva"], "rng": np.random.default_rng(1)}


WANT = {"number": draws(**arguments())}


def test_texts_are_arguments_as_all_others_and_a_generator_may_be_used_up():
    check(draws, arguments(), WANT, form=float)


@pytest.mark.parametrize("function", [sorts, changes_a_text, forgets_one])
def test_texts_that_are_changed_are_told(function):
    with pytest.raises(Mismatch, match=f"{function.__name__} changes its argument names"):
        check(function, arguments(), WANT, form=float)


def test_a_text_in_a_result_is_compared():
    check(lambda: {"a": "x"}, {}, {"a": "x"}, form=dict)
    for other in ("y", 1.0, None, ["x"], np.array("x")):
        with pytest.raises(Mismatch, match="a should be another text"):
            check(lambda other=other: {"a": other}, {}, {"a": "x"}, form=dict)


def test_an_argument_or_a_result_may_be_none():
    check(lambda past: {"kept": past}, {"past": None}, {"kept": None}, form=dict)
    for other in (0.0, np.zeros(2), "None"):
        with pytest.raises(Mismatch, match="kept should be None"):
            check(lambda past, other=other: {"kept": other}, {"past": 1}, {"kept": None}, form=dict)


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (collections.namedtuple("Cache", "a b")(1.0, 2.0), "should be a plain tuple, but is a "),
        (collections.OrderedDict(a=1.0), "should be a tuple, but is a"),
        ([1.0, 2.0], "should be a tuple, but is a list."),
    ],
)
def test_a_tuple_of_another_kind_is_said_to_be_one(got, said):
    with pytest.raises(Mismatch) as caught:
        compare("cache", got, (1.0, 2.0))
    assert said in str(caught.value)
