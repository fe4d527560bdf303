"""What is said of an error in grading: in public what a notebook says, of hidden parts nothing."""

import numpy as np
import pytest

from grading.assignment.reference import Reference
from grading.comparison import Mismatch, call
from grading.comparison.facts import sound
from grading.core.records import Rules
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import judge
from grading.sandbox import Stub
from grading.sandbox.session import Session
from tests.support.sandbox import LIMITS, define

IMPORTS = "import numpy as np"
STEP = "def step(W, xt):\n    return np.tanh(W @ xt + W)\n"
GIVEN = {"W": np.ones((5, 3)), "xt": np.ones((3, 4))}
SAID = (
    "\n  at line 2 of its cell: return np.tanh(W @ xt + W)\n"
    "  `W @ xt` has shape (5, 4) and `W` has shape (5, 3). From the right, sizes must be\n"
    "  equal, or one of them 1: 4 meets 3. In this case n_a = 5, m = 4 and n_x = 3."
)


def told(session, name, given):
    with pytest.raises(Mismatch) as caught:
        call(Stub(session, name), given, "n_x=3, n_a=5, m=4")
    return caught.value


def test_an_error_in_the_sandbox_is_explained_from_the_facts_that_it_sends(session):
    define(session, IMPORTS)
    define(session, STEP)
    assert str(told(session, "step", GIVEN)).endswith(SAID)


def test_the_brief_message_holds_none_of_it(session):
    define(session, IMPORTS)
    define(session, STEP)
    assert told(session, "step", GIVEN).brief == "step stopped with an error"


TEST = """
from grading.comparison import call
call(step, {"W": np.ones((5, 3)), "xt": np.ones((3, 4))}, "n_x=3, n_a=5, m=4")
"""


@pytest.mark.parametrize("hidden", [False, True])
def test_a_hidden_test_says_nothing_of_the_line(zygote, hidden):
    piece = f"### BEGIN HIDDEN TESTS{TEST}### END HIDDEN TESTS" if hidden else TEST
    cells = [
        CodeCell(IMPORTS, Role.LOCKED, "imports"),
        CodeCell(STEP, Role.STUDENT, "step"),
        CodeCell(piece, Role.TEST, "test_step", 1.0),
    ]
    reference = Reference([["imports", IMPORTS, False], ["step", STEP, True]])
    opened = lambda draws: Session(zygote, LIMITS, {}, draws=draws)  # noqa: E731
    (output,) = judge(cells, opened, reference, Rules(seed=0))[-1].outputs
    text = output["evalue"]
    assert "step stopped with an error" in text
    assert (SAID in text) is not hidden
    assert ("shape" in text) is not hidden


FORGED = """
import sys
(runner,) = [one for one in list(sys.modules.values()) if {{"told_of", "Runner"}} <= set(vars(one))]
runner.told_of = lambda error: {{"place": "", "facts": {}}}
"""


@pytest.mark.parametrize(
    "facts",
    [
        "None",
        "[[]] * 10**5",
        "{'code': 'x' * 10**6}",
        "{'code': 'x @ y', 'names': {'x': {'type': 'ndarray', 'shape': [-1, 10**18]}}}",
        "{'code': '(' * 500, 'names': {}, 'at': [0, 0, 0, 1]}",
        "{'names': [3] * 10**5}",
        "{'code': 'x', 'names': {'x': 3}, 'scope': 3, 'stored': 'a', 'holders': []}",
    ],
)
def test_forged_facts_do_no_harm(session, facts):
    define(session, FORGED.format(facts))
    define(session, "def step(W, xt):\n    raise NameError(\"name 'q' is not defined\")\n")
    error = told(session, "step", GIVEN)
    said = str(error)
    assert said.startswith("step stopped with an error, NameError: name 'q' is not defined")
    assert len(said) < 200


def test_what_is_sent_is_what_is_believed(session):
    define(session, IMPORTS)
    define(session, STEP)
    with pytest.raises(ValueError, match="broadcast") as caught:
        Stub(session, "step")(*GIVEN.values())
    facts = caught.value.facts
    assert facts["names"]["W"] == {"type": "ndarray", "shape": [5, 3], "dtype": "float64"}
    assert sound(facts) == facts
