"""What nbgrader_config.py names: each class and function of ours that nbgrader takes, and a call.

nbgrader_config.json names guards, and nothing that can fail. They stand in every exporter that
nbgrader makes, so before it has touched a notebook. Where nbgrader_config.py was not loaded, they
are all that is here of ours, and they let nothing begin.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.apps import api, autogradeapp, generatefeedbackapp
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from grading.autograde import CarefulAutograde
from grading.core import GraderFault
from grading.feedback import CarefulFeedback, Drawing, Grades, HideSchemes, HideTests, Page
from grading.judging import ExecuteBehindWall
from grading.lms import AllGrades, Canvas, Collector, Csv, Extractor, Moodle
from grading.release import ShareFiles, check_release
from grading.store import CONFIG, check_settings, settings_fault, timestamp
from grading.turns import take_turns
from grading.web import (
    HarmlessMarkdown,
    HarmlessPage,
    answer_faults,
    harmless_output_html,
    highlight_code,
    make_harmless,
    render_names,
    without_files,
    wrap_messages,
)

__all__ = [
    "AllGrades",
    "Canvas",
    "Collector",
    "Csv",
    "ExecuteBehindWall",
    "Extractor",
    "Grades",
    "Guard",
    "GuardedPage",
    "HarmlessMarkdown",
    "HideSchemes",
    "HideTests",
    "Moodle",
    "Page",
    "ShareFiles",
    "configure",
    "harmless_output_html",
    "highlight_code",
    "install",
    "without_files",
]


RELEASE = [  # nbgrader's own steps, with the shared files put in
    *(
        f"nbgrader.preprocessors.{name}"
        for name in (
            "IncludeHeaderFooter",
            "InstantiateTests",
            "LockCells",
            "ClearSolutions",
            "ClearOutput",
            "CheckCellMetadata",
            "ComputeChecksums",
            "SaveCells",
            "ClearHiddenTests",
            "ClearMarkScheme",
            "ComputeChecksums",
            "CheckCellMetadata",
        )
    ),
    "grading.plugins.ShareFiles",
]
GRADING = [  # nbgrader's own steps, but for the one that executes a notebook
    "grading.plugins.ExecuteBehindWall",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
FEEDBACK = [f"grading.plugins.{name}" for name in ("HideTests", "HideSchemes", "Grades")]
# What never leaves source/: two of them hold wrong and right code.
IGNORED = [
    *(".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache"),
    *("misconceptions.toml", "right.toml"),
]


def configure(c: Config) -> None:
    """Set every step of nbgrader's that has to be ours; nbgrader_config.py calls it first.

    What the file sets afterwards takes the place of what is set here. A step that must be there
    is missed before anything begins; see `grading.store.settings`.

    Parameters
    ----------
    c : Config
        nbgrader's settings, as ``get_config()`` returns them.
    """
    install()
    c.CourseDirectory.ignore = list(IGNORED)
    c.GenerateAssignment.preprocessors = list(RELEASE)
    c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("not written yet")'}
    c.Autograde.autograde_preprocessors = list(GRADING)
    c.NotebookExporter.preprocessors = ["grading.plugins.Guard"]
    c.GenerateFeedback.exporter_class = "grading.plugins.Page"
    c.GenerateFeedback.preprocessors = list(FEEDBACK)
    # What students wrote is harmless in a browser: in the formgrader and in feedback.
    c.HTMLExporter.preprocessors = ["grading.plugins.GuardedPage"]
    c.HTMLExporter.filters = {
        "markdown2html": "grading.plugins.HarmlessMarkdown",
        "clean_html": "grading.plugins.harmless_output_html",
        "highlight_code": "grading.plugins.highlight_code",
        "strip_files_prefix": "grading.plugins.without_files",
    }
    c.HTMLExporter.sanitize_html = True
    # Downloads of Canvas's and Moodle's: nbgrader zip_collect
    c.ZipCollectApp.extractor_plugin = "grading.plugins.Extractor"
    c.ZipCollectApp.collector_plugin = "grading.plugins.Collector"
    c.ExportApp.plugin_class = "grading.plugins.AllGrades"


def install() -> None:
    """Put what no setting reaches where nbgrader's commands and its formgrader find it.

    These are the converters, the turns that commands take, the times of submissions, which are
    read in two places more, and the formgrader's pages, where there is a formgrader. It can be
    called again.
    """
    take_turns()
    autogradeapp.Autograde = api.Autograde = CarefulAutograde
    generatefeedbackapp.GenerateFeedback = api.GenerateFeedback = CarefulFeedback
    CourseDirectory.get_existing_timestamp = lambda self, folder: timestamp(Path(folder))
    api.NbGraderAPI.get_submitted_timestamp = _submitted
    base = sys.modules.get("nbgrader.server_extensions.formgrader.base")
    if base is not None and not isinstance(base.BaseHandler.exporter, _Drawn):
        answer_faults(base.BaseHandler)
        base.BaseHandler.render = wrap_messages(render_names(base.BaseHandler.render))
        base.BaseHandler.exporter = _Drawn(
            lambda handler: Drawing(make_harmless(handler.settings["nbgrader_exporter"]), handler)
        )


class _Drawn(property):
    """The property that `install` has put into the formgrader."""


def _submitted(self: api.NbGraderAPI, assignment_id: str, student_id: str) -> datetime | None:
    course = self.coursedir
    return timestamp(
        Path(course.format_path(course.submitted_directory, student_id, assignment_id))
    )


class Guard(NbGraderPreprocessor):
    """Lets no exporter be made for a converter that is not ours as a whole."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        guard(self.parent)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Leave a notebook as it is."""
        return nb, resources


class GuardedPage(HarmlessPage):
    """The same for exporters of pages, which it makes harmless."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        guard(self.parent)


def guard(exporter: Exporter) -> None:
    """Raise `NbGraderException`, and log why, if an exporter is for a converter that is not ours.

    An exporter without one shows pages in the formgrader. It gets what makes them harmless, and
    the formgrader's buttons what says why they do nothing.
    """
    install()
    converter = exporter.parent
    try:
        if isinstance(converter, (Autograde, GenerateFeedback, GenerateAssignment)):
            check_settings(converter.coursedir, converter.config)
        if isinstance(converter, GenerateAssignment):
            check_release(converter)
        if type(converter) in (Autograde, GenerateFeedback):
            root = Path(converter.coursedir.root)
            raise settings_fault(root, f"{CONFIG} has to call grading.configure(c)")
    except GraderFault as error:
        converter.log.error("%s", error)
        raise NbGraderException(str(error)) from None
