"""What lateness costs by the rule and the deadline of now, and not of when work was graded.

nbgrader works a penalty out while it grades, from the points of that moment. Then a deadline is
moved, an extension given, the rule changed or a mark given by hand, and the old penalty stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from grading.core import GraderFault
from grading.store.autograded import timestamp
from grading.store.places import Places

ROUNDING = 1e-9


@dataclass(frozen=True)
class Lateness:
    """How late a submission was, and what that costs.

    Attributes
    ----------
    at : datetime or None
        When it was handed in, if that is known.
    seconds : float
        Behind the deadline of this student.
    penalties : dict of str to float
        Points that are taken off, by notebook.
    """

    at: datetime | None = None
    seconds: float = 0.0
    penalties: Mapping[str, float] = field(default_factory=dict)

    @property
    def penalty(self) -> float:
        """What is taken off in all."""
        return sum(self.penalties.values())


class Penalties:
    """The rule of a course, as its configuration names it.

    Parameters
    ----------
    course : CourseDirectory
    config : Config, optional
        nbgrader's settings; those of the application that the course belongs to.

    Raises
    ------
    GraderFault
        When there is no such rule.
    """

    def __init__(self, course: CourseDirectory, config: Config | None = None) -> None:
        self._places = Places(course)
        # The course itself was made before its application had read the configuration.
        config = config or getattr(course.parent, "config", course.config)
        steps = Autograde(coursedir=course, config=config).autograde_preprocessors
        classes = [import_item(step) if isinstance(step, str) else step for step in steps]
        rules = [one for one in classes if issubclass(one, AssignLatePenalties)]
        self._rule: Any = None
        if rules:
            try:
                step = rules[-1](config=config, log=_quiet)
                step.init_plugin()
            except Exception as error:
                raise GraderFault(f"The rule for lateness cannot be loaded: {error}") from error
            self._rule = step.plugin_inst
            self._rule.log = _quiet

    def now(
        self,
        gradebook: Gradebook,
        assignment: str,
        more: Callable[[str, str], float] = lambda student, test: 0.0,
    ) -> dict[str, Lateness]:
        """Return how late everybody was, and what that costs now.

        Parameters
        ----------
        gradebook : Gradebook
            It is open, and knows the assignment.
        assignment : str
        more : callable
            Takes a student and a test; what its points would grow by that are not there yet.

        Raises
        ------
        GraderFault
            When the rule fails, which is the course's own.
        """
        gradebook.db.expire_all()  # scores are sums that it may have read before
        folders = {
            work.student: Path(work.folder) for work in self._places.hand_in_folders(assignment)
        }
        found = {}
        for entry in gradebook.find_assignment(assignment).submissions:
            at = self._handed_in(entry, folders.get(entry.student_id))
            known = at is not None and entry.duedate is not None
            seconds = max(0.0, (at - entry.duedate).total_seconds()) if known else 0.0
            penalties = {}
            for book in entry.notebooks:
                score = book.score or 0.0
                score += sum(more(entry.student_id, grade.name) for grade in book.grades)
                penalties[book.name] = self._penalty(entry.student_id, score, seconds)
            found[entry.student_id] = Lateness(at, seconds, penalties)
        return found

    def renew(self, gradebook: Gradebook, assignment: str) -> None:
        """Write into the gradebook how late everybody was, and what that costs now."""
        now = self.now(gradebook, assignment)
        for entry in gradebook.find_assignment(assignment).submissions:
            late = now[entry.student_id]
            entry.timestamp = late.at
            for book in entry.notebooks:
                penalty = late.penalties[book.name]
                if abs(penalty - (book.late_submission_penalty or 0.0)) > ROUNDING:
                    book.late_submission_penalty = penalty or None
        gradebook.db.commit()

    def _handed_in(self, entry: SubmittedAssignment, folder: Path | None) -> datetime | None:
        """Return when a submission was handed in.

        The instructor may have set its time stamp back; a later one is of new work, which has no
        marks yet.
        """
        known: datetime | None = entry.timestamp
        now = timestamp(folder, self._places.depth) if folder else None
        return now if known and now and now < known else known

    def _penalty(self, student: str, score: float, seconds: float) -> float:
        if self._rule is None or seconds <= 0:
            return 0.0
        try:
            penalty = float(self._rule.late_submission_penalty(student, score, seconds) or 0.0)
        except Exception as error:
            raise GraderFault(
                f"The rule for lateness, {type(self._rule).__name__}, failed for {student}: "
                f"{type(error).__name__}: {error}"
            ) from error
        return min(max(0.0, penalty), max(0.0, score))


def stored(gradebook: Gradebook, assignment: str) -> dict[str, float]:
    """Return what the gradebook takes off for lateness, by student."""
    rows = gradebook.db.query(
        SubmittedAssignment.student_id, SubmittedAssignment.late_submission_penalty
    ).join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    return {
        who: float(penalty or 0.0) for who, penalty in rows.filter(Assignment.name == assignment)
    }


_quiet = logging.getLogger("grading.store.penalties")  # nbgrader's own says a word of each notebook
_quiet.setLevel(logging.CRITICAL)
