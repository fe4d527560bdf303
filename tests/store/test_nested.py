"""A notebook that lies deeper than it should: found within bounds, and never through a link."""

import os
import zipfile
from pathlib import Path

import pytest

from grading.core.verdicts import Verdict
from grading.store.files import SIZE_LIMIT
from grading.store.submitted import hand_in


def look(tmp_path):
    """Return what is handed in for a notebook that is not in its place."""
    found = hand_in(tmp_path / "ada" / "01" / "rnn.ipynb")
    return found.data, found.verdict, found.why


@pytest.fixture
def folder(tmp_path):
    """The folder of a hand-in."""
    made = tmp_path / "ada" / "01"
    made.mkdir(parents=True)
    return made


def test_thousands_of_folders_are_not_gone_through(tmp_path, folder):
    for number in range(40):
        for inner in range(40):
            (folder / str(number) / str(inner)).mkdir(parents=True)
    data, verdict, why = look(tmp_path)
    assert (data, verdict) == (None, Verdict.NO_NOTEBOOK)
    assert "More than 1000 files and folders" in why


def test_what_is_named_is_short_and_printable(tmp_path, folder):
    for number in range(400):
        (folder / f"a\n\x1b[31m{number}").touch()
    _, verdict, why = look(tmp_path)
    assert verdict is Verdict.NO_NOTEBOOK
    assert why.isprintable()
    assert len(why) < 600


def test_a_large_notebook_is_not_read_wherever_it_lies(tmp_path, folder):
    (folder / "work").mkdir()
    with (folder / "work" / "rnn.ipynb").open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    assert look(tmp_path)[1] is Verdict.UNREADABLE
    (folder / "work" / "rnn.ipynb").unlink()
    with zipfile.ZipFile(folder / "rnn.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rnn.ipynb", bytes(SIZE_LIMIT + 1))
    data, verdict, why = look(tmp_path)
    assert (data, verdict) == (None, Verdict.UNREADABLE)
    assert "20 MB" in why


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_closed_folder_says_so(tmp_path, folder):
    (folder / "work").mkdir(mode=0)
    assert "may not be read" in look(tmp_path)[2]


def test_a_folder_that_becomes_a_link_is_not_followed(tmp_path, folder):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "rnn.ipynb").write_bytes(b"secret")
    (folder / "work").mkdir()
    (folder / "work" / "deep").symlink_to(tmp_path / "secret")
    (folder / "rnn.zip").symlink_to(tmp_path / "secret")
    data, _, why = look(tmp_path)
    assert data is None
    assert why == "Found was: rnn.zip, work/."


def test_nothing_stays_open(tmp_path, folder):
    (folder / "a" / "b" / "c").mkdir(parents=True)
    (folder / "a" / "b" / "c" / "x.ipynb").write_bytes(b"{}")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert look(tmp_path)[0] == b"{}"
    assert len(list(Path("/proc/self/fd").iterdir())) == before
