"""What the configuration puts into nbgrader: one call, and the guards of nbgrader_config.json.

The guards stand in every exporter that nbgrader makes, so before it has touched a notebook. Where
nbgrader_config.py was not loaded, they are all that is here of ours, and they let nothing begin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor

from grading import feedback, intake, pages, settings
from grading.exam import GraderFault
from grading.pages import HarmlessPage


def install() -> None:
    """Put what no setting reaches where nbgrader's commands and its formgrader find it."""
    intake.install()
    pages.install()
    feedback.install()


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
            settings.check(converter.coursedir, converter.config)
        if type(converter) in (Autograde, GenerateFeedback):
            root = Path(converter.coursedir.root)
            raise settings.fault(root, f"{settings.NAME} has to call grading.plugins.install()")
    except GraderFault as error:
        converter.log.error("%s", error)
        raise NbGraderException(str(error)) from None
