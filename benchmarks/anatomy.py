"""Where the time of one submission goes: a clock that runs for one part at a time.

The worker's work and the saving are done in this process, in turn, so that nothing overlaps.
"""

from __future__ import annotations

import functools
import os
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from grading.autograde import CarefulAutograde, saving
from grading.judging import pipeline, preprocessor
from grading.sandbox import opened, session
from grading.store import AuditFile, open_course
from grading.workers import Done, Job
from grading.workers.process import Warm

OPEN, CELLS, CALLS = "a sandbox opened and closed", "cells run", "calls by the tests"
MARK, JUDGE = "sandbox marked and taken back", "tests on the grader's side"
READ, STEPS, FORM = "hand-in read", "nbgrader's steps in the worker", "notebook to bytes and back"
BOOK, DISK = "gradebook", "files put in place, audit line"
OTHER = "everything else"
ORDER = [OPEN, CELLS, CALLS, MARK, JUDGE, READ, STEPS, FORM, BOOK, DISK, OTHER]


class Clock:
    """Charges time to the innermost part that runs."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.stack = [OTHER]
        self.since = time.perf_counter()

    def turn(self) -> None:
        """Charge what has passed to the part that runs."""
        now = time.perf_counter()
        self.spent[self.stack[-1]] += now - self.since
        self.since = now

    def part(self, owner: Any, name: str, label: str) -> None:
        """Let a function's time count as ``label``."""
        stock: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(stock)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.turn()
            self.stack.append(label)
            try:
                return stock(*args, **kwargs)
            finally:
                self.turn()
                self.stack.pop()

        setattr(owner, name, timed)


class Here:
    """An executor that works in this very process."""

    size = 1

    def __init__(self, home: Path) -> None:
        self.home, self.warm = home, Warm()

    def submit(self, job: Job) -> Future[Done]:
        """Do a job at once."""
        future: Future[Done] = Future()
        try:
            future.set_result(self.warm.do(job))
        finally:
            os.chdir(self.home)
        return future

    def close(self) -> None:
        """Stay warm."""


def look(root: Path, assignment: str, rounds: int) -> dict[str, dict[str, float]]:
    """Grade one submission again and again; return the mean seconds of each part by phase."""
    home = Path.cwd()
    os.chdir(root)
    executor, clock = Here(root), Clock()
    for owner, name, label in [
        (opened.Sandbox, "__init__", OPEN),
        (opened.Sandbox, "end", OPEN),
        (session.Session, "run_cell", CELLS),
        (session.Session, "call", CALLS),
        (session.Session, "mark", MARK),
        (session.Session, "back", MARK),
        (pipeline, "read_submission", READ),
        (pipeline.Exporter, "from_notebook_node", STEPS),
        (preprocessor, "judge", JUDGE),
        (preprocessor, "draw", JUDGE),
        (pipeline, "to_bytes", FORM),
        (pipeline, "of_bytes", FORM),
        (saving, "of_bytes", FORM),
        (saving.Saver, "save", BOOK),
        (saving, "publish", DISK),
        (AuditFile, "add", DISK),
        (saving.Saver, "save_plots", DISK),
    ]:
        clock.part(owner, name, label)
    app = open_course()
    app.coursedir.assignment_id = assignment
    converter = CarefulAutograde(app.coursedir, executor=executor, parent=app, force=True)
    found: dict[str, dict[str, float]] = {}
    with converter._at_work():
        converter._lessons.settle_seed(keep=True)
        converter.init_notebooks()
        converter._grade_all(executor)  # everything is warm then
        converter._draw_all(executor)
        for phase, work in (("marks", converter._grade_all), ("plots", converter._draw_all)):
            clock.turn()
            clock.spent.clear()
            for _ in range(rounds):
                work(executor)
            clock.turn()
            found[phase] = {label: clock.spent[label] / rounds for label in ORDER}
    os.chdir(home)
    return found


def draw(found: dict[str, dict[str, float]], path: Path) -> None:
    """Draw it as bars, one for each phase."""
    import matplotlib.pyplot as plt

    colours = plt.get_cmap("tab20").colors
    figure, axes = plt.subplots(figsize=(9, 2.6), layout="constrained")
    for row, parts in enumerate(found.values()):
        left = 0.0
        for label, colour in zip(ORDER, colours, strict=False):
            width = parts[label] * 1000
            axes.barh(row, width, left=left, color=colour, label=label if row == 0 else None)
            left += width
        axes.text(left + 4, row, f"{left:.0f} ms", va="center")
    axes.set_yticks(range(len(found)), list(found))
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel("milliseconds of one submission, on one processor")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1.05), fontsize=8, frameon=False)
    figure.savefig(path, metadata={"Date": None})
