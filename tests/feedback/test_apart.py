"""A page has limits of its own: who meets one has no page, and everybody else has theirs."""

import os
import signal
import socket
import time
from types import SimpleNamespace

import pytest

from grading.core.errors import GraderFault
from grading.feedback import apart
from grading.feedback.apart import Apart
from grading.feedback.converter import Drawing
from tests.support.course import Course
from tests.support.sample import sample

A = "01_rnn"
WORK = {
    "late": 're.match("(a+)+$", "a" * 60 + "b")',
    "large": "bytearray(2**31)",
    "gone": "os.abort()",
    "broken": "1 / 0",
}
HEAVY = """
import faulthandler, os, re
from nbgrader.preprocessors import NbGraderPreprocessor

class Heavy(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        faulthandler.disable()
        exec({work}.get(resources["nbgrader"]["student"], ""))
        return nb, resources
"""
WHY = {
    "late": "making it took longer than",
    "large": "making it took more than",
    "gone": "making it took more than",
    "broken": "ZeroDivisionError",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class in which the pages of some cost too much."""
    course = Course(tmp_path_factory.mktemp("apart") / "course")
    for name in ("ada", *WORK, "zoe"):
        course.submit(name, A, course.release(A))
    course.nbgrader("autograde", A)
    course.python("grading", "feedback", A)  # all is drawn
    (course.root / "heavy.py").write_text(HEAVY.format(work=WORK))
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write('\nc.GenerateFeedback.preprocessors.append("heavy.Heavy")\n')
    return course


@pytest.mark.parametrize(
    "command", sample([("grading", "feedback"), ("nbgrader", "generate_feedback")])
)
def test_a_page_that_costs_too_much_is_not_made_and_the_others_are(course, command, monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 8.0)  # an honest page takes less on a busy machine, too
    force = ["--force"] * (command[0] == "nbgrader")
    said = course.python(*command, A, *force, fails=True)
    pages = {path.parent.parent.name for path in course.root.glob("feedback/*/*/rnn.html")}
    assert pages == {"ada", "zoe"}
    for name, why in WHY.items():
        lines = [line for line in said.split("\n") if "No page" in line and name in line]
        assert lines, said
        assert why in lines[0]


def test_the_formgrader_says_that_a_page_cannot_be_shown(course, monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 1.0)

    class Slow:
        def from_filename(self, filename, resources):
            if resources["student"] == "late":
                time.sleep(60)
            return f"page of {filename}", resources

    def shown(student):
        path = str(course.root / "autograded" / student / A / "rnn.ipynb")
        drawing = Drawing(Slow(), SimpleNamespace())
        return drawing.from_filename(path, {"student": student, "assignment_id": A})[0]

    assert shown("ada").startswith("page of ")
    assert "cannot be shown: making it took longer than" in shown("late")
    assert shown("zoe").startswith("page of ")


def test_work_goes_on_behind_what_met_a_limit(monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 0.5)
    begun = []
    one = Apart(
        lambda number: time.sleep(number) or (os.getpid(), len(begun)), lambda: begun.append(1)
    )
    first, again = one.do(0), one.do(0)
    with pytest.raises(GraderFault, match="the limit for one page"):
        one.do(9)
    after = one.do(0)
    assert first == again != after
    assert {first[1], after[1]} == {1}  # each process has begun once
    assert first[0] != os.getpid()
    assert one.close() == 0
    assert begun == []


def test_what_cannot_be_sent_back_is_an_error_and_no_end():
    one = Apart(lambda value: (lambda: 1) if value else "well")
    with pytest.raises(GraderFault, match="pickle"):
        one.do(1)
    assert one.do(0) == "well"
    one.close()


def test_a_process_for_pages_holds_no_connection_of_the_one_it_was_copied_from():
    ours, theirs = socket.socketpair()
    one = Apart(lambda _: None)
    one.do(None)
    theirs.close()
    ours.settimeout(10)
    assert ours.recv(1) == b""  # the end: nobody else has the other side
    one.close()
    ours.close()


def test_it_ends_when_nobody_listens_any_more():
    one = Apart(lambda _: os.getpid())
    number = one.do(None)
    assert one.close() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(number, signal.SIGCONT)
