"""A lesson put to the test: what its own tests let pass.

The solution and the blanks are graded as a student's would be, in workers behind the wall. So
are the answers to one exercise: the solution with many seeds, right answers that look otherwise,
known misconceptions, and mutants of the solution; but what stands before an exercise runs once
for many of them. What should lose points and does not is a hole in the lesson's tests.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import subprocess
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
    functions,
    in_lesson,
    read_list,
    read_source,
)
from grading.core import GraderFault, HandIn, Record, Versions
from grading.judging import of_bytes
from grading.mutation import mutants
from grading.workers import Done, Executor, Job, as_completed

SECONDS = 20.0  # for one paper; a mutant may never end
TOGETHER = 16  # papers of one exercise that a worker is given at a time


@dataclass(frozen=True)
class Depth:
    """How much is graded of what could be.

    Attributes
    ----------
    seeds : int
        With how many the solution is graded.
    few : int
        With how many each misconception is.
    every : int
        Of the mutants each so-manieth is graded.
    """

    seeds: int = 20
    few: int = 2
    every: int = 1


QUICK = Depth(seeds=4, few=1, every=4)  # a look at a lesson that was whole before


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
    depth : Depth, optional
    """

    def __init__(
        self, lesson: AssignmentSpec, name: str, folder: Path, depth: Depth | None = None
    ) -> None:
        self.lesson, self.name, self._folder = lesson, name, folder
        self.depth = depth or Depth()
        self.notebook = lesson.notebooks[name]
        cells = self.notebook.reference
        self.solutions = {grade_id: source for grade_id, source, solved in cells if solved}
        tests = {cell.grade_id for cell in self.notebook.cells if cell.grade and cell.locked}
        # Others may be judged, too, by tests of another name; they have no papers of their own.
        self.exercises = {
            name: source
            for name, source in self.solutions.items()
            if f"test_{name}" in tests and name in functions(source)
        }
        self.wrong = self._listed(folder, WRONG)
        self.right = self._listed(folder, RIGHT)

    def _listed(self, folder: Path, file: str) -> list[Misconception]:
        return [one for one in read_list(folder, file) if one.function in self.exercises]

    @property
    def source(self) -> NotebookNode:
        """The source notebook, read anew."""
        return read_source(self._folder / f"{self.name}.ipynb")

    @contextlib.contextmanager
    def reference(self) -> Iterator[Reference]:
        """Be in the lesson's folder, with what the notebook's functions are compared with."""
        with in_lesson(self.lesson.files):
            yield Reference(self.notebook.reference, self.notebook.wrong)

    def whole(self) -> Iterator[Paper]:
        """Yield the notebooks that are graded as a whole."""
        yield Paper("solution", "", "the solution", "", 0)
        yield Paper("blank", "", "the release as it is", "", 0)

    def papers(self, exercise: str) -> Iterator[Paper]:
        """Yield the answers to one exercise."""
        solution = self.exercises[exercise]
        for seed in range(1, self.depth.seeds):
            yield Paper("solution", exercise, f"seed {seed}", solution, seed)
        for kind, many, seeds in (
            ("right", self.right, 1),
            ("misconception", self.wrong, self.depth.few),
        ):
            for one in [one for one in many if one.function == exercise]:
                for seed in range(seeds):
                    yield Paper(kind, exercise, one.name, one.apply(solution), seed)
        for mutant in list(mutants(solution, exercise))[:: self.depth.every]:
            name = f"{mutant.operator}, line {mutant.line}"
            diff = mutant.diff(solution)
            yield Paper("mutant", exercise, name, mutant.source, 0, diff)

    def write(self, paper: Paper) -> bytes:
        """Return the release, solved or as it is, as a notebook that is handed in."""
        solutions = self.solutions if paper.kind == "solution" else {}
        whole = nbformat.v4.new_notebook()
        for expected in self.notebook.cells:
            if expected.cell_type == "code":
                cell = expected.cell()
                cell.source = solutions.get(expected.grade_id, cell.source)
                whole.cells.append(cell)
        return nbformat.v4.writes(whole).encode()

    def run(self) -> tuple[float, float]:
        """Run the finished notebook as a student would, in a kernel and without the grader.

        Returns
        -------
        whole : float
            Seconds of one processor, the start of the kernel included: by the clock it would be
            what else the machine does.
        slowest : float
            Seconds of the slowest cell.

        Raises
        ------
        nbclient.exceptions.CellExecutionError
            When a cell raises.
        """
        notebook, _ = ClearHiddenTests().preprocess(self.source, {})
        with TemporaryDirectory() as place:
            self.lesson.lay_out(place)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            client = NotebookClient(
                notebook, kernel_name="python3", resources={"metadata": {"path": place}}
            )
            # Threads that wait for each other take time, too, on a machine that does much else.
            alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            client.execute(stderr=subprocess.DEVNULL, env=alone)  # a kernel talks of itself there
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            whole = sum(after[:2]) - sum(before[:2])  # user and system
        return whole, max(_seconds(cell) for cell in notebook.cells if cell.cell_type == "code")

    def grade(self, executor: Executor, tell: Callable[[int, int], None]) -> list[Outcome]:
        """Grade all papers; return what became of each exercise that is looked at."""
        packets = [[paper] for paper in self.whole()]
        for exercise in self.exercises:
            papers = list(self.papers(exercise))
            packets += [papers[n : n + TOGETHER] for n in range(0, len(papers), TOGETHER)]
        lesson = self.lesson.pack()
        found: dict[int, list[Outcome]] = {}
        jobs = (self._job(packet, lesson) for packet in packets)
        begun = ((place, executor.submit(job)) for place, job in enumerate(jobs))
        graded, all_papers = 0, sum(map(len, packets))
        for place, future in as_completed(begun, 2 * executor.size):
            papers = packets[place]
            try:
                found[place] = self._read(papers, future.result())
            except GraderFault as error:
                whose = papers[0].exercise or papers[0].name
                raise GraderFault(f"{whose}: {error}") from error
            graded += len(papers)
            tell(graded, all_papers)
        return [result for place in sorted(found) for result in found[place]]

    def _job(self, papers: list[Paper], lesson: bytes) -> Job:
        exercise = papers[0].exercise
        if not exercise:
            given = {self.name: HandIn(self.write(papers[0]))}
            return Job(lesson, "preflight", SECONDS, grade=given, seed=papers[0].seed)
        cells = tuple((paper.cell, paper.seed) for paper in papers)
        versions = Versions(self.name, exercise, cells)
        return Job(lesson, "preflight", SECONDS, versions=versions)

    def _read(self, papers: list[Paper], done: Done) -> list[Outcome]:
        if papers[0].exercise:
            return [Outcome(*both) for both in zip(papers, done.judged, strict=True)]
        return [
            Outcome(
                replace(papers[0], exercise=cell.metadata.nbgrader.grade_id.removeprefix("test_")),
                Record.unpack(cell.metadata.grading),
            )
            for cell in of_bytes(done.graded[self.name].notebook).cells
            if "grading" in cell.metadata and cell.metadata.get("nbgrader", {}).get("grade")
        ]


def _seconds(cell: NotebookNode) -> float:
    """Return how long a cell took."""
    times = cell.metadata.execution
    begun, over = (
        datetime.fromisoformat(times[key].replace("Z", "+00:00"))
        for key in ("iopub.execute_input", "shell.execute_reply")
    )
    return (over - begun).total_seconds()
