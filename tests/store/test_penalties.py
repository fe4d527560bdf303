"""Lateness costs what rule and deadline say now: in the gradebook, and wherever marks are shown."""

import csv
import re
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook

from grading.store.penalties import Penalties
from tests.support.course import Course, grade_id
from tests.support.sample import sample

A = "01_rnn"
RULE = """
from nbgrader.plugins import BasePlugin

class Half(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2

class Broken(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        raise LookupError("no such rule")
"""
ZERO = "c.LateSubmissionPlugin.penalty_method = 'zero'\n"
HALF = "c.AssignLatePenalties.plugin_class = 'late_rule.Half'\n"
BROKEN = "c.AssignLatePenalties.plugin_class = 'late_rule.Broken'\n"
DUE, NOON, LATER = (f"2026-11-{day:02} 12:00:00 UTC" for day in (1, 2, 5))


class Late(Course):
    """A course with one student in time, and one who is late and has half of it right."""

    def __init__(self, root):
        super().__init__(root)
        self.config = (root / "nbgrader_config.py").read_text("utf-8")
        (root / "late_rule.py").write_text(RULE)
        half = self.answers(A)
        half.cells = [cell for cell in half.cells if grade_id(cell) != "rnn_forward"]
        for student, work, at in (("ada", self.answers(A), DUE), ("bo", half, NOON)):
            self.submit(student, A, work)
            (root / "submitted" / student / A / "timestamp.txt").write_text(at)
        self.rule(ZERO)
        self.due(DUE)
        self.python("grading", "autograde", A, "--no-plots")

    def rule(self, text):
        (self.root / "nbgrader_config.py").write_text(self.config + text)

    def book(self):
        return Gradebook(f"sqlite:///{self.root}/gradebook.db")

    def due(self, at):
        with self.book() as gradebook:
            gradebook.update_or_create_assignment(A, duedate=at)

    def stored(self):
        """Return what is left of bo's points, as the gradebook has it."""
        with self.book() as gradebook:
            entry = gradebook.find_submission(A, "bo")
            return entry.score - entry.late_submission_penalty

    def total(self):
        """Return bo's mark; wherever it is shown it has to be the same."""
        said = self.python("grading", "table", A)
        (shown,) = re.findall(r"^│ bo .*│ +(\S+) of 24 │$", said, re.M)
        self.python("grading", "report", A)
        self.python("grading", "export", "--format", "csv", A)
        found = {float(shown.strip("*"))}
        for file, student, column in (
            (f"reports/{A}.csv", "student", "total"),
            ("reports/csv.csv", "student_id", A),
        ):
            with (self.root / file).open(encoding="utf-8-sig") as rows:
                (row,) = [row for row in csv.DictReader(rows) if row[student] == "bo"]
            found.add(float(row[column]))
        (mark,) = found
        return mark


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Late(tmp_path_factory.mktemp("late") / "course")


@pytest.fixture
def course(made):
    """The course as it was; what a test does to it is undone."""
    yield made
    made.rule(ZERO)
    made.due(DUE)
    (made.root / "submitted" / "bo" / A / "timestamp.txt").write_text(NOON)
    with made.book() as gradebook:
        for grade in gradebook.find_submission(A, "bo").notebooks[0].grades:
            grade.manual_score = None
        gradebook.db.commit()
    made.python("grading", "autograde", A, "--no-plots", "--force")


CHANGES = {
    "a later deadline": (lambda course: course.due(LATER), 14.0),
    "another rule": (lambda course: course.rule(HALF), 7.0),
    "no rule": (lambda course: course.rule(""), 14.0),
    "a time stamp set back": (
        lambda course: (course.root / "submitted" / "bo" / A / "timestamp.txt").write_text(DUE),
        14.0,
    ),
}


