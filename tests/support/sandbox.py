"""Talk to a real sandbox in a test."""

import contextlib
import time
from dataclasses import replace
from pathlib import Path

import pytest

from grading.sandbox.limits import Limits
from grading.sandbox.stub import Stub

LIMITS = Limits(60, cell=3, call=2, memory=2**31, scratch=2**23, processes=40, output=200_000)
SHORT = replace(LIMITS, cell=1.5, call=1)


def define(session, source):
    outputs, verdict = session.run_cell(source)
    assert verdict is None, outputs
    return outputs


def said(outputs):
    return "".join(o["text"] for o in outputs if o["output_type"] == "stream")


def printed(session, source):
    return said(define(session, source))


def failure(session, name):
    """Call a function that fails; return the error and the verdicts of the failure."""
    session.begin_test()
    with pytest.raises(Exception) as caught:  # noqa: PT011
        Stub(session, name)()
    return caught.value, session.failures


def becomes(wanted, word):
    """Wait until a process with ``word`` in its command line runs, or until none does."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = False
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                found |= word.encode() in path.read_bytes()
        if found == wanted:
            return True
        time.sleep(0.01)
    return False


DAEMON = """import os, signal
if not os.fork():
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, 1)
    if os.fork(): os._exit(0)
    os.execv('/usr/bin/sleep', ['sleep', '{}'])"""
