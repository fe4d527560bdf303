"""Who does the work: processes on this machine, or those of a Dask cluster.

In come jobs, each a submission with its assignment; out come futures of what became of it. An
`Executor` gives them out; `client` is the handle of a process, `process` what runs in it. Nothing
here waits for nbgrader to be imported: a process gets warm while its parent reads the course.
"""

from grading.workers.executors import DaskExecutor, Executor, LocalExecutor, as_completed

__all__ = ["DaskExecutor", "Executor", "LocalExecutor", "as_completed"]
