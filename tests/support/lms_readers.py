"""What Canvas, Moodle and spreadsheets read, by the rules of their own sources, and strictly.

Nothing here is shared with what writes. Each function says whose rules it follows; where the
importer would guess, warn or ask, these raise `Refused`.
"""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath


class Refused(Exception):
    """The importer would not take it."""


def fields(text, *, php=False, separator=","):
    """Read CSV as RFC 4180 has it; with php, as fgetcsv does: a backslash guards a quote."""
    rows, row, cell, at = [], [], "", 0
    state = "start"  # of a cell; plain, quoted, closed
    while at < len(text):
        char = text[at]
        at += 1
        if state == "quoted":
            if php and char == "\\" and at < len(text):
                cell += char + text[at]
                at += 1
            elif char == '"':
                state = "closed"
            else:
                cell += char
        elif char == '"' and state == "closed":
            cell += char
            state = "quoted"
        elif char == '"':
            if state != "start":
                raise Refused("a quote in the middle of a cell")
            state = "quoted"
        elif char == separator:
            row.append(cell)
            cell, state = "", "start"
        elif char in "\r\n":
            at += char == "\r" and text[at : at + 1] == "\n"
            rows.append([*row, cell])
            row, cell, state = [], "", "start"
        elif state == "closed":
            raise Refused("something behind a closing quote")
        else:
            cell, state = cell + char, "plain"
    if state == "quoted":
        raise Refused("a quote that is never closed")
    return [*rows, [*row, cell]] if row or cell else rows


