"""The class report: what a class has understood, what to teach again, tests worth a look.

In comes a class as `grading.store` reads it; out come a page that is complete in itself and a
table for spreadsheets.
"""

from grading.report.page import write_report

__all__ = ["write_report"]
