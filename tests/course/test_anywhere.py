"""What students get assumes no system: no path, shell, encoding, clock or file name of one of them.

The lessons run on Linux alone here; `docs/versions.md` says on which versions. This is what can
be seen of Windows and macOS without having them.
"""

import ast
import re
import shutil
import subprocess
import sys
import textwrap

import nbformat
import pytest
from nbgrader.utils import is_grade

from tests.support.course import ROOT

GIVEN = sorted(path for path in (ROOT / "notebooks").rglob("*") if path.is_file())
GIVEN = [path for path in GIVEN if "__pycache__" not in path.parts and path.parent.name[0] != "."]
CODE = [path for path in GIVEN if path.suffix in (".py", ".ipynb")]
SOURCES = sorted((ROOT / "source").glob("*/*.ipynb"))  # solutions, and so what hand-ins look like
PLACE = re.compile(r"(/|~|\.\./|[A-Za-z]:[\\/]|\\\\)\S|\w+\\\w+\.\w+$")  # as a file is named
OPENERS = {"open": 3, "read_text": 0, "write_text": 1}  # which argument is the encoding
BY_HAND = "make_*.py"  # makes a lesson's tables, with an installed Python
STILL = {"process_time", "process_time_ns", "thread_time", "thread_time_ns"}
SHELL = re.compile(r"^\s*(!|%%|%(?!matplotlib inline$))", re.M)
UNIX = {
    *("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"),
    *("subprocess", "ctypes", "multiprocessing"),  # work otherwise on Windows, where there at all
}
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)
FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$')


def code(path):
    """Return the code of a file, a notebook's cell by cell."""
    if path.suffix == ".py":
        return [path.read_text("utf-8")]
    cells = nbformat.read(path, 4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def faults(source, clock=False):
    """Say what in a piece of code assumes a system; a processor's clock, unless it may."""
    yield from (f"a shell or magic command: {line}" for line in SHELL.findall(source))
    tree = ast.parse(re.sub(r"^\s*[!%]", "#", source, flags=re.M))
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").partition(".")[0]}
        else:
            names = set()
        yield from (f"imports {name}" for name in sorted(names & UNIX))
        name = getattr(node, "attr", getattr(node, "name", ""))
        if name in STILL and not clock and not isinstance(node, ast.FunctionDef):
            yield f"line {node.lineno}: {name}, which stands still in a browser"
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            named = "encoding" in {keyword.arg for keyword in node.keywords}
            named |= len(node.args) > OPENERS.get(called, 0)
            if called in OPENERS and not named:
                yield f"line {node.lineno}: {called} without an encoding"
        text = getattr(node, "value", "") if isinstance(node, ast.Constant) else ""
        if isinstance(text, str) and id(node) not in prose and PLACE.match(text):
            yield f"line {node.lineno}: a path, {text!r}"


@pytest.mark.parametrize("path", [*CODE, *SOURCES], ids=lambda path: "/".join(path.parts[-2:]))
def test_code_for_students_assumes_no_system(path):
    clock = path.match(BY_HAND)
    assert [fault for source in code(path) for fault in faults(source, clock)] == []


@pytest.mark.parametrize(
    "source",
    [
        "!pip install numpy",
        "%cd ..",
        "%%bash\nls",
        "import fcntl",
        "from multiprocessing import Pool",
        "import os.path\nimport resource as r",
        "open('weather.csv')",
        "with open('weather.csv', 'w') as stream: pass",
        "Path('x').read_text()",
        "Path('x').write_text('text')",
        "np.loadtxt('/data/weather.csv')",
        "np.loadtxt('~/weather.csv')",
        "np.loadtxt('../weather.csv')",
        "np.loadtxt(r'C:\\data\\weather.csv')",
        "np.loadtxt('data\\\\weather.csv')",
        "began = time.process_time()",
        "from time import process_time",
        "from time import thread_time as clock",
    ],
)
def test_a_fault_is_seen(source):
    assert list(faults(source))


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline",
        "open('weather.csv', encoding='utf-8')",
        "Path('x').read_text('utf-8')",
        "Path('x').write_text('text', encoding='utf-8')",
        "np.loadtxt('weather.csv')",
        "label = 'm/s'",
        "label = r'$\\sigma(z)$'",
    ],
)
def test_what_runs_anywhere_is_none(source):
    assert not list(faults(source))


def test_data_for_students_are_ascii_which_every_encoding_reads_alike():
    data = [path for path in GIVEN if path not in CODE]
    assert {path.suffix for path in data} == {".csv", ".json", ".txt"}
    assert all(path.read_bytes().isascii() for path in data if path.suffix != ".json")


def test_names_of_files_are_allowed_and_differ_on_every_system():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = done.stdout.splitlines()
    assert len({name.casefold() for name in names}) == len(names) > 100
    parts = {part for name in names for part in name.split("/")}
    assert not [part for part in parts if RESERVED.match(part) or FORBIDDEN.search(part)]
    assert all(part.isascii() for part in parts)
    assert max(map(len, names)) < 120  # Windows allows 260 for the whole path


def rows_that_ran():
    """Return the rows of the page that ``make versions`` writes."""
    page = (ROOT / "docs" / "versions.md").read_text("utf-8")
    return [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| 3.")]


def test_what_is_promised_is_what_ran():
    """``make versions`` writes the page; it is out of date when this fails."""
    ran = rows_that_ran()
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    promised = re.findall(r"Python :: (3\.\d+)", project)
    assert f'requires-python = ">={promised[0]}"' in project
    versions = [(row[0].rpartition(".")[0], row[1]) for row in ran]
    assert versions == [(one, way) for one in promised for way in ("lowest", "highest")]
    bounds = dict(
        re.findall(r"^(\w+)>=([\d.]+)", (ROOT / "requirements.txt").read_text("utf-8"), re.M)
    )
    lowest = dict(zip(("numpy", "matplotlib", "jupyterlab"), ran[0][2:5], strict=True))
    for name, version in lowest.items():
        assert version.startswith(bounds[name]), name


@pytest.mark.long
def test_every_lesson_ran_on_them():
    """A new lesson need not wait for `make versions`, which needs all those Pythons."""
    lessons = sum(path.suffix == ".ipynb" for path in GIVEN)
    tests = sum(is_grade(c) for path in SOURCES for c in nbformat.read(path, 4).cells)
    assert {tuple(row[6:]) for row in rows_that_ran()} == {(str(lessons), str(tests))}


@pytest.mark.parametrize("left", ["nothing", "another lesson's files"])
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.parent.name)
def test_a_notebook_without_its_files_says_in_a_sentence_what_to_do(path, left, tmp_path):
    other = next(one for one in SOURCES if one != path).parent.name
    if left != "nothing":
        shutil.copytree(ROOT / "notebooks" / other, tmp_path, dirs_exist_ok=True)
    first = next(source for source in code(path) if "import" in source)
    shown = "    print(*error._render_traceback_(), sep='\\n')"
    tried = f"try:\n{textwrap.indent(first, '    ')}\nexcept ImportError as error:\n{shown}"
    # As a student's Python is: without this folder on the path.
    clean = f"import sys; sys.path = ['.', *(p for p in sys.path if p != {str(ROOT)!r})]\n"
    words = [sys.executable, "-P", "-c"] if sys.version_info >= (3, 11) else [sys.executable, "-c"]
    done = subprocess.run([*words, clean + tried], cwd=tmp_path, capture_output=True, text=True)
    name, *cure = done.stdout.splitlines()
    assert re.fullmatch(r"lesson_tools[.\w]* is missing\.", name), done
    assert "Get the whole folder" in " ".join(cure)
