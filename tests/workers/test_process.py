"""A worker ends with the process that started it, and leaves nothing."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grading.assignment.spec import AssignmentSpec, Expected, NotebookSpec
from grading.core.handin import HandIn
from grading.sandbox import inside
from grading.workers.client import WorkerClient
from grading.workers.jobs import Job
from tests.support.sandbox import DAEMON, becomes


def test_a_worker_ends_with_nbgrader_and_all_its_sandboxes_with_it():
    word = f"51.{os.getpid()}"
    source = DAEMON.format(word) + "\nimport time; time.sleep(60)"
    test = Expected("test_x", "code", "", None, True, True, False, False, 0.0)
    book = NotebookSpec(
        None, [replace(test, source="1.0")], reference=[], wrong=[], plots=[], imports=[]
    )
    wall = "grading.judging.preprocessor.ExecuteBehindWall"
    config = {"ExecuteBehindWall": {"cell_seconds": 50.0}}
    lesson = AssignmentSpec("one", {"book": book}, {}, [], [wall], config).pack()
    handed_in = nbformat.writes(new_notebook(cells=[new_code_cell(source)])).encode()
    job = Job(lesson, "ada", 60.0, grade={"book": HandIn(handed_in)}).pack()
    start = "import threading, time\n"
    start += "from grading.workers.client import Job, WorkerClient\n"
    start += f"worker, job = WorkerClient(0), Job.unpack({job!r})\n"
    start += "work = lambda: worker.do(job)\n"
    start += "threading.Thread(target=work, daemon=True).start()\n"
    start += "while worker._process is None: time.sleep(0.01)\n"
    start += "print(worker._process.pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE) as other:
        try:
            worker = int(other.stdout.readline())
            assert becomes(True, word)
        finally:
            other.kill()
    assert becomes(False, word)
    end = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < end, "the worker lives on"
        time.sleep(0.01)


BUSY = {
    "writing": """
        while True:
            with TemporaryDirectory() as folder:
                Path(folder, "a", "b").mkdir(parents=True)
                Path(folder, "a", "b", "c").write_text("d")
    """,
    "within a long piece of C": """
        Path(os.environ["TMPDIR"], "a").touch()
        np.linalg.svd(square)
    """,
}


@pytest.mark.parametrize("busy", BUSY)
def test_a_worker_that_ends_in_the_middle_leaves_nothing(tmp_path, busy):
    place = tmp_path / "of-a-worker"
    place.mkdir()
    code = """
        import os, sys
        import numpy as np
        from pathlib import Path
        from tempfile import TemporaryDirectory
        from grading.workers.process import end_with
        end_with(int(sys.argv[1]))
        square = np.random.default_rng(0).standard_normal((5000, 5000))  # minutes of svd
        print("ready", flush=True)
    """
    ours, theirs = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code) + textwrap.dedent(BUSY[busy]), str(ours)],
        pass_fds=[ours],
        env=dict(os.environ, TMPDIR=str(place)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.5)
        os.close(theirs)
        assert process.wait(timeout=60) == -signal.SIGKILL
    os.close(ours)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_whose_answer_nobody_reads_ends_and_leaves_nothing():
    worker = WorkerClient()
    wire = worker.start()
    process, folder = worker._process, Path(worker._folder)
    try:
        inside.send(wire, {"grader": "another"})
        select.select([wire], [], [])
        wire.close()
        assert process.wait(60) == -signal.SIGKILL  # it ends itself
        assert not folder.exists()
    finally:
        worker.close()
