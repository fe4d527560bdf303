"""nbgrader's settings of where things lie: whoever reads a class finds it there, or refuses."""

import csv
import re
import shutil
import stat
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory

from grading.assignment.files import lay_out
from grading.core.errors import GraderFault
from grading.store import places
from tests.support.course import ROOT, SHARED, Course
from tests.support.gallery import ENTRIES
from tests.support.sample import sample

A = "01_rnn"
GRADE = f"autograde {A} --no-plots --workers=1"
WRONG = next(e for e in ENTRIES if e.name.startswith("feeds a0 at every step"))
ASSIGNMENT_FIRST = "{nbgrader_step}/{assignment_id}/{student_id}"
STUDENT_FIRST = "{student_id}/{nbgrader_step}/{assignment_id}"
BETWEEN = "{nbgrader_step}/all/{student_id}/{assignment_id}"

# What is set, by what it is about; {elsewhere} is a folder outside of the course.
MOVED = {
    "other names": {
        "source_directory": "lessons",
        "release_directory": "out/of/here",
        "submitted_directory": "handed in",
        "autograded_directory": "marked",
        "feedback_directory": "pages",
        "db_url": "sqlite:///marks.db",
        "course_id": "another",
        "groupshared": True,
    },
    "other places": {
        "submitted_directory": "{elsewhere}/in",
        "autograded_directory": "{elsewhere}/marked",
        "feedback_directory": "{elsewhere}/pages",
        "db_url": "sqlite:///{elsewhere}/marks.db",
    },
    "assignment before student": {"directory_structure": ASSIGNMENT_FIRST, "groupshared": True},
    "student before all": {
        "directory_structure": STUDENT_FIRST,
        "student_id_exclude": "zed,no",
        "student_id": "[!y]*",
    },
    "a folder between": {"directory_structure": BETWEEN, "notebook_id": "r*"},
}
# All that reads a class, in one process, as its start takes longer than all of it.
READERS = """
import sys
from grading.__main__ import main
for words in sys.argv[1:]:
    print(f"$ {words}", flush=True)
    status = main(words.split())
    print(f"= {status}", flush=True)
"""


class Moved(Course):
    """A course of one lesson that lies elsewhere, with one right and one wrong hand-in.

    Parameters
    ----------
    root : pathlib.Path
    settings : dict
        Of nbgrader's ``CourseDirectory``.
    commands : pathlib.Path, optional
        Where commands are given, and the configuration is, if that is not the course folder.
    """

    def __init__(self, root, settings, commands=None):
        given = {"release_directory": "notebooks", "root": str(root)} | settings
        super().__init__(commands or root, make=False, coursedir=CourseDirectory(**given))
        self.course_folder = root
        shutil.copytree(ROOT / "source" / A, places.Places(self.coursedir).source_folder(A))
        lay_out(SHARED, root)
        self.root.mkdir(exist_ok=True)
        lines = "".join(f"c.CourseDirectory.{k} = {v!r}\n" for k, v in given.items())
        config = (ROOT / "nbgrader_config.py").read_text("utf-8")
        (self.root / "nbgrader_config.py").write_text(config + lines, "utf-8")
        shutil.copy(ROOT / "nbgrader_config.json", self.root)
        self.nbgrader("generate_assignment", A)
        self.submit("ada", A, self.answers(A))
        self.submit("bo", A, self.answers(A, WRONG))

    def folder(self, step, student):
        step = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(step, student, A))

    def run(self, *commands):
        """Run commands of the grader's one after another; return what each has said."""
        (self.root / "readers.py").write_text(READERS)
        said = self.python("readers", *commands)
        parts = re.findall(r"^\$ .*\n((?:.*\n)*?)= (\d+)$", said, re.M)
        assert [status for _, status in parts] == ["0"] * len(commands), said
        return [text for text, _ in parts]

    def check(self, first=f"table {A}"):
        """Hold that table, page, report and export show what the two have earned."""
        said, again, *_ = self.run(
            first,
            "table",
            f"feedback {A} --workers=1",
            f"report {A}",
            f"export --format=csv {A}",
        )
        check_table(said)
        check_table(again)
        assert "14 of 24" in (self.folder("feedback", "bo") / "rnn.html").read_text()
        assert (self.folder("feedback", "ada") / "rnn.html").exists()
        report = self.table(f"{A}.csv")
        assert {row["student"]: (row["handed_in"], row["total"]) for row in report} == {
            "ada": ("yes", "24"),
            "bo": ("yes", "14"),
        }
        marks = {row["student_id"]: row[A] for row in self.table("csv.csv")}
        assert marks == {"ada": "24", "bo": "14"}

    def table(self, name):
        with (self.course_folder / "reports" / name).open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))


