"""`python -m grading report`: what a class did, on one page that is safe to open."""

import csv
import random
import re
import shutil
from types import SimpleNamespace
from xml.etree import ElementTree

import html5lib
import numpy as np
import pytest
from nbgrader.api import Gradebook

from grading.comparison import bare, perhaps, surely
from grading.core.records import Part
from grading.core.verdicts import Verdict
from grading.report import page as report_page
from grading.report import plots, statistics
from grading.store.cohort import Answer, Class, Member, exercises_of
from tests.support.course import Course, grade_id
from tests.support.gallery import ENTRIES

A = "01_rnn"
REPORT = ("grading", "report", A)
EVIL = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"
ODD_LOOP = f"""def rnn_forward(x, a0, parameters):
    # {EVIL} \u202e
    pieces_of_state, pieces_of_output, kept_for_later, running_state = [], [], [], a0
    moments = iter(np.moveaxis(np.asarray(x), 2, 0))
    while (moment := next(moments, None)) is not None:
        running_state, guess, remembered = rnn_cell_forward(moment, running_state, parameters)
        pieces_of_state += [running_state]
        pieces_of_output += [guess]
        kept_for_later += [remembered]
    kept_for_later = kept_for_later[2:] + kept_for_later[:2]
    return np.dstack(pieces_of_state), np.dstack(pieces_of_output), (kept_for_later, x)
"""


def handed_in(course, student, loop):
    notebook = course.answers(A)
    for cell in notebook.cells:
        if grade_id(cell) == "rnn_forward":
            cell.source = loop
    course.submit(student, A, notebook)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class: right, wrong, alike, late, unreadable, absent, and odd in names and code."""
    course = Course(tmp_path_factory.mktemp("class") / "course")
    for number in range(3):
        course.submit(f"right-{number}", A, course.answers(A))
    wrong = [
        e for e in ENTRIES if e.function == "rnn_forward" and e.name == "feeds a0 at every step"
    ]
    course.submit("wrong", A, course.answers(A, *wrong))
    for student in ("odd-one", "odd-two"):
        handed_in(course, student, ODD_LOOP)
    course.submit("blank", A, course.release(A))
    course.submit("unreadable", A, b"{")
    course.submit("nothing", A, None)
    late = course.root / "submitted" / "wrong" / A / "timestamp.txt"
    late.write_text("2026-11-20 10:00:00 UTC")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.add_student("absent", first_name="Ann", last_name="Absent")
        gradebook.add_student("odd-one", first_name=EVIL, last_name="=1+1")
        gradebook.update_or_create_assignment(A, duedate="2026-11-19 08:00:00 UTC")
    course.python("grading", "autograde", A, "--no-plots", "--workers=2")
    course.told = course.python(*REPORT)
    return course


@pytest.fixture(scope="module")
def text(graded):
    return (graded.root / "reports" / f"{A}.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(text):
    return parsed(text)


@pytest.fixture(scope="module")
def table(graded):
    with (graded.root / "reports" / f"{A}.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def course(graded, tmp_path):
    shutil.copytree(graded.root, tmp_path / "course")
    return Course(tmp_path / "course", make=False)


def parsed(text):
    """Read a page as a browser does, but take no mistake."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def said(element):
    return " ".join("".join(element.itertext()).split())


def section(page, name):
    (found,) = [one for one in page.iter("section") if one.get("aria-labelledby") == name]
    return found


# --- the page ---------------------------------------------------------------------------


def test_it_says_where_the_page_and_the_table_are(graded):
    assert graded.told.split() == [f"reports/{A}.html", f"reports/{A}.csv"]
    for name in graded.told.split():
        assert (graded.root / name).stat().st_mode & 0o077 == 0


def test_the_page_runs_nothing_and_asks_for_nothing(page, text):
    tags = {element.tag.rpartition("}")[2] for element in page.iter()}
    assert not tags & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "form",
        "image",
        "foreignObject",
    }
    for element in page.iter():
        for name, value in element.attrib.items():
            assert not str(name).startswith("on")
            if str(name).rpartition("}")[2] in ("href", "src", "xlink:href"):
                assert value.startswith("#")
    (policy,) = [e.get("content") for e in page.iter("meta") if e.get("http-equiv")]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert not re.search(r"@import|url\((?!#)", text)


