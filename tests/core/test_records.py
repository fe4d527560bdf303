"""What is kept with a score: it comes back as it was, and nothing else passes for it."""

import json

import pytest

from grading.core.records import Part, Record, Rules
from grading.core.verdicts import Verdict

RECORD = Record(
    verdict=Verdict.PARTLY_CORRECT,
    points=4.0,
    most=10.0,
    seed="5f",
    parts=(Part("values", 4.0, 4.0, follows=True), Part("cache", 6.0, 0.0, "it is empty")),
    limits=(Verdict.TIMED_OUT,),
    named=(("minus", "A minus."),),
    public=True,
    hidden=False,
)
# As it lies in notebooks that were graded long ago: this form stays.
KEPT = {
    "verdict": "partly correct",
    "points": 4.0,
    "most": 10.0,
    "seed": "5f",
    "parts": [
        {"name": "values", "points": 4.0, "earned": 4.0, "message": "", "follows": True},
        {"name": "cache", "points": 6.0, "earned": 0.0, "message": "it is empty", "follows": False},
    ],
    "limits": ["timed out"],
    "named": [["minus", "A minus."]],
    "public": True,
    "hidden": False,
}


def test_a_record_lies_on_the_disk_in_the_form_that_it_has_always_had():
    assert RECORD.pack() == KEPT
    assert Record.unpack(json.loads(json.dumps(KEPT))) == RECORD


def test_of_a_hand_in_that_cannot_be_graded_verdict_and_points_are_kept():
    whole = Record(Verdict.UNREADABLE, 0.0)
    assert whole.pack() == {"verdict": "unreadable", "points": 0.0}
    assert Record.unpack(whole.pack()) == whole


def test_what_was_kept_before_hidden_pieces_were_told_apart_is_a_record():
    old = {key: value for key, value in KEPT.items() if key != "hidden"}
    assert Record.unpack(old) == RECORD


def test_a_seed_that_was_kept_as_a_number_is_known_by_its_digest():
    assert Record.unpack(KEPT | {"seed": 2026}).seed == Rules(seed=2026).seed_digest
    assert Record.unpack(KEPT | {"seed": 10**400}).seed not in (None, RECORD.seed)


@pytest.mark.parametrize(
    "other",
    [
        {"verdict": "splendid"},
        {"verdict": None},
        {"verdict": ["wrong"]},
        {"points": None},
        {"points": "4"},
        {"points": True},
        {"points": float("nan")},
        {"points": float("inf")},
        {"points": 10**400},
        {"most": float("nan")},
        {"seed": 7.0},
        {"seed": True},
        {"parts": None},
        {"parts": {}},
        {"parts": ["values"]},
        {"parts": [{"name": "values"}]},
        {"parts": [{**KEPT["parts"][0], "earned": "4"}]},
        {"parts": [{**KEPT["parts"][0], "follows": 1}]},
        {"parts": [{**KEPT["parts"][0], "worth": 4.0}]},
        {"limits": ["soon"]},
        {"named": ["minus"]},
        {"named": [["minus"]]},
        {"named": [["minus", 1]]},
        {"public": 1},
        {"hidden": "yes"},
    ],
    ids=str,
)
def test_what_has_another_form_is_no_record(other):
    with pytest.raises(ValueError):  # noqa: PT011 - readers look at nothing but its kind
        Record.unpack(KEPT | other)


@pytest.mark.parametrize("other", [None, {}, [], "correct", {"ended": True}, {"plots": "pending"}])
def test_other_metadata_are_no_record(other):
    with pytest.raises(ValueError):  # noqa: PT011
        Record.unpack(other)
