"""Two at once in one course: who writes is alone there; who reads, or types a mark, need not wait.

Who has the course is a process of its own, or a real grading that a hook of the course's holds up.
"""

import contextlib
import hashlib
import json
import logging
import shutil
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.converters.base import NbGraderException
from nbgrader.exchange import ExchangeError
from nbgrader.utils import capture_log

from grading import turns
from grading.cli import commands
from grading.core.errors import GraderFault
from grading.store.lock import FILE
from grading.turns import READERS
from tests.support.course import Course
from tests.support.forked import Forked
from tests.support.holder import course_held, gradebook_held
from tests.support.lab import Desk
from tests.support.sample import sample
from tests.support.tiny import A, hand_in, press, tiny

RIGHT, WRONG = "def double(x):\n    return x + x", "def double(x):\n    return 2"
WRITE = {
    "autograde": ("nbgrader", "autograde", A, "--force"),
    "generate_assignment": ("nbgrader", "generate_assignment", A, "--force"),
    "assign": ("nbgrader", "assign", A, "--force"),
    "generate_feedback": ("nbgrader", "generate_feedback", A, "--force"),
    "generate_solution": ("nbgrader", "generate_solution", A, "--force"),
    "feedback": ("nbgrader", "feedback", A, "--force"),
    "collect": ("nbgrader", "collect", A),
    "zip_collect": ("nbgrader", "zip_collect", A, "--force"),
    "release_assignment": ("nbgrader", "release_assignment", A),
    "release": ("nbgrader", "release", A),
    "release_feedback": ("nbgrader", "release_feedback", A),
    "fetch_assignment": ("nbgrader", "fetch_assignment", A),
    "fetch": ("nbgrader", "fetch", A),
    "fetch_feedback": ("nbgrader", "fetch_feedback", A),
    "update": ("nbgrader", "update", "source"),
    "upgrade": ("nbgrader", "db", "upgrade"),
    "student add": ("nbgrader", "db", "student", "add", "zoe"),
    "student remove": ("nbgrader", "db", "student", "remove", "ada", "--force"),
    "student import": ("nbgrader", "db", "student", "import", "new.csv"),
    "assignment add": ("nbgrader", "db", "assignment", "add", "another"),
    "assignment remove": ("nbgrader", "db", "assignment", "remove", A, "--force"),
    "assignment import": ("nbgrader", "db", "assignment", "import", "new.csv"),
    "our autograde": ("grading", "autograde", A, "--force", "--workers=1"),
    "our feedback": ("grading", "feedback", A, "--workers=1"),
    "our handback": ("grading", "handback", A),
    "our release": ("grading.release",),
}
READ = {
    "list": ("nbgrader", "list"),
    "export": ("nbgrader", "export"),
    "student list": ("nbgrader", "db", "student", "list"),
    "assignment list": ("nbgrader", "db", "assignment", "list"),
    "our table": ("grading", "table", A),
    "our report": ("grading", "report", A),
    "our export": ("grading", "export", "--format=csv", A),
    "our dry run": ("grading", "autograde", A, "--dry-run", "--force", "--workers=1"),
}
AT_WORK = "is at work in this course. Do this again when it has ended."
LOCKED = (
    "Another program keeps the gradebook locked. Close that program, or wait until it has ended"
)
HELD_UP = """
import pathlib, time

def hold_up(**_):
    pathlib.Path("begun").touch()
    while not pathlib.Path("go on").exists():
        time.sleep(0.02)

c.Autograde.pre_convert_hook = hold_up
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with a class of three, graded, with pages; one has handed in anew."""
    course = tiny(tmp_path_factory.mktemp("turns") / "course")
    (course.root / "new.csv").write_text("id,name\nzoe,another\n")
    config = course.root / "nbgrader_config.py"
    exchange = course.root.parent / "exchange"
    (exchange / "sequence-models").mkdir(parents=True)
    exchange.chmod(0o777)
    config.write_text(config.read_text() + f"c.Exchange.root = {str(exchange)!r}\n")
    course.nbgrader("generate_assignment", A)
    for student in ("ada", "bob", "cy"):
        hand_in(course, student, RIGHT)
    course.python("grading", "autograde", A, "--workers=1")
    course.python("grading", "feedback", A, "--workers=1")
    hand_in(course, "ada", WRONG)
    return course


@pytest.fixture
def course(graded, tmp_path):
    return Course(shutil.copytree(graded.root, tmp_path / "course"), make=False)


