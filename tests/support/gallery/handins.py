"""The gallery of hand-ins: odd, broken and hostile files, and what each of them earns.

A row lays files into one student's folder of the first assignment. Every bug found in
taking a hand-in becomes a row before it is mended; docs/grading.md says the policy.
"""

from __future__ import annotations

import copy
import json
import os
import socket
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from grading.core.verdicts import Verdict as V
from tests.support.course import Course, grade_id, reference_cells

A, NAME = "01_rnn", "rnn.ipynb"
CELL, LOOP = "rnn_cell_forward", "rnn_forward"
TESTS = [f"test_{CELL}", f"test_{LOOP}"]
Json = dict[str, Any]
Maker = Callable[[Course, Path], None]


@dataclass(frozen=True)
class Row:
    """One hand-in.

    Attributes
    ----------
    name : str
        What it is, in words; the student's folder is made of it.
    make : callable
        Takes the course and the folder of the hand-in, and fills the folder.
    verdicts : tuple of Verdict
        Of `rnn_cell_forward` and `rnn_forward`. Right is 10 points, all else here is 0.
    says : str
        Stands in the test cells' output when the hand-in as a whole has a verdict.
    root : bool
        Whether it takes root to make, or not to be root.
    """

    name: str
    make: Maker
    verdicts: tuple[V, V] = (V.CORRECT, V.CORRECT)
    says: str = ""
    root: bool | None = None

    @property
    def student(self) -> str:
        """Return the name of the student's folder."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.name).split())

    def can_be_made(self) -> bool:
        """Say whether this user can make it."""
        return self.root is None or self.root == (os.geteuid() == 0)


def hand_in(course: Course, row: Row) -> None:
    """Lay the row's files into its student's folder."""
    folder = course.root / "submitted" / row.student / A
    folder.mkdir(parents=True)
    row.make(course, folder)


def broken(name: str, make: Maker, verdict: V, says: str, root: bool | None = None) -> Row:
    """Make a row whose verdict is that of the whole notebook."""
    return Row(name, make, (verdict, verdict), says, root)


# What is in the notebook's file.


def content(data: Callable[[Course], bytes] | bytes, name: str = NAME) -> Maker:
    """Make a maker that writes a file."""

    def make(course: Course, folder: Path) -> None:
        (folder / name).write_bytes(data if isinstance(data, bytes) else data(course))

    return make


def right(course: Course) -> bytes:
    """Return the bytes of a right notebook."""
    return nbformat.writes(course.answers(A)).encode()


def edited(change: Callable[[Json], Any]) -> Maker:
    """Make a maker of a right notebook with something done to its JSON."""

    def data(course: Course) -> bytes:
        raw = json.loads(right(course))
        change(raw)
        return json.dumps(raw).encode()

    return content(data)


def text_edited(old: str, new: str) -> Maker:
    """Make a maker of a right notebook with something done to the text of its JSON."""

    def data(course: Course) -> bytes:
        text = right(course).decode()
        assert old in text
        return text.replace(old, new, 1).encode()

    return content(data)


def blank_but(change: Callable[[Json], Any]) -> Maker:
    """Make a maker of the untouched release with something done to its JSON."""

    def data(course: Course) -> bytes:
        raw = json.loads(nbformat.writes(course.release(A)))
        change(raw)
        return json.dumps(raw).encode()

    return content(data)


def name_of(cell: Json) -> str:
    """Return the grade id of a cell, or nothing."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def cell_of(raw: Json, name: str) -> Json:
    """Return the cell with this grade id."""
    return next(cell for cell in raw["cells"] if name_of(cell) == name)


def every(**values: Any) -> Callable[[Json], None]:
    """Change nbgrader's metadata of every cell that has some."""

    def change(raw: Json) -> None:
        for cell in filter(name_of, raw["cells"]):
            cell["metadata"]["nbgrader"].update(values)

    return change


def each(function: Callable[[Json], Any], *names: str) -> Callable[[Json], None]:
    """Do something to the cells with these grade ids, or to all that have one."""

    def change(raw: Json) -> None:
        for cell in filter(name_of, raw["cells"]):
            if not names or name_of(cell) in names:
                function(cell)

    return change


def without(*names: str) -> Callable[[Json], None]:
    """Delete cells."""

    def change(raw: Json) -> None:
        raw["cells"] = [cell for cell in raw["cells"] if name_of(cell) not in names]

    return change


