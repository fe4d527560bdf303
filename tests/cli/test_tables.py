"""The tables that a grading prints: whole on every terminal, with nothing cut off."""

import itertools
import re

import pytest
from rich.text import Text

from grading.cli import tables
from grading.cli.columns import Column, fitted
from grading.core.verdicts import Verdict
from grading.store.cohort import Answer, Class, Member

EIGHT = {
    "01_rnn": 20,
    "02_lstm": 20,
    "03_bptt": 50,
    "04_lstm_backward": 20,
    "05_language_model": 40,
    "06_encoder_decoder": 30,
    "07_attention": 100,
    "08_transformer": 62.5,
}
FIVE = ("cross_entropy", "gradient_check", "output_backward", "rnn_cell_backward", "rnn_backward")
ADDRESS = "a.student.with.an.address.of.her.own@university.example"


def text_of(drawn, width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    tables.show(*drawn)
    return capsys.readouterr().out


def lesson(name="01_rnn", most=20.0, without=()):
    right = Answer(Verdict.CORRECT, most / 2)
    both = {"f": right, "g": right}
    members = [
        Member("ada", total=most, answers=both),
        Member("bo", total=18.5, seconds_late=60.0, answers=both),
        Member("cy", total=10.0, by_hand={"essay": None}, answers=both),
        Member("di", answers={"f": right, "g": Answer(Verdict.GRADER_FAULT, None)}),
        Member(ADDRESS, total=most - 1, answers=both),
    ]
    hand_ins = {one.student: dict(one.answers) for one in members if one.student not in without}
    return Class(name, dict.fromkeys(both, most / 2), most, members, {}, hand_ins)


def marks(width, monkeypatch, capsys):
    """Return the table of eight lessons' marks, and what stands in each of its columns."""
    classes = [lesson(name, most) for name, most in EIGHT.items()]
    said = text_of(tables._marks(classes, ()), width, monkeypatch, capsys)
    assert max(map(len, said.split("\n"))) <= width
    found = []
    for table in re.split("^marks.*$", said, flags=re.M)[1:]:
        lines = [line.replace("student", " " * 7) for line in table.split("\n") if line.strip()]
        (rule,) = [line for line in lines if set(line) <= set("─ ")]
        row = next(line for line in lines if line.startswith("ada"))
        ends = [match.end() for match in re.finditer(r"\S+", row)]
        for start, end in itertools.pairwise(ends):
            head = [line[start:end].replace(" ", "") for line in lines[: lines.index(rule)]]
            found.append("".join([*head, "=", row[start:end].strip()]))
    return said, found


WANTED = [f"{name}of{most:g}={most:g}" for name, most in EIGHT.items()]


def test_eight_lessons_stand_side_by_side_in_a_hundred_columns(monkeypatch, capsys):
    said, found = marks(100, monkeypatch, capsys)
    assert found == WANTED
    assert "continued" not in said
    assert {"language_", "encoder_", "transformer"} <= set(said.split())  # no word is broken


@pytest.mark.parametrize("width", [30, 40, 80])
def test_what_finds_no_room_stands_below_and_says_so(width, monkeypatch, capsys):
    said, found = marks(width, monkeypatch, capsys)
    assert found == WANTED
    assert "marks, continued" in said


@pytest.mark.parametrize("width", [40, 80, 100])
def test_a_long_id_is_broken_and_not_cut(width, monkeypatch, capsys):
    said, _ = marks(width, monkeypatch, capsys)
    (place,) = {line.index("ada") for line in said.split("\n") if "ada" in line}
    wide = max(len(line.split(" ")[0]) for line in said.split("\n") if line[:1].isalpha())
    letters = "".join(line[place:wide].strip() for line in said.split("\n"))
    assert ADDRESS in letters


def test_who_has_handed_in_nothing_is_told_from_who_earned_nothing(monkeypatch, capsys):
    drawn = tables._marks([lesson(), lesson("02_lstm", without=["ada"])], ())
    said = text_of(drawn, 80, monkeypatch, capsys)
    assert ["ada", "20", "–"] in [line.split() for line in said.split("\n")]
    assert "– nothing handed in" in said


def test_the_table_of_marks_has_those_who_were_asked_for(monkeypatch, capsys):
    said = text_of(tables._marks([lesson(), lesson()], ["bo"]), 80, monkeypatch, capsys)
    assert "bo" in said
    assert "ada" not in said


def test_a_mark_is_the_one_of_the_exports_and_says_what_is_odd_about_it(monkeypatch, capsys):
    said = text_of(tables._marks([lesson(), lesson()], ()), 80, monkeypatch, capsys)
    rows = [line.split() for line in said.split("\n")]
    assert ["ada", "20", "20"] in rows
    assert ["bo", "18.5*", "18.5*"] in rows
    assert ["cy", "10+", "10+"] in rows
    assert ["di", "no", "mark", "no", "mark"] in rows
    assert "* handed in late" in said
    assert "+ points so far: something in it still waits" in said
    assert "– nothing" not in said


def test_five_exercises_with_the_longest_verdicts_fit_a_hundred_columns(monkeypatch, capsys):
    answers = {name: Answer(Verdict.OTHER_ASSIGNMENT, 0.0) for name in FIVE}
    known = Class("03_bptt", dict.fromkeys(FIVE, 10.0), 50.0, [], {}, {"bkowalcz": answers})
    said = text_of(tables._results(known, known.hand_ins), 100, monkeypatch, capsys)
    assert said.count("0 of 50") == 1
    assert "continued" not in said
    assert said.count("assignment,") == 5


@pytest.mark.parametrize("width", range(12, 120, 9))
def test_no_letter_and_no_column_is_lost_at_any_width(width, monkeypatch, capsys):
    columns = [Column(f"name_{n}_of_it", [Text(f"word{n} and {n}0")]) for n in range(7)]
    first = Column("who", [Text("somebody")])
    said = text_of(fitted("all", first, columns, width), width, monkeypatch, capsys)
    assert max(map(len, said.split("\n"))) <= width
    below = ["" for _ in said]
    for line in said.split("\n"):  # put together what stands in one column of one table
        for place, cell in enumerate(re.split("[│┃]", line)[1:-1]):
            below[place] += cell.replace(" ", "")
    for n in range(7):
        assert any(f"name_{n}_of_it" in column for column in below)
        assert any(f"word{n}and{n}0" in column for column in below)
