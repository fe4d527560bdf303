"""The lock of a course: who has it, how it ends, and where there can be none."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from nbgrader.coursedir import CourseDirectory

from grading.core.errors import GraderFault
from grading.store.lock import FILE, lock_course
from tests.support.holder import COURSE, course_held
from tests.support.sample import sample


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    return CourseDirectory(root=str(root))


def refused(course):
    """Return what is said when the course is locked; it has to be refused."""
    with pytest.raises(GraderFault) as caught, lock_course(course, wait=0):
        pass
    said = str(caught.value)
    assert said.startswith("Nothing was done")
    return said


def taken(course, wait=0):
    with lock_course(course, wait=wait):
        return True


def test_the_second_is_told_who_is_at_work(course):
    with course_held(course.root) as holder:
        said = refused(course)
        me = psutil.Process().username()
        assert f"“-c {course.root}” of {me} (process {holder.pid}, since 20" in said
        assert "Do this again when it has ended." in said
    assert taken(course)


def test_it_ends_with_the_process_that_is_killed_and_no_child_has_it(course):
    leave = "import os, subprocess; subprocess.Popen(['sleep', '60'], close_fds=False); "
    leave += "os.fork() or os.execlp('sleep', 'sleep', '60'); "
    leave += "os.fork() or __import__('time').sleep(60)"
    with course_held(course.root, leave) as holder:
        refused(course)
        children = psutil.Process(holder.pid).children()
        assert len(children) == 3
        holder.kill()
        holder.wait()
        try:
            assert taken(course, wait=30)  # a child that has just begun lets go by itself
            assert all(child.is_running() for child in children)
        finally:
            for child in children:
                child.kill()


def test_of_a_stopped_process_it_is_said_how_it_ends(course):
    with course_held(course.root) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        while psutil.Process(holder.pid).status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
        said = refused(course)
        assert "but has been stopped. Let it go on (fg, where it was begun) or end it" in said
        assert f"(kill -KILL {holder.pid})" in said
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert taken(course)


def test_what_an_earlier_one_left_in_the_file_is_not_said_of_a_later(course):
    with course_held(course.root) as first:
        first.kill()
        first.wait()
    with course_held(course.root, "import os; os.truncate(sys.argv[1] + '/.grading.lock', 0)"):
        said = refused(course)
        assert str(first.pid) not in said
        assert "another command is at work in this course" in said


@pytest.mark.parametrize("left", sample([b"[]", b'{"command": 7}', b"\xff" * 9000, b"[" * 4000]))
def test_what_else_stands_in_the_file_is_not_believed(course, left):
    with course_held(course.root):
        Path(course.root, FILE).write_bytes(left)
        assert "another command is at work" in refused(course)


def test_words_that_would_move_a_terminal_are_made_plain(course):
    with course_held(course.root, "pass"):
        path = Path(course.root, FILE)
        text = path.read_text()
        path.write_text(text.replace('"command": "-c', '"command": "\\u001b[2J-c'))
        assert "\\x1b[2J-c" in refused(course)


def test_whoever_has_it_takes_it_again_and_keeps_it_until_the_end(course):
    check = "import sys; from nbgrader.coursedir import CourseDirectory\n"
    check += "from grading.store import lock_course\n"
    check += "with lock_course(CourseDirectory(root=sys.argv[1]), wait=0): pass"
    other = [sys.executable, "-c", check, course.root]
    with lock_course(course):
        with lock_course(course):
            pass
        assert subprocess.run(other, stderr=subprocess.DEVNULL, check=False).returncode
    subprocess.run(other, check=True)


def test_another_thread_of_the_same_process_waits_its_turn(course):
    said = []
    with lock_course(course):
        thread = threading.Thread(target=lambda: said.append(refused(course)))
        thread.start()
        thread.join()
    assert f"process {os.getpid()}" in said[0]


def test_it_is_waited_for(course):
    with course_held(course.root) as holder:
        threading.Timer(0.3, holder.kill).start()
        with lock_course(course, wait=60):
            pass


def test_who_waits_can_be_stopped(course):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest-xdist turns it off
    try:
        with course_held(course.root):
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            with pytest.raises(KeyboardInterrupt), lock_course(course, wait=60):
                pass
    finally:
        signal.signal(signal.SIGINT, before)
    assert taken(course)


def test_two_courses_have_two_and_one_course_has_one_by_every_path(course, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "link").symlink_to(course.root)
    with course_held(course.root):
        assert taken(CourseDirectory(root=str(other)))
        refused(CourseDirectory(root=str(tmp_path / "link")))
        refused(CourseDirectory(root=f"{other}/../course"))


IN_ITS_PLACE = {
    "a link": lambda path: path.symlink_to("gradebook.db"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a second name": lambda path: os.link(path.with_name("gradebook.db"), path),
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a socket": lambda path: socket.socket(socket.AF_UNIX).bind(f"../course/{path.name}"),
}


@pytest.mark.filterwarnings("ignore:unclosed")
@pytest.mark.parametrize("what", IN_ITS_PLACE)
def test_what_is_in_its_place_is_left_as_it_is(course, tmp_path, what, monkeypatch):
    root = tmp_path / "course"
    (root / "gradebook.db").write_bytes(b"marks")
    monkeypatch.chdir(root)  # the name of a socket is short
    IN_ITS_PLACE[what](root / FILE)
    assert f"{root / FILE} is no plain file" in refused(course)
    assert (root / "gradebook.db").read_bytes() == b"marks"
    assert not (root / "nothing").exists()


def as_nobody(course):
    """Return what somebody else is told who locks the course; nothing where that is possible."""
    come, go = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            with lock_course(course, wait=0):
                pass
        except GraderFault as fault:
            os.write(go, str(fault).encode())
        finally:
            os._exit(0)
    os.close(go)
    os.waitpid(child, 0)
    with os.fdopen(come) as said:
        return said.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_the_file_of_somebody_else_is_named_with_what_to_do(course, tmp_path):
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(0o755)
    root = tmp_path / "course"
    root.chmod(0o755)
    assert "The course folder cannot be written to." in as_nobody(course)
    root.chmod(0o777)
    assert taken(course)
    said = as_nobody(course)
    assert f"{root / FILE} belongs to root, so the course cannot be locked for you." in said
    (root / FILE).unlink()
    assert as_nobody(course) == ""


def test_a_course_that_is_shared_can_be_locked_by_its_group(course, tmp_path):
    assert taken(course)
    path = tmp_path / "course" / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    course.groupshared = True
    assert taken(course)
    assert path.stat().st_mode & 0o777 == 0o660


@pytest.mark.skipif(sys.platform != "linux", reason="libseccomp is Linux's")
@pytest.mark.parametrize("error", sample(["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EINVAL"]))
def test_where_the_file_system_has_no_locks_nothing_is_done(course, error):
    """A kernel that answers so is one with a filter that does."""
    deaf = f"""
import errno, pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
rules.add_rule(pyseccomp.ERRNO(errno.{error}), "flock")
rules.load()
"""
    script = deaf + COURSE.format(more="pass")
    done = subprocess.run(
        [sys.executable, "-c", script, course.root],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ready" not in done.stdout
    assert "lies on a file system without locks" in done.stderr
    assert re.search(r"Move\s+the course to a local disk", done.stderr)
