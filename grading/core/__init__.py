"""Words that every other package uses, and nothing else of the grader.

In comes nothing; out go the errors that end a grading, the verdicts and how they are said, the
records that several packages pass on, the versions and digests by which a grading can be told
from another, and other people's text made fit to be printed, or to stand in a table. It imports
no other package, and nothing that takes long.
"""

from grading.core.errors import FULL, READ_ONLY, GraderFault, of_gradebook, sentence
from grading.core.handin import HandIn, Versions
from grading.core.packing import take, take_or_none
from grading.core.records import (
    SEED_BITS,
    Candidate,
    Cell,
    Function,
    Note,
    Output,
    Part,
    Record,
    Rules,
)
from grading.core.tables import harmless, number, table
from grading.core.text import cut, printable, why_no_student
from grading.core.verdicts import (
    LIMITS,
    SENTENCES,
    Verdict,
    verdict_of_error,
    verdict_of_points,
)
from grading.core.versions import PACKAGE, digest, grader, library_versions

__all__ = [
    "FULL",
    "LIMITS",
    "PACKAGE",
    "READ_ONLY",
    "SEED_BITS",
    "SENTENCES",
    "Candidate",
    "Cell",
    "Function",
    "GraderFault",
    "HandIn",
    "Note",
    "Output",
    "Part",
    "Record",
    "Rules",
    "Verdict",
    "Versions",
    "cut",
    "digest",
    "grader",
    "harmless",
    "library_versions",
    "number",
    "of_gradebook",
    "printable",
    "sentence",
    "table",
    "take",
    "take_or_none",
    "verdict_of_error",
    "verdict_of_points",
    "why_no_student",
]
