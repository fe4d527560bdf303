"""Zips that are hostile or broken: what is unpacked stays in its place and within its bounds."""

import io
import logging
import os
import stat
import struct
import tracemalloc
import zipfile

import pytest
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from grading.lms.extractor import MOST_IN_ALL, NAMED, Extractor
from grading.store.submitted import SIZE_LIMIT
from tests.support.course import ROOT
from tests.support.lms_readers import zipped


def app():
    """Return nbgrader's command with this course's settings; without them nothing is unpacked."""
    config = PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config()
    command = ZipCollectApp(config=config)
    command.coursedir = CourseDirectory(parent=command, root=str(ROOT))
    return command


def unpacked(tmp_path, *files, **settings):
    """Unpack archives with the extractor; return its folder, and what is in it with its size."""
    source, to = tmp_path / "course" / "archive", tmp_path / "course" / "extracted"
    source.mkdir(parents=True)
    to.mkdir()
    for number, data in enumerate(files):
        (source / f"{number}.zip").write_bytes(data)
    said = []
    log = logging.Logger("unpack")
    log.addFilter(lambda record: said.append(record.getMessage()))
    extractor = Extractor(parent=app(), log=log, **settings)
    extractor.extract(str(source), str(to))
    found = {str(p.relative_to(to)): p.stat().st_size for p in to.rglob("*") if p.is_file()}
    everything = {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*")}
    assert everything == {"course"}, "something lies outside"
    return found, said


def entry(name, mode=stat.S_IFREG | 0o644):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


@pytest.mark.parametrize(
    "name",
    [
        *("../rnn.ipynb", "a/../../rnn.ipynb", "/rnn.ipynb", "a//rnn.ipynb", "..\\rnn.ipynb"),
        *("C:/rnn.ipynb", "a/./rnn.ipynb", "a\nb.ipynb", "a\u202eb.ipynb"),
        *("x" * 300 + ".ipynb", "/".join(["abcdefg"] * 200) + "/rnn.ipynb"),
    ],
)
def test_a_name_that_leads_elsewhere_is_left_out(tmp_path, name):
    found, said = unpacked(tmp_path, zipped({name: b"{}", "good.ipynb": b"{}"}))
    assert found == {"0.zip/good.ipynb": 2}
    assert len(said) == 1
    assert "its name" in said[0]
    assert said[0].isprintable()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_left_out(tmp_path, kind):
    evil = {entry("rnn.ipynb", kind | 0o777): b"/etc/passwd", "good.ipynb": b"{}"}
    found, said = unpacked(tmp_path, zipped(evil))
    assert found == {"0.zip/good.ipynb": 2}
    assert "it is no file" in said[0]


def test_no_permissions_are_taken_from_a_zip(tmp_path):
    unpacked(tmp_path, zipped({entry("a.ipynb", stat.S_IFREG | 0o6777): b"{}"}))
    mode = (tmp_path / "course" / "extracted" / "0.zip" / "a.ipynb").stat().st_mode
    assert mode & (stat.S_ISUID | stat.S_ISGID | 0o111) == 0


def test_a_bomb_grows_no_further_than_a_hand_in_may(tmp_path):
    bomb = zipped({"big.ipynb": bytes(10 * SIZE_LIMIT)})
    assert len(bomb) < SIZE_LIMIT / 50
    tracemalloc.start()
    found, _ = unpacked(tmp_path, bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # One byte too many, so that the grader says that it is too large.
    assert found == {"0.zip/big.ipynb": SIZE_LIMIT + 1}
    assert most < SIZE_LIMIT


def test_a_zip_in_a_zip_is_bounded_and_what_is_in_that_is_not_opened(tmp_path):
    deep = zipped({"deeper.zip": zipped({"deepest.ipynb": b"{}"}), "rnn.ipynb": b"{}"})
    many = zipped({f"{number}.ipynb": b"{}" for number in range(20)})
    large = zipped({f"{number}.ipynb": bytes(SIZE_LIMIT) for number in range(4)})
    vast = zipped({"vast.ipynb": os.urandom(SIZE_LIMIT + 10)})
    student = {"deep.zip": deep, "many.zip": many, "large.zip": large, "vast.zip": vast}
    found, said = unpacked(tmp_path, zipped(student), most_files=5, most_of_one=2 * SIZE_LIMIT)
    inside = {name: [n for n in found if n.startswith(f"0.zip/{name}")] for name in student}
    assert inside["deep.zip"] == ["0.zip/deep.zip/rnn.ipynb"]
    assert [len(inside[name]) for name in ("many.zip", "large.zip", "vast.zip")] == [5, 2, 0]
    assert any("vast.zip: it is larger than 20 MB" in line for line in said)


def test_all_downloads_together_are_bounded(tmp_path, capsys):
    files = {f"{number}.ipynb": bytes(SIZE_LIMIT) for number in range(4)}
    with pytest.raises(SystemExit):
        unpacked(tmp_path, zipped(files), most=2 * SIZE_LIMIT)
    size = sum(p.stat().st_size for p in (tmp_path / "course" / "extracted").rglob("*.ipynb"))
    assert size <= 2 * SIZE_LIMIT


def crowded(count, name=b"%06d.txt"):
    """Return a zip of so many entries that name nothing: a directory and no files."""
    form = "<4s6H3L5H2L"
    made = []
    for number in range(count):
        named = name % number if b"%" in name else name
        sizes = [0, 0, 0, len(named), 0, 0, 0, 0, 0, 0]
        made.append(struct.pack(form, b"PK\1\2", 20, 20, 0, 0, 0, 33, *sizes) + named)
    directory = b"".join(made)
    most = min(count, 0xFFFF)
    return directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, most, most, len(directory), 0, 0)


def test_a_download_of_too_many_files_ends_it_with_one_sentence(tmp_path):
    with pytest.raises(SystemExit):
        unpacked(tmp_path, zipped({"rnn.ipynb": b"{}"}), crowded(MOST_IN_ALL + 1))
    assert len(crowded(MOST_IN_ALL + 1)) < 10 * 2**20


@pytest.mark.parametrize(
    "data",
    [
        crowded(300_000),
        crowded(420_000, b""),
        crowded(1001, b"rnn.ipynb"),
        zipped({f"{number}.txt": b"" for number in range(1000)} | {"rnn.ipynb": b"{}"}),
        zipped({f"{number}/": b"" for number in range(1001)}),
        crowded(20_000, b"x" * 900),
    ],
    ids=["many", "many without a name", "one name", "one too many", "folders", "long names"],
)
def test_a_students_zip_of_too_many_files_is_left_out_as_a_whole_and_said_once(tmp_path, data):
    tracemalloc.start()
    found, said = unpacked(tmp_path, zipped({"work.zip": data, "good.ipynb": b"{}"}))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {"0.zip/good.ipynb": 2}
    assert said == ["Left out 0.zip: work.zip: it holds more than 1000 files."]
    assert most < 4 * SIZE_LIMIT


def test_of_much_that_is_left_out_some_is_named_and_the_rest_counted(tmp_path):
    long = {"y" * 60_000 + str(number): b"" for number in range(50)}
    inner = zipped({f"{number}.txt": b"" for number in range(900)})
    found, said = unpacked(tmp_path, zipped({"work.zip": inner, **long, "good.ipynb": b"{}"}))
    assert found == {"0.zip/good.ipynb": 2}
    assert sum("work.zip" in line for line in said) == NAMED + 1
    assert f"Left out 0.zip: work.zip: {900 - NAMED} files more." in said
    assert f"Left out 0.zip: {50 - NAMED} files more." in said
    assert sum(map(len, said)) < 20_000


def broken(kind):
    data = bytearray(zipped({"rnn.ipynb": os.urandom(5000), "good.ipynb": b"{}"}))
    if kind == "cut":
        return bytes(data[:2000])
    if kind == "flipped":
        data[1000] ^= 0xFF
    if kind == "encrypted":
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + at] |= 1
    if kind == "unusual":
        for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            data[data.index(mark) + at] = zipfile.ZIP_LZMA
    return bytes(data)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("cut", "it is no whole zip"),
        ("flipped", "is broken; it is taken as far as it goes"),
        ("encrypted", "it is encrypted"),
        ("unusual", "it is packed in an unusual way"),
    ],
)
def test_a_broken_zip_stops_no_other(tmp_path, kind, why):
    found, said = unpacked(tmp_path, broken(kind), zipped({"rnn.ipynb": b"{}"}))
    assert found["1.zip/rnn.ipynb"] == 2
    (line,) = said
    assert why in line
    if kind != "cut":
        assert found["0.zip/good.ipynb"] == 2


