"""Downloads of Canvas's and Moodle's: collected by nbgrader, graded, and handed back."""

import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from grading.lms.filenames import Who, label, own_name
from grading.lms.roster import Person, Roster
from grading.store.submitted import SIZE_LIMIT
from tests.support.course import Course
from tests.support.lms_readers import (
    canvas_name,
    canvas_takes_back,
    moodle_name,
    moodle_takes_back,
    zipped,
)

A = "01_rnn"
COLLECT = ("zip_collect", A, "--log-level=WARN")
# student: Canvas's ID, sortable name, name, Moodle's participant
CLASS = {
    "ann": (11, "Müller, Änne-Marie", "Änne-Marie Müller", 901),
    "bob": (12, "O'Neil, Bob", "Bob O'Neil", 902),
    "cy": (13, "李, 小龍", "小龍 李", 903),
    "dot": (14, "van der Berg_5_x, Dot", "Dot van der Berg_5_x", 904),
    "eve": (15, "Same, Sam", "Sam Same", 905),
    "fay": (16, "Same, Sam", "Sam Same", 906),
    "gus": (17, "Late, Gus", "Gus Late", 907),
    "hal": (18, "Pdf, Hal", "Hal Pdf", 908),
}


def roster():
    lines = ["student_id,ID,Student,First name,Last name,Email address"]
    for student, (number, sortable, name, _) in CLASS.items():
        last, first = sortable.split(", ")
        assert name == f"{first} {last}"
        lines.append(f'{student},{number},"{sortable}","{first}","{last}",{student}@x.org')
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course folder with its release and roster, where nobody has handed in yet."""
    course = Course(tmp_path_factory.mktemp("released") / "course")
    (course.root / "roster.csv").write_text(roster(), "utf-8")
    notebook = course.answers(A)
    course.right = json.dumps(notebook).encode()
    course.blank = json.dumps(course.release(A)).encode()
    return course


@pytest.fixture(scope="module")
def moodle_course(released, tmp_path_factory):
    return collected(
        released,
        tmp_path_factory.mktemp("moodle") / "course",
        moodle_download(released),
        {"Grades-RNN.csv": worksheet()},
    )


@pytest.fixture(scope="module")
def canvas_course(released, tmp_path_factory):
    root = tmp_path_factory.mktemp("canvas") / "course"
    return collected(released, root, canvas_download(released))


def moodle_download(released):
    """A zip by Moodle's rules: folders of both kinds, spaces, accents, two of one name."""
    files = {}
    for student, name, old in [
        ("ann", "rnn.ipynb", False),
        ("bob", "rnn (1).ipynb", True),
        ("cy", "my folder/rnn.ipynb", False),
        ("dot", "RNN-2.ipynb", False),
        ("eve", "rnn.ipynb", False),
        ("fay", "rnn.ipynb", False),
    ]:
        content = released.blank if student == "fay" else released.right
        *_, full, participant = CLASS[student]
        files[moodle_name(full, participant, name, old=old)] = content
    # Both are there: the one with the right name counts, as it does in grading.
    files[moodle_name("Änne-Marie Müller", 901, "rnn-1.ipynb")] = released.blank
    files[moodle_name("Änne-Marie Müller", 901, "data.csv")] = b"1,2\n"
    work = zipped(
        {"rnn.ipynb": released.right, "Bob O'Neil_902_assignsubmission_file/rnn.ipynb": b""}
    )
    files[moodle_name("Gus Late", 907, "work.zip")] = work
    files[moodle_name("Hal Pdf", 908, "answer.pdf")] = b"%PDF"
    files[moodle_name("Not Here", 999, "rnn.ipynb")] = released.right
    return zipped(files)


def worksheet():
    """Moodle's grading worksheet: it knows which of two of one name is which."""
    lines = ["Identifier,Full name,Email address,Status,Grade"]
    lines += [f'Participant {p},"{n}",{s.upper()}@X.org,,' for s, (*_, n, p) in CLASS.items()]
    return ("\ufeff" + "\r\n".join(lines)).encode()


