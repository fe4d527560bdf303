"""What a person marks: answers whose ids are lost wait for them, and schemes stay with them."""

import csv
import re

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from tests.support.course import grade_id, other_course

A = "01_words"
CONFIG = """
import grading
c = get_config()
grading.configure(c)
c.CourseDirectory.course_id = "words"
"""
F = '''
def f(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    y = 2 * x
    ### END SOLUTION
    return y
'''
TEST = """
assert f(1) == 2
### BEGIN HIDDEN TESTS
assert f(21) == 42, "HIDDEN-WORD"
### END HIDDEN TESTS
"""
DRAW = '''
def draw():
    """Return a picture in letters."""
    ### BEGIN SOLUTION
    return "*"
    ### END SOLUTION
'''
TASK = """
Find an example of your own.

### BEGIN MARK SCHEME
SCHEME-WORD: two points for anything that runs.
### END MARK SCHEME
"""
BLANK, ESSAY = "YOUR ANSWER HERE", "Because the state is handed on."
BY_HAND = ("essay", "draw", "task")


def mark(name, **roles):
    own = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {"grade_id": name, **own, **roles}}


def source():
    """Return the instructor's notebook."""
    by_hand = {"grade": True, "solution": True, "points": 3}
    notebook = new_notebook()
    notebook.cells = [
        new_code_cell("import sys", metadata=mark("imports", locked=True)),
        new_code_cell(F.strip(), metadata=mark("f", solution=True)),
        new_code_cell(TEST.strip(), metadata=mark("test_f", grade=True, locked=True, points=2)),
        new_markdown_cell(BLANK, metadata=mark("essay", **by_hand)),
        new_code_cell(DRAW.strip(), metadata=mark("draw", **by_hand)),
        new_markdown_cell(TASK.strip(), metadata=mark("task", task=True, locked=True, points=2)),
    ]
    return notebook


def answered(released):
    """Return a release with everything answered."""
    notebook = nbformat.reads(released, 4)
    for cell in notebook.cells:
        solved = {"f": F, "draw": DRAW, "essay": ESSAY}.get(grade_id(cell), cell.source)
        cell.source = re.sub("    ### .*\n?", "", solved).strip()
    notebook.cells.append(new_code_cell("f(4)"))
    return notebook


def without_ids(*names):
    """Take the metadata of cells away, or of all."""

    def change(notebook):
        for cell in notebook.cells:
            if not names or grade_id(cell) in names:
                cell.metadata = {}

    return change


def without(*names):
    """Delete cells."""

    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in names]

    return change


def with_source(name, text):
    """Write something else into a cell."""

    def change(notebook):
        (cell,) = [cell for cell in notebook.cells if grade_id(cell) == name]
        cell.source = text

    return change


def doubled(notebook):
    """Put a blank copy below the essay."""
    at = [grade_id(cell) for cell in notebook.cells].index("essay")
    notebook.cells.insert(at + 1, new_markdown_cell(f" {BLANK}\n", metadata=mark("essay")))


def marks_of_the_course(notebook):
    """Write the words that begin a hidden part into cells of one's own, and never end it."""
    for word in ("HIDDEN TESTS", "MARK SCHEME"):
        notebook.cells.append(new_code_cell(f"# BEGIN {word}\nMINE = 1"))


CHANGES = {
    "whole": lambda notebook: None,
    "stripped": without_ids(),
    "lost": without_ids("essay", "draw", "task"),
    "renamed": lambda notebook: (
        with_source("draw", "picture = '*'")(notebook),
        without_ids("draw")(notebook),
    ),
    "deleted": without("essay", "draw", "task"),
    "doubled": doubled,
    "blank": with_source("essay", BLANK),
    "emptied": with_source("essay", ""),
    "marks": marks_of_the_course,
    "adds-an-import": lambda notebook: (
        with_source("imports", "import sys\nimport math  # mine")(notebook),
        with_source("f", "def f(x):\n    return math.floor(2 * x)")(notebook),
    ),
}
# Where nbgrader waits for a person; of everything else it knows the points.
WAITS = {student: set(BY_HAND) for student in CHANGES} | {"blank": {"draw", "task"}}


