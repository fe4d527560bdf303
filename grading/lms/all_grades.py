"""Everybody's marks in everything: the table that is kept at the end of a term."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from grading.core import GraderFault, number, table
from grading.lms.exporter import placed

HEADER = [
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
]


class AllGrades(ExportPlugin):
    """What nbgrader's own exporter writes; that one puts names into a table as they are."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; a fault ends the program with a sentence."""
        path = Path(self.to or "grades.csv")
        rows = [
            self._row(gradebook, assignment, student)
            for assignment in gradebook.assignments
            for student in gradebook.students
            if not self.assignment or assignment.name in map(str, self.assignment)
            if not self.student or student.id in map(str, self.student)
        ]
        self.log.info("Exporting grades to %s", path)
        try:
            with placed(path) as fresh:
                fresh.write_text(table([HEADER, *rows], "\n"), "utf-8")
        except GraderFault as fault:
            raise SystemExit(str(fault)) from None

    def _row(self, gradebook: Gradebook, assignment: Any, student: Any) -> list[Any]:
        when, raw, penalty = "", 0.0, 0.0
        try:
            found = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            pass
        else:
            when, raw, penalty = found.timestamp, found.score, found.late_submission_penalty
        names = student.id, student.last_name, student.first_name, student.email
        texts = [assignment.name, assignment.duedate, when, *names]
        numbers = raw, penalty, max(0.0, raw - penalty), assignment.max_score
        return ["" if one is None else str(one) for one in texts] + [number(n) for n in numbers]
