"""Truth 8: a class in which everything happens, and every place shows the same marks.

Late and with an extension, marked by hand, waiting, flagged, with extra credit, followed through,
unreadable, not handed in: the table, the report and its CSV, the exports, the students' pages, the
dry run, the gradebook and the formgrader are read as a person reads them.
"""

import csv
import html
import re
from datetime import datetime

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from tests.support.course import Course, assignments, grade_id, notebook_path
from tests.support.gallery import KINDS

A = assignments()[0]
DUE = "2026-11-01 12:00:00 UTC"
HOURS = {"in-time": 0, "late": 24, "excused": 24, "late-and-waiting": 24}
RULE = """
from nbgrader.plugins import BasePlugin

class Half(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2
"""
SETTINGS = "c.AssignLatePenalties.plugin_class = 'half.Half'\n"
CELL, LOOP = "test_rnn_cell_forward", "test_rnn_forward"
ESSAY, TASK = {"essay": 3.0}, {"task": 2.0}
BY_HAND = {  # what the instructor gives, once all is graded
    "in-time": ESSAY | TASK,
    "late": ESSAY | TASK,
    "excused": ESSAY | TASK,
    "late-and-waiting": TASK,
    "overridden": ESSAY | TASK | {LOOP: 4.0},
    "extra": ESSAY | TASK,
    "flagged": ESSAY | TASK,
    "followed": ESSAY | TASK,
}
# Points so far, penalty taken off, and what waits for a person; of 29.
MARKS = {
    "in-time": (29.0, ""),
    "late": (14.5, ""),
    "excused": (29.0, ""),
    "late-and-waiting": (13.0, "essay"),
    "overridden": (23.0, ""),
    "extra": (30.5, ""),
    "flagged": (29.0, ""),
    "followed": (None, ""),  # what its cell loses, and no more
    "waiting": (24.0, "essay, task"),
    "unreadable": (0.0, "task"),  # which may have come in another way
}
NOTHING = "nothing-yet"


def source(notebook):
    """Add what a person marks to a lesson."""
    own = {"schema_version": 3, "grade": True, "locked": False, "solution": True, "task": False}
    essay = {**own, "grade_id": "essay", "points": 3}
    task = {**own, "grade_id": "task", "points": 2, "grade": False, "solution": False}
    task |= {"task": True, "locked": True}
    notebook.cells += [
        new_markdown_cell("What does the state hold?", metadata={"nbgrader": essay}),
        new_markdown_cell("Find a sequence of your own.", metadata={"nbgrader": task}),
    ]
    return notebook


