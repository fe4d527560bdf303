"""The lessons in a browser alone: the site, a student's round on it, and the grade for it.

``make test-lite`` puts together what this needs and prints the round step by step. Nothing outside
the machine is asked for anything: the browser's way out is a proxy that refuses and keeps a list.
"""

import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from deploy.lite.build import LOCK, build, link
from tests.support.course import ROOT, Course, assignments, full_marks, plain, reference_cells
from tests.support.gallery.entry import RNN
from tests.support.lab_page import WRONG, A
from tests.support.lite_student import Student
from tests.support.pyodide_folder import Unavailable, pyodide_folder

pytestmark = [pytest.mark.lite, pytest.mark.timeout(1800)]

pytest.importorskip("jupyterlite_pyodide_kernel", reason="needs JupyterLite: make .venv/with-lite")

RIGHT = plain(reference_cells(A)[RNN])
RAISES = RIGHT.replace("Wax @ xt", "Wax.T @ xt")
OLD_STATE = WRONG.apply(RIGHT)
HINT = "Your prediction is made from `a_prev`, the state before this step."
LAST_WORD = "\n# My last word, written just before the download."


@pytest.fixture(scope="module")
def pyodide():
    try:
        return pyodide_folder()
    except Unavailable as problem:
        pytest.skip(f"Pyodide cannot be put together here: {problem}")


