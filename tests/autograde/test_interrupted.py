"""Grading that is cut short: killed at any moment, on a full disk, in a folder that is closed."""

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from tests.support.course import Course, full_marks, grade_id

A = "01_rnn"
CELL, LOOP = "rnn_cell_forward", "rnn_forward"
BOTH = full_marks(A)
ONE = {**BOTH, LOOP: 0.0}
END_SECONDS = 60


def hand_in(course, students, turn):
    """Hand in for everyone; what is right changes from turn to turn. Return the marks."""
    marks = {}
    for number, student in enumerate(students):
        notebook = course.answers(A)
        right = (number + turn) % 2 == 0
        if not right:
            notebook.cells = [c for c in notebook.cells if grade_id(c) != LOOP]
        marks[student] = BOTH if right else ONE
        folder = course.root / "submitted" / student / A
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / "rnn.ipynb")
    return marks


def check(course, marks):
    """Every mark is right, in the gradebook and in the notebook."""
    for student, points in marks.items():
        assert course.scores(student, A) == points
        records = course.records(student, A)
        assert {name: record["points"] for name, record in records.items()} == points
    assert not (course.root / "autograded" / ".unfinished").exists()


def check_gradebook(root):
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def start(course, *words, command=("nbgrader", "autograde", A)):
    with (course.root / "said.txt").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", *command, *words],
            cwd=course.root,
            env=dict(os.environ, PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}"),
            stdout=said,
            stderr=said,
        )


def kill(process):
    """Kill nbgrader alone, with no time to prepare; everything it started has to follow."""
    leader = psutil.Process(process.pid)
    leader.suspend()  # so that it starts nothing while its children are counted
    family = leader.children(recursive=True)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=END_SECONDS)
    for one in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    assert not alive, f"left behind: {alive}"
    return len(family)


