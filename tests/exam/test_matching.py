"""Known mistakes are named on hidden inputs, right answers never; a mistake costs once."""

import numpy as np
import pytest

from grading.comparison.hints import EXACTLY
from grading.core.errors import GraderFault
from grading.core.records import Candidate
from grading.exam import Context, Exam
from grading.exam.matching import alike, call, said
from tests.support.loops import BACK, CELL, DOWN, LOOP, STUCK, WRONG, judged, judged_back

CONSTANT = "def step(x, s):\n    return 0.0 * x + 1.0, (x, s)"
OWN = LOOP.replace("step(x[t], s)", "x[t] - 2.0 * s, (x[t], s)")
ALIAS = "inner = step\n" + LOOP.replace("step(x", "inner(x")


@pytest.fixture
def records(zygote):
    return lambda step, loop, share=1.0: judged(zygote, step, loop, share)


@pytest.mark.parametrize(
    ("sure", "told"),
    [
        (["fact", "perhaps", ""], [f"{EXACTLY} A.", "", ""]),
        (
            ["perhaps", "", "perhaps", "perhaps"],
            ["Perhaps this is it: A.", "", "Or perhaps this: C.", ""],
        ),
        (["", ""], ["", ""]),
    ],
)
def test_a_mistake_is_said_as_sure_as_it_is(sure, told):
    many = [Candidate(n, f"{n}.", len, "f", s) for n, s in zip("ABCD", sure, strict=False)]
    assert said(many) == told


def test_a_right_answer_is_named_nothing(records):
    for record in records(CELL, LOOP):
        assert record["verdict"] == "correct"
        assert record["named"] == []


def test_a_known_mistake_is_named_where_it_is_made_and_where_it_does_harm(records):
    step, run = records(WRONG, LOOP, 0.0)
    assert step["named"] == [["minus", f"{EXACTLY} A minus."]]
    assert run["named"] == []  # it follows through
    step, run = records(WRONG, STUCK, 0.0)
    assert step["named"] == [["minus", f"{EXACTLY} A minus."]]


def test_a_mistake_of_the_loop_is_named_with_a_right_cell(records):
    step, run = records(CELL, STUCK)
    assert step["named"] == []
    assert run["named"] == [["stuck", f"{EXACTLY} It is stuck."]]


def test_what_is_right_with_the_students_own_cell_follows_through(records):
    step, run = records(WRONG, LOOP)
    assert step["verdict"] == "wrong"
    assert (run["verdict"], run["points"]) == ("follow-through", 10.0)
    assert [part["follows"] for part in run["parts"]] == [True, True]


def test_a_right_cache_does_not_make_up_for_arrays_that_are_all_wrong(records):
    parts = records(WRONG, LOOP)[0]["parts"]
    assert [part["earned"] for part in parts] == [0.0, 0.0]
    assert parts[1]["message"] == "not right either"


def test_a_cell_called_by_another_name_follows_through_as_well(records):
    assert records(WRONG, ALIAS)[1]["verdict"] == "follow-through"


def test_the_share_is_a_setting(records):
    assert records(WRONG, LOOP, 0.5)[1]["points"] == 5.0
    run = records(WRONG, LOOP, 0.0)[1]
    assert (run["verdict"], run["points"]) == ("follow-through", 0.0)


@pytest.mark.parametrize(
    ("step", "loop", "why"),
    [
        (WRONG, OWN, "it never calls the cell"),
        (WRONG, STUCK, "it is wrong with that cell too"),
        (CONSTANT, LOOP, "the cell does not depend on its inputs"),
        ("def step(x, s):\n    return x * 1.0, (x, s)", LOOP, "it ignores the state"),
        ("def step(x, s):\n    raise ValueError", LOOP, "the cell has no result"),
        ("def step(x, s):\n    return s", LOOP, "the cell returns something else"),
    ],
)
def test_nothing_follows_through(records, step, loop, why):
    assert records(step, loop)[1]["points"] == 0.0, why


def test_an_exercise_whose_earlier_one_is_missing_is_judged_all_the_same(records):
    alone = LOOP.replace("step(x[t], s)", "x[t] + 2.0 * s, (x[t], s)")
    assert records("# later", alone)[1]["verdict"] == "correct"
    assert records("step = 3", alone)[1]["verdict"] == "correct"
    assert records("# later", STUCK)[1]["points"] == 0.0


def test_a_function_that_changes_the_state_it_keeps_is_charged_for_that_alone(records):
    keeps = LOOP.replace("states.append(s)", "states.append(s)\n        x[t] = 0.0")
    run = records(WRONG, keeps)[1]
    assert [part["earned"] for part in run["parts"]] == [8.0, 0.0]


def test_one_that_agrees_with_the_reference_on_all_calls_is_not_named():
    """Else a wrong first call of something else would accuse a right answer."""

    def f(x):
        return (x,)

    with Context({"f": f}, {"f": [Candidate("same", "Same.", f, "f")]}):
        found = Exam(f, "x")
    with found.part("one", 1):
        raise AssertionError
    found.score()
    assert found.named == []


@pytest.mark.parametrize(("draws", "names"), [(1, ["double"]), (2, [])])
def test_a_mistake_is_named_where_it_leaves_a_generator_in_the_same_state(draws, names):
    def f(rng):
        return rng.random()

    def double(rng):
        return 2 * rng.random()

    def answer(rng):
        found = 2 * rng.random()
        rng.random(draws - 1)
        return found

    answer.__name__ = "f"
    with Context({"f": f}, {"f": [Candidate("double", "Double.", double, "f")]}):
        found = Exam(answer, "x")
        with found.part("one", 1):
            found.compare({"rng": np.random.default_rng(0)})
        found.score()
    assert [one.name for one in found.named] == names


