"""The kernel's own limit of memory, where systemd gives a control group for it."""

import pytest

from grading.core.verdicts import Verdict
from grading.sandbox.group import scope
from tests.support.sandbox import define, printed

pytestmark = [
    pytest.mark.skipif(not scope(), reason="there is no systemd that gives control groups"),
]

SOCKETS = """
import os, socket, time
keep = []
for _ in range(20):
    if not os.fork():
        for _ in range(28): keep.extend(socket.socketpair())
        for one in keep:
            one.setblocking(False)
            try:
                while True: one.send(bytes(4096))
            except BlockingIOError: pass
        time.sleep(30)
time.sleep(30)
"""


def test_what_the_keeper_does_not_see_ends_at_the_groups_limit(start):
    session = start()
    define(session, "x = 1")
    place = session._sandbox._group._place
    assert len((place / "cgroup.procs").read_text().split()) == 2
    (place / "memory.max").write_text(str(2**26))  # far below what the keeper lets pass
    _, verdict = session.run_cell(SOCKETS)
    assert verdict is Verdict.OUT_OF_MEMORY
    assert not place.exists()
    assert printed(session, "print(x)") == "1\n"
    assert session._sandbox._group._place != place
