"""The step that nbgrader runs in place of executing a notebook: behind the wall."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Float, Int

from grading.assignment import AssignmentSpec, Reference
from grading.core import LIMITS, SEED_BITS, GraderFault, Record, Rules, Verdict, Versions
from grading.judging.cells import Answer, CodeCell, Judged, Role, Shown
from grading.judging.judge import draw, judge, judge_versions
from grading.judging.submission import Submission
from grading.sandbox import Limits, Session, error_output
from grading.store import AuditEntry, Pending
from grading.web import Room, harmless_outputs

Resources = dict[str, Any]


@dataclass(frozen=True)
class WarmLesson:
    """A lesson with all that judging it takes: `grading.judging.pipeline` has it, in a worker.

    Attributes
    ----------
    spec : AssignmentSpec
    open : callable
        Opens a sandbox with limits; the second argument says whether figures are drawn.
    reference : callable
        Returns what a notebook is compared with, by its name.
    """

    spec: AssignmentSpec
    open: Callable[[Limits, bool], Session]
    reference: Callable[[str], Reference]


@dataclass
class Task:
    """What the step is asked to do with a notebook, and where it leaves what it found.

    It is all that lies in ``resources["grading"]``. What the step leaves is not there before, so
    that a notebook which it has not seen cannot pass for one that is done.

    Attributes
    ----------
    submission : Submission or None
        What to judge; None where the notebook is judged already, and is to be drawn.
    seed : int or None
        What fixes the hidden inputs; None where it is drawn.
    pending : Pending or None
        What to draw. Where it judges, the step leaves it here; None is nothing.
    audit : AuditEntry
        Left where it judges: what there is to say of the submission in the audit file.
    limits : set of Verdict
        Left where it draws: the limits that cells met.
    """

    submission: Submission | None = None
    seed: int | None = None
    pending: Pending | None = None
    audit: AuditEntry = field(init=False, repr=False)
    limits: set[Verdict] = field(init=False, repr=False)


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
    seed = Int(
        None,
        allow_none=True,
        min=0,
        max=2**SEED_BITS - 1,
        help="Fixes the hidden inputs; None for the secret beside the gradebook.",
    ).tag(config=True, secret=True)
    follow_through = Float(
        1.0,
        min=0.0,
        max=1.0,
        help="Share of its points for what is right with the student's own earlier function.",
    ).tag(config=True)
    lesson: WarmLesson | None = None

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
        if self.lesson is None:
            raise GraderFault("nbgrader_config.py has to call grading.configure(c)")
        task: Task = resources["grading"]
        if task.submission is None:
            self._draw(nb, resources, task)
        else:
            self._judge(nb, resources, task, task.submission)
        return nb, resources

    def _judge(
        self, nb: NotebookNode, resources: Resources, task: Task, submission: Submission
    ) -> None:
        assert self.lesson is not None
        if task.seed is None:
            raise GraderFault("Nothing can be judged without the seed of its hidden inputs.")
        name = resources["nbgrader"]["notebook"]
        tests = [cell for cell in nb.cells if is_test(cell)]
        rules = Rules(task.seed, self.follow_through)
        none = Record(submission.verdict or Verdict.GRADER_FAULT, 0.0)
        for cell in tests:
            cell.outputs = [nbformat.from_dict(error_output(none.verdict, submission.why))]
            cell.metadata["grading"] = none.pack()
        if submission.verdict is not None:
            records = {cell.metadata.nbgrader.grade_id: none for cell in tests}
            words = filter(None, [submission.verdict.value, submission.why])
            self.log.info("%s: %s", resources["nbgrader"]["student"], ". ".join(words))
            # What met a limit did so with the lesson as it is; no other one reads it differently.
            lesson = self.lesson.spec.digest(name) if submission.verdict in LIMITS else None
            self._note(resources, rules, records, [], lesson=lesson)
            return
        code = code_cells(nb)
        answers = judge(self._cells(code, name), self._open, self.lesson.reference(name), rules)
        records = {}
        room = Room()
        for number, (cell, answer) in enumerate(zip(code, answers, strict=False), 1):
            if answer is not None:
                keep(cell, answer, number, room)
            if isinstance(answer, Judged):
                own, record = cell.metadata.nbgrader, answer.record
                check_points(record.points, own["points"])
                cell.metadata["grading"] = record.pack()
                records[own["grade_id"]] = record
                self.log.info(
                    "%s %s: %s, %g of %g points",
                    resources["nbgrader"]["student"],
                    own["grade_id"],
                    record.verdict.value,
                    record.points,
                    own["points"],
                )
        if len(records) != len(tests):
            raise GraderFault("a test was left without its judgement")
        task.pending = Pending(
            tuple(
                cell.id
                for cell, answer in zip(code, answers, strict=False)
                if isinstance(answer, Shown) and answer.ended
            )
        )
        self._note(resources, rules, records, answers, lesson=self.lesson.spec.digest(name))

    def judge_versions(self, versions: Versions) -> list[Record]:
        """Judge many answers to one exercise, among the solutions of the other ones.

        Raises
        ------
        GraderFault
            When one of them could not be judged.
        """
        lesson = self.lesson
        assert lesson is not None
        notebook = lesson.spec.notebooks[versions.notebook]
        solved = {name: source for name, source, is_solution in notebook.reference if is_solution}
        cells: list[CodeCell] = []
        for known in notebook.cells:
            if known.cell_type == "code" and not (known.grade and known.locked):
                role = Role.LOCKED if known.locked else Role.STUDENT
                source = solved.get(known.grade_id, known.source)
                cells.append(CodeCell(source, role, known.grade_id))
            elif known.grade_id == f"test_{versions.exercise}":
                cells.append(CodeCell(known.source, Role.TEST, known.grade_id, known.points))
                break
        limits = self.limits()
        limits = replace(limits, total=limits.total * len(versions.cells))
        return judge_versions(
            cells,
            [cell.grade_id for cell in cells].index(versions.exercise),
            [(source, Rules(seed, self.follow_through)) for source, seed in versions.cells],
            lambda: lesson.open(limits, False),
            lesson.reference(versions.notebook),
        )

    def _draw(self, nb: NotebookNode, resources: Resources, task: Task) -> None:
        code = code_cells(nb)
        ended = task.pending.ended if task.pending else ()
        answers = draw(self._cells(code, resources["nbgrader"]["notebook"], ended), self._open)
        room = Room()
        for number, (cell, answer) in enumerate(zip(code, answers, strict=True), 1):
            if answer is not None:
                keep(cell, answer, number, room)
        task.limits = limits_met(answers)

    def _open(self, draws: bool) -> Session:
        assert self.lesson is not None
        return self.lesson.open(self.limits(), draws)

    def _note(
        self,
        resources: Resources,
        rules: Rules,
        records: dict[str, Record],
        answers: list[Answer],
        lesson: str | None,
    ) -> None:
        """Leave in the task what there is to say of a submission in the audit file."""
        task: Task = resources["grading"]
        assert task.submission is not None
        met = limits_met(answers)
        if task.submission.verdict is not None and task.submission.verdict in LIMITS:
            met.add(task.submission.verdict)
        met.update(*(one.record.limits for one in answers if isinstance(one, Judged)))
        task.audit = AuditEntry(
            **{key: resources["nbgrader"][key] for key in ("student", "assignment", "notebook")},
            submitted=task.submission.sha256,
            seed=rules.seed_digest,
            lesson=lesson,
            verdicts={name: (r.verdict.value, r.points) for name, r in records.items()},
            limits=tuple(sorted(verdict.value for verdict in met)),
        )

    def _cells(
        self, code: list[NotebookNode], notebook: str, ended: Collection[str] = ()
    ) -> list[CodeCell]:
        """Return cells as `grading.judging.judge` takes them; those of the ids have ended one."""
        assert self.lesson is not None
        released = self.lesson.spec.notebooks[notebook]
        known = {cell.grade_id: cell for cell in released.cells}
        cells = []
        for number, cell in enumerate(code):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            role = Role.STUDENT
            if grade_id in known and known[grade_id].locked:
                role = Role.TEST if known[grade_id].grade else Role.LOCKED
            elif grade_id not in known and cell.source in released.plots:
                role = Role.PLOT
            ours = role in (Role.TEST, Role.LOCKED)
            cells.append(
                CodeCell(
                    source=known[grade_id].source if ours else cell.source,
                    role=role,
                    grade_id=grade_id or f"cell {number}",
                    points=known[grade_id].points if role is Role.TEST else 0.0,
                    ended=cell.get("id") in ended,
                )
            )
        return cells


def keep(cell: NotebookNode, answer: Shown | Judged, number: int, room: Room) -> None:
    """Keep in a cell what running it has shown."""
    kept = harmless_outputs(answer.outputs, room)
    cell.outputs = [nbformat.from_dict(output) for output in kept]
    cell.execution_count = number


def limits_met(answers: list[Answer]) -> set[Verdict]:
    """Return the limits that cells met which ran in the sandbox."""
    return {one.limit for one in answers if isinstance(one, Shown) and one.limit is not None}


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
