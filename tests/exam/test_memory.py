"""What is kept of the grader's own functions is what they would give again."""

import numpy as np
import pytest

from grading.core.records import Candidate, Rules
from grading.exam import matching
from grading.exam.context import Context
from grading.exam.exam import Exam
from grading.exam.matching import Call, again
from grading.exam.memory import Memory, known_by

ONES = np.ones((2, 3))


@pytest.fixture
def memory(monkeypatch):
    """A memory of its own, in place of that of the process."""
    monkeypatch.setattr(matching, "memory", Memory())
    return matching.memory


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": ONES}, {"x": ONES.astype("float32")}),
        ({"x": ONES}, {"x": ONES.reshape(3, 2)}),
        ({"x": ONES}, {"x": ONES.copy(order="F")}),
        ({"x": ONES}, {"y": ONES}),
        ({"x": ONES, "y": 1}, {"y": 1, "x": ONES}),
        ({"x": 1}, {"x": 1.0}),
        ({"x": 1}, {"x": True}),
        ({"x": 0.0}, {"x": -0.0}),
        ({"x": [ONES] * 2}, {"x": [ONES, ONES.copy()]}),
        ({"x": (ONES,)}, {"x": [ONES]}),
    ],
)
def test_arguments_that_differ_are_known_apart(one, other):
    assert known_by(one) != known_by(other)
    assert known_by(one) == known_by(dict(one))


def test_a_function_is_called_once_for_the_same_arguments(memory):
    seen = []

    def function(x, y):
        seen.append(x)
        return x + y

    for _ in range(3):
        assert again(function, Call({"x": 1, "y": 2}, {})).result == 3
        assert again(function, Call({"x": 2, "y": 1}, {})).result == 3
    assert seen == [1, 2]


def test_what_it_did_to_its_arguments_is_kept(memory):
    def function(x):
        x += 1.0

    for _ in range(2):
        made = again(function, Call({"x": ONES}, {}))
        assert (made.given["x"] == 1.0).all()
        assert (made.used["x"] == 2.0).all()


def test_an_error_is_kept(memory):
    for _ in range(2):
        assert isinstance(again(abs, Call({"x": "no number"}, {})).result, TypeError)


def test_arguments_that_are_no_plain_data_are_not_kept(memory):
    results = iter([1, 2])
    one = Call({"f": lambda: next(results)}, {})
    assert [again(lambda f: f(), one).result for _ in range(2)] == [1, 2]


def test_it_holds_no_more_than_it_may_and_the_latest():
    memory = Memory(most=64_000)
    made = []

    def make(name, size):
        return memory.of("f", name, lambda: made.append(name) or bytes(size))

    make(b"large", 10_000)
    make(b"large", 10_000)
    for number in range(200):
        make(b"kept", 500)
        make(b"%d" % number, 500)
    make(b"0", 500)
    assert made.count(b"large") == 2  # what is too large drives nothing out
    assert made.count(b"kept") == 1
    assert made.count(b"0") == 2


def test_a_second_wrong_answer_is_named_like_the_first(memory):
    """What an answer does with what it is given changes nothing for the next one."""

    def right(x):
        return x + 1.0, x

    def wrong(x):
        return x - 1.0, x

    def greedy(x):
        x *= 0.0
        return x - 1.0, x

    candidates = [Candidate("sign", "It is.", wrong, "f")]

    def named(answer):
        answer.__name__ = "f"
        context = Context({"f": right}, {"f": candidates}, Rules(0))
        with context:
            exam = Exam(answer, returns="y cache")
            with exam.part("values", 10):
                exam.compare({"x": exam.rng.normal(size=(2, 3))})
            exam.score()
        return [one.name for one in exam.named]

    def answer(x):
        return x - 1.0, x

    assert [named(answer), named(greedy), named(answer)] == [["sign"], [], ["sign"]]
