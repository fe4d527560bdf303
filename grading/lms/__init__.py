"""Canvas and Moodle: hand-ins from their zips, marks and feedback as they take them back.

In come their downloads, a roster and a class; out come folders of hand-ins, tables of marks that
they import, and zips of feedback pages.
"""

from grading.lms.all_grades import AllGrades
from grading.lms.collector import Collector
from grading.lms.extractor import Extractor
from grading.lms.feedback_zip import write_zips
from grading.lms.formats import FORMATS, Canvas, Csv, Moodle

__all__ = [
    "FORMATS",
    "AllGrades",
    "Canvas",
    "Collector",
    "Csv",
    "Extractor",
    "Moodle",
    "write_zips",
]