def check_table(said):
    rows = re.findall(
        r"^│ (\w+) +│ (\w+), (\S+) +│ (\w+), (\S+) +│ .*│ +(\S+) of 24 │$", said, re.M
    )
    assert rows == [
        ("ada", "correct", "10", "correct", "10", "24"),
        ("bo", "correct", "10", "wrong", "0", "14"),
    ], said
    assert "The grader failed" not in said


@pytest.mark.parametrize("moved", sample(MOVED))
def test_a_class_is_read_from_where_it_lies(tmp_path, moved):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings = {
        name: value.replace("{elsewhere}", str(elsewhere)) if isinstance(value, str) else value
        for name, value in MOVED[moved].items()
    }
    course = Moved(tmp_path / "course", settings)
    for student in ("zed", "yen") if "student_id" in settings else ():
        course.submit(student, A, course.answers(A))
    course.check(GRADE)
    graded = [course.folder("autograded", student) / "rnn.ipynb" for student in ("ada", "bo")]
    times = [path.stat().st_mtime_ns for path in graded]
    course.run(GRADE)
    assert [path.stat().st_mtime_ns for path in graded] == times
    assert not list(tmp_path.rglob(places.UNFINISHED))
    if "groupshared" in settings:
        for path in graded:
            assert stat.S_IMODE(path.stat().st_mode) == 0o664
            assert path.parent.stat().st_mode & 0o2770 == 0o2770
        assert stat.S_IMODE((course.root / "audit.jsonl").stat().st_mode) == 0o660


def test_a_command_may_be_given_outside_of_the_course_folder(tmp_path):
    course = Moved(tmp_path / "course", {}, commands=tmp_path / "commands")
    course.check(GRADE)
    left = {path.name for path in course.root.iterdir()} - {"__pycache__"}
    assert left == {"nbgrader_config.py", "nbgrader_config.json", "readers.py"}
    before = course.folder("autograded", "ada").joinpath("rnn.ipynb").read_bytes()
    (course.root / "nbgrader_config.json").unlink()
    said = course.python("grading", *GRADE.split(), "--force", fails=True)
    assert f"there is no nbgrader_config.json in {course.root}" in said
    assert course.folder("autograded", "ada").joinpath("rnn.ipynb").read_bytes() == before


def test_nbgraders_own_commands_find_it_too(tmp_path):
    settings = {"autograded_directory": "marked", "directory_structure": ASSIGNMENT_FIRST}
    course = Moved(tmp_path / "course", settings)
    home, course.root = course.root, tmp_path
    words = (A, f"--course-dir={home}")
    course.nbgrader("autograde", *words)
    course.nbgrader("generate_feedback", *words)
    course.root = home
    assert "14 of 24" in (course.folder("feedback", "bo") / "rnn.html").read_text()
    course.check()
    course.nbgrader("export", "--exporter=grading.lms.formats.Csv")
    assert {row["student_id"] for row in course.table("csv.csv")} == {"ada", "bo"}


REFUSED = {
    "no student": {"directory_structure": "{nbgrader_step}/{assignment_id}"},
    "two in one": {"directory_structure": "{nbgrader_step}/{assignment_id}-{student_id}"},
    "no format": {"directory_structure": "{nbgrader_step/{assignment_id}/{student_id}"},
    "a pattern": {"autograded_directory": "marked (2026)"},
    "another pattern": {"submitted_directory": "in[1]"},
    "one folder for two": {"autograded_directory": "submitted/"},
    "behind the student": {
        "directory_structure": STUDENT_FIRST,
        "autograded_directory": "/srv/marked",
    },
    "a gradebook that moves": {"db_url": "sqlite:///marks.db"},
    "a pattern above": {"root": "/srv/course[1]"},
}


@pytest.mark.parametrize("settings", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(settings, tmp_path):
    (setting, value) = list(settings.items())[-1]
    course = CourseDirectory(**{"root": str(tmp_path)} | settings)
    with pytest.raises(GraderFault) as refused:
        places.Places(course).check()
    assert value in str(refused.value).replace("\\\\", "\\") or setting in str(refused.value)


def test_every_command_refuses_it(tmp_path):
    course = Moved(tmp_path / "course", {})
    config = course.root / "nbgrader_config.py"
    config.write_text(f'{config.read_text()}c.CourseDirectory.autograded_directory = "submitted"\n')
    before = course.folder("submitted", "ada") / "rnn.ipynb"
    handed_in = before.read_bytes()
    for words in (
        ("grading", "report", A),
        ("nbgrader", "autograde", A, "--force"),
        ("nbgrader", "generate_feedback", A),
    ):
        assert "name the same folder" in course.python(*words, fails=True), words
    assert before.read_bytes() == handed_in


def test_a_student_who_is_not_there_is_said_and_nobody_else_is_graded(tmp_path):
    course = Moved(tmp_path / "course", {})
    said = course.python("grading", "autograde", A, "--student=eve", fails=True)
    assert f"Nobody called eve has handed in {A}." in said
    assert not course.scores("ada", A)
