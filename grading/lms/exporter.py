"""What nbgrader's exporters for Canvas, Moodle and spreadsheets have in common.

Marks are those of the gradebook: points given by hand first, late penalties taken off. Where
there is no mark the cell is empty, as nobody gets a zero for a fault of the grader or for
work that is not there. The importers *delete* what an empty cell stands for, so whoever has
no mark at all gets no row.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

from grading.core import GraderFault, number, printable, table
from grading.lms.roster import Person, Roster, read_roster
from grading.store import REPORTS, Class, Places, near, read_class

Row = list[str | Decimal]


@dataclass(frozen=True)
class Marks:
    """The marks of one assignment: student to mark, and to why there is none."""

    assignment: str
    most: float
    marks: dict[str, float]
    without: dict[str, str]


class Exporter(ExportPlugin):
    """What the exporters have in common."""

    name = ""
    line_end = "\r\n"  # RFC 4180; both importers take it, and spreadsheets expect it
    encoding = "utf-8"

    roster = Unicode(
        "roster.csv", help="CSV file that says who is who in the LMS; see docs/lms.md"
    ).tag(config=True)

    titles = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="What the LMS calls an assignment: its folder in source/ to its title",
    ).tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the file, and say where it is and what is not in it.

        A fault ends the program with a sentence; nothing is written then.
        """
        try:
            self.notes: list[str] = []
            course = self.parent.coursedir
            root = Path(course.root)
            chosen = self.assignment or [one.name for one in gradebook.assignments]
            known = {a: read_class(course, str(a)) for a in chosen}
            marks = [marks_of(one) for one in known.values()]
            rows = self.rows(root / self.roster, list(known.values()), marks)
            self._say(known.values(), marks)
            path = root / (self.to or f"{REPORTS}/{self.name}.csv")
            with placed(path) as fresh:
                fresh.write_bytes(table(rows, self.line_end).encode(self.encoding, "replace"))
        except GraderFault as fault:
            raise SystemExit(str(fault)) from None
        for note in self.notes:
            print(note, file=sys.stderr)
        print(near(path))

    def rows(self, path: Path, known: list[Class], marks: list[Marks]) -> list[Row]:
        """Return the table, its header first.

        Parameters
        ----------
        path : pathlib.Path
            Where the roster is.
        known : list of grading.store.cohort.Class
            The class, once for each assignment.
        marks : list of Marks
            In the same order.
        """
        raise NotImplementedError

    def column(self, assignment: str) -> str:
        """Return what the LMS calls an assignment."""
        return str(self.titles.get(assignment, assignment))

    def members(self, path: Path, marks: list[Marks]) -> tuple[Roster, list[Person]]:
        """Return the roster, and who of it has a mark; the others are noted."""
        roster = read_roster(path)
        self.notes += roster.notes
        everyone = {s for one in marks for s in [*one.marks, *one.without]}
        marked = {student for one in marks for student in one.marks}
        absent = [s for s in sorted(marked - set(roster.people)) if self.wanted(s)]
        if absent:
            self.notes.append(f"Not in {path.name}, so left out: {listed(absent)}.")
        unknown = [s for s in roster.people if s not in everyone and self.wanted(s)]
        if unknown:
            submitted = self.parent.coursedir.submitted_directory
            self.notes.append(
                f"In {path.name}, but not in the gradebook nor in {submitted}/: {listed(unknown)}."
            )
        people = [p for p in roster.people.values() if p.student in marked]
        people = [person for person in people if self.wanted(person.student)]
        if not people:
            raise GraderFault(f"Nobody in {path.name} has a mark, so there is nothing to export.")
        holes = [p.student for p in people if any(p.student not in one.marks for one in marks)]
        if holes:
            self.notes.append(
                "An empty cell deletes the mark that the LMS may have there. To leave it alone, "
                f"export one assignment at a time. This is so for: {listed(holes)}."
            )
        return roster, people

    def _say(self, known: Iterable[Class], marks: list[Marks]) -> None:
        """Note who has no mark, and why; who was late, at what price; whose marks are flagged."""
        for one in marks:
            empty = [f"{printable(s)} ({why})" for s, why in one.without.items() if self.wanted(s)]
            if empty:
                self.notes.append(f"No mark in {one.assignment}: {', '.join(sorted(empty))}.")
        for group in known:
            late = [m for m in group.members if m.lateness and self.wanted(m.student)]
            said = ", ".join(f"{printable(m.student)} ({m.lateness})" for m in late)
            if said:
                self.notes.append(f"Late in {group.assignment}: {said}.")
            again = [m for m in group.members if m.flagged and self.wanted(m.student)]
            said = ", ".join(f"{printable(m.student)} ({', '.join(m.flagged)})" for m in again)
            if said:
                self.notes.append(
                    f"nbgrader asks for another look at marks in {group.assignment}: {said}."
                )

    def wanted(self, student: str) -> bool:
        """Say whether a student was asked for."""
        named = not self.student or student in map(str, self.student)
        return named and Places(self.parent.coursedir).is_asked_for(student)


def marks_of(known: Class) -> Marks:
    """Return who has which mark."""
    marks, without = {}, dict.fromkeys(known.deleted, "not in the gradebook any more")
    for member in known.members:
        if not member.answers:
            without[member.student] = "handed in nothing"
        elif member.total is None:
            without[member.student] = "not graded, or a grader fault"
        elif member.waits:
            waits = ", ".join(member.waits)
            without[member.student] = f"points by hand are still to be given: {waits}"
        else:
            marks[member.student] = member.total
    return Marks(known.assignment, known.most, marks, without)


@contextmanager
def placed(path: Path) -> Iterator[Path]:
    """Lend a file to write to, and put it in its place when it is whole.

    Only its owner may read it, as it names students.

    Raises
    ------
    GraderFault
        When it cannot be written; what was in the place is still there.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        if path.parent.name == REPORTS:
            path.parent.mkdir(exist_ok=True)
        fresh.unlink(missing_ok=True)
        fresh.touch(0o600)
        yield fresh
        fresh.replace(path)
    except OSError as error:
        raise GraderFault(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        with suppress(OSError):
            fresh.unlink()


def cells(student: str, marks: list[Marks]) -> Row:
    """Return a student's marks as cells."""
    return [number(one.marks[student]) if student in one.marks else "" for one in marks]


def listed(students: Iterable[str]) -> str:
    """Return students in a sentence."""
    return ", ".join(map(printable, students))
