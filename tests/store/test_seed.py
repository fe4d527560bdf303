"""Where hidden inputs come from: a secret that is made once, kept close, and not lost unsaid."""

import json
import os
import shutil
import stat
import sysconfig
import tempfile
import threading
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory

from grading.core.versions import digest
from grading.store import audit
from grading.store.gradebook import open_gradebook
from grading.store.seed import find_seed
from tests.support.course import SEED, Course
from tests.support.sample import sample

A = "01_rnn"
NAME = "gradebook.db.seed"
OTHER = f"{2**127 + 1:032x}"
GRADE = ("grading", "autograde", A, "--workers=1", "--no-plots")
SET = "c.ExecuteBehindWall.seed = "


def seeds(course):
    return [
        json.loads(line)["seed"] for line in (course.root / audit.FILE).read_text().splitlines()
    ]


def bits(path):
    return stat.S_IMODE(path.stat().st_mode)


def put(course, text):
    """Lay a seed into a course; None is none."""
    path = course.root / NAME
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)
        path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A course that nobody has graded yet, with one hand-in."""
    course = Course(tmp_path_factory.mktemp("seed") / "course")
    put(course, None)
    course.submit("ada", A, course.answers(A))
    return course


@pytest.fixture(scope="module")
def graded(fresh, tmp_path_factory):
    """The same, graded for the first time; it has said so."""
    course = copied(fresh, tmp_path_factory.mktemp("seed") / "course")
    course.said = course.python(*GRADE)
    return course


def copied(course, root):
    shutil.copytree(course.root, root)
    return Course(root, make=False)


@pytest.fixture
def course(graded, tmp_path):
    return copied(graded, tmp_path / "course")


def test_the_first_grading_makes_one_of_128_bits_that_nobody_else_may_read(graded):
    path = graded.root / NAME
    assert bits(path) == 0o600
    assert 2**96 < int(path.read_text(), 16) < 2**128
    assert len(path.read_text().strip()) == 32
    assert "another seed" not in graded.said


def test_two_courses_have_two(fresh, graded, tmp_path):
    other = copied(fresh, tmp_path / "course")
    other.python(*GRADE)
    assert (other.root / NAME).read_text() != (graded.root / NAME).read_text()


def test_all_that_is_kept_names_it_by_its_digest_alone(course):
    course.python("grading", "feedback", A, "--workers=1")
    course.python("grading", "report", A)
    text = (course.root / NAME).read_text().strip()
    seed = int(text, 16)
    assert seeds(course)[0] == digest(seed)
    assert {r["seed"] for r in course.records("ada", A).values()} == {digest(seed)}
    forms = [f.encode() for f in (text, text.upper(), str(seed), f"{seed:x}", f"{seed:X}")]
    forms += [seed.to_bytes(16, "big"), seed.to_bytes(16, "little")]
    files = [p for p in course.root.rglob("*") if p.is_file() and p.name != NAME]
    assert len(files) > 20
    assert not [p for p in files if any(form in p.read_bytes() for form in forms)]


def test_it_stays_and_nobody_is_graded_again(course):
    before = (course.root / NAME).read_bytes()
    said = course.python(*GRADE)
    assert (course.root / NAME).read_bytes() == before
    assert len(seeds(course)) == 1
    assert "another seed" not in said


def test_whoever_may_set_marks_may_read_it_too_and_nobody_beyond(fresh, tmp_path):
    course = copied(fresh, tmp_path / "course")
    (course.root / "gradebook.db").chmod(0o664)
    course.python(*GRADE)
    assert bits(course.root / NAME) == 0o640


def test_a_dry_run_makes_none(fresh, tmp_path):
    course = copied(fresh, tmp_path / "course")
    assert "1 of them for the first time" in course.python(*GRADE, "--dry-run")
    assert not (course.root / NAME).exists()


def at_once(course, count):
    found = []

    def look():
        with open_gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
            found.append(find_seed(CourseDirectory(root=str(course.root)), gradebook))

    threads = [threading.Thread(target=look) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


def test_graders_that_start_at_once_have_the_same(fresh, tmp_path):
    course = copied(fresh, tmp_path / "course")
    for _ in range(5):
        put(course, None)
        found = at_once(course, 8)
        assert len(found) == 8
        assert set(found) == {int((course.root / NAME).read_text(), 16)}


def test_one_that_was_cut_short_at_the_first_grading_is_filled(fresh, tmp_path):
    course = copied(fresh, tmp_path / "course")
    put(course, "")
    course.python(*GRADE)
    assert len((course.root / NAME).read_text().strip()) == 32


LOST = {"missing": None, "empty": ""}


@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
@pytest.mark.parametrize(
    "command", sample([GRADE, (*GRADE, "--force"), ("nbgrader", "autograde", A)])
)
def test_where_there_are_marks_one_that_is_lost_is_not_made_anew(course, text, command):
    kept = (course.root / NAME).read_text()
    lines, marks = seeds(course), course.scores("ada", A)
    path = put(course, text)
    course.submit("bo", A, course.answers(A))
    said = course.python(*command, fails=True)
    assert f"There are marks, but nothing in {NAME}" in said
    assert "Put it back" in said
    assert "Traceback" not in said
    assert (path.read_text() if path.exists() else None) == text
    assert seeds(course) == lines
    assert course.scores("ada", A) == marks
    put(course, kept)
    course.python(*GRADE)
    assert seeds(course) == lines * 2


def test_what_the_sentence_says_makes_a_new_one(course):
    put(course, None)
    said = " ".join(course.python(*GRADE, fails=True).split())
    line = said.partition("graded again: ")[2].partition(NAME)
    assert os.system(f"cd {course.root} && {line[0]}{NAME}") == 0
    assert "another seed" in " ".join(course.python(*GRADE).split())
    assert len(set(seeds(course))) == 2


BROKEN = {
    "a number": "2026\n",
    "cut off": SEED[:31],
    "too long": SEED + "0",
    "no digits": "g" * 32,
    "words": "ü" * 16,
    "two lines": f"{SEED}\n{SEED}\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("name", ["fresh", "graded"])
def test_one_that_is_broken_is_refused_and_left_alone(request, tmp_path, name, text):
    course = copied(request.getfixturevalue(name), tmp_path / "course")
    path = put(course, text)
    said = course.python(*GRADE, fails=True)
    assert f"{NAME} is broken: it has to hold 32 hexadecimal digits" in " ".join(said.split())
    assert path.read_text() == text


@pytest.mark.parametrize("text", sample([f"{SEED}\n", SEED.upper(), f"{SEED}\r\n"]))
def test_one_that_an_editor_has_saved_is_the_same(course, text):
    put(course, text)
    course.python(*GRADE, "--force")
    assert seeds(course)[-1] == digest(int(SEED, 16))


def test_one_in_whose_place_is_something_else_is_refused(course):
    put(course, None).mkdir()
    said = course.python(*GRADE, fails=True)
    assert f"{NAME} cannot be read: Is a directory" in said


OPEN = {
    "others read": (0o600, 0o604),
    "the group reads": (0o600, 0o640),
    "others write": (0o644, 0o622),
    "the group writes": (0o644, 0o660),
}


@pytest.mark.parametrize(("book", "seed"), OPEN.values(), ids=OPEN)
def test_one_that_is_open_to_more_than_the_gradebook_is_refused(course, book, seed):
    (course.root / "gradebook.db").chmod(book)
    (course.root / NAME).chmod(seed)
    said = " ".join(course.python(*GRADE, fails=True).split())
    assert "open to more people than the gradebook" in said
    assert f"chmod 600 {NAME}" in said
    (course.root / NAME).chmod(0o600)
    course.python(*GRADE)


@pytest.mark.parametrize(("book", "seed"), [(0o644, 0o644), (0o660, 0o440), (0o600, 0o400)])
def test_one_that_is_as_open_as_the_gradebook_or_less_is_taken(course, book, seed):
    (course.root / "gradebook.db").chmod(book)
    (course.root / NAME).chmod(seed)
    course.python(*GRADE)


@pytest.mark.parametrize("words", sample([(), ("--dry-run",), ("--force",), ("--student", "ada")]))
def test_where_another_one_is_here_that_is_said_before_marks_change(course, words):
    put(course, OTHER)
    said = " ".join(course.python(*GRADE, *words).split())
    assert f"{A}: the hidden inputs are not those by which 1 of the class" in said
    assert digest(int(OTHER, 16))[:12] in said
    assert seeds(course)[0][:12] in said
    assert OTHER not in said
    if "--dry-run" in words:
        return
    assert seeds(course)[1:] == [digest(int(OTHER, 16))]
    assert "another seed" not in course.python(*GRADE)


def test_nbgraders_own_command_says_so_too(course):
    put(course, OTHER)
    assert "come from another seed" in course.nbgrader("autograde", A)


SETTINGS = ["0", "2026", str(2**64), str(2**128 - 1), f"0x{OTHER}"]


@pytest.mark.parametrize("value", sample(SETTINGS))
def test_one_that_is_set_is_taken_and_no_file_is_made(fresh, tmp_path, value):
    course = copied(fresh, tmp_path / "course")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"{SET}{value}\n")
    course.python(*GRADE)
    assert seeds(course) == [digest(int(value, 0))]
    assert course.scores("ada", A) == {
        "rnn_cell_forward": 10.0,
        "rnn_forward": 10.0,
        "forecast_weights": 4.0,
    }
    assert not (course.root / NAME).exists()


@pytest.mark.parametrize("value", ["-1", str(2**128), "1" * 4000, "'a word'", "1.5"])
def test_one_that_cannot_be_one_is_refused_in_a_sentence(course, value):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"{SET}{value}\n")
    said = course.python(*GRADE, "--force", fails=True)
    assert "The steps of grading cannot be made" in said
    assert "seed" in said
    assert len(seeds(course)) == 1


def test_marks_of_the_time_when_it_was_a_number_stay_while_that_is_set(course):
    put(course, None)
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"{SET}2026\n")
    course.python(*GRADE)
    path = course.root / audit.FILE
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line | {"seed": 2026}) + "\n" for line in lines))
    said = course.python(*GRADE)
    assert "another seed" not in said
    assert len(seeds(course)) == 2


def test_it_lies_beside_the_gradebook_wherever_that_is(fresh, tmp_path):
    course = copied(fresh, tmp_path / "course")
    (tmp_path / "else where").mkdir()
    shutil.move(course.root / "gradebook.db", tmp_path / "else where" / "marks.db")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CourseDirectory.db_url = 'sqlite:///{tmp_path}/else where/marks.db'\n")
    course.python(*GRADE)
    assert bits(tmp_path / "else where" / "marks.db.seed") == 0o600
    assert not (course.root / NAME).exists()


def test_a_gradebook_that_submissions_could_read_is_refused(fresh, tmp_path):
    course = copied(fresh, tmp_path / "course")
    seen = Path(tempfile.mkdtemp(dir=sysconfig.get_path("purelib")))
    try:
        shutil.copy(course.root / "gradebook.db", seen)
        with (course.root / "nbgrader_config.py").open("a") as file:
            file.write(f"c.CourseDirectory.db_url = 'sqlite:///{seen}/gradebook.db'\n")
        said = course.python(*GRADE, fails=True)
        assert f"The course's folder {seen} lies inside" in said
    finally:
        shutil.rmtree(seen)


def test_plots_and_pages_need_none(course):
    put(course, None)
    course.python("grading", "feedback", A, "--workers=1")
