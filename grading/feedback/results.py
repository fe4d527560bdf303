"""What a feedback page says of each exercise: verdict, points, parts, known mistakes."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_grade, is_solution, is_task

from grading import comparison
from grading.core import SENTENCES, Part, Record

Resources = dict[str, Any]
_WHOLE_POINTS = {"full": "all points", "part": "some of the points", "none": "no points"}


class Grades(GetGrades):
    """nbgrader's step that puts the gradebook's points into a notebook, and what is behind them.

    It adds the student's name, which points were given by hand, and those beyond the task.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, cell_index: int
    ) -> tuple[NotebookNode, Resources]:
        """Put the gradebook's points and comments into one cell."""
        if cell_index == 0:
            student = self.gradebook.find_student(self.student_id)
            names = [student.first_name, student.last_name]
            resources["nbgrader"]["student_name"] = " ".join(name for name in names if name)
            known = self.gradebook.find_assignment(self.assignment_id)
            resources["nbgrader"]["notebooks"] = len(known.notebooks)
        return super().preprocess_cell(cell, resources, cell_index)

    def _get_score(self, cell: NotebookNode, resources: Resources) -> None:
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        cell.metadata["nbgrader"].update(
            score=grade.score,
            points=grade.max_score,
            extra_credit=grade.extra_credit or 0.0,
            by_hand=grade.manual_score is not None,
            flagged=grade.manual_score is not None and grade.needs_manual_grade,
            waiting=grade.manual_score is None and grade.auto_score is None,
        )

    def _get_comment(self, cell: NotebookNode, resources: Resources) -> None:
        """Put in what a person has written; of a blank nbgrader itself writes "No response."."""
        comment = self.gradebook.find_comment(
            cell.metadata["nbgrader"]["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        cell.metadata["nbgrader"]["comment"] = comment.manual_comment


@dataclass(frozen=True)
class PartOfResult:
    """One named part of an exercise."""

    name: str
    points: str
    state: str
    message: str


@dataclass
class Result:
    """What is said of one cell that has points.

    Attributes
    ----------
    grade_id : str
        nbgrader's id of the cell.
    name : str
        What a student calls it: the name of the function.
    points : str
        ``7 of 10``; ``up to 10`` where nobody has graded it yet.
    state : str
        ``full``, ``part``, ``none``, or ``open`` where nobody has graded it yet.
    verdict, sentence : str
        In words; the sentence is empty where the grader has left no record.
    recorded : bool
        Whether there is such a record. If not, the cell's outputs say what there is to say.
    parts : list of PartOfResult
    named : list of str
        What is to be said of the known mistakes that the answer agrees with.
    public : bool
        Whether the test that students have has passed.
    said : str
        What that test printed, or why there was nothing to test.
    notes : list of str
        Where points come from, if not from the tests.
    """

    grade_id: str
    name: str
    points: str
    state: str
    verdict: str
    sentence: str = ""
    recorded: bool = False
    parts: list[PartOfResult] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    public: bool = False
    said: str = ""
    notes: list[str] = field(default_factory=list)


def result_of(cell: NotebookNode) -> Result | None:
    """Return what is to be said of a cell; nothing if it has no points."""
    if not (is_grade(cell) or is_task(cell)):
        return None
    own = cell.metadata.nbgrader
    record = _record(cell)
    score = float(own.get("score", record.points if record else 0.0))
    most = float(own.get("points", record.most if record else 0.0))
    state = "open" if own.get("waiting") else _state(score, most)
    verdict = "not graded yet" if state == "open" else _WHOLE_POINTS[state]
    name = str(own.grade_id)
    points = f"{number(score)} of {number(most)}"
    if state == "open" and not score:
        points = f"up to {number(most)}"
    result = Result(name, name, points, state, verdict)
    if record:
        _tell(result, record, cell)
    elif own.get("by_hand"):
        result.notes.append("Your instructor has graded this by hand.")
    elif is_solution(cell) and own.get("waiting") is False and not score:
        # nbgrader gives a mark by itself only to what is as it was handed out, or was put back.
        result.notes.append("There is no answer here, so there are no points for it.")
    if record and own.get("by_hand"):
        found = f"{number(record.points)} of {number(most)}"
        result.notes.append(f"Your instructor has set these points; the tests found {found}.")
    if own.get("flagged"):
        result.notes.append(
            "These points were set before this notebook was last graded, and may change once more."
        )
    if extra := own.get("extra_credit"):
        result.notes.append(f"{number(extra)} of these points are extra credit.")
    return result


def _record(cell: NotebookNode) -> Record | None:
    """Return what the grader has kept of a test cell; nothing for every other cell."""
    if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
        with suppress(ValueError):
            return Record.unpack(cell.metadata.get("grading"))
    return None


def _tell(result: Result, record: Record, cell: NotebookNode) -> None:
    result.recorded = True
    result.name = result.grade_id.removeprefix("test_")
    result.verdict, result.sentence = record.verdict.value, SENTENCES[record.verdict]
    result.parts = [_part(part) for part in record.parts]
    named = [says for _, says in record.named if says]
    result.named = named if len(named) < 2 else [comparison.bare(says) for says in named]
    result.public = record.public
    result.said = _said(record, cell)


def _part(part: Part) -> PartOfResult:
    message = part.message
    if part.follows and not message:
        message = "Right with your own earlier function. Its mistake is charged there."
    return PartOfResult(
        name=part.name,
        points=f"{number(part.earned)} of {number(part.points)}",
        state=_state(part.earned, part.points),
        message=message,
    )


def _said(record: Record, cell: NotebookNode) -> str:
    """Return the text of a test's output without what the page says in its own way."""
    text = "\n".join(
        output["text"] if output["output_type"] == "stream" else "\n".join(output["traceback"])
        for output in cell.outputs
        if output["output_type"] in ("stream", "error")
    )
    starts = [f"{record.verdict.value}: {SENTENCES[record.verdict]}"]
    starts += [f"{part.name}: {part.earned:g} of {part.points:g}" for part in record.parts]
    lines = [line for line in text.split("\n") if not line.startswith(tuple(starts))]
    # The public test may have been more sure of it, or less.
    sentences = {comparison.bare(" ".join(says.split())) for _, says in record.named}
    paragraphs = re.split(r"\n\s*\n", "\n".join(lines))
    new = [p for p in paragraphs if comparison.bare(" ".join(p.split())) not in sentences]
    return "\n\n".join(new).strip()


def _state(score: float, most: float) -> str:
    return "full" if score >= most else "part" if score > 0 else "none"


def number(value: float) -> str:
    """Return points as people write them."""
    return f"{round(float(value), 2):g}"
