"""nbgrader's extractor of archives, made careful.

nbgrader's own reads each file of a zip into memory as a whole, opens archives in archives
without end, sets whatever permissions the zip names, and stops at the first one that is
broken. This one takes notebooks alone, in pieces, up to a bound, and goes on.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from nbgrader.plugins.zipcollect import ExtractorPlugin
from traitlets import Int

from grading.core import GraderFault, printable
from grading.store import BROKEN, MOST, SIZE_LIMIT, check_settings, entry_name, holds_many, why_not

ARCHIVE = ".zip"
NOTEBOOK = ".ipynb"
WORKSHEET = ".csv"
PIECE = 2**20  # bytes
MOST_IN_ALL = 100_000  # entries of a download
LONGEST = 400  # characters of a name that is printed
NAMED = 20  # of what is left out of one archive; the rest is counted


class Extractor(ExtractorPlugin):
    """Unpacks the notebooks of the downloads, and of zips that students handed in."""

    most = Int(8 * 2**30, help="Bytes that one collection may unpack in all.").tag(config=True)

    most_of_one = Int(
        5 * SIZE_LIMIT, help="Bytes that a zip which a student handed in may unpack."
    ).tag(config=True)

    most_files = Int(50, help="Notebooks in a zip which a student handed in.").tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack what is in one folder into another; see nbgrader's method."""
        try:
            check_settings(self.parent.coursedir, self.parent.config)
        except GraderFault as error:
            self.parent.fail(str(error))
        self.left = self.most
        source = Path(archive_path)
        paths = sorted(path for path in source.rglob("*") if not path.is_dir())
        if not paths:
            self.log.warning("There is nothing in %s.", source)
        for path in paths:
            to = Path(extracted_path) / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink() or not path.is_file():
                self.leave_out(path.name, "it is no file")
            elif path.suffix.lower() == ARCHIVE:
                with path.open("rb") as file:
                    self.unpack(file, to, path.name, nested=False)
            elif path.suffix.lower() in (NOTEBOOK, WORKSHEET):
                shutil.copyfile(path, to)
            else:
                self.leave_out(path.name, "it is neither a zip nor a notebook")

    def unpack(self, file: IO[bytes], to: Path, name: str, *, nested: bool) -> None:
        """Unpack an archive.

        Parameters
        ----------
        file : file
            The archive.
        to : pathlib.Path
            The folder that is made for it.
        name : str
            What the log calls it.
        nested : bool
            Whether it was found in an archive: then what it may hold is bounded more
            closely, and no archive in it is opened.
        """
        if nested and holds_many(file):  # before a list is made of what it holds
            self.leave_out(name, f"it holds more than {MOST} files")
            return
        try:
            archive = zipfile.ZipFile(file)
        except BROKEN:
            self.leave_out(name, "it is no whole zip")
            return
        with archive:
            if len(archive.infolist()) > MOST_IN_ALL:
                self.parent.fail(
                    f"{printable(name)} holds more than {MOST_IN_ALL} files, so nothing was "
                    "collected; submitted/ is as it was. Look at what it is."
                )
            self._unpack(archive, to, name, nested=nested)

    def _unpack(self, archive: zipfile.ZipFile, to: Path, name: str, *, nested: bool) -> None:
        left, files = self.most_of_one, self.most_files
        out: list[tuple[str, str]] = []
        for entry in archive.infolist():
            inner = entry_name(entry)
            where = f"{name}: {inner}"
            kind = PurePosixPath(inner).suffix.lower()
            why = why_not(entry, inner)
            if entry.is_dir() or inner.startswith("__MACOSX/"):
                continue
            target = to / inner
            if not why and (target.exists() or any(p.is_file() for p in target.parents)):
                why = "the name is there twice"
            if why:
                out.append((where, why))
            elif kind == ARCHIVE and not nested:
                with self._taken(archive, entry, where) as copy:
                    if copy:
                        self.unpack(copy, target, where, nested=True)
            elif kind != NOTEBOOK:
                out.append((where, "it is no notebook"))
            elif nested and (left <= 0 or not files):
                out.append((where, "there is too much in this zip"))
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as fresh:
                    # One byte more than may be, so that the grader says what is wrong.
                    left -= self._copy(archive, entry, fresh, where)
                files -= 1
        for what, why in out[:NAMED]:
            self.leave_out(what, why)
        if out[NAMED:]:
            self.leave_out(name, f"{len(out) - NAMED} files more")

    def leave_out(self, what: str, why: str) -> None:
        """Say what was not unpacked."""
        self.log.warning("Left out %s: %s.", shortened(what), why)

    def _copy(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, to: IO[bytes], name: str
    ) -> int:
        """Copy what an entry holds, as far as a hand-in may be long; return how much it was."""
        size = 0
        try:
            with archive.open(entry) as file:
                while piece := file.read(min(PIECE, SIZE_LIMIT + 1 - size)):
                    size += len(piece)
                    self.left -= len(piece)
                    if self.left < 0:
                        self.parent.fail(
                            f"The downloads hold more than {self.most / 2**30:g} GiB, so they were "
                            "not collected; submitted/ is as it was. If that is right, set "
                            "c.Extractor.most in nbgrader_config.py."
                        )
                    to.write(piece)
        except BROKEN:
            self.log.warning("%s is broken; it is taken as far as it goes.", shortened(name))
        return size

    @contextmanager
    def _taken(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str
    ) -> Iterator[IO[bytes] | None]:
        """Lend a copy of an archive in an archive; nothing if it is too large to be a hand-in."""
        with tempfile.TemporaryFile() as file:
            if self._copy(archive, entry, file, name) > SIZE_LIMIT:
                self.leave_out(name, f"it is larger than {SIZE_LIMIT / 2**20:g} MB")
                yield None
            else:
                yield file


def shortened(name: str) -> str:
    """Return a name as it is printed, of any length."""
    shown = printable(name)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} …"
