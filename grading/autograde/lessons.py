"""nbgrader's steps, sorted; and what a worker has to know of an assignment, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.converters.autograde import Autograde
from nbgrader.preprocessors import SaveAutoGrades
from traitlets import TraitError
from traitlets.utils.importstring import import_item

from grading.assignment import AssignmentSpec, dotted, read_assignment, shared_files
from grading.core import GraderFault
from grading.judging import ExecuteBehindWall
from grading.release import ShareFiles
from grading.sandbox import check_unseen
from grading.store import Places, find_seed, settings_fault


class Lessons:
    """The assignments of a course, as they would be graded now.

    Parameters
    ----------
    converter : Autograde
        nbgrader's, for its settings.
    gradebook : Gradebook
        That knows the released cells; it is open.

    Attributes
    ----------
    wall : ExecuteBehindWall
        With its settings; it runs nothing here. Its seed is known when `settle_seed` was called.
    saving : list of Preprocessor
        Those of nbgrader's steps that write the gradebook; all before them are a worker's.

    Raises
    ------
    GraderFault
        When the steps are not in the order in which they have to be.
    """

    def __init__(self, converter: Autograde, gradebook: Gradebook) -> None:
        self._course, self._config = converter.coursedir, converter.config
        self._gradebook = gradebook
        self._read: dict[str, tuple[AssignmentSpec, bytes]] = {}
        classes = [import_item(dotted(step)) for step in converter.autograde_preprocessors]
        steps = [dotted(step) for step in classes]  # where they are, whatever name was given
        walls = [step for step in classes if issubclass(step, ExecuteBehindWall)]
        marks = [n for n, step in enumerate(classes) if issubclass(step, SaveAutoGrades)]
        if not walls or not marks or classes.index(walls[0]) > marks[0]:
            raise settings_fault(
                Path(self._course.root),
                "c.Autograde.autograde_preprocessors has to hold nbgrader's SaveAutoGrades behind "
                "grading.plugins.ExecuteBehindWall",
            )
        try:
            self.wall: ExecuteBehindWall = walls[0](parent=converter)
            self.saving: list[Any] = [step(parent=converter) for step in classes[marks[0] :]]
        except (TraitError, ImportError) as error:  # a setting of theirs
            raise GraderFault(f"The steps of grading cannot be made: {error}") from error
        self._cleaning = [dotted(step) for step in converter.sanitize_preprocessors]
        self._grading = steps[: marks[0]]
        self._shared = ShareFiles(parent=converter).files

    def settle_seed(self, *, keep: bool) -> None:
        """Find the seed of the hidden inputs, unless it is set; see `find_seed`."""
        if self.wall.seed is None:
            self.wall.seed = find_seed(self._course, self._gradebook, keep=keep)

    def spec(self, assignment: str) -> AssignmentSpec:
        """Return an assignment as it is now; see `read_assignment`."""
        return self._both(assignment)[0]

    def packed(self, assignment: str) -> bytes:
        """Return the same in bytes, for a worker."""
        return self._both(assignment)[1]

    def _both(self, assignment: str) -> tuple[AssignmentSpec, bytes]:
        if assignment not in self._read:
            places = Places(self._course)
            folder = places.source_folder(assignment)
            check_unseen(*places.closed(), folder)
            spec = read_assignment(
                self._gradebook,
                assignment,
                folder,
                shared_files(Path(self._course.root), self._shared),
                self._cleaning,
                self._grading,
                self._config,
            )
            self._read[assignment] = spec, spec.pack()
        return self._read[assignment]
