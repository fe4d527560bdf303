"""`python -m grading autograde`: a class at a time, with the same marks as one by one."""

import contextlib
import json
import os
import pty
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

from grading.assignment.source import plots
from grading.store import audit
from grading.store.autograded import Pending
from tests.support.course import STOCK_CONFIG, Course, assignments, full_marks, grade_id
from tests.support.gallery import ENTRIES
from tests.support.sample import sample

A = "01_rnn"
FULL = full_marks(A)
AUTOGRADE = ("grading", "autograde", A)
CLASS = 10  # see `fill`
ENDS = "import os\nos._exit(3)"  # a cell that ends its sandbox, and costs nothing more


def bad(course):
    """A submission with one exercise that is wrong."""
    notebook = course.answers(A)
    for cell in notebook.cells:
        if grade_id(cell) == "rnn_forward":
            cell.source = "def rnn_forward(x, a0, parameters):\n    return None"
    return notebook


def fill(course):
    """Hand in for a small class: right, wrong, late, unreadable, nothing at all."""
    for number in range(4):
        course.plots = number < 2  # they are most of the time
        notebook = course.answers(A)
        if number == 3:
            notebook.cells.insert(0, nbformat.v4.new_code_cell(ENDS))
        course.submit(f"right-{number}", A, notebook)
    course.submit("wrong", A, bad(course))
    course.submit("blank", A, course.release(A))
    course.submit("unreadable", A, b"{")
    course.submit("nothing", A, None)
    for entry in [e for e in ENTRIES if e.function == "rnn_forward" and e.trick][:2]:
        course.hand_in(entry)
    stamp(course)


