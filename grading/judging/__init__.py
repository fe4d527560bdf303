"""One submission: bytes in, marks out.

In come an assignment's spec, a zygote and what was handed in; out comes a graded notebook with a
record for each test. `submission` reads whatever was handed in, `rebuild` makes of it and of what
was released one notebook, `pipeline` takes it through nbgrader's steps, of which `preprocessor`
is ours: `judge` runs the cells in a sandbox and each `test_cell` on this side, to a `judgement`.
"""

from grading.judging.pipeline import Pipeline, of_bytes
from grading.judging.preprocessor import ExecuteBehindWall
from grading.judging.results import Drawn, Graded

__all__ = ["Drawn", "ExecuteBehindWall", "Graded", "Pipeline", "of_bytes"]
