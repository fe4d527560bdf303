"""Fixtures: one course for a whole run, graded by real nbgrader in the real sandbox."""

import pytest

from tests.course import Course, assignment_of, assignments
from tests.gallery import ENTRIES


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    """Every entry of the gallery, and the honest ones around them, graded in one class."""
    course = Course(tmp_path_factory.mktemp("gallery") / "course")
    config = course.root / "nbgrader_config.py"
    # Short limits, so that code which never ends does not hold the tests up.
    config.write_text(
        config.read_text() + "c.ExecuteBehindWall.cell_seconds = 4.0\n"
        "c.ExecuteBehindWall.call_seconds = 3.0\n"
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
