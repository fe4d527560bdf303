"""Where hidden and public pieces of a test cell stand must not matter."""

from dataclasses import replace

import pytest

from grading.assignment.reference import Reference
from grading.core.errors import GraderFault
from grading.core.records import Rules
from grading.core.verdicts import Verdict
from grading.judging import judge as judging
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import draw, judge
from grading.sandbox.session import Session
from tests.support.sandbox import LIMITS

HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS\n"
SPY = "seen = []\ndef f(x):\n    seen.append(x)\n    return x"


def cell(source, role=Role.STUDENT, grade_id=""):
    return CodeCell(source, role, grade_id, 10.0)


@pytest.fixture
def opened(zygote):
    return lambda draws: Session(zygote, LIMITS, {}, draws=draws)


@pytest.fixture
def answers(opened):
    def run(test):
        cells = [cell(SPY, grade_id="f"), cell(test, Role.TEST, "test_f"), cell("print(seen)")]
        judged, drawn = judge(cells, opened, Reference([]), Rules(seed=0)), draw(cells, opened)
        return [*judged[:2], drawn[2]]

    return run


def test_a_hidden_piece_at_the_start_is_not_seen_by_what_is_shown(answers):
    found = answers(HIDDEN.format("assert f('secret') == 'secret'") + "assert f('open') == 'open'")
    assert found[1].record.points == 10.0
    assert found[2].outputs[0]["text"] == "['open']\n"


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
    assert answers(test)[1].record.points == 0.0


def test_a_marker_within_a_block_makes_the_whole_cell_hidden(answers):
    found = answers("if True:\n" + HIDDEN.format("    f('secret')") + "    assert f('open')")
    assert found[1].record.points == 10.0
    assert found[2].outputs[0]["text"] == "[]\n"


# Test cells with an exam; `f` returns what it is given.
ONE = 'from grading.exam import Exam\nexam = Exam(f, "x")\nwith exam.part("all", 10):\n    {}\n'
LOST, KEPT = ONE.format("assert f(1) == 2"), ONE.format("assert f(1) == 1")
TWO = (
    "from grading.exam import Exam\n"
    'one, two = Exam(f, "x"), Exam(f, "x")\n'
    'with one.part("first", 0.1):\n    assert f(1) == 1\n'
    'with one.part("second", 0.2):\n    assert f(1) == 1\n'
    'with two.part("third", 9.7):\n    assert f(1) == 1\n'
)
SCORED = HIDDEN.format(LOST + "exam.score()")


@pytest.mark.parametrize(
    "test",
    [
        SCORED + "print('thank you')",
        SCORED + "'thank you'",
        SCORED + "f(10)",
        SCORED + "None",
        HIDDEN.format(LOST + "exam.score()\nprint('thank you')"),
        HIDDEN.format(LOST + "exam.score()\ndone = True"),
        HIDDEN.format(LOST + "exam.score()\n10.0"),
        HIDDEN.format(LOST + "exam.score()\npass"),
        HIDDEN.format(LOST + "points = exam.score()"),
        HIDDEN.format(LOST + "if True:\n    exam.score()"),
        HIDDEN.format(LOST + "def points():\n    return exam.score()"),
        HIDDEN.format(LOST + "points = exam.score\npoints"),
        HIDDEN.format(LOST),
        HIDDEN.format(LOST + "10.0"),
        HIDDEN.format(LOST + "exam.score() + 1"),
        HIDDEN.format(LOST + "exam.score() == 0"),
        HIDDEN.format(LOST + "[exam.score()]"),
        HIDDEN.format(LOST + "str(exam.score())"),
        HIDDEN.format(KEPT + "exam.score() / 2"),
        HIDDEN.format(KEPT + "min(exam.score(), 5)"),
        HIDDEN.format(KEPT + "exam.score() >= 10"),
        HIDDEN.format(KEPT + "points = exam.score()\nwith exam.part('late', 0):\n    1\npoints"),
        HIDDEN.format(LOST + "exam.score()\nwith exam.part('late', 0):\n    assert f(1) == 1"),
        HIDDEN.format(KEPT + "with exam.part('within', 0):\n    points = exam.score()\npoints"),
        HIDDEN.format(TWO + "one.score()"),
        HIDDEN.format(TWO + "one.score()\ntwo.score()"),
        HIDDEN.format(TWO + "two.score()\none.score()"),
        HIDDEN.format(TWO + "one.score() + one.score()"),
        HIDDEN.format(LOST.replace("exam", "it").replace("g.it", "g.exam")),
        HIDDEN.format("import grading.exam as g\ng.Exam(f, 'x').part('all', 10).__enter__()"),
        HIDDEN.format(LOST + "exams = {'f': exam}\ndel exam\nexams['f'].score()\nexams"),
        HIDDEN.format(LOST + "exam.score()\nexam = None"),
        HIDDEN.format(LOST) + "exam.score()",
        HIDDEN.format(LOST) + HIDDEN.format("exam.score()\nassert f(1) == 1"),
        LOST + "exam.score()\nprint('not hidden')",
        "if True:\n" + HIDDEN.format("    from grading.exam import Exam\n    exam = Exam(f, 'x')"),
        "assert f(1) == 2\n" + SCORED + "print('thank you')",  # the same for who is wrong
        HIDDEN.format(ONE.replace("10", "11").format("assert f(1) == 2") + "exam.score()"),
    ],
)
def test_an_exam_that_does_not_count_is_a_fault_of_the_grader(answers, test):
    with pytest.raises(GraderFault, match="test_f"):
        answers(test)


