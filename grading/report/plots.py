"""The plots of a class report, as SVG that stands in the page itself.

Lines and text take the colour of the page's own text, so a plot is readable on a light
page and on a dark one. The colours of bars have a contrast of at least 3 to both pages, and
of 4.5 to the text on them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from markupsafe import escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from grading.core import LIMITS, Verdict
from grading.report.statistics import Distribution, Item

INK = "#010203"  # stands for the page's colour of text
ON_BAR = "#000000"
BAR, ODD = "#3f7fbf", "#c8642c"
COLOURS = {
    Verdict.CORRECT: "#2f8f5b",
    Verdict.FOLLOW_THROUGH: "#6f9a1f",
    Verdict.PARTLY_CORRECT: "#b5851c",
    Verdict.WRONG: "#c8552c",
    Verdict.NOT_ATTEMPTED: "#7f8790",
    Verdict.RAISED: "#9a66c4",
    Verdict.CRASHED: "#c0508f",
    **dict.fromkeys(LIMITS, "#3f7fbf"),
}
OTHER = "#2a8a94"  # hand-ins that cannot be graded, and faults
# Text stays text, so that it is as sharp and as large as the page's.
STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "text.parse_math": False,
    **dict.fromkeys(
        ["text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"], INK
    ),
}
WIDTH = 4.7  # inches: a telephone shows two thirds of it, and text is still readable


def marks(spread: Distribution) -> str:
    """Draw how the marks are spread, with the median."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(2.4)
        bins = spread.bins()
        width = bins[0][1] - bins[0][0]
        axes.bar([low for low, _, _ in bins], [n for _, _, n in bins], 0.86 * width, color=BAR)
        median = spread.quartiles[1]
        axes.axvline(median, color=INK, linewidth=1, linestyle="--")
        place = "right" if median > spread.most / 2 else "left"
        text = f" median {median:g} "
        axes.text(median, 1.0, text, transform=axes.get_xaxis_transform(), ha=place, va="bottom")
        axes.set_xlabel(f"marks, of {spread.most:g}")
        axes.set_ylabel("students")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        said = ", ".join(f"{low:g}: {count}" for low, _, count in bins if count)
        says = f"Bars: students by mark, of {spread.most:g}. {said}. Median {median:g}."
        return _svg(figure, "marks", says)


def verdicts(shares: Mapping[str, Mapping[Verdict, int]]) -> str:
    """Draw the share of each verdict, a bar for each exercise."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(1.05 + 0.42 * len(shares))
        shown: dict[Verdict, str] = {}
        for row, counts in enumerate(shares.values()):
            left, total = 0.0, sum(counts.values())
            for verdict, count in counts.items():
                share = 100 * count / total
                colour = shown[verdict] = COLOURS.get(verdict, OTHER)
                axes.barh(row, max(share - 0.4, 0.2), 0.72, left, color=colour)
                if share > 4:
                    at = left + share / 2
                    axes.text(at, row, str(count), color=ON_BAR, ha="center", va="center")
                left += share
        axes.set_yticks(range(len(shares)), list(shares))
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("percent of those who handed in; on the bars, students")
        for verdict in filter(shown.get, Verdict):
            axes.bar(0, 0, color=shown[verdict], label=verdict.value)
        figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=8)
        said = [
            f"{name}: " + ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items())
            for name, counts in shares.items()
        ]
        return _svg(figure, "verdicts", f"Bars: verdicts by exercise. {'; '.join(said)}.")


def parts(items: Sequence[Item]) -> str:
    """Draw the mean share of its points that each part earns, by exercise."""
    rows = [item for item in items if item.part]
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(0.5 + 0.21 * len(rows) + 0.25 * len({i.exercise for i in rows}))
        at, ticks = 0.0, []
        for number, item in enumerate(rows):
            if not number or item.exercise != rows[number - 1].exercise:
                at += 0.9
                axes.text(0, at, item.exercise, weight="bold", va="center")
                at += 1.0
            share = 100 * item.share
            axes.barh(at, share, 0.74, color=ODD if item.is_odd else BAR)
            axes.text(share, at, f" {share:.0f}", va="center")
            ticks.append((at, item.part))
            at += 1.0
        axes.set_yticks([place for place, _ in ticks], [name for _, name in ticks])
        axes.set_ylim(at - 0.3, 0.3)
        axes.set_xlim(0, 108)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel("mean share of the points, in percent")
        said = [f"{item.exercise}, {item.part}: {100 * item.share:.0f}" for item in rows]
        says = f"Bars: mean share of the points by part, in percent. {'; '.join(said)}."
        return _svg(figure, "parts", says)


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)
    return figure, axes


def _svg(figure: Figure, name: str, says: str) -> str:
    """Return a figure as an SVG element without size and date, and with its text alternative."""
    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        none = dict.fromkeys(["Creator", "Date", "Format", "Type"])
        figure.savefig(file, format="svg", transparent=True, metadata=none)
    text = file.getvalue().replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = text[text.index("<svg") :]
    head, mark, rest = text.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    assert box
    # Several plots stand in one page, where an id may be there once.
    rest = re.sub(r'( id="|href="#|url\(#)', rf"\1{name}-", rest)
    return f'<svg {box[0]} role="img" aria-label="{escape(says)}"{mark}{rest}'
