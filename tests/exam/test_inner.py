"""What a student's step answers is computed with only where it has the form of ours."""

import tracemalloc

import numpy as np
import pytest

from grading.exam.inner import Form, Kept, Misfit, opened
from tests.support.loops import BACK, HANDING, KEEPER, LOOP, judged, judged_back

MOST = 40 * 2**20  # bytes that judging a small lesson may take on this side

ONES = np.ones((3, 4))
OURS = (ONES, 2.0, ([ONES, ONES.T], "step"))
USED = {"x": ONES, "p": {"W": np.ones((3, 3))}}


@pytest.mark.parametrize(
    "result",
    [
        OURS,
        (0 * ONES, 7, ([2 * ONES, ONES.T], "step")),
        (ONES > 0, np.float32(1.0), ([ONES, ONES.T], "")),
        (2.0, np.array(1.0), ([ONES, 3.0], "step")),
        (ONES[:, :1], 2.0, ([ONES[0], ONES.T[:1, :1]], "step")),
    ],
)
def test_what_has_the_form_of_ours_can_be_used(result):
    assert Form(OURS, USED).usable(result, USED) == result


def test_a_step_may_keep_something_in_what_it_is_given():
    used = {"x": ONES, "p": {**USED["p"], "a": ONES[:, :2]}}
    assert Form(OURS, USED).usable(OURS, used) == OURS


@pytest.mark.parametrize("cache", [(), [ONES[0]], {"W": np.ones((4, 4)), "x": [ONES] * 3}, None])
def test_a_cache_of_another_form_can_be_kept(cache):
    found = Form(OURS, USED).usable((ONES, 2.0, cache), USED)
    assert found[:2] == (ONES, 2.0)
    assert isinstance(found[2], Kept)
    assert opened({"caches": ([found[2]], ONES)}) == {"caches": ([cache], ONES)}
    for work in (lambda x: x + ONES, lambda x: ONES * x, lambda x: x[0], list):
        with pytest.raises(TypeError):
            work(found[2])


@pytest.mark.parametrize(
    "kept", ["()", "[s] * 3", "{'s': s}", "[[s], {'s': s}]", "None", "'kept'", "[s[0], (s, s)]"]
)
def test_what_has_another_form_is_handed_on_to_no_step(zygote, kept):
    """The loop of ours gives it to the next step, and to that it can not be given."""
    other = f"def step(x, s, past=None):\n    return x - 2.0 * s, {kept}"
    _, run = judged(zygote, other, HANDING, ours=(KEEPER, HANDING))
    assert (run["points"], run["verdict"]) == (0.0, "wrong")


def test_what_has_the_form_of_ours_is_handed_on(zygote):
    other = KEEPER.replace("x + 2.0", "x - 2.0")
    _, run = judged(zygote, other, HANDING, ours=(KEEPER, HANDING))
    assert (run["points"], run["verdict"]) == (10.0, "follow-through")


def doubling():
    """Return little that is much when it is written out."""
    value = [ONES]
    for _ in range(40):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "result",
    [
        [*OURS],
        OURS[:2],
        {"a": ONES},
        None,
        (ONES[:2], 2.0, OURS[2]),
        (ONES[None], 2.0, OURS[2]),
        (ONES.tolist(), 2.0, OURS[2]),
        (ONES, ONES, OURS[2]),
        (ONES, 10**30, OURS[2]),
        (ONES, "two", OURS[2]),
        (ONES, 2.0, [np.ones((500, 1, 1))]),
        (ONES, 2.0, [ONES] * 50),
        (ONES, 2.0, ["x" * 1000]),
        (ONES, 2.0, [10**40_000]),
        (ONES, 2.0, {"x" * 1000: 1}),
        (ONES, 2.0, doubling()),
        (ONES, 2.0, ([ONES, ONES.T], "step" * 1000)),
    ],
    ids=range(17),
)
def test_what_has_another_form_is_left_alone(result):
    with pytest.raises(Misfit):
        Form(OURS, USED).usable(result, USED)


@pytest.mark.parametrize(
    "used",
    [
        {"x": ONES[:2], "p": USED["p"]},
        {"x": ONES, "p": {"W": np.ones((9, 1, 1))}},
        {"x": ONES, "p": {"W": doubling()}},
        {"x": ONES, "p": {}},
        {"x": ONES, "p": {**USED["p"], "a": np.ones(500)}},
        {"x": ONES, "p": {**USED["p"], "a": doubling()}},
    ],
)
def test_neither_is_what_it_made_of_its_arguments(used):
    with pytest.raises(Misfit):
        Form(OURS, USED).usable(OURS, used)


def peak(work):
    """Return the bytes that this side needed for it at most, and what it returned."""
    tracemalloc.start()
    try:
        found = work()
        return tracemalloc.get_traced_memory()[1], found
    finally:
        tracemalloc.stop()


LARGE = "np.zeros((2_000_000, 1, 1), bool)"
GROWS = """
def step(x, s):
    s.resize((3, 40_000), refcheck=False)
    return x - 2.0, (x, s)
"""


@pytest.mark.parametrize(
    ("step", "loop"),
    [
        (f"def step(x, s):\n    return {LARGE}, (x, s)", LOOP),
        (f"def step(x, s):\n    return x - 2.0 * s[:3, :4], ([{LARGE}] * 9, s)", LOOP),
        ("def step(x, s):\n    return 7 ** 2_000_000, (x, s)", LOOP),
        (GROWS, LOOP),
    ],
    ids=["a state", "a cache", "a whole number", "an argument"],
)
def test_a_large_answer_costs_this_side_no_more_than_it_is(zygote, step, loop):
    most, (_, run) = peak(lambda: judged(zygote, step, loop))
    assert run["points"] == 0.0
    assert most < MOST


def test_a_large_gradient_costs_this_side_no_more_than_it_is(zygote):
    back = BACK.replace("d * x", LARGE)
    down = 'def down(d, caches):\n    return {"dx": 0 * d[0], "ds": 0 * d[0]}'
    most, (_, down) = peak(lambda: judged_back(zygote, back, down))
    assert down["points"] == 0.0
    assert most < MOST