@pytest.mark.parametrize(
    ("test", "points", "parts"),
    [
        (SCORED, 0.0, 1),
        (SCORED + "# thank you", 0.0, 1),
        ("assert f(1) == 2\n" + SCORED, 0.0, 1),
        ("assert f(1) == 2\n" + HIDDEN.format(KEPT + "exam.score()"), 10.0, 1),
        (HIDDEN.format(KEPT + "exam.score();"), 10.0, 1),
        (HIDDEN.format(KEPT + "points = exam.score()\nprint(points)\npoints"), 10.0, 1),
        (HIDDEN.format(KEPT + "import numpy as np\nnp.float64(exam.score())"), 10.0, 1),
        (
            HIDDEN.format(
                KEPT.replace("Exam(", "E(").replace("Exam\n", "Exam as E\n") + "exam.score()"
            ),
            10.0,
            1,
        ),
        (HIDDEN.format(KEPT + "exams = {'f': exam}\ndel exam\nexams['f'].score()"), 10.0, 1),
        (HIDDEN.format(TWO + "one.score() + two.score()"), 10.0, 3),
        (HIDDEN.format(TWO + "sum(each.score() for each in [two, one])"), 10.0, 3),
        (KEPT + "exam.score()", 10.0, 1),
        # What a student's code does outside a part, or to a public test, is no fault.
        (HIDDEN.format(KEPT + "assert f(1) == 2\nexam.score()"), 0.0, 1),
        (HIDDEN.format(KEPT + "f(1) + None\nexam.score()\nprint()"), 0.0, 1),
        (HIDDEN.format(KEPT + "exam.score()\nassert f(1) == 2"), 0.0, 1),
        (LOST + "assert f(1) == 2\nexam.score()", 0.0, 1),
        (KEPT + "assert f(1) == 2\n" + HIDDEN.format("exam.score()"), 10.0, 1),
        (KEPT + "assert f(1) == 2\n" + HIDDEN.format("assert f(1) == 1") + "exam.score()", 0.0, 1),
        # Without an exam: all points unless it raises, or the number on which it ends.
        (HIDDEN.format("assert f(1) == 1\nprint('thank you')"), 10.0, 0),
        (HIDDEN.format("assert f(1) == 1\nTrue"), 10.0, 0),
        (HIDDEN.format("4"), 4.0, 0),
        (HIDDEN.format("import numpy as np\nnp.float64(2.5)"), 2.5, 0),
        (HIDDEN.format("import numpy as np\nnp.int64(2)"), 2.0, 0),
    ],
)
def test_a_test_is_worth_what_its_exams_earned(answers, test, points, parts):
    record = answers(test)[1].record
    assert (record.points, len(record.parts)) == (points, parts)
    assert type(record.points) is float


@pytest.mark.parametrize(
    ("test", "public", "hidden"),
    [
        ("assert f(1) == 2\n" + HIDDEN.format("assert f(1) == 1"), False, True),
        ("assert f(1) == 1\n" + HIDDEN.format("assert f(1) == 2"), True, False),
        ("assert f(1) == 2\n" + HIDDEN.format(KEPT + "exam.score()"), False, True),
        ("assert f(1) == 1\n" + SCORED, True, False),
        (HIDDEN.format(KEPT.replace("10", "9") + "exam.score()"), True, True),
        (HIDDEN.format("9"), True, False),
        (HIDDEN.format("10"), True, True),
        ("assert f(1) == 2", False, True),
    ],
)
def test_what_hidden_pieces_found_is_kept_apart(answers, test, public, hidden):
    record = answers(test)[1].record
    assert (record.public, record.hidden) == (public, hidden)


def test_a_cell_that_ends_its_sandbox_says_so_and_is_left_out_when_plots_are_drawn(opened):
    cells = [cell("import os\nos._exit(3)", grade_id="ends"), cell("a = 1\nprint(a)")]
    cells += [cell("assert True", Role.TEST, "test_f"), cell("print(a)", Role.PLOT)]
    ends, other, test = judge(cells[:3], opened, Reference([]), Rules(seed=0))
    assert (ends.ended, other.ended) == (True, False)
    assert test.record.verdict is Verdict.CORRECT
    again = draw([replace(cells[0], ended=True), *cells[1:]], opened)
    assert again[0] is again[2] is None
    assert [again[n].outputs[0]["text"] for n in (1, 3)] == ["1\n", "1\n"]


FLOODS = {
    "outputs": "for _ in range(900): display({}, raw=True)",
    "characters": "print('x' * 190_000)",
}


@pytest.mark.parametrize("source", FLOODS.values(), ids=FLOODS)
def test_what_all_cells_show_has_a_bound(opened, source, monkeypatch):
    monkeypatch.setattr(judging, "OUTPUT_LIMIT", 900_000)
    shown = draw([cell(source) for _ in range(9)] + [cell("print('x')")], opened)
    full = [one.limit is Verdict.TOO_MUCH_OUTPUT for one in shown]
    assert full == sorted(full)
    assert full.index(True) == 4  # that many cells are whole
    assert "more output than a submission may" in shown[-1].outputs[0]["text"]
    assert sum(len(one.outputs) for one in shown) <= judging.OUTPUTS + 10
