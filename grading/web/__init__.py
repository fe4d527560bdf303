"""Students' text made safe, and readable for everybody, in a browser.

In come HTML, Markdown, outputs and formulas that somebody wrote; out comes HTML in which nothing
runs, asks another host or looks like the page's own (`sanitize`), well built for every reader
(`accessible`), with its formulas as MathML (`markdown`, `mathml`). `formgrader` makes nbgrader's
own pages of it.
"""

from grading.web.accessible import Outline, make_accessible
from grading.web.code import code_html
from grading.web.formgrader import (
    TEMPLATES,
    HarmlessMarkdown,
    HarmlessPage,
    answer_faults,
    harmless_output_html,
    highlight_code,
    make_harmless,
    render_names,
    wrap_messages,
)
from grading.web.markdown import Markdown, PageRoom, Renderer, Text, of_output, without_files
from grading.web.sanitize import Room, harmless_html, harmless_outputs

__all__ = [
    "TEMPLATES",
    "HarmlessMarkdown",
    "HarmlessPage",
    "Markdown",
    "Outline",
    "PageRoom",
    "Renderer",
    "Room",
    "Text",
    "answer_faults",
    "code_html",
    "harmless_html",
    "harmless_output_html",
    "harmless_outputs",
    "highlight_code",
    "make_accessible",
    "make_harmless",
    "of_output",
    "render_names",
    "without_files",
    "wrap_messages",
]
