"""The gradebook that stays open: nbgrader's own class, and what of it is ours, and when."""

import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from grading.core.errors import GraderFault
from grading.store.gradebook import open_gradebook, prepare_gradebook


def test_to_import_the_store_changes_nothing_of_nbgraders():
    """Another program of nbgrader's may import the grader, and never open anything here."""
    code = """
from nbgrader.api import Gradebook
before = dict(vars(Gradebook))
import grading.store, grading.judging, grading.autograde, grading.feedback, grading.plugins
print(dict(vars(Gradebook)) == before)
with grading.store.open_gradebook("sqlite://"):
    first = dict(vars(Gradebook))
    with grading.store.open_gradebook("sqlite:///:memory:"):
        print(first == before, dict(vars(Gradebook)) == first)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True", "False True"]


def test_until_it_is_closed_every_gradebook_of_its_address_is_the_same(tmp_path):
    prepare_gradebook(tmp_path / "one.db")
    url = f"sqlite:///{tmp_path}/one.db"
    with open_gradebook(url) as ours, open_gradebook(url) as again:
        with Gradebook(url) as theirs:
            assert theirs.db is again.db is ours.db
        ours.add_assignment("01_rnn")  # it is still open
    with Gradebook(url) as other:
        assert other.db is not ours.db
        assert [one.name for one in other.assignments] == ["01_rnn"]


def test_none_is_begun_where_marks_are_only_read(tmp_path):
    path = tmp_path / "none.db"
    with (
        pytest.raises(GraderFault, match="no gradebook here yet"),
        open_gradebook(f"sqlite:///{path}", begin=False),
    ):
        pass
    assert not path.exists()
