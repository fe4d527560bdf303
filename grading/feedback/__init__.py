"""Feedback pages: what a student reads of a graded notebook.

In come graded notebooks and the gradebook's points and comments; out come pages that are complete
in themselves. Plots that are still to be drawn are drawn before.
"""

from grading.feedback.converter import (
    CarefulFeedback,
    Drawing,
    Makers,
    is_deleted,
    pending,
    renew_penalties,
)
from grading.feedback.hiding import HideSchemes, HideTests
from grading.feedback.page import Page
from grading.feedback.results import Grades

__all__ = [
    "CarefulFeedback",
    "Drawing",
    "Grades",
    "HideSchemes",
    "HideTests",
    "Makers",
    "Page",
    "is_deleted",
    "pending",
    "renew_penalties",
]