def canvas_download(released):
    """A zip by Canvas's rules: late, handed in again, two files, a zip, odd names."""
    files = {}

    def put(student, attachment, name, content, late=False):
        number, sortable, *_ = CLASS[student]
        files[canvas_name(sortable, number, attachment, name, late=late)] = content

    put("ann", 1001, "rnn.ipynb", released.right)
    put("bob", 1002, "rnn-3.ipynb", released.right, late=True)
    put("cy", 1003, "rnn (1).ipynb", released.right)
    put("dot", 1004, "rnn_99_1.ipynb", released.right)  # no notebook's name: the only one counts
    put("eve", 1005, "rnn.ipynb", released.blank)
    put("eve", 1015, "rnn-1.ipynb", released.right)  # later, so it counts
    put("fay", 1006, "rnn.ipynb", released.blank)
    put(
        "gus",
        1007,
        "work.zip",
        zipped({"sub/rnn.ipynb": released.right, "oneilbob_12_9_rnn.ipynb": b""}),
    )
    put("hal", 1008, "answer.pdf", b"%PDF")
    files["anon_x7Y_1009_rnn.ipynb"] = released.right
    return zipped(files)


def prepared(released, root, download, beside=None):
    """Return a course with a download in its place, and what lies beside that."""
    shutil.copytree(released.root, root)
    archive = root / "downloaded" / A / "archive"
    archive.mkdir(parents=True)
    (archive / "CS 2026-RNN-4711.zip").write_bytes(download)
    for name, content in (beside or {}).items():
        (archive / name).write_bytes(content)
    return Course(root, make=False)


def collected(*words):
    """Collect a download, grade, make feedback and hand it back, all by commands."""
    course = prepared(*words)
    course.told = course.nbgrader(*COLLECT)
    course.python("grading", "autograde", A, "--no-plots", "--workers=2")
    course.python("grading", "feedback", A, "--workers=2")
    course.gave = course.python("grading", "handback", A)
    return course


def marks(course):
    """Return everyone's total, by student."""
    students = sorted(path.name for path in (course.root / "submitted").iterdir())
    return {s: sum(p or 0.0 for p in course.scores(s, A).values()) for s in students}


# --- the whole way ----------------------------------------------------------------------


def test_a_zip_of_moodles_is_collected_and_graded(moodle_course):
    right = dict.fromkeys(("ann", "bob", "cy", "dot", "eve", "gus"), 24.0)
    assert marks(moodle_course) == right | {"fay": 0.0}
    assert re.search(
        r"not collected: .*Not Here_999_assignsubmission_file/rnn.ipynb", moodle_course.told
    )
    assert "answer.pdf: it is no notebook" in moodle_course.told
    assert "ann: rnn-1.ipynb does not count, rnn.ipynb does." in moodle_course.told


def test_a_zip_of_canvas_is_collected_and_graded(canvas_course):
    right = dict.fromkeys(("ann", "bob", "cy", "dot", "eve", "gus"), 24.0)
    assert marks(canvas_course) == right | {"fay": 0.0}
    submitted = canvas_course.root / "submitted"
    assert [p.name for p in (submitted / "bob" / A).iterdir()] == ["rnn.ipynb"]
    assert re.search("not collected: .*anon_x7Y_1009_rnn.ipynb", canvas_course.told)
    assert re.search("eve: rnn.ipynb does not count, rnn-1.ipynb does", canvas_course.told)


def test_moodle_takes_the_pages_back_to_whom_they_belong(moodle_course):
    participants = {participant: student for student, (*_, participant) in CLASS.items()}
    path = moodle_course.root / "reports" / f"feedback-moodle-{A}.zip"
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        went = {}
        for name in archive.namelist():
            participant, file = moodle_takes_back(name, participants)
            student = participants[participant]
            page = moodle_course.root / "feedback" / student / A / "rnn.html"
            assert (file, archive.read(name)) == ("rnn.html", page.read_bytes())
            went[student] = name
    assert set(went) == {"ann", "bob", "cy", "dot", "eve", "fay", "gus"}


