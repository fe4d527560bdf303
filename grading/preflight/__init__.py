"""A lesson's own tests put to the test, before it is released.

In comes an assignment's spec; out come papers that are graded like a class (the solution with
many seeds, blanks, right answers, misconceptions, mutants), what became of them, and what is to
be mended, in lines and on a page.
"""

from grading.preflight.diagnoses import told
from grading.preflight.findings import Findings
from grading.preflight.form import complaints, rebuild, seen_inputs
from grading.preflight.papers import QUICK, Lab

__all__ = ["QUICK", "Findings", "Lab", "complaints", "rebuild", "seen_inputs", "told"]
