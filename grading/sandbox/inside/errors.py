"""What is told of an error: its text, and the line of the cell at which it was raised."""

from __future__ import annotations

from typing import Any

from .facts import clean, facts_of, place_of, quoted


def text_of(error: BaseException) -> str:
    """Return what an error says; nothing where it will not say it."""
    try:
        # A KeyError quotes its key, and would once more when it is made again.
        only_key = isinstance(error, KeyError) and len(error.args) == 1
        return clean(str(error.args[0] if only_key else error)[:2000])
    except BaseException:
        return ""


def told_of(error: BaseException) -> dict[str, Any]:
    """Return the line of a cell at which ``error`` was raised, and what is to be seen of it."""
    try:
        trace = place_of(error)
        return {"place": quoted(error), "facts": facts_of(error, trace) if trace else {}}
    except BaseException:  # the submission may have got at anything that this needs
        return {"place": "", "facts": {}}
