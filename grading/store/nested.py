"""Look for the one notebook where there is none in its place: in folders, and in a zip.

No link is followed, nothing is unpacked to the disk, and what is looked at is bounded.
"""

from __future__ import annotations

import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from grading.core import Verdict, printable
from grading.store.files import (
    SECRET,
    SIZE_LIMIT,
    TIMESTAMP,
    Unusable,
    kind_of,
    read_file,
    too_large,
)

DEEPEST = 3  # folders in each other
MOST = 1000  # files and folders
NOTEBOOK, ARCHIVE = ".ipynb", ".zip"
LISTED = 500  # characters
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes to begin with
BROKEN = (
    *(zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError),
    *(zlib.error, lzma.LZMAError, struct.error, OverflowError),
)
ENTRY = b"PK\1\2"  # begins each entry of the list at a zip's end
LONGEST = 255  # bytes of a name, on every file system
LONGEST_PATH = 1000  # bytes of all of them together; systems take 4096


def look_deeper(folder: int) -> tuple[bytes, str]:
    """Return the only notebook below an open folder, and where it is.

    Raises
    ------
    Unusable
        With the names of what is there instead.
    """
    files = _files(folder, "", DEEPEST)
    notebooks = [path for path in files if path.lower().endswith(NOTEBOOK)]
    archives = [path for path in files if path.lower().endswith(ARCHIVE)]
    if len(notebooks) == 1:
        return _read(notebooks[0], folder), printable(notebooks[0])
    if notebooks:
        raise _none(f"Several notebooks were found: {_listed(notebooks)}.")
    if len(archives) == 1:
        return _unpack(_read(archives[0], folder), printable(archives[0]))
    names = [name for name in sorted(os.listdir(folder)) if name not in (TIMESTAMP, SECRET)]
    there = [f"{n}/" if kind_of(n, folder) == stat.S_IFDIR else n for n in names[:MOST]]
    raise _none(f"Found was: {_listed(there)}." if there else "")


def _none(why: str) -> Unusable:
    return Unusable(Verdict.NO_NOTEBOOK, why)


def _listed(names: Iterable[str]) -> str:
    said = ", ".join(printable(name[:LISTED]) for name in names)
    return said if len(said) <= LISTED else f"{said[:LISTED]} …"


def _files(folder: int, above: str, depth: int) -> list[str]:
    """Return the paths of files and folders below an open folder."""
    found: list[str] = []
    for name in sorted(os.listdir(folder)):
        kind = kind_of(name, folder)
        if kind == stat.S_IFREG and not _is_hidden(name):
            found.append(above + name)
        elif kind == stat.S_IFDIR and not _is_hidden(name) and depth:
            found.append(f"{above}{name}/")
            with _opened(name, folder) as inner:
                found += _files(inner, f"{above}{name}/", depth - 1)
        if len(found) > MOST:
            raise _none(f"More than {MOST} files and folders were found.")
    return found


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


@contextmanager
def _opened(name: str, folder: int) -> Iterator[int]:
    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        yield inner
    finally:
        os.close(inner)


def _read(path: str, folder: int) -> bytes:
    """Return the bytes of a file below an open folder, going down to it step by step."""
    name, _, rest = path.partition("/")
    if not rest:
        return read_file(name, folder, SIZE_LIMIT)
    with _opened(name, folder) as inner:
        return _read(rest, inner)


def _unpack(data: bytes, path: str) -> tuple[bytes, str]:
    """Return the only notebook in a zip, and where it is; a zip in it is not opened."""
    packed = io.BytesIO(data)
    if holds_many(packed):
        raise _none(f"{path} holds more than {MOST} files.")
    try:
        with zipfile.ZipFile(packed) as archive:
            entries = {entry_name(entry): entry for entry in archive.infolist()}
            names = [name for name in entries if name.lower().endswith(NOTEBOOK)]
            names = [n for n in names if not any(p != ".." and _is_hidden(p) for p in n.split("/"))]
            if len(names) != 1:
                there = _listed(names or entries) or "nothing"
                raise _none(f"{path} does not hold one notebook, but {there}.")
            why = why_not(entries[names[0]], names[0])
            if why:
                raise _none(f"Of {path} {printable(names[0])} is not taken: {why}.")
            with archive.open(entries[names[0]]) as file:
                found = file.read(SIZE_LIMIT + 1)
    except BROKEN:
        raise Unusable(Verdict.UNREADABLE, f"{path} is no whole zip.") from None
    if len(found) > SIZE_LIMIT:
        raise too_large(SIZE_LIMIT)
    return found, f"{path}/{printable(names[0])}"


def holds_many(file: IO[bytes]) -> bool:
    """Say whether a zip that a student made has more entries than `MOST`.

    A list of them would be twenty times as long as the zip; so is counted what begins like one.
    Those of a zip in it that lies there as it is count too.
    """
    file.seek(0)
    data = file.read()
    file.seek(0)
    return data.count(ENTRY) > MOST


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry. Not every program that writes UTF-8 says so."""
    if not entry.flag_bits & 0x800:
        try:
            return entry.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return entry.filename


def why_not(entry: zipfile.ZipInfo, name: str) -> str:
    """Say why an entry is not to be unpacked; nothing if it may be."""
    parts = name.rstrip("/").split("/")
    if ".." in parts or "." in parts or "" in parts or "\\" in name or ":" in parts[0]:
        return "its name leads elsewhere"
    if not name.isprintable():
        return "its name is not plain text on one line"
    if len(os.fsencode(name)) > LONGEST_PATH or any(len(os.fsencode(p)) > LONGEST for p in parts):
        return "its name is too long"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is no file"
    if entry.flag_bits & 0x1:
        return "it is encrypted"
    return "" if entry.compress_type in PLAIN else "it is packed in an unusual way"