@pytest.mark.parametrize(
    "case",
    sample([(change, force) for change in CHANGES for force in ((), ("--force",))]),
    ids=lambda case: " ".join([case[0], *case[1]]),
)
def test_what_changes_is_told_before_and_after_and_is_the_same_everywhere(course, case):
    (change, mark), force = CHANGES[case[0]], case[1]
    assert course.total() == course.stored() == 0.0
    change(course)
    assert course.total() == mark  # though nothing was graded again
    would = course.python("grading", "autograde", A, "--no-plots", "--dry-run", *force)
    assert re.search(
        rf"│ bo +│ late penalty +│ -14 +│ +{mark - 14:g} │", would.replace("-0 ", "0 ")
    )
    assert course.stored() == 0.0
    has = course.python("grading", "autograde", A, "--no-plots", *force)
    assert "late penalty" in has
    assert "nobody's mark" not in would + has
    assert course.total() == course.stored() == mark
    again = course.python("grading", "autograde", A, "--no-plots", *force)
    assert "late penalty" not in again


def test_a_time_stamp_that_was_set_back_is_the_one_that_is_kept(course):
    early = "2026-10-30 08:00:00 UTC"
    (course.root / "submitted" / "bo" / A / "timestamp.txt").write_text(early)
    course.python("grading", "autograde", A, "--no-plots")
    with course.book() as gradebook:
        assert str(gradebook.find_submission(A, "bo").timestamp) == early.removesuffix(" UTC")


def test_a_mark_given_by_hand_does_not_escape(course):
    with course.book() as gradebook:
        grade = gradebook.find_grade("test_rnn_forward", "rnn", A, "bo")
        grade.manual_score = 8.0
        gradebook.db.commit()
    assert course.total() == 0.0
    course.python("grading", "feedback", A)
    assert course.stored() == 0.0
    (page,) = (course.root / "feedback" / "bo" / A).glob("*.html")
    assert "−22" in page.read_text("utf-8")


def test_an_extension_counts(course):
    with course.book() as gradebook:
        gradebook.grant_extension(A, "bo", days=1)
    assert course.total() == 14.0
    with course.book() as gradebook:
        gradebook.grant_extension(A, "bo", days=0)


@pytest.mark.parametrize(
    ("asked", "score", "taken"),
    [(3.0, 14.0, 3.0), (30.0, 14.0, 14.0), (3.0, 0.0, 0.0), (-3.0, 14.0, 0.0), (None, 14.0, 0.0)],
)
def test_no_rule_takes_more_than_there_is_or_gives_something(monkeypatch, asked, score, taken):
    monkeypatch.setattr(Penalties, "__init__", lambda self: None)
    penalties = Penalties()
    penalties._rule = SimpleNamespace(late_submission_penalty=lambda *_: asked)
    assert penalties._penalty("bo", score, 60.0) == taken


FAILS = "The rule for lateness, Broken, failed for bo: LookupError: no such rule"
MISSING = "c.AssignLatePenalties.plugin_class = 'late_rule.Gone'\n"


@pytest.mark.parametrize("command", sample(["table", "report", "autograde"]))
@pytest.mark.parametrize(
    ("rule", "why"), [(BROKEN, FAILS), (MISSING, "The rule for lateness cannot be loaded: ")]
)
def test_a_rule_that_fails_is_said_and_changes_nothing(course, command, rule, why):
    course.rule(rule)
    said = " ".join(course.python("grading", command, A, fails=True).split())
    assert (why in said) or (command == "autograde" and "late_rule" in said)
    assert "Traceback" not in said
    assert course.stored() == 0.0


def test_who_was_late_and_what_it_cost_is_in_report_and_export(course):
    course.python("grading", "report", A)
    page = (course.root / "reports" / f"{A}.html").read_text("utf-8")
    assert "bo: 1 d, −14 points" in " ".join(re.sub(r"<[^>]+>", "", page).split())
    said = course.python("grading", "export", "--format", "csv", A)
    assert f"Late in {A}: bo (1 d, −14 points)." in said
