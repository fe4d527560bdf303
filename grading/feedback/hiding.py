"""What no student reads on a page: hidden tests, and the mark schemes of tasks.

nbgrader's own steps raise where the words that mark such a part stand in a student's own cell, or
alone; then there would be no page. Here they are looked for in the course's cells only, and a
part that does not end goes to the end of its cell.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme
from nbgrader.utils import is_grade, is_locked, is_task

from grading.assignment import without_hidden


class HideTests(ClearHiddenTests):
    """nbgrader's step, for every page."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Take hidden tests out of a cell."""
        if _is_ours(cell):
            cell.source = without_hidden(cell.source)
        return cell, resources


class HideSchemes(ClearMarkScheme):
    """nbgrader's step, for every page; the settings of ``c.ClearMarkScheme`` are its own."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Take a mark scheme out of a cell."""
        if _is_ours(cell):
            cell.source = without_hidden(
                cell.source, self.begin_mark_scheme_delimeter, self.end_mark_scheme_delimeter
            )
        return cell, resources


def _is_ours(cell: NotebookNode) -> bool:
    """Say whether the course has written a cell, or may have: one with points came from it."""
    return bool(is_locked(cell) or is_grade(cell) or is_task(cell))
