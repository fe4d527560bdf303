"""A submission on its way through nbgrader's steps, in a worker: bytes in, bytes out.

A worker has the lesson and nothing else of the course. nbgrader's steps look things up in
a gradebook; here they find one of their own, which holds the lesson and no student.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbconvert.exporters.exporter import Exporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import CheckCellMetadata
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from grading.assignment import KEPT, AssignmentSpec, Reference
from grading.core import HandIn, Note, Record, Versions, digest
from grading.judging.preprocessor import ExecuteBehindWall, Task, WarmLesson
from grading.judging.results import Drawn, Graded
from grading.judging.submission import placeholder, read_submission
from grading.sandbox import Session, Zygote
from grading.store import Pending, Unusable, lend_gradebook, prepare_gradebook, transaction

URL = "sqlite://lesson"  # a name alone: see `lend_gradebook`


class Pipeline:
    """Grades the submissions of one lesson, one after the other.

    Parameters
    ----------
    lesson : AssignmentSpec
    zygote : Zygote
    compiled : dict of str to bytes
        What a sandbox is given beyond the lesson's files.
    """

    def __init__(
        self, lesson: AssignmentSpec, zygote: Zygote, compiled: Mapping[str, bytes]
    ) -> None:
        self.lesson = lesson
        files = {**lesson.files, **compiled}
        self.log = logging.getLogger("grading.judging.pipeline")
        self._references: dict[str, Reference] = {}
        self._place = TemporaryDirectory(prefix="lesson-")
        lend_gradebook(URL, of_lesson(lesson, Path(self._place.name, "gradebook.db")))
        self._cleaning = self._exporter(lesson.cleaning)
        self._grading = self._exporter(lesson.grading)
        steps = self._cleaning._preprocessors + self._grading._preprocessors
        self._judging = [step for step in steps if isinstance(step, ExecuteBehindWall)]
        for step in self._judging:
            step.lesson = WarmLesson(
                lesson,
                lambda limits, draws: Session(zygote, limits, files, draws=draws),
                self._reference,
            )

    def grade(
        self,
        student: str,
        name: str,
        hand_in: HandIn,
        seed: int | None,
        met: Unusable | None = None,
    ) -> Graded:
        """Grade one notebook.

        Parameters
        ----------
        student, name : str
            Whose it is, and what the notebook is called.
        hand_in : HandIn
        seed : int
            Of the hidden inputs. A job that is to draw has none, and cannot grade.
        met : Unusable, optional
            The limit that judging it has met before, where it has: then it gets that verdict.
        """
        expected = self.lesson.notebooks[name].cells
        if met is not None:
            found = None if hand_in.data is None else digest(hand_in.data)
            submission = placeholder(met, expected, found)
        elif hand_in.data is not None:
            submission = read_submission(hand_in.data, expected, hand_in.why)
        else:
            assert hand_in.verdict is not None
            submission = placeholder(Unusable(hand_in.verdict, hand_in.why), expected)
        task = Task(submission, seed)
        clean, _ = self._run(self._cleaning, submission.notebook, student, name, task)
        graded, done = self._run(self._grading, clean, student, name, task)
        kept = {**(done.pending.pack() if done.pending else {}), **Note.pack(submission.notes)}
        if kept:
            graded.metadata["grading"] = kept
        return Graded(to_bytes(graded), done.audit, done.pending is not None)

    def judge_versions(self, versions: Versions) -> list[Record]:
        """Judge many answers to one exercise, none of which goes through nbgrader's steps."""
        return self._judging[-1].judge_versions(versions)

    def draw(self, student: str, name: str, graded: bytes, met: Unusable | None = None) -> Drawn:
        """Draw the plots of a graded notebook, and let the cells behind its last test run.

        One that has ``met`` a limit before stays without.
        """
        notebook = of_bytes(graded)
        kept = notebook.metadata.pop("grading", None)
        if met is not None:
            notebook.metadata |= (
                {"grading": notes} if (notes := Note.pack(Note.unpack(kept))) else {}
            )
            return Drawn(to_bytes(notebook), (met.verdict.value,))
        task = Task(pending=Pending.unpack(kept))
        drawn, done = self._run(self._grading, notebook, student, name, task)
        if notes := Note.pack(Note.unpack(kept)):
            drawn.metadata["grading"] = notes
        limits = sorted(verdict.value for verdict in done.limits)
        return Drawn(to_bytes(drawn), tuple(limits))

    def _reference(self, name: str) -> Reference:
        if name not in self._references:
            notebook = self.lesson.notebooks[name]
            self._references[name] = Reference(notebook.reference, notebook.wrong, notebook.imports)
        return self._references[name]

    def _exporter(self, steps: list[str]) -> Exporter:
        config = Config(self.lesson.config)
        config.Exporter.default_preprocessors = []
        # One look at the form of the notebook, when all is done.
        exporter = Exporter(config=config, log=self.log, optimistic_validation=True)
        for step in steps:
            known = import_item(step)
            exporter.register_preprocessor(CheckOnce if known is CheckCellMetadata else known)
        return exporter

    def _run(
        self, exporter: Exporter, notebook: NotebookNode, student: str, name: str, task: Task
    ) -> tuple[NotebookNode, Task]:
        """Take a notebook through steps; return it, and the task with what was found."""
        resources = {
            "unique_key": name,
            "output_files_dir": f"{name}_files",
            "metadata": {"name": name, "path": ""},
            "nbgrader": {
                "student": student,
                "assignment": self.lesson.assignment,
                "notebook": name,
                "db_url": URL,
            },
            "grading": task,
        }
        notebook, resources = exporter.from_notebook_node(notebook, resources)
        return notebook, resources["grading"]


