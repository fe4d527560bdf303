"""A student's page: nbconvert's exporter with a template of its own.

``templates/feedback/`` holds the page and its styles. It needs no script, no network and no
other file. `grading.web.formgrader.HarmlessPage` has cleaned the outputs before.
"""

from __future__ import annotations

import functools
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbformat import NotebookNode
from traitlets.config import Config

from grading.core import Note
from grading.feedback.results import Result, number, result_of
from grading.web import (
    TEMPLATES,
    Markdown,
    Outline,
    PageRoom,
    Renderer,
    Text,
    code_html,
    harmless_html,
    make_accessible,
    of_output,
)

WIDE = 32  # characters of a line that fit on any phone
TALL = 20  # lines that need no scrolling
KEPT = 500  # pieces of code that are not coloured anew each time,
OF = 5_000  # characters each at most
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class Page(HTMLExporter):
    """The exporter of feedback pages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"optimistic_validation": True, **options})  # one look, at the end
        self._markdown = Markdown(
            lambda attachments: Renderer(attachments=attachments), make_accessible, self.log
        )

    @property
    def default_config(self) -> Config:
        """Use the template of this package, whatever nbgrader sets for all HTML."""
        own = {
            "template_name": "feedback",
            "extra_template_basedirs": [str(Path(__file__).with_name("templates"))],
            "extra_template_paths": [TEMPLATES],
        }
        found: Config = super().default_config.copy()
        found.merge(Config({"Page": own}))
        return found

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Make a page of a notebook."""
        self.register_filter("plain", lambda text: _ANSI.sub("", text))
        self.register_filter("is_wide", is_wide)
        self.register_filter("number", number)
        # Past HTMLExporter's own: it would read the whole page again, to describe pictures.
        return TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **kw)

    def _preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        nb, resources = super()._preprocess(nb, resources)
        resources["page"] = Said(nb, self._markdown)
        return nb, resources


class Said:
    """What one page says, in the order in which its template asks for it.

    Parameters
    ----------
    nb : NotebookNode
        With the points and comments of the gradebook in it.
    render : Markdown

    Attributes
    ----------
    results : dict of str to Result
        By nbgrader's id of the cell.
    notes : list of str
        What was done with the hand-in, where it is not said below one exercise.
    comments : list of str
        The ids of the cells with a comment.
    is_open : bool
        Whether something still waits for a person.
    """

    def __init__(self, nb: NotebookNode, render: Markdown) -> None:
        found = [result for cell in nb.cells if (result := result_of(cell))]
        self.results: dict[str, Result] = {result.grade_id: result for result in found}
        self.is_open = any(result.state == "open" for result in found)
        self.notes: list[str] = []
        for note in _notes(nb):
            about = [r for r in found if note.grade_id in (r.grade_id, r.name)]
            (about[0].notes if about else self.notes).append(note.text)
        own = [cell.metadata.get("nbgrader", {}) for cell in nb.cells]
        self.comments = [mark["grade_id"] for mark in own if mark.get("comment")]
        self.outline = Outline(level=2)
        self._render = render
        self._room = PageRoom()

    def markdown(self, source: str, attachments: dict[str, Any] | None = None) -> Markup:
        """Return Markdown as HTML, with headings that fit here."""
        return self._fit(self._room.render(self._render, source, attachments or {}))

    def code(self, source: str) -> Markup:
        """Return code in colours."""
        return Markup(self._room.put(source, lambda: Text(coloured(source))))

    def html(self, text: str) -> Markup:
        """Return HTML of an output, made harmless; or the formula that it is as a whole."""
        made = self._room.put(text, lambda: of_output(text) or Text(make_accessible(text)))
        return self._fit(made)

    def _fit(self, made: str) -> Markup:
        return Markup(self.outline.fit(made))


def _notes(nb: NotebookNode) -> tuple[Note, ...]:
    with suppress(ValueError):
        return Note.unpack(nb.metadata.get("grading"))
    return ()


def coloured(source: str) -> Markup:
    """Return code with a class for each kind of word."""
    return (_coloured if len(source) <= OF else _coloured.__wrapped__)(source)


@functools.lru_cache(KEPT)
def _coloured(source: str) -> Markup:
    return Markup(harmless_html(code_html(source)))


def is_wide(text: str) -> bool:
    """Say whether a text has lines, or HTML has things, that may have to scroll on a phone.

    What scrolls must be within reach of the keyboard.
    """
    if isinstance(text, Markup):
        return "<table" in text or "<pre" in text
    lines = text.split("\n")
    return len(lines) > TALL or any(len(line) > WIDE for line in lines)
