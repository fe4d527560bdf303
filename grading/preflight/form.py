"""What can be seen of a lesson without grading anything: form, links, inputs."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.converters.generate_assignment import GenerateAssignment
from nbgrader.utils import is_grade, is_solution

from grading.assignment import AssignmentSpec, Reference, outer, read_source, run_piece, split
from grading.autograde import CarefulAutograde
from grading.core import GraderFault
from grading.exam import Context, alike
from grading.release import check_form
from grading.store import Places, open_gradebook, prepare_gradebook

LINK = re.compile(r"""\]\(\s*<?([^)\s>]+)|<img[^>]*\ssrc=["']([^"']+)""")

FIGURES = ("gcf", "gca", "get_fignums")


def rebuild(app: Any, assignment: str, place: Path) -> tuple[AssignmentSpec, list[str]]:
    """Make the release of an assignment anew, in a folder and a gradebook of its own.

    Parameters
    ----------
    app : nbgrader.apps.baseapp.NbGrader
        With the settings of the course.
    assignment : str
    place : pathlib.Path
        An empty folder.

    Returns
    -------
    lesson : AssignmentSpec
        As it is to be graded.
    list of str
        What of the release that is there is not as the source makes it.

    Raises
    ------
    GraderFault
        When there is no such assignment, an exam in it can never count, or nbgrader cannot
        release it.
    """
    course, book = app.coursedir, place / "gradebook.db"
    source = Places(course).source_folder(assignment)
    if not list(source.glob("*.ipynb")):
        raise GraderFault(f"There is no notebook in {source}, so there is nothing to look at.")
    for path in sorted(source.glob("*.ipynb")):
        check_form(read_source(path))  # nbgrader would say it among much else
    prepare_gradebook(book)
    kept = course.release_directory, course.db_url
    released = Path(course.format_path(course.release_directory, ".", assignment))
    course.release_directory, course.db_url = str(place / "release"), f"sqlite:///{book}"
    course.assignment_id = assignment
    try:
        with open_gradebook(course.db_url) as gradebook:
            converter = GenerateAssignment(coursedir=course, parent=app)
            converter.force = True
            try:
                converter.start()
            except NbGraderException as error:
                raise GraderFault(f"{assignment} cannot be released; see above.") from error
            lesson = CarefulAutograde(coursedir=course, parent=app).lesson(assignment, gradebook)
        fresh = _files(Path(course.format_path(course.release_directory, ".", assignment)))
    finally:
        course.release_directory, course.db_url = kept
    there = _files(released)
    return lesson, [
        f"{released / name} is not what the source makes of it: run `make notebooks`."
        for name in sorted(fresh.keys() | there.keys())
        if fresh.get(name) != there.get(name)
    ]


def complaints(folder: Path, reference: Reference) -> Iterator[str]:
    """Yield what is wrong with the form of an assignment, each in a sentence.

    Parameters
    ----------
    folder : pathlib.Path
        Its source.
    reference : Reference
        Of its one notebook.
    """
    for path in sorted(folder.glob("*.ipynb")):
        source = read_source(path)
        yield from _twice(source, path.name)
        yield from _dead_links(source, folder, path.name)
        yield from _repeated(source, reference)
        yield from _beyond(source)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith((".", "__")) for p in path.parts)
    }


def _twice(source: NotebookNode, name: str) -> Iterator[str]:
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in source.cells]
    for kind, many in (
        ("nbgrader id", ids),
        ("cell id", [cell.get("id") for cell in source.cells]),
    ):
        for one, count in Counter(filter(None, many)).items():
            if count > 1:
                yield f"{name}: the {kind} {one} is there {count} times."


def _dead_links(source: NotebookNode, folder: Path, name: str) -> Iterator[str]:
    """Look for links within the notebook, and to files beside it, that lead nowhere."""
    text = "\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    headings = {
        line.lstrip("#").strip().replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    attached = {name for cell in source.cells for name in cell.get("attachments", {})}
    for target in ("".join(found) for found in LINK.findall(text)):
        if target.startswith("attachment:"):
            if target.removeprefix("attachment:") not in attached:
                yield f"{name}: there is no picture {target}."
            continue
        if re.match(r"[a-z]+:", target):
            continue  # another host may be down today
        path, _, place = unquote(target).partition("#")
        if path and not (folder / path).exists():
            yield f"{name}: there is no file {path} to link to."
        if not path and place not in headings:
            yield f"{name}: there is no heading for the link #{place}."


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


def _repeated(source: NotebookNode, reference: Reference) -> Iterator[str]:
    """Run the test cells with a target that remembers; compare public inputs with hidden ones."""
    for cell in source.cells:
        if cell.cell_type != "code" or not is_grade(cell):
            continue
        name = cell.metadata.nbgrader["grade_id"].removeprefix("test_")
        if name not in reference.functions:
            continue
        public, hidden = _inputs(cell.source, name, reference)
        if any(alike(list(given), list(other)) for given in hidden for other in public):
            yield f"{name}: a hidden part uses the inputs of a public case."


def _inputs(
    source: str, name: str, reference: Reference
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return what a test cell calls its exercise with: in its public pieces, and in the hidden."""
    seen: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]] = [], []
    right = reference.functions[name]
    asked = seen[False]

    def target(*args: Any, **more: Any) -> Any:
        asked.append(tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in args))
        return right(*args, **more)

    target.__name__ = name
    space = {**reference.namespace, name: target}
    quiet, passed_over = contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception)
    with passed_over, quiet, Context(reference.functions):  # the papers tell what does not run
        for hidden, tree in split(source):
            asked = seen[hidden]
            run_piece(tree, name, space)
    return seen