def test_names_twice_and_names_of_folders_do_no_harm(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in ("a.ipynb", "a.ipynb/b.ipynb", "c.ipynb/", "c.ipynb/d.ipynb", "c.ipynb"):
            archive.writestr(name, b"" if name.endswith("/") else name)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.ipynb", "another")
    found, said = unpacked(tmp_path, data.getvalue())
    assert found == {"0.zip/a.ipynb": 7, "0.zip/c.ipynb/d.ipynb": 15}
    assert len(said) == 3


def test_utf8_that_is_not_said_to_be_is_read_as_such(tmp_path):
    name = "Änne 李_1_assignsubmission_file/rnn.ipynb"
    data = bytearray(zipped({name: b"{}"}))
    for mark, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        data[data.index(mark) + at] &= ~0x08
    found, _ = unpacked(tmp_path, bytes(data))
    assert list(found) == [f"0.zip/{name}"]


def test_a_link_in_the_folder_of_downloads_is_not_followed(tmp_path):
    source = tmp_path / "course" / "archive"
    source.mkdir(parents=True)
    (tmp_path / "course" / "secret.ipynb").write_text("{}")
    (source / "rnn.ipynb").symlink_to(tmp_path / "course" / "secret.ipynb")
    (source / "more").symlink_to(tmp_path / "course")
    to = tmp_path / "course" / "extracted"
    to.mkdir()
    Extractor(parent=app()).extract(str(source), str(to))
    assert not [path for path in to.rglob("*") if path.is_file()]