def twice(name: str, **values: Any) -> Callable[[Json], None]:
    """Double a cell, and change the first of the two."""

    def change(raw: Json) -> None:
        number = raw["cells"].index(cell_of(raw, name))
        raw["cells"].insert(number, copy.deepcopy(raw["cells"][number]) | values)

    return change


def copied(name: str, to: Callable[[Json], int], **values: Any) -> Callable[[Json], None]:
    """Put a copy of a cell somewhere, with something changed in it."""

    def change(raw: Json) -> None:
        raw["cells"].insert(to(raw), copy.deepcopy(cell_of(raw, name)) | values)

    return change


def blank_of(course: Course, name: str) -> str:
    """Return what an exercise is given out as."""
    return next(c.source for c in course.release(A).cells if grade_id(c) == name)


def with_blank(change: Callable[[Json, str], Any], name: str = CELL, said: str = "{}") -> Maker:
    """Make a maker of a right notebook with something done to it that takes an exercise's blank."""

    def make(course: Course, folder: Path) -> None:
        edited(lambda raw: change(raw, said.format(blank_of(course, name))))(course, folder)

    return make


def behind(name: str) -> Callable[[Json], int]:
    """Return where the cell behind this one is."""
    return lambda raw: raw["cells"].index(cell_of(raw, name)) + 1


def moved(name: str, to: Callable[[Json], int]) -> Callable[[Json], None]:
    """Move a cell."""

    def change(raw: Json) -> None:
        cell = cell_of(raw, name)
        raw["cells"].remove(cell)
        raw["cells"].insert(to(raw), cell)

    return change


def to_front(raw: Json) -> int:
    """Return where the first cell is."""
    return 0


def to_end(raw: Json) -> int:
    """Return where a new last cell is."""
    return len(raw["cells"])


def marked(grade_id: Any) -> Json:
    """Return the metadata of a cell with this grade id."""
    return {"nbgrader": {"grade_id": grade_id}}


def swapped(raw: Json) -> None:
    """Swap the grade ids of the two exercises."""
    one, other = cell_of(raw, CELL), cell_of(raw, LOOP)
    one["metadata"], other["metadata"] = other["metadata"], one["metadata"]


def stripped(raw: Json) -> None:
    """Take all metadata away."""
    raw["metadata"] = {}
    for cell in raw["cells"]:
        cell["metadata"] = {}


def unnamed(raw: Json) -> None:
    """Take the grade ids of the exercises away, and let their work stand at the end."""
    mine = [cell_of(raw, CELL), cell_of(raw, LOOP)]
    for cell in mine:
        raw["cells"].remove(cell)
        cell["metadata"] = {}
    raw["cells"] += mine


def to_markdown(cell: Json) -> None:
    """Turn a code cell to Markdown, as Jupyter does on a slip of the M key."""
    cell.update(cell_type="markdown")
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)


def prose(raw: Json) -> None:
    """Take all metadata away and turn one exercise to Markdown: nothing tells it any more."""
    to_markdown(cell_of(raw, LOOP))
    stripped(raw)


def plain(source: str) -> Json:
    """Return a code cell of the student's own."""
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}


def all_in_one(raw: Json) -> None:
    """Put all work in one cell without an id, and delete the exercises' cells."""
    sources = [cell_of(raw, name)["source"] for name in (CELL, LOOP)]
    text = "\n\n".join("".join(source) for source in sources)
    without(CELL, LOOP)(raw)
    raw["cells"].append(plain(text))


def both(*changes: Callable[[Json], Any]) -> Callable[[Json], None]:
    """Make several changes."""

    def change(raw: Json) -> None:
        for one in changes:
            one(raw)

    return change


def old_format(major: int, **more: Any) -> Callable[[Course], bytes]:
    """Return a right notebook in an old format, as another program would write it.

    ``more`` is in a heading in front, and in every cell.
    """

    def data(course: Course) -> bytes:
        cells = [
            {"cell_type": "code", "language": "python", "input": cell.source, "outputs": []} | more
            for cell in course.answers(A).cells
            if cell.cell_type == "code"
        ]
        cells.insert(0, {"cell_type": "heading", "level": 1, "source": "A heading"} | more)
        raw = {"nbformat": major, "nbformat_minor": 0, "metadata": {"name": ""}}
        return json.dumps(raw | {"worksheets": [{"cells": cells}]}).encode()

    return data


# As they stand in the JSON.
NUMBERS = {
    "a number of 400 digits": "9" * 400,
    "a number of 5000 digits": "-" + "9" * 5000,
    "no number": "NaN",
    "a number without end": "-Infinity",
    "a number out of bounds": "1e999",
    "true": "true",
    "half": "0.5",
    "a long text": '"' + "9" * 10**4 + '"',
    "half a letter": r'"\ud800"',
    "deep lists": "[" * 300 + "]" * 300,
}