def stamp(course):
    """Say when the wrong one was handed in."""
    late = course.root / "submitted" / "wrong" / A / "timestamp.txt"
    late.write_text("2026-11-20 10:00:00 UTC")


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course, and a small class that has handed in."""
    course = Course(tmp_path_factory.mktemp("class") / "course")
    fill(course)
    return course


@pytest.fixture(scope="module")
def graded(handed_in, tmp_path_factory):
    """The same, graded by the one command with two workers."""
    course = copied(handed_in, tmp_path_factory.mktemp("graded") / "course")
    course.told = course.python(*AUTOGRADE, "--workers=2")
    return course


@pytest.fixture(scope="module")
def undrawn(handed_in, tmp_path_factory):
    """The same, with marks alone."""
    course = copied(handed_in, tmp_path_factory.mktemp("undrawn") / "course")
    course.python(*AUTOGRADE, "--no-plots")
    return course


@pytest.fixture
def course(graded, tmp_path):
    return copied(graded, tmp_path / "course")


def copied(course, root):
    shutil.copytree(course.root, root)
    return Course(root, make=False)


def lines(course):
    """The audit lines of marks."""
    found = [json.loads(line) for line in (course.root / audit.FILE).read_text().splitlines()]
    return [line for line in found if "drawing" not in line]


def notebooks(course):
    return {
        str(path.relative_to(course.root)): path.read_bytes()
        for path in sorted((course.root / "autograded").rglob("*"))
        if path.is_file()
    }


def gradebook(course):
    """Every row of every table, without what is random or a time of today."""
    tables = {}
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'"):
            cursor = database.execute(f"SELECT * FROM {name}")
            columns = [column[0] for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor]
            tables[name] = rows
    names = {}  # of what has an id at random
    for name, rows in tables.items():
        for row in rows:
            if "id" in row and row.get("name"):
                names[row["id"]] = f"{name} {row['name']}"
    for _ in range(3):
        for name in ("submitted_assignment", "submitted_notebook", "grade", "comment"):
            for row in tables[name]:
                key = {k: names.get(v, v) for k, v in row.items() if k.endswith("_id")}
                names[row["id"]] = f"{name} {sorted(key.items(), key=str)}"
    return {
        name: sorted(
            (sorted((k, str(names.get(v, v))) for k, v in row.items()) for row in rows), key=str
        )
        for name, rows in tables.items()
    }


# --- the same as one by one ----------------------------------------------------------


def test_it_leaves_what_nbgrader_autograde_leaves_file_by_file_and_field_by_field(
    graded, handed_in, tmp_path
):
    one_by_one = copied(handed_in, tmp_path / "course")
    one_by_one.nbgrader("autograde", A)
    assert gradebook(graded) == gradebook(one_by_one)
    assert len(gradebook(graded)["grade"]) == len(FULL) * CLASS
    assert notebooks(graded) == notebooks(one_by_one)
    known = [sorted(lines(c), key=lambda line: line["student"]) for c in (graded, one_by_one)]
    for line, other in zip(*known, strict=True):
        differ = {"time", "seconds"}
        assert {k: line[k] for k in line.keys() - differ} == {
            k: other[k] for k in other.keys() - differ
        }


def test_a_difference_would_be_seen(graded, handed_in, tmp_path):
    other = copied(graded, tmp_path / "course")
    with contextlib.closing(sqlite3.connect(other.root / "gradebook.db")) as database:
        database.execute("UPDATE grade SET auto_score = 9.5 WHERE rowid = 1")
        database.commit()
    assert gradebook(graded) != gradebook(other)
    assert gradebook(graded) != gradebook(handed_in)


@pytest.mark.long
def test_honest_work_has_in_the_gradebook_what_stock_nbgrader_gives(handed_in, tmp_path):
    """Scores, comments, penalties, late or not: as by nbgrader's own steps and converter."""
    ours, stock = (copied(handed_in, tmp_path / name) for name in ("ours", "stock"))
    config = stock.root / "nbgrader_config.py"
    config.write_text(STOCK_CONFIG)
    config.with_suffix(".json").unlink()  # it stops nbgrader's own steps
    students = ("right-0", "wrong", "blank")
    for course in (ours, stock):
        # What a mistake costs later exercises, stock nbgrader does not know: it is in the last.
        shutil.rmtree(course.root / "submitted" / "wrong")
        notebook = course.answers(A)
        (last,) = [cell for cell in notebook.cells if grade_id(cell) == [*FULL][-1]]
        last.source = f"def {[*FULL][-1]}(*_):\n    return None"
        course.submit("wrong", A, notebook)
        stamp(course)
    for course in (ours, stock):
        for student in (course.root / "submitted").iterdir():
            if student.name not in students:
                shutil.rmtree(student)
        database = sqlite3.connect(course.root / "gradebook.db")
        with contextlib.closing(database), database:
            database.execute("UPDATE assignment SET duedate = '2026-11-19 00:00:00.000000'")
    ours.python(*AUTOGRADE)
    stock.process("nbgrader", "autograde", A)
    assert gradebook(ours) == gradebook(stock)
    late = "submitted_assignment"
    assert sum("2026-11-20 10:00:00" in str(row) for row in gradebook(ours)[late]) == 1
    for student in students:
        pair = ours.graded(student, A), stock.graded(student, A)
        for one, other in zip(*(notebook.cells for notebook in pair), strict=True):
            assert one.source == other.source
            assert one.metadata.get("nbgrader") == other.metadata.get("nbgrader")


# --- what is done, and what is left -------------------------------------------------


def test_a_second_run_does_only_what_is_new_or_changed(course):
    before, marks = notebooks(course), lines(course)
    course.python(*AUTOGRADE)
    assert (notebooks(course), lines(course)) == (before, marks)
    shutil.rmtree(course.root / "submitted" / "right-0")
    course.submit("right-0", A, bad(course))
    course.submit("new", A, course.answers(A))
    course.python(*AUTOGRADE)
    assert [line["student"] for line in lines(course)[len(marks) :]] in (
        ["right-0", "new"],
        ["new", "right-0"],
    )
    assert course.scores("right-0", A) == {**FULL, "rnn_forward": 0.0}
    assert course.scores("new", A) == FULL


def test_a_lesson_that_has_changed_is_graded_again(course):
    known = lines(course)
    path = course.root / "rnn_utils.py"
    path.write_text(path.read_text() + "\n# mended\n")
    course.python(*AUTOGRADE)
    again = [line["student"] for line in lines(course)[len(known) :]]
    judged = [line["student"] for line in known if line["lesson"]]
    assert sorted(again) == sorted(judged)


def test_force_does_everything_and_student_only_those(course):
    known = len(lines(course))
    words = ("--force", "--no-plots", "--student=wrong", "--student", "blank")
    course.python(*AUTOGRADE, *words)
    assert sorted(line["student"] for line in lines(course)[known:]) == ["blank", "wrong"]
    course.python(*AUTOGRADE, "--force", "--no-plots")
    assert len(lines(course)) == 2 * known + 2