class Everything(Course):
    """The course, graded, with every mark by hand that is to be there, and its pages."""

    def __init__(self, root):
        super().__init__(root)
        path = notebook_path(root / "source" / A)
        nbformat.write(source(nbformat.read(path, 4)), path)
        (root / "half.py").write_text(RULE)
        config = root / "nbgrader_config.py"
        config.write_text(config.read_text("utf-8") + SETTINGS, "utf-8")
        self.nbgrader("generate_assignment", A, "--force")
        (wrong,) = [one for one in KINDS if one.name == "predicts from the old state"]
        for student in MARKS:
            kinds = [wrong] if student == "followed" else []
            work = self.answers(A, *kinds)
            for cell in work.cells:
                if grade_id(cell) in ("essay", "task"):
                    cell.source = "What came before."
            self.submit(student, A, b"{" if student == "unreadable" else work)
            at = datetime(2026, 11, 1 + HOURS.get(student, 0) // 24, 12)
            (root / "submitted" / student / A / "timestamp.txt").write_text(f"{at} UTC")
        people = "".join(f"{student},{student}\n" for student in [*MARKS, NOTHING])
        (root / "roster.csv").write_text(f"student_id,Username\n{people}", "utf-8")
        with self.book() as gradebook:
            gradebook.add_student(NOTHING)
            gradebook.update_or_create_assignment(A, duedate=DUE)
        self.python("grading", "autograde", A, "--no-plots")
        with self.book() as gradebook:
            gradebook.grant_extension(A, "excused", days=2)
            for student, given in BY_HAND.items():
                for name, points in given.items():
                    self.give(gradebook, student, name, manual_score=points)
            self.give(gradebook, "extra", CELL, extra_credit=1.5)
            gradebook.db.commit()
        self.hand_in_anew("flagged")
        self.said = {
            "autograde": self.python("grading", "autograde", A, "--no-plots"),
            "dry run": self.python("grading", "autograde", A, "--no-plots", "--force", "--dry-run"),
        }
        self.python("grading", "feedback", A)
        for command in ("table", "report"):
            self.said[command] = self.python("grading", command, A)
        for kind in ("csv", "moodle"):
            self.said[kind] = self.python("grading", "export", "--format", kind, A)

    def book(self):
        return Gradebook(f"sqlite:///{self.root}/gradebook.db")

    def give(self, gradebook, student, name, **marks):
        notebook = notebook_path(self.root / "source" / A).stem
        grade = gradebook.find_grade(name, notebook, A, student)
        for field, points in marks.items():
            setattr(grade, field, points)
        grade.needs_manual_grade = False

    def hand_in_anew(self, student):
        path = notebook_path(self.root / "submitted" / student / A)
        work = nbformat.read(path, 4)
        for cell in work.cells:
            if grade_id(cell) == "essay":
                cell.source = "I have thought again."
        nbformat.write(work, path)

    def rows(self, file, student):
        with (self.root / "reports" / file).open(encoding="utf-8-sig", newline="") as lines:
            return {row[student]: row for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course with everything in it."""
    return Everything(tmp_path_factory.mktemp("everything") / "course")


@pytest.fixture(scope="module")
def marks(course):
    """What each should have: of the one who is followed through, by what the cell has lost."""
    record = course.records("followed", A)
    lost = 10.0 - record["rnn_cell_forward"]["points"]
    assert lost > 0
    assert record["rnn_forward"]["verdict"] == "follow-through"
    assert record["rnn_forward"]["points"] == 10.0
    return MARKS | {"followed": (29.0 - lost, "")}


def plain(text):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def in_table(course):
    found = {}
    for line in course.said["table"].splitlines():
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        if total := re.fullmatch(r"([\d.]+)[*+?]* of 29", cells[-1]):
            found[cells[0]] = float(total[1])
    return found


def in_report(course):
    rows = course.rows(f"{A}.csv", "student")
    return {student: float(row["total"]) for student, row in rows.items() if row["total"]}


def on_pages(course):
    found = {}
    for path in (course.root / "feedback").glob(f"*/{A}/*.html"):
        text = plain(path.read_text("utf-8"))
        (total,) = re.findall(r"Total[^0-9]*([\d.]+) of 29", text)
        found[path.parts[-3]] = float(total)
    return found


def in_gradebook(course):
    with course.book() as gradebook:
        return {
            one.student_id: one.score - one.late_submission_penalty
            for one in gradebook.assignment_submissions(A)
        }


def in_nbgraders_own_export(course):
    course.nbgrader("export", "--to=own.csv")
    with (course.root / "own.csv").open(encoding="utf-8") as lines:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(lines)}


PLACES = [in_table, in_report, on_pages, in_gradebook]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_every_place_shows_the_same_points(course, marks, place):
    assert place(course) == {student: points for student, (points, _) in marks.items()}


def test_nbgraders_own_export_has_them_and_takes_nothing_handed_in_for_zero(course, marks):
    points = {student: points for student, (points, _) in marks.items()}
    assert in_nbgraders_own_export(course) == points | {NOTHING: 0.0}


def test_the_formgrader_shows_them_before_the_penalty(course, marks):
    api = NbGraderAPI(CourseDirectory(root=str(course.root), release_directory="notebooks"))
    with api.gradebook:
        shown = {one["student"]: one["score"] for one in api.get_submissions(A)}
    late = {"late", "late-and-waiting"}  # the rule takes half of it
    wanted = {s: points * (2 if s in late else 1) for s, (points, _) in marks.items()}
    assert {student: score for student, score in shown.items() if student != NOTHING} == wanted


@pytest.mark.parametrize(
    ("file", "student"), [("csv.csv", "student_id"), ("moodle.csv", "Username")]
)
def test_an_export_holds_them_where_nothing_waits(course, marks, file, student):
    rows = course.rows(file, student)
    found = {name: float(row[A]) for name, row in rows.items() if row[A].strip("-")}
    final = {s: points for s, (points, waits) in marks.items() if not waits}
    assert found == final


def test_every_place_says_what_waits_and_for_whom(course, marks):
    waiting = {student: waits for student, (_, waits) in marks.items() if waits}
    text = plain((course.root / "reports" / f"{A}.html").read_text("utf-8"))
    rows = course.rows(f"{A}.csv", "student")
    assert {s: row["waits"] for s, row in rows.items() if row["waits"]} == waiting
    for student, waits in waiting.items():
        (line,) = [x for x in course.said["table"].splitlines() if x.startswith(f"│ {student} ")]
        assert line.count("waits") == len(waits.split(", "))
        assert re.search(r"\d\S*\+\S* of 29 │$", line)
        assert f"{student}: {waits}" in text
        said = " ".join(course.said["csv"].split())
        assert f"{student} (points by hand are still to be given: {waits})" in said
        page = plain(next((course.root / "feedback" / student / A).glob("*.html")).read_text())
        assert page.count("not graded yet") >= len(waits.split(", "))
        assert "Total, points so far" in page
    for path in (course.root / "feedback").glob(f"*/{A}/*.html"):
        assert ("Total, points so far" in path.read_text("utf-8")) == (path.parts[-3] in waiting)


def test_every_place_says_who_was_late_and_what_it_cost(course):
    for student, cost in (("late", "14.5"), ("late-and-waiting", "13")):
        (line,) = [x for x in course.said["table"].splitlines() if x.startswith(f"│ {student} ")]
        assert "*" in line
        row = course.rows(f"{A}.csv", "student")[student]
        assert (float(row["seconds_late"]), row["penalty"]) == (86_400.0, cost)
        text = plain((course.root / "reports" / f"{A}.html").read_text("utf-8"))
        assert f"{student}: 1 d, −{cost} points" in text
        assert f"{student} (1 d, −{cost} points)" in " ".join(course.said["csv"].split())
        page = plain(next((course.root / "feedback" / student / A).glob("*.html")).read_text())
        assert f"Handed in late −{cost}" in page
    assert float(course.rows(f"{A}.csv", "student")["excused"]["seconds_late"]) == 0


def test_a_mark_by_hand_and_what_is_to_be_looked_at_again_are_shown_as_such(course):
    (line,) = [x for x in course.said["table"].splitlines() if x.startswith("│ flagged ")]
    assert "29?" in line
    page = plain(next((course.root / "feedback/overridden" / A).glob("*.html")).read_text())
    assert "Your instructor has set these points; the tests found 10 of 10." in page
    page = plain(next((course.root / "feedback/extra" / A).glob("*.html")).read_text())
    assert "1.5 of these points are extra credit." in page


def test_who_has_handed_in_nothing_has_no_mark(course):
    assert course.rows(f"{A}.csv", "student")[NOTHING]["total"] == ""
    assert course.rows("csv.csv", "student_id")[NOTHING][A] == ""


def test_to_grade_all_of_it_again_would_change_nothing(course):
    assert "nobody's mark" in " ".join(course.said["dry run"].split())
