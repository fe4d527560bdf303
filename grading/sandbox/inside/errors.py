"""What is told of an error: its text, and the line of the cell at which it was raised."""

from __future__ import annotations


def text_of(error: BaseException) -> str:
    """Return what an error says; nothing where it will not say it."""
    try:
        # A KeyError quotes its key, and would once more when it is made again.
        only_key = isinstance(error, KeyError) and len(error.args) == 1
        return clean(str(error.args[0] if only_key else error)[:2000])
    except BaseException:
        return ""


def clean(text: str) -> str:
    """Replace what cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def place_of(error: BaseException) -> str:
    """Quote the line of a cell at which ``error`` was raised."""
    import linecache
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    cells = [frame for frame in frames if frame.filename.startswith("<ipython-input")]
    if not cells:
        return ""
    number = cells[-1].lineno or 0
    line = linecache.getline(cells[-1].filename, number).strip()
    return clean(f"\n  at line {number} of its cell: {line[:200]}")