def test_control_c_keeps_what_is_done_and_the_next_run_does_the_rest(handed_in, tmp_path):
    course = copied(handed_in, tmp_path / "course")
    process = subprocess.Popen(
        [sys.executable, "-m", *AUTOGRADE, "--workers=1"],
        cwd=course.root,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        # As a shell in a terminal leaves it; one in the background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (course.root / audit.FILE).exists():
        assert process.poll() is None
        time.sleep(0.02)
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped. What is graded is kept" in said
    assert "Traceback" not in said
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
    done = len(lines(course))
    assert 0 < done < CLASS
    course.python(*AUTOGRADE)
    students = [line["student"] for line in lines(course)]
    assert len(students) == len(set(students)) == CLASS
    assert not (course.root / "autograded" / ".unfinished").exists()


def test_exit_status_and_words_for_what_cannot_be_done(course):
    assert "change into the course folder" in Course(course.root / "source", make=False).python(
        *AUTOGRADE, fails=True
    )
    assert "nope" in course.python("grading", "autograde", "nope", fails=True)
    said = course.python(*AUTOGRADE, "--cluster=tcp://127.0.0.1:9", fails=True)
    assert "No Dask cluster with workers answers at tcp://127.0.0.1:9." in said
    assert "at least 1" in course.python(*AUTOGRADE, "--workers=0", fails=True)
    assert "Traceback" not in said


def test_it_says_how_far_it_is_in_lines(graded):
    assert f"{A}: marks {CLASS} of {CLASS}" in graded.told
    assert f"{A}: plots {CLASS - 2} of {CLASS - 2}" in graded.told
    assert "\x1b" not in graded.told


@pytest.mark.long
def test_on_a_terminal_it_shows_a_bar_with_rate_and_time_left(course):
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", *AUTOGRADE, "--force", "--no-plots", "--student=right-0"],
            cwd=course.root,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env=dict(os.environ, TERM="xterm", COLUMNS="120"),
        )
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := terminal.read(4096):
                said += piece
        assert process.wait() == 0
    assert b"marks" in said
    assert b"1/1" in said
    assert b"/s" in said
    assert b"left:" in said