def numbers(text: str) -> Callable[[Course], bytes]:
    """Return a right notebook with a value in every field from which nothing is to be taken."""

    def data(course: Course) -> bytes:
        raw = json.loads(right(course))
        odd = "to be replaced"
        raw |= {"nbformat_minor": odd, "orig_nbformat": odd, "signature": odd}
        raw["metadata"] = {"kernelspec": odd, "language_info": {"version": odd}, "signature": odd}
        for cell in raw["cells"]:
            cell |= {"execution_count": odd, "id": odd, "attachments": odd}
            cell["outputs"] = [odd, {"output_type": "execute_result", "execution_count": odd}]
            keep = {"grade_id": name_of(cell)} if name_of(cell) else {}
            marks = ("points", "schema_version", "checksum", "locked", "grade", "solution", "task")
            cell["metadata"] = {"nbgrader": dict.fromkeys(marks, odd) | keep, "collapsed": odd}
        return json.dumps(raw).replace(f'"{odd}"', text).encode()

    return data


def four_zero(raw: Json) -> None:
    """Make it format 4.0, which knows no cell ids."""
    raw["nbformat_minor"] = 0
    for cell in raw["cells"]:
        cell.pop("id", None)


def added(**cell: Any) -> Callable[[Json], None]:
    """Put a cell in front of all others."""
    return lambda raw: raw["cells"].insert(0, plain("") | cell)


