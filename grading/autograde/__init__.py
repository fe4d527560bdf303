"""nbgrader's converter of submissions for a class, made careful.

In come the course's settings and who is to be graded; out come marks in the gradebook, notebooks
in ``autograded/``, a line in the audit file for each submission, and whose marks have changed.
A run that was stopped goes on where it ended.
"""

from grading.autograde.changes import Change, Changes
from grading.autograde.converter import CarefulAutograde, Run

__all__ = [
    "CarefulAutograde",
    "Change",
    "Changes",
    "Run",
]
