"""What one submission may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    total, cell, call : float
        Seconds for the whole submission, for one cell, and for one call by a test.
    memory : int
        Bytes of memory of all its processes together.
    scratch : int
        Bytes in the scratch folder.
    processes : int
        Processes and threads at one time.
    output : int
        Characters of output per cell, pictures included.
    """

    total: float = 300.0
    cell: float = 30.0
    call: float = 10.0
    memory: int = 2 * 2**30
    scratch: int = 64 * 2**20
    processes: int = 64
    output: int = 8 * 2**20