@pytest.mark.parametrize("ends", sample(["well", "killed"]))
def test_nothing_is_left_in_the_folder_for_temporary_files(handed_in, tmp_path, monkeypatch, ends):
    course = copied(handed_in, tmp_path / "course")
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    if ends == "well":
        course.python(*AUTOGRADE, "--no-plots", "--student=right-0")
    else:
        process = subprocess.Popen(
            [sys.executable, "-m", *AUTOGRADE, "--no-plots"],
            cwd=course.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not list(place.rglob("gradebook.db")):
            time.sleep(0.02)
        process.kill()
        process.wait()
        while list(place.iterdir()):
            time.sleep(0.02)
    assert list(place.iterdir()) == []


def test_help_waits_for_nothing_large():
    code = "import sys; from grading.__main__ import main\ntry: main(['--help'])\n"
    code += (
        "except SystemExit: pass\nprint(sorted(sys.modules.keys() & {'nbgrader', 'numpy', 'rich'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
    assert "autograde" in done.stdout


# --- whose marks change ---------------------------------------------------------------


def everything(course):
    """Every file of a course, with when it was written."""
    return {
        str(path.relative_to(course.root)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(course.root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def by_hand(course, student, function, mark, comment):
    """Give a mark and a comment, as the formgrader does."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade(f"test_{function}", "rnn", A, student)
        grade.manual_score = mark
        gradebook.find_comment(function, "rnn", A, student).manual_comment = comment
        gradebook.db.commit()


def given_by_hand(course, student, function):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade(f"test_{function}", "rnn", A, student)
        comment = gradebook.find_comment(function, "rnn", A, student)
        return grade.manual_score, grade.score, comment.comment


@pytest.fixture
def altered(course):
    """A graded class of which two have handed in again, one with a mark by hand, and one is new."""
    for student in ("right-0", "right-1"):
        shutil.rmtree(course.root / "submitted" / student)
        course.submit(student, A, bad(course))
    course.submit("new", A, course.answers(A))
    by_hand(course, "right-1", "rnn_forward", 7.5, "See me about the loop.")
    return course


def rows(said):
    """The rows of a table that was printed, as words."""
    return [line.replace("\u2502", " ").split() for line in said.splitlines() if "\u2502" in line]


CHANGED = [
    ["right-0", "rnn_forward", "10", "0"],
    ["right-1", "rnn_forward", "10", "0", "7.5", "given", "by", "hand", "stays"],
]


def test_a_dry_run_says_whose_marks_would_change_and_writes_nothing_at_all(altered):
    before, folders = everything(altered), sorted(altered.root.rglob("*"))
    said = altered.python(*AUTOGRADE, "--force", "--dry-run")
    assert rows(said) == CHANGED
    assert f"{CLASS + 1} would be graded, 1 of them for the first time" in said
    assert everything(altered) == before
    assert sorted(altered.root.rglob("*")) == folders


def test_a_dry_run_without_force_looks_at_what_would_be_graded(altered):
    said = altered.python(*AUTOGRADE, "--dry-run")
    assert rows(said) == CHANGED
    assert "3 would be graded, 1 of them for the first time" in said


def test_regrading_says_whose_marks_have_changed_and_what_was_given_by_hand_stays(altered):
    said = altered.python(*AUTOGRADE, "--no-plots")
    assert [row for row in rows(said) if row in CHANGED] == CHANGED
    assert altered.scores("right-1", A)["rnn_forward"] == 0.0
    kept = given_by_hand(altered, "right-1", "rnn_forward")
    assert kept == (7.5, 7.5, "See me about the loop.")
    said = altered.python(*AUTOGRADE, "--force", "--no-plots", "--student=right-1")
    assert "of 1 graded again, nobody's mark has changed" in said
    assert given_by_hand(altered, "right-1", "rnn_forward") == kept


def test_a_dry_run_makes_no_gradebook(handed_in, tmp_path):
    course = copied(handed_in, tmp_path / "course")
    (course.root / "gradebook.db").unlink()
    before = everything(course)
    said = course.python(*AUTOGRADE, "--dry-run", fails=True)
    assert "There is no gradebook here yet" in said
    assert everything(course) == before


# --- plots ----------------------------------------------------------------------------


def pictures(course, student):
    return sum(
        "image/png" in output.get("data", {})
        for cell in course.graded(student, A).cells
        for output in cell.get("outputs", [])
    )


def test_every_plot_is_there_in_the_end(graded):
    assert pictures(graded, "right-0") == 6
    assert "grading" not in graded.graded("right-0", A).metadata


def test_drawing_leaves_the_permissions_that_nbgrader_gave(undrawn, graded):
    for course in (undrawn, graded):
        paths = list(course.root.glob("autograded/*/*/*.ipynb"))
        assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o444}


@pytest.mark.parametrize("assignment", sample(assignments(), 9))
def test_a_cell_tagged_plot_waits_for_the_plots_and_no_other_cell_misses_it(assignment, tmp_path):
    course = Course(tmp_path / "course", plots=True)
    course.submit("right", assignment, course.answers(assignment))
    course.python("grading", "autograde", assignment, "--no-plots")
    before = [cell for cell in course.graded("right", assignment).cells if "outputs" in cell]
    course.python("grading", "autograde", assignment)
    after = [cell for cell in course.graded("right", assignment).cells if "outputs" in cell]
    plain = plots(course.release(assignment))
    tagged = [number for number, cell in enumerate(after) if cell.source in plain]
    assert len(tagged) == len(plain) > 0
    assert not any(before[number].outputs for number in tagged)
    assert all(after[number].outputs for number in tagged)
    last = max(number for number, cell in enumerate(after) if "grading" in cell.metadata)
    for number in set(range(last + 1)) - {*tagged}:
        assert printed(before[number]) == printed(after[number]), number


def printed(cell):
    return [output for output in cell.outputs if output.output_type != "display_data"]


def test_a_cell_tagged_plot_that_a_student_has_changed_is_a_cell_like_any_other(tmp_path):
    course = Course(tmp_path / "course", plots=True)
    notebook = course.answers(A)
    for cell in notebook.cells:
        if "plot" in cell.metadata.get("tags", []):
            cell.source += "\nmine = 1"
        if grade_id(cell) == "rnn_cell_forward":
            cell.source = f"mine\n{cell.source}"
    course.submit("changed", A, notebook)
    course.python(*AUTOGRADE, "--no-plots")
    assert course.scores("changed", A) == FULL


@pytest.mark.long
def test_plots_left_out_are_drawn_with_the_feedback(undrawn, graded, tmp_path):
    course = copied(undrawn, tmp_path / "course")
    assert pictures(course, "right-0") == 0
    assert course.graded("right-0", A).metadata["grading"] == Pending().pack()
    assert gradebook(course) == gradebook(graded)
    course.nbgrader("generate_feedback", A, "--student=right-0")
    assert pictures(course, "right-0") == 6
    assert pictures(course, "right-1") == 0
    page = (course.root / "feedback" / "right-0" / A / "rnn.html").read_text("utf-8")
    assert page.count("A picture that this cell has drawn") == 6
    course.python("grading", "feedback", A)
    assert notebooks(course) == notebooks(graded)


def test_what_is_still_to_be_drawn_is_all_that_is_kept_beside_the_records(undrawn, graded):
    notebook = undrawn.graded("right-3", A)
    assert notebook.cells[0].source == ENDS
    assert Pending.unpack(notebook.metadata["grading"]) == Pending((notebook.cells[0].id,))
    assert "grading" not in graded.graded("right-3", A).metadata
    assert set(undrawn.records("right-3", A)) == set(FULL)


def test_plots_left_out_are_drawn_by_the_next_run(undrawn, graded, tmp_path):
    course = copied(undrawn, tmp_path / "course")
    path = course.root / "autograded" / "right-3" / A / "rnn.ipynb"
    ended = nbformat.read(path, 4)
    ended.cells[0].outputs[0].evalue = "It ends its sandbox, so it is not run again."
    path.chmod(0o644)
    nbformat.write(ended, path)
    known = len(lines(course))
    course.python(*AUTOGRADE)
    assert len(lines(course)) == known
    assert course.graded("right-3", A).cells[0] == ended.cells[0]
    found, wanted = notebooks(course), notebooks(graded)
    name = str(path.relative_to(course.root))
    assert found.pop(name) != wanted.pop(name)
    assert found == wanted


@pytest.mark.long
def test_a_plot_that_the_instructor_opens_is_there(undrawn, tmp_path):
    """Run what the formgrader runs for a page."""
    course = copied(undrawn, tmp_path / "course")
    script = """
import sys
from types import SimpleNamespace
from nbgrader.server_extensions.formgrader import base
from traitlets.config.loader import PyFileConfigLoader
from nbconvert.exporters import HTMLExporter
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
config = PyFileConfigLoader("nbgrader_config.py").load_config()
config.CourseDirectory.root = "."
api = NbGraderAPI(CourseDirectory(config=config), config=config)
handler = SimpleNamespace(settings={"nbgrader_exporter": HTMLExporter(config=config)}, api=api)
exporter = base.BaseHandler.exporter.fget(handler)
page, _ = exporter.from_filename(
    "autograded/right-0/01_rnn/rnn.ipynb",
    resources={"student": "right-0", "assignment_id": "01_rnn", "notebook_id": "rnn"},
)
print(page.count("data:image/png"))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 6  # and perhaps one in a style sheet
    assert pictures(course, "right-0") == 6


# --- feedback -------------------------------------------------------------------------


def test_feedback_in_parallel_is_that_of_nbgrader(course, tmp_path):
    course.python("grading", "feedback", A, "--workers=2")
    pages = {
        path.parts[-3]: path.read_bytes()
        for path in (course.root / "feedback").glob(f"*/{A}/rnn.html")
    }
    assert len(pages) == CLASS
    course.nbgrader("generate_feedback", A, "--force")
    for student, page in pages.items():
        assert (course.root / "feedback" / student / A / "rnn.html").read_bytes() == page


def test_feedback_for_nobody_says_so(course):
    said = course.python("grading", "feedback", A, "--student=nobody", fails=True)
    assert f"Nobody called nobody has graded work in {A}." in said


# --- workers that are lost ----------------------------------------------------------


@pytest.mark.long
def test_a_worker_that_is_killed_costs_nothing_but_time(handed_in, tmp_path):
    course = copied(handed_in, tmp_path / "course")
    process = subprocess.Popen(
        [sys.executable, "-m", *AUTOGRADE, "--workers=2", "--no-plots"],
        cwd=course.root,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    killed = 0
    while process.poll() is None and killed < 2:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children():
                if (
                    lines_or_none(course)
                    and killed < 2
                    and "grading.workers.process" in str(child.cmdline())
                ):
                    child.kill()
                    killed += 1
        time.sleep(0.02)
    assert process.wait() == 0
    assert killed == 2
    assert len(lines(course)) == CLASS
    assert course.scores("right-3", A) == FULL


def lines_or_none(course):
    return lines(course) if (course.root / audit.FILE).exists() else []


KILLER = """
import os
from nbgrader.preprocessors import NbGraderPreprocessor

class Killer(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        if resources["nbgrader"]["student"] == "killer":
            os.kill(os.getpid(), 9)
        return nb, resources
"""


@pytest.mark.long
def test_a_submission_that_kills_its_worker_again_and_again_gets_no_mark(handed_in, tmp_path):
    course = copied(handed_in, tmp_path / "course")
    course.submit("killer", A, course.answers(A))
    (course.root / "killer.py").write_text(KILLER)
    config = course.root / "nbgrader_config.py"
    config.write_text(
        "import sys; sys.path.insert(0, '.')\n"
        + config.read_text()
        + "c.Autograde.sanitize_preprocessors = ['killer.Killer']\n"
        "c.ShareFiles.files.append('killer.py')\n"
    )
    said = course.python(*AUTOGRADE, "--no-plots", fails=True)
    assert "ended 3 times on this submission, so it has no mark" in said
    assert not course.scores("killer", A)
    assert course.scores("right-0", A) == FULL
    assert "grader fault" in said


# --- a cluster -----------------------------------------------------------------------


@contextlib.contextmanager
def cluster(folder, workers=2):
    """A scheduler and workers, started by the dask command, in a folder that holds nothing."""
    folder.mkdir()
    address = folder / "scheduler.json"
    dask = [str(Path(sys.executable).with_name("dask"))]
    common = {
        "cwd": folder,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": dict(os.environ, DASK_DISTRIBUTED__WORKER__DAEMON="False"),
    }
    words = ["--host=127.0.0.1", "--no-dashboard"]
    started = [
        subprocess.Popen(
            [*dask, "scheduler", "--port=0", f"--scheduler-file={address}", *words], **common
        )
    ]
    while not address.exists():
        time.sleep(0.05)
    for _ in range(workers):
        started.append(
            subprocess.Popen(
                [*dask, "worker", "--scheduler-file", str(address), "--nthreads=1", *words],
                **common,
            )
        )
    try:
        yield address, started[1:]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


@pytest.mark.long
def test_a_cluster_gives_the_same_and_a_worker_killed_costs_nothing(handed_in, graded, tmp_path):
    course = copied(handed_in, tmp_path / "course")
    with cluster(tmp_path / "elsewhere") as (address, workers):
        process = subprocess.Popen(
            [sys.executable, "-m", *AUTOGRADE, f"--cluster={address}"],
            cwd=course.root,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        while not lines_or_none(course):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        for child in psutil.Process(workers[0].pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        said = process.communicate(timeout=300)[1]
        assert process.returncode == 0, said
    assert gradebook(course) == gradebook(graded)
    assert notebooks(course) == notebooks(graded)


@pytest.mark.long
def test_the_whole_gallery_earns_the_same_serial_parallel_and_on_a_cluster(hold, tmp_path):
    parallel = hold(tmp_path / "parallel", ENTRIES)
    serial = hold(tmp_path / "serial", ENTRIES, grade=("nbgrader", "autograde"))
    with cluster(tmp_path / "elsewhere") as (address, _):
        spread = hold(
            tmp_path / "spread", ENTRIES, grade=("grading", "autograde", f"--cluster={address}")
        )
    marks = [
        {(x["student"], x["assignment"]): x["verdicts"] for x in lines(c)}
        for c in (parallel, serial, spread)
    ]
    assert len(marks[0]) > len(ENTRIES)
    assert marks[0] == marks[1] == marks[2]
