"""Students' text made safe, and readable for everybody, in a browser.

In come HTML, Markdown, outputs and formulas that somebody wrote; out comes HTML in which nothing
runs, asks another host or looks like the page's own (`sanitize`), well built for every reader
(`accessible`), with its formulas as MathML (`markdown`, `mathml`). `formgrader` makes nbgrader's
own pages of it.
"""

from grading.web.accessible import Outline, make_accessible
from grading.web.formgrader import (
    TEMPLATES,
    HarmlessMarkdown,
    HarmlessPage,
    answer_faults,
    harmless_output_html,
    make_harmless,
    render_names,
    wrap_messages,
)
from grading.web.markdown import FORMULA_ROOM, Markdown, Renderer, Text, fill, of_output
from grading.web.sanitize import harmless_html, harmless_outputs

__all__ = [
    "FORMULA_ROOM",
    "TEMPLATES",
    "HarmlessMarkdown",
    "HarmlessPage",
    "Markdown",
    "Outline",
    "Renderer",
    "Text",
    "answer_faults",
    "fill",
    "harmless_html",
    "harmless_output_html",
    "harmless_outputs",
    "make_accessible",
    "make_harmless",
    "of_output",
    "render_names",
    "wrap_messages",
]
