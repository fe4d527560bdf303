"""A student's HTML made fit for every reader: structure that a screen reader can follow.

It comes clean from `grading.web.sanitize`, which also bounds how much there is of it.
What `make_accessible` returns has been cleaned once more.
"""

from __future__ import annotations

import re

import nh3
from bs4 import BeautifulSoup, Tag

from grading.web.sanitize import RULES, clean, harmless_html

_NEEDS_WORDS = {f"h{level}" for level in range(1, 7)} | {"a", "summary"}
_LISTS = {"ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd"}}
_ITEMS = set().union(*_LISTS.values())
_TERMS = re.compile("((dt )+(dd )+)+")
_GONE = "gone"  # no tag of HTML: the cleaner takes it away, and leaves what is in it

# Colours and widths are the page's own: a student's might not be readable in the dark, or
# on a phone.
_cleaner = nh3.Cleaner(
    **{
        **RULES,
        "tags": RULES["tags"] - {"center", "font", "input"},
        "attributes": {
            **{
                tag: names for tag, names in RULES["attributes"].items() if tag not in ("*", "font")
            },
            "*": {"id", "title", "style"},
            "img": {"src", "alt"},
        },
        "allowed_classes": {
            tag: names for tag, names in RULES["allowed_classes"].items() if tag != "input"
        },
        "filter_style_properties": {"text-align"},
        "set_tag_attribute_values": {},
        "tag_attribute_values": {},
    }
)


def make_accessible(text: object) -> str:
    """Return a student's HTML, harmless and well built.

    Lists hold nothing but their items, pictures and links have words, a check box is a
    character. Pictures that are not in the page itself are told by their description.
    """
    # Within a tag, for text that looks like an address would make BeautifulSoup warn.
    whole = f"<{_GONE}>{harmless_html(text)}</{_GONE}>"
    soup = BeautifulSoup(whole, "html.parser", multi_valued_attributes=None)
    tags = soup.find_all(True)
    for tag in tags:
        if tag.name == "input":
            _say(tag, "☑ " if "checked" in tag.attrs else "☐ ")
        elif tag.name == "img":
            tag["alt"] = str(tag.get("alt", "")).strip() or "picture"
            if not str(tag.get("src", "")).startswith("data:"):
                _say(tag, f"[{tag['alt']}]")
    worded = _worded(soup)
    for tag in tags:  # a list before its items
        # Renamed where it is: to take it out costs as much as its parent has children.
        parent = tag.parent.name if tag.parent else ""
        stray = tag.name in _ITEMS and tag.name not in _LISTS.get(parent, ())
        if stray or (tag.name in _LISTS and not _is_list(tag)):
            tag.name, tag.attrs = "div", {}
        elif id(tag) not in worded and tag.name == "th":
            tag.name, tag.attrs = "td", {}
        elif id(tag) not in worded and tag.name in _NEEDS_WORDS:
            tag.name, tag.attrs = _GONE, {}
    return clean(_cleaner, str(soup))


def _say(tag: Tag, words: str) -> None:
    tag.name, tag.attrs, tag.string = _GONE, {}, words


def _worded(soup: BeautifulSoup) -> set[int]:
    """Return the tags, by their ``id``, that hold a word or a picture."""
    found: set[int] = set()
    for piece in soup.descendants:
        if piece.name == "img" if isinstance(piece, Tag) else str(piece).strip():
            for parent in piece.parents:
                if id(parent) in found:
                    break
                found.add(id(parent))
    return found


def _is_list(tag: Tag) -> bool:
    names = [piece.name for piece in tag.contents if isinstance(piece, Tag)]
    stray = any(not isinstance(piece, Tag) and str(piece).strip() for piece in tag.contents)
    if stray or not names or not _LISTS[tag.name].issuperset(names):
        return False
    return tag.name != "dl" or bool(_TERMS.fullmatch("".join(f"{name} " for name in names)))


_HEADING = re.compile(r"<(/?)h([1-6])(?=[ >])")


class Outline:
    """The headings of a page: each is at most one level below the one before.

    Parameters
    ----------
    level : int
        That of the page's own heading above the notebook.
    """

    def __init__(self, level: int) -> None:
        self._top = self._level = level

    def fit(self, text: str) -> str:
        """Return clean HTML with its headings on levels that fit here."""
        opened: list[int] = []

        def level(found: re.Match[str]) -> str:
            if found[1]:
                return f"</h{opened.pop() if opened else 6}"
            self._level = min(self._top + int(found[2]), self._level + 1, 6)
            opened.append(self._level)
            return f"<h{self._level}"

        return _HEADING.sub(level, text)

    @property
    def below(self) -> int:
        """The level of a heading below the last one."""
        return min(self._level + 1, 6)
