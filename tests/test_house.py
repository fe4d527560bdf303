"""Truth 3 and the rules of the house: who may import whom, and what no file may hold."""

import ast
import subprocess

import pytest

from tests.course import ROOT, assignments, reference_cells

MODULES = sorted((ROOT / "grading").glob("*.py"))


def imports(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def own(path):
    names = {module.stem for module in MODULES}
    found = {name.split(".")[1] for name in imports(path) if name.startswith("grading.")}
    return found & names


def test_the_file_inside_the_sandbox_imports_no_other_of_the_package():
    found = imports(ROOT / "grading" / "inside.py")
    assert not [name for name in found if name.startswith((".", "grading", "public_tests"))]


def test_no_other_file_of_the_package_is_visible_in_the_sandbox():
    from grading.wall import command

    words = command(3)
    bound = [words[i + 1] for i, word in enumerate(words) if word.startswith("--ro-bind")]
    assert [path for path in bound if "grading" in path] == [str(ROOT / "grading" / "inside.py")]
    assert not [path for path in bound if str(ROOT).startswith(path)]


def test_imports_point_one_way():
    arrows = {path.stem: own(path) - {path.stem} for path in MODULES}
    while arrows:
        leaves = [name for name, targets in arrows.items() if not targets & set(arrows)]
        assert leaves, f"a circle among {sorted(arrows)}"
        for name in leaves:
            del arrows[name]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
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
    assert not [w for w in words if any(name in w for name in [*lessons, *assignments()])]


def test_committed_files_are_small_and_hold_no_path_of_a_machine():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in done.stdout.split("\n") if name]
    assert paths
    assert not [path for path in paths if path.exists() and path.stat().st_size > 2**20]
