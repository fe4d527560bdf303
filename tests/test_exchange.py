"""The exchange on one machine, through nbgrader's own commands; here everyone is one user.

What others cannot do needs others: see test_hub.py.
"""

import getpass
import os
import shutil
import stat
from pathlib import Path

import pytest
from nbgrader.utils import notebook_hash

from grading.exchange import ACL
from tests.support.course import Course

LESSON, ME = "01_rnn", getpass.getuser()
CONFIG = """
c.Exchange.root = {root!r}
c.ExchangeFactory.submit = "grading.exchange.CarefulSubmit"
c.ExchangeFactory.collect = "grading.exchange.CarefulCollect"
"""
RELEASE = 'c.ExchangeFactory.release_feedback = "grading.exchange.CarefulReleaseFeedback"\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A course whose one student has handed in, with what nobody should have handed in."""
    place = tmp_path_factory.mktemp("exchange")
    for name, mode in [("root", 0o1777), ("data", 0o700)]:
        (place / name).mkdir()
        (place / name).chmod(mode)
    patch = pytest.MonkeyPatch()
    patch.setenv("JUPYTER_DATA_DIR", str(place / "data"))
    course = Course(place / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + CONFIG.format(root=str(place / "root")))
    course.nbgrader("release_assignment", LESSON)
    student = place / "student"
    student.mkdir()
    shutil.copy(config, student)
    desk = Course(student, make=False)
    desk.nbgrader("fetch_assignment", LESSON)
    desk.nbgrader("submit", LESSON)
    yield place
    patch.undo()


@pytest.fixture
def course(place):
    """The course of that place."""
    return Course(place / "course", make=False)


@pytest.fixture
def inbound(place):
    """Where hand-ins lie."""
    (found,) = place.glob("root/*/inbound")
    return found


def names(folder):
    """Return the names of what is in a folder."""
    return {path.name for path in folder.iterdir()}


def test_a_hand_in_is_closed_to_everyone_but_its_student_and_the_course(inbound):
    (folder,) = inbound.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o770
    assert folder.stat().st_gid == inbound.stat().st_gid
    assert {"rnn.ipynb", "submission_secret.txt", "timestamp.txt"} <= names(folder)


def test_what_is_in_nobodys_name_or_anothers_is_put_aside_and_stops_nobody(course, inbound):
    late = "2099-01-01 00:00:00 UTC"
    for name in (f"daemon+{LESSON}+{late}", f"no-such-user+{LESSON}+{late}", f"{ME}+{LESSON}+noon"):
        (inbound / name).mkdir()
    (inbound / f"{ME}+{LESSON}+{late}+file").write_text("no folder")
    (inbound / f"{ME}+{LESSON}+{late}+link").symlink_to(next(inbound.glob(f"{ME}+*UTC+*")))
    said = course.nbgrader("collect", LESSON)
    for why in (f"in the name of daemon, but {ME} made it", "in nobody's name", "is no folder"):
        assert why in said
    assert said.count("Not collected: ") == len(list(inbound.glob(".refused-*"))) == 5
    assert names(course.root / "submitted") == {ME}
    assert "Not collected: " not in course.nbgrader("collect", LESSON)


def test_only_notebooks_that_are_files_are_collected_and_the_time_is_that_of_the_name(
    course, inbound, tmp_path
):
    shutil.rmtree(course.root / "submitted", ignore_errors=True)
    folder = inbound / f"{ME}+{LESSON}+2030-01-01 00:00:00.000000 UTC+more"
    folder.mkdir()
    (folder / "rnn.ipynb").write_text("mine")
    (folder / "answers.ipynb").symlink_to(course.root / "source" / LESSON / "rnn.ipynb")
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "rnn_utils.py").write_text("changed")
    (folder / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")
    said = course.nbgrader("collect", LESSON)
    shutil.rmtree(folder)
    assert "answers.ipynb. In its place is a symbolic link" in said
    assert "pipe.ipynb. In its place is a named pipe" in said
    kept = course.root / "submitted" / ME / LESSON
    assert names(kept) == {"rnn.ipynb", "timestamp.txt"}
    assert (kept / "timestamp.txt").read_text().startswith("2030-01-01")


def test_a_hand_in_that_was_changed_after_its_time_is_pointed_out(course, inbound):
    shutil.rmtree(course.root / "submitted", ignore_errors=True)
    (genuine,) = inbound.glob(f"{ME}+*")
    early = genuine.rename(inbound / f"{ME}+{LESSON}+2026-01-01 00:00:00.000000 UTC+early")
    said = course.nbgrader("collect", LESSON)
    early.rename(genuine)
    assert "says that it was handed in at 2026-01-01 00:00:00, but was changed at" in said


def test_only_students_hand_in_and_no_more_notebooks_than_can_be_meant(course, inbound):
    shutil.rmtree(course.root / "submitted", ignore_errors=True)
    (genuine,) = inbound.glob(f"{ME}+*")
    refused = set(inbound.glob(".refused-*"))
    said = course.nbgrader("collect", LESSON, "--CarefulCollect.students=daemon")
    (aside,) = set(inbound.glob(".refused-*")) - refused
    aside.rename(genuine)
    assert f"{ME} is not in the group daemon" in said
    for number in range(5):
        (genuine / f"more-{number}.ipynb").write_text("{}")
    said = course.nbgrader("collect", LESSON)
    for number in range(5):
        (genuine / f"more-{number}.ipynb").unlink()
    assert "holds 6 notebooks" in said
    assert not list(course.root.glob(f"submitted/*/{LESSON}"))


@pytest.mark.parametrize("careful", [False, True], ids=["nbgrader's own", "ours"])
def test_feedback_goes_back_through_the_exchange(place, course, careful):
    course.nbgrader("collect", LESSON, "--update")
    if not (course.root / "feedback").exists():
        course.python("grading", "autograde", LESSON, "--no-plots")
        course.python("grading", "feedback", LESSON)
    if careful:
        config = course.root / "nbgrader_config.py"
        config.write_text(config.read_text() + RELEASE)
    course.nbgrader("release_feedback", LESSON)
    secret = next((place / "data").rglob("submission_secret.txt")).read_text()
    (inside,) = place.glob("root/*/feedback")
    page = inside / f"{notebook_hash(secret=secret, notebook_id='rnn')}.html"
    mode = stat.S_IMODE(page.stat().st_mode)
    assert (mode, ACL in os.listxattr(page)) == ((0o640, True) if careful else (0o644, False))
    desk = Course(place / "student", make=False)
    desk.nbgrader("fetch_feedback", LESSON)
    (fetched,) = (Path(desk.root) / LESSON / "feedback").glob("*/rnn.html")
    assert fetched.read_bytes() == page.read_bytes()
    shutil.rmtree(fetched.parent)
