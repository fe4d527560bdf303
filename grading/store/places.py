"""Where a course keeps things. nbgrader's settings say it, and are asked here alone."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import string
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nbgrader.coursedir import CourseDirectory

from grading.core import GraderFault

UNFINISHED = ".unfinished"  # in the folder of graded work: what is being graded
REPORTS = "reports"  # it names students, and is kept out of Git
SQLITE = "sqlite:///"


class Work(NamedTuple):
    """A folder with the work of one student, and whose it is.

    Attributes
    ----------
    folder : str
        As nbgrader lists it.
    student, assignment : str
    """

    folder: str
    student: str
    assignment: str


@dataclass(frozen=True)
class Places:
    """Where a course keeps things, as its settings say.

    Attributes
    ----------
    course : nbgrader.coursedir.CourseDirectory
        It is asked each time, as some of its settings change from one assignment to the next.
    """

    course: CourseDirectory

    def check(self) -> None:
        """Refuse settings with which nbgrader, or the grader, would lose work or overlook it.

        Raises
        ------
        GraderFault
        """
        course = self.course
        steps = {
            f"{step}_directory": getattr(course, f"{step}_directory")
            for step in ("source", "release", "submitted", "autograded", "feedback")
        }
        structure = _parts(course)
        ids = [part for part in structure if "{" in part]
        if sorted(ids) != ["{assignment_id}", "{nbgrader_step}", "{student_id}"]:
            raise GraderFault(
                f"c.CourseDirectory.directory_structure is {course.directory_structure!r}, and "
                "whose work it is cannot be told from such a path: {nbgrader_step}, {student_id} "
                "and {assignment_id} have to be in it once each, as folders of their own."
            )
        if glob.has_magic(course.root):
            raise GraderFault(
                f"nbgrader finds nothing in {course.root}, for the * ? or [ in that path. "
                "Rename the folder."
            )
        seen: dict[str, str] = {}
        for setting, name in steps.items():
            if glob.has_magic(name) or not _is_plain(name):
                raise GraderFault(
                    f"c.CourseDirectory.{setting} is {name!r}, and nbgrader takes some of these "
                    "characters for a pattern, so it would not find what lies there. Choose "
                    "another name."
                )
            if Path(name).is_absolute() and structure[0] != "{nbgrader_step}":
                raise GraderFault(
                    f"c.CourseDirectory.{setting} begins with /, which goes only with a "
                    "c.CourseDirectory.directory_structure that begins with {nbgrader_step}."
                )
            place = os.path.normpath(os.path.join(course.root, name))  # noqa: PTH118
            other = seen.setdefault(place, setting)
            if other != setting:
                raise GraderFault(
                    f"c.CourseDirectory.{other} and c.CourseDirectory.{setting} name the same "
                    "folder, and one would overwrite what the other keeps. Choose another name."
                )
        path = course.db_url.removeprefix(SQLITE)
        here = os.path.realpath(course.root) == str(Path.cwd().resolve())
        if course.db_url.startswith(SQLITE) and not Path(path).is_absolute() and not here:
            raise GraderFault(
                f"c.CourseDirectory.db_url is {course.db_url!r}, and nbgrader looks for a file "
                "without a / in front in the folder in which a command is given: give it from "
                f"{course.root}, or write {SQLITE}/ and the whole path."
            )

    def hand_in_folders(self, assignment: str = "") -> list[Work]:
        """Return the folders with hand-ins of the students asked for, to all if none is named."""
        return self._works(self.course.submitted_directory, assignment)

    def graded_folders(self, assignment: str) -> list[Work]:
        """Return the folders with graded work of the students asked for."""
        found = self._works(self.course.autograded_directory, assignment)
        return [work for work in found if work.student != UNFINISHED]

    def page_folders(self, assignment: str) -> list[Work]:
        """Return the folders with pages of the students asked for."""
        return self._works(self.course.feedback_directory, assignment)

    def _works(self, step: str, assignment: str) -> list[Work]:
        # A star does not find names that begin with a dot; where it means everyone, nobody is
        # passed over.
        students = ["*"] + [".*"] * (self.course.student_id in ("", "*"))
        names = [(student, glob.escape(assignment) or "*") for student in students]
        patterns = [self.course.format_path(step, *both) for both in names]
        folders = [folder for pattern in patterns for folder in glob.glob(pattern)]  # noqa: PTH207
        found = [work for folder in folders if (work := _read(self.course, step, folder))]
        return sorted(work for work in found if self.is_asked_for(work.student))

    def whose(self, folder: str) -> tuple[str, str]:
        """Return student and assignment of a folder that holds a hand-in.

        Raises
        ------
        GraderFault
            If it is none.
        """
        work = _read(self.course, self.course.submitted_directory, folder)
        if work is None:
            raise GraderFault(f"{folder!r} is no folder of a submission.")
        return work.student, work.assignment

    def is_asked_for(self, student: str) -> bool:
        """Say whether nbgrader's settings name a student, and do not leave her out.

        A setting that is somebody's name means nobody else, though it may be a pattern as well;
        but for a star alone, which is everyone.
        """
        wanted = self.course.student_id or "*"  # as nbgrader has it
        if wanted != "*" and glob.has_magic(wanted) and self._is_name(wanted):
            named = student == wanted
        else:
            named = fnmatch.fnmatchcase(student, wanted)
        return named and student not in self.course.student_id_exclude.split(",")

    def _is_name(self, student: str) -> bool:
        """Say whether somebody of that name has handed in, or has graded work."""
        steps = self.course.submitted_directory, self.course.autograded_directory
        name = glob.escape(student)
        return any(glob.glob(self.course.format_path(step, name, "*")) for step in steps)  # noqa: PTH207

    def graded_folder(self, student: str, assignment: str) -> Path:
        """Return the folder in which a submission lies when it is graded."""
        return Path(self.course.format_path(self.course.autograded_directory, student, assignment))

    @property
    def step_in_work(self) -> str:
        """The step, in nbgrader's sense, in which submissions are while they are graded."""
        return os.path.join(self.course.autograded_directory, UNFINISHED)  # noqa: PTH118

    def unfinished_folder(self, student: str, assignment: str) -> Path:
        """Return the folder into which a submission is graded; it is gone when that is done."""
        return Path(self.course.format_path(self.step_in_work, student, assignment))

    def feedback_folder(self, student: str, assignment: str) -> Path:
        """Return the folder of a student's pages."""
        return Path(self.course.format_path(self.course.feedback_directory, student, assignment))

    def source_folder(self, assignment: str) -> Path:
        """Return the folder of an assignment's source."""
        return Path(self.course.format_path(self.course.source_directory, ".", assignment))

    def assignments(self) -> list[str]:
        """Return the assignments that have a source notebook."""
        pattern = self.course.format_path(self.course.source_directory, ".", "*")
        found = {
            work.assignment
            for folder in glob.glob(pattern)  # noqa: PTH207
            for work in [_read(self.course, self.course.source_directory, folder)]
            if work and any(Path(folder).glob("*.ipynb"))
        }
        return sorted(found)

    @property
    def gradebook(self) -> Path:
        """The file of the gradebook; where it would lie if it is on a server."""
        url = self.course.db_url
        if url.startswith(SQLITE):
            return Path(url.removeprefix(SQLITE))
        return Path(self.course.root, "gradebook.db")

    def closed(self) -> list[Path]:
        """Return the folders that no submission may see."""
        course = self.course
        steps = [
            *(course.source_directory, course.submitted_directory),
            *(course.autograded_directory, course.feedback_directory),
        ]
        folders = [Path(course.format_path(step, ".", ".")) for step in steps]
        exchange = getattr(course.parent, "config", course.config).Exchange.get("root", "")
        folders += [Path(exchange)] if exchange else []
        return [Path(course.root), self.gradebook.absolute().parent, *folders]

    @property
    def reports_folder(self) -> Path:
        """The folder of what is made for the instructor alone."""
        return Path(self.course.root) / REPORTS

    @property
    def depth(self) -> int:
        """How many of the last folders of a hand-in's path a student may have had a hand in."""
        parts = _parts(self.course)
        return len(parts) - min(parts.index("{student_id}"), parts.index("{assignment_id}"))


def near(path: Path) -> Path:
    """Return a path as seen from here, if it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _parts(course: CourseDirectory) -> list[str]:
    try:
        list(string.Formatter().parse(course.directory_structure))
    except ValueError:
        return ["{}"]
    return list(Path(course.directory_structure).parts)


def _is_plain(name: str) -> bool:
    try:
        return re.fullmatch(name, name) is not None
    except re.error:
        return False


def _read(course: CourseDirectory, step: str, folder: str) -> Work | None:
    names = "(?P<student>[^/]*)", "(?P<assignment>[^/]*)"
    found = re.fullmatch(course.format_path(step, *names, escape=True), folder)
    return Work(folder, found["student"], found["assignment"]) if found else None
