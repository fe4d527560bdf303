"""A configuration that cannot be loaded, or is not ours any more: nothing is done, and it is said.

Each way to break it is tried through nbgrader's own commands and through what the formgrader's
buttons call, on a submission that leaves a mark where it runs unguarded.
"""

import hashlib
import os
import shutil
import subprocess
import venv
from pathlib import Path

import nbformat
import pytest
from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

from tests.support import forked
from tests.support.course import ROOT, Course
from tests.support.sample import sample
from tests.support.tiny import BUTTONS, SECRET, A, press, tiny
from tests.support.tiny import hand_in as tiny_answer

STOCK = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.SaveAutoGrades",
]
ANSWER = """
def double(x):
    return 2 * x


import pathlib

for where in pathlib.Path({root!r}), pathlib.Path("..", "..", ".."):
    try:
        seen = (where / "gradebook.db").read_bytes()
        (where / "mark").write_text(f"ran outside, and read {{len(seen)}} bytes of marks")
    except OSError:
        pass
"""


def breaks():
    """Return the ways to break it: what is done to nbgrader_config.py, and what is said."""
    install = "grading.configure(c)"
    steps = "c.Autograde.autograde_preprocessors"
    cannot = "nbgrader_config.py cannot be loaded"
    holds = f"{steps} has to hold grading.plugins.ExecuteBehindWall"
    return {
        "a module is missing": (lambda t: f"import nosuchmodule\n{t}", cannot),
        "no Python": (lambda t: t.replace("c = ", "c == = ", 1), cannot),
        "an error before our call": (lambda t: t.replace(install, f"1 / 0\n{install}"), cannot),
        "an error behind it": (lambda t: f"{t}\n1 / 0\n", cannot),
        "stock steps": (lambda t: f"{t}\n{steps} = {STOCK}\n", holds),
        "our call is missing": (
            lambda t: t.replace(install, ""),
            "grading.configure(c) sets",
        ),
        "empty": (lambda t: "c = get_config()\n", holds),
        "gone": (None, "there is no nbgrader_config.py"),
    }


BREAKS = breaks()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A course with one small assignment, released, with one submission, graded as it should."""
    course = tiny(tmp_path_factory.mktemp("config") / "course")
    root = course.root
    course.process("nbgrader", "generate_assignment", A)
    hand_in(course, "ada")
    course.process("nbgrader", "autograde", A)
    course.process("nbgrader", "generate_feedback", A)
    assert SECRET not in (root / "feedback" / "ada" / A / f"{A}.html").read_text("utf-8")
    hand_in(course, "ada", more="\nx = 1\n")
    hand_in(course, "bob")
    assert not (root / "mark").exists()
    assert course.scores("ada", A) == {"double": 4.0}
    return course


def hand_in(course, student, more=""):
    """Hand in an answer that leaves a mark beside the gradebook if it can reach it."""
    tiny_answer(course, student, ANSWER.format(root=str(course.root)) + more)


@pytest.fixture
def course(whole, tmp_path):
    """The same in a folder of its own, whose submissions know it."""
    root = shutil.copytree(whole.root, tmp_path / "course")
    course = Course(root, make=False)
    hand_in(course, "ada", more="\nx = 1\n")
    hand_in(course, "bob")
    return course


def damage(course, how):
    """Break the configuration; return what is to be said."""
    change, said = BREAKS[how]
    path = course.root / "nbgrader_config.py"
    if change is None:
        path.unlink()
    else:
        text = change(path.read_text("utf-8"))
        assert text != path.read_text("utf-8")
        path.write_text(text, "utf-8")
    return said


def state(course):
    """Return what is saved, to the byte, and the mark of code that ran unguarded."""
    kept = [course.root / "gradebook.db", course.root / "mark"]
    for name in ("autograded", "feedback", "notebooks", "release"):
        kept += sorted((course.root / name).rglob("*"))
    return {
        str(path.relative_to(course.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in kept
        if path.is_file()
    }


COMMANDS = {
    "autograde": ("nbgrader", "autograde", A, "--force"),
    "generate_feedback": ("nbgrader", "generate_feedback", A, "--force"),
    "generate_assignment": ("nbgrader", "generate_assignment", A, "--force"),
    "grading autograde": ("grading", "autograde", A, "--workers=1"),
    "grading feedback": ("grading", "feedback", A, "--workers=1"),
}


@pytest.mark.parametrize("how", sample(BREAKS))
def test_nothing_is_graded_by_a_broken_configuration(course, how):
    said, before = damage(course, how), state(course)
    printed = course.process("nbgrader", "autograde", A, "--force", fails=True)
    assert state(course) == before
    assert said in printed


@pytest.mark.parametrize("command", sample(name for name in COMMANDS if name != "autograde"))
def test_no_command_goes_on_with_half_of_it(course, command):
    said, before = damage(course, "a module is missing"), state(course)
    printed = course.process(*COMMANDS[command], fails=True)
    assert state(course) == before
    assert said in printed


# nbgrader's own converter, in an application that none of our entry points has changed.
STOCK_FEEDBACK = """
from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.converters import GenerateFeedback
app = NbGraderApp()
app.initialize(["--course-dir=."])
app.coursedir.assignment_id = "tiny"
GenerateFeedback(coursedir=app.coursedir, parent=app, force=True).start()
"""


def test_a_converter_of_nbgraders_own_makes_no_page(course):
    before = state(course)
    status, said = forked.run(["-c", STOCK_FEEDBACK], course.root, os.environ, 300)
    assert status != 0
    assert "nbgrader_config.py has to call grading.configure(c)" in said
    assert state(course) == before


def test_hidden_tests_stay_out_of_feedback_when_a_setting_lets_them_in(course):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.GenerateFeedback.preprocessors = ['grading.plugins.Grades']\n")
    before = state(course)
    said = course.process("nbgrader", "generate_feedback", A, "--force", fails=True)
    assert state(course) == before
    assert "c.GenerateFeedback.preprocessors has to hold nbgrader.preprocessors.Clear" in said
    assert "ClearMarkScheme" in said


def test_other_marks_of_hidden_tests_are_refused(course):
    """The grader splits test cells at nbgrader's own; by others all would be public."""
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.ClearHiddenTests.begin_test_delimeter = 'BEGIN SECRET'\n")
    before = state(course)
    said = course.process("nbgrader", "autograde", A, "--force", fails=True)
    assert state(course) == before
    assert "c.ClearHiddenTests.begin_test_delimeter has to be “BEGIN HIDDEN TESTS”" in said