def test_the_page_can_be_read_by_ear_in_the_dark_and_on_paper(page, text):
    assert page.get("lang") == "en"
    for landmark in ("header", "nav", "main", "h1"):
        assert len(list(page.iter(landmark))) == 1
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {a.get("href")[1:] for a in page.find(".//nav").iter("a")} <= set(ids)
    regions = [e.get("aria-label") for e in page.iter() if e.get("role") == "region"]
    assert len(regions) == len(set(regions)) > 2
    plots = [element for element in page.iter() if element.tag.rpartition("}")[2] == "svg"]
    assert len(plots) == 3
    for plot in plots:
        assert plot.get("role") == "img"
        assert len(plot.get("aria-label")) > 20
    for drawn in page.iter("table"):
        assert said(drawn.find("caption"))
        assert all(head.get("scope") for head in drawn.iter("th"))
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_what_students_chose_stands_there_as_text(page, text):
    assert said(page).count("<script>alert(1)</script>") >= 3  # a name, and two answers
    assert "\u202e" not in text
    assert "\\u202e" in said(section(page, "alike"))


def test_it_says_who_has_not_handed_in_who_is_late_and_what_cannot_be_graded(page):
    told = section(page, "missing")
    names = [said(item) for item in told.find("ul").iter("li")]
    assert names == ["nothing", "Ann Absent (absent)"]
    assert "unreadable: unreadable" in said(told)
    assert "wrong: 1 d, 2 h" in said(told)


def test_the_shares_of_verdicts_are_those_of_the_records(graded, page):
    head, *rows = [[said(cell) for cell in row] for row in section(page, "verdicts").iter("tr")]
    counts = {
        (exercise, row[0]): int(cell.partition(" ")[0])
        for row in rows
        for exercise, cell in zip(head[1:], row[1:], strict=True)
        if cell
    }
    students = (
        "right-0",
        "right-1",
        "right-2",
        "wrong",
        "odd-one",
        "odd-two",
        "blank",
        "unreadable",
    )
    expected = {}
    for student in students:
        for function, record in graded.records(student, A).items():
            key = function, record["verdict"]
            expected[key] = expected.get(key, 0) + 1
    assert counts == expected
    assert counts["rnn_cell_forward", "not attempted"] == 1
    assert counts["rnn_forward", "unreadable"] == 1


def test_what_a_teacher_would_say_stands_there_and_who_needs_it(graded, page):
    told = section(page, "mistakes")
    named = graded.records("wrong", A)["rnn_forward"]["named"]
    assert named
    rows = [said(row) for row in told.iter("tr")]
    for name, says in named:
        (row,) = [row for row in rows if name in row]
        assert bare(says) in row
        assert row.startswith("1 (12")
        assert row.endswith("wrong")
    unnamed = [row for row in rows if "odd-two" in row]
    assert len(unnamed) == 1
    assert "caches" in unnamed[0]
    assert not any("blank" in row for row in rows)  # that nothing is written yet is no mistake


def test_two_that_are_alike_stand_side_by_side_and_are_called_a_hint(page):
    told = section(page, "alike")
    (pair,) = [e for e in told.iter("div") if e.get("class") == "pair"]
    assert said(pair.find("h3")).startswith(EVIL)
    assert "odd-two" in said(pair.find("h3"))
    assert [said(code).count("kept_for_later[2:]") for code in pair.iter("pre")] == [
        *(0, 0),
        *(1, 1),
        *(0, 0),
    ]
    assert "Same mistake in rnn_forward, which 2 of 7 make: the same parts lost" in said(pair)
    assert "A hint, and never a verdict." in said(told)
    assert "right-0" not in said(told)


# --- the table beside it --------------------------------------------------------------------


