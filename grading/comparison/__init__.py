"""What the grader and the lessons compare with: whether two values are the same, and how not.

In come a function's answer, or the error that it stopped with, and what it should be; out comes a
`Mismatch` that says in words what is wrong, or a fingerprint by which an answer is known again. Its
files need NumPy and nothing else: each release of this course carries them in ``lesson_tools``, and
there they are the same files. One of them, `grading.comparison.facts`, is at home in the sandbox.
"""

from grading.comparison.checks import call, named_values
from grading.comparison.counting import calls_of, check_once
from grading.comparison.hints import (
    CLOSE,
    LARGE,
    as_float,
    bare,
    outcome,
    perhaps,
    prints,
    same,
    surely,
    together,
    told,
)
from grading.comparison.values import (
    ATOL,
    RTOL,
    Mismatch,
    compare_one,
    compare_unchanged,
    name_of,
)

__all__ = [
    "ATOL",
    "CLOSE",
    "LARGE",
    "RTOL",
    "Mismatch",
    "as_float",
    "bare",
    "call",
    "calls_of",
    "check_once",
    "compare_one",
    "compare_unchanged",
    "name_of",
    "named_values",
    "outcome",
    "perhaps",
    "prints",
    "same",
    "surely",
    "together",
    "told",
]
