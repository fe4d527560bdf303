"""What a source notebook and the lists beside it say of an assignment.

In come a folder of ``source/`` and nbgrader's gradebook; out comes an `AssignmentSpec`: all that
a worker has to know, as data that can be sent. The solutions in it, and the known wrong versions
of them, become functions that can be called in a `Reference`.
"""

from grading.assignment.files import course_files, in_lesson, loaded, shared_files
from grading.assignment.misconceptions import RIGHT, WRONG, Misconception, read_list
from grading.assignment.reference import Later, Reference, run_locked, tested
from grading.assignment.source import (
    KEPT,
    Namespace,
    functions,
    outer,
    read_source,
    reference_cells,
    run_piece,
    split,
    without_hidden,
    wrong_cells,
)
from grading.assignment.spec import (
    AssignmentSpec,
    Expected,
    NotebookSpec,
    dotted,
    new_cell,
    read_assignment,
)

__all__ = [
    "KEPT",
    "RIGHT",
    "WRONG",
    "AssignmentSpec",
    "Expected",
    "Later",
    "Misconception",
    "Namespace",
    "NotebookSpec",
    "Reference",
    "course_files",
    "dotted",
    "functions",
    "in_lesson",
    "loaded",
    "new_cell",
    "outer",
    "read_assignment",
    "read_list",
    "read_source",
    "reference_cells",
    "run_locked",
    "run_piece",
    "shared_files",
    "split",
    "tested",
    "without_hidden",
    "wrong_cells",
]
