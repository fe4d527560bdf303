"""Tables as wide as the terminal: what finds no room beside the rest stands below it, uncut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    head : str
        Lines. One that is too long for the column goes on below, if it can after a ``_`` or ``-``.
    cells : list of Text
        One for each row. They break between words, numbers nowhere.
    is_number : bool
        Whether they are numbers: to the right, and whole.
    """

    head: str
    cells: Sequence[Text]
    is_number: bool = False

    @property
    def least(self) -> int:
        """The width below which a word would be broken."""
        words = [piece for line in self.head.split("\n") for piece in _pieces(line)]
        for cell in self.cells:
            words += [cell.plain] if self.is_number else cell.plain.split()
        return max((cell_len(word.rstrip()) for word in words), default=1)

    @property
    def most(self) -> int:
        """The width with which nothing needs a second line."""
        lines = [*self.head.split("\n"), *(cell.plain for cell in self.cells)]
        return max(map(cell_len, lines))

    def head_in(self, width: int) -> str:
        """Return the head in lines of this width."""
        lines = []
        for line in self.head.split("\n"):
            lines.append("")
            for piece in _pieces(line):
                if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
                    lines.append("")
                lines[-1] += piece
        return "\n".join(line.rstrip() for line in lines)


def fitted(
    title: str, first: Column, others: Sequence[Column], width: int, *, lines: bool = True
) -> Iterator[Table]:
    """Draw a table, and further ones below it where the columns are too many for one.

    Parameters
    ----------
    title : str
    first : Column
        Stands in each of the tables: it says whose row it is. It breaks before the others
        lose their places beside it.
    others : sequence of Column
    width : int
        Of the terminal.
    lines : bool
        Whether lines are drawn between columns; without them there is room for more.
    """
    least = [min(first.least, max(8, width // 6)), *(column.least for column in others)]
    start, said = 0, title
    while start < len(others):
        end = start + 1
        while end < len(others) and _room(width, end + 2 - start, lines) >= (
            least[0] + sum(least[start + 1 : end + 2])
        ):
            end += 1
        shown = [first, *others[start:end]]
        widths = _spread(
            [least[0], *least[start + 1 : end + 1]],
            [column.most for column in shown],
            _room(width, len(shown), lines),
        )
        yield _drawn(said, shown, widths, lines)
        start, said = end, f"{title}, continued"


def _pieces(line: str) -> list[str]:
    return re.findall(r"[^_\-\s]*(?:[_\-]+|\s+|$)", line)[:-1] or [""]


def _room(width: int, columns: int, lines: bool) -> int:
    """Return what is left of the width for the columns' texts."""
    return width - (3 * columns + 1 if lines else 2 * columns)


def _spread(least: list[int], most: list[int], room: int) -> list[int]:
    """Give each column its least, and what is over to the narrowest that can use it."""
    widths = [max(1, min(wanted, room // 2)) for wanted in least]
    for _ in range(room - sum(widths)):
        narrow = [n for n, wanted in enumerate(most) if widths[n] < wanted]
        if narrow:
            widths[min(narrow, key=widths.__getitem__)] += 1
    return widths


def _drawn(title: str, columns: Sequence[Column], widths: Sequence[int], lines: bool) -> Table:
    drawn = Table(title=Text(title), title_justify="left", title_style="bold")
    if not lines:
        drawn.box, drawn.show_edge, drawn.padding = box.SIMPLE_HEAD, False, (0, 1, 0, 0)
    for column, width in zip(columns, widths, strict=True):
        drawn.add_column(
            Text(column.head_in(width)),
            justify="right" if column.is_number else "left",
            width=width,
            overflow="fold",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        drawn.add_row(*row)
    return drawn