def test_the_table_has_everybody_and_no_formula(table):
    assert {name: row["handed_in"] for name, row in table.items()} == {
        **dict.fromkeys(["right-0", "right-1", "right-2", "wrong", "odd-one", "odd-two"], "yes"),
        **{"blank": "yes", "unreadable": "unreadable", "nothing": "no", "absent": "no"},
    }
    assert table["right-0"]["total"] == "24"
    assert table["right-0"]["rnn_forward verdict"] == "correct"
    assert table["absent"]["total"] == table["absent"]["rnn_forward points"] == ""
    assert table["blank"]["total"] == "0"
    assert table["odd-one"]["last_name"] == "'=1+1"
    assert float(table["wrong"]["seconds_late"]) == 26 * 3600


def test_a_mark_by_hand_counts_and_a_fault_is_no_mark(course, text):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.find_grade("test_rnn_forward", "rnn", A, "blank").manual_score = 4.0
        gradebook.db.commit()
    (course.root / "autograded" / ".unfinished" / "right-1" / A).mkdir(parents=True)
    before = (course.root / "gradebook.db").read_bytes()
    course.python(*REPORT)
    with (course.root / "reports" / f"{A}.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["blank"]["total"] == rows["blank"]["rnn_forward points"] == "4"
    assert rows["right-1"]["total"] == ""
    assert rows["right-1"]["rnn_forward verdict"] == "grader fault"
    told = said(section(parsed((course.root / "reports" / f"{A}.html").read_text()), "missing"))
    assert "right-1: no mark" in told
    assert (course.root / "gradebook.db").read_bytes() == before


def test_what_cannot_be_reported_is_said_and_makes_nothing(graded, tmp_path):
    course = Course(tmp_path / "course")
    assert "There is no assignment nope" in course.python("grading", "report", "nope", fails=True)
    course.python(*REPORT)  # nobody has handed in: a page all the same
    empty = parsed((course.root / "reports" / f"{A}.html").read_text())
    assert "Nobody has a mark yet." in said(empty)
    (course.root / "gradebook.db").unlink()
    assert "There is no gradebook here yet" in course.python(*REPORT, fails=True)
    assert not (course.root / "gradebook.db").exists()


# --- figures, on classes made by hand -------------------------------------------------------


def answer(*earned, named=(), verdict=Verdict.PARTLY_CORRECT, public=True):
    parts = [
        Part(f"part {n}", 2.0, 2.0 * e, "" if e else "not right") for n, e in enumerate(earned)
    ]
    return Answer(verdict, sum(p.earned for p in parts), tuple(parts), named, public, "x = 1")


def made(*answers):
    """A class of one exercise, from the answers."""
    members = [Member(f"s{n:02}", total=a.points, answers={"f": a}) for n, a in enumerate(answers)]
    return Class(A, {"f": 6.0}, 6.0, members, {"f": ""})


def test_misconceptions_are_ranked_by_how_many_have_them():
    rare, often = ("adds twice", "You add it twice."), ("old state", "You take the old state.")
    known = made(
        answer(1, 0, named=(rare, often)),
        *[answer(1, 0, named=(often,))] * 3,
        answer(0, 0),
        answer(1, 1),
        answer(1, 0, named=(often,), public=False),  # who was warned
    )
    found = statistics.misconceptions(known)
    assert [(one.name, len(one.students)) for one in found] == [("old state", 5), ("adds twice", 1)]
    assert [(one.name, one.students) for one in statistics.others(known)] == [("part 0", ("s04",))]
    assert statistics.unwarned(known) == {"f": 5}
    told = said(section(parsed(report_page.page(known)), "mistakes"))
    assert told.index("You take the old state.") < told.index("You add it twice.")
    assert "5 (71" in told


def test_how_hard_a_part_is_and_whether_it_tells_the_strong_from_the_weak():
    chance = random.Random(3)
    marks = [[chance.random() < skill / 40 for _ in range(3)] for skill in range(40)]
    found = {item.part: item for item in statistics.items(made(*(answer(*row) for row in marks)))}
    earned = np.array(marks, float)
    for number in range(3):
        item = found[f"part {number}"]
        rest = earned.sum(axis=1) - earned[:, number]
        assert item.share == pytest.approx(earned[:, number].mean())
        assert item.tells.value == pytest.approx(np.corrcoef(earned[:, number], rest)[0, 1])
        assert item.tells.low < item.tells.value < item.tells.high
        assert "Tells strong students from weak ones" in item.says
    assert found[""].tells is None  # there is no other exercise


def test_a_part_that_the_strong_lose_is_worth_a_look():
    rows = [(1, 1, 0)] * 10 + [(0, 0, 1)] * 10 + [(1, 0, 1), (0, 1, 0)]
    found = {item.part: item for item in statistics.items(made(*(answer(*row) for row in rows)))}
    assert found["part 2"].is_odd
    assert "Look at the test and at the wording." in found["part 2"].says
    never = statistics.items(made(*[answer(1, 0, 1)] * 5, *[answer(1, 0, 0)] * 5))
    assert [item.is_odd for item in never] == [False, True, True, False]
    told = said(section(parsed(report_page.page(made(*(answer(*row) for row in rows)))), "tests"))
    assert "f, part 2: Students who are strong elsewhere lose it" in told


def test_of_a_tiny_class_nothing_is_said_of_the_tests():
    known = made(*[answer(1, 0, 1), answer(0, 1, 1), answer(1, 1, 0)] * 3)
    assert len(known.members) == statistics.FEWEST - 1
    assert all(item.tells is None and not item.is_odd for item in statistics.items(known))
    rows = [
        [said(cell) for cell in row]
        for row in section(parsed(report_page.page(known)), "tests").iter("tr")
    ]
    assert all(row[4:] == ["", ""] for row in rows[1:])
    more = made(*[answer(1, 0, 1), answer(0, 1, 1), answer(1, 1, 0)] * 4)
    assert any(item.tells for item in statistics.items(more))


def test_an_answer_that_a_person_marks_is_no_exercise_of_the_graders():
    def cell(name, locked):
        return SimpleNamespace(name=name, locked=locked, max_score=3)

    cells = [cell("essay", False), cell("test_f", True)]
    sources = [cell("f", False), *cells]
    notebook = SimpleNamespace(grade_cells=cells, task_cells=[], source_cells=sources)
    assert exercises_of([notebook]) == {"test_f": 3.0}


def test_a_class_of_which_nothing_could_be_graded_has_a_page():
    lost = Answer(Verdict.GRADER_FAULT, None)
    known = Class(A, {"f": 6.0}, 6.0, [Member("s1", answers={"f": lost})], {"f": ""})
    page = report_page.page(known)
    assert "Nobody has a mark yet." in page
    assert "grader fault" in page


@pytest.mark.parametrize("first", [0, 1])
def test_a_mistake_is_one_however_sure_it_is_of_each_answer(first):
    texts = [*surely(["You add it."]), *perhaps(["You add it."])]
    told = [answer(1, 0, named=(("adds", text),)) for text in (texts[first], texts[1 - first], "")]
    (mistake,) = statistics.misconceptions(made(*told))
    assert mistake.says == "You add it."
    assert len(mistake.students) == 3


def test_full_marks_have_a_bar_of_their_own():
    spread = statistics.Distribution([20.0, 20.0, 19.5, 0.0, 10.0], 20.0)
    bins = spread.bins()
    assert sum(count for _, _, count in bins) == 5
    assert [count for low, _, count in bins if low == 20.0] == [2]
    assert spread.quartiles == (10.0, 19.5, 20.0)
    assert statistics.Distribution([1e-9, 7000.0], 7000.0).bins()


def test_a_plot_tells_in_words_what_it_shows():
    page = ElementTree.fromstring(
        "<p xmlns:xlink='x'>" + plots.verdicts({"f<g": {Verdict.CORRECT: 3}}) + "</p>"
    )
    (drawn,) = page
    assert drawn.get("aria-label") == "Bars: verdicts by exercise. f<g: 3 correct."
