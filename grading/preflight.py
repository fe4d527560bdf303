"""A lesson put to the test: what its own tests let pass.

Every paper is graded as a student's would be, in workers behind the wall: the solution with
many seeds, the blanks, right answers that look otherwise, known misconceptions, and mutants of
the solution. What should lose points and does not is a hole in the lesson's tests.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jinja2
import nbformat

from grading import audit, misconceptions
from grading.crew import Crew, results
from grading.desk import of_bytes
from grading.exam import GraderFault
from grading.lesson import Lesson
from grading.mutants import mutants
from grading.reference import Reference
from grading.verdicts import Verdict
from grading.worker import lay_out

SEEDS = 20  # with which the solution is graded
FEW_SEEDS = 2  # with which each misconception is
SECONDS = 20.0  # for one paper; a mutant may never end
FULL = (Verdict.CORRECT.value, Verdict.FOLLOW_THROUGH.value)


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
class Result:
    """What became of the exercise of a paper.

    Attributes
    ----------
    record : dict
        What the grader keeps; see `grading.judge.Judgement`.
    """

    paper: Paper
    record: dict[str, Any]

    @cached_property
    def full(self) -> bool:
        """Whether the hidden parts let it pass."""
        return self.record["verdict"] in FULL and self.record["points"] >= self.record["most"]

    @cached_property
    def public(self) -> bool:
        """Whether the public tests let it pass."""
        return bool(self.record.get("public"))

    @cached_property
    def named(self) -> list[str]:
        """The misconceptions that feedback would name."""
        return [name for name, _ in self.record.get("named", [])]

    @cached_property
    def lost(self) -> list[str]:
        """The parts that lost points."""
        return [p["name"] for p in self.record["parts"] if p["earned"] < p["points"]]


@dataclass
class Score:
    """How many mutants of an exercise are caught."""

    caught: int = 0
    public: int = 0  # those that a public test catches
    of: int = 0
    survivors: list[Paper] = field(default_factory=list)
    quiet: list[Paper] = field(default_factory=list)  # caught, but by no public test
    equivalent: list[tuple[Paper, str]] = field(default_factory=list)  # with the reason

    def share(self, caught: int) -> str:
        """Return how many are caught, in words."""
        return f"{caught} ({caught / self.of:.0%})" if self.of else "none"


class Lab:
    """The papers of one notebook, and what becomes of them.

    Parameters
    ----------
    lesson : Lesson
    name : str
        Of the notebook.
    folder : pathlib.Path
        Its source, with the lists beside it.
    """

    def __init__(self, lesson: Lesson, name: str, folder: Path) -> None:
        self.lesson, self.name = lesson, name
        self.notebook = lesson.notebooks[name]
        cells = self.notebook.reference
        self.solutions = {grade_id: source for grade_id, source, solved in cells if solved}
        self.wrong = self._listed(folder, misconceptions.FILE)
        self.right = self._listed(folder, misconceptions.RIGHT)

    def _listed(self, folder: Path, file: str) -> list[misconceptions.Misconception]:
        return [one for one in misconceptions.read(folder, file) if one.function in self.solutions]

    def reference(self) -> Reference:
        """Return what the notebook's functions are compared with, ready to call here."""
        home = Path.cwd()
        with TemporaryDirectory() as place:
            lay_out(self.lesson.files, place)
            os.chdir(place)
            try:
                return Reference(self.notebook.reference, self.notebook.wrong)
            finally:
                os.chdir(home)

    def papers(self) -> Iterator[Paper]:
        """Yield everything that is to be graded."""
        for seed in range(SEEDS):
            yield Paper("solution", "", f"seed {seed}", "", seed)
        yield Paper("blank", "", "the release as it is", "", 0)
        for kind, many, seeds in (
            ("right", self.right, 1),
            ("misconception", self.wrong, FEW_SEEDS),
        ):
            for one in many:
                cell = one.apply(self.solutions[one.function])
                for seed in range(seeds):
                    yield Paper(kind, one.function, one.name, cell, seed)
        for exercise, solution in self.solutions.items():
            for mutant in mutants(solution, exercise):
                name = f"{mutant.operator}, line {mutant.line}"
                diff = mutant.diff(solution)
                yield Paper("mutant", exercise, name, mutant.source, 0, diff)

    def write(self, paper: Paper) -> bytes:
        """Return a paper as a notebook that is handed in.

        Of the exercises behind the one that is looked at, only the blanks are there: they
        would take time and tell nothing.
        """
        cells, reached = [], False
        for expected in self.notebook.cells:
            cell = expected.cell()
            known = self.solutions.get(expected.grade_id)
            if known is not None and paper.kind != "blank" and not reached:
                cell.source = paper.cell if expected.grade_id == paper.exercise else known
                reached = expected.grade_id == paper.exercise
            cells.append(cell)
        whole = nbformat.v4.new_notebook()
        whole.cells = [cell for cell in cells if cell.cell_type == "code"]
        return nbformat.v4.writes(whole).encode()

    def grade(self, crew: Crew, tell: Callable[[int, int], None]) -> list[Result]:
        """Grade all papers; return what became of each exercise that is looked at."""
        packed, all_papers = self.lesson.pack(), list(self.papers())
        found: dict[int, list[Result]] = {}
        jobs = ((place, self._job(paper)) for place, paper in enumerate(all_papers))
        begun = ((place, crew.submit(packed, job)) for place, job in jobs)
        for number, (place, future) in enumerate(results(begun, 2 * crew.size), 1):
            paper = all_papers[place]
            try:
                answer = future.result()
            except GraderFault as error:
                raise GraderFault(
                    f"{paper.kind}, {paper.exercise} {paper.name}: {error}"
                ) from error
            found[place] = self._read(paper, answer["notebooks"][self.name]["notebook"])
            tell(number, len(all_papers))
        return [result for place in sorted(found) for result in found[place]]

    def _job(self, paper: Paper) -> dict[str, Any]:
        given = {self.name: {"data": self.write(paper), "seed": paper.seed}}
        return {
            "student": "preflight",
            "seconds": SECONDS,
            "grader": audit.grader(),
            "grade": given,
        }

    def _read(self, paper: Paper, notebook: bytes) -> list[Result]:
        records = {
            cell.metadata.nbgrader.grade_id.removeprefix("test_"): dict(cell.metadata.grading)
            for cell in of_bytes(notebook).cells
            if "grading" in cell.metadata and cell.metadata.get("nbgrader", {}).get("grade")
        }
        names = [paper.exercise] if paper.exercise else list(records)
        return [Result(_of(paper, name), records[name]) for name in names]

    def scores(self, found: list[Result]) -> dict[str, Score]:
        """Count the mutants of each exercise that are caught."""
        same = {
            (one.function, _meaning(one.apply(self.solutions[one.function]))): one.says
            for one in self.right
        }
        scores = {name: Score() for name in self.solutions}
        for result in found:
            if result.paper.kind != "mutant":
                continue
            score, paper = scores[result.paper.exercise], result.paper
            reason = same.get((paper.exercise, _meaning(paper.cell)))
            if reason is not None:
                score.equivalent.append((paper, reason))
                continue
            score.of += 1
            score.caught += not result.full
            score.public += not result.public
            if result.full:
                score.survivors.append(paper)
            elif result.public:
                score.quiet.append(paper)
        return scores

    def complaints(self, found: list[Result]) -> Iterator[str]:
        """Yield what is not as it should be, but for mutants."""
        for result in found:
            paper, verdict = result.paper, result.record["verdict"]
            where = f"{paper.exercise}: {paper.kind} ({paper.name})"
            if paper.kind in ("solution", "right") and not (result.full and result.public):
                yield f"{where} is {verdict}; lost: {', '.join(result.lost) or 'public tests'}"
            if paper.kind == "right" and result.named:
                yield f"{where} is accused: {', '.join(result.named)}"
            if paper.kind == "blank" and verdict != Verdict.NOT_ATTEMPTED.value:
                yield f"{where} is {verdict}"
            if paper.kind == "misconception" and result.full:
                yield f"{where} earns full marks with seed {paper.seed}"
            if paper.kind == "misconception" and not result.full and paper.name not in result.named:
                yield f"{where} is not named with seed {paper.seed}"
        yield from self._unstable(found)

    def _unstable(self, found: list[Result]) -> Iterator[str]:
        lost: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for result in found:
            if result.paper.kind == "misconception":
                key = result.paper.exercise, result.paper.name
                lost.setdefault(key, set()).add(tuple(result.lost))
        for (exercise, name), many in lost.items():
            if len(many) > 1:
                yield f"{exercise}: what {name!r} costs depends on the seed: {sorted(many)}"


def _of(paper: Paper, exercise: str) -> Paper:
    return Paper(paper.kind, exercise, paper.name, paper.cell, paper.seed, paper.diff)


def _meaning(source: str) -> str:
    """Return a form of code in which comments, layout and docstrings do not count."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def report(
    assignment: str, lab: Lab, found: list[Result], complaints: list[str], seconds: float
) -> str:
    """Return the page about an assignment, complete in itself."""
    places = jinja2.Environment(
        loader=jinja2.PackageLoader("grading"), autoescape=True, trim_blocks=True
    )
    return places.get_template("preflight.html.j2").render(
        assignment=assignment,
        complaints=complaints,
        papers=len({result.paper for result in found}),
        scores=lab.scores(found),
        seconds=seconds,
        wrong=[r for r in found if r.paper.kind == "misconception" and r.paper.seed == 0],
    )
