"""Marks for the LMS: nbgrader's exporters for Canvas, Moodle and spreadsheets.

``python -m grading export``, or ``nbgrader export --exporter=grading.plugins.Canvas``. What
each importer wants is in the docstring of its class, with the place in its source.
"""

from __future__ import annotations

import re
from pathlib import Path

from grading.core import GraderFault, harmless, number
from grading.lms.exporter import Exporter, Marks, Row, cells, listed
from grading.lms.roster import Person, Roster, read_roster
from grading.store import Class


class Canvas(Exporter):
    """Marks as Canvas's gradebook imports them.

    - The header is ``Student, ID, [[SIS User ID,] SIS Login ID,] Section``, then assignments.
    - The next row has the highest points, with "Points Possible" in its first cell.
    - UTF-8 without a mark, commas, a point for decimals. A field of digits, points and commas
      is read as a number, and a mark is compared with the present one to two decimals.
    - An assignment goes by ``Title (id)``, else by its exact title; else Canvas makes a new one.
    - A student goes by ``ID``, Canvas's own number.
    - Columns whose title has "Final Score", "Current Grade" or the like in it are not read.

    Sources: `gradebook_importer.rb`__ and, for the form, `gradebook_exporter.rb`__.

    __ https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb
    __ https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_exporter.rb
    """

    name = "canvas"
    IGNORED = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")

    def rows(self, path: Path, known: list[Class], marks: list[Marks]) -> list[Row]:
        """Return the table; see `Exporter.rows`."""
        roster, people = self.members(path, marks)
        roster.demand("Student", "ID")
        roster.unique("ID")
        for person in people:
            if not re.fullmatch("[0-9]+", person["ID"]):
                raise GraderFault(
                    f"{path.name}: {person.student} needs a number as ID, and has "
                    f"“{person['ID']}”. It is in the file that Canvas exports."
                )
        ids = ["SIS User ID", "SIS Login ID"]
        ids = [i for i in ids if i in roster.columns and are_plain(people, i)]
        ids = ids if "SIS Login ID" in ids else []
        titles = [plain(self._title(one.assignment, roster)) for one in marks]
        for title in titles:
            if self.IGNORED.search(title):
                raise GraderFault(
                    f"Canvas does not read the column “{title}”, since it takes it for one of its "
                    "sums. Give the assignment another title in Canvas."
                )
            if titles.count(title) > 1:
                raise GraderFault(f"Two assignments have the title “{title}” in Canvas.")
        table: list[Row] = [["Student", "ID", *ids, "Section", *titles]]
        table += [["    Points Possible", "", *([""] * len(ids)), ""]]
        table[1] += [number(one.most) for one in marks]
        for person in people:
            who = [_line(person["Student"]), person["ID"], *(person[i] for i in ids)]
            table.append([*who, _line(person["Section"]), *cells(person.student, marks)])
        return table

    def _title(self, assignment: str, roster: Roster) -> str:
        """Return the column of an assignment; its id is known if the roster is Canvas's export."""
        title = self.column(assignment)
        with_id = re.compile(re.escape(title) + r" \([0-9]+\)")
        found = [column for column in roster.columns if with_id.fullmatch(column)]
        if len(found) > 1:
            raise GraderFault(
                f"{roster.path.name} has several columns for {assignment}: {', '.join(found)}. "
                f"Say which: c.Canvas.titles = {{{assignment!r}: {found[0]!r}}} in "
                "nbgrader_config.py."
            )
        if not found and not re.search(r" \([0-9]+\)$", title):
            self.notes.append(
                f"{roster.path.name} has no column “{title} (number)”, so Canvas makes a new "
                f"assignment unless one is called “{title}”. docs/lms.md says how to name it."
            )
        return found[0] if found else title