class CheckOnce(CheckCellMetadata):
    """nbgrader's look at its metadata, once for each that is the same to the letter.

    What the grader rebuilds is the lesson's own in each submission, and to look at it takes a sixth
    of a mark.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._sound: set[str] = set()

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Raise ValidationError where nbgrader does."""
        marked = [(c.cell_type, c.metadata.nbgrader) for c in nb.cells if "nbgrader" in c.metadata]
        if (found := json.dumps(marked)) not in self._sound:
            nb, resources = super().preprocess(nb, resources)
            if len(self._sound) < KEPT:
                self._sound.add(found)
        return nb, resources


def to_bytes(notebook: NotebookNode) -> bytes:
    """Return a notebook as it lies on the disk; it has been validated."""
    return f"{nbformat.v4.writes(notebook)}\n".encode()


def of_bytes(data: bytes) -> NotebookNode:
    """Return the notebook that `to_bytes` has written."""
    return nbformat.v4.reads(data.decode())


def of_lesson(lesson: AssignmentSpec, path: Path) -> Gradebook:
    """Return a gradebook that holds a lesson and no student, in a file that is to be made."""
    prepare_gradebook(path)
    gradebook = Gradebook(f"sqlite:///{path}")
    with transaction(gradebook):
        _fill(gradebook, lesson)
    return gradebook


def _fill(gradebook: Gradebook, lesson: AssignmentSpec) -> None:
    gradebook.add_assignment(lesson.assignment)
    for name, notebook in lesson.notebooks.items():
        gradebook.add_notebook(name, lesson.assignment, kernelspec=notebook.kernelspec)
        for cell in notebook.cells:
            where = (cell.grade_id, name, lesson.assignment)
            gradebook.add_source_cell(
                *where,
                cell_type=cell.cell_type,
                source=cell.source,
                checksum=cell.checksum,
                locked=cell.locked,
            )
            if cell.grade:
                gradebook.add_grade_cell(*where, max_score=cell.points, cell_type=cell.cell_type)
            if cell.solution:
                gradebook.add_solution_cell(*where)
            if cell.task:
                gradebook.add_task_cell(*where, max_score=cell.points, cell_type=cell.cell_type)
