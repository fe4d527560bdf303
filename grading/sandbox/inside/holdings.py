"""What the processes of a sandbox hold: their memory, and what the kernel keeps for them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# What the kernel keeps for a process counts as no process's memory. Where it does not tell how
# much that is, what is there counts as what it may be at most.
SOCKET_USUAL = 212_992  # bytes that wait in a socket, if nobody has set another number
SOCKET_MORE = 2**16  # what is sent last may go beyond that
PIPE = 2**16 + 2**12
MAPPING = 400  # what describes a piece of memory: its bounds, its name, who shares it
MAPPINGS = 65_530  # that a process may have
READ_MOST = 2**18  # bytes of a list of mappings; a longer one counts as the longest
DESCRIPTORS = 64  # that a process may have open; a thread may have its own
MEMORY = re.compile(rb"^Vm(?:RSS|Swap|PTE):\s*(\d+) kB", re.MULTILINE)
THREADS = re.compile(rb"^Threads:\s*(\d+)", re.MULTILINE)
PATIENCE = 10  # to count takes so many times less than what lies between two counts


class Holdings:
    """Counts what the processes below a first one hold, itself among them.

    Parameters
    ----------
    first : int
        Its number. It inherits all orphans.
    proc : pathlib.Path
        A ``/proc`` in which they can be seen.
    more : callable
        Returns the bytes that they hold beside that, as in files in memory.
    """

    def __init__(
        self, first: int, proc: Path = Path("/proc"), more: Callable[[], int] = lambda: 0
    ) -> None:
        self.first = first
        self._proc = proc
        self._more = more
        self._socket = SOCKET_USUAL + SOCKET_MORE
        with contextlib.suppress(OSError, ValueError):
            self._socket = int((proc / "sys/net/core/wmem_default").read_text()) + SOCKET_MORE
        self.most = 0  # bytes that they held at the last look, at most
        self._next = 0.0  # when to count again, unless the machine's memory falls below this:
        self._least = 0

    def exceed(self, memory: int) -> bool:
        """Say whether they hold more bytes than that.

        To count exactly holds them still, so it is done only where a quick look leaves it open,
        and then not again before there is need: counted a moment ago, they can hold more only if
        that much is gone from what the machine has left.
        """
        # What was shared at a fork counts in full here, so this can only be too much.
        self.most = sum(map(self._at_most, self.processes())) + self._more()
        if self.most <= memory:
            return False
        start, left = time.monotonic(), self._available()
        if start < self._next and left > self._least:
            return False
        held = self.held()
        self._next = time.monotonic() + PATIENCE * (time.monotonic() - start)
        self._least = left - (memory - held) // 2
        return held > memory

    def held(self) -> int:
        """Return the bytes that they hold, as exactly as can be told.

        They are held still meanwhile: while they fill memory, to count it takes many times as
        long.
        """
        still: list[int] = []
        try:
            while new := [process for process in self.processes() if process not in still]:
                self._signal(new, signal.SIGSTOP)
                still += new
            return sum(map(self._own, still)) + self._kept(still) + self._more()
        finally:
            self._signal(still, signal.SIGCONT)

    def processes(self) -> list[int]:
        """Return the numbers of all of them, the first one first."""
        children = self.children()
        found = [self.first]
        for process in found:  # it grows
            found += children.get(process, [])
        return found

    def children(self) -> dict[int, list[int]]:
        """Return the numbers of all processes that can be seen, by that of who started them."""
        children: dict[int, list[int]] = {}
        for name in os.listdir(self._proc):  # noqa: PTH208 - names are enough, and quicker
            if name.isdigit():
                with contextlib.suppress(OSError):
                    text = (self._proc / name / "stat").read_text(errors="replace")
                    parent = int(text.rpartition(")")[2].split(maxsplit=2)[1])
                    children.setdefault(parent, []).append(int(name))
        return children

    def tasks(self, process: int) -> list[Path]:
        """Return the folders of a process's threads."""
        with contextlib.suppress(OSError):
            return list((self._proc / str(process) / "task").iterdir())
        return []

    def lives(self, process: int) -> bool:
        """Say whether a process has not ended yet."""
        for task in self.tasks(process):
            with contextlib.suppress(OSError):
                if (task / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z":
                    return True
        return False

    def descriptors(self, process: int) -> Iterator[tuple[int, str]]:
        """Yield what a process has open: number, and what it is. Threads may have their own."""
        for task in self.tasks(process):
            with contextlib.suppress(OSError):
                for one in (task / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        yield int(one.name), str(one.readlink())

    def mappings(self, process: int, most: int = -1) -> bytes:
        """Return the list of what a process maps, as the kernel writes it."""
        for task in self.tasks(process):
            with contextlib.suppress(OSError), (task / "maps").open("rb", buffering=0) as file:
                data = b""
                while (most < 0 or len(data) < most) and (piece := file.read(2**16)):
                    data += piece
                if data:  # a thread that has ended, perhaps the first one, knows of none
                    return data
        return b""

    def _at_most(self, process: int) -> int:
        """Return what a process may hold at most: what it maps and is there, or was swapped."""
        found = b""
        with contextlib.suppress(OSError):
            found = (self._proc / str(process) / "status").read_bytes()
        if b"VmRSS" not in found:  # its first thread has ended, or all of it
            found = b"".join(self._statuses(process))
        memory = sum(map(int, MEMORY.findall(found))) * 1024
        threads = sum(map(int, THREADS.findall(found)))
        return memory + MAPPINGS * MAPPING + threads * DESCRIPTORS * self._socket if memory else 0

    def _statuses(self, process: int) -> Iterator[bytes]:
        for task in self.tasks(process):
            with contextlib.suppress(OSError):
                yield (task / "status").read_bytes()

    def _own(self, process: int) -> int:
        """Return the bytes of a process, its share of what it shares with others."""
        found = self._table(process, "smaps_rollup", ("Pss", "SwapPss"))
        if not found:  # it cannot be read
            return self._at_most(process)
        listed = self.mappings(process, READ_MOST)
        pieces = MAPPINGS if len(listed) >= READ_MOST else listed.count(b"\n")
        return found + self._table(process, "status", ("VmPTE",)) + pieces * MAPPING

    def _kept(self, processes: list[int]) -> int:
        """Return the bytes that may wait in sockets and pipes."""
        found = {what for one in processes for _, what in self.descriptors(one)}
        sockets = sum(what.startswith("socket:") for what in found)
        pipes = sum(what.startswith("pipe:") for what in found)
        return sockets * self._socket + pipes * PIPE

    def _table(self, process: int, name: str, rows: tuple[str, ...]) -> int:
        """Return the sum of rows of a table, in bytes; 0 where no thread of the process has it."""
        for task in self.tasks(process):
            with contextlib.suppress(OSError):
                lines = (task / name).read_text(errors="replace").splitlines()
                pairs = dict(line.split(":", 1) for line in lines if ":" in line)
                if total := sum(int(pairs[row].split()[0]) for row in rows if row in pairs):
                    return total * 1024
        return 0

    def _available(self) -> int:
        """Return the bytes that the machine has left."""
        with contextlib.suppress(OSError):
            for line in (self._proc / "meminfo").read_text().splitlines():
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return 0

    def _signal(self, processes: list[int], number: int) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
