"""Tables for spreadsheets: whatever a text holds and wherever a reader splits, it is no formula."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.core.tables import harmless, number, table

SEPARATORS = [",", ";", "\t", "|", ":", " ", "\n", '"', "/", "^"]
NAMES = [
    *("eve;=1+1;x", "=1+1", "eve\t=1+1", "eve\n=1+1", "eve\r\n@x", "eve|+1", "eve:-1", "eve =1"),
    *(
        '"=1+1"',
        "';=1",
        '";"=1',
        "==1",
        "'=1",
        "x;;=1",
        "\ufeff=1",
        "\x00=1",
        "\u200b=1",
        "\u2028=1",
    ),
    *(
        "\uff1d1",
        "x;\uff20a",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://x.org")',
        "-",
        "@",
        ";-1;+1",
    ),
]
PLAIN = [
    "Jean-Luc",
    "a+b@x.org",
    "x=y",
    "O'Neil, Jr.",
    'Seán "Bob"',
    "李 小龍",
    "a;b",
    "",
    "12",
    "#1",
]
SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def naive(text, separator):
    """Cut at every separator, as a reader may that sees no quotes in the middle of a cell."""
    return [
        cell.strip('"\ufeff \t\r\n') for line in text.splitlines() for cell in line.split(separator)
    ]


def careful(text, separator):
    """Cut as Python does, whose quotes count at the beginning of a cell alone."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [cell.strip() for row in reader for cell in row]


def check(text):
    for separator in SEPARATORS:
        found = naive(text, separator)
        if separator not in '"\n':
            found += careful(text, separator)
        assert not [cell for cell in found if cell.startswith(SIGNS)], (separator, text)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_text_is_no_formula_wherever_a_reader_splits(name):
    check(table([["first", name, Decimal("1.5")], [name, "x", name]]))


@given(st.lists(st.text(alphabet="ab;=+-@,\t\n|:\"' \uff1d", max_size=12), min_size=1, max_size=4))
def test_no_text_is(names):
    check(table([names]))


@pytest.mark.parametrize("name", PLAIN)
def test_a_text_that_could_not_be_one_stays_as_it_is(name):
    assert harmless(name) == name
    assert next(csv.reader([table([[name, "x"]])]))[0] == name


def test_texts_are_quoted_and_numbers_are_not():
    rows = [["a", "", number(20.0), number(10 / 3), number(-2.5), number(1e15), number(1e-7)]]
    assert table(rows, "\n") == '"a","",20,3.33333,-2.5,1000000000000000,0\n'