def zipped(files, **more):
    """Return a zip of names, or entries, with what is in them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


# --- Canvas: lib/gradebook_importer.rb --------------------------------------------------


@dataclass
class CanvasCourse:
    """A course in Canvas: assignments and students by their ids, and the scores there are."""

    assignments: dict[int, str]
    students: dict[int, str]
    scores: dict[tuple[int, int], str] = field(default_factory=dict)
    points: dict[int, float] = field(default_factory=dict)

    def upload(self, data):
        """Import a file, as the preview would show it and *Save changes* would do it."""
        if data.startswith(b"\xef\xbb\xbf"):
            raise Refused("a mark that becomes part of the first cell")
        text = data.decode("utf-8")
        lines = text.splitlines(keepends=True)[:3]
        counts = {}
        for separator in ";,":
            try:
                found = {len(fields(line, separator=separator)[0]) for line in lines}
            except Refused:
                found = set()
            counts[separator] = found.pop() if len(found) == 1 else 0
        if counts[";"] > counts[","]:
            raise Refused("taken for a file with semicolons")
        header, *rows = [[self._number(c) for c in row] for row in fields(text)]
        if len(header) <= 3 or "Student" not in header[0] or "ID" not in header[1]:
            raise Refused("no header")
        info = 3
        if re.search(r"SIS\s+Login\s+ID", header[2]):
            info = 4
        elif re.search(r"SIS\s+User\s+ID", header[2]) and re.search(r"SIS\s+Login\s+ID", header[3]):
            info = 5
        if "Section" not in header[info - 1]:
            raise Refused("no Section where it has to be")
        columns = {self._assignment(name): header.index(name) for name in header[info:]}
        if len(columns) < len(header) - info:
            raise Refused("two columns for one assignment")
        for row in rows:
            if len(row) != len(header):
                raise Refused("a row of another length")
            if "Points Possible" in row[0]:
                self.points |= {a: float(row[c]) for a, c in columns.items()}
                continue
            if not re.fullmatch(r"\d+", row[1]) or int(row[1]) not in self.students:
                raise Refused(f"a student who is not known: {row[:2]}")
            for assignment, column in columns.items():
                grade = row[column].strip()
                if grade and not re.fullmatch(r"\d+(\.\d+)?", grade):
                    raise Refused(f"{grade} is no number")
                self.scores[int(row[1]), assignment] = grade

    @staticmethod
    def _number(cell):
        if not re.fullmatch(r"-?[0-9.,]+%?", cell):
            return cell
        *whole, last = re.split("[,.]", cell)
        return f"{''.join(whole)}.{last}" if whole else last

    def _assignment(self, name):
        if re.search(
            "Current Score|Current Points|Current Grade|Final Score|Final Points|Final Grade"
            "|Override Score|Override Grade|Override Status",
            name,
        ):
            raise Refused(f"{name} is not read")
        found = re.fullmatch(r"(.*)\s\((\d+)\)", name)
        if found and int(found[2]) in self.assignments:
            return int(found[2])
        for number, title in self.assignments.items():
            if title == name:
                return number
        raise Refused(f"a new assignment would be made: {name}")


def canvas_takes_back(name, attachments):
    """Return the user to whom a file in a zip of feedback goes.

    ``infer_comment_context_from_filename`` in app/models/abstract_assignment.rb;
    ``attachments`` maps the ids of attachments to those of users.
    """
    parts = [part for part in PurePosixPath(name).name.split("_") if part != "LATE"]
    user, attachment = [int(part) for part in parts if re.fullmatch(r"\d+", part)][:2]
    if parts[-1].startswith("link") or name.startswith("._") or attachments[attachment] != user:
        raise Refused(name)
    return user


def canvas_name(sortable_name, user, attachment, display_name, *, late=False):
    """Name a file in the download of all submissions: lib/content_zipper.rb."""
    name = re.sub(r"_(\d+)_", r"\1", sortable_name).lower()
    start = "_".join([name, *(["LATE"] if late else []), str(user)])
    start = "".join(c for c in start if c == "_" or unicodedata.category(c)[0] in "LMN")
    safe = re.sub(r'[\x00/\\:*?"<>|]+', "_", display_name)
    return f"{start}_{attachment}_{safe}"


# --- Moodle: grade/import/csv/classes/load_data.php, lib/csvlib.class.php ---------------


def moodle(data, users, by, items, *, most=100):
    """Import marks.

    ``users`` are the values of the field by which users go, ``by`` is the column mapped to it,
    ``items`` the columns mapped to grade items. Returned are grades by user and column.
    """
    text = data.decode("utf-8").removeprefix("\ufeff")
    rows = fields(re.sub("\r\n?", "\n", text).strip(), php=True)
    header = [cell.strip() for cell in rows[0]]
    if any(len(row) != len(header) for row in rows):
        raise Refused("rows of different lengths")
    user, found = None, {}
    for row in rows[1:]:
        values = dict(zip(header, map(str.strip, row), strict=True))
        if values[by]:
            if values[by] not in users:
                raise Refused(f"a user who is not known: {values[by]}")
            user = values[by]
        if user in found:
            raise Refused(f"the marks of a second row go to {user}")
        found[user] = {}
        for item in items:
            value = values[item]
            if value in ("", "-"):
                found[user][item] = None  # and what was there is deleted
                continue
            value = value.replace(" ", "").replace(",", ".")  # where a comma is the decimal sign
            if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", value):
                raise Refused(f"{value} is no number")
            if float(value) > most:
                raise Refused(f"{value} is too high")
            found[user][item] = float(value)
    return found


def moodle_file(name):
    """Clean a name for a file: PARAM_FILE in lib/moodlelib.php."""
    name = re.sub(r"[\x00-\x1f\x7f]|[&<>\"`|':\\/]", "", name)
    return "" if name in (".", "..") else name


def moodle_name(full_name, participant, path, *, folders=True, old=False):
    """Name a file in the download of all submissions: mod/assign/classes/downloader.php."""
    start = moodle_file(full_name.replace("_", " ") + f"_{participant}")
    start = moodle_file(f"{start}_assignsubmission_file{'_' * (old or not folders)}")
    return f"{start}/{path}" if folders else start + moodle_file(path)


def moodle_takes_back(name, participants):
    """Return participant and file of a name in a zip of feedback.

    ``is_valid_filename_for_import`` in mod/assign/feedback/file/importziplib.php.
    """
    parts = name.split("/")
    if parts[-1].startswith((".", "~")):
        raise Refused("a hidden file")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 4 or not info[1].isdigit() or int(info[1]) not in participants:
            continue
        if info[2:4] == ["assignsubmission", "file"]:
            return int(info[1]), "/".join([*info[4:], *parts]).lstrip("/")
    raise Refused(name)


# --- spreadsheets -----------------------------------------------------------------------


def spreadsheet(data):
    """Open a table as a spreadsheet does: UTF-8 only with a mark, and formulas are computed."""
    if not data.startswith(b"\xef\xbb\xbf"):
        raise Refused("taken for another encoding")
    header, *rows = fields(data.decode("utf-8-sig"))
    for row in rows:
        if len(row) != len(header):
            raise Refused("a row of another length")
        if any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row):
            raise Refused("a formula")
    return [dict(zip(header, row, strict=True)) for row in rows]
