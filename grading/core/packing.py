"""Take messages between the grader's own processes apart, with a look at every value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from grading.core.errors import GraderFault

Kind = TypeVar("Kind")


def take(packed: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind:
    """Return a value of a message.

    Parameters
    ----------
    packed : mapping
        What came: msgpack types, or those of JSON.
    name : str
        Of the value.
    kind : type
        What it has to be, and nothing derived from it: True is no int.

    Raises
    ------
    GraderFault
        If it is missing, or anything else.
    """
    value = packed.get(name)
    if type(value) is not kind:
        raise GraderFault(
            f"A message between the grader's processes is broken: {name!r} is of type "
            f"{type(value).__name__}, not {kind.__name__}. Install the same grader everywhere."
        )
    return value


def take_or_none(packed: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind | None:
    """Return a value of a message that may be None, but not missing; else like `take`."""
    return None if packed.get(name, ...) is None else take(packed, name, kind)
