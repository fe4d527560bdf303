"""Fixtures: one course for a whole run, graded by real nbgrader in the real sandbox."""

import contextlib

import pytest

from grading.session import Session
from grading.wall import Zygote
from tests.course import Course, assignment_of, assignments
from tests.gallery import ENTRIES
from tests.sandbox import LIMITS


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    """Every entry of the gallery, and the honest ones around them, graded in one class."""
    course = Course(tmp_path_factory.mktemp("gallery") / "course")
    config = course.root / "nbgrader_config.py"
    # Short limits, so that code which never ends does not hold the tests up.
    config.write_text(
        config.read_text() + "c.ExecuteBehindWall.cell_seconds = 6.0\n"
        "c.ExecuteBehindWall.call_seconds = 5.0\n"
    )
    for entry in ENTRIES:
        assignment = assignment_of(entry.function)
        course.submit(entry.student, assignment, course.answers(assignment, entry))
    for assignment in assignments():
        course.submit("aa-reference", assignment, course.answers(assignment))
        course.submit("zz-reference", assignment, course.answers(assignment))
        course.submit("untouched", assignment, course.release(assignment))
        course.nbgrader("autograde", assignment)
    return course


@pytest.fixture(scope="module")
def zygote():
    """A warm zygote, started where a variable of the environment is a secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_SECRET", "x")
        zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
def start(zygote):
    """Start a session, or several; they end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda limits=LIMITS, **files: stack.enter_context(
            contextlib.closing(Session(zygote, limits, files))
        )


@pytest.fixture
def session(start):
    """A session."""
    return start()
