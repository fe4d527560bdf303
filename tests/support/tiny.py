"""A course with one small assignment, and the formgrader's buttons without a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from grading.assignment.files import lay_out
from tests.support import forked
from tests.support.course import ROOT, SHARED, Course

A = "tiny"
SECRET = "assert double(21) == 42"
# What the formgrader's buttons call, in a process that is configured as its server.
BUTTONS = """
import json, os, sys
from types import SimpleNamespace
from nbgrader.server_extensions.formgrader import base
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
extension, webapp = FormgradeExtension(), SimpleNamespace(settings={})
extension.root_dir = os.getcwd()
extension.initialize([])
extension.init_tornado_settings(webapp)
handler = SimpleNamespace(
    settings=webapp.settings, coursedir=extension.coursedir, log=extension.log,
    authenticator=webapp.settings["nbgrader_authenticator"],
)
api = base.BaseHandler.api.fget(handler)
does = {
    "autograde": lambda: api.autograde("tiny", "ada"),
    "feedback": lambda: api.generate_feedback("tiny", "ada"),
    "assign": lambda: api.generate_assignment("tiny"),
    "collect": lambda: api.collect("tiny"),
    "release": lambda: api.release_assignment("tiny"),
    "unrelease": lambda: api.unrelease("tiny"),
    "release feedback": lambda: api.release_feedback("tiny"),
}
print(json.dumps({word: does[word]() for word in sys.argv[1:]}))
"""


def lesson() -> NotebookNode:
    """Return the source notebook of the assignment."""
    about = {"schema_version": 3, "grade": False, "locked": False, "solution": False, "task": False}
    answer = {**about, "grade_id": "double", "solution": True}
    test = {**about, "grade_id": "test_double", "grade": True, "locked": True, "points": 4}
    solved = "def double(x):\n    ### BEGIN SOLUTION\n    y = 2 * x\n    ### END SOLUTION\n"
    hidden = f"### BEGIN HIDDEN TESTS\n{SECRET}\n### END HIDDEN TESTS"
    cells = [
        new_code_cell(f"{solved}    return y", metadata={"nbgrader": answer}),
        new_code_cell(f"assert double(1) == 2\n{hidden}", metadata={"nbgrader": test}),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def tiny(root: Path) -> Course:
    """Return a course with the assignment, which is not released yet."""
    root.mkdir()
    lay_out(SHARED, root)
    for name in ("nbgrader_config.py", "nbgrader_config.json"):
        shutil.copy(ROOT / name, root)
    (root / "source" / A).mkdir(parents=True)
    nbformat.write(lesson(), root / "source" / A / f"{A}.ipynb")
    for name in ("misconceptions.toml", "right.toml"):
        (root / "source" / A / name).write_text("# the answers\n")
    return Course(root, make=False)


def hand_in(course: Course, student: str, answer: str) -> None:
    """Hand in, or hand in anew, what a student writes in the cell of the exercise."""
    notebook = nbformat.read(course.root / "notebooks" / A / f"{A}.ipynb", 4)
    notebook.cells[0].source = answer
    folder = course.root / "submitted" / student / A
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{A}.ipynb")


def press(
    course: Course, *buttons: str, python: str = sys.executable, at: Path | None = None
) -> dict[str, dict[str, str]]:
    """Return what the formgrader's buttons are answered, by their words."""
    words, folder = ["-c", BUTTONS, *buttons], at or course.root
    if python == sys.executable:
        status, said = forked.run(words, folder, os.environ, 300)
    else:
        done = subprocess.run(
            [python, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300
        )
        status, said = done.returncode, done.stderr + done.stdout
    assert status == 0, said
    found: dict[str, dict[str, str]] = json.loads(said.splitlines()[-1])
    return found
