"""What an earlier run has graded, and whether its marks still hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook

from grading.autograde.lessons import Lessons
from grading.core import digest
from grading.store import AuditEntry, AuditFile, Places, complete, hand_in, timestamp

SHOWN = 12  # digits of a digest; the audit file has them all


class Earlier:
    """What is there of earlier runs.

    Parameters
    ----------
    places : Places
    gradebook : Gradebook
        It is open.
    lessons : Lessons
        As they would be graded now.

    Attributes
    ----------
    pending : dict of pathlib.Path to (str, str)
        Graded notebooks met so far whose plots are not drawn, with student and assignment.
    """

    def __init__(self, places: Places, gradebook: Gradebook, lessons: Lessons) -> None:
        self._places, self._gradebook, self._lessons = places, gradebook, lessons
        self._entries = AuditFile(Path(places.course.root)).last()
        self.pending: dict[Path, tuple[str, str]] = {}

    def holds(self, folder: str, handed_in: Iterable[Path]) -> bool:
        """Say whether a submission has its marks: whole, and for what is there now.

        Parameters
        ----------
        folder : str
            Of the hand-in, as nbgrader lists it.
        handed_in : iterable of pathlib.Path
            The notebooks that it should hold.
        """
        student, assignment = self._places.whose(folder)
        if self._places.unfinished_folder(student, assignment).exists():
            return False
        done = self._places.graded_folder(student, assignment)
        for path in handed_in:
            known = self._entries.get((student, assignment, path.stem))
            whole, waits = complete(done / path.name, self._gradebook, student, assignment)
            if waits:
                self.pending[done / path.name] = student, assignment
            if not whole or (known and self._is_changed(known, path)):
                return False
        new, old = (timestamp(one, self._places.depth) for one in (Path(folder), done))
        return new is None or (old is not None and new <= old)

    def other_seed(self, assignment: str) -> str:
        """Say that marks of an assignment come from another seed than that of now; or nothing."""
        now = digest(self._lessons.wall.seed)
        others = {
            who: known.seed
            for (who, of, _), known in self._entries.items()
            if of == assignment and known.lesson is not None and known.seed != now
        }
        if not others:
            return ""
        seeds = ", ".join(sorted({seed[:SHOWN] for seed in others.values()}))
        return (
            f"{assignment}: the hidden inputs are not those by which {len(others)} of the class "
            f"have their marks, since they come from another seed: its digest is {now[:SHOWN]}, "
            f"and was {seeds}. So marks may change. To grade as before, put the earlier seed back."
        )

    def _is_changed(self, known: AuditEntry, path: Path) -> bool:
        """Say whether what was handed in, or the lesson, is not what the marks are for."""
        lesson = self._lessons.spec(known.assignment)
        names = [f"{name}.ipynb" for name in lesson.notebooks]
        data = hand_in(path, self._places.depth, names).data
        if known.submitted != (None if data is None else digest(data)):
            return True
        now = lesson.digest(path.stem), digest(self._lessons.wall.seed)
        return known.lesson is not None and (known.lesson, known.seed) != now
