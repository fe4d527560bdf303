"""Preflight finds what is wrong with a lesson, and nothing with those that are shipped."""

import re
from types import SimpleNamespace

import nbformat
import pytest

from grading.preflight.findings import Findings
from grading.preflight.form import complaints
from tests.support.course import ROOT, Course, grade_id, notebook_path

A = "01_rnn"
PREFLIGHT = ("grading", "preflight", A)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """A course with a lesson in which several things are wrong, and what preflight says."""
    course = Course(tmp_path_factory.mktemp("preflight") / "course")
    source = course.root / "source" / A
    path = notebook_path(source)
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if grade_id(cell) == "test_rnn_cell_forward":
            # The hidden parts look at the state alone, and at an input that students see. One
            # looks at nothing, and a point is missing.
            start, _, rest = cell.source.partition('with exam.part("values of yt_pred"')
            cell.source = (
                start
                + 'with exam.part("nothing", 1):\n    pass\n'
                + 'with exam.part("the rest", 5):\n'
                + "    from public_tests import cases\n"
                + '    exam.compare(cases("rnn_cell_forward")[0][1], "a_next")\n'
                + "exam.score()\n"
                + rest[rest.index("### END") :]
            )
        if grade_id(cell) == "test_rnn_forward":
            # Only its public test finds anything.
            start, mark, _ = cell.source.partition("### BEGIN HIDDEN TESTS\n")
            cell.source = start + mark + "assert callable(rnn_forward)\n### END HIDDEN TESTS"
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            cell.source += "\n\nSee [there](#Nowhere) and [that](nothing.csv)."
            cell.source += "\n\n![cell](attachment:cell.png) <img alt='' src='state.png'>"
    # Never graded, as it is in no submission; a kernel meets it.
    notebook.cells.append(nbformat.v4.new_code_cell("raise ValueError('too late')"))
    nbformat.write(notebook, path)
    (source / "misconceptions.toml").write_text(
        '[[rnn_cell_forward]]\nname = "output bias forgotten"\nsays = "It is."\n'
        'edits = [[" + by)", ")"]]\n'
        '[[rnn_cell_forward]]\nname = "a cell of zeros"\nsays = "It is."\n'
        'edits = [["np.tanh(", "0 * np.tanh("]]\nloses = "cache"\nverdict = "raised"\n'
    )
    (source / "right.toml").write_text(
        '[[rnn_cell_forward]]\nname = "cache without its parameters"\nsays = "A reason."\n'
        'edits = [["cache = (a_next, a_prev, xt, parameters)", '
        '"cache = (a_prev, a_next, xt, parameters)"]]\n'
    )
    said = course.python(*PREFLIGHT, fails=True)
    page = (course.root / "reports" / f"preflight-{A}.html").read_text("utf-8")
    return " ".join(said.split()), page


def test_a_mutant_that_no_hidden_part_sees_survives(spoilt):
    said, page = spoilt
    assert "survives: drop term" in said
    assert "+ by" in said
    assert "Survives: " in page


def test_a_misconception_that_costs_nothing_is_to_be_mended(spoilt):
    assert "misconception (output bias forgotten) earns full marks" in spoilt[0]


def test_what_a_misconception_costs_other_than_its_list_says_is_to_be_mended(spoilt):
    assert "'a cell of zeros' is partly correct; by the list it is raised" in spoilt[0]
    costs = "earns 1 and loses values of a_next, the rest; by the list cache"
    assert f"'a cell of zeros' {costs}" in spoilt[0]


def test_a_right_answer_that_a_public_test_refuses_is_to_be_mended(spoilt):
    costs = "right (cache without its parameters) is partly correct; lost: public tests"
    assert costs in spoilt[0]


def test_parts_that_do_not_hold_the_points_of_their_cell_are_said_once(spoilt):
    said = "The parts of the test cell test_rnn_cell_forward add up to 9 points, and the cell is "
    assert said + "worth 10" in spoilt[0]
    assert "solution (" not in spoilt[0]


def test_a_mistake_that_costs_nothing_with_any_seed_is_said_once(spoilt):
    assert spoilt[0].count("earns full marks") == 1
    assert "earns full marks with every seed" in spoilt[0]


def test_hidden_parts_catch_what_they_find_themselves_and_nothing_else(spoilt):
    said, _ = spoilt
    (loop,) = re.findall(r"rnn_forward: hidden parts catch (.*?) of \d+ mutants, (.*?);", said)
    assert loop[0] == "0 (0%)"
    assert loop[1].startswith("the public test ")
    assert not loop[1].endswith(" 0 (0%)")
    assert "rnn_forward: its hidden parts catch none of" in said


def test_a_part_that_nothing_loses_is_to_be_mended(spoilt):
    assert spoilt[0].count("no wrong answer loses") == 1
    assert "rnn_cell_forward: no wrong answer loses the hidden part nothing" in spoilt[0]


def test_an_exam_that_does_not_count_stops_it_in_a_sentence(tmp_path):
    """What a release refuses, and what only grading sees."""
    course = Course(tmp_path / "course")
    path = notebook_path(course.root / "source" / A)
    text = path.read_text("utf-8")
    for line in ("print(exam.score())", "exam.score() + 0.5"):
        path.write_text(text.replace('"exam.score()\\n"', f'"{line}\\n"', 1), "utf-8")
        said = course.python(*PREFLIGHT, fails=True)
        assert "The test cell test_rnn_cell_forward does not end on what its exam earned" in said
        assert "Traceback" not in said


