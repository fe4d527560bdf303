"""Pages of what a student made, harmless in a browser: outputs, Markdown, names.

nbgrader's formgrader shows a submission in the instructor's own logged-in browser, and
nbconvert prints the HTML in it as it stands. `grading.web.sanitize` says what may stay;
`HarmlessPage`, `HarmlessMarkdown` and `harmless_output_html` do it when a page is made, and
nbgrader_config.py puts them into nbconvert. The notebook itself keeps the student's own words.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, pass_context
from jinja2.runtime import Context
from markupsafe import escape
from nbconvert.exporters import HTMLExporter
from nbconvert.utils.base import NbConvertBase
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from tornado.web import HTTPError

from grading.core import Output, cut, of_gradebook, sentence
from grading.web.code import code_html
from grading.web.markdown import Markdown, PageRoom, PlaceRenderer, Text, of_output, without_files
from grading.web.sanitize import PICTURES, Room, harmless_html, harmless_outputs

# Characters that a page shows. Markdown and highlighting can take time that grows with the
# square of the length, and the formgrader makes one page at a time.
LONGEST = {"markdown": 10_000}  # of one cell; the lessons' longest has 1652
LONGEST_TEXT = 50_000
LONGEST_PAGE = 300_000
OUTPUTS = 4_000
# Styles of formulas, and what keeps the formgrader's page from fetching MathJax.
TEMPLATES = str(Path(__file__).with_name("templates") / "formulas")
# Says on a page what the server could not do; nbgrader's own says nothing of a mark not saved.
UNSAVED = Path(TEMPLATES, "unsaved.js").read_text("utf-8")
# nbgrader's window with a command's words, whose `pre` breaks no line, or words in the middle.
WRAPPED = (
    "<style>div.modal div.panel pre "
    "{ white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; }</style>"
)


def harmless_part(text: object) -> str:
    """Return clean HTML as a part of a page that it cannot leave."""
    return f'<section style="overflow-x: auto; overflow-y: hidden">{harmless_html(text)}</section>'


@pass_context
class HarmlessMarkdown(NbConvertBase):
    """nbconvert's ``markdown2html``, with its HTML cleaned and its formulas set."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._markdown = Markdown(self._renderer, harmless_part, self.log)

    def __call__(self, context: Context, source: str) -> str:
        """Render Markdown; what cannot be rendered is shown as text."""
        attachments = context.get("cell", {}).get("attachments", {})
        return _room(context).render(self._markdown, source, attachments)

    def _renderer(self, attachments: dict[str, Any]) -> PlaceRenderer:
        return PlaceRenderer(attachments=attachments, anchor_link_text=self.parent.anchor_link_text)


@pass_context
def harmless_output_html(context: Context, text: str) -> str:
    """Return an output's HTML as a part of a page; or the formula that it is as a whole."""
    source = str(text)

    def make() -> Text:
        found = of_output(source) or Text(source)
        return Text(harmless_part(found.places), found.formulas)

    return _room(context).put(source, make)


@pass_context
def highlight_code(context: Context, source: str, *_: Any, **more: Any) -> str:
    """Return code in colours, as long as the page has room for them."""
    return _room(context).put(source, lambda: Text(code_html(source)))


def _room(context: Context) -> PageRoom:
    found: PageRoom = context["resources"]["page_room"]
    return found


class HarmlessPage(NbGraderPreprocessor):
    """What a page needs beyond clean Markdown: clean outputs and names, a bound on its size."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Change a notebook that is about to become a page; the file stays as it is."""
        for name in ("student", "first_name", "last_name", "notebook_path"):
            if isinstance(resources.get(name), str):
                resources[name] = escape(resources[name])
        nb.metadata.pop("widgets", None)
        resources["page_room"] = PageRoom()
        room = Room()
        left, outputs = LONGEST_PAGE, OUTPUTS
        for cell in nb.cells:
            locked = cell.metadata.get("nbgrader", {}).get("locked")
            if not locked:
                # The others are the instructor's; a test whose end is cut off could not be
                # taken out of feedback.
                most = min(left, LONGEST.get(cell.cell_type, LONGEST_TEXT))
                left -= min(most, len(cell.source))
                cell.source = cut(cell.source, most, "# " if cell.cell_type == "code" else "")
            if cell.cell_type != "code":
                continue
            if len(cell.outputs) > outputs and not locked:  # a test's say what became of it
                told = f"The first {outputs} of {len(cell.outputs)} outputs"
                told = new_output("stream", text=f"{told}; the rest is in the notebook.")
                cell.outputs[outputs:] = [told]
            outputs -= min(outputs, len(cell.outputs))
            for output in cell.outputs:
                for holder, key in _texts(output):
                    most = min(left, LONGEST_TEXT)
                    left -= min(most, len(holder[key]))
                    holder[key] = cut(holder[key], most)
                latex = output.get("data", {}).pop("text/latex", None)
                if latex is not None:  # shown by the one filter that keeps a formula in place
                    output["data"].setdefault("text/html", html.escape(latex))
            cell.outputs = [from_dict(output) for output in harmless_outputs(cell.outputs, room)]
            for output in cell.outputs:
                for kind in PICTURES.keys() & output.get("data", {}).keys():
                    output["metadata"][kind] = {"alt": "A picture that this cell has drawn"}
        return nb, resources


