r"""Formulas in a page: TeX to MathML, which a browser shows without a script or a network.

What is made here is cleaned in its turn: elements and attributes of a short list, nothing
else. TeX that cannot be shown so stays where it is as text; see `grading.web.markdown`.
"""

from __future__ import annotations

import functools
import html
import re
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import nh3
from latex2mathml.converter import Converter

# Bounds, all far above what a lesson needs: its longest formula has 330 characters and 6
# levels of MathML.
LONGEST = 2_000
DEEPEST = 40
LARGEST = 40_000  # characters of MathML
KEPT = 2_000

# Environments that the library does not know, by what looks the same.
_SAME = {
    **dict.fromkeys(("align", "aligned", "alignat", "alignedat", "eqnarray"), "align*"),
    **dict.fromkeys(("gather", "gathered", "multline"), "matrix"),
    **dict.fromkeys(("equation", "displaymath", "math"), ""),
    "dcases": "cases",
}
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+)\*?\}(?:\[[tbc]\]|\{\d\})?")
_BACKSLASH = re.compile(r"\\[A-Za-z]")
_NAME = re.compile(r"[A-Za-z]{2,}")
_CHILDREN = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
_UNDER = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_ACCENTS = set("´¯˘ˇ˙¨`^˚~→―")
_NAMED_SPACES = {
    "negativethinmathspace": "-0.167em",
    "negativemediummathspace": "-0.222em",
    "negativethickmathspace": "-0.278em",
    "thinmathspace": "0.167em",
    "thickmathspace": "0.278em",
}
_THIN = "0.167em"
_SIGNS = {"+", "-", "−", "±", "∓"}
_OPENING = {"(", "[", "{", "|", "‖"}
_CLOSING = {")", "]", "}", "|", "‖", "!"}

_TAGS = set(
    "math mrow mi mn mo mtext mspace mstyle mpadded mphantom menclose msub msup msubsup munder "
    "mover munderover mfrac msqrt mroot mtable mtr mtd".split()
)
_YES_OR_NO = re.compile("true|false")
# What an attribute may be. Colours and sizes are the page's; and nothing may be moved out
# of its place, over a mark.
_VALUES = {
    "display": re.compile("block|inline"),
    "accent": _YES_OR_NO,
    "columnalign": re.compile("left|center|right"),
    "displaystyle": _YES_OR_NO,
    "fence": _YES_OR_NO,
    "form": re.compile("prefix|infix|postfix"),
    "largeop": _YES_OR_NO,
    "linethickness": re.compile("0"),
    "lspace": re.compile(r"0(\.\d{1,3})?em"),
    "mathvariant": re.compile("normal|bold|italic|bold-italic|sans-serif|monospace|script"),
    "maxsize": re.compile(r"[0-2](\.\d{1,3})?em"),
    "minsize": re.compile(r"[0-2](\.\d{1,3})?em"),
    "movablelimits": _YES_OR_NO,
    "notation": re.compile("box"),
    "rspace": re.compile(r"0(\.\d{1,3})?em"),
    "scriptlevel": re.compile("[0-2]"),
    "separator": _YES_OR_NO,
    "stretchy": _YES_OR_NO,
    "width": re.compile(r"-0?\.[12]\d{0,2}em|[0-2]?(\.\d{1,3})?em"),
}
_ONLY = {"display": {"math"}, "notation": {"menclose"}, "width": {"mspace"}}


def _attribute(tag: str, name: str, value: str) -> str | None:
    good = tag in _ONLY.get(name, _TAGS) and _VALUES[name].fullmatch(value)
    return value if good else None


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes={"*": set(_VALUES)},
    attribute_filter=_attribute,
    link_rel=None,
)


class Unrendered(Exception):
    """A formula that is not shown as one."""


class _NoMacros(dict[str, Any]):
    """The macros of a formula: a few that call each other can fill any memory."""

    def __setitem__(self, name: str, value: Any) -> None:
        raise Unrendered