def sparse(size: int, name: str = NAME) -> Maker:
    """Make a maker of a large file that takes no space."""

    def make(course: Course, folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.truncate(size)

    return make


def many(value: bytes, size: int = 19 * 2**20) -> bytes:
    """Return a notebook of so many bytes, full of a value."""
    values = b",".join([value] * (size // (len(value) + 1)))
    return b'{"nbformat": 4, "cells": [], "more": [' + values + b"]}"


# What is beside the notebook, and in its place.


def instead(make_at: Callable[[Course, Path], Any]) -> Maker:
    """Make a maker of something that is no file, at the notebook's place."""
    return lambda course, folder: make_at(course, folder / NAME) and None


def link(target: str) -> Maker:
    """Make a maker of a symbolic link at the notebook's place, relative to the course."""
    return instead(lambda course, path: path.symlink_to(course.root / target))


def beside(make_at: Callable[[Course, Path], Any]) -> Maker:
    """Make a maker of a right notebook with something beside it."""

    def make(course: Course, folder: Path) -> None:
        (folder / NAME).write_bytes(right(course))
        make_at(course, folder)

    return make


def file_beside(name: str | bytes, data: bytes = b"raise SystemExit('shadowed')\n") -> Maker:
    """Make a maker of a right notebook with a file beside it."""

    def make_at(course: Course, folder: Path) -> None:
        path = Path(os.fsdecode(os.path.join(os.fsencode(folder), os.fsencode(name))))  # noqa: PTH118
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return beside(make_at)


def link_beside(name: str, target: str) -> Maker:
    """Make a maker of a right notebook with a link beside it, relative to the course."""
    return beside(lambda course, folder: (folder / name).symlink_to(course.root / target))


def whole_folder(target: Callable[[Course, Path], Path]) -> Maker:
    """Make a maker that puts a link in place of the assignment's folder."""

    def make(course: Course, folder: Path) -> None:
        folder.rmdir()
        folder.symlink_to(target(course, folder))

    return make


def plain_file_for_folder(course: Course, folder: Path) -> None:
    """Put a file where the assignment's folder should be."""
    folder.rmdir()
    folder.write_bytes(right(course))


def student_link(course: Course, folder: Path) -> None:
    """Make the student's folder a link to that of somebody who is right."""
    folder.rmdir()
    folder.parent.rmdir()
    folder.parent.symlink_to(course.root / "submitted" / FIRST.student)


def links_in_loops(course: Course, folder: Path) -> None:
    """Put links beside the notebook that lead back to themselves and up."""
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..", target_is_directory=True)
    (folder / "gone").symlink_to("nowhere")


def zipped(*names: str, **attributes: Any) -> Maker:
    """Make a maker of a zip of right notebooks; with a link, a method or a bomb in it."""

    def make(course: Course, folder: Path) -> None:
        with zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                entry = zipfile.ZipInfo(name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                for key, value in attributes.items():
                    setattr(entry, key, value)
                archive.writestr(entry, right(course) if name.endswith("ipynb") else b"x")

    return make


def many_names(course: Course, folder: Path) -> None:
    """Hand in a zip of thousands of empty files and one notebook."""
    with zipfile.ZipFile(folder / "work.zip", "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number}.txt", b"")
        archive.writestr(NAME, right(course))


def crowd(course: Course, folder: Path) -> None:
    """Hand in a zip of 300,000 entries and no file."""
    entry = b"PK\1\2" + bytes(42)
    end = b"PK\5\6" + bytes(8) + struct.pack("<2L", 300_000 * len(entry), 0) + bytes(2)
    (folder / "work.zip").write_bytes(entry * 300_000 + end)


def bomb(course: Course, folder: Path) -> None:
    """Hand in a zip of a notebook that is far larger than it says."""
    with zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, b" " * 200 * 2**20)
    data = (folder / "work.zip").read_bytes()
    said = struct.pack("<I", 200 * 2**20)
    assert said in data
    (folder / "work.zip").write_bytes(data.replace(said, struct.pack("<I", 1000)))


def torn(course: Course, folder: Path) -> None:
    """Hand in the first half of a zip."""
    zipped(NAME)(course, folder)
    data = (folder / "work.zip").read_bytes()
    (folder / "work.zip").write_bytes(data[: len(data) // 2])


def nested(*names: str) -> Maker:
    """Make a maker of right notebooks in folders of the folder."""

    def make(course: Course, folder: Path) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(right(course))

    return make


def linked_folder(course: Course, folder: Path) -> None:
    """Hand in a link to the folder of somebody who is right, and one to the source."""
    (folder / "work").symlink_to(course.root / "submitted" / FIRST.student / A)
    (folder / "more").symlink_to(course.root / "source" / A)


def several(course: Course, folder: Path) -> None:
    """Hand in two notebooks, neither under the right name."""
    for name in ("a.ipynb", "b.ipynb"):
        (folder / name).write_bytes(right(course))


def a_device(course: Course, path: Path) -> None:
    """Put a device there that has no end."""
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))


def a_socket(course: Course, path: Path) -> None:
    """Put a Unix socket there (by a short name: the path of one is limited)."""
    home = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(path.name)
    finally:
        os.chdir(home)


def closed(course: Course, folder: Path) -> None:
    """Let nobody read the notebook."""
    (folder / NAME).write_bytes(right(course))
    (folder / NAME).chmod(0)


def sources(names: dict[str, str]) -> Callable[[Json], None]:
    """Set the source of cells."""

    def change(raw: Json) -> None:
        for name, source in names.items():
            cell_of(raw, name)["source"] = source

    return change


NONE, BAD = V.NO_NOTEBOOK, V.UNREADABLE
FIRST = Row("aa honest", content(right))
LAST = Row("zz honest", content(right))

IN_WORDS = [
    broken("not JSON", content(b"{'cells': "), BAD, "not JSON"),
    broken("empty file", content(b""), BAD, "empty"),
    broken("binary", content(bytes(range(256)) * 40), BAD, "not JSON"),
    broken("a list", content(b"[1, 2]"), BAD, "not a notebook"),
    broken("no cells", content(b'{"nbformat": 4, "nbformat_minor": 5}'), BAD, "no cells"),
    broken("cells of numbers", content(b'{"nbformat": 4, "cells": [1, 2]}'), BAD, "cells"),
    broken("a version that is text", content(b'{"nbformat": "4", "cells": []}'), BAD, "format"),
    broken("from the future", content(b'{"nbformat": 9, "cells": []}'), BAD, "format 9"),
    broken("format zero", content(b'{"nbformat": 0, "cells": []}'), BAD, "format 0"),
    broken("too large", content(b" " * (21 * 2**20) + b"{}"), BAD, "20 MB"),
    broken("200 MB that take no space", sparse(200 * 2**20), BAD, "20 MB"),
    broken("100 MB in one cell", edited(sources({CELL: "#" * 100 * 2**20})), BAD, "20 MB"),
    broken("nested too deep", content(b'{"nbformat": 4, "cells": ' + b"[" * 10**5), BAD, "nested"),
    broken(
        "nested too deep and closed",
        content(b'{"nbformat": 4, "cells": ' + b"[" * 10**5 + b"]" * 10**5 + b"}"),
        BAD,
        "nested",
    ),
    *(
        broken(f"millions of {what}", content(many(value)), BAD, "millions of values")
        for what, value in (("lists", b"[]"), ("objects", b'{"":0}'), ("texts", b'"a"'))
    ),
    broken("half of thousands of lists", content(many(b"[]", 2**18)[:-9]), BAD, "not JSON"),
    broken(
        "a hundred thousand lists", content(b'{"nbformat": 4, "a": [' + b"[]," * 10**5), BAD, "JSON"
    ),
    broken(
        "millions of objects in its metadata",
        edited(lambda raw: raw["metadata"].update(a=[{"": 0}] * 2_000_000)),
        BAD,
        "millions of values",
    ),
    broken(
        "millions of tags",
        edited(lambda raw: cell_of(raw, CELL)["metadata"].update(tags=[[]] * 2_000_000)),
        BAD,
        "millions of values",
    ),
    broken(
        "a million lines",
        edited(lambda raw: raw["cells"].append(plain("\n" * 10**6))),
        BAD,
        "lines",
    ),
    broken("too many cells", edited(lambda raw: raw.update(cells=raw["cells"] * 90)), BAD, "2000"),
    *(
        broken(f"a version {name}", text_edited('"nbformat": 4', f'"nbformat": {value}'), BAD, says)
        for name, value, says in (
            ("of 400 digits", "4" * 400, "no format that"),
            ("of 400 digits below zero", "-" + "4" * 400, "no format that"),
            ("of 5000 digits", "4" * 5000, "no format that"),
            ("that is no number", "NaN", "no format that"),
            ("without end", "Infinity", "no format that"),
            ("below zero", "-4", "format -4, which"),
            ("between two", "4.5", "format 4.5, which"),
            ("that is true", "true", "does not say which format"),
            ("in a list", "[4]", "does not say which format"),
        )
    ),
    broken(
        "another assignment",
        content(lambda course: nbformat.writes(course.release("02_lstm")).encode()),
        V.OTHER_ASSIGNMENT,
        "another assignment",
    ),
    broken("nothing", lambda course, folder: None, NONE, "No notebook"),
    broken("two notebooks of other names", several, NONE, "a.ipynb, b.ipynb"),
    broken("a notebook with one ending more", content(right, f"{NAME}.json"), NONE, f"{NAME}.json"),
    broken("a picture", content(b"x", "<b>.png"), NONE, "Found was: <b>.png."),
    broken("an empty folder in it", lambda c, f: (f / "work").mkdir(), NONE, "work/"),
    broken("notebooks in two folders", nested("a/x.ipynb", "b/y.ipynb"), NONE, "a/x.ipynb, b/y"),
    broken("a notebook far down", nested("a/b/c/d/e/rnn.ipynb"), NONE, "Found was: a/."),
    broken("links to folders", linked_folder, NONE, "Found was: more, work."),
    broken("a zip of two notebooks", zipped("x.ipynb", "b/y.ipynb"), NONE, "b/y.ipynb"),
    broken("a zip of none", zipped("x.txt"), NONE, "work.zip"),
    broken("a zip that leads elsewhere", zipped("../../x.ipynb"), NONE, "leads elsewhere"),
    broken("a zip of a link", zipped(NAME, external_attr=0o120777 << 16), NONE, "it is no file"),
    broken("a zip of thousands", many_names, NONE, "more than 1000 files"),
    broken("a zip of nothing but names", crowd, NONE, "more than 1000 files"),
    broken("a zip in a zip", zipped("inner.zip"), NONE, "work.zip"),
    broken("a bomb of a zip", bomb, BAD, "work.zip"),
    broken("half of a zip", torn, BAD, "work.zip"),
    broken("a zip of another packing", zipped(NAME, compress_type=14), NONE, "unusual way"),
    broken("a file in place of the folder", plain_file_for_folder, NONE, "folder"),
    broken("a folder named as the notebook", instead(lambda c, p: p.mkdir()), BAD, "a folder"),
    broken("link to the gradebook", link("gradebook.db"), BAD, "a symbolic link"),
    broken("link to the source", link(f"source/{A}/{NAME}"), BAD, "a symbolic link"),
    broken("link to a student", link(f"submitted/{FIRST.student}/{A}/{NAME}"), BAD, "a symbolic"),
    broken("link to itself", instead(lambda c, p: p.symlink_to(NAME)), BAD, "a symbolic link"),
    broken("link to nowhere", link("nowhere"), BAD, "a symbolic link"),
    broken("link to a device", instead(lambda c, p: p.symlink_to("/dev/zero")), BAD, "a symbolic"),
    broken(
        "renamed link to the source",
        lambda c, f: (f / "mine.ipynb").symlink_to(c.root / "source" / A / NAME),
        BAD,
        "a symbolic link",
    ),
    broken(
        "its folder is a link to the source",
        whole_folder(lambda course, folder: course.root / "source" / A),
        BAD,
        "a symbolic link",
    ),
    broken(
        "its folder is a link to a student",
        whole_folder(lambda c, f: c.root / "submitted" / FIRST.student / A),
        BAD,
        "a symbolic link",
    ),
    broken("its folder links to itself", whole_folder(lambda c, f: f), BAD, "a symbolic link"),
    broken("the student is a link to a student", student_link, BAD, "a symbolic link"),
    broken("a FIFO", instead(lambda c, p: os.mkfifo(p)), BAD, "a named pipe"),
    broken("a socket", instead(a_socket), BAD, "a socket"),
    broken(
        "a device",
        instead(a_device),
        BAD,
        "a device",
        root=True,
    ),
    broken("closed to all", closed, BAD, "may not be read", root=False),
]

HONEST = [
    FIRST,
    LAST,
    Row("renamed", content(right, "rnn (1).ipynb")),
    Row("renamed in capitals", content(right, "RNN.IPYNB")),
    Row("renamed on two lines", content(right, "rnn\nagain.ipynb")),
    Row("twice", lambda c, f: [content(right, n)(c, f) for n in (NAME, "rnn (1).ipynb")] and None),
    Row("beside one of another kind", beside(lambda c, f: content(b"x", "b.ipynb")(c, f))),
    Row("a folder in the folder", nested(f"{A}/{NAME}", f"{A}/.ipynb_checkpoints/rnn-1.ipynb")),
    Row("a folder in a folder", nested(f"work/{A}/mine.ipynb")),
    Row("a zip of it", zipped(NAME)),
    Row("a zip of its folder", zipped(f"{A}/{NAME}", f"{A}/data.csv", f"__MACOSX/._{NAME}")),
    Row(
        "a notebook beside a zip",
        lambda c, f: [m(c, f) for m in (content(right), zipped("x.ipynb"))] and None,
    ),
    Row("format 2", content(old_format(2))),
    Row("format 3", content(old_format(3))),
    Row("format 3 with a heading of many levels", content(old_format(3, level=10**12))),
    Row("format 3 with a heading above all", content(old_format(3, level=-(10**400)))),
    Row(
        "format 2 with numbers everywhere", content(old_format(2, level=True, prompt_number=1e400))
    ),
    Row("format 4 0", edited(four_zero)),
    Row("format 4 with a point", text_edited('"nbformat": 4', '"nbformat": 4.0')),
    *(Row(f"{name} in every field", content(numbers(text))) for name, text in NUMBERS.items()),
    Row("format 4 99", edited(lambda raw: raw.update(nbformat_minor=99))),
    Row("a byte order mark", content(lambda course: b"\xef\xbb\xbf" + right(course))),
    Row("UTF 16", content(lambda course: right(course).decode().encode("utf-16"))),
    Row("kernel of another name", edited(lambda raw: raw["metadata"].update(kernelspec="mine"))),
    Row("metadata of a wrong type", edited(lambda raw: raw.update(metadata=[1]))),
    Row("duplicate keys", text_edited("{", '{"cells": [], "nbformat": 9, ')),
    Row("not a number", edited(lambda raw: raw["metadata"].update(a=[float("nan"), 10**400]))),
    Row("nested somewhat", edited(lambda raw: raw.update(a=json.loads("[" * 500 + "]" * 500)))),
    Row("a lone surrogate", edited(added(source="x = '\ud800'"))),
    Row("a NUL", edited(added(source="x = '\0'"))),
    Row("15 MB in one cell", edited(added(source="#" * 15 * 2**20))),
    Row("a broken cell", edited(lambda raw: raw["cells"].insert(0, 7))),
    Row("a source of numbers", edited(added(source=[1, 2]))),
    Row("no cell type", edited(added(cell_type=None, source="x"))),
    Row("millions of brackets in an output", edited(added(outputs=["[{" * 2_000_000]))),
    Row(
        "a hundred thousand names in metadata",
        edited(added(metadata=dict.fromkeys(map(str, range(10**5))))),
    ),
    Row("outputs of a wrong type", edited(added(outputs={"a": 1}, execution_count="x"))),
    Row("attachments", edited(added(cell_type="markdown", attachments={"a.png": [1]}))),
    Row("cell metadata of wrong types", edited(added(metadata="x"))),
    Row("nbgrader metadata of wrong types", edited(added(metadata={"nbgrader": [1]}))),
    Row("an id of a wrong type", edited(added(metadata=marked({})))),
    Row("cell ids missing", edited(lambda raw: [c.pop("id", 0) for c in raw["cells"]])),
    Row("cell ids doubled", edited(lambda raw: [c.update(id="a") for c in raw["cells"]])),
    Row("cell ids invalid", edited(lambda raw: [c.update(id={"?": 1}) for c in raw["cells"]])),
    Row("old schema", edited(every(schema_version=1))),
    Row("future schema", edited(every(schema_version=99))),
    Row("points raised", edited(every(points=1000))),
    Row("points that are no number", edited(every(points=float("nan")))),
    Row("all locked", edited(every(locked=True, solution=False, grade=False))),
    Row("all unlocked", edited(every(locked=False, solution=True, grade=False))),
    Row("exercises made tests", edited(every(grade=True, solution=False))),
    Row("imports deleted", edited(without("imports"))),
    Row("imports edited", edited(sources({"imports": "raise SystemExit"}))),
    Row("imports at the end", edited(moved("imports", to_end))),
    Row("tests edited", edited(sources(dict.fromkeys(TESTS, "1 / 0")))),
    Row("tests emptied", edited(sources(dict.fromkeys(TESTS, "")))),
    Row("tests deleted", edited(without(*TESTS))),
    Row("tests doubled", edited(twice(f"test_{LOOP}"))),
    Row("tests made Markdown", edited(each(to_markdown, *TESTS))),
    Row("tests at the front", edited(both(*(moved(f, to_front) for f in TESTS)))),
    Row("tests at the end", edited(moved(TESTS[0], to_end))),
    Row("exercises doubled", edited(twice(CELL))),
    Row("a draft before the exercise", edited(twice(CELL, source="def rnn_cell_forward(): 1"))),
    Row(
        "the last of two exercises behind the test",
        edited(both(twice(CELL, source=""), moved(TESTS[0], to_front))),
    ),
    Row(
        "a blank copy below it",
        with_blank(lambda raw, b: copied(CELL, behind(CELL), source=b)(raw)),
    ),
    Row("a blank copy at the end", with_blank(lambda raw, b: copied(CELL, to_end, source=b)(raw))),
    Row(
        "a blank copy with other spaces and comments",
        with_blank(
            lambda raw, b: copied(CELL, behind(CELL), source=b)(raw), said="# mine\n\n{}  # ?\n\n"
        ),
    ),
    Row("an empty copy below it", edited(copied(CELL, behind(CELL), source="# here"))),
    Row(
        "a blank copy that lost its id",
        with_blank(lambda raw, b: copied(CELL, behind(CELL), source=b, metadata={})(raw)),
    ),
    Row(
        "stripped, with a blank copy below it",
        with_blank(lambda raw, b: both(copied(LOOP, behind(LOOP), source=b), stripped)(raw), LOOP),
    ),
    Row(
        "the id of one exercise on the other's cell",
        edited(lambda raw: cell_of(raw, LOOP).update(metadata=marked(CELL))),
    ),
    Row(
        "the id of the imports on an exercise",
        edited(lambda raw: cell_of(raw, CELL).update(metadata=marked("imports"))),
    ),
    Row(
        "imports added to the locked cell",
        edited(each(lambda c: c.update(source=[*c["source"], "\n\nimport math"]), "imports")),
    ),
    Row(
        "notes of the students own",
        edited(lambda raw: raw["metadata"].update(grading={"notes": [["", "All is well."]]})),
    ),
    Row("exercises made Markdown", edited(each(to_markdown, CELL, LOOP))),
    Row("exercises at the end", edited(both(moved(CELL, to_end), moved(LOOP, to_end)))),
    Row("ids swapped", edited(swapped)),
    Row("stripped", edited(stripped)),
    Row("stripped of the exercises ids", edited(unnamed)),
    Row("stripped and other ids", edited(both(stripped, added(metadata=marked("x"))))),
    Row("all in one cell", edited(all_in_one)),
    *(
        Row(f"a file {name}", file_beside(name))
        for name in (
            "numpy.py",
            "rnn_utils.py",
            "public_tests.py",
            "lesson_tools/checks.py",
            "grading/__init__.py",
            "sitecustomize.py",
            "nbgrader_config.py",
            ".ipython/profile_default/startup/x.py",
            ".jupyter/jupyter_config.py",
        )
    ),
    Row("a file name on two lines", file_beside("a\nb")),
    Row("a file name of dots", file_beside("..a..")),
    Row("a file name of 255 bytes", file_beside("n" * 255)),
    Row("a file name that is no text", file_beside(b"\xff\xfe")),
    Row("links beside it", beside(links_in_loops)),
    Row("a link to the gradebook beside it", link_beside("x", "gradebook.db")),
    Row("a link to the sources beside it", link_beside("x", "source")),
    Row("a FIFO beside it", beside(lambda c, f: os.mkfifo(f / "pipe"))),
    Row("200 MB beside it", beside(lambda c, f: sparse(200 * 2**20, "big")(c, f))),
    Row("a device beside it", beside(lambda c, f: a_device(c, f / "zero")), root=True),
    Row("a timestamp of garbage", file_beside("timestamp.txt", b"\xff yesterday")),
    Row("a timestamp of the wrong kind", file_beside("timestamp.txt", b"99999-99-99")),
    Row("a timestamp of digits", file_beside("timestamp.txt", b"9" * 900)),
    Row("a timestamp of hours", file_beside("timestamp.txt", b"9" * 30 + b"12.5h")),
    Row("a timestamp of all numbers", file_beside("timestamp.txt", b"1e999 nan -inf")),
    Row(
        "a timestamp of a long zone",
        file_beside("timestamp.txt", b"2026-11-01 10:00 " + b"z" * 900),
    ),
    Row("a timestamp of a file", file_beside("timestamp.txt", b"2026-11-01 10:00 /etc/passwd")),
    Row(
        "a timestamp of the last hour", file_beside("timestamp.txt", b"9999-12-31 23:59:59 -50000")
    ),
    Row("a timestamp of the first", file_beside("timestamp.txt", b"0001-01-01 00:00:00 50000")),
    Row("an empty timestamp", file_beside("timestamp.txt", b"")),
    Row("a timestamp that is a FIFO", beside(lambda c, f: os.mkfifo(f / "timestamp.txt"))),
    Row("a timestamp that is a link", link_beside("timestamp.txt", "/dev/zero")),
    Row("a timestamp that is a folder", beside(lambda c, f: (f / "timestamp.txt").mkdir())),
    Row("a name with ünïcode 名", content(right)),
]

SPLIT = [
    Row("an exercise missing", edited(without(LOOP)), (V.CORRECT, V.NOT_ATTEMPTED)),
    Row("an exercise emptied", edited(sources({LOOP: ""})), (V.CORRECT, V.NOT_ATTEMPTED)),
    Row(
        "an exercise that is no text",
        edited(lambda raw: cell_of(raw, LOOP).update(source=[1])),
        (V.CORRECT, V.NOT_ATTEMPTED),
    ),
    Row(
        "a wrong copy below it",
        edited(copied(LOOP, behind(LOOP), source=f"def {LOOP}(*given):\n    return given[0]")),
        (V.CORRECT, V.WRONG),
    ),
    Row(
        "blanks doubled",
        blank_but(lambda raw: copied(CELL, behind(CELL))(raw)),
        (V.NOT_ATTEMPTED, V.NOT_ATTEMPTED),
    ),
    Row(
        "written again above the blank",
        blank_but(lambda raw: raw["cells"].insert(2, plain(reference_cells(A)[CELL]))),
        (V.NOT_ATTEMPTED, V.NOT_ATTEMPTED),
    ),
    Row("stripped, and one made Markdown", edited(prose), (V.CORRECT, V.NOT_ATTEMPTED)),
    Row(
        "written again right below the blank",
        blank_but(
            lambda raw: raw["cells"].insert(behind(CELL)(raw), plain(reference_cells(A)[CELL]))
        ),
        (V.CORRECT, V.NOT_ATTEMPTED),
    ),
    Row(
        "written again behind its test",
        blank_but(lambda raw: raw["cells"].append(plain(reference_cells(A)[CELL]))),
        (V.NOT_ATTEMPTED, V.NOT_ATTEMPTED),
    ),
    Row(
        "no cells at all",
        content(b'{"nbformat": 4, "cells": []}'),
        (V.NOT_ATTEMPTED, V.NOT_ATTEMPTED),
    ),
]

ROWS = [row for row in [*IN_WORDS, *HONEST, *SPLIT] if row.can_be_made()]

# Folders that cannot be a student: a fault of whoever laid them there, listed by name.
NO_STUDENTS = {
    "on\ntwo lines": "line",
    ".hidden": "dot",
    b"not text \xff": "text",
    "<img src=x onerror=alert(1)>": "code",
    'a "quoted" name': "code",
}
