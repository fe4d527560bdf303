"""Truths 1 and 4: what each submission earns, through real nbgrader and the real sandbox."""

import pytest

from grading.verdicts import Verdict
from tests.course import assignment_of, assignments, reference_cells
from tests.gallery import ALL, ENTRIES


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.student)
def test_an_entry_gets_its_verdict_and_loses_what_it_should(gallery, entry):
    assignment = assignment_of(entry.function)
    record = gallery.records(entry.student, assignment)[entry.function]
    assert record["verdict"] == entry.verdict.value
    lost = {part["name"] for part in record["parts"] if part["earned"] < part["points"]}
    if entry.lost == ALL:
        assert record["points"] == 0.0
    else:
        starts = tuple(filter(None, entry.lost.split(", ")))
        assert all(name.startswith(starts) for name in lost), lost
        assert all(any(name.startswith(s) for name in lost) for s in starts), lost
    assert gallery.scores(entry.student, assignment)[entry.function] == record["points"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.student)
def test_an_entry_leaves_earlier_exercises_their_marks(gallery, entry):
    assignment = assignment_of(entry.function)
    records = gallery.records(entry.student, assignment)
    for function in reference_cells(assignment):
        if function == entry.function:
            break
        assert records[function]["points"] == records[function]["most"]


@pytest.mark.parametrize("student", ["aa-reference", "zz-reference"])
@pytest.mark.parametrize("assignment", assignments())
def test_the_reference_earns_full_marks_first_and_last(gallery, student, assignment):
    records = gallery.records(student, assignment)
    assert set(records) == set(reference_cells(assignment))
    for record in records.values():
        assert record["verdict"] == Verdict.CORRECT.value
        assert record["points"] == record["most"] == 10.0
    assert set(gallery.scores(student, assignment).values()) == {10.0}


@pytest.mark.parametrize("assignment", assignments())
def test_the_untouched_release_earns_nothing_as_not_attempted(gallery, assignment):
    records = gallery.records("untouched", assignment)
    assert set(records) == set(reference_cells(assignment))
    for record in records.values():
        assert record["verdict"] == Verdict.NOT_ATTEMPTED.value
    assert set(gallery.scores("untouched", assignment).values()) == {0.0}


def test_the_snooper_found_nothing(gallery):
    (entry,) = [e for e in ENTRIES if e.name.startswith("looks for the reference")]
    outputs = [
        output
        for cell in gallery.graded(entry.student, assignment_of(entry.function)).cells
        for output in cell.get("outputs", [])
    ]
    assert any(output.get("text") == "found: []\n" for output in outputs), outputs
