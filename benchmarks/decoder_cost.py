"""What the largest hostile answers cost the grader: seconds and memory to decode each.

``python -m benchmarks.decoder_cost`` sends frames as large as the wire admits, each made of
the smallest parts of one kind, and decodes each in a process of its own.
"""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from grading.sandbox import inside, replies

ROOM = 2 * inside.FRAME_LIMIT - 200
LIST, STRING, DICT = b"\xdd", b"\xdb", b"\xdf"


def large(kind: bytes, count: int, parts: bytes) -> bytes:
    """Return a msgpack container of ``count`` parts."""
    return kind + count.to_bytes(4, "big") + parts


def frame(name: str) -> bytes:
    """Return the body of one message."""
    if name in ("one text", "one long number"):
        text = large(STRING, ROOM, b"f" * ROOM)
        result = text if name == "one text" else b"\x92\xa3int" + text
        return b"\x82\xa5nodes\x90\xa6result" + result
    if name == "keys":
        letters = itertools.product(range(32, 127), repeat=4)
        keys = itertools.islice((b"\xa4" + bytes(key) + b"\xc0" for key in letters), ROOM // 6)
        return b"\x81\xa5nodes" + large(DICT, ROOM // 6, b"".join(keys))
    if name == "empty arrays":
        count = inside.NODE_LIMIT - 10
        nodes = large(LIST, count, b"\x94\xa5array\xa3<f8\x91\x00\xc4\x00" * count)
        return b"\x82\xa5nodes" + nodes + b"\xa6result\x91\x00"
    if name == "stand-ins":
        count = inside.NODE_LIMIT - 10
        nodes = large(LIST, count, (b"\x92\xa6opaque\xd9\x50" + b"x" * 80) * count)
        return b"\x82\xa5nodes" + nodes + b"\xa6result\x91\x00"
    part = {"nothings": b"\xc0", "whole numbers": b"\xcd\x12\x34", "short texts": b"\xa2ab"}[name]
    count = ROOM // len(part)
    listed = b"\x91\x92\xa4list" + large(LIST, count, part * count)
    return b"\x82\xa5nodes" + listed + b"\xa6result\x91\x00"


def measure(name: str) -> None:
    """Decode one message and print what it cost."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        body = frame(name)
        theirs.sendall(len(body).to_bytes(4, "big") + body)
        os._exit(0)
    theirs.close()
    start, how = time.process_time(), "decoded"
    try:
        replies.apply(inside.Table(), {"changes": [], **inside.receive(ours)}, [])
    except inside.CodecError as error:
        how = f"refused: {error}"
    peak = next(
        int(line.split()[1]) / 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    print(f"{name:16} {time.process_time() - start:5.1f} s  {peak:5.0f} MiB  {how}", flush=True)


NAMES = ["nothings", "whole numbers", "short texts", "keys", "empty arrays", "stand-ins"]
NAMES += ["one text", "one long number"]

if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    for each in NAMES if len(sys.argv) == 1 else []:
        subprocess.run([sys.executable, "-m", "benchmarks.decoder_cost", each], check=True)