def test_what_holds_the_answers_is_not_released_when_a_setting_lets_it(course):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.ignore = ['*.pyc']\n")
    before = state(course)
    said = course.process("nbgrader", "generate_assignment", A, "--force", fails=True)
    assert state(course) == before
    assert "c.CourseDirectory.ignore has to hold misconceptions.toml" in said


@pytest.mark.parametrize(
    "how", sample(["a module is missing", "an error behind it", "stock steps"])
)
def test_the_formgraders_buttons_say_why(course, how):
    said, before = damage(course, how), state(course)
    for answer in press(course, "autograde", "feedback", "assign", "autograde").values():
        assert not answer["success"]
        assert said in answer["log"]
    assert state(course) == before


def test_the_formgraders_pages_stay_harmless(course):
    damage(course, "a module is missing")
    look = """
exporter = base.BaseHandler.exporter.fget(SimpleNamespace(settings=webapp.settings))
import nbformat
cell = nbformat.v4.new_markdown_cell("<script>set marks</script><b onclick='x'>bold</b>")
page, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]), {
    "metadata": {"name": "n"}, **dict.fromkeys(("base_url", "mathjax_url", "student",
    "notebook_id", "assignment_id", "submission_id", "last_name", "first_name",
    "notebook_path", "keyword", "formgrade"), ""), "index": 0, "total": 1})
assert "<b>bold</b>" in page and "set marks" not in page, page[page.find("bold") - 500:][:1000]
"""
    script = BUTTONS.partition("handler = ")[0] + look
    status, said = forked.run(["-c", script], course.root, os.environ, 300)
    assert status == 0, said


