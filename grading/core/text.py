"""Text of other people's that is printed, shown or used as a name."""

from __future__ import annotations


def why_no_student(name: str) -> str:
    """Say why a folder of this name cannot be a student's; nothing if it can."""
    if name.startswith("."):
        return "its name begins with a dot"
    if not name.isprintable():
        return "its name is not plain text on one line"
    if set(name) & set('<>"\\'):
        return "its name holds one of < > \" \\, which nbgrader's pages print as code"
    return ""


def printable(name: str) -> str:
    """Return the name of a file or a student on one line that a terminal prints as it is."""
    return name if name.isprintable() else ascii(name)[1:-1]


def cut(text: str, most: int, start: str = "") -> str:
    """Shorten a text that is longer than ``most``; say so in its first line."""
    if len(text) <= most:
        return text
    told = f"The first {most} of {len(text)} characters; the rest is in the notebook."
    return f"{start}{told}\n\n{text[:most]}"