def test_canvas_takes_the_pages_back_to_whom_they_belong(canvas_course):
    attachments = {1001: 11, 1002: 12, 1003: 13, 1004: 14, 1005: 15, 1015: 15, 1006: 16, 1007: 17}
    students = {number: student for student, (number, *_) in CLASS.items()}
    with zipfile.ZipFile(canvas_course.root / "reports" / f"feedback-canvas-{A}.zip") as archive:
        went = {}
        for name in archive.namelist():
            student = students[canvas_takes_back(name, attachments)]
            page = canvas_course.root / "feedback" / student / A / "rnn.html"
            assert archive.read(name) == page.read_bytes()
            assert name.endswith(".html")  # by which Canvas tells the kind of file
            went[student] = name
    assert set(went) == {"ann", "bob", "cy", "dot", "eve", "fay", "gus"}
    assert "LATE" in went["bob"]


def test_a_page_that_is_older_than_the_marks_stays_here(moodle_course, tmp_path):
    shutil.copytree(moodle_course.root, tmp_path / "course")
    course = Course(tmp_path / "course", make=False)
    os.utime(course.root / "feedback" / "ann" / A / "rnn.html", (1, 1))
    (course.root / "feedback" / "bob" / A / "rnn.html").unlink()
    (course.root / "autograded" / ".unfinished" / "cy" / A).mkdir(parents=True)
    said = course.python("grading", "handback", A)
    assert "No page, or one that is older than the marks: ann, bob, cy." in said
    with zipfile.ZipFile(course.root / "reports" / f"feedback-moodle-{A}.zip") as archive:
        assert len(archive.namelist()) == 4


def test_without_a_download_there_is_nothing_to_hand_back(released):
    said = released.python("grading", "handback", A, fails=True)
    assert said.startswith(f"Nothing of {A} was collected from a zip")
    assert len(said.strip().splitlines()) == 1


def test_who_takes_anothers_name_is_told_from_no_one(released, tmp_path):
    names = {moodle_name("Bob O'Neil", n, "rnn.ipynb"): released.right for n in (902, 903)}
    names[moodle_name("Gus Late", 907, "rnn.ipynb")] = released.right
    course = prepared(released, tmp_path / "course", zipped(names))
    said = course.nbgrader(*COLLECT)
    assert [path.name for path in (course.root / "submitted").iterdir()] == ["gus"]
    assert re.search("not collected: .*Neil_902.*Neil_903", said)
    sheet = course.root / "downloaded" / A / "archive" / "sheet.csv"
    sheet.write_text(
        "Identifier,Email address\nParticipant 902,bob@x.org\nParticipant 903,cy@x.org\n"
    )
    course.nbgrader(*COLLECT, "--force")
    students = sorted(path.name for path in (course.root / "submitted").iterdir())
    assert students == ["bob", "cy", "gus"]
    sheet.write_bytes(b"\xff\x00")
    said = course.nbgrader(*COLLECT, "--force", fails=True)
    assert "sheet.csv is no grading worksheet of Moodle's" in said
    assert students == sorted(path.name for path in (course.root / "submitted").iterdir())


def test_without_a_roster_nothing_is_collected(released, tmp_path):
    course = prepared(released, tmp_path / "course", canvas_download(released))
    (course.root / "roster.csv").unlink()
    assert "There is no roster.csv" in course.nbgrader(*COLLECT, fails=True)
    assert not (course.root / "submitted").exists()


