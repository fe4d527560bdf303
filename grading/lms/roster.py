"""Who is who in the LMS: a CSV file that an instructor makes from what the LMS exports.

A row is a student. The column ``student_id`` is the name of the student's folder in
``submitted/``; the other columns keep the names that Canvas and Moodle give them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grading.core import GraderFault, why_no_student

STUDENT = "student_id"
SAME = {"Surname": "Last name", "Email": "Email address"}  # by older and by newer versions
NOBODY = ("Points Possible", "Student, Test")  # rows of Canvas's that are no student's


@dataclass(frozen=True)
class Person:
    """A row of the roster.

    Attributes
    ----------
    student : str
        As nbgrader knows the student.
    row : dict of str to str
        Column to value; a column that is not there is empty.
    """

    student: str
    row: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        return self.row.get(column, "")

    @property
    def names(self) -> tuple[str, str]:
        """Last name and first name; Canvas has both in one column, with a comma between."""
        last, _, first = self["Student"].partition(", ")
        return self["Last name"] or last, self["First name"] or first


@dataclass(frozen=True)
class Roster:
    """The class as the LMS knows it.

    Attributes
    ----------
    path : pathlib.Path
    columns : list of str
    people : dict of str to Person
        By student, in the order of the file.
    notes : list of str
        What was left out, in sentences.
    """

    path: Path
    columns: list[str]
    people: dict[str, Person]
    notes: list[str] = field(default_factory=list)

    def demand(self, *columns: str) -> None:
        """Raise `GraderFault` when one of these columns is not there."""
        for column in columns:
            if column not in self.columns:
                raise GraderFault(
                    f"{self.path.name} has no column “{column}”. It has: {', '.join(self.columns)}."
                )

    def unique(self, column: str) -> dict[str, Person]:
        """Return the people by what stands in a column.

        Raises
        ------
        GraderFault
            When something stands there twice.
        """
        found: dict[str, Person] = {}
        for person in self.people.values():
            value = person[column]
            if value and found.setdefault(value, person) is not person:
                raise GraderFault(
                    f"{self.path.name} has the {column} {value} twice: for "
                    f"{found[value].student} and for {person.student}. Correct one of them."
                )
        return found


def read_roster(path: Path) -> Roster:
    """Read a roster.

    Commas, semicolons or tabs may separate, as spreadsheets write them.

    Raises
    ------
    GraderFault
        In a sentence, for all that keeps it from being understood.
    """
    name = path.name
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise GraderFault(
            f"There is no {name}. It says who is who in the LMS; docs/lms.md says how to make it."
        ) from None
    except UnicodeDecodeError:
        raise GraderFault(f"{name} is not in UTF-8. Save it as “CSV UTF-8”.") from None
    except OSError as error:
        raise GraderFault(f"{name} cannot be read: {error.strerror}.") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns = [SAME.get(cell.strip(), cell.strip()) for cell in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise GraderFault(f"{name}, line {reader.line_num}, is no CSV: {error}.") from None
    if STUDENT not in columns:
        raise GraderFault(
            f"{name} has no column “{STUDENT}”. Add it, with the names of the students' folders "
            "in submitted/."
        )
    for column in columns:
        if column and columns.count(column) > 1:
            raise GraderFault(f"{name} has the column “{column}” twice. Take one out.")
    return _people(path, columns, rows)


def _people(path: Path, columns: list[str], rows: list[tuple[int, list[str]]]) -> Roster:
    found = Roster(path, columns, {})
    for line, row in rows:
        cells = {c: " ".join(v.split()) for c, v in zip(columns, row, strict=False) if c}
        student = cells.get(STUDENT, "")
        where = f"{path.name}, line {line}"
        if not any(cells.values()) or cells.get("Student", "").startswith(NOBODY):
            continue
        if not student:
            if cells.get("Student", "as in Moodle's, which has no such column"):
                found.notes.append(f"{where}, has no {STUDENT}, so it is left out.")
            continue
        if len(row) > len(columns):
            raise GraderFault(f"{where}, has more cells than there are columns.")
        why = why_no_student(student) or ("/" in student and "its name holds a /")
        if why:
            raise GraderFault(f"{where}: {student!a} cannot be a student's folder: {why}.")
        if student in found.people:
            raise GraderFault(f"{where}, has {STUDENT} {student} a second time. Take one out.")
        found.people[student] = Person(student, cells)
    return found
