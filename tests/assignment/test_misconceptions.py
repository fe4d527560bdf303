"""The lists beside a lesson are read, or refused in a sentence."""

import pytest

from grading.assignment import misconceptions
from grading.core.errors import GraderFault


@pytest.mark.parametrize(
    ("loses", "earned", "lost", "fits"),
    [
        ("values of a, cache", 3.0, ["values of a_next", "cache"], True),
        ("values of a, cache", 3.0, ["values of a_next"], False),  # one that it names is not lost
        ("values of a", 3.0, ["values of a_next", "cache"], False),  # one more is
        ("everything", 0.0, ["values of a_next"], True),
        ("everything", 3.0, ["values of a_next"], False),
    ],
)
def test_a_mistake_costs_what_its_list_names_no_less_and_no_more(loses, earned, lost, fits):
    assert misconceptions.Misconception("f", "one", loses=loses).costs(earned, lost) is fits


def test_two_entries_of_one_name_are_refused(tmp_path):
    entry = '[[f]]\nname = "the same"\nedits = [["a", "b"]]\n'
    (tmp_path / misconceptions.WRONG).write_text(entry * 2)
    with pytest.raises(GraderFault, match="f has two entries named 'the same'"):
        misconceptions.read_list(tmp_path)
