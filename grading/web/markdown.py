"""A text of a page: Markdown or HTML that somebody wrote, clean, with its formulas.

A text is rendered with a place for each formula (`Renderer`), its HTML is cleaned as ever,
and only then are the places filled (`fill`). So no MathML that a student wrote is on a
page, and a formula is never inside an attribute.
"""

from __future__ import annotations

import functools
import html
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from grading.web.code import PYTHON, code_html
from grading.web.mathml import LONGEST, mathml

# Bounds of a page. The formulas of a lesson have 3,700 characters together, its HTML 240,000.
FORMULA_ROOM = 30_000
HTML_ROOM = 2_000_000  # characters of all that is made of Markdown, code and HTML
# Wherever a sign may begin something, the parser may look for its end through the whole text. So
# signs times characters is what Markdown costs: some seconds for so many. A lesson has 6 million.
WORK_ROOM = 200_000_000
EACH = 10  # characters that a formula counts for besides its own
WIDE = 40  # characters of TeX that may be too many for a phone
KEPT = 500  # texts that are not rendered anew each time


@dataclass(frozen=True)
class Formula:
    """A formula of a text, in the order in which they were found."""

    tex: str
    block: bool

    @property
    def cost(self) -> int:
        """Return what it takes of `FORMULA_ROOM`."""
        return len(self.tex) + EACH


class PlaceRenderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, which leaves a place for each formula.

    A place is an element, so it cannot be within an attribute; it holds the TeX as text.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(escape=False, **options)
        self.formulas: list[Formula] = []

    def inline_math(self, body: str) -> str:
        """Leave a place for a formula in a line."""
        return self._place(body, super().inline_math(body), block=False)

    def block_math(self, body: str) -> str:
        """Leave a place for a formula with lines of its own."""
        return self._place(body, super().block_math(body), block=True)

    def latex_environment(self, name: str, body: str) -> str:
        """Leave a place for an environment, such as ``align``."""
        tex = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._place(tex, super().latex_environment(name, body), block=True)

    def block_code(self, code: str, info: str | None = None) -> str:
        """Show code; in colours where it is Python."""
        language = (info or "").split(maxsplit=1)[:1]
        if language and language[0].lower() in PYTHON:
            return code_html(code, "highlight")
        return f"<pre><code>{html.escape(code, quote=False)}</code></pre>\n"

    def _place(self, tex: str, text: str, *, block: bool) -> str:
        self.formulas.append(Formula(tex, block))
        return f'<span title="formula {len(self.formulas) - 1}">{text}</span>'


class Renderer(PlaceRenderer):
    """The renderer of feedback pages."""

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Give a heading nbconvert's id, but not the link to itself, which would be read out."""
        words = html.unescape(re.sub(r"<[^<>]*>", "", text)).replace(" ", "-")
        name = html.escape(quote(words, safe="?/:@!$&'()*+,;="))
        return f'<h{level} id="{name}">{text}</h{level}>\n'


@dataclass
class Text:
    """A text of a page, clean, with places for its formulas.

    Attributes
    ----------
    places : str
    formulas : list of Formula
    """

    places: str
    formulas: list[Formula] = field(default_factory=list)

    @functools.cached_property
    def cost(self) -> int:
        """What its formulas take of `FORMULA_ROOM`."""
        return sum(formula.cost for formula in self.formulas)

    @functools.cached_property
    def filled(self) -> str:
        """The text with its formulas."""
        return fill(self.places, self.formulas)


class Markdown:
    """Renders Markdown, and keeps what it has made: most cells of a class are the lesson's.

    Parameters
    ----------
    renderer : callable
        Makes a `PlaceRenderer` of the attachments of a cell.
    clean : callable
        Makes HTML harmless.
    log : logging.Logger
    """

    def __init__(
        self,
        renderer: Callable[[dict[str, Any]], PlaceRenderer],
        clean: Callable[[str], str],
        log: logging.Logger,
    ) -> None:
        self._renderer = renderer
        self._clean = clean
        self._log = log
        self._made: dict[str, Text] = {}

    def __call__(self, source: str, attachments: dict[str, Any]) -> Text:
        """Return Markdown as a text of a page; what cannot be rendered is shown as it stands."""
        if attachments:
            return self._make(source, attachments)  # its pictures are this cell's own
        if source not in self._made:
            if len(self._made) >= KEPT:
                self._made.clear()
            self._made[source] = self._make(source, {})
        return self._made[source]

    def _make(self, source: str, attachments: dict[str, Any]) -> Text:
        if not attachments:
            source = source.replace("](attachment:", "](")  # one that is missing stops nbconvert
        renderer = self._renderer(attachments)
        try:
            found = without_files(MarkdownWithMath(renderer=renderer).render(source))
        except Exception:  # whatever its parser makes of it
            self._log.warning("a Markdown cell that cannot be rendered is shown as text")
            return Text(self._clean(as_written(source)))
        return Text(self._clean(found), renderer.formulas)


