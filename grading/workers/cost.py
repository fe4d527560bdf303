"""What judging one submission may cost on the grader's side, and what it has cost so far.

A sandbox has limits of its own. These are for the process that judges: what a student has written,
shown or returned is read, compared and cleaned here, and a little may be made much.
"""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MEMORY = 2 * 2**30  # bytes of the process
SECONDS = 60.0  # of a processor, for a notebook; an ordinary one takes a tenth of one


class Cost(NamedTuple):
    """What a process has used: seconds of a processor, and bytes of memory."""

    seconds: float
    memory: int


def cost(process: int) -> Cost | None:
    """Return what a process has used, without those that it has started; None if it is gone."""
    with suppress(OSError, IndexError, ValueError):
        words = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
        ticks, pages = int(words[11]) + int(words[12]), int(words[21])
        return Cost(ticks / os.sysconf("SC_CLK_TCK"), pages * resource.getpagesize())
    return None


def limit_memory() -> None:
    """Let this process be refused what no look at it would be quick enough for."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = mapped + 2 * MEMORY
    if most == resource.RLIM_INFINITY or wanted < most:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, most))
