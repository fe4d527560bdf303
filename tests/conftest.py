"""Fixtures: one course for a whole run, graded by real nbgrader in the real sandbox."""

import contextlib
import os
import shutil
import tempfile

import nbformat
import pytest

import public_tests  # noqa: F401 - from now on the modules of all lessons can be imported
from grading.sandbox.bubblewrap import Zygote
from grading.sandbox.session import Session
from tests.support.contained import plainly
from tests.support.course import (
    RELEASED,
    Course,
    assignment_of,
    grade_id,
    hold_class,
    notebook_path,
)
from tests.support.gallery import ENTRIES, KEY, SAMPLE
from tests.support.outside import outside
from tests.support.sandbox import LIMITS

# What takes longest, the longest first: a run ends with it if it does not begin with it.
LONGEST = (
    "test_gallery.py",
    "test_commands.py",
    "test_turns.py",
    "test_interrupted.py",
    "test_converter.py",
    "test_sample_class.py",
)


def pytest_configure(config):
    """Let all processes of this run share the releases; the first of them outlives the others."""
    if not hasattr(config, "workerinput"):
        os.environ[RELEASED] = tempfile.mkdtemp(prefix="released-")


def pytest_unconfigure(config):
    """Put them away."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(RELEASED), ignore_errors=True)


def pytest_xdist_auto_num_workers():
    """Run three files on two processors: tests wait for locks and limits, too."""
    return max(2, len(os.sched_getaffinity(0)) * 3 // 2)


def pytest_collection_modifyitems(items):
    """Begin with the longest files."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


@pytest.fixture(scope="session")
def hold():
    """Grade a class; see `hold_class`."""
    return hold_class


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    """The gallery, and honest submissions around it, graded in one class."""
    with outside():
        return hold_class(tmp_path_factory.mktemp("gallery") / "course", SAMPLE)


@pytest.fixture(scope="session")
def unwalled(tmp_path_factory):
    """What entries that look for something print when there is no wall."""
    course = Course(tmp_path_factory.mktemp("unwalled") / "course")
    course.submit("aa-reference", "01_rnn", course.answers("01_rnn"))
    course.nbgrader("autograde", "01_rnn")
    cells = {}
    for entry in [entry for entry in ENTRIES if entry.finds]:
        notebook = course.answers(assignment_of(entry.function), entry)
        tests = nbformat.read(
            notebook_path(course.root / "source" / assignment_of(entry.function)), 4
        )
        hidden = {grade_id(cell): cell.source for cell in tests.cells}
        wanted = ("imports", entry.function, f"test_{entry.function}")
        cells[entry.student] = ["import public_tests"] + [  # it finds the lessons' modules
            hidden[grade_id(cell)] if cell.metadata.nbgrader.locked else cell.source
            for cell in notebook.cells
            if grade_id(cell) in wanted
        ]
    (daemon,) = [entry for entry in ENTRIES if entry.name == "leaves daemons behind"]
    look = "import pathlib, time\ntime.sleep(0.5)\n"
    look += "for p in pathlib.Path('/proc').glob('*/cmdline'):\n"
    look += f"    if b'gallery-{KEY}' in p.read_bytes(): print('still there: gallery')"
    cells["left"] = [daemon.edits[0][1].partition("def ")[0], look]
    return plainly(cells, course.root)


@pytest.fixture(scope="module")
def chromium():
    """The browser; without it, what needs it is skipped."""
    from tests.support.chromium import started

    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def zygote():
    """A warm zygote, started where a variable of the environment is a secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_SECRET", "x")
        zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
def start(zygote):
    """Start a session, or several; they end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda limits=LIMITS, **files: stack.enter_context(
            contextlib.closing(Session(zygote, limits, files))
        )


@pytest.fixture
def session(start):
    """A session."""
    return start()
