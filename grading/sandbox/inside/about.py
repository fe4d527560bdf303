"""What there is to know of a function without calling it, as plain data."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any

from .facts import clean

LONGEST = 100_000  # characters of a docstring or a source


def about(function: Any) -> dict[str, Any]:
    """Return docstring, source, parameters and names of a function; what it lacks is None.

    A parameter is its name, its kind as a number, its default in a list, and its annotation. A
    type is told by its name, and what else is no plain data arrives as a stand-in.
    """
    found: dict[str, Any] = {"doc": None, "source": None, "parameters": None, "names": None}
    with contextlib.suppress(Exception):
        found["doc"] = _text(function.__doc__)
    with contextlib.suppress(Exception):
        found["source"] = _text(inspect.getsource(function))
    with contextlib.suppress(Exception):
        signature = inspect.signature(function)
        found["parameters"] = [
            [one.name, int(one.kind), _given(one.default), _given(one.annotation)]
            for one in signature.parameters.values()
        ]
        found["returns"] = _given(signature.return_annotation)
    with contextlib.suppress(Exception):
        code = inspect.unwrap(function).__code__
        found["names"] = [list(code.co_names), list(code.co_varnames)]
    return found


def _text(value: Any) -> str | None:
    return clean(value[:LONGEST]) if isinstance(value, str) else None


def _given(value: Any) -> list[Any]:
    """Return a default or an annotation in a list, which is empty where there is none."""
    if value is inspect.Parameter.empty:
        return []
    return [("type", value.__name__) if isinstance(value, type) else value]