# --- a way back: dicts of gradients, one built of another -------------------------------

HALF = BACK.replace("d * x", "d * x / 2")
DEAF = BACK.replace("d * x", "0.0 * x")
ONCE = DOWN.replace("d[t] + ds", "d[t]")


@pytest.fixture
def gradients(zygote):
    return lambda back, down: judged_back(zygote, back, down, [["back", "half", "A half.", HALF]])


def test_a_dict_is_judged_key_by_key(gradients):
    back, down = gradients(BACK, DOWN)
    assert back["verdict"] == down["verdict"] == "correct"
    back, _ = gradients(HALF, DOWN)
    assert back["parts"][0]["message"].startswith("ds has the wrong value (all of it is too large")
    assert back["named"] == [["half", f"{EXACTLY} A half."]]


def test_the_order_of_the_keys_does_not_matter(gradients):
    turned = BACK.replace('{"dx": d * s, "ds": d * x}', '{"ds": d * x, "dx": d * s}')
    assert gradients(turned, DOWN)[0]["verdict"] == "correct"


def test_a_loop_of_gradients_follows_through(gradients):
    assert gradients(HALF, DOWN)[1]["verdict"] == "follow-through"


def test_a_loop_is_not_forgiven_for_a_step_whose_gradient_never_changes(gradients):
    """Such a step hides whether the loop hands its gradient on."""
    assert gradients(DEAF, ONCE)[1]["points"] == 0.0
    assert gradients(DEAF, DOWN)[1]["points"] == 0.0
    assert gradients(HALF, ONCE)[1]["points"] == 0.0


def test_a_loop_is_not_forgiven_for_a_step_that_returns_the_same_twice(gradients):
    """Such a step hides whether the loop takes one for the other."""
    twin = BACK.replace("d * x", "d * s")
    swapped = DOWN.replace('found["ds"]', 'found["dx"]').replace('+= found["dx"]', '+= found["ds"]')
    assert gradients(twin, swapped)[1]["points"] == 0.0


def test_a_loop_is_not_forgiven_for_a_step_that_drops_what_it_is_given(gradients):
    """What a loop hands on is not seen then."""
    drops = BACK.replace('"ds": d * x', '"ds": x * 3.0')
    assert gradients(drops, DOWN.replace("d[t] + ds", "ds"))[1]["points"] == 0.0
    scaled = DOWN.replace("d[t] + ds", "d[t] + 2 * ds + 7")
    only_x = BACK.replace("d * s", "x * s").replace("d * x", "x * x")
    assert gradients(only_x, scaled)[1]["points"] == 0.0


def number(function, right):
    function.__name__ = "loss"
    with Context({"loss": right}):
        found = Exam(function, "loss")
    for place, x in enumerate([1.0, -1.0, 2.0]):
        with found.part(str(place), 2):
            found.compare({"x": x})
    found.score()
    return [part.earned for part in found.parts]


def test_each_part_of_a_single_number_is_judged_by_itself():
    assert number(lambda x: abs(x) + 1, lambda x: x + 1) == [2.0, 0.0, 2.0]
    assert number(lambda x: x + 1, lambda x: x + 1) == [2.0, 2.0, 2.0]


def test_names_that_do_not_fit_what_the_solution_returns_are_the_graders_fault():
    def f(x):
        return {"a": x}

    with Context({"f": lambda x: {"a": x}}):
        found = Exam(f, "b")
    with pytest.raises(GraderFault, match="does not fit"), found.part("one", 1):
        found.compare({"x": 1.0})


def test_a_change_too_small_to_see_is_no_follow_through(gradients):
    """The step is right, so there is nothing to follow; the caller's array is not what it was."""
    moves = DOWN.replace('    return {"dx"', '    d *= 1 + 1e-12\n    return {"dx"')
    _, down = gradients(BACK, moves)
    assert [part["earned"] for part in down["parts"]] == [8.0, 0.0]
    assert down["verdict"] == "partly correct"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, np.inf, False),
        (np.inf, 1.0, False),
        (np.inf, np.inf, True),
        (np.inf, -np.inf, False),
        (np.nan, np.nan, True),
        (np.nan, 1.0, False),
        (1.0, 1.0 + 1e-12, True),
        (1, 1.0, True),
    ],
)
def test_what_is_not_finite_is_alike_only_if_it_is_the_same(one, other, same):
    assert alike(one, other) is same
    assert alike(np.array([one, 2.0], float), np.array([other, 2.0], float)) is same


def test_only_the_arguments_count_where_nothing_else_is_asked():
    def f(x):
        x[0] += len(x) > 2
        return 7.0

    with Context({"f": lambda x: x}):
        found = Exam(f, "b")
    for size in (2, 3):
        with found.part(str(size), 1):
            found.kept({"x": np.zeros(size)})
    assert [part.earned for part in found.parts] == [1.0, 0.0]


def faulty(*_):
    raise GraderFault("the disk is full")


def test_a_fault_of_the_grader_is_no_answer():
    with pytest.raises(GraderFault, match="disk"):
        call(faulty, {"x": 1})


@pytest.mark.parametrize("way", ["compare", "untouched", "kept"])
def test_a_fault_of_the_grader_is_no_lost_part(way):
    with Context({"faulty": lambda x: x}):
        found = Exam(faulty, "x")
    with pytest.raises(GraderFault, match="disk"), found.part("one", 1):
        getattr(found, way)({"x": 1.0})
