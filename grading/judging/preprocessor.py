"""The step that nbgrader runs in place of executing a notebook: behind the wall."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Float, Int, List, Unicode

from grading.assignment import AssignmentSpec, Reference
from grading.core import GraderFault, Rules, Verdict
from grading.judging.judge import draw, judge
from grading.sandbox import Limits, Session, error_output
from grading.web import harmless_outputs

Resources = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What the step works with: `grading.judging.pipeline` lays it out, in a worker.

    Attributes
    ----------
    lesson : AssignmentSpec
    open : callable
        Opens a sandbox with limits; the second argument says whether figures are drawn.
    reference : callable
        Returns what a notebook is compared with, by its name.
    """

    lesson: AssignmentSpec
    open: Callable[[Limits, bool], Session]
    reference: Callable[[str], Reference]


class ExecuteBehindWall(NbGraderPreprocessor):
    """Run the student's cells in the sandbox and judge the test cells on this side.

    It takes the place of nbgrader's ``Execute``. Every test cell holds an error until its
    judgement is complete, so nothing that breaks on the way can leave full marks behind.
    """

    total_seconds = Float(Limits.total, help="Seconds for a whole submission.").tag(config=True)
    cell_seconds = Float(Limits.cell, help="Seconds for one cell.").tag(config=True)
    call_seconds = Float(Limits.call, help="Seconds for one call by a test.").tag(config=True)
    memory = Int(Limits.memory, help="Bytes of memory of all its processes.").tag(config=True)
    scratch = Int(Limits.scratch, help="Bytes in the scratch folder.").tag(config=True)
    processes = Int(Limits.processes, help="Processes and threads.").tag(config=True)
    output = Int(Limits.output, help="Characters of output per cell.").tag(config=True)
    seed = Int(0, help="Fixes the hidden inputs; kept with each score.").tag(config=True)
    follow_through = Float(
        1.0,
        min=0.0,
        max=1.0,
        help="Share of its points for what is right with the student's own earlier function.",
    ).tag(config=True)
    shared_files = List(Unicode(), help="Files of the root that belong to each assignment.").tag(
        config=True
    )
    bench: Bench | None = None

    def limits(self) -> Limits:
        """Return the limits as configured."""
        return Limits(
            total=self.total_seconds,
            cell=self.cell_seconds,
            call=self.call_seconds,
            memory=self.memory,
            scratch=self.scratch,
            processes=self.processes,
            output=self.output,
        )

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Grade one notebook, or draw the plots of one that is graded.

        Raises
        ------
        GraderFault
            When it could not be judged.
        """
        if self.bench is None:
            raise GraderFault("nbgrader_config.py has to call grading.plugins.install()")
        if resources["grading"]["draw"]:
            self._draw(nb, resources)
        else:
            self._judge(nb, resources)
        return nb, resources

    def _judge(self, nb: NotebookNode, resources: Resources) -> None:
        said = nb.metadata.get("grading", {})
        whole = said.get("verdict")
        verdict = Verdict(whole) if whole else Verdict.GRADER_FAULT
        for cell in filter(is_test, nb.cells):
            cell.outputs = [nbformat.from_dict(error_output(verdict, said.get("why", "")))]
            cell.metadata["grading"] = {"verdict": verdict.value, "points": 0.0}
        if whole:
            words = filter(None, [whole, said.get("why")])
            self.log.info("%s: %s", resources["nbgrader"]["student"], ". ".join(words))
            self._note(nb, resources, [], lesson=None)
            return
        assert self.bench is not None
        name = resources["nbgrader"]["notebook"]
        code = code_cells(nb)
        cells = self._cells(code, name)
        rules = Rules(resources["grading"].get("seed", self.seed), self.follow_through)
        answers = judge(cells, self._open, self.bench.reference(name), rules)
        for number, (cell, answer) in enumerate(zip(code, answers, strict=False), 1):
            if answer:
                keep(cell, answer, number)
            if is_test(cell):
                check_points(answer["record"]["points"], cell.metadata.nbgrader["points"])
                cell.metadata["grading"] = answer["record"]
                self.log.info(
                    "%s %s: %s, %g of %g points",
                    resources["nbgrader"]["student"],
                    cell.metadata.nbgrader["grade_id"],
                    answer["record"]["verdict"],
                    answer["record"]["points"],
                    cell.metadata.nbgrader["points"],
                )
        if any(c.metadata.grading["verdict"] == verdict.value for c in filter(is_test, nb.cells)):
            raise GraderFault("a test was left without its judgement")
        self._note(nb, resources, answers, lesson=self.bench.lesson.digest(name))

    def _draw(self, nb: NotebookNode, resources: Resources) -> None:
        code = code_cells(nb)
        answers = draw(self._cells(code, resources["nbgrader"]["notebook"]), self._open)
        for number, (cell, answer) in enumerate(zip(code, answers, strict=True), 1):
            if not is_test(cell) and answer:
                keep(cell, answer, number)
        resources["grading"]["limits"] = sorted({a["limit"] for a in answers if "limit" in a})

    def _open(self, draws: bool) -> Session:
        assert self.bench is not None
        return self.bench.open(self.limits(), draws)

    def _note(
        self, nb: NotebookNode, resources: Resources, answers: list[dict[str, Any]], **more: Any
    ) -> None:
        """Leave in ``resources`` what there is to say of a submission in the audit file."""
        records = {c.metadata.nbgrader.grade_id: c.metadata.grading for c in nb.cells if is_test(c)}
        met = {answer["limit"] for answer in answers if "limit" in answer}
        met.update(*(answer["record"]["limits"] for answer in answers if "record" in answer))
        resources["grading"]["audit"] = {
            **{key: resources["nbgrader"][key] for key in ("student", "assignment", "notebook")},
            "submitted": nb.metadata.get("grading", {}).get("sha256"),
            "seed": self.seed,
            **more,
            "verdicts": {name: [r["verdict"], r["points"]] for name, r in records.items()},
            "limits": sorted(met),
        }

    def _cells(self, code: list[NotebookNode], notebook: str) -> list[dict[str, Any]]:
        """Return the cells in the form that `grading.judging.judge.judge` takes."""
        assert self.bench is not None
        released = self.bench.lesson.notebooks[notebook]
        known = {cell.grade_id: cell for cell in released.cells}
        cells = []
        for number, cell in enumerate(code):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            role = "student"
            if grade_id in known and known[grade_id].locked:
                role = "test" if known[grade_id].grade else "locked"
            elif grade_id not in known and cell.source in released.plots:
                role = "plot"
            cells.append(
                {
                    "source": known[grade_id].source if role in ("test", "locked") else cell.source,
                    "role": role,
                    "grade_id": grade_id or f"cell {number}",
                    "points": known[grade_id].points if role == "test" else 0.0,
                    "ended": bool(cell.metadata.get("grading", {}).get("ended")),
                }
            )
        return cells


def keep(cell: NotebookNode, answer: dict[str, Any], number: int) -> None:
    """Keep in a cell what running it has shown."""
    cell.outputs = [nbformat.from_dict(output) for output in harmless_outputs(answer["outputs"])]
    cell.execution_count = number
    if answer.get("ended"):
        cell.metadata["grading"] = {"ended": True}


def is_test(cell: NotebookNode) -> bool:
    """Say whether a cell is judged here; an answer that is read by a person is not."""
    return bool(cell.cell_type == "code" and is_grade(cell) and not is_solution(cell))


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """Return the cells that run."""
    return [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]


def check_points(points: Any, most: float) -> None:
    """Raise GraderFault unless ``points`` is a finite float between 0 and ``most``."""
    if type(points) is not float or not math.isfinite(points) or not 0 <= points <= float(most):
        raise GraderFault(f"{points!r} is no mark out of {most:g}")