@functools.lru_cache(KEPT)
def mathml(tex: str, *, block: bool) -> str:
    """Return clean MathML of a formula; nothing if it cannot be shown so.

    Parameters
    ----------
    tex : str
        Without its dollars.
    block : bool
        Whether it stands on lines of its own.
    """
    if not tex.strip() or len(tex) > LONGEST:
        return ""
    converter = Converter(display="block" if block else "inline")
    converter.macros = _NoMacros()
    try:
        root = converter.convert_to_element(_ENVIRONMENT.sub(_known, tex))
        _mend(root)
        made = _cleaner.clean(ElementTree.tostring(root, encoding="unicode"))
    except Exception:  # whatever the library makes of a student's TeX
        return ""
    return made if len(made) <= LARGEST else ""


def _known(found: re.Match[str]) -> str:
    which, name = found[1], found[2]
    if name not in _SAME:
        return found[0]
    return f"\\{which}{{{_SAME[name]}}}" if _SAME[name] else ""


def _mend(root: Element) -> None:
    """Make of the library's tree one that browsers show well.

    Raises
    ------
    Unrendered
        Where there is TeX left in it, something is missing, or it is nested too deep.
    """
    level = [root]
    for _ in range(DEEPEST):
        for element in level:
            _mend_one(element)
        level = [child for element in level for child in element]
        if not level:
            return
    raise Unrendered


def _mend_one(element: Element) -> None:
    text = html.unescape(element.text or "")  # the library writes symbols as entities
    if element.tag != "mtext" and _BACKSLASH.match(text):
        raise Unrendered
    if len(element) != _CHILDREN.get(element.tag, len(element)):
        raise Unrendered
    element.text = text
    if element.tag == "mo" and _NAME.fullmatch(text) and "movablelimits" not in element.attrib:
        element.tag = "mi"  # as an operator it would stand too far away
    if element.tag == "mspace":
        width = element.get("width", "")
        element.set("width", _NAMED_SPACES.get(width, width))
    if element.tag == "mover" and len(element) == 2 and _symbol(element[1]) in _ACCENTS:
        element.set("accent", "true")
    if element.tag in _UNDER and len(element) and "movablelimits" in element[0].attrib:
        element.tag = _UNDER[element.tag]
    if element.tag in ("mrow", "mtd", "mstyle"):
        _form(element)
        _space(element)


def _symbol(element: Element) -> str:
    return html.unescape(element.text or "") if element.tag == "mo" else ""


def _form(row: Element) -> None:
    """Tell signs from operations, as in (a, -b), and let brackets grow with a matrix.

    A browser tells them by their place in a row; the library makes one row of everything.
    """
    children = [child for child in row if child.tag != "mspace"]
    for before, after in zip(children, children[1:], strict=False):
        if _symbol(after) in _SIGNS and before.tag == "mo" and _symbol(before) not in _CLOSING:
            after.set("form", "prefix")
        if after.tag == "mtable" and _symbol(before) in _OPENING:
            before.attrib.update(form="prefix", stretchy="true")
        if before.tag == "mtable" and _symbol(after) in _CLOSING:
            after.attrib.update(form="postfix", stretchy="true")


def _space(row: Element) -> None:
    """Put a thin space between a function's name and what stands beside it, as TeX does."""
    children = list(row)
    for before, after in reversed(list(zip(children, children[1:], strict=False))):
        if (_is_name(before) and _first(after).tag not in ("mo", "mspace")) or (
            _is_name(after) and before.tag not in ("mo", "mspace")
        ):
            row.insert(list(row).index(after), Element("mspace", {"width": _THIN}))


def _is_name(element: Element) -> bool:
    if element.tag in ("msub", "msup", "msubsup", "munder") and len(element):
        element = element[0]
    return element.tag in ("mi", "mo") and bool(_NAME.fullmatch(element.text or ""))


def _first(element: Element) -> Element:
    while len(element) and element.tag in ("mrow", "mstyle"):
        element = element[0]
    return element
