"""The form of an assignment's source: what stops its release, and what is to be mended before.

Nothing is run here. Each thing is a sentence with the notebook and the id of the cell.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import glob
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator, ValidationError
from nbgrader.nbgraderformat.common import SchemaMismatchError
from nbgrader.utils import is_grade, is_solution

from grading.assignment import (
    RIGHT,
    WRONG,
    functions,
    outer,
    read_list,
    read_source,
    reference_cells,
    split,
    without_hidden,
)
from grading.core import GraderFault
from grading.exam import unscored

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
FIGURES = ("gcf", "gca", "get_fignums")
MOST = 1_000_000  # points of a cell; those of a course have to remain a number
TELLING = 25  # characters of a line that is nobody's but the solution's


def refuse(folder: Path) -> None:
    """Raise GraderFault, a line for each thing, if the assignment cannot be released as it is.

    Parameters
    ----------
    folder : pathlib.Path
        Its source.
    """
    found = [*faults(folder)]
    if found:
        raise GraderFault("\n".join(found))


def faults(folder: Path) -> Iterator[str]:
    """Yield what stops a release: marks would be wrong, or what is listed would be lost."""
    solutions: dict[str, str] = {}
    if glob.has_magic(folder.name):
        yield f"nbgrader takes the name {folder.name} for a pattern of others. Rename the folder."
    for path in sorted(folder.glob("*.ipynb")):
        source = read_source(path)
        if misformed := [*_misformed(source)]:  # and so nothing else can be read from it
            yield from (f"{path.name}: {text}" for text in misformed)
            return
        solutions |= {name: text for name, text, solved in reference_cells(source) if solved}
        yield from _twice(source, path.name)
        for cell in tests(source):
            if not may_count(cell.source):
                yield f"{path.name}: {unscored(cell.metadata.nbgrader['grade_id'])}"
    for file in (WRONG, RIGHT):
        try:
            listed = read_list(folder, file)
        except GraderFault as fault:
            yield str(fault)
            continue
        for name in dict.fromkeys(one.function for one in listed):
            if name not in solutions:
                yield f"{file}: there is no exercise {name}{_near(name, solutions)}."
        for one in listed:
            try:
                one.apply(solutions.get(one.function, one.cell))
            except GraderFault as fault:
                if one.function in solutions:
                    yield str(fault)


def advice(folder: Path) -> Iterator[str]:
    """Yield what the release bears, and students or the instructor do not."""
    for path in sorted(folder.glob("*.ipynb")):
        source = read_source(path)
        solutions = {name: text for name, text, solved in reference_cells(source) if solved}
        judged = {cell.metadata.nbgrader["grade_id"]: cell.source for cell in tests(source)}
        for text in (*_unfit(solutions, judged), *_given_away(source, solutions), *_beyond(source)):
            yield f"{path.name}: {text}"


def tests(source: NotebookNode) -> list[NotebookNode]:
    """Return the cells that are judged by running them."""
    graded = (cell for cell in source.cells if cell.cell_type == "code" and is_grade(cell))
    return [cell for cell in graded if not is_solution(cell)]


def may_count(test: str) -> bool:
    """Say whether the exams of a test cell, if it makes any, can be what it ends on."""
    try:
        trees = [tree for _, tree in split(test)]
    except SyntaxError:  # another language's, or a magic command
        return True
    return not [*_exams(trees)] or _may_be_points(trees[-1].body[-1])


def _unfit(solutions: dict[str, str], judged: dict[str, str]) -> Iterator[str]:
    defined = {name: functions(text) for name, text in solutions.items()}
    loaded = {grade_id: _loaded(text) for grade_id, text in judged.items()}
    for grade_id, names in loaded.items():
        exercise = grade_id.removeprefix("test_")
        if exercise not in solutions or exercise == grade_id:
            meant = [name for name, own in defined.items() if names & {name, *own}]
            call = f"test_{(meant or ['<id of the solution cell>'])[-1]}"
            yield (
                f"the test cell {grade_id} is named for no exercise, so no answer is called not "
                f"attempted and no mutant is tried: call it {call}."
            )
    for name, text in solutions.items():
        if defined[name] and name not in defined[name]:
            yield (
                f"the solution cell {name} defines no function of that name: call it "
                f"{defined[name][-1]}, and its test test_{defined[name][-1]}."
            )
        if not any({name, *defined[name]} & names for names in loaded.values()):
            yield f"no test cell looks at {name}, so nobody gets a point for it."
        if BEGIN not in text:
            yield (
                f"the solution cell {name} has no ### {BEGIN}: the release takes out all of it, "
                "the first line of the function too."
            )
        uses = [other for other in solutions if other != name and other in _loaded(text)]
        with contextlib.suppress(SyntaxError):
            for exam in _exams([tree for _, tree in split(judged.get(f"test_{name}", ""))]):
                named = {
                    node.id
                    for keyword in exam.keywords
                    if keyword.arg == "uses"
                    for node in ast.walk(keyword.value)
                    if isinstance(node, ast.Name)
                }
                if left := [other for other in uses if other not in named]:
                    all_of = uses[0] if len(uses) == 1 else f"({', '.join(uses)})"
                    yield (
                        f"{name} is built of {' and '.join(left)}, and a mistake there costs "
                        f"twice: write Exam({name}, ..., uses={all_of}) in test_{name}."
                    )


def _given_away(source: NotebookNode, solutions: dict[str, str]) -> Iterator[str]:
    """Look for lines of solutions in what is left of the notebook when they are taken out."""
    given = [without_hidden(without_hidden(cell.source), BEGIN, END) for cell in source.cells]
    for name, text in solutions.items():
        kept = without_hidden(text, BEGIN, END).split("\n")
        for line in [line for line in text.split("\n") if line not in kept]:
            if len(line.strip()) > TELLING and line.strip() in "\n".join(given):
                said = f"the line {line.strip()!r} of the solution {name}"
                yield f"{said} stands in what students get."


def _beyond(source: NotebookNode) -> Iterator[str]:
    """Look for tests of what is no plain data, which does not reach them."""
    code = [cell for cell in source.cells if cell.cell_type == "code"]
    defined = [node for cell in code if is_solution(cell) for node in _parsed(cell.source).body]
    named = [one for one in defined if isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    apart = {one.name: kind for one in named if (kind := _kind(one))}
    for cell in [cell for cell in code if is_grade(cell) and not is_solution(cell)]:
        nodes = list(ast.walk(_parsed(cell.source)))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        found = [f"{apart[name]} {name}" for name in sorted(names & apart.keys())]
        if any(isinstance(node, ast.Attribute) and node.attr in FIGURES for node in nodes):
            found.append("a figure that a submission has drawn")
        for what in found:
            yield (
                f"{cell.metadata.nbgrader['grade_id']}: only plain data reaches a test, and {what} "
                "is none: let a function of the notebook return what the test is to look at."
            )


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # a magic command
        return ast.Module([], [])


def _kind(node: ast.FunctionDef | ast.ClassDef) -> str:
    """Return what a solution defines, in words, if it is or makes no plain data."""
    if isinstance(node, ast.ClassDef):
        errors = any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
        return "" if errors else "the class"
    yields = (isinstance(one, (ast.Yield, ast.YieldFrom)) for one in outer(node))
    return "the generator" if any(yields) else ""


def _twice(source: NotebookNode, name: str) -> Iterator[str]:
    marks = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in source.cells]
    ids = [cell.get("id") for cell in source.cells]
    for kind, many in (("nbgrader id", marks), ("cell id", ids)):
        for one, count in Counter(filter(None, many)).items():
            if count > 1:
                yield f"{name}: the {kind} {one} is there {count} times."


def _misformed(source: NotebookNode) -> Iterator[str]:
    """Look for metadata at which nbgrader would stop, here or in everyone's hand-in."""
    validator = MetadataValidator()
    for number, cell in enumerate(source.cells, 1):
        mark = cell.metadata.get("nbgrader", {})
        if not isinstance(mark, dict):
            yield f"the metadata “nbgrader” of cell {number} is no table of keys and values."
            continue
        name = f"the cell {mark['grade_id']}" if mark.get("grade_id") else f"cell {number}"
        try:
            validator.validate_cell(cell)
        except SchemaMismatchError:
            yield f"{name} was marked with another version of nbgrader: run nbgrader update source."
        except (ValidationError, TypeError) as error:
            at = "".join(f"{key}: " for key in getattr(error, "path", ()))
            why = getattr(error, "message", str(error)).split("\n")[0]
            if getattr(error, "validator", "") == "pattern":
                why = "only letters, digits, _ and - can be in it"
            yield f"nbgrader cannot read the mark of {name}: {at}{why}."
        else:
            if mark.get("task") and not mark["locked"]:
                yield f"{name} is a task and has to be locked, as Create Assignment makes it."
            if not 0 <= mark.get("points", 0) <= MOST:
                yield f"the points of {name} have to be a number from 0 to {MOST:,}."


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else f" (there are {', '.join(known) or 'none'})"


def _loaded(source: str) -> set[str]:
    with contextlib.suppress(SyntaxError):
        return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return set()


def _exams(trees: list[ast.Module]) -> Iterator[ast.Call]:
    """Yield the calls of `Exam` in a cell, under whatever name it imports it."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = set()
    for node in nodes:
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            name = alias.asname or alias.name
            whole = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            if whole + alias.name == "grading.exam":
                names.add(f"{name}.Exam")
            elif whole + alias.name in ("grading.exam.Exam", "grading.exam.*"):
                names.add(name.replace("*", "Exam"))
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node


def _may_be_points(last: ast.stmt) -> bool:
    """Say whether the last line of a cell can be a number that its exams earned."""
    if not isinstance(last, ast.Expr) or isinstance(last.value, (ast.Constant, ast.JoinedStr)):
        return False
    called = last.value.func if isinstance(last.value, ast.Call) else None
    return not (isinstance(called, ast.Name) and called.id in ("print", "display"))
