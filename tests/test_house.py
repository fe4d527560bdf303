"""Truth 3 and the rules of the house: who may import whom, and what no file may hold."""

import ast
import contextlib
import pkgutil
import re
import shutil
import subprocess
import sys

import grimp
import pytest
from importlinter.api import read_configuration

from tests.support.course import ROOT, assignments, reference_cells

PACKAGE = ROOT / "grading"
MODULES = sorted(PACKAGE.rglob("*.py"))
COMMAND = re.compile(r"nbgrader generate_(assignment|feedback)\b")  # not of a lesson's generate
INSIDE = PACKAGE / "sandbox" / "inside"


def committed():
    """Return the files that git keeps."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("grading", cache_dir=None)


def deep(graph):
    """Return the imports that go past a package's face, as pairs."""
    return {
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.count(".") > 1 and importer.split(".")[1:2] != imported.split(".")[1:2]
    }


def test_every_module_is_looked_at(graph):
    assert set(map(name_of, MODULES)) == graph.modules
    assert any(name.count(".") == 3 for name in graph.modules)


def test_imports_point_down():
    done = subprocess.run(["lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_runs_inside_is_kept_from_every_module_beside_it():
    contracts = read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    (contract,) = [c for c in contracts if "grading.sandbox.inside" in c.get("source_modules", ())]
    beside = {name_of(path) for path in INSIDE.parent.glob("*.py")} - {"grading.sandbox"}
    assert set(contract["forbidden_modules"]) == {"grading.core", "grading.comparison", *beside}


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("core/text.py", "from grading.store import hand_in"),
        ("sandbox/inside/codec.py", "from grading.core import Verdict"),
        ("sandbox/inside/codec.py", "import grading.sandbox.limits"),
        ("sandbox/session.py", "def late():\n    from grading.judging import Pipeline"),
        ("store/audit.py", "from grading.assignment import read_source"),
        ("store/submitted.py", "from grading.store import cohort"),
    ],
)
def test_an_import_that_points_up_is_found(tmp_path, where, line):
    shutil.copytree(PACKAGE, tmp_path / "grading", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "grading" / where).open("a") as file:
        file.write(f"\n{line}\n")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint"]
    command[-1] += "; lint(['--no-cache'])"
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout


def test_others_import_a_package_by_its_face(graph):
    assert not deep(graph)


def test_an_import_past_a_face_is_found(graph):
    other = grimp.build_graph("grading", cache_dir=None)
    other.add_import(importer="grading.lms.roster", imported="grading.core.text")
    assert deep(other) == {("grading.lms.roster", "grading.core.text")}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/__init__.py")), ids=lambda p: p.parent.name)
def test_a_face_says_what_it_is_for_and_exports_what_others_import(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert "in come" in ast.get_docstring(tree).lower()
    (listed,) = [node for node in tree.body if isinstance(node, ast.Assign)]
    exported = set(ast.literal_eval(listed.value))
    imported = {
        alias.name
        for other in MODULES
        if other.parent != path.parent and path.parent not in other.parents
        for node in ast.walk(ast.parse(other.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == name_of(path)
        for alias in node.names
    }
    assert imported <= exported


def test_the_tests_mirror_the_packages():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    rooms = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert packages ^ rooms == {"course", "docs", "places"}  # those run what the rest does
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert modules <= {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("*.py")}
    strays = [path.name for path in (ROOT / "tests").glob("*.py")]
    assert not [n for n in strays if not n.startswith(("test_", "conftest", "__init__"))]


def named(text):
    """Return the paths, and the dotted names of the grader, that a text holds, in strings too."""
    paths = re.findall(
        r"(?<![\w./-])(?:grading|tests|benchmarks|deploy|docs)(?:/[\w.*-]*[\w*])+", text
    )
    names = set(re.findall(r"(?<![\w./])grading(?!\.md)(?:\.[A-Za-z_]\w*)+", text))
    for module, listed in re.findall(r"from (grading[\w.]*) import \(?([\w, ]+)", text):
        names |= {f"{module}.{name.split()[0]}" for name in listed.split(",") if name.strip()}
    return set(paths), names


def missing(text):
    """Return those among them that do not exist."""
    paths, names = named(text)
    lost = [path for path in paths if not list(ROOT.glob(path))]
    for name in names:
        try:
            pkgutil.resolve_name(name)
        except (ImportError, AttributeError):
            lost.append(name)
    return sorted(lost)


def test_every_path_and_name_of_ours_that_a_file_holds_is_there():
    texts = {}
    for path in committed():
        with contextlib.suppress(UnicodeDecodeError):
            texts[path] = path.read_text("utf-8")
    found = [named(text) for text in texts.values()]
    assert min(len(set().union(*kind)) for kind in zip(*found, strict=True)) > 30
    assert not {str(path): lost for path, text in texts.items() if (lost := missing(text))}


@pytest.mark.parametrize("form", ["grading/{}.py", "grading.{}", "from grading.exam import {}"])
def test_one_that_is_gone_is_found(form):
    lost = form.format("judge")
    assert missing(f"{lost} is grading/judging/judge.py, grading.judging") == [
        lost.replace("from ", "").replace(" import ", ".")
    ]


def test_what_runs_inside_names_nothing_of_ours_but_itself():
    # It runs under another name there, by which only relative imports find the rest.
    ours = {"grading", *(path.stem for path in ROOT.glob("*.py"))}
    files = sorted(INSIDE.rglob("*.py"))
    assert len(files) > 1
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            assert not [name for name in names if name.split(".")[0] in ours], path
            assert getattr(node, "level", 0) < 2, path


def test_no_other_file_of_the_package_is_visible_in_the_sandbox():
    from grading.sandbox.bubblewrap import command

    words = command(3)
    bound = [words[i + 1] for i, word in enumerate(words) if word.startswith("--ro-bind")]
    assert [path for path in bound if "grading" in path] == [str(INSIDE)]
    assert not [path for path in bound if str(ROOT).startswith(path)]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_grader_knows_no_lesson(path):
    text = path.read_text("utf-8")
    code = ast.parse(text)
    docstrings = {
        node.body[0].value.value
        for node in ast.walk(code)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    words = {
        node.value
        for node in ast.walk(code)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } - docstrings
    lessons = {name for assignment in assignments() for name in reference_cells(assignment)}
    words = {COMMAND.sub("", word) for word in words}
    assert not [w for w in words if any(name in w for name in [*lessons, *assignments()])]


def test_committed_files_are_small_and_hold_no_path_of_a_machine():
    paths = committed()
    assert paths
    assert not [path for path in paths if path.stat().st_size > 2**20]
    here = rb"/(?:home|Users)/\w"
    if len(ROOT.parts) > 2:  # else it may be a word of ours, such as /course
        here += b"|" + re.escape(bytes(ROOT))
    assert not [path for path in paths if re.search(here, path.read_bytes())]
