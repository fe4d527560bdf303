"""The lists beside a lesson are read, or refused in a sentence."""

import pytest

from grading.assignment import misconceptions
from grading.core.errors import GraderFault


def test_two_entries_of_one_name_are_refused(tmp_path):
    entry = '[[f]]\nname = "the same"\nedits = [["a", "b"]]\n'
    (tmp_path / misconceptions.WRONG).write_text(entry * 2)
    with pytest.raises(GraderFault, match="f has two entries named 'the same'"):
        misconceptions.read_list(tmp_path)
