"""What length costs: time and memory, measured, as ratios.

The clock is the one on the wall: that of the processor stands still in a browser.
"""

import time
import tracemalloc

import numpy as np


def seconds_of(function, least=0.02):
    """Return the seconds of a call: the least of a few, of which each takes a while.

    One that takes several times as long is called once.
    """
    found = []
    for _ in range(3):
        calls, began = 0, time.perf_counter()
        while time.perf_counter() - began < least:
            function()
            calls += 1
        found.append((time.perf_counter() - began) / calls)
        if found[0] > 10 * least:
            break
    return min(found)


def memory_of(function):
    """Return how many bytes a call needs at most at the same time, beyond what was there."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def ratios(values):
    """Return how many times the first one each is."""
    return list(np.array(values) / values[0])
