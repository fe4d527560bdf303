"""The gallery: right, unusual, wrong and hostile submissions, each with its verdict.

An entry changes one exercise of the reference notebook. Most do it by an edit of the
reference's own code, so the gallery follows the lessons; an edit that finds nothing to
change is an error. Every bug found in grading becomes an entry before it is mended.
"""

from tests.support.gallery.answers import ALONE, KINDS, NO_ANSWER, UNUSUAL, WRONG
from tests.support.gallery.entry import ALL, KEY, SIGNATURES, Entry
from tests.support.gallery.marks import MARKS
from tests.support.gallery.reach import REACH
from tests.support.gallery.stalls import STALLS

HOSTILE = [*MARKS, *REACH, *STALLS]
ENTRIES = [*UNUSUAL, *WRONG, *NO_ANSWER, *HOSTILE]
SAMPLE = [*UNUSUAL, *KINDS, *NO_ANSWER, *HOSTILE]  # for every change

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