def killed(course, kills, seed, size=8):
    """Kill a class's grading so many times, and let it go on each time without --force.

    When it was let through, everyone hands in something else. So old notebooks and marks
    are there, but for half the class in the first turn, and none of them is right.
    """
    chance, families, turn = random.Random(seed), [], 1
    students = [f"student-{number}" for number in range(size)]
    hand_in(course, students[::2], 0)
    began = time.monotonic()
    course.process("nbgrader", "autograde", A)
    seconds = time.monotonic() - began  # what a run takes on this machine
    marks, words = hand_in(course, students, turn), ["--force"]
    unfinished = course.root / "autograded" / ".unfinished"
    while len(families) < kills:
        process = start(course, *words)
        while words and not unfinished.exists() and process.poll() is None:
            time.sleep(0.01)  # before, nobody has been asked to grade anything anew
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 1.2 * seconds))
        if process.poll() is None:
            families.append(kill(process))
            check_gradebook(course.root)
            words = []
            continue
        assert process.returncode == 0, (course.root / "said.txt").read_text()
        check(course, marks)
        turn += 1
        marks, words = hand_in(course, students, turn), ["--force"]
    course.process("nbgrader", "autograde", A, *words)
    check(course, marks)
    assert max(families) > 1  # the kills met sandboxes


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course with its releases, to be copied."""
    return Course(tmp_path_factory.mktemp("interrupted") / "course")


@pytest.fixture(scope="module")
def graded(released, tmp_path_factory):
    """The same with two students who were graded, and now have handed in something else."""
    course = copied(released, tmp_path_factory.mktemp("graded") / "course")
    course.old = hand_in(course, ["ada", "bo"], 0)
    course.process("nbgrader", "autograde", A)
    course.new = hand_in(course, ["ada", "bo", "cy"], 1)
    return course


def copied(course, root):
    shutil.copytree(course.root, root)
    return Course(root, make=False)


@pytest.fixture
def course(released, tmp_path):
    return copied(released, tmp_path / "course")


def test_a_grader_that_is_killed_goes_on_where_it_was(course):
    killed(course, 1, seed=1, size=4)


@pytest.mark.long
@pytest.mark.timeout(3600)  # fifty starts of nbgrader, on a machine that may be busy
def test_a_grader_that_is_killed_fifty_times_goes_on_where_it_was(course):
    killed(course, 50, seed=2)


def test_processes_that_make_pages_end_with_the_one_that_is_killed(graded, tmp_path):
    course = copied(graded, tmp_path / "course")
    process = start(course, "--workers=2", command=("grading", "feedback", A))
    family = psutil.Process(process.pid)
    while process.poll() is None and len(family.children()) < 2:
        time.sleep(0.01)
    assert process.poll() is None, (course.root / "said.txt").read_text()
    assert 2 <= kill(process) <= 4  # each may have begun one that makes its pages


SPOILT = {
    "missing": lambda path: path.unlink(),
    "cut-off": lambda path: path.write_bytes(path.read_bytes()[:999]),
    "no-record": lambda path: path.write_text(path.read_text().replace('"verdict"', '"v"', 1)),
    "no-judgement": lambda path: path.write_text(
        path.read_text().replace('"verdict": "correct"', '"verdict": "grader fault"')
    ),
}
TIMES = {"newer": (2, 3), "older": (2, 1), "no-longer-said": (2, None), "now-said": (None, 2)}


def say_times(course, turn):
    for student, days in TIMES.items():
        path = course.root / "submitted" / student / A / "timestamp.txt"
        path.unlink(missing_ok=True)
        if days[turn]:
            path.write_text(f"2026-11-0{days[turn]} 10:00:00 UTC")


@pytest.mark.long
def test_what_is_not_whole_or_newer_or_another_is_graded_again_and_nothing_else(course):
    students = [*SPOILT, *TIMES, "as-it-was"]
    old = hand_in(course, students, 0)
    say_times(course, 0)
    course.process("nbgrader", "autograde", A)
    for student, spoil in SPOILT.items():
        path = course.root / "autograded" / student / A / "rnn.ipynb"
        path.chmod(0o644)
        before = path.read_bytes()
        spoil(path)
        assert not path.exists() or path.read_bytes() != before
    new = hand_in(course, students[:-1], 1) | {"as-it-was": old["as-it-was"]}
    say_times(course, 1)
    course.process("nbgrader", "autograde", A)
    check(course, new)
    said = (course.root / "audit.jsonl").read_text()
    lines = [json.loads(line)["student"] for line in said.splitlines()]
    assert [lines.count(student) for student in students] == [2] * (len(students) - 1) + [1]
    # What is unfinished is graded again, though nothing else is new.
    unfinished = course.root / "autograded" / ".unfinished" / "as-it-was" / A
    unfinished.mkdir(parents=True)
    course.process("nbgrader", "autograde", A)
    assert not unfinished.exists()
    assert (course.root / "audit.jsonl").read_text().count('"student": "as-it-was"') == 2


class Disk:
    """A small disk with a course on it, in a mount namespace of its own.

    Commands are run inside; what they left is copied out through ``/proc`` (SQLite would
    follow the link there to the folder of this side).
    """

    SIZE = 24 * 2**20

    def __init__(self, course, place):
        self.old, self.new, self.place = course.old, course.new, place
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        place.mkdir()
        script = (
            'mount -t tmpfs -o size="$1" none "$2" && cp -a "$3"/. "$2" && echo ready && sleep 999'
        )
        self.holder = subprocess.Popen(
            ["unshare", *user, "--mount", "sh", "-c", script, "-", str(self.SIZE)]
            + [str(place), str(course.root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        said = self.holder.stdout.readline()
        if said != "ready\n":
            self.close()
            pytest.skip(f"no private mount: {said.strip()}")
        self.inside = ["nsenter", f"--target={self.holder.pid}", "--mount"]
        if user:
            self.inside += ["--user", "--preserve-credentials"]
        self.root = Path(f"/proc/{self.holder.pid}/root{place}")

    def copied(self):
        """Return a copy of the course as it is now."""
        copy = self.place.with_name("seen")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.root, copy, ignore=shutil.ignore_patterns("filler"))
        return Course(copy, make=False)

    def run(self, *words):
        """Run a command of Python's -m inside; return its exit status and what it said."""
        done = subprocess.run(
            [*self.inside, "sh", "-c", 'cd "$0" && exec "$@"', self.place, sys.executable, "-m"]
            + list(words),
            env=dict(os.environ, PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, " ".join(done.stdout.split())

    def mount(self, mode):
        """Mount it again, ``ro`` or ``rw``."""
        command = [*self.inside, "mount", "-o", f"remount,bind,{mode}", self.place]
        subprocess.run(command, check=True)

    def fill(self, room):
        """Leave so many bytes."""
        filler = self.root / "filler"
        with filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 2**16)
                file.flush()
        os.truncate(filler, max(0, filler.stat().st_size - room))

    def close(self):
        os.killpg(self.holder.pid, signal.SIGKILL)  # the shell has a child that would sleep on
        self.holder.wait()
        self.holder.stdout.close()


@pytest.fixture
def disk(graded, tmp_path):
    disk = Disk(graded, tmp_path / "disk")
    yield disk
    disk.close()


def notebooks(disk):
    return {
        path.parts[-3]: path.read_bytes() for path in disk.root.glob(f"autograded/*/{A}/*.ipynb")
    }


@pytest.mark.long
@pytest.mark.parametrize("room", [0, 10 * 2**12])
def test_a_full_disk_is_a_fault_that_loses_nothing(disk, room):
    before = notebooks(disk)
    disk.fill(room)
    status, said = disk.run("nbgrader", "autograde", A, "--force")
    assert status == 1, said
    assert "The disk of the course folder is full. Make room on it, then grade again." in said
    assert "upgraded nbgrader" not in said
    after, seen = notebooks(disk), disk.copied()
    check_gradebook(seen.root)
    for student, marks in disk.old.items():
        done = after[student] != before[student]
        assert seen.scores(student, A) == (disk.new[student] if done else marks)
    status, said = disk.run("grading", "table", A)
    assert status == 1, said
    assert "full" in said or "grader fault" in said
    (disk.root / "filler").unlink()
    status, said = disk.run("nbgrader", "autograde", A)
    assert status == 0, said
    check(disk.copied(), disk.new)


@pytest.mark.long
def test_a_folder_that_cannot_be_written_to_is_a_fault_that_loses_nothing(disk):
    before = notebooks(disk)
    disk.mount("ro")
    status, said = disk.run("nbgrader", "autograde", A, "--force")
    assert status == 1, said
    assert "The course folder cannot be written to." in said
    assert "Traceback" not in said
    assert notebooks(disk) == before
    seen = disk.copied()
    assert {student: seen.scores(student, A) for student in disk.old} == disk.old
    status, said = disk.run("grading", "table", A)
    assert status == 1, said
    assert "cannot be written to" in said
    disk.mount("rw")
    status, said = disk.run("nbgrader", "autograde", A, "--force")
    assert status == 0, said
    check(disk.copied(), disk.new)
