"""The course, as nbgrader_config.py sets it up."""

from __future__ import annotations

from pathlib import Path

from nbgrader.apps.baseapp import NbGrader

from grading.core import GraderFault
from grading.store.settings import check_settings


class Course(NbGrader):
    """nbgrader's application, for its settings and the course folder alone."""

    name = "grading"


def open_course() -> Course:
    """Read nbgrader_config.py, from the folder in which the command was given."""
    if not Path("nbgrader_config.py").exists():
        raise GraderFault(
            "There is no nbgrader_config.py here: change into the course folder first."
        )
    Course.clear_instance()
    app = Course.instance()
    app.initialize(["--log-level=ERROR"])
    check_settings(app.coursedir, app.config)
    return app
