"""What of a student's HTML and outputs is harmless in a browser, and no more than that.

Outputs are cleaned when they are kept, and again when `formgrader` makes a page of them.
"""

from __future__ import annotations

import base64
import binascii
import html
import io
import math
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import nh3
from PIL import Image
from pygments.token import STANDARD_TYPES

from grading.core import Output

PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
# A browser needs four bytes for each pixel, and a few characters can stand for millions.
PIXELS = 20_000_000  # of one picture
PIXELS_ALL = 200_000_000  # of a submission
PIXELS_IN_TEXT = 2_000_000  # of a picture that stands in HTML
# Characters of HTML that are cleaned: what is nested takes time that grows with the square of
# its depth. A page shows 50,000 of a text at most.
LONGEST_HTML = 60_000
LONGEST_CELL = 300_000
LONGEST_ALL = 900_000  # of a submission
MOST_MADE = 8_000_000  # characters that reading one HTML may make; see `_most_made`
NODE = 100  # characters that an element counts for besides its tag
GROWS, AND = 4, 2_000  # what is kept has four times the characters written, and so many more

_TAGS = set(
    "h1 h2 h3 h4 h5 h6 p br hr div span blockquote pre code kbd samp var a img "
    "em strong b i u s del ins sub sup small mark abbr cite q "
    "ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td "
    "details summary figure figcaption center font input".split()
)
_ATTRIBUTES = {
    "*": {"id", "title", "align", "valign", "style", "width", "height"},
    "a": {"href"},
    "img": {"src", "alt"},
    "font": {"color"},
    "table": {"border"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_STYLES = set(
    "text-align vertical-align color background-color font-weight font-style text-decoration "
    "width".split()
)
# The names that colour code, and those of boxes and tables. Any other could be a button,
# a menu or a cover over the page, which the formgrader's own scripts and styles know.
_CLASSES = {
    "span": {name for name in STANDARD_TYPES.values() if name},
    "div": {"highlight", "alert", "alert-block"}
    | {f"alert-{kind}" for kind in ("info", "success", "warning", "danger")},
    "li": {"task-list-item"},
    "input": {"task-list-item-checkbox"},
    "table": {"dataframe"},
    "a": {"anchor-link"},
}
# Files that no browser runs, whoever wrote them.
_INERT = re.compile(r"\.(png|jpe?g|gif|webp|csv|tsv|txt|npy|npz)$", re.IGNORECASE)
_PATH = re.compile(r"(\./)?\w[\w .,()+~@-]*(/\w[\w .,()+~@-]*)*")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute may have, or None."""
    if name == "id":
        # The formgrader finds its own boxes by id.
        return value if value.startswith("student-") else f"student-{value}"
    if name == "href":
        if value.startswith("#"):
            return "#" + str(_attribute(tag, "id", value[1:]))
        near = _PATH.fullmatch(unquote(value)) and _INERT.search(value)
        return value if near or re.match(r"(https?://|mailto:)", value) else None
    if name == "src":
        kind, _, data = value.removeprefix("data:").partition(";base64,")
        if value.startswith("data:"):
            return value if _pixels(kind, data) <= PIXELS_IN_TEXT else None
        return value if _PATH.fullmatch(unquote(value)) else None
    return value


# The tags that are opened anew, each as long as it is: with whatever its attributes hold, a
# `>` in quotes among it. A lookahead, as what looks like a tag may hold the next one.
_SPACE = r"[\t\n\f\r ]"
_VALUE = r"""(?:"[^"]*"?|'[^']*'?|[^\t\n\f\r >"'][^\t\n\f\r >]*)?"""
_REOPENED = re.compile(
    r"<(?=((a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\t\n\f\r />])"
    rf"(?:[\t\n\f\r /]+|[^\t\n\f\r />][^\t\n\f\r />=]*(?:{_SPACE}*={_SPACE}*{_VALUE})?)*))",
    re.IGNORECASE,
)

# What nh3 is told; `grading.web.accessible` allows less.
RULES: dict[str, Any] = {
    "tags": _TAGS,
    "clean_content_tags": {"script", "style", "title", "template", "noscript", "svg", "math"},
    "attributes": _ATTRIBUTES,
    "attribute_filter": _attribute,
    "allowed_classes": _CLASSES,
    "filter_style_properties": _STYLES,
    "url_schemes": {"http", "https", "mailto", "data"},
    # A check box of a Markdown list, and no other field.
    "set_tag_attribute_values": {"input": {"type": "checkbox", "disabled": ""}},
    "tag_attribute_values": {"input": {"checked": {"", "checked"}}},
}
_cleaner = nh3.Cleaner(**RULES)


def harmless_html(text: object) -> str:
    """Return HTML with nothing in it that runs, asks another host or looks like the page's own.

    What would become far longer than it is written is shown as text.
    """
    return clean(_cleaner, str(text))


def clean(cleaner: nh3.Cleaner, text: str) -> str:
    """Return HTML as a cleaner leaves it; as text where reading it may make too much of it."""
    if _most_made(text) <= MOST_MADE:
        found = cleaner.clean(text)
        if len(found) <= GROWS * len(text) + AND:
            return found
    return f"<pre>{html.escape(text, quote=False)}</pre>"


def _most_made(text: str) -> int:
    """Return how many characters reading HTML may make of it at most, elements counted in.

    As browsers read it, what formats text and is not closed is opened anew in each block: what
    all such tags hold, times as many as there are tags. Which of them are closed is not asked, as
    an end may stand where it counts for nothing. Of tags that are the same but three are opened
    anew, and of links but the last.
    """
    tags = text.count("<")
    made = link = 0
    times: Counter[str] = Counter()
    for found in _REOPENED.finditer(text):
        tag, name = found.groups()
        if name in "aA":
            link = max(link, len(tag) + NODE)
        elif times[tag] < 3:
            times[tag] += 1
            made += len(tag) + NODE
        if (made + link) * tags > MOST_MADE:
            break
    return (made + link) * tags


def _pixels(kind: str, data: str) -> float:
    """Return how many pixels a picture has, given as base64; infinity where it is none."""
    if kind not in PICTURES:
        return math.inf
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            raw = base64.b64decode("".join(data.split()), validate=True)
            with Image.open(io.BytesIO(raw), formats=[PICTURES[kind]]) as picture:
                width, height = picture.size
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        return math.inf
    return width * height


@dataclass
class Room:
    """What the outputs of one submission may still hold, of all its cells."""

    html: int = LONGEST_ALL
    pixels: float = PIXELS_ALL


def harmless_outputs(outputs: Iterable[Output], room: Room) -> list[Output]:
    """Keep of each output what is harmless: text, pictures, tables.

    Scripts, SVG, widgets and whatever else a browser might run are left out, and so is HTML
    that is too long to be cleaned; where nothing stays, a line of text says so.
    """
    elsewhere = max(room.html - LONGEST_CELL, 0)  # what is for other cells
    room.html -= elsewhere
    kept = [_harmless_output(output, room) for output in outputs]
    room.html += elsewhere
    return kept


def _harmless_output(output: Output, room: Room) -> Output:
    if "data" not in output:
        return output  # a stream or an error is text, and shown as text
    kept = {}
    for kind, value in output["data"].items():
        if kind in ("text/plain", "text/latex"):
            kept[kind] = value
        elif kind in ("image/png", "image/jpeg"):
            pixels = _pixels(kind, value)
            if pixels <= min(PIXELS, room.pixels):
                room.pixels -= pixels
                kept[kind] = value
        elif kind == "text/html" and len(value) <= min(LONGEST_HTML, room.html):
            room.html -= len(value)
            kept[kind] = harmless_html(value)
    if not kept:
        kinds = [kind for kind in output["data"] if re.fullmatch(r"[\w.+-]+/[\w.+-]{1,60}", kind)]
        named = f" ({', '.join(sorted(kinds)[:3])})" if kinds else ""
        kept["text/plain"] = f"[An output that is not shown here{named} was left out.]"
    return {**output, "data": kept, "metadata": {}}
