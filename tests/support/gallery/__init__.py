"""The gallery: right, unusual, wrong and hostile submissions, each with its verdict.

An entry changes one exercise of the reference notebook. Most do it by an edit of the
reference's own code, so the gallery follows the lessons; an edit that finds nothing to
change is an error. Every bug found in grading becomes an entry before it is mended.
"""

from tests.support.gallery.answers import ALONE, KINDS, NO_ANSWER, UNUSUAL, WRONG
from tests.support.gallery.entry import ALL, FOLDERS, KEY, SIGNATURES, Entry, exercises
from tests.support.gallery.marks import MARKS
from tests.support.gallery.reach import REACH
from tests.support.gallery.stalls import STALLS

HOSTILE = [*MARKS, *REACH, *STALLS]
ENTRIES = [*UNUSUAL, *WRONG, *NO_ANSWER, *HOSTILE]


def first_of_each(entries: list[Entry]) -> list[Entry]:
    """Return the first entry of each exercise."""
    return list({entry.function: entry for entry in reversed(entries)}.values())[::-1]


EARLY = {function for folder in FOLDERS[:3] for function in exercises(folder)}
# For every change; `make test-long` grades all. The lessons' own answers, right and wrong, are
# preflight's; here they stand for what the grader does with such, and three lessons are enough.
# Relatives stand beside each other, so every fourth is of many kinds; of what runs into a limit,
# which costs that limit, every tenth.
SAMPLE = [
    *(e for e in first_of_each(UNUSUAL) if e.function in EARLY),
    *(e for e in first_of_each(KINDS) if e.function in EARLY),
    *NO_ANSWER,
    *(e for place, e in enumerate([*MARKS, *REACH]) if place % 4 == 0 or e.finds),
    *(e for place, e in enumerate(STALLS) if place % 10 == 0 or "figures" in e.name),
]

__all__ = [
    "ALL",
    "ALONE",
    "ENTRIES",
    "HOSTILE",
    "KEY",
    "KINDS",
    "SAMPLE",
    "SIGNATURES",
    "UNUSUAL",
    "Entry",
]
