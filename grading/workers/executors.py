"""Who grades a class: worker processes here, or those of a Dask cluster.

Both take a job and give a future of what is done. `as_completed` keeps a bounded number of jobs
in flight, so that memory does not grow with the class.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from grading.core import GraderFault
from grading.workers.client import LimitMet, WorkerClient, WorkerLost
from grading.workers.jobs import Done, Job, Packed, merged

Key = TypeVar("Key")
START_SECONDS = 10.0  # for a cluster to answer
ATTEMPTS = 3  # a worker may be lost for a reason of its own; three are no accident
KILLED = (
    f"The process that grades ended {ATTEMPTS} times on this submission, so it has no mark. "
    "Look at it by hand; what it does to the machine it may do to yours."
)


class Executor(Protocol):
    """Does jobs."""

    size: int

    def submit(self, job: Job) -> Future[Done]:
        """Give a job to whoever is free."""

    def close(self) -> None:
        """Stop at once whatever is being done."""


class LocalExecutor:
    """Worker processes on this machine, each on a processor of its own.

    Parameters
    ----------
    size : int
        How many; 0 is one for each processor.
    """

    def __init__(self, size: int = 0) -> None:
        cores = sorted(getattr(os, "sched_getaffinity", lambda _: [0])(0))  # macOS has none
        self.size = size or len(cores)
        self._workers = [WorkerClient(cores[number % len(cores)]) for number in range(self.size)]
        self._idle: queue.SimpleQueue[WorkerClient] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(self.size)

    def warm(self, most: int) -> LocalExecutor:
        """Start so many workers now, 0 for all; each other one starts with its first job."""
        for worker in self._workers[: most or None]:
            worker.start()
        return self

    def submit(self, job: Job) -> Future[Done]:
        """Give a job to whoever is free."""
        return self._threads.submit(self._do, job)

    def close(self) -> None:
        """Stop at once whatever is being done."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.end()
        self._threads.shutdown()

    def _do(self, job: Job) -> Done:
        worker = self._idle.get()
        try:
            return Done.unpack(persist(worker, job))
        finally:
            self._idle.put(worker)


class DaskExecutor:
    """The workers of a Dask cluster; they need this package, and nothing of the course.

    Parameters
    ----------
    address : str
        Of the scheduler, as in ``tcp://host:8786``; or the path of its scheduler file.

    Raises
    ------
    GraderFault
        When there is no such cluster, or nobody works in it.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
            from distributed.comm.addressing import parse_address, parse_host_port
        except ImportError as error:
            raise GraderFault(
                "Grading on a cluster needs Dask: pip install '.[grading,cluster]'"
            ) from error
        where = {"scheduler_file": address} if Path(address).exists() else {"address": address}
        try:
            if "address" in where:  # Dask would go on trying
                host, port = parse_host_port(parse_address(address)[1])
                socket.create_connection((host, port), START_SECONDS).close()
            self._client = Client(**where, timeout=START_SECONDS)
            self._client.wait_for_workers(1, timeout=START_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            raise GraderFault(f"No Dask cluster with workers answers at {address}.") from error
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        self.size = sum(worker["nthreads"] for worker in workers)
        self._executor = self._client.get_executor(pure=False)

    def submit(self, job: Job) -> Future[Done]:
        """Give a job to whoever is free."""
        answer: Future[Done] = Future()
        answer.set_running_or_notify_cancel()
        self._executor.submit(work_on_cluster, job.pack()).add_done_callback(
            lambda future: _pass_on(future, answer)
        )
        return answer

    def close(self) -> None:
        """Stop at once whatever is being done."""
        self._executor.shutdown(wait=False)
        self._client.close()


def work_on_cluster(packed: Packed) -> Packed:
    """Do a packed job in a worker of Dask's; what is judged there has a process of its own."""
    job = Job.unpack(packed)
    if not hasattr(_here, "worker"):
        _here.worker = WorkerClient()
    return persist(_here.worker, job)


_here = threading.local()  # a worker of Dask's has a thread for each job


def _pass_on(future: Future[Packed], answer: Future[Done]) -> None:
    error = future.exception() if not future.cancelled() else WorkerLost("it was stopped")
    if error is None:
        try:
            answer.set_result(Done.unpack(future.result()))
        except Exception as broken:  # nobody else would hear of it
            answer.set_exception(broken)
    elif type(error).__name__ == "KilledWorker":  # Dask has made its own attempts
        answer.set_exception(GraderFault(KILLED))
    else:
        answer.set_exception(error)


def persist(worker: WorkerClient, job: Job) -> Packed:
    """Do a job again when the worker is lost over it, but not for ever.

    What meets a limit here is not tried again: it has its verdict.
    """
    for _ in range(ATTEMPTS):
        try:
            return worker.do(job)
        except LimitMet as error:
            if job.versions or job.met:
                raise
            if job.size > 1:  # which of them was it?
                return merged([persist(worker, one) for one in job.each()])
            return worker.do(replace(job, met=error.met))
        except WorkerLost as error:
            lost = error
            if worker.over:
                raise
    raise GraderFault(KILLED) from lost


def as_completed(
    jobs: Iterable[tuple[Key, Future[Any]]], most: int
) -> Iterator[tuple[Key, Future[Any]]]:
    """Take jobs as they are started, at most so many at a time; give each when it is done."""
    running: dict[Future[Any], Key] = {}
    for key, future in jobs:
        running[future] = key
        while len(running) >= most:
            yield from _done(running)
    while running:
        yield from _done(running)


def _done(running: dict[Future[Any], Key]) -> Iterator[tuple[Key, Future[Any]]]:
    ready, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in ready:
        yield running.pop(future), future
