"""What lies beside the notebooks of a release: shared files, and values made from the source."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

from grading.assignment import (
    Reference,
    course_files,
    in_lesson,
    read_list,
    read_source,
    reference_cells,
    shared_files,
    tested,
    wrong_cells,
)
from grading.comparison import CLOSE

if TYPE_CHECKING:
    from grading.diagnosis import Known

PUBLIC_TESTS = "public_tests"
EXPECTED = "expected.json"
HINTS = "hints.json"
SAME = {EXPECTED: 1e-9, HINTS: CLOSE}  # the last digits may differ between machines


class ShareFiles(NbGraderPreprocessor):
    """Put what all lessons share into each release, so that it is complete in itself."""

    files = List(
        Unicode(), help="Files and folders of the course folder that lie beside every notebook."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Hand the files to nbconvert's writer, which lays them beside the notebook."""
        shared = shared_files(Path(CourseDirectory(parent=self).root), self.files)
        course_files(Path(resources["metadata"]["path"]), shared)  # or it says why it cannot be
        resources.setdefault("outputs", {}).update(shared)
        return nb, resources


def expected_values(folder: Path, shared: Mapping[str, bytes]) -> dict[Path, dict[str, Any]]:
    """Return what the public tests of an assignment should expect.

    It comes from the ``public_tests`` that lies beside its notebooks. Where that has a function
    ``cases(exercise)``, which gives the public cases as (number, arguments by name, sizes in
    words), and ``record(exercise, solution)``, which returns what the test should expect, by case,
    their values are written beside the tests; otherwise there is nothing to write.

    Parameters
    ----------
    folder : pathlib.Path
        The source of the assignment.
    shared : mapping of str to bytes
        What all assignments share.

    Returns
    -------
    dict
        What is to be in which ``expected.json``: for each exercise and case arrays by name, rounded
        to 10 digits.
    """
    found: dict[Path, dict[str, Any]] = {}
    for place, public, reference, _ in _solved(folder, shared):
        for name, function in _tested(public, reference).items():
            beside = folder / _beside(public, name).relative_to(place)
            found.setdefault(beside / EXPECTED, {}).update(_recorded(public, name, function))
    return found


def hints(folder: Path, shared: Mapping[str, bytes]) -> dict[Path, dict[str, Any]]:
    """Return by what results a misconception is known, how sure that is, and the sentence.

    Of two misconceptions together it is the same, as far as there is room. It takes a while:
    everything that an answer could be is run.

    Returns
    -------
    dict
        What is to be in which ``hints.json``; see `expected_values` for the parameters.
    """
    # It brings cosmic-ray, which nothing else of a release needs.
    from grading.diagnosis import fields_of, known_mistakes, likely, table

    known: dict[Path, dict[str, list[Any]]] = {}
    for place, public, reference, cells in _solved(folder, shared):
        fields = fields_of(public, reference, cells, read_list(folder))
        for name in _tested(public, reference):
            beside = folder / _beside(public, name).relative_to(place)
            known.setdefault(beside, {})[name] = known_mistakes(fields[name])
    return {
        beside / HINTS: {name: table(many) for name, many in likely(of).items() if many}
        for beside, of in known.items()
    }


def _solved(
    folder: Path, shared: Mapping[str, bytes]
) -> Iterator[tuple[Path, ModuleType, Reference, Any]]:
    """Yield of each notebook where its lesson lies, its public tests, its solutions, its cells."""
    files = course_files(folder, shared)
    if f"{PUBLIC_TESTS}.py" not in files:
        return
    for path in sorted(folder.glob("*.ipynb")):
        with in_lesson(files) as place:
            cells = reference_cells(read_source(path))
            reference = Reference(cells, wrong_cells(cells, read_list(folder)))
            yield place, importlib.import_module(PUBLIC_TESTS), reference, cells


def older(public: ModuleType, reference: Reference, name: str, known: Sequence[Known]) -> list[str]:
    """Return which files beside the public test of an exercise are older than its lesson.

    It is called in the lesson's folder. Of known mistakes it looks at the single ones: for those of
    several together there may have been no room.
    """
    if name not in _tested(public, reference):
        return []
    from grading.diagnosis import table

    place = _beside(public, name)
    expected = _recorded(public, name, reference.exercises[name])
    kept = _read(place / EXPECTED)
    found = []
    if not same({case: kept.get(case) for case in expected}, expected, SAME[EXPECTED]):
        found.append(EXPECTED)
    rows = table([one for one in known if len(one.program.parts) == 1])
    there = _read(place / HINTS).get(name, [])
    if not all(any(same(row, one, SAME[HINTS]) for one in there) for row in rows):
        found.append(HINTS)
    return found


def _read(path: Path) -> dict[str, Any]:
    """Return what a file of values holds; nothing where there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _beside(public: ModuleType, name: str) -> Path:
    """Return the folder in which the public test of an exercise lies."""
    return Path(inspect.getfile(getattr(public, f"{name}_test"))).resolve().parent


def _recorded(public: ModuleType, name: str, function: Callable[..., Any]) -> dict[str, Any]:
    """Return what the public test of an exercise should expect, by case."""
    with contextlib.redirect_stdout(io.StringIO()):
        recorded = public.record(name, function)
    return {
        case: {key: _rounded(array) for key, array in arrays.items()}
        for case, arrays in recorded.items()
    }


def _tested(public: ModuleType, reference: Reference) -> dict[str, Any]:
    """Return the exercises that have a public test with cases, by name."""
    names = tested(public, reference) if hasattr(public, "record") else []
    return {name: reference.exercises[name] for name in names}


def encode(values: dict[str, Any]) -> bytes:
    """Return values as JSON: a line for each case, so that a change shows as one."""
    blocks = []
    for name, value in values.items():
        pairs = value.items() if isinstance(value, dict) else ((None, one) for one in value)
        lines = [
            json.dumps(one) if key is None else f"{json.dumps(key)}: {json.dumps(one)}"
            for key, one in pairs
        ]
        ends = "{}" if isinstance(value, dict) else "[]"
        blocks.append(f" {json.dumps(name)}: {ends[0]}\n  " + ",\n  ".join(lines) + f"\n {ends[1]}")
    return ("{\n" + ",\n".join(blocks) + "\n}\n").encode()


def unchanged(path: Path, values: dict[str, Any]) -> bool:
    """Say whether a file holds these values, but for the last digits."""
    return same(_read(path), values, SAME[path.name])


def same(one: Any, other: Any, close: float = 1e-9) -> bool:
    """Compare nested dicts and lists of numbers and texts, numbers to ``close``."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k], close) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            same(a, b, close) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=close, abs_tol=close)
    return bool(one == other)


def _rounded(array: Any) -> Any:
    if isinstance(array, list):  # calls with fewer arguments than others, say
        return [_rounded(one) for one in array]
    digits = json.dumps(np.asarray(array, dtype=float).tolist())
    return json.loads(digits, parse_float=lambda text: float(f"{float(text):.10g}"))
