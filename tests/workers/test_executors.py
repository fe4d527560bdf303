"""Who grades a class: so many at a time, and each with the same grader."""

import shutil
import threading
from concurrent.futures import Future

from grading.core.handin import HandIn
from grading.core.verdicts import Verdict
from grading.workers.client import LimitMet
from grading.workers.executors import as_completed, persist
from grading.workers.jobs import Job
from tests.support.course import ROOT, Course, full_marks

A = "01_rnn"
FULL = full_marks(A)
AUTOGRADE = ("grading", "autograde", A)


def test_no_more_jobs_are_in_flight_than_there_may_be():
    open_jobs, most = set(), []

    def jobs():
        for number in range(40):
            future = Future()
            open_jobs.add(number)
            most.append(len(open_jobs))
            threading.Timer(0.001 * (number % 7), future.set_result, [number]).start()
            yield number, future

    seen = []
    for number, future in as_completed(jobs(), 5):
        assert future.result() == number
        open_jobs.discard(number)
        seen.append(number)
    assert sorted(seen) == list(range(40))
    assert max(most) <= 5


def test_of_several_notebooks_only_the_one_that_costs_too_much_has_its_verdict():
    class Worker:
        over = False

        def do(self, job):
            if "dear" in job.grade and not job.met:
                raise LimitMet(Verdict.TIMED_OUT, "a second")
            found = dict.fromkeys(job.grade, job.met and job.met.verdict)
            return {"graded": found, "drawn": {}, "log": [], "seconds": 1.0}

    for names in (["dear"], ["cheap", "dear"], ["cheap", "dear", "free"]):
        job = Job(b"spec", "ada", 60.0, grade={name: HandIn(b"{}") for name in names}, seed=0)
        found = persist(Worker(), job)["graded"]
        assert found == {name: Verdict.TIMED_OUT if name == "dear" else None for name in names}


def test_a_worker_with_another_grader_is_refused(tmp_path, monkeypatch):
    from distributed import LocalCluster

    course = Course(tmp_path / "course")
    course.submit("ada", A, course.answers(A))
    other = tmp_path / "other"
    shutil.copytree(ROOT / "grading", other / "grading")
    with (other / "grading" / "judging" / "judge.py").open("a") as file:
        file.write("# another\n")
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as local:
        grade = (*AUTOGRADE, f"--cluster={local.scheduler_address}")
        course.process(*grade)
        assert course.scores("ada", A) == FULL
        monkeypatch.setenv("PYTHONPATH", str(other))
        said = course.process(*grade, "--force", fails=True, warm=False)
    assert "has another version of this grader" in said
    assert course.scores("ada", A) == FULL
