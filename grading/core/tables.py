"""Tables as CSV that a spreadsheet opens as text and numbers, and never as formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

# A sign with which a formula begins, in Asian widths too, wherever a cell might begin: in which
# character a reader sees the end of a cell, a comma or another one, is its own affair.
_FORMULA = re.compile("(?<!\\w)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")

Cell = str | Decimal


def harmless(text: str) -> str:
    """Return text on one line, with an apostrophe before what could begin a formula."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return _FORMULA.sub("'", line)


def table(rows: Iterable[Sequence[Cell]], line_end: str = "\r\n") -> str:
    """Return rows as CSV (RFC 4180): each text made harmless and in quotes, numbers as they are."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([harmless(c) if isinstance(c, str) else c for c in row] for row in rows)
    return file.getvalue()


def number(value: float) -> Decimal:
    """Return a number as every reader takes it: a point, at most five decimals, no exponent.

    Five is what Moodle keeps.
    """
    whole, _, decimals = f"{value:.5f}".partition(".")
    decimals = decimals.rstrip("0")
    return Decimal(f"{whole}.{decimals}" if decimals else whole)
