"""What a hidden test writes: ``from grading.exam import Exam``.

In come a student's function, its reference and arguments; out come named parts with their
points, the known misconceptions that a wrong answer agrees with (`matching`), and whether it is
right but for an earlier function of the student's own (`follow_through`). It runs on the grader's
side alone, and does not know that there is a sandbox: a stub is a function like any other.
"""

from grading.exam.context import Context, explanation, number, told, unequal, unscored
from grading.exam.exam import Exam
from grading.exam.matching import alike, said

__all__ = [
    "Context",
    "Exam",
    "alike",
    "explanation",
    "number",
    "said",
    "told",
    "unequal",
    "unscored",
]
