"""What is read back of a graded notebook, whoever has written it."""

import json

import pytest

from grading.core.records import Record
from grading.core.verdicts import Verdict
from grading.store.autograded import Pending, read_graded

RIGHT = Record(Verdict.CORRECT, 10.0, 10.0, seed="5f", public=True, hidden=True)


@pytest.fixture
def read(tmp_path):
    def run(record, pending=None):
        """Read a notebook with a test of that record, a student's cell, and what is pending."""
        test = {"nbgrader": {"grade_id": "test_f"}, "grading": record}
        cells = [
            {"cell_type": "code", "source": ["def f():\n", "    pass"], "metadata": {}},
            {"cell_type": "code", "source": "f_test(f)", "metadata": test},
        ]
        metadata = {} if pending is None else {"grading": pending}
        path = tmp_path / "rnn.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": metadata}))
        return read_graded(path)

    return run


def test_a_record_is_read_back(read):
    found = read(RIGHT.pack())
    assert found.tests == {"test_f": RIGHT}
    assert found.code == [("", "def f():\n    pass")]
    assert not found.is_pending


@pytest.mark.parametrize(
    "record",
    [
        Record(Verdict.GRADER_FAULT, 0.0).pack(),  # no mark at all
        RIGHT.pack() | {"points": float("nan")},
        RIGHT.pack() | {"parts": [{"name": "values"}]},
        {},
        None,
    ],
    ids=str,
)
def test_a_test_without_a_record_counts_as_not_graded(read, record):
    found = read(record)
    assert found.tests == {}
    assert ("", "def f():\n    pass") in found.code


def test_cells_to_leave_out_come_back_as_they_were():
    pending = Pending(("cell-3", "cell-8"))
    assert Pending.unpack(json.loads(json.dumps(pending.pack()))) == pending


def test_plots_are_pending_in_what_the_version_before_has_graded(read):
    assert Pending().pack() == {"plots": "pending"}
    assert read(RIGHT.pack(), {"plots": "pending"}).is_pending
    whole = {"verdict": "unreadable", "why": "It is not JSON.", "sha256": "0"}
    found = read(Record(Verdict.UNREADABLE, 0.0).pack(), whole)
    assert not found.is_pending
    assert found.tests["test_f"].verdict is Verdict.UNREADABLE


@pytest.mark.parametrize("ended", ["cell-3", 3, [3], None], ids=str)
def test_a_notebook_whose_cells_to_leave_out_cannot_be_read_counts_as_not_graded(read, ended):
    found = read(RIGHT.pack(), {"plots": "pending", "ended": ended})
    assert found.tests == {}
    assert not found.is_pending


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"cells": [', b"[" * 100_000, "{}".encode("utf-16"), b"\xff"]
)
def test_a_file_that_is_no_notebook_counts_as_not_graded(tmp_path, data):
    path = tmp_path / "rnn.ipynb"
    path.write_bytes(data)
    found = read_graded(path)
    assert not found.tests
    assert not found.is_pending
