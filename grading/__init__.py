"""Grade notebooks whose code runs behind a wall.

Packages with faces, imports pointing down; CONTRIBUTING.md has them in a picture, with the way of
one submission through them. ``python -m grading`` is `grading.cli`, what nbgrader_config.py names
is `grading.plugins`, and a hidden test writes ``from grading.exam import Exam``.
"""

from typing import Any


def configure(c: Any) -> None:
    """Make nbgrader grade, release and show with this package; see `grading.plugins.configure`."""
    from grading.plugins import configure  # nbgrader takes a second, and few need it

    configure(c)
