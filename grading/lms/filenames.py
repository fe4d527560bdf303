"""What the names in Canvas's and Moodle's downloads of hand-ins say.

Canvas puts ``doejane_42_999_rnn.ipynb`` into its zip, or ``doejane_LATE_42_999_rnn-1.ipynb``:
the sortable name, a mark if it is late, the user's ID, the attachment's, and the file's own
name, with a number when it was handed in again (`content_zipper.rb`__).

Moodle makes folders, ``Jane Doe_123_assignsubmission_file/rnn.ipynb``, before 4.1 with a ``_`` at
the end; without the setting *Download submissions in folders* files begin so, with a ``_``
(`downloader.php`__). The number is no user's: it is another one in each assignment.

Both take feedback back under names that begin in the same way (`importziplib.php`__, and
``infer_comment_context_from_filename`` in `abstract_assignment.rb`__).

__ https://github.com/instructure/canvas-lms/blob/master/lib/content_zipper.rb
__ https://github.com/moodle/moodle/blob/main/public/mod/assign/classes/downloader.php
__ https://github.com/moodle/moodle/blob/main/public/mod/assign/feedback/file/importziplib.php
__ https://github.com/instructure/canvas-lms/blob/master/app/models/abstract_assignment.rb
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from grading.core import GraderFault
from grading.lms.roster import Roster

MOODLE = re.compile(r"(?P<who>[^_]*)_(?P<id>\d+)_assignsubmission_file(?P<rest>_.*)?", re.DOTALL)
CANVAS = re.compile(r".*?_(?P<id>\d+)_(?P<file>\d+)_.+", re.DOTALL)
NUMBERED = re.compile(r"(?P<stem>.*?)((-| ?\()(?P<number>\d{1,6})\)?)*", re.DOTALL)
# What Moodle takes out of a name for a file: PARAM_FILE in lib/moodlelib.php.
NOT_IN_FILES = re.compile(r"[\x00-\x1f\x7f&<>\"`|':\\/]")


@dataclass(frozen=True)
class Label:
    """What a name in a download says.

    Attributes
    ----------
    lms : str
        ``canvas`` or ``moodle``.
    who : str
        The student's name, for Moodle alone; in Canvas the key says it better.
    key : str
        Canvas's ID of the user, or Moodle's number of the participant.
    order : int
        Canvas's ID of the attachment, which grows with time; for Moodle 0.
    back : str
        How the name of a file begins that goes back to the same student.
    file : str
        The file's own name, as the student gave it.
    """

    lms: str
    who: str
    key: str
    order: int
    back: str
    file: str


def label(path: PurePath) -> Label | None:
    """Read the label of a file that was unpacked, or nothing.

    The first part of the path that is one counts, since that was made by the LMS. What comes
    behind is the student's, and may look like another's.

    Parameters
    ----------
    path : pathlib.PurePath
        From the folder of unpacked files on.
    """
    parts = path.parts
    found = (_read(part, parts[number:]) for number, part in enumerate(parts, 1))
    return next(filter(None, found), None)


def _read(part: str, below: tuple[str, ...]) -> Label | None:
    if found := MOODLE.fullmatch(part):
        end = found.start("rest") if found["rest"] else len(part)
        back = f"{part}/" if below and found["rest"] in (None, "_") else f"{part[:end]}_"
        file = below[-1] if below else part[len(back) :]
        return Label("moodle", found["who"], found["id"], 0, back, file)
    if found := CANVAS.fullmatch(part):
        back = part[: found.end("file")] + "_"
        file = below[-1] if below else part[len(back) :]
        return Label("canvas", "", found["id"], int(found["file"]), back, file)
    return None


class Who:
    """Finds the student behind a label.

    Parameters
    ----------
    roster : grading.lms.roster.Roster
    worksheets : iterable of pathlib.Path
        Moodle's grading worksheets of the assignment: their first column ends in the number
        of the participant, another holds something that the roster knows.

    Raises
    ------
    GraderFault
        When a worksheet cannot be read.
    """

    def __init__(self, roster: Roster, worksheets: Iterable[Path] = ()) -> None:
        self.canvas = {one["ID"]: one.student for one in roster.people.values() if one["ID"]}
        named = defaultdict(set)
        for one in roster.people.values():
            last, first = one.names
            for name in (f"{first} {last}", f"{last} {first}", f"{last}, {first}"):
                named[_plain(name)].add(one.student)
        self.names = {name: found.pop() for name, found in named.items() if len(found) == 1}
        ids = ("Username", "ID number", "Email address")
        known = {p[i].casefold(): p.student for p in roster.people.values() for i in ids if p[i]}
        self.participants: dict[str, str] = {}
        for path in worksheets:
            for row in _rows(path):
                number = re.search(r"\d+$", row[0].strip()) if row else None
                cells = {cell.strip().casefold() for cell in row}
                found = {known[cell] for cell in cells if cell in known}
                if number and len(found) == 1:
                    self.participants[number[0]] = found.pop()

    def find(self, label: Label) -> str | None:
        """Return the student, or None."""
        if label.lms == "canvas":
            return self.canvas.get(label.key)
        return self.participants.get(label.key) or self.names.get(_plain(label.who))


def _rows(path: Path) -> list[list[str]]:
    try:
        text = path.read_text("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise GraderFault(
            f"{path.name} is no grading worksheet of Moodle's: it is no CSV in UTF-8."
        ) from None


def _plain(name: str) -> str:
    name = NOT_IN_FILES.sub("", unicodedata.normalize("NFC", name).replace("_", " "))
    return " ".join(name.split()).casefold()


def own_name(name: str, released: Iterable[str]) -> tuple[str, int]:
    """Return the released notebook that a file is, and its number; else the name as it is.

    ``rnn-2.ipynb`` and ``RNN (2).ipynb`` are ``rnn.ipynb``, the second.
    """
    found = NUMBERED.fullmatch(PurePath(name).stem)
    assert found  # every text is a stem and nothing else
    for notebook in released:
        if found["stem"].casefold() == PurePath(notebook).stem.casefold():
            return notebook, int(found["number"] or 0)
    return name, 0
