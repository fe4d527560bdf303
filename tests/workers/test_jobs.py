"""What crosses between grader and worker: whole, or refused in a sentence."""

import subprocess
import sys
from dataclasses import replace

import msgpack
import pytest

from grading.core.errors import GraderFault
from grading.core.handin import HandIn, Versions
from grading.core.records import Record
from grading.core.verdicts import Verdict
from grading.judging.results import Drawn, Graded
from grading.store.audit import AuditEntry
from grading.workers.jobs import Done, Job, Met, merged

GRADE = {
    "rnn": HandIn(b"{}"),
    "lstm": HandIn(verdict=Verdict.UNREADABLE, why="It has no cells."),
}
ENTRY = AuditEntry(
    "ada", "01_rnn", "rnn", None, "5f", "abc", {"test_x": ("correct", 10.0)}, ("timed out",)
)
ENTRY = replace(ENTRY, landlock=4, seconds=0.5, versions={"numpy": "2"})
DONE = Done({"rnn": Graded(b"{}", ENTRY, True)}, {}, (), ((20, "well"),), 0.5, 4, {"numpy": "2"})
VERSIONS = Versions("rnn", "rnn_forward", (("x = 1", 0), ("x = 2", 7)))
JOBS = [
    Job(b"spec", "ada", 60.0, grade=GRADE, seed=0),
    Job(b"spec", "ada", 60.0, grade=GRADE, seed=2**128 - 1),
    Job(b"spec", "ada", 60.0, draw={"rnn": b"{}"}),
    Job(b"spec", "ada", 60.0, versions=VERSIONS),
    Job(b"spec", "ada", 60.0, grade=GRADE, met=Met(Verdict.TIMED_OUT, "It took too long.")),
]
BROKEN = {
    "student": None,
    "seconds": "60",
    "lesson": "spec",
    "seed": True,
    "grade": {"rnn": {"data": b"{}", "verdict": "unreadable", "why": ""}},
    "draw": {"rnn": "{}"},
    "versions": {**VERSIONS.pack(), "cells": [["x = 1", True]]},
    "met": {"verdict": "too dear", "why": ""},
}
STRANGE = {
    "log": [[20, "well", "more"]],
    "seconds": 1,
    "graded": {"rnn": {**DONE.pack()["graded"]["rnn"], "pending": None}},
    "drawn": {"rnn": {"notebook": "{}", "limits": []}},
    "judged": [Record(Verdict.WRONG, 0.0).pack() | {"points": "0"}],
}


def crossed(packed):
    return msgpack.unpackb(msgpack.packb(packed))


@pytest.mark.parametrize("job", JOBS)
def test_a_job_arrives_as_it_was_given(job):
    assert Job.unpack(crossed(job.pack())) == job


@pytest.mark.parametrize(
    "done",
    [
        DONE,
        replace(DONE, graded={}, drawn={"rnn": Drawn(b"{}", ("timed out",))}),
        replace(
            DONE, graded={}, judged=(Record(Verdict.CORRECT, 10.0), Record(Verdict.WRONG, 0.0))
        ),
    ],
)
def test_what_is_done_arrives_as_it_was_given(done):
    assert Done.unpack(crossed(done.pack())) == done


def test_what_is_done_by_notebook_is_the_same_as_in_one():
    job = JOBS[0]
    assert [list(one.grade) for one in job.each()] == [["rnn"], ["lstm"]]
    assert all(replace(one, grade=GRADE) == job for one in job.each())
    other = replace(DONE, graded={"lstm": DONE.graded["rnn"]})
    done = Done.unpack(merged([DONE.pack(), other.pack()]))
    assert set(done.graded) == {"rnn", "lstm"}
    assert done.seconds == 1.0


@pytest.mark.parametrize(("name", "value"), BROKEN.items())
def test_a_job_with_a_value_of_another_kind_is_refused(name, value):
    with pytest.raises(GraderFault):
        Job.unpack(JOBS[0].pack() | {name: value})


def test_a_value_that_is_missing_is_named_with_what_to_do():
    packed = JOBS[0].pack()
    del packed["seed"]
    with pytest.raises(GraderFault, match=r"'seed' is of type NoneType.*Install the same grader"):
        Job.unpack(packed)


@pytest.mark.parametrize(
    "name", ["graded", "drawn", "judged", "log", "seconds", "landlock", "versions"]
)
def test_an_answer_that_lacks_something_is_refused(name):
    packed = DONE.pack()
    del packed[name]
    with pytest.raises(GraderFault, match=name):
        Done.unpack(packed)


@pytest.mark.parametrize(("name", "value"), STRANGE.items())
def test_an_answer_with_a_value_of_another_kind_is_refused(name, value):
    with pytest.raises(GraderFault):
        Done.unpack(DONE.pack() | {name: value})


def test_a_hand_in_with_an_unknown_verdict_is_refused():
    with pytest.raises(GraderFault, match="no verdict 'fine'"):
        HandIn.unpack({"data": None, "verdict": "fine", "why": ""})


def test_a_job_for_another_grader_is_refused_before_anything_of_it_is_read():
    with pytest.raises(GraderFault, match="another version of this grader"):
        Job.unpack({"grader": "another"})


@pytest.mark.parametrize(
    "more",
    [{}, {"grade": GRADE, "draw": {"rnn": b"{}"}}, {"grade": GRADE, "versions": VERSIONS}],
)
def test_a_worker_is_asked_one_thing_at_a_time(more):
    with pytest.raises(GraderFault, match="none of them, or several"):
        Job(b"spec", "ada", 60.0, **more)


def test_a_hand_in_is_bytes_or_a_verdict():
    for data, verdict in ((None, None), (b"{}", Verdict.UNREADABLE)):
        with pytest.raises(GraderFault, match="either"):
            HandIn(data, verdict)


@pytest.mark.parametrize("package", ["workers", "core", "sandbox"])
def test_what_starts_workers_waits_for_nothing_large(package):
    """They get warm while their parent imports nbgrader; so do those of a cluster."""
    code = f"import sys, grading.{package}\n"
    code += "print(sorted(sys.modules.keys() & {'nbgrader', 'sqlalchemy', 'nbconvert'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
