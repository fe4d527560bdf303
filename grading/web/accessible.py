"""A student's HTML made fit for every reader: structure that a screen reader can follow.

It comes clean from `grading.web.sanitize.harmless_html`, so each tag is closed and each attribute
quoted, and it can be read piece by piece. What `tidy` returns has been cleaned once more.
"""

from __future__ import annotations

import html
import re

import nh3

from grading.web.sanitize import RULES, harmless_html

_PIECE = re.compile(r'<(/?)(\w+)((?: [\w-]+="[^"]*")*)>|[^<]+|<')
_ATTRIBUTE = re.compile(r' ([\w-]+)="([^"]*)"')
_VOID = {"br", "hr", "img", "input", "col"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_NEEDS_WORDS = _HEADINGS | {"a", "summary"}
_LISTS = {"ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd"}}
_TERMS = re.compile("((dt )+(dd )+)+")

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
    return _cleaner.clean(_Builder(harmless_html(text)).text())


class _Open:
    """An element that is still open."""

    def __init__(self, tag: str, place: int, words: int) -> None:
        self.tag = tag
        self.place = place  # of its start in what is made
        self.words = words  # so many there were before it
        self.children: list[str] = []
        self.items: list[int] = []  # the places of the starts and ends of its items
        self.stray = False  # whether it holds what does not belong there


class _Builder:
    """Reads clean HTML once, from its start to its end, and puts it together anew."""

    def __init__(self, text: str) -> None:
        self._made: list[str] = []
        self._open = [_Open("", 0, 0)]
        self._words = 0
        for piece in _PIECE.finditer(text):
            closing, tag, attributes = piece.groups()
            if tag is None:
                self._text(piece[0])
            elif tag in _VOID:
                self._void(tag, dict(_ATTRIBUTE.findall(attributes)))
            elif closing:
                self._close(tag)
            else:
                self._start(tag, piece[0])

    def text(self) -> str:
        """Return what has been made."""
        return "".join(self._made)

    def _text(self, text: str) -> None:
        if text.strip():
            self._words += 1
            self._open[-1].stray = True
        self._made.append(html.escape(text, quote=False) if text == "<" else text)

    def _void(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "input":
            self._text("☑ " if "checked" in attributes else "☐ ")
        elif tag == "img":
            said = attributes.get("alt", "").strip() or "picture"
            source = attributes.get("src", "")
            if source.startswith("data:"):
                self._words += 1
                self._open[-1].stray = True
                self._made.append(f'<img src="{source}" alt="{said}">')
            else:
                self._text(f"[{said}]".replace("<", "&lt;"))
        else:
            self._made.append(f"<{tag}>")

    def _start(self, tag: str, start: str) -> None:
        parent = self._open[-1]
        parent.children.append(tag)
        is_item = any(tag in items for items in _LISTS.values())
        if is_item and tag in _LISTS.get(parent.tag, ()):
            parent.items.append(len(self._made))
        elif is_item:
            start, tag = "<div>", "div"
        elif parent.tag in _LISTS:
            parent.stray = True
        self._open.append(_Open(tag, len(self._made), self._words))
        self._made.append(start)

    def _close(self, tag: str) -> None:
        if len(self._open) == 1:
            return
        done = self._open.pop()
        tag = done.tag
        empty = done.words == self._words
        end = f"</{tag}>"
        if empty and tag in _NEEDS_WORDS:
            self._made[done.place] = end = ""
        elif empty and tag == "th":
            self._made[done.place] = "<td>"
            end = "</td>"
        elif tag in _LISTS and not _is_list(done):
            self._made[done.place], end = "<div>", "</div>"
            for place in done.items:
                self._made[place] = "</div>" if self._made[place].startswith("</") else "<div>"
        parent = self._open[-1]
        if tag in _LISTS.get(parent.tag, ()):
            parent.items.append(len(self._made))
        self._made.append(end)


def _is_list(done: _Open) -> bool:
    if done.stray or not done.children:
        return False
    return done.tag != "dl" or bool(_TERMS.fullmatch("".join(f"{tag} " for tag in done.children)))


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
