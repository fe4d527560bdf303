"""What the grader and the lessons compare with: whether two values are the same, and how not.

In come a function's answer and what it should be; out comes a `Mismatch` that says in words what is
wrong, or a fingerprint by which an answer is known again. Its two files need NumPy and nothing
else: each release of this course carries them, as ``lesson_tools/checks.py`` and
``lesson_tools/hints.py``, and there they are the same files.
"""

from grading.comparison.checks import (
    ATOL,
    RTOL,
    Mismatch,
    call,
    compare_one,
    compare_unchanged,
    name_of,
    named_values,
)
from grading.comparison.hints import CLOSE, as_float, fingerprint, outcome, same

__all__ = [
    "ATOL",
    "CLOSE",
    "RTOL",
    "Mismatch",
    "as_float",
    "call",
    "compare_one",
    "compare_unchanged",
    "fingerprint",
    "name_of",
    "named_values",
    "outcome",
    "same",
]