# --- names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lms", "key", "back", "file"),
    [
        ("x.zip/doejane_42_999_rnn.ipynb", "canvas", "42", "doejane_42_999_", "rnn.ipynb"),
        ("doe_LATE_42_999_rnn-1.ipynb", "canvas", "42", "doe_LATE_42_999_", "rnn-1.ipynb"),
        ("doe_late_42_999_7_8_r.ipynb", "canvas", "42", "doe_late_42_999_", "7_8_r.ipynb"),
        ("_42_999_rnn.ipynb", "canvas", "42", "_42_999_", "rnn.ipynb"),
        ("x.zip/d_42_999_w.zip/bob_43_9_r.ipynb", "canvas", "42", "d_42_999_", "bob_43_9_r.ipynb"),
        (
            "A B_7_assignsubmission_file/a/b.ipynb",
            *("moodle", "7", "A B_7_assignsubmission_file/", "b.ipynb"),
        ),
        (
            "A B_7_assignsubmission_file_/b.ipynb",
            *("moodle", "7", "A B_7_assignsubmission_file_/", "b.ipynb"),
        ),
        (
            "A B_7_assignsubmission_file_b_c.ipynb",
            *("moodle", "7", "A B_7_assignsubmission_file_", "b_c.ipynb"),
        ),
        (
            "z.zip/A_7_assignsubmission_file_/B_8_assignsubmission_file_/b_42_999_rnn.ipynb",
            *("moodle", "7", "A_7_assignsubmission_file_/", "b_42_999_rnn.ipynb"),
        ),
    ],
)
def test_a_label_is_read_as_the_lms_wrote_it(path, lms, key, back, file):
    found = label(Path(path))
    assert (found.lms, found.key, found.back, found.file) == (lms, key, back, file)


@pytest.mark.parametrize("path", ["rnn.ipynb", "all.zip/rnn.ipynb", "doe_42_rnn.ipynb"])
def test_a_name_that_no_lms_wrote_has_no_label(path):
    assert label(Path(path)) is None


def test_two_of_one_name_are_nobody_without_a_worksheet():
    people = [Person(s, {"First name": "Sam", "Last name": "Same"}) for s in ("eve", "fay")]
    who = Who(Roster(Path("roster.csv"), [], {p.student: p for p in people}))
    assert who.find(label(Path("Sam Same_905_assignsubmission_file/rnn.ipynb"))) is None


def test_a_moodle_name_is_found_whichever_way_it_is_written():
    person = Person("ann", {"First name": "A\u0308nne", "Last name": "O'Neil"})
    who = Who(Roster(Path("roster.csv"), [], {"ann": person}))
    for name in ("Änne ONeil", "ONeil änne", "ONeil, Änne"):
        assert who.find(label(Path(f"{name}_1_assignsubmission_file/x.ipynb"))) == "ann"


@pytest.mark.parametrize(
    ("name", "notebook", "number"),
    [
        ("rnn.ipynb", "rnn.ipynb", 0),
        ("rnn-12.ipynb", "rnn.ipynb", 12),
        ("RNN (2).ipynb", "rnn.ipynb", 2),
        ("rnn-1 (3).ipynb", "rnn.ipynb", 3),
        ("rnn-final.ipynb", "rnn-final.ipynb", 0),
        ("part-1.ipynb", "part-1.ipynb", 0),
    ],
)
def test_a_number_behind_a_name_is_taken_off(name, notebook, number):
    assert own_name(name, ["rnn.ipynb", "part-1.ipynb"]) == (notebook, number)


def test_a_hand_in_that_was_cut_is_graded_as_too_large(released, tmp_path):
    shutil.copytree(released.root, tmp_path / "course")
    course = Course(tmp_path / "course", make=False)
    course.submit("ann", A, bytes(SIZE_LIMIT + 1))
    course.submit("bob", A, released.right)
    course.python("grading", "autograde", A, "--no-plots", "--workers=2")
    assert set(course.scores("ann", A).values()) == {0.0}
    assert "larger than 20 MB" in nbformat.writes(course.graded("ann", A))
