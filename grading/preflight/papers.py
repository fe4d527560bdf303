"""A lesson put to the test: what its own tests let pass.

Every paper is graded as a student's would be, in workers behind the wall: the solution with
many seeds, the blanks, right answers that look otherwise, known misconceptions, and mutants of
the solution. What should lose points and does not is a hole in the lesson's tests.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests

from grading.assignment import (
    RIGHT,
    WRONG,
    AssignmentSpec,
    Misconception,
    Reference,
    in_lesson,
    read_list,
    read_source,
)
from grading.core import GraderFault, HandIn, Record
from grading.judging import of_bytes
from grading.preflight.mutants import mutants
from grading.workers import Executor, Job, as_completed

SEEDS = 20  # with which the solution is graded
FEW_SEEDS = 2  # with which each misconception is
SECONDS = 20.0  # for one paper; a mutant may never end


@dataclass(frozen=True)
class Paper:
    """Something to grade: the solutions of a notebook, one of them replaced.

    Attributes
    ----------
    kind : str
        ``solution``, ``blank``, ``right``, ``misconception`` or ``mutant``.
    exercise : str
        The exercise that is looked at; empty for all.
    name : str
        What is special about it.
    cell : str
        The cell of the exercise.
    seed : int
    diff : str
        How it differs from the solution, for a mutant.
    """

    kind: str
    exercise: str
    name: str
    cell: str
    seed: int
    diff: str = ""


@dataclass
class Outcome:
    """What became of the exercise of a paper.

    Attributes
    ----------
    paper : Paper
    record : Record
        What the grader keeps.
    """

    paper: Paper
    record: Record

    @cached_property
    def reach(self) -> float:
        """The points that its parts hold; without parts, those of the test cell."""
        return math.fsum(part.points for part in self.record.parts) or self.record.most

    @cached_property
    def full(self) -> bool:
        """Whether it earns every point that can be earned."""
        points = self.record.points
        return points >= self.reach or math.isclose(points, self.reach)

    @cached_property
    def hidden(self) -> bool:
        """Whether the hidden parts let it pass, whatever the public test says."""
        return self.record.hidden

    @cached_property
    def public(self) -> bool:
        """Whether the public tests let it pass."""
        return self.record.public

    @cached_property
    def named(self) -> list[str]:
        """The misconceptions that feedback would name."""
        return [name for name, _ in self.record.named]

    @cached_property
    def lost(self) -> list[str]:
        """The parts that lost points."""
        return [part.name for part in self.record.parts if part.earned < part.points]


class Lab:
    """The papers of one notebook, and what becomes of them.

    Parameters
    ----------
    lesson : AssignmentSpec
    name : str
        Of the notebook.
    folder : pathlib.Path
        Its source, with the lists beside it.
    """

    def __init__(self, lesson: AssignmentSpec, name: str, folder: Path) -> None:
        self.lesson, self.name, self._folder = lesson, name, folder
        self.notebook = lesson.notebooks[name]
        cells = self.notebook.reference
        self.solutions = {grade_id: source for grade_id, source, solved in cells if solved}
        self.wrong = self._listed(folder, WRONG)
        self.right = self._listed(folder, RIGHT)

    def _listed(self, folder: Path, file: str) -> list[Misconception]:
        return [one for one in read_list(folder, file) if one.function in self.solutions]

    @contextlib.contextmanager
    def reference(self) -> Iterator[Reference]:
        """Be in the lesson's folder, with what the notebook's functions are compared with."""
        with in_lesson(self.lesson.files):
            yield Reference(self.notebook.reference, self.notebook.wrong)

    def papers(self) -> Iterator[Paper]:
        """Yield everything that is to be graded, exercise by exercise."""
        for seed in range(SEEDS):
            yield Paper("solution", "", f"seed {seed}", "", seed)
        yield Paper("blank", "", "the release as it is", "", 0)
        for exercise, solution in self.solutions.items():
            for kind, many, seeds in (
                ("right", self.right, 1),
                ("misconception", self.wrong, FEW_SEEDS),
            ):
                for one in [one for one in many if one.function == exercise]:
                    for seed in range(seeds):
                        yield Paper(kind, exercise, one.name, one.apply(solution), seed)
            for mutant in mutants(solution, exercise):
                name = f"{mutant.operator}, line {mutant.line}"
                diff = mutant.diff(solution)
                yield Paper("mutant", exercise, name, mutant.source, 0, diff)

    def only(self, exercise: str) -> AssignmentSpec:
        """Return the lesson with the test of one exercise, or with all; others take time only."""
        cells = [
            cell
            for cell in self.notebook.cells
            if not (cell.grade and exercise and cell.grade_id != f"test_{exercise}")
        ]
        notebooks = {**self.lesson.notebooks, self.name: replace(self.notebook, cells=cells)}
        return replace(self.lesson, notebooks=notebooks)

    def write(self, paper: Paper) -> bytes:
        """Return a paper as a notebook that is handed in.

        Of the exercises behind the one that is looked at, only the blanks are there: they
        would take time and tell nothing.
        """
        cells, reached = [], False
        for expected in self.only(paper.exercise).notebooks[self.name].cells:
            cell = expected.cell()
            known = self.solutions.get(expected.grade_id)
            if known is not None and paper.kind != "blank" and not reached:
                cell.source = paper.cell if expected.grade_id == paper.exercise else known
                reached = expected.grade_id == paper.exercise
            cells.append(cell)
        whole = nbformat.v4.new_notebook()
        whole.cells = [cell for cell in cells if cell.cell_type == "code"]
        return nbformat.v4.writes(whole).encode()

    def run(self) -> tuple[float, float]:
        """Run the finished notebook as a student would, in a kernel and without the grader.

        Returns
        -------
        whole : float
            Seconds, the start of the kernel included.
        slowest : float
            Seconds of the slowest cell.

        Raises
        ------
        nbclient.exceptions.CellExecutionError
            When a cell raises.
        """
        source = read_source(self._folder / f"{self.name}.ipynb")
        notebook, _ = ClearHiddenTests().preprocess(source, {})
        with TemporaryDirectory() as place:
            self.lesson.lay_out(place)
            start = time.monotonic()
            client = NotebookClient(
                notebook, kernel_name="python3", resources={"metadata": {"path": place}}
            )
            client.execute(stderr=subprocess.DEVNULL)  # where a kernel talks of itself
            whole = time.monotonic() - start
        return whole, max(_seconds(cell) for cell in notebook.cells if cell.cell_type == "code")

    def grade(self, executor: Executor, tell: Callable[[int, int], None]) -> list[Outcome]:
        """Grade all papers; return what became of each exercise that is looked at."""
        all_papers = list(self.papers())
        packed = {name: self.only(name).pack() for name in ("", *self.solutions)}
        found: dict[int, list[Outcome]] = {}
        jobs = (self._job(paper, packed[paper.exercise]) for paper in all_papers)
        begun = ((place, executor.submit(job)) for place, job in enumerate(jobs))
        for number, (place, future) in enumerate(as_completed(begun, 2 * executor.size), 1):
            paper = all_papers[place]
            try:
                done = future.result()
            except GraderFault as error:
                whose = " ".join(filter(None, [paper.kind, paper.exercise, paper.name]))
                raise GraderFault(f"{whose}: {error}") from error
            found[place] = self._read(paper, done.graded[self.name].notebook)
            tell(number, len(all_papers))
        return [result for place in sorted(found) for result in found[place]]

    def _job(self, paper: Paper, lesson: bytes) -> Job:
        given = {self.name: HandIn(self.write(paper))}
        return Job(lesson, "preflight", SECONDS, grade=given, seed=paper.seed)

    def _read(self, paper: Paper, notebook: bytes) -> list[Outcome]:
        records = {
            cell.metadata.nbgrader.grade_id.removeprefix("test_"): Record.unpack(
                cell.metadata.grading
            )
            for cell in of_bytes(notebook).cells
            if "grading" in cell.metadata and cell.metadata.get("nbgrader", {}).get("grade")
        }
        names = [paper.exercise] if paper.exercise else list(records)
        return [Outcome(replace(paper, exercise=name), records[name]) for name in names]


def _seconds(cell: NotebookNode) -> float:
    """Return how long a cell took."""
    times = cell.metadata.execution
    begun, over = (
        datetime.fromisoformat(times[key].replace("Z", "+00:00"))
        for key in ("iopub.execute_input", "shell.execute_reply")
    )
    return (over - begun).total_seconds()
