"""Many versions of one cell are judged as if each were alone with what stands before it."""

import dataclasses

import pytest

from grading.assignment.reference import Reference
from grading.core.records import Rules
from grading.core.verdicts import Verdict
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import judge, judge_versions
from grading.sandbox.session import Session
from tests.support.sandbox import LIMITS

BEFORE = "import threading, os\nseen = []\ndef other():\n    return len(seen)"
TEST = (
    "assert f(2) == 2\n### BEGIN HIDDEN TESTS\nassert f(3) == 3\nassert other() == 2\n"
    "### END HIDDEN TESTS"
)
RIGHT = "def f(x):\n    seen.append(x)\n    return x"
VERSIONS = {
    "right": RIGHT,
    "wrong": RIGHT.replace("return x", "return x + 1"),
    "wrong where it is hidden": RIGHT.replace("return x", "return min(x, 2)"),
    "changes what stands before it": f"seen.append(0)\n{RIGHT}",
    "never ends": f"{RIGHT}\nwhile True:\n    pass",
    "never ends in a call": RIGHT.replace("return x", "while True: pass"),
    "ends its process": f"{RIGHT}\nos._exit(0)",
    "ends its process in a call": RIGHT.replace("return x", "os._exit(0)"),
    "leaves a thread": f"{RIGHT}\nthreading.Thread(target=threading.Event().wait).start()",
    "does not run": "def f(x) return x",
    "is not there": "g = 1",
}


def cells(source):
    return [
        CodeCell(BEFORE, Role.STUDENT, "before"),
        CodeCell("raise ValueError", Role.STUDENT, "broken"),
        CodeCell(source, Role.STUDENT, "f"),
        CodeCell("import math", Role.LOCKED, "between"),
        CodeCell(TEST, Role.TEST, "test_f", 10.0),
    ]


@pytest.fixture
def opened(zygote):
    """Open a sandbox; how many there were is its attribute."""

    def one(draws=False):
        one.many += 1
        return Session(zygote, one.limits, {}, draws=draws)

    one.many, one.limits = 0, LIMITS
    return one


def together(opened, *sources):
    versions = [(source, Rules(0)) for source in sources]
    return judge_versions(cells(""), 2, versions, opened, Reference([]))


def test_each_is_judged_as_if_it_were_alone(opened):
    """And a right one behind each of them."""
    alone = []
    for source in VERSIONS.values():
        alone.append(judge(cells(source), opened, Reference([]), Rules(0))[-1].record)
    assert {record.verdict for record in alone} > {Verdict.CORRECT, Verdict.WRONG}
    found = together(opened, *[one for source in VERSIONS.values() for one in (source, RIGHT)])
    assert found[::2] == alone
    assert {record.verdict for record in found[1::2]} == {Verdict.CORRECT}


def test_what_stands_before_runs_once_for_all_that_end_well(opened):
    opened.limits = dataclasses.replace(LIMITS, cell=60, call=60)  # however busy the machine is
    assert len(together(opened, *[RIGHT, VERSIONS["wrong"]] * 4)) == 8
    assert opened.many == 1
