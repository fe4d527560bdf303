"""Messages on a socket: each whole, of a size that is bounded before it is read."""

from __future__ import annotations

import socket
import time
from typing import Any

import msgpack

from .codec import DICT_LIMIT, FRAME_LIMIT, ITEM_LIMIT, CodecError


def send(sock: socket.socket, message: dict[str, Any]) -> None:
    """Send one message of msgpack types."""
    data = msgpack.packb(message, use_bin_type=True)
    if len(data) > 2 * FRAME_LIMIT:
        raise CodecError("the message is too large")
    sock.sendall(len(data).to_bytes(4, "big") + data)


def receive(sock: socket.socket, deadline: float | None = None) -> dict[str, Any]:
    """Receive one message.

    Raises EOFError at the end, TimeoutError when ``deadline`` (of ``time.monotonic``)
    passes before the whole message is there, CodecError for anything that is none.
    """
    size = int.from_bytes(_exactly(sock, 4, deadline), "big")
    if size > 2 * FRAME_LIMIT:
        raise CodecError("the message is too large")
    data = _exactly(sock, size, deadline)
    made = 0

    def count(container: Any) -> Any:  # a byte on the wire may be an object in memory
        nonlocal made
        made += 6 + len(container)
        if made > 4 * ITEM_LIMIT:
            raise CodecError("too many objects in one message")
        return container

    try:
        message = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            list_hook=count,
            object_hook=count,
            max_array_len=ITEM_LIMIT,
            max_map_len=DICT_LIMIT,
        )
    except Exception as error:  # whatever a decoder finds to say about hostile bytes
        raise CodecError("the bytes are no message") from error
    if not isinstance(message, dict):
        raise CodecError("not a message")
    return message


def _exactly(sock: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            sock.settimeout(left)
        piece = sock.recv(min(size - len(data), 2**20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
