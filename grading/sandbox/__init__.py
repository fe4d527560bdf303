"""Run code that nobody trusts.

In come cells, files and calls; out come outputs, results as plain data, and the verdict of what
had to be stopped. A `Zygote` is a warm Python behind bubblewrap, from which a sandbox is forked
for each submission; a `Session` is the conversation with one, within `Limits`; a `Stub` stands
for a student's function and calls it there. The folder `inside` is all of the grader that can be
seen from in there.
"""

from grading.sandbox.bubblewrap import WallError, Zygote, check_unseen
from grading.sandbox.held import Held
from grading.sandbox.inside import SCRATCH, CodecError, receive, send
from grading.sandbox.limits import Limits
from grading.sandbox.opened import Lost
from grading.sandbox.session import Session, error_output
from grading.sandbox.stub import Stub

__all__ = [
    "SCRATCH",
    "CodecError",
    "Held",
    "Limits",
    "Lost",
    "Session",
    "Stub",
    "WallError",
    "Zygote",
    "check_unseen",
    "error_output",
    "receive",
    "send",
]
