"""What a test has made of the submission's names, and of input and output, while it calls."""

from __future__ import annotations

import builtins
import math
import sys
import types
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from grading.sandbox import inside
from grading.sandbox.stub import Stub

TALK = ("input", "print")  # of Python's own names those that a test replaces
USUAL = {name: getattr(builtins, name) for name in TALK}
LIBRARIES: tuple[types.ModuleType, ...] = (builtins, math, np)  # the same on both sides


class Held:
    """Compares a test's namespace with what was bound there, at each call.

    What the test has deleted is missing in the sandbox during the call, and what it has bound to
    something else is that there. Nothing is left of it behind the call.

    Parameters
    ----------
    space : mapping of str to object
        The namespace of the test.
    bound : mapping of str to object
        What the names of the submission were bound to.
    rebound : collection of str
        The names that hold when they are bound to something else. A name that is not among them
        may be a variable of the test's own, which has nothing to do with the submission: what it
        stands for stays on this side.
    """

    def __init__(
        self, space: Mapping[str, Any], bound: Mapping[str, Any], rebound: Collection[str]
    ) -> None:
        self._space, self._bound, self._rebound = space, bound, rebound
        self._streams = sys.stdin, sys.stdout, sys.stderr

    def hidden(self) -> list[str]:
        """Return the names that the test has deleted."""
        return [name for name in self._bound if name not in self._space]

    def rebound(self) -> dict[str, Any]:
        """Return the names that the test has bound to something else, and to what."""
        found: dict[str, Any] = {}
        if sys.stdin is not self._streams[0]:
            found["input"] = lambda prompt="": input(prompt)
        for name in TALK:
            for now in (getattr(builtins, name), self._space.get(name)):
                if callable(now) and now is not USUAL[name] and name not in self._bound:
                    found[name] = now
        for name in self._rebound:
            now = self._space.get(name, self)
            if now is not self and now is not self._bound.get(name, self):
                found[name] = now
        # Both sides have modules of their own, and things of the submission's own do not go back.
        apart = (types.ModuleType, inside.Opaque)
        return {name: now for name, now in found.items() if not isinstance(now, apart)}

    def listens(self) -> bool:
        """Say whether the test looks at what is printed."""
        return sys.stdout is not self._streams[1] or sys.stderr is not self._streams[2]

    def hear(self, printed: Any, most: int) -> None:
        """Print what the submission has printed, where the test looks at it."""
        for one in printed if isinstance(printed, list) else []:
            match one:
                case ["stdout", str(text)] if sys.stdout is not self._streams[1]:
                    sys.stdout.write(text[:most])
                case ["stderr", str(text)] if sys.stderr is not self._streams[2]:
                    sys.stderr.write(text[:most])


def lends(value: Any) -> list[Any] | None:
    """Return the node by which a function is sent; None for what is none. See `inside.Table`."""
    if isinstance(value, inside.Opaque) or not callable(value):
        return None
    if type(value) is Stub:
        return ["named", value.__name__]
    name = getattr(value, "__name__", None)
    for library in LIBRARIES:
        if isinstance(name, str) and getattr(library, name, None) is value:
            return ["library", library.__name__, name]
    return None if isinstance(value, type) else ["function"]


def to_send(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], held: Held | None
) -> tuple[inside.Table, dict[str, Any], dict[int, Any], str]:
    """Return a call of a submission's function as it is sent.

    Returns
    -------
    table : inside.Table
        The objects in it.
    request : dict
    lent : dict of int to callable
        Which of the objects are functions of the test's own.
    why : str
        Why it cannot be sent, if it cannot.
    """
    table, why = inside.Table(lends=lends), ""
    nodes: list[Any] = []
    rebound = held.rebound() if held else {}
    request: dict[str, Any] = {"do": "call", "name": name, "nodes": nodes}
    request["hidden"] = held.hidden() if held else []
    request["prints"] = held is not None and held.listens()
    try:
        request["args"] = [table.pack(value, nodes) for value in args]
        request["kwargs"] = {key: table.pack(value, nodes) for key, value in kwargs.items()}
        request["rebound"] = {key: table.pack(value, nodes) for key, value in rebound.items()}
    except (inside.CodecError, RuntimeError) as error:  # a dict that is changed meanwhile
        why = f"an argument too large: {error}"
    meant = set(map(id, rebound.values()))  # of what cannot be sent a stand-in has to do
    for value, node in zip(table.objects, nodes, strict=False):
        # A stand-in for a thing of the student's own may go back; the test's may not.
        apart = isinstance(value, inside.Opaque) or id(value) in meant
        if node[0] == "opaque" and not apart:
            why = why or f"{node[1]}, which cannot be sent"
    lent = {n: table.objects[n] for n, node in enumerate(nodes) if node[0] == "function"}
    return table, request, lent, why
