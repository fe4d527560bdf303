"""What a release needs beyond nbgrader: its own copies of the shared files.

``python -m grading.release`` writes ``public_tests.json``, the expected values of the
public tests, from the reference solutions; run from the course's root.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

import public_tests
from grading.judge import run_reference
from grading.lesson import read_source, reference

EXPECTED = "public_tests.json"


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
    home = Path.cwd()
    try:
        for path in sorted(source.resolve().glob("*/*.ipynb")):
            os.chdir(path.parent)  # where a kernel would start, and where the data lies
            with contextlib.redirect_stdout(io.StringIO()):
                functions = run_reference(reference(read_source(path)))
                for name, function in functions.items():
                    test = getattr(public_tests, f"{name}_test", None)
                    if test is not None:
                        test(function)
    finally:
        public_tests._recording = None
        os.chdir(home)
    return {
        case: {name: _rounded(array) for name, array in arrays.items()}
        for case, arrays in found.items()
    }


def write_expected(path: Path, values: dict[str, dict[str, Any]]) -> bool:
    """Write the expected values, unless those in the file are the same; say if it did.

    The last digit may differ between machines, so values that agree to 1e-9 are the same.
    """
    if path.exists() and same(json.loads(path.read_text("utf-8")), values):
        return False
    blocks = []
    for case, arrays in values.items():
        lines = [f"  {json.dumps(name)}: {json.dumps(array)}" for name, array in arrays.items()]
        blocks.append(f" {json.dumps(case)}: {{\n" + ",\n".join(lines) + "\n }")
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n", "utf-8")
    return True


def same(one: Any, other: Any) -> bool:
    """Compare nested dicts and lists of numbers to 1e-9."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return False


def _rounded(array: Any) -> Any:
    digits = json.dumps(np.asarray(array, dtype=float).tolist())
    return json.loads(digits, parse_float=lambda text: float(f"{float(text):.10g}"))


if __name__ == "__main__":
    changed = write_expected(Path(EXPECTED), expected_values(Path("source")))
    print(f"{EXPECTED} {'written' if changed else 'is up to date'}.")
