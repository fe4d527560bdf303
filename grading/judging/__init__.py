"""One submission: bytes in, marks out.

In come an assignment's spec, a zygote and what was handed in; out comes a graded notebook with a
record for each test. `submission` makes a notebook of whatever was handed in, `pipeline` takes
it through nbgrader's steps, of which `preprocessor` is ours: `judge` runs the cells in a sandbox
and each `test_cell` on this side.
"""

from grading.judging.pipeline import Pipeline, of_bytes
from grading.judging.preprocessor import ExecuteBehindWall
from grading.judging.results import Drawn, Graded

__all__ = ["Drawn", "ExecuteBehindWall", "Graded", "Pipeline", "of_bytes"]
