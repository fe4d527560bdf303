"""What may be said of a wrong answer: known mistakes held against everything else that can be run.

In come an exercise's solution, its known mistakes and its public cases; out comes for each mistake,
and for each two of them together, by what results it is known and how sure that is. A result that
no other program gives is proof; one that few others give is a possibility; one that many give, or
that is saturated, says nothing.
"""

from grading.diagnosis.field import Field, fields_of
from grading.diagnosis.known import Known, Sure, known_mistakes, likely, table
from grading.diagnosis.proof import false_diagnoses

__all__ = [
    "Field",
    "Known",
    "Sure",
    "false_diagnoses",
    "fields_of",
    "known_mistakes",
    "likely",
    "table",
]
