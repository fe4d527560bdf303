"""Where hidden and public pieces of a test cell stand must not matter."""

import pytest

from grading.exam import Rules
from grading.judge import draw, judge
from grading.reference import Reference
from grading.session import Session
from tests.sandbox import LIMITS

HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS\n"
SPY = "seen = []\ndef f(x):\n    seen.append(x)\n    return x"


def cell(source, role="student", grade_id=""):
    return {"source": source, "role": role, "grade_id": grade_id, "points": 10.0}


@pytest.fixture
def answers(zygote):
    def run(test):
        cells = [cell(SPY, grade_id="f"), cell(test, "test", "test_f"), cell("print(seen)")]
        opened = lambda draws: Session(zygote, LIMITS, {}, draws=draws)  # noqa: E731
        judged, drawn = judge(cells, opened, Reference([]), Rules(seed=0)), draw(cells, opened)
        return [*judged[:2], drawn[2]]

    return run


def test_a_hidden_piece_at_the_start_is_not_seen_by_what_is_shown(answers):
    found = answers(HIDDEN.format("assert f('secret') == 'secret'") + "assert f('open') == 'open'")
    assert found[1]["record"]["points"] == 10.0
    assert found[2]["outputs"][0]["text"] == "['open']\n"


@pytest.mark.parametrize(
    "test",
    [
        HIDDEN.format("assert f(1) == 1") + "assert f(2) == 3",
        "assert f(1) == 1\n" + HIDDEN.format("assert f(2) == 2") + "assert f(3) == 4",
        "f(1)\n" + HIDDEN.format("10.0") + HIDDEN.format("assert f(1) == 2"),
        "assert f(1) == 2\n" + HIDDEN.format("f(2)") + "10.0",
        "assert f(1) == 1\n" + HIDDEN.format("assert f(2) == 3"),
    ],
)
def test_a_piece_that_does_not_hold_costs_the_marks_wherever_it_stands(answers, test):
    assert answers(test)[1]["record"]["points"] == 0.0


def test_a_marker_within_a_block_makes_the_whole_cell_hidden(answers):
    found = answers("if True:\n" + HIDDEN.format("    f('secret')") + "    assert f('open')")
    assert found[1]["record"]["points"] == 10.0
    assert found[2]["outputs"][0]["text"] == "[]\n"