def _texts(output: Output) -> list[tuple[Any, Any]]:
    """Return the places of an output that hold text."""
    if output["output_type"] == "stream":
        return [(output, "text")]
    if output["output_type"] == "error":
        return [(output["traceback"], number) for number in range(len(output["traceback"]))]
    return [(output["data"], kind) for kind in output["data"] if kind.startswith("text/")]


def make_harmless(exporter: HTMLExporter) -> HTMLExporter:
    """Let an exporter make harmless pages, whatever configuration it was made with.

    The formgrader makes its own before it reads the settings of a course that is opened by its
    path.
    """
    if not exporter.extra_loaders:
        exporter.extra_loaders = [FileSystemLoader(TEMPLATES)]
    if not any(isinstance(step, HarmlessPage) for step in exporter._preprocessors):
        exporter.register_preprocessor(HarmlessPage, enabled=True)
    if exporter.environment.filters.get("clean_html") is not harmless_output_html:
        exporter.sanitize_html = True
        exporter.filters = {
            **exporter.filters,
            "markdown2html": HarmlessMarkdown,
            "clean_html": harmless_output_html,
            "highlight_code": highlight_code,
            "strip_files_prefix": without_files,
        }
    return exporter


def render_names(stock: Callable[..., str]) -> Callable[..., str]:
    """Return a handler's ``render`` that finds no page for names which would run as code.

    The formgrader prints the names in an address as they stand, so a link to the instructor's
    own server could run anything there.
    """

    @functools.wraps(stock)
    def render(handler: Any, template: str, **values: Any) -> str:
        names = [values.get(f"{kind}_id") for kind in ("student", "assignment", "notebook")]
        if any(isinstance(name, str) and set(name) & set('<>"\\\n\r') for name in names):
            raise HTTPError(404)
        return str(stock(handler, template, **values))

    return render


def wrap_messages(render: Callable[..., str]) -> Callable[..., str]:
    """Return a handler's ``render`` whose pages break the lines of what a button's command says.

    A sentence that says what to do is one line there, and nbgrader's window shows its beginning.
    """

    @functools.wraps(render)
    def wrapped(handler: Any, template: str, **values: Any) -> str:
        more = f"{WRAPPED}<script>{UNSAVED}</script></head>"
        return render(handler, template, **values).replace("</head>", more, 1)

    return wrapped


def answer_faults(handlers: Any) -> None:
    """Let the formgrader answer with a sentence where the gradebook is locked, full or broken.

    It has one session with it for as long as it runs, which would stay as the fault has left it.

    Parameters
    ----------
    handlers : type
        The class of all its handlers.
    """
    log, answer = handlers.log_exception, handlers.write_error

    def log_exception(self: Any, kind: Any, error: Any, trace: Any) -> None:
        fault = of_gradebook(error)
        if fault is None:
            log(self, kind, error, trace)
        else:
            self.log.error("%s", sentence(fault))

    def write_error(self: Any, status: int, **more: Any) -> Any:
        fault = of_gradebook(more.get("exc_info", [None] * 3)[1])
        if fault is None:
            return answer(self, status, **more)
        gradebook = self.settings["nbgrader_gradebook"]
        if gradebook is not None:
            gradebook.db.rollback()
        self.set_status(503)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        return self.finish(sentence(fault))

    handlers.log_exception, handlers.write_error = log_exception, write_error
