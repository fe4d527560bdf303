"""`python -m grading export`: marks that Canvas, Moodle and spreadsheets read as they are."""

import contextlib
import csv
import io
import os
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Grade, Gradebook

from grading.__main__ import main
from grading.lms.roster import read_roster
from tests.support.course import Course
from tests.support.gallery import ENTRIES
from tests.support.lms_readers import CanvasCourse, Refused, moodle, spreadsheet
from tests.support.sample import sample

A, B = "01_rnn", "02_lstm"
TITLE = {A: "RNN, forwards", B: "LSTM"}
# student: Canvas's ID, sortable name, first name, last name, e-mail
PEOPLE = {
    "late": (11, 'O\'Neil, Seán "Bob", Jr.', 'Seán "Bob"', "O'Neil, Jr.", "Sean@x.org"),
    "by-hand": (12, "李, 小龍", "小龍", "李", "li@x.org"),
    "third": (13, "=HYPERLINK(1), Eve", "Eve", "=HYPERLINK(1)", "eve@x.org"),
    "right": (14, "عمر; خيام", "عمر", "Back\\", "omar@x.org"),
    "fault": (15, "Fault, Grace", "Grace", "Fault", "grace@x.org"),
    "absent": (16, "Absent, Ann", "Ann", "Absent", "ann@x.org"),
    "nothing": (17, "Folder, Fay", "Fay", "Folder", "fay@x.org"),
}
CANVAS = 'Student,ID,SIS Login ID,Section,student_id,"RNN, forwards (501)",LSTM (502)\n'
USERS = {f"u{number}" for number, *_ in PEOPLE.values()}


def quoted(*cells):
    return ",".join('"' + str(cell).replace('"', '""') + '"' for cell in cells) + "\n"


def canvas_roster():
    """What Canvas exports, with the column that we ask for."""
    rows = [quoted(n, i, f"u{i}", "Tue, 10", s, "", "") for s, (i, n, *_) in PEOPLE.items()]
    points = "    Points Possible,,,,,24.00,24.00\n"
    return CANVAS + ",,,,,Manual Posting,\n" + points + "".join(rows) + "\n"


def moodle_roster():
    """What Moodle lists as participants, with the column that we ask for."""
    rows = [
        quoted(first, last, f"u{number}", "", mail, student)
        for student, (number, _, first, last, mail) in PEOPLE.items()
    ]
    header = "First name,Last name,Username,ID number,Email address,student_id\n"
    return "\ufeff" + header + "".join(rows)


RULE = """
from nbgrader.plugins import BasePlugin
from tests.support.sample import sample

class Rule(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.5
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class: late, marked by hand, a third of a point, a grader fault, and nothing."""
    course = Course(tmp_path_factory.mktemp("class") / "course")
    config = course.root / "nbgrader_config.py"
    rule = "\nc.AssignLatePenalties.plugin_class = 'export_rule.Rule'\n"
    config.write_text(config.read_text() + rule + f"c.Exporter.titles = {TITLE!r}\n")
    (course.root / "export_rule.py").write_text(RULE)
    wrong = [
        e for e in ENTRIES if e.name == "feeds a0 at every step" and e.function == "rnn_forward"
    ]
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment(A, duedate="2026-11-01 12:00:00 UTC")
    for student in ("late", "by-hand", "third", "right", "fault"):
        course.submit(student, A, course.answers(A, *(wrong if student == "by-hand" else ())))
    stamp = course.root / "submitted" / "late" / A / "timestamp.txt"
    stamp.write_text("2026-11-02 15:00:00 UTC")
    course.submit("right", B, course.answers(B))
    course.submit("nothing", A, None)
    course.python("grading", "autograde", A, B, "--no-plots", "--workers=2")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.add_student("absent")
        (grade, *_) = gradebook.find_submission(A, "by-hand").notebooks[0].grades
        grade.manual_score = 3.25
        (grade, *_) = gradebook.find_submission(A, "third").notebooks[0].grades
        grade.manual_score = 10 / 3
        gradebook.db.commit()
    # As a grader fault leaves it: an older mark, and the submission among the unfinished ones.
    (course.root / "autograded" / ".unfinished" / "fault" / A).mkdir(parents=True)
    (course.root / "roster.csv").write_text(canvas_roster(), "utf-8")
    (course.root / "moodle.csv").write_text(moodle_roster(), "utf-8")
    return course


