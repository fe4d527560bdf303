"""What can be seen of a lesson without grading anything: form, links, inputs."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.converters.generate_assignment import GenerateAssignment

from grading.assignment import AssignmentSpec, Reference, read_source, run_piece, split
from grading.autograde import CarefulAutograde
from grading.core import GraderFault
from grading.exam import Context, alike
from grading.release import advice, refuse, tests
from grading.store import Places, open_gradebook, prepare_gradebook

LINK = re.compile(r"""\]\(\s*<?([^)\s>]+)|<img[^>]*\ssrc=["']([^"']+)""")


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
    refuse(source)  # nbgrader would say it among much else
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


def complaints(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the form of an assignment, each in a sentence.

    Parameters
    ----------
    folder : pathlib.Path
        Its source.
    """
    yield from advice(folder)
    for path in sorted(folder.glob("*.ipynb")):
        yield from _dead_links(read_source(path), folder, path.name)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith((".", "__")) for p in path.parts)
    }


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


def seen_inputs(source: NotebookNode, reference: Reference) -> Iterator[str]:
    """Yield where hidden parts use what students see, or a public test has no cases.

    Call it where the lesson's own modules can be imported.

    Parameters
    ----------
    source : NotebookNode
        One notebook of the source.
    reference : Reference
        Of this notebook.
    """
    with contextlib.suppress(ImportError):
        public = importlib.import_module("public_tests")
        for name in reference.exercises if hasattr(public, "cases") else ():
            if hasattr(public, f"{name}_test") and not public.cases(name):
                yield f"{name}: its public test has no cases, so no values and no hints are given."
    for cell in tests(source):
        name = cell.metadata.nbgrader["grade_id"].removeprefix("test_")
        if name not in reference.exercises:
            continue
        public_ones, hidden = _inputs(cell.source, name, reference)
        if any(alike(list(given), list(other)) for given in hidden for other in public_ones):
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