def test_what_is_mended_is_read_again(course):
    path = course.root / "nbgrader_config.py"
    text = path.read_text()
    damage(course, "a module is missing")
    course.process("nbgrader", "autograde", A, fails=True)
    path.write_text(text)
    assert press(course, "autograde")["autograde"]["success"]
    assert course.scores("ada", A) == {"double": 4.0}
    assert not (course.root / "mark").exists()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A Python with nbgrader and all else, but without the grader."""
    home = tmp_path_factory.mktemp("plain") / "env"
    venv.create(home)
    (place,) = home.glob("lib/python*/site-packages")
    (theirs,) = {str(Path(nbformat.__file__).parent.parent)}
    (place / "theirs.pth").write_text(f"{theirs}\n")  # the .pth files in it are not read
    python = str(home / "bin" / "python")
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([python, "-c", "import grading"], cwd=home, check=True, capture_output=True)
    return python


@pytest.mark.parametrize(
    ("command", "how"),
    [
        ("autograde", None),
        ("autograde", "gone"),
        ("generate_feedback", "a module is missing"),
        ("generate_assignment", None),
    ],
)
def test_without_the_grader_installed_nothing_is_done(course, plain, command, how):
    if how:
        damage(course, how)
    before = state(course)
    done = subprocess.run(
        [plain, "-m", *COMMANDS[command]],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert state(course) == before
    assert "No module named 'grading'" in done.stderr
    if how is None:
        assert "pip install" in done.stderr


def test_without_the_grader_installed_there_is_no_formgrader(course, plain):
    before = state(course)
    with pytest.raises(AssertionError, match="No module named 'grading'"):
        press(course, "autograde", python=plain)
    assert state(course) == before


@pytest.mark.parametrize("where", sample(["--course-dir", "--CourseDirectory.root", "--config"]))
def test_from_another_folder_the_course_is_the_same(course, tmp_path, where):
    damage(course, "a module is missing")
    before = state(course)
    option = f"{where}={course.root}{'/nbgrader_config.py' * (where == '--config')}"
    rest = [f"--course-dir={course.root}"] if where == "--config" else []
    away = tmp_path / "elsewhere"
    away.mkdir()
    words = ["nbgrader", "autograde", A, "--force", option, *rest]
    said = Course(away, make=False).process(*words, fails=True)
    assert state(course) == before
    assert BREAKS["a module is missing"][1] in said


def test_an_instructors_own_configuration_does_not_take_the_wall_away(
    course, tmp_path, monkeypatch
):
    home = tmp_path / "own"
    home.mkdir()
    (home / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        f"c.Autograde.autograde_preprocessors = {STOCK}\n"
        "c.NotebookExporter.preprocessors = []\n"
    )
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home))
    said, before = damage(course, "a module is missing"), state(course)
    assert said in course.process("nbgrader", "autograde", A, "--force", fails=True)
    for answer in press(course, "autograde").values():
        assert said in answer["log"]
    assert state(course) == before


@pytest.mark.parametrize("what", ["gone", "no JSON"])
def test_the_second_file_has_to_be_there(course, what):
    path = course.root / "nbgrader_config.json"
    before = state(course)
    path.unlink() if what == "gone" else path.write_text("{")
    said = course.process("nbgrader", "autograde", A, "--force", fails=True)
    assert state(course) == before
    assert "nbgrader_config.json" in said


def test_downloads_are_not_opened_by_a_broken_configuration(course):
    folder = course.root / "downloaded" / A / "archive"
    folder.mkdir(parents=True)
    (folder / "cal_tiny.ipynb").write_bytes(b"{}")
    said = damage(course, "a module is missing")
    assert said in course.process("nbgrader", "zip_collect", A, "--force", fails=True)
    assert not (course.root / "submitted" / "cal").exists()
    assert not list((course.root / "downloaded" / A).glob("extracted/*"))


@pytest.mark.parametrize("folder", [".", "deploy/jupyterhub"])
def test_both_files_say_the_same(folder):
    python = PyFileConfigLoader("nbgrader_config.py", str(ROOT / folder)).load_config()
    plain = JSONFileConfigLoader("nbgrader_config.json", str(ROOT / folder)).load_config()
    plain.pop("version", None)
    assert plain
    assert {name: {key: python[name][key] for key in plain[name]} for name in plain} == plain


@pytest.mark.parametrize("command", sample(["submit", "collect", "release_feedback"]))
def test_on_a_hub_no_exchange_but_ours_takes_its_place(course, tmp_path, monkeypatch, command):
    etc, exchange = tmp_path / "etc", tmp_path / "exchange"
    shutil.copytree(ROOT / "deploy" / "jupyterhub", etc)
    (etc / "course.toml").write_text("no = ")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(etc))
    for folder in ("inbound", "outbound/tiny", "feedback"):
        (exchange / "sequence-models" / folder).mkdir(parents=True)
    path = course.root / "nbgrader_config.py"
    path.write_text(f"{path.read_text()}\nc.Exchange.root = {str(exchange)!r}\n")
    shutil.copytree(course.root / "notebooks" / A, course.root / A)
    exchange.chmod(0o777)
    before = sorted(exchange.rglob("*"))
    said = course.process("nbgrader", command, A, fails=True)
    assert f"{etc / 'nbgrader_config.py'} cannot be loaded" in said
    assert sorted(exchange.rglob("*")) == before
