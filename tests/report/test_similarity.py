"""Hand-ins that are alike: what is found, what is not, and how much is compared."""

import nbformat
import pytest

from grading.report import similarity
from grading.report.similarity import alike, plain
from tests.support.course import ROOT, grade_id, notebook_path, reference_cells
from tests.support.honest_class import BLANKS, FUNCTIONS, HEADS, make


def found(answers):
    return {(pair.one, pair.other): pair for pair in alike(answers, BLANKS).pairs}


@pytest.mark.parametrize("way", ["word for word", "other comments"])
def test_a_copy_is_found_whatever_its_comments_and_lines(way):
    answers, copies = make(60, 6, ways=[way])
    pairs = found(answers)
    assert copies.keys() <= pairs.keys()
    assert all(pairs[pair].share == 1.0 for pair in copies)


@pytest.mark.parametrize("size", [30, 100])
def test_of_students_who_write_alone_no_two_are_alike(size):
    for seed in range(3):
        assert found(make(size, seed=seed)[0]) == {}


def test_what_everybody_writes_makes_nobody_alike():
    answers = {f"s{n}": dict(reference(), rnn_forward="") for n in range(30)}
    told = alike(answers, BLANKS)
    assert told.pairs == []
    assert told.ordinary == told.compared == 30
    assert told.usual["rnn_cell_forward"] == (30, 30)


def test_an_answer_with_anything_unusual_is_not_called_usual():
    answers = {f"s{n}": reference() for n in range(30)}
    answers["s0"]["rnn_forward"] += "\n    quite_another_name = caches[::-1][::-1]"
    told = alike(answers, BLANKS)
    assert told.usual == {"rnn_cell_forward": (30, 30), "rnn_forward": (30, 29)}
    assert told.ordinary == 30


def reference():
    return {name: code for name, code in reference_cells("01_rnn").items() if name in FUNCTIONS}


def test_in_a_small_class_what_more_than_a_third_write_makes_nobody_alike():
    own, _ = make(6)
    same = {f"r{n}": reference() for n in range(4)}
    assert not any(pair[0] in same or pair[1] in same for pair in found(own | same))
    assert ("r0", "r1") in found(own | {name: same[name] for name in ("r0", "r1")})


def test_what_was_handed_out_is_nobodys():
    release = nbformat.read(notebook_path(ROOT / "notebooks" / "01_rnn"), 4)
    blanks = {grade_id(c): c.source for c in release.cells if grade_id(c) in FUNCTIONS}
    handed_in = {"one": blanks, "other": blanks}
    assert alike(handed_in, blanks).pairs == []
    body = """    kept_in_a_row = [k for k in reversed(sorted(parameters, key=len))]
    nonsense = len(x) ** 3 // 7 + sum(map(len, kept_in_a_row))
    return {"rows": kept_in_a_row[::-1], "nonsense": nonsense}
"""
    unusual = {name: HEADS[name] + body for name in blanks}
    assert len(alike({"one": unusual, "other": unusual}, blanks).pairs) == 1
    assert alike({"one": unusual, "other": unusual}, unusual).pairs == []


def test_of_two_exercises_one_may_be_missing():
    answers, _ = make(30)
    del answers["s0000"]["rnn_forward"]
    told = alike(answers, BLANKS)
    assert told.usual["rnn_forward"][0] == 29
    assert told.usual["rnn_cell_forward"][0] == 30


def test_of_many_only_those_are_compared_that_share_something_unusual(monkeypatch):
    compared = []
    share = similarity._Own.share
    monkeypatch.setattr(
        similarity._Own, "share", lambda own, both: compared.append(own) or share(own, both)
    )
    answers, copies = make(300, 20, ways=["word for word"])
    pairs = found(answers)
    assert len(copies.keys() & pairs.keys()) >= 10
    assert pairs.keys() <= copies.keys()
    assert 0 < len(compared) < 2 * 320 * 319 / 2 / 5


@pytest.mark.parametrize("code", ["", "\0", "'''", "x = (", "é = 'π'", "def f(" * 9000, "\ud800"])
def test_whatever_is_handed_in_can_be_compared(code):
    plain(code)
    told = alike({"one": {"rnn_forward": code}, "other": {"rnn_forward": code}}, BLANKS)
    assert told.compared == 2
