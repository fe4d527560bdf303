"""What lies beside the notebooks of a release: shared files, and values made from the source."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

import hints
import public_tests
from grading.assignment import (
    Reference,
    beside,
    read_list,
    read_source,
    reference_cells,
    wrong_cells,
)

EXPECTED = "public_tests.json"
HINTS = "hints.json"


class ShareFiles(NbGraderPreprocessor):
    """Put the shared files of the root into each release, so that it is complete in itself."""

    files = List(Unicode(), help="Names of the files, relative to the root.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Hand the files to nbconvert's writer, which lays them beside the notebook."""
        outputs = resources.setdefault("outputs", {})
        for name in self.files:
            outputs[name] = Path(name).read_bytes()
        return nb, resources


def expected_values(source: Path) -> dict[str, dict[str, Any]]:
    """Run the public tests against the references; return what they should expect.

    Parameters
    ----------
    source : pathlib.Path
        The folder of all source notebooks.

    Returns
    -------
    dict
        For each function and case the arrays by name, rounded to 10 digits.
    """
    found: dict[str, Any] = {}
    public_tests._recording = found
    try:
        for reference in references(source):
            with contextlib.redirect_stdout(io.StringIO()):
                for name, function in tested(reference).items():
                    getattr(public_tests, f"{name}_test")(function)
    finally:
        public_tests._recording = None
    return {
        case: {name: _rounded(array) for name, array in arrays.items()}
        for case, arrays in found.items()
    }


def known_mistakes(source: Path) -> dict[str, list[dict[str, Any]]]:
    """Run the known wrong versions on the public cases; return what they can be known by.

    Returns
    -------
    dict
        For each exercise and misconception the sentence, and the `hints.fingerprint` of its
        results in each case. One that only hidden tests can tell is left out.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for reference in references(source):
        for name, right in tested(reference).items():
            given = [arguments for _, arguments, _ in public_tests.cases(name)]
            usual = _prints(right, given)
            for one in reference.candidates.get(name, []):
                prints = _prints(one.function, given)
                # A mistake of an earlier exercise is known by its own test.
                if one.of == name and not hints.same(prints, usual):
                    found.setdefault(name, []).append({"says": one.says, "prints": prints})
    return found


def references(source: Path) -> Iterator[Reference]:
    """Yield what each source notebook's functions are compared with, in its own folder."""
    for path in sorted(source.resolve().glob("*/*.ipynb")):
        with beside(path.parent):
            cells = reference_cells(read_source(path))
            yield Reference(cells, wrong_cells(cells, read_list(path.parent)))


def tested(reference: Reference) -> dict[str, Any]:
    """Return the exercises that have a public test, by name."""
    functions = reference.exercises.items()
    return {name: f for name, f in functions if hasattr(public_tests, f"{name}_test")}


def _prints(function: Any, cases: list[dict[str, Any]]) -> list[Any]:
    return [hints.fingerprint(*hints.outcome(function, given)) for given in cases]


def write(path: Path, values: dict[str, Any], known: Callable[[Any, Any], bool]) -> bool:
    """Write values, unless those in the file are the same; say if it did.

    The last digit may differ between machines, so ``known`` compares them.
    """
    if path.exists() and known(json.loads(path.read_text("utf-8")), values):
        return False
    blocks = []
    for name, value in values.items():
        pairs = value.items() if isinstance(value, dict) else ((None, one) for one in value)
        lines = [
            json.dumps(one) if key is None else f"{json.dumps(key)}: {json.dumps(one)}"
            for key, one in pairs
        ]
        ends = "{}" if isinstance(value, dict) else "[]"
        blocks.append(f" {json.dumps(name)}: {ends[0]}\n  " + ",\n  ".join(lines) + f"\n {ends[1]}")
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n", "utf-8")
    return True


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
    digits = json.dumps(np.asarray(array, dtype=float).tolist())
    return json.loads(digits, parse_float=lambda text: float(f"{float(text):.10g}"))
