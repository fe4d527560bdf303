"""The audit file: one line for each submission, true to what was graded."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

import grading
from grading.core.verdicts import Verdict
from grading.core.versions import digest, grader
from grading.store import audit
from tests.support.course import SEED, Course

A = "01_rnn"


def lines(course):
    return [json.loads(line) for line in (course.root / audit.FILE).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("audit") / "course")
    course.submit("ada", A, course.answers(A))
    course.submit("bo", A, b"no notebook")
    course.submit("cleo", A, None)
    late = course.answers(A)
    late.cells.append(new_code_cell("print('x' * 10**7)"))
    course.submit("dan", A, late)
    course.said = course.nbgrader("autograde", A)
    return course


def test_each_submission_has_one_line_with_what_it_was_and_earned(course):
    marked = [line for line in lines(course) if "drawing" not in line]
    found = {line["student"]: line for line in marked}
    assert len(marked) == len(found) == 4
    for student, line in found.items():
        verdicts = {
            f"test_{name}": [record["verdict"], record["points"]]
            for name, record in course.records(student, A).items()
        }
        assert line["verdicts"] == verdicts
        assert (line["assignment"], line["notebook"]) == (A, "rnn")
        assert line["seed"] == digest(int(SEED, 16))
        assert set(line["versions"]) >= {"sequence-models-from-scratch", "nbgrader", "numpy"}
        path = course.root / "submitted" / student / A / "rnn.ipynb"
        handed_in = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
        assert line["submitted"] == handed_in
    assert found["ada"]["seconds"] > 0
    assert found["ada"]["limits"] == []
    assert found["dan"]["limits"] == []
    assert found["bo"]["verdicts"]["test_rnn_forward"] == [Verdict.UNREADABLE.value, 0.0]


def test_a_limit_that_a_cell_behind_the_last_test_meets_has_a_line_of_its_own(course):
    (line,) = [line for line in lines(course) if "drawing" in line]
    assert (line["student"], line["notebook"]) == ("dan", "rnn")
    assert line["limits"] == [Verdict.TOO_MUCH_OUTPUT.value]


def test_the_log_has_a_line_a_case(course):
    for line in (course.root / audit.FILE).read_text("utf-8").splitlines():
        assert course.said.count(line) == 1


def test_a_line_tells_which_lesson_judged(course):
    def lesson():
        course.python("grading", "autograde", A, "--student=ada", "--force", "--no-plots")
        return lines(course)[-1]["lesson"]

    before = lesson()
    assert before == lesson()
    path = course.root / "rnn_utils.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert lesson() != before


def test_the_graders_version_is_that_of_every_file_at_its_place(tmp_path):
    package = tmp_path / "grading"
    shutil.copytree(grading.__path__[0], package, ignore=shutil.ignore_patterns("__pycache__"))

    def version():
        code = "from grading import core; print(core.__file__, core.grader())"
        line = [sys.executable, "-c", code]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True)
        where, found = done.stdout.split()
        assert Path(where).is_relative_to(package)
        return found

    assert version() == grader()
    path = package / "sandbox" / "inside" / "codec.py"
    path.write_text(path.read_text() + "\n# changed\n")
    changed = version()
    path.parent.rename(package / "sandbox" / "within")
    assert len({grader(), changed, version()}) == 3


def test_a_fault_has_its_line_too(course):
    source = course.root / "source" / A / "rnn.ipynb"
    text = source.read_text()
    source.write_text("{")
    try:
        course.nbgrader("autograde", A, "--student", "ada", "--force", fails=True)
    finally:
        source.write_text(text)
    line = lines(course)[-1]
    assert line["student"] == "ada"
    assert "cannot be read" in line["fault"]
    assert "verdicts" not in line


KEYS = (
    "time versions student assignment notebook submitted seed lesson verdicts limits landlock "
    "seconds"
).split()
OF_FAULTS = ["time", "versions", "student", "assignment", "fault"]
OF_DRAWINGS = ["time", "versions", "student", "assignment", "notebook", "drawing", "limits"]


def test_the_lines_have_the_keys_that_they_always_had(course):
    for line in lines(course):
        kind = OF_FAULTS if "fault" in line else OF_DRAWINGS if "drawing" in line else KEYS
        assert list(line) == kind


def test_an_entry_is_read_as_it_was_written_and_the_last_one_counts(course):
    known = audit.AuditFile(course.root).last()
    assert {key[0] for key in known} == {"ada", "bo", "cleo", "dan"}
    for (student, assignment, name), entry in known.items():
        found = [
            line
            for line in (course.root / audit.FILE).read_text().splitlines()
            if audit.AuditEntry.read(line) and json.loads(line)["student"] == student
        ]
        assert audit.AuditEntry.read(found[-1]) == entry == audit.AuditEntry.read(entry.line())
        assert (entry.assignment, entry.notebook) == (assignment, name)
        one, other = json.loads(entry.line()), json.loads(found[-1])
        assert {**one, "time": ""} == {**other, "time": ""}


@pytest.mark.parametrize("line", ["", "{", "[]", "7", '{"student": "ada", "fault": "x"}'])
def test_a_line_that_is_no_grading_is_passed_over(line):
    assert audit.AuditEntry.read(line) is None


def test_lines_of_two_graders_do_not_mix(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    file = audit.AuditFile(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: file.add(audit.FaultEntry(str(n), A, "é" * 3000)),
                range(200),
            )
        )
    found = [
        int(json.loads(line)["student"])
        for line in (tmp_path / audit.FILE).read_text().splitlines()
    ]
    assert sorted(found) == list(range(200))