NO_ANSWER = ("untouched", "unreadable")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with answers of every kind, graded, with its pages."""
    root = tmp_path_factory.mktemp("by_hand") / "course"
    made = other_course(root, CONFIG, A, {"words": source()})
    made.nbgrader("generate_assignment", A)
    released = (root / "release" / A / "words.ipynb").read_text("utf-8")
    for student, change in CHANGES.items():
        notebook = answered(released)
        change(notebook)
        made.submit(student, A, notebook)
    made.submit("unreadable", A, b"{")
    made.python("grading", "autograde", A)
    made.python("grading", "feedback", A)
    return made


def page(course, student):
    return (course.root / "feedback" / student / A / "words.html").read_text("utf-8")


def source_of(course, student, name):
    (cell,) = [c for c in course.graded(student, A).cells if grade_id(c) == name]
    return cell.source


@pytest.mark.parametrize("student", CHANGES)
def test_an_answer_that_a_person_marks_waits_for_them(course, student):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        (notebook,) = gradebook.find_submission(A, student).notebooks
        waits = {grade.name for grade in notebook.grades if grade.needs_manual_grade}
        marks = {grade.name: grade.auto_score for grade in notebook.grades}
    assert waits == WAITS[student]
    assert set(marks) == {"test_f", *BY_HAND}
    assert marks["test_f"] == (0.0 if student == "adds-an-import" else 2.0)
    assert {name for name, points in marks.items() if points is None} == WAITS[student]


def test_where_an_answer_was_it_says_that_it_is_looked_for(course):
    for student in ("stripped", "lost", "deleted"):
        assert "No cell of this notebook has the id" in source_of(course, student, "essay")
        assert "looks for the answer" in page(course, student)
    assert source_of(course, "renamed", "draw").startswith("# No cell")
    assert "picture" in page(course, "renamed")
    assert ESSAY in page(course, "stripped")


def test_an_answer_in_code_without_its_id_is_told_by_its_function(course):
    for student in ("stripped", "lost"):
        assert 'return "*"' in source_of(course, student, "draw")


def test_of_two_answers_the_one_that_says_something_is_marked(course):
    assert source_of(course, "doubled", "essay") == ESSAY
    assert "2 times" in page(course, "doubled")


@pytest.mark.parametrize("student", [*CHANGES, "unreadable"])
def test_no_student_reads_a_mark_scheme_or_a_hidden_test(course, student):
    text = page(course, student)
    for word in ("SCHEME-WORD", "HIDDEN-WORD"):
        assert word not in text
    assert "Find an example of your own." in text


def test_who_marks_reads_the_scheme(course):
    path = course.root / "autograded" / "whole" / A / "words.ipynb"
    assert "SCHEME-WORD" in HTMLExporter().from_filename(str(path))[0]


def test_what_a_student_has_written_stays_on_the_page(course):
    assert page(course, "marks").count("MINE") == 2


def test_other_words_can_mark_a_scheme(course):
    """As the instructor sets them, in the release and on pages."""
    config = course.root / "nbgrader_config.py"
    before = config.read_text()
    config.write_text(
        f"{before}c.ClearMarkScheme.begin_mark_scheme_delimeter = 'Find an'\n"
        "c.ClearMarkScheme.end_mark_scheme_delimeter = 'BEGIN MARK SCHEME'\n"
    )
    course.nbgrader("generate_feedback", A, "--student=whole", "--force")
    config.write_text(before)
    assert "Find an example of your own." not in page(course, "whole")
    assert "SCHEME-WORD" in page(course, "whole")
    course.nbgrader("generate_feedback", A, "--student=whole", "--force")


def test_a_locked_cell_that_was_put_back_says_what_is_gone(course):
    text = page(course, "adds-an-import")
    assert "“import math  # mine”" in text
    assert "put back" in text
    assert "put back" not in page(course, "whole")


def test_a_page_says_where_validate_proves_nothing(course):
    assert "Validate does not check" in page(course, "stripped")
    for student in set(CHANGES) - {"stripped"}:
        assert "Validate" not in page(course, student), student


# --- what the commands show of it ------------------------------------------------------


def book(course):
    return Gradebook(f"sqlite:///{course.root}/gradebook.db")


def row_of(course, file, column, student):
    with (course.root / "reports" / file).open(encoding="utf-8-sig") as rows:
        (row,) = [row for row in csv.DictReader(rows) if row[column] == student]
    return row


def test_what_waits_is_shown_everywhere_and_is_no_final_mark(course):
    said = course.python("grading", "table", A)
    (row,) = re.findall(r"^│ whole .*$", said, re.M)
    assert row.count("waits") == 3
    assert "2+ of 10" in row
    assert "+ points so far" in said
    course.python("grading", "report", A)
    text = " ".join(
        re.sub(r"<[^>]+>", " ", (course.root / f"reports/{A}.html").read_text()).split()
    )
    assert "These are points so far." in text
    assert "whole: essay, draw, task" in text
    row = row_of(course, f"{A}.csv", "student", "whole")
    assert (row["essay points"], row["total"], row["of"]) == ("", "2", "10")
    assert row["waits"] == "essay, draw, task"
    said = course.python("grading", "export", "--format", "csv", A)
    assert "whole (points by hand are still to be given: essay, draw, task)" in said
    assert row_of(course, "csv.csv", "student_id", "whole")[A] == ""
    assert page(course, "whole").count("not graded yet") >= 3
    assert "Total, points so far" in page(course, "whole")


def test_marks_by_hand_are_added_up_and_new_work_asks_for_another_look(course):
    """Of a task too, of which nbgrader itself says nothing when it is handed in anew."""
    points = {"essay": 3.0, "draw": 1.5, "task": 2.0}
    with book(course) as gradebook:
        for name, given in points.items():
            grade = gradebook.find_grade(name, "words", A, "whole")
            grade.manual_score, grade.needs_manual_grade = given, False
        gradebook.find_grade("test_f", "words", A, "whole").extra_credit = 1.0
        gradebook.db.commit()

    exported = []

    def shown():
        said = course.python("grading", "table", A)
        (row,) = re.findall(r"^│ whole .*│ +(\S+) of 10 │$", said, re.M)
        course.python("grading", "report", A)
        exported.append(course.python("grading", "export", "--format", "csv", A))
        total = row_of(course, f"{A}.csv", "student", "whole")["total"]
        return row, total, row_of(course, "csv.csv", "student_id", "whole")[A]

    assert shown() == ("9.5", "9.5", "9.5")
    path = course.root / "submitted" / "whole" / A / "words.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells.append(new_markdown_cell("I have thought again."))
    nbformat.write(notebook, path)
    course.python("grading", "autograde", A)
    assert shown() == ("9.5?", "9.5", "9.5")
    with book(course) as gradebook:
        (notebook,) = gradebook.find_submission(A, "whole").notebooks
        assert {g.name for g in notebook.grades if g.needs_manual_grade} == set(points)
    assert ["another look" in said for said in exported] == [False, True]
    (line,) = [line for line in exported[1].splitlines() if "another look" in line]
    assert line == f"nbgrader asks for another look at marks in {A}: whole (essay, draw, task)."
    course.python("grading", "feedback", A, "--student=whole")
    assert page(course, "whole").count("These points were set before this notebook was last") == 3
    assert "points so far" not in page(course, "whole")


def test_what_was_left_as_it_was_handed_out_is_no_mark_of_a_persons(course):
    released = course.root / "release" / A / "words.ipynb"
    course.submit("untouched", A, released.read_bytes())
    course.python("grading", "autograde", A)
    said = course.python("grading", "table", A)
    rows = {name: re.findall(rf"^│ {name} +│(.*)$", said, re.M)[0] for name in NO_ANSWER}
    found = {name: [c.strip() for c in row.strip("│").split("│")] for name, row in rows.items()}
    assert found == {
        "untouched": [*["not attempted, 0"] * 3, "waits", "0+ of 10"],
        "unreadable": [*["unreadable, 0"] * 3, "waits", "0+ of 10"],
    }
    course.python("grading", "feedback", A, "--student=untouched")
    for student in NO_ANSWER:
        assert page(course, student).count("There is no answer here") == 2