@contextlib.contextmanager
def serving(handler):
    """Answer on 127.0.0.1; yield the address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def site_of(folder, pyodide):
    """Build the site with all lessons and serve it as plain files, without any header of note."""
    build(assignments(), folder, pyodide)

    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with serving(functools.partial(Files, directory=str(folder))) as address:
        yield address


@pytest.fixture(scope="module")
def site(tmp_path_factory, pyodide):
    with site_of(tmp_path_factory.mktemp("lite") / "site", str(pyodide)) as address:
        yield address


@pytest.fixture
def new_page(chromium):
    """Open a page in a fresh profile of which nothing gets out, and the list of what it tried."""
    asked = []

    class Refusing(http.server.BaseHTTPRequestHandler):
        def refuse(self):
            asked.append(self.path)
            self.send_error(502, "nothing goes outside in a test")

        do_CONNECT = do_GET = do_HEAD = do_POST = do_OPTIONS = refuse

        def log_message(self, *_):
            pass

    with serving(Refusing) as proxy:
        context = chromium.new_context(
            viewport={"width": 1280, "height": 900},
            proxy={"server": proxy, "bypass": "127.0.0.1"},
        )
        # For all cells of a lesson, on a machine that does much else.
        context.set_default_timeout(600_000)
        yield context.new_page, asked
        context.close()


@pytest.fixture
def student(new_page, site):
    """Let a student open a lesson; at the end nothing outside may have been asked for anything."""
    page, asked = new_page
    print()
    yield lambda assignment: Student(page(), site, assignment)
    assert asked == []
    print("         nothing outside this machine was asked for anything")


def test_a_student_does_a_lesson_in_the_browser_and_hands_it_in(student, tmp_path):
    someone = student(A)
    someone.run("imports")
    someone.run(RNN)
    assert "rnn_cell_forward is not written yet" in someone.run(f"test_{RNN}")
    someone.write(RNN, RAISES)
    someone.run(RNN)
    line = RAISES.split("\n").index(next(x for x in RAISES.split("\n") if "Wax.T" in x)) + 1
    assert f"at line {line} of its cell: a_next = np.tanh(Wax.T" in someone.run(f"test_{RNN}")
    someone.write(RNN, OLD_STATE)
    someone.run(RNN)
    assert HINT in " ".join(someone.run(f"test_{RNN}").split())
    someone.keep("hint")
    someone.wait_for_autosave(RNN, OLD_STATE)
    someone.reload()
    assert someone.code(RNN) == OLD_STATE
    someone.says("finds the work of before")
    finish_and_grade(someone, tmp_path)


@pytest.mark.parametrize("assignment", [name for name in assignments() if name != A])
def test_every_lesson_runs_there_to_its_last_plot(student, assignment, tmp_path):
    finish_and_grade(student(assignment), tmp_path)


def finish_and_grade(someone, folder):
    """Let them write the right answers, run all cells, download and hand in; look at each."""
    solutions = reference_cells(someone.assignment)
    for function, solution in solutions.items():
        someone.write(function, plain(solution))
    someone.run_all()
    someone.keep(someone.assignment)
    for function in solutions:
        assert f"{function}: all public tests passed." in someone.sees(f"test_{function}")
    last = plain(solution) + LAST_WORD
    someone.write(function, last)
    name, content = someone.download()
    cells = [c for c in nbformat.reads(content.decode(), 4).cells if c.cell_type == "code"]
    assert [cell.source for cell in cells if LAST_WORD in cell.source] == [last]
    assert not [output for cell in cells for output in cell.outputs if "ename" in output]
    printed = [str(output.get("text", "")) for cell in cells for output in cell.outputs]
    assert not [text for text in printed if re.search(r"\b0(\.0)? s\b", text)], (
        "a clock that stands"
    )
    drawing = [cell for cell in cells if re.search(r"^(plt.show|moving)\(", cell.source, re.M)]
    drawn = [cell for cell in drawing if any("image/png" in str(o) for o in cell.outputs)]
    assert drawn == drawing != []
    someone.says(f"has the last word in it, {len(drawn)} cells with pictures, and no error")

    course = Course(folder / "course", plots=True)
    place = course.root / "submitted" / "someone" / someone.assignment
    place.mkdir(parents=True)
    (place / name).write_bytes(content)
    said = course.python("grading", "autograde", someone.assignment, "--no-plots")
    someone.says(f"hands it in; python -m grading autograde {someone.assignment}:\n{said}")
    full = full_marks(someone.assignment)
    assert course.scores("someone", someone.assignment) == full


def test_without_a_setting_the_site_takes_pyodide_from_its_cdn_and_nothing_from_elsewhere(
    new_page, tmp_path, pyodide
):
    """This shows as well that the list holds what the kernel asks for, in its own thread."""
    page, asked = new_page
    with site_of(tmp_path / "site", "") as address:
        opened = page()
        opened.goto(f"{address}/{link(A)}")
        for _ in range(600):
            if asked:
                break
            opened.wait_for_timeout(100)
        opened.wait_for_timeout(1000)
    assert set(asked) == {"cdn.jsdelivr.net:443"}
    version = json.loads((pyodide / LOCK).read_text("utf-8"))["info"]["version"]
    config = (tmp_path / "site" / "jupyter-lite.json").read_text("utf-8")
    assert f'"https://cdn.jsdelivr.net/pyodide/v{version}/full/pyodide.js"' in config


def held(site):
    return sorted(path.name for path in (site / "files").iterdir())


def test_the_commands_of_the_page_build_the_site_that_it_describes(tmp_path, pyodide):
    page = (ROOT / "docs" / "browser.md").read_text("utf-8")
    commands = re.findall(r"^```sh\n(.*?)\n```", page, re.M | re.S)
    assert [command.split()[:2] for command in commands] == [["make", "lite"]] * 2
    for name in ("deploy", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
        os.utime(tmp_path / name, (0, 0))  # older than the environment, so make leaves that be
    # Else it would be installed from here, which is soon gone, for all that is run after this.
    environment = tmp_path / ".venv"
    environment.mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name not in ("ready", "with-lite"):
            (environment / path.name).symlink_to(path)
    for name in ("ready", "with-lite"):
        (environment / name).touch()
    (tmp_path / "Downloads").mkdir()
    (tmp_path / "Downloads" / "pyodide").symlink_to(pyodide)  # an unpacked release
    for command, place in zip(commands, ["https://cdn.jsdelivr.net/", "./pyodide/"], strict=True):
        subprocess.run(
            command, shell=True, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)}, check=True
        )
        config = (tmp_path / "_site" / "jupyter-lite.json").read_text("utf-8")
        assert place in config
        assert held(tmp_path / "_site") == [A, "index.ipynb"]


def test_an_address_is_taken_as_it_is(tmp_path):
    build([A], tmp_path / "site", "https://files.example.edu/pyodide/")
    config = (tmp_path / "site" / "jupyter-lite.json").read_text("utf-8")
    assert '"https://files.example.edu/pyodide/pyodide.js"' in config
    assert held(tmp_path / "site") == [A, "index.ipynb"]


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("pyodide.asm.wasm", None, "pyodide.asm.wasm missing"),
        ("six-1.16.0-py2.py3-none-any.whl", None, "unpack the full release"),
        ("six-1.16.0-py2.py3-none-any.whl", b"x", "is not the file that pyodide-lock.json names"),
        (LOCK, b'{"info": {"version": "0.1"}}', "holds Pyodide 0.1; this site runs on 0."),
    ],
)
def test_a_folder_that_is_not_pyodide_is_refused_and_the_old_site_stays(
    tmp_path, pyodide, name, change, says
):
    folder, site = shutil.copytree(pyodide, tmp_path / "pyodide"), tmp_path / "site"
    site.mkdir()
    (site / "jupyter-lite.json").write_text("{}")
    (folder / name).unlink()
    if change:
        (folder / name).write_bytes(change)
    with pytest.raises(ValueError, match=re.escape(says)):
        build([A], site, str(folder))
    assert (site / "jupyter-lite.json").read_text() == "{}"


def test_a_folder_with_other_things_is_not_replaced_by_a_site(tmp_path):
    (tmp_path / "thesis.txt").write_text("dear to me")
    with pytest.raises(ValueError, match="holds no site"):
        build([A], tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "dear to me"


def test_the_versions_in_the_browser_are_among_those_that_the_course_promises(pyodide):
    packages = json.loads((pyodide / LOCK).read_text("utf-8"))["packages"]
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    for line in lines:
        name = re.match("numpy|matplotlib", line)
        if name:
            assert packages[name[0]]["version"] in Requirement(line).specifier
