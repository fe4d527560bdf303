"""The command line: ``python -m grading``.

In come words; out come an exit status, tables, and how far it is. Each command hands the course's
settings to the package that does the work.
"""

from grading.cli.parser import main

__all__ = ["main"]