class Moodle(Exporter):
    r"""Marks as Moodle's *Import / CSV file* reads them, with its settings as they come.

    - UTF-8, commas, as many cells in each row as in the header. A backslash before a quote
      spoils the field, since PHP reads it so; there is none.
    - Which column is what, is said in a form. A user goes by ID number, e-mail address or
      username; one that is not known stops the whole import. In a row without it the marks
      would go to the user of the row *above*, so nobody is without.
    - A mark is a number with a point, whatever the site's language, and at most 100 unless the
      site allows more.

    Sources: `load_data.php`__, `csvlib.class.php`__ and ``unformat_float`` in `moodlelib.php`__.

    __ https://github.com/moodle/moodle/blob/main/public/grade/import/csv/classes/load_data.php
    __ https://github.com/moodle/moodle/blob/main/public/lib/csvlib.class.php
    __ https://github.com/moodle/moodle/blob/main/public/lib/moodlelib.php
    """

    name = "moodle"
    IDS = ("Username", "ID number", "Email address")
    MOST = 100  # Moodle's own, unless an administrator has set "Unlimited grades"

    def rows(self, path: Path, known: list[Class], marks: list[Marks]) -> list[Row]:
        """Return the table; see `Exporter.rows`."""
        roster, people = self.members(path, marks)
        there = [column for column in self.IDS if column in roster.columns]
        ids = [column for column in there if all(person[column] for person in people)]
        odd = [column for column in ids if not are_plain(people, column)]
        ids = [column for column in ids if column not in odd]
        if odd and not ids:
            raise GraderFault(
                f"In {path.name} the column {odd[0]} holds what a spreadsheet would take for a "
                "formula, and in other words Moodle would not know it. Add another one of the "
                f"columns {', '.join(self.IDS)}."
            )
        if not ids:
            missing = {c: [p.student for p in people if not p[c]] for c in there}
            said = "; ".join(f"{c} is missing for {listed(who)}" for c, who in missing.items())
            raise GraderFault(
                f"{path.name} needs one of the columns {', '.join(self.IDS)}, filled for everyone"
                f"{': ' + said if said else ''}."
            )
        for column in ids:
            roster.unique(column)
        titles = [plain(self.column(one.assignment)) for one in marks]
        for value in [*titles, *(person[column] for person in people for column in ids)]:
            if "\\" in value:
                raise GraderFault(
                    f"“{value}” has a backslash, with which Moodle's reader does not see where a "
                    "cell ends. Take it out."
                )
        high = [
            p.student for p in people if any(m.marks.get(p.student, 0) > self.MOST for m in marks)
        ]
        if high:
            self.notes.append(
                f"Moodle refuses the file unless its site allows marks above {self.MOST}, as these "
                f"have: {listed(high)}."
            )
        names = [column for column in ("First name", "Last name") if column in roster.columns]
        table: list[Row] = [[*names, *ids, *titles]]
        for person in people:
            row: Row = [_line(person[column]).replace("\\", "") for column in names]
            row += [person[column] for column in ids]
            table.append([*row, *cells(person.student, marks)])
        return table


class Csv(Exporter):
    """Marks as spreadsheets open them: everyone, with or without a mark.

    UTF-8 with a mark in front, without which spreadsheets take it for something else
    (`Microsoft`__); quotes and line ends as in `RFC 4180`__. What a spreadsheet could take for
    a formula gets an apostrophe in front (`OWASP`__). The roster is not needed; if it
    is there, names come from it.

    __ https://support.microsoft.com/office/opening-csv-utf-8-files-correctly-in-excel-8a935af5-3416-4edd-ba7e-3dfd2bc4a032
    __ https://www.rfc-editor.org/rfc/rfc4180
    __ https://owasp.org/www-community/attacks/CSV_Injection
    """

    name = "csv"
    encoding = "utf-8-sig"

    def rows(self, path: Path, known: list[Class], marks: list[Marks]) -> list[Row]:
        """Return the table; see `Exporter.rows`."""
        names = {m.student: (m.last_name, m.first_name) for one in known for m in one.members}
        if path.exists():
            roster = read_roster(path)
            self.notes += roster.notes
            names |= {s: p.names for s, p in roster.people.items() if any(p.names)}
            names = dict.fromkeys(roster.people, ("", "")) | names
        header = ["student_id", "last_name", "first_name"]
        for one in marks:
            header += [_line(self.column(one.assignment)), _line(f"{one.assignment} of")]
        table: list[Row] = [[*header]]
        for student, (last, first) in names.items():
            if self.wanted(student):
                row: Row = [_line(student), _line(last), _line(first)]
                for one, cell in zip(marks, cells(student, marks), strict=True):
                    row += [cell, number(one.most)]
                table.append(row)
        return table


def plain(title: str) -> str:
    """Return the title of an assignment, which has to be as it is; raise if it is a formula."""
    if harmless(title) != title:
        raise GraderFault(
            f"A spreadsheet would take “{title}” for a formula, and in other words the LMS would "
            "not know it. Give the assignment another title there."
        )
    return title


def are_plain(people: list[Person], column: str) -> bool:
    """Say whether a column of ids, which have to be as they are, holds nothing like a formula."""
    return all(harmless(person[column]) == person[column] for person in people)


def _line(value: str) -> str:
    return " ".join(value.split())


FORMATS = {exporter.name: exporter for exporter in (Canvas, Moodle, Csv)}