class PageRoom:
    """What a page still has room for: formulas, what is made of its texts, and the work of it.

    Each text that does not fit is shown as it was written.
    """

    def __init__(self) -> None:
        self._formulas, self._html, self._work = FORMULA_ROOM, HTML_ROOM, WORK_ROOM

    def render(self, markdown: Markdown, source: str, attachments: dict[str, Any]) -> str:
        """Return Markdown as HTML of the page."""
        work = len(source) * len(_SIGN.findall(source))
        if work > self._work:
            return as_written(source)
        self._work -= work
        return self.put(source, lambda: markdown(source, attachments))

    def put(self, source: str, make: Callable[[], Text]) -> str:
        """Return a text as HTML of the page, its formulas filled in as long as there is room.

        What it is made of is not read where there is no room left.
        """
        if self._html <= 0:
            return as_written(source)
        text = make()
        fits = text.cost <= self._formulas
        made = text.filled if fits else fill(text.places, [])
        self._html -= len(made)
        if self._html < 0:
            return as_written(source)
        self._formulas -= text.cost if fits else 0
        return made


_SIGN = re.compile(r"[!-/:-@\[-`{-~\n]")  # all that is neither a letter nor a digit nor a space
_FILES = re.compile(r"""((?:src|href)=["']?)/?files/""")


def without_files(text: str) -> str:
    """Take the place of nbconvert's filter ``strip_files_prefix``, for HTML.

    The other half of that one looks for Markdown, from each bracket to the end of its line.
    """
    return _FILES.sub(r"\1", text)


def as_written(source: str) -> str:
    """Return a text as HTML that shows how it was written."""
    return f"<pre>{html.escape(source, quote=False)}</pre>"


_PLACE = re.compile(r'<span title="formula (\d{1,4})">([^<]*)</span>')


def fill(text: str, formulas: list[Formula]) -> str:
    """Put formulas into the places of a text that has been cleaned.

    Whoever writes such a place himself gets a formula of his own text there, once.
    """
    left: dict[int, Formula] = dict(enumerate(formulas))

    def put(found: re.Match[str]) -> str:
        formula = left.pop(int(found[1]), None)
        return shown(formula, found[2]) if formula else found[2]

    return _PLACE.sub(put, text)


def shown(formula: Formula, text: str) -> str:
    """Return the HTML of a formula; ``text`` is its TeX, escaped, where it is shown as that."""
    made = mathml(formula.tex, block=formula.block)
    if not made:
        return f'<code class="tex">{text}</code>'
    kind = " block" if formula.block else ""
    if len(formula.tex) <= WIDE and not kind:
        return made
    return (
        f'<span class="formula{kind}" role="group" aria-label="Formula" tabindex="0">{made}</span>'
    )


_WHOLE = re.compile(
    r"\s*(?:\$\$(?P<double>.+?)\$\$|\$(?P<single>[^$]+)\$|\\\[(?P<bracket>.+?)\\\]"
    r"|\\\((?P<paren>.+?)\\\)|(?P<environment>\\begin\{(?P<name>[a-z]+\*?)\}.*\\end\{(?P=name)\}))\s*",
    re.DOTALL,
)


def of_output(text: str) -> Text | None:
    """Return the formula that an output, given as HTML, is as a whole; None if it is none."""
    tex = html.unescape(text)
    found = _WHOLE.fullmatch(tex) if "<" not in text and len(tex) <= LONGEST else None
    if not found:
        return None
    kinds = ("double", "single", "bracket", "paren", "environment")
    inner = next(found[kind] for kind in kinds if found[kind] is not None)
    formula = Formula(inner, block=found["single"] is None and found["paren"] is None)
    return Text(f'<p><span title="formula 0">{html.escape(tex)}</span></p>', [formula])
