"""How far a command is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class ProgressBar:
    """A bar with rate and time left on a terminal; else a line now and then."""

    SECONDS = 5.0  # between two lines

    def __init__(self, assignment: str) -> None:
        self.assignment = assignment
        self.console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=self.console,
        )
        self.tasks: dict[str, TaskID] = {}
        self.began: dict[str, float] = {}
        self.last = 0.0

    def __enter__(self) -> ProgressBar:
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.bar.stop()

    def tell(self, what: str, done: int, of: int) -> None:
        """Show how far it is."""
        now = time.monotonic()
        began = self.began.setdefault(what, now)
        rate = f"{done / (now - began):.1f}/s" if done and now > began else ""
        if self.console.is_terminal:
            if what not in self.tasks:
                self.tasks[what] = self.bar.add_task(f"{self.assignment} {what}", rate="")
            self.bar.update(self.tasks[what], completed=done, total=of, rate=rate)
        elif of and (done == of or now - self.last > self.SECONDS):
            self.last = now
            print(f"{self.assignment}: {what} {done} of {of} {rate}".rstrip(), file=sys.stderr)