def state(course):
    """Return what is saved, to the byte."""
    return {
        str(path.relative_to(course.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(course.root.rglob("*"))
        if path.is_file() and path.name != FILE and "__pycache__" not in path.parts
    }


def leaves(command, *words):
    """Return the classes of a command's last words, with the words."""
    if isinstance(command.subcommands, dict):
        for word, (below, _) in command.subcommands.items():
            yield from leaves(below, *words, word)
    else:
        yield command.__name__, words


def test_every_command_of_nbgraders_is_tried_here_or_known_to_read():
    for name, words in leaves(NbGraderApp):
        writes = any(one[1 : len(words) + 1] == words for one in WRITE.values())
        assert writes != (name in READERS), words


@pytest.mark.parametrize(
    ("verb", "dry", "alone"),
    [
        *[(verb, False, True) for verb in ("autograde", "feedback", "handback")],
        *[(verb, False, False) for verb in ("table", "preflight", "report", "export")],
        ("autograde", True, False),
    ],
)
def test_each_command_of_ours_that_writes_has_the_course_to_itself(monkeypatch, verb, dry, alone):
    held = []

    @contextlib.contextmanager
    def lock(course):
        held.append(course)
        yield
        held.pop()

    monkeypatch.setattr(commands, "lock_course", lock)
    monkeypatch.setattr(commands, "open_course", lambda: SimpleNamespace(coursedir="here"))
    monkeypatch.setattr(commands, verb, lambda *_: len(held))
    assert commands.run(SimpleNamespace(verb=verb, dry_run=dry), None) == alone


@pytest.mark.parametrize("command", sample(WRITE))
def test_who_would_write_is_told_who_is_at_work(course, command):
    before = state(course)
    with course_held(course.root) as holder:
        said = " ".join(course.python(*WRITE[command], fails=True).split())
    assert f"(process {holder.pid}, since 20" in said
    assert AT_WORK in said
    assert "Traceback" not in said
    assert state(course) == before


@pytest.mark.parametrize("command", READ)
def test_who_reads_waits_for_nobody(course, command):
    with course_held(course.root):
        assert "at work" not in course.python(*READ[command])


BUTTONS = ["autograde", "feedback", "assign", "collect", "release", "unrelease", "release feedback"]


def test_the_formgraders_buttons_say_who_is_at_work(course):
    before = state(course)
    with course_held(course.root) as holder:
        answers = press(course, *BUTTONS)
    for answer in answers.values():
        assert not answer["success"]
        assert f"process {holder.pid}" in answer["log"]
        assert AT_WORK in answer["log"]
        assert "error" not in answer
    assert state(course) == before


@pytest.mark.parametrize(
    "command",
    sample(
        ["autograde", "generate_assignment", "generate_feedback", "zip_collect", "student remove"]
        + ["collect", "our autograde", "our feedback", "our handback"]
    ),
)
@pytest.mark.parametrize("kind", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_gradebook_that_another_program_has_locked_is_said(course, command, kind):
    before = state(course)
    with gradebook_held(course.root, kind):
        said = " ".join(course.python(*WRITE[command], fails=True).split())
    assert LOCKED in said
    assert "Traceback" not in said
    assert state(course) == before


@pytest.mark.parametrize("command", [name for name in READ if name != "list"])
def test_who_reads_is_told_so_too(course, command):
    before = state(course)
    with gradebook_held(course.root, "EXCLUSIVE"):
        said = " ".join(course.python(*READ[command], fails=True).split())
    assert LOCKED in said
    assert "Traceback" not in said
    assert state(course) == before


@pytest.mark.parametrize("command", [name for name in WRITE | READ if name != "list"])
def test_a_gradebook_that_is_damaged_is_said(course, command):
    (course.root / "gradebook.db").write_bytes(b"no marks at all" * 999)
    before = state(course)
    said = " ".join(course.python(*(WRITE | READ)[command], fails=True).split())
    assert "The gradebook cannot be read or written: file is not a database." in said
    assert "Traceback" not in said
    assert state(course) == before


def test_the_buttons_say_so_too(course):
    before = state(course)
    with gradebook_held(course.root, "EXCLUSIVE"):
        answers = press(course, "autograde", "feedback", "assign", "release feedback")
    for answer in answers.values():
        assert not answer["success"]
        assert LOCKED in answer["log"]
        assert "Traceback" not in json.dumps(answer)
    assert state(course) == before


@pytest.mark.parametrize(
    ("error", "foreseen"),
    [(GraderFault, True), (NbGraderException, True), (ExchangeError, True), (KeyError, False)],
)
def test_a_button_shows_a_traceback_of_nothing_that_was_foreseen(monkeypatch, error, foreseen):
    def start():
        raise error("Not now.")

    monkeypatch.setattr(turns, "lock_course", lambda *_: contextlib.nullcontext())
    where = SimpleNamespace(assignment_id=A)
    step = SimpleNamespace(start=start, coursedir=where, log=logging.getLogger("a button"))
    answer = turns._button(capture_log)(step)
    assert not answer["success"]
    assert ("error" not in answer) == foreseen


@contextlib.contextmanager
def grading(course, *words):
    """Let a class be graded, by a process of its own that is held up in the middle."""
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + HELD_UP)
    process = Forked(["-m", *words], course.root, course.root / "said")
    try:
        while process.poll() is None and not (course.root / "begun").exists():
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


def go_on(course, process):
    (course.root / "go on").touch()
    assert process.wait(120) == 0, (course.root / "said").read_text()


OURS = ("grading", "autograde", A, "--force", "--workers=1", "--no-plots")
THEIRS = ("nbgrader", "autograde", A, "--force")


@pytest.mark.parametrize("two", sample([(OURS, THEIRS), (THEIRS, OURS), (OURS, OURS)]))
def test_of_two_graders_at_once_one_grades(course, two):
    first, second = two
    with grading(course, *first) as process:
        said = course.process(*second, fails=True)
        assert f"“python -m {' '.join(first)}” of " in said
        assert f"process {process.pid}" in said
        assert not (course.root / "go on").exists()
        go_on(course, process)
    marks = {who: course.scores(who, A) for who in ("ada", "bob", "cy")}
    assert marks == {"ada": {"double": 0.0}, "bob": {"double": 4.0}, "cy": {"double": 4.0}}
    assert not (course.root / "autograded" / ".unfinished").exists()


@pytest.mark.long
def test_a_grader_that_is_killed_keeps_nobody_out(course):
    with grading(course, *OURS) as process:
        process.kill()
        process.wait()
        (course.root / "go on").touch()
        course.process("grading", "autograde", A, "--workers=1")
    assert course.scores("ada", A) == {"double": 0.0}


def test_two_courses_wait_for_nobody(course, tmp_path):
    other = Course(shutil.copytree(course.root, tmp_path / "other"), make=False)
    with course_held(course.root):
        other.nbgrader("autograde", A)
    assert other.scores("ada", A) == {"double": 0.0}


# --- the formgrader, as a browser meets it ---------------------------------------------


@pytest.fixture(scope="module")
def server(graded, tmp_path_factory):
    """A course with a JupyterLab that runs in it."""
    place = tmp_path_factory.mktemp("server")
    course = Course(shutil.copytree(graded.root, place / "course"), make=False)
    desk = Desk(course.root, place / "home")
    with desk.lab() as address:
        course.ask = lambda path, **data: ask(address, path, **data)
        course.log = place / "home" / "lab.log"
        yield course


def ask(address, path, method="GET", body=None):
    """Return the status and the text of the formgrader's answer."""
    request = urllib.request.Request(
        f"{address.url}formgrader/{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"token {address.token}"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def grade_ids(course):
    """Return what the formgrader calls the mark of each student, and the page it is on."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        return {
            entry.student_id: (entry.notebooks[0].grades[0].id, entry.notebooks[0].id)
            for entry in gradebook.find_assignment(A).submissions
        }


def by_hand(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        return {
            entry.student_id: entry.notebooks[0].grades[0].manual_score
            for entry in gradebook.find_assignment(A).submissions
        }


def test_marks_that_are_typed_while_a_class_is_graded_are_kept(server):
    ids, typed = grade_ids(server), {}
    config = server.root / "nbgrader_config.py"
    whole = config.read_text()
    with grading(server, *OURS) as process:
        config.write_text(whole)  # for the server
        status, said = server.ask(f"api/submission/{A}/ada/autograde", method="POST")
        assert status == 200
        assert AT_WORK in json.loads(said)["log"]
        assert "error" not in json.loads(said)
        (server.root / "go on").touch()
        turn = 0
        while process.poll() is None or turn < 3:
            turn += 1
            for student, (grade, _) in ids.items():
                mark = {"manual_score": turn % 5, "extra_credit": None}
                status, _ = server.ask(f"api/grade/{grade}", method="PUT", body=mark)
                assert status == 200
                typed[student] = turn % 5
        assert process.poll() == 0
    assert by_hand(server) == typed


def test_what_cannot_be_saved_is_said_and_can_be_saved_later(server):
    grade, page = grade_ids(server)["bob"]
    before = by_hand(server)["bob"]
    with gradebook_held(server.root, "EXCLUSIVE"):
        for path, method in [(f"api/grade/{grade}", "PUT"), ("api/student/bob", "PUT")]:
            body = {"manual_score": 2.5, "first_name": "Bob"}
            status, said = server.ask(path, method=method, body=body)
            assert (status, LOCKED in said) == (503, True)
        for path in (f"api/submissions/{A}", f"submissions/{page}/"):
            status, said = server.ask(path)
            assert (status, LOCKED in said) == (503, True)
    assert by_hand(server)["bob"] == before
    status, said = server.ask(f"api/grade/{grade}", method="PUT", body={"manual_score": 2.5})
    assert status == 200
    assert by_hand(server)["bob"] == 2.5
    assert "Another program keeps the gradebook locked" in server.log.read_text()


@pytest.mark.long
def test_a_page_whose_plots_wait_is_shown_while_another_is_at_work(server):
    server.process("grading", "autograde", A, "--force", "--workers=1", "--no-plots")
    _, page = grade_ids(server)["ada"]
    with course_held(server.root):
        status, text = server.ask(f"submissions/{page}/")
    assert status == 200
    assert "double" in text