@pytest.fixture
def course(graded, tmp_path):
    shutil.copytree(graded.root, tmp_path / "course")
    return Course(tmp_path / "course", make=False)


def export(course, form, *words, fails=False):
    """Export; return the bytes, and what was said."""
    said = io.StringIO()
    before = Path.cwd()
    os.chdir(course.root)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = main(["export", "--format", form, *words])
    except SystemExit as stop:
        status = 1
        print(stop.code, file=said)
    finally:
        os.chdir(before)
    assert (status != 0) == fails, said.getvalue()
    path = course.root / "reports" / f"{form}.csv"
    return (path.read_bytes() if path.exists() else b""), said.getvalue()


def totals(course, assignment):
    """Return the marks as nbgrader counts them."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        return {
            one.student_id: max(0.0, one.score - (one.late_submission_penalty or 0.0))
            for one in gradebook.assignment_submissions(assignment)
        }


def in_canvas(scores=None):
    students = {number: name for number, name, *_ in PEOPLE.values()}
    return CanvasCourse({501: TITLE[A], 502: TITLE[B]}, students, dict(scores or {}))


# --- Canvas -----------------------------------------------------------------------------


def test_the_command_writes_what_canvas_reads(graded):
    said = graded.python("grading", "export", "--format", "canvas", A, "--to", "reports/to.csv")
    assert "reports/to.csv" in said.splitlines()
    assert (graded.root / "reports" / "to.csv").read_bytes() == export(graded, "canvas", A)[0]


def test_canvas_reads_the_marks_that_the_gradebook_has(graded):
    canvas, known = in_canvas(), totals(graded, A)
    data, said = export(graded, "canvas", A)
    canvas.upload(data)
    read = {s: canvas.scores.get((PEOPLE[s][0], 501)) for s in PEOPLE}
    for student in ("late", "by-hand", "third", "right"):
        assert float(read[student]) == pytest.approx(known[student], abs=1e-5), student
    assert known["late"] == 21.5
    assert (read["late"], read["right"]) == ("21.5", "24")
    assert read["third"] == "17.33333"
    assert known["by-hand"] != 24
    assert canvas.points == {501: 24.0}
    assert "reports/canvas.csv" in said.splitlines()
    assert (graded.root / "reports" / "canvas.csv").stat().st_mode & 0o077 == 0


def test_canvas_keeps_what_it_has_of_those_who_have_no_mark(graded):
    before = {(15, 501): "12", (16, 501): "EX", (17, 501): "5", (11, 502): "9"}
    canvas = in_canvas(before)
    data, said = export(graded, "canvas", A)
    canvas.upload(data)
    assert {key: canvas.scores[key] for key in before} == before
    assert (
        f"No mark in {A}: absent (handed in nothing), fault (not graded, or a grader fault), "
        "nothing (handed in nothing)." in said
    )


def test_a_cell_without_a_mark_is_empty_and_said_to_be(graded):
    canvas = in_canvas()
    data, said = export(graded, "canvas", A, B)
    canvas.upload(data)
    assert canvas.scores[14, 502] == "24"
    assert canvas.scores[11, 502] == ""
    assert "An empty cell deletes the mark" in said
    assert "late, by-hand, third" in said


def test_only_the_assignments_that_are_named_are_columns(graded):
    header = export(graded, "canvas", B)[0].decode().splitlines()[0]
    assert header == '"Student","ID","SIS Login ID","Section","LSTM (502)"'


def test_an_assignment_that_canvas_would_make_anew_is_said(course):
    roster = course.root / "roster.csv"
    roster.write_text(canvas_roster().replace("LSTM (502)", "Other (502)"), "utf-8")
    data, said = export(course, "canvas", B)
    assert "Canvas makes a new assignment unless one is called “LSTM”" in said
    in_canvas().upload(data)  # one is
    with pytest.raises(Refused, match="a new assignment"):
        CanvasCourse({501: TITLE[A]}, {14: ""}).upload(data)


def test_a_title_that_canvas_takes_for_a_sum_is_refused(course):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Exporter.titles = {'01_rnn': 'Final Points'}\n")
    said = export(course, "canvas", A, fails=True)[1]
    assert "Canvas does not read the column “Final Points”" in said


# --- Moodle -----------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["Username", "Email address"])
def test_moodle_reads_the_marks_that_the_gradebook_has(graded, by):
    data, said = export(graded, "moodle", A, "--roster=moodle.csv")
    users = {"Username": 0, "Email address": 4}[by]
    key = {s: one[4] if users else f"u{one[0]}" for s, one in PEOPLE.items()}
    read, known = moodle(data, set(key.values()), by, [TITLE[A]]), totals(graded, A)
    marked = ("late", "by-hand", "third", "right")
    assert {s: read[key[s]][TITLE[A]] for s in marked} == {
        s: pytest.approx(known[s], abs=1e-5) for s in marked
    }
    assert len(read) == len(marked)
    assert data.startswith(b'"First name","Last name","Username","Email address",')
    assert "No mark in 01_rnn: absent" in said


def test_names_with_a_backslash_do_not_spoil_moodles_cells(graded):
    data, _ = export(graded, "moodle", A, "--roster=moodle.csv")
    assert b"Back" in data
    assert b"\\" not in data
    names = [row.split(",")[0] for row in data.decode().splitlines()]
    assert '"小龍"' in names


def test_a_column_that_is_not_filled_for_everyone_is_left_out(course):
    roster = course.root / "moodle.csv"
    roster.write_text(moodle_roster().replace("u12", ""), "utf-8")
    data, _ = export(course, "moodle", A, "--roster=moodle.csv")
    assert b"Username" not in data
    moodle(data, {one[4] for one in PEOPLE.values()}, "Email address", [TITLE[A]])
    roster.write_text(moodle_roster().replace("u12", "").replace("eve@x.org", ""), "utf-8")
    said = export(course, "moodle", A, "--roster=moodle.csv", fails=True)[1]
    assert "Username is missing for by-hand" in said
    assert "Email address is missing for third" in said


def test_marks_above_what_moodle_takes_are_said(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        (grade, *_) = gradebook.find_submission(A, "right").notebooks[0].grades
        grade.extra_credit = 95.0
        gradebook.db.commit()
    data, said = export(course, "moodle", A, "--roster=moodle.csv")
    assert "marks above 100, as these have: right" in said
    with pytest.raises(Refused, match="too high"):
        moodle(data, USERS, "Username", [TITLE[A]])


# --- spreadsheets, and nbgrader's own command -------------------------------------------

FORMULAS = ["eve;=1+1;x", "@x", "a\t-1", "+x", "=HYPERLINK(0)", 'x";=1+1;"', "a|=cmd"]


def computed(text):
    """Return the cells that are formulas, wherever a reader splits."""
    cells = {c for mark in ',;\t|: "' for line in text.splitlines() for c in line.split(mark)}
    return [cell for cell in cells if cell.strip('"\ufeff').startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("name", sample(FORMULAS))
@pytest.mark.parametrize("form", ["canvas", "moodle", "csv"])
def test_no_name_is_a_formula_in_any_table(course, form, name):
    old, cells = "Fault, Grace", '"' + name.replace('"', '""') + '"'
    for file, text in (("roster.csv", canvas_roster()), ("moodle.csv", moodle_roster())):
        assert text.count(f'"{old}"') or text.count('"Fault"')
        text = text.replace(f'"{old}"', cells).replace('"Fault"', cells).replace("Tue, 10", "=0")
        (course.root / file).write_text(text, "utf-8")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.update_or_create_student("absent", last_name=name, first_name=name, email=name)
    shutil.rmtree(course.root / "autograded" / ".unfinished")
    more = ["--roster=moodle.csv"] if form == "moodle" else []
    text = export(course, form, A, *more)[0].decode()
    assert "Eve" in text
    assert computed(text) == []
    course.python("grading", "report", A)
    assert computed((course.root / "reports" / f"{A}.csv").read_text("utf-8")) == []
    course.nbgrader("export")
    text = (course.root / "grades.csv").read_text("utf-8")
    assert computed(text) == []
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["student_id"] for row in rows} >= {*PEOPLE} - {"nothing"}
    scores = {row["assignment"]: row["score"] for row in rows if row["student_id"] == "right"}
    assert (scores[A], scores[B]) == ("24", "24")


@pytest.mark.parametrize("form", ["canvas", "moodle"])
def test_an_id_that_would_be_a_formula_is_left_out_or_refused(course, form):
    for file, text in (("roster.csv", canvas_roster()), ("moodle.csv", moodle_roster())):
        (course.root / file).write_text(text.replace("u13", "=u13"), "utf-8")
    more = ["--roster=moodle.csv"] if form == "moodle" else []
    data, _ = export(course, form, A, *more)
    assert b"u13" not in data
    assert b"Username" not in data
    assert b"Login" not in data
    if form == "moodle":
        text = moodle_roster().replace("u13", "=u13").replace("eve@", "@eve@")
        (course.root / "moodle.csv").write_text(text, "utf-8")
        said = export(course, form, A, *more, fails=True)[1]
        assert "the column Username holds what a spreadsheet would take for a formula" in said


def test_a_title_that_would_be_a_formula_is_refused(course):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Exporter.titles = {'01_rnn': 'RNN; +1'}\n")
    for form in ("canvas", "moodle"):
        said = export(course, form, A, *["--roster=moodle.csv"] * (form == "moodle"), fails=True)[1]
        assert "would take “RNN; +1” for a formula" in said
    assert computed(export(course, "csv", A)[0].decode()) == []


def test_a_spreadsheet_shows_everyone_and_computes_nothing(graded):
    rows = {row["student_id"]: row for row in spreadsheet(export(graded, "csv", A)[0])}
    assert set(rows) == set(PEOPLE)
    assert rows["late"]["last_name"] == "O'Neil"
    assert rows["late"]["first_name"] == 'Seán "Bob", Jr.'
    assert rows["by-hand"]["last_name"] == "李"
    assert rows["third"]["last_name"] == "'=HYPERLINK(1)"
    assert (rows["late"][TITLE[A]], rows["late"]["01_rnn of"]) == ("21.5", "24")
    assert {rows[s][TITLE[A]] for s in ("fault", "absent", "nothing")} == {""}


def test_a_spreadsheet_needs_no_roster(course):
    (course.root / "roster.csv").unlink()
    rows = {row["student_id"]: row for row in spreadsheet(export(course, "csv", A)[0])}
    assert rows["late"][TITLE[A]] == "21.5"


@pytest.mark.parametrize("name", ["Canvas", "Csv"])
def test_nbgraders_own_command_writes_the_same(graded, name):
    ours, _ = export(graded, name.lower(), A)
    said = graded.nbgrader(
        *(
            "export",
            f"--exporter=grading.lms.formats.{name}",
            "--to=same.csv",
            f"--assignment=['{A}']",
        )
    )
    assert (graded.root / "same.csv").read_bytes() == ours, said


# --- what an answer by hand, a roster or a name can do wrong ----------------------------


def test_points_that_are_still_to_be_given_by_hand_are_no_zero(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        essay = gradebook.add_grade_cell("essay", "rnn", A, max_score=5, cell_type="markdown")
        notebook = gradebook.find_submission(A, "right").notebooks[0]
        gradebook.db.add(Grade(cell_id=essay.id, notebook_id=notebook.id))
        gradebook.db.commit()
    data, said = export(course, "canvas", A)
    assert "right (points by hand are still to be given: essay)" in said
    canvas = in_canvas()
    canvas.upload(data)
    assert (14, 501) not in canvas.scores


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("student_id", "who", "roster.csv has no column “student_id”"),
        ("Student,ID", "Student,Number", "roster.csv has no column “ID”"),
        ('"right"', '"late"', "roster.csv, line 7, has student_id late a second time"),
        ('"12"', '"11"', "roster.csv has the ID 11 twice: for late and for by-hand"),
        ('"12"', '"twelve"', "by-hand needs a number as ID, and has “twelve”"),
        ('"by-hand"', '"../by-hand"', "cannot be a student's folder"),
        ('"by-hand"', '"by/hand"', "cannot be a student's folder: its name holds a /"),
        ("SIS Login ID", "ID", "roster.csv has the column “ID” twice"),
        ('"11"', '"11', "is no CSV"),
    ],
)
def test_a_roster_that_cannot_be_used_gets_one_sentence(course, old, new, sentence):
    roster = course.root / "roster.csv"
    assert old in canvas_roster()
    roster.write_text(canvas_roster().replace(old, new), "utf-8")
    (course.root / "reports").mkdir(exist_ok=True)
    (course.root / "reports" / "canvas.csv").write_text("an earlier export")
    data, said = export(course, "canvas", A, fails=True)
    assert sentence in said
    assert len(said.strip().splitlines()) == 1
    assert data == b"an earlier export"


def test_a_roster_in_another_encoding_or_none_gets_one_sentence(course):
    roster = course.root / "roster.csv"
    roster.write_bytes(canvas_roster().encode("utf-16"))
    assert "is not in UTF-8" in export(course, "canvas", A, fails=True)[1]
    roster.unlink()
    said = export(course, "canvas", A, fails=True)[1]
    assert "There is no roster.csv" in said
    assert len(said.strip().splitlines()) == 1


def test_who_is_not_in_both_is_named(course):
    text = canvas_roster().replace('"right"', '"someone"')
    (course.root / "roster.csv").write_text(text, "utf-8")
    data, said = export(course, "canvas", A)
    assert "Not in roster.csv, so left out: right." in said
    assert "In roster.csv, but not in the gradebook nor in submitted/: someone." in said
    in_canvas().upload(data)


def test_a_name_is_printed_as_it_is(course):
    text = canvas_roster().replace('"right"', '"ada [red]"')
    (course.root / "roster.csv").write_text(text, "utf-8")
    assert "nor in submitted/: ada [red]." in export(course, "canvas", A)[1]


def test_a_row_without_a_student_is_named(course):
    text = canvas_roster().replace('"right"', '""')
    (course.root / "roster.csv").write_text(text, "utf-8")
    assert "roster.csv, line 7, has no student_id" in export(course, "canvas", A)[1]


def test_a_roster_saved_with_semicolons_is_read(course):
    text = canvas_roster().replace('","', '";"')
    text = text.replace(CANVAS, CANVAS.replace(",", ";").replace("RNN;", "RNN,"))
    text = text.replace(",,,,,Manual Posting,\n", "").replace(
        "    Points Possible,,,,,24.00,24.00\n", ""
    )
    (course.root / "roster.csv").write_text(text, "utf-8")
    canvas = in_canvas()
    canvas.upload(export(course, "canvas", A)[0])
    assert canvas.scores[11, 501] == "21.5"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_roster_is_read_whatever_a_spreadsheet_puts_between_its_cells(mark, tmp_path):
    rows = (["student_id", "Student", "ID"], ["ann", "Doe", "7"])
    (tmp_path / "roster.csv").write_text("".join(mark.join(row) + "\n" for row in rows))
    found = read_roster(tmp_path / "roster.csv")
    assert found.columns == rows[0]
    assert found.people["ann"]["ID"] == "7"


def test_an_assignment_or_a_gradebook_that_is_not_there_gets_one_sentence(course):
    said = export(course, "canvas", "09_none", fails=True)[1]
    assert said.strip() == "There is no assignment 09_none in the gradebook."
    (course.root / "gradebook.db").unlink()
    said = export(course, "canvas", A, fails=True)[1]
    assert said.strip() == "There is no gradebook here yet, so there are no marks."
    assert not (course.root / "gradebook.db").exists()