def test_answers_are_counted(spoilt):
    said, page = spoilt
    assert "2 of 4 wrong answers are named rightly, 0 of 21 right ones accused" in said
    assert '<td class="number">10 of 10</td>' in page


def test_what_is_said_of_known_mistakes_is_counted(spoilt):
    said, page = spoilt
    assert "2 known mistakes are told apart, 0 are said as a possibility, 0 are not" in said
    assert "0 false diagnoses of " in said
    assert "What is said of a wrong answer" in page


def test_values_that_are_older_than_the_lesson_are_to_be_made_anew(spoilt):
    said = "rnn_cell_forward: the lesson is newer than hints.json: run python -m grading.release"
    assert said in spoilt[0]
    assert "newer than expected.json" not in spoilt[0]


def test_a_mutant_that_is_listed_as_right_is_counted_apart_with_its_reason(spoilt):
    said, page = spoilt
    assert "1 are equivalent" in said
    assert "A reason." in page


@pytest.mark.parametrize(
    "complaint",
    [
        "is not what the source makes of it: run `make notebooks`.",
        "there is no heading for the link #Nowhere.",
        "there is no file nothing.csv to link to.",
        "there is no picture attachment:cell.png.",
        "there is no file state.png to link to.",
        "The finished notebook stops in a kernel: ValueError: too late",
        "rnn_cell_forward: a hidden part uses the inputs of a public case.",
    ],
)
def test_what_is_wrong_with_its_form_is_said(spoilt, complaint):
    assert complaint in spoilt[0]


@pytest.mark.parametrize(
    ("whole", "slowest", "said"),
    [
        (31.0, 5.0, ["31 s of one processor"]),
        (2.0, 31.0, ["A cell of the finished notebook takes 31 s by the clock"]),
        (29.0, 29.0, []),
    ],
)
def test_a_notebook_that_works_or_waits_too_long_is_to_be_mended(whole, slowest, said):
    lab = SimpleNamespace(run=lambda: (whole, slowest), exercises={}, right=[], wrong=[])
    found = Findings(A, lab, [], [], {}).complaints
    assert len(found) == len(said)
    assert all(words in complaint for words, complaint in zip(said, found, strict=True))


def test_the_page_is_complete_in_itself(spoilt):
    for word in ("<script", "http://", "https://", "<link", "@import", "url("):
        assert word not in spoilt[1]


def test_a_course_without_that_assignment_says_so(tmp_path):
    course = Course(tmp_path / "course")
    said = course.python("grading", "preflight", "09_none", fails=True)
    assert "09_none" in said
    assert "Traceback" not in said


def test_a_list_that_cannot_be_read_is_said_with_its_place(tmp_path):
    course = Course(tmp_path / "course")
    path = course.root / "source" / A / "misconceptions.toml"
    path.write_text('[[rnn_forward]]\nname = "no code"\n')
    said = course.python(*PREFLIGHT, fails=True)
    assert "misconceptions.toml" in said
    assert "'no code' needs edits, or else a cell." in said
    assert "Traceback" not in said


def test_no_list_of_answers_reaches_a_release_or_a_sandbox():
    for path in (ROOT / "notebooks").rglob("*.toml"):
        raise AssertionError(path)


def test_a_link_is_read_as_a_browser_reads_it(tmp_path):
    links = "[data](two%20words.csv) [none](no%20such.csv) ![up](https://x.org/y.png)"
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(links)])
    nbformat.write(source, tmp_path / "one.ipynb")
    (tmp_path / "two words.csv").touch()
    assert [*complaints(tmp_path)] == ["one.ipynb: there is no file no such.csv to link to."]


SOLUTION = """
class Account:
    balance = 0
class Overdrawn(ValueError):
    pass
def steps(n):
    yield n
def total(n):
    def inner():
        yield n
    return sum(inner())
"""


@pytest.mark.parametrize(
    ("test", "named"),
    [
        ("assert Account().balance == 0", "the class Account"),
        ("assert list(steps(1)) == [1]", "the generator steps"),
        ("import pylab\npylab.gcf().axes[0]", "a figure that a submission has drawn"),
        ("try:\n    total(1)\nexcept Overdrawn:\n    pass", None),
    ],
)
def test_a_test_of_what_does_not_reach_it_is_named_beforehand(tmp_path, test, named):
    notebook = nbformat.v4.new_notebook()
    mark = {"schema_version": 3, "locked": False, "task": False}
    for name, source, grade in (("solution", SOLUTION, False), ("checks", test, True)):
        roles = {"grade_id": name, "grade": grade, "solution": not grade, **mark}
        cell = nbformat.v4.new_code_cell(source, metadata={"nbgrader": roles})
        del cell["id"]  # as in a notebook that is older
        notebook.cells.append(cell)
    notebook.nbformat_minor = 4
    nbformat.write(notebook, tmp_path / "one.ipynb")
    found = [one for one in complaints(tmp_path) if "plain data" in one]
    assert found == [
        f"one.ipynb: checks: only plain data reaches a test, and {named} is none: let a function "
        "of the notebook return what the test is to look at."
    ] * (named is not None)
