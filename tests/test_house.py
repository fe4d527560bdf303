"""Truth 3 and the rules of the house: who may import whom, and what no file may hold."""

import ast
import subprocess

import pytest

from tests.course import ROOT, assignments, reference_cells

MODULES = sorted((ROOT / "grading").rglob("*.py"))
INSIDE = ROOT / "grading" / "inside"


def name_of(path):
    """Return a module's name; a package's is that of its face."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path):
    """Return the full names of all that a module may mean by its imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            folder = path.relative_to(ROOT).parent.parts
            above = folder[: len(folder) + 1 - node.level] if node.level else ()
            base = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def own(path):
    return imports(path) & {name_of(module) for module in MODULES} - {"grading"}


def test_the_folder_inside_the_sandbox_imports_nothing_else_of_the_package():
    files = sorted(INSIDE.rglob("*.py"))
    assert len(files) > 1
    ours = ("grading", *(path.stem for path in ROOT.glob("*.py")))
    for path in files:
        found = [name for name in imports(path) if name.split(".")[0] in ours]
        assert not [name for name in found if not name.startswith(name_of(INSIDE))], path
        # It runs under another name, by which only relative imports find the rest.
        whole = ast.walk(ast.parse(path.read_text("utf-8")))
        named = [node for node in whole if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert not [node for node in named if "grading" in ast.unparse(node)], path


def test_no_other_file_of_the_package_is_visible_in_the_sandbox():
    from grading.wall import command

    words = command(3)
    bound = [words[i + 1] for i, word in enumerate(words) if word.startswith("--ro-bind")]
    assert [path for path in bound if "grading" in path] == [str(INSIDE)]
    assert not [path for path in bound if str(ROOT).startswith(path)]


def test_imports_point_one_way():
    arrows = {name_of(path): own(path) - {name_of(path)} for path in MODULES}
    while arrows:
        leaves = [name for name, targets in arrows.items() if not targets & set(arrows)]
        assert leaves, f"a circle among {sorted(arrows)}"
        for name in leaves:
            del arrows[name]


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
    assert not [w for w in words if any(name in w for name in [*lessons, *assignments()])]


def test_committed_files_are_small_and_hold_no_path_of_a_machine():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in done.stdout.split("\n") if name]
    assert paths
    assert not [path for path in paths if path.exists() and path.stat().st_size > 2**20]
