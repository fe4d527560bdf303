"""Feedback pages on their way back: a zip for each LMS, as it takes files for a whole class.

The names come from the download that was collected, as `grading.lms.filenames` explains: they
say whose a file is.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory

from grading.core import GraderFault
from grading.lms.collector import Collector
from grading.lms.exporter import listed, placed
from grading.lms.filenames import Label
from grading.store import Places


def write_zips(course: CourseDirectory, collected: ZipCollectApp) -> tuple[list[Path], list[str]]:
    """Write the zips of an assignment.

    Parameters
    ----------
    course : nbgrader.coursedir.CourseDirectory
    collected : nbgrader.apps.zipcollectapp.ZipCollectApp
        The application that collected, for its settings.

    Returns
    -------
    paths : list of pathlib.Path
    notes : list of str
        Who is not in them, in sentences.

    Raises
    ------
    GraderFault
        When nothing was collected, or there is no page.
    """
    assignment = course.assignment_id
    labels: dict[tuple[str, str], Label] = {}
    for one in Collector(parent=collected).found(collected).values():
        known = labels.setdefault((one.label.lms, one.student), one.label)
        if one.label.order > known.order:
            labels[one.label.lms, one.student] = one.label
    if not labels:
        raise GraderFault(
            f"Nothing of {assignment} was collected from a zip of Canvas's or Moodle's, and "
            "feedback goes back under the names in it. docs/lms.md says how."
        )
    paths, notes = [], []
    for lms in sorted({lms for lms, _ in labels}):
        path = Places(course).reports_folder / f"feedback-{lms}-{assignment}.zip"
        without = []
        with placed(path) as fresh, zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
            for (_, student), label in sorted(i for i in labels.items() if i[0][0] == lms):
                pages = _pages(course, student)
                if not pages:
                    without.append(student)
                for page in pages:
                    archive.write(page, label.back + page.name)
            if not archive.namelist():
                raise GraderFault(
                    f"Nobody has a page. Make them first: python -m grading feedback {assignment}"
                )
        if without:
            notes.append(
                f"No page, or one that is older than the marks: {listed(without)}. "
                f"Make it with python -m grading feedback {assignment}"
            )
        paths.append(path)
    return paths, notes


def _pages(course: CourseDirectory, student: str) -> list[Path]:
    """Return a student's pages; none if the work was graded again since they were made."""
    name, places = course.assignment_id, Places(course)
    if places.unfinished_folder(student, name).exists():
        return []
    notebooks = places.graded_folder(student, name).glob("*.ipynb")
    graded = [path.stat().st_mtime for path in notebooks]
    pages = sorted(places.feedback_folder(student, name).glob("*.html"))
    return [p for p in pages if all(p.stat().st_mtime >= time for time in graded)]
