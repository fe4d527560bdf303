"""Who does the work: processes on this machine, or those of a Dask cluster.

In come jobs, each a submission with its assignment; out come futures of what is done. An
`Executor` gives them out; `client` is the handle of a process, `process` what runs in it, and
`jobs` what passes between them. Nothing here waits for nbgrader to be imported: a process gets
warm while its parent reads the course.
"""

from grading.workers.executors import DaskExecutor, Executor, LocalExecutor, as_completed
from grading.workers.jobs import Done, Job

__all__ = ["DaskExecutor", "Done", "Executor", "Job", "LocalExecutor", "as_completed"]
