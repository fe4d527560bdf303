"""Hand-ins that are alike: what is found, what is not, and how much is compared."""

import random

import copydetect
import nbformat
import pytest

from grading.report.similarity import alike, plain
from tests.support.course import ROOT, grade_id, notebook_path, reference_cells
from tests.support.honest_class import renamed, write

FUNCTIONS = ("rnn_cell_forward", "rnn_forward")
HEADS = {name: f"def {name}(x, a, parameters):\n" for name in FUNCTIONS}
BLANKS = {name: f"{head}    raise NotImplementedError" for name, head in HEADS.items()}


def honest(number, seed=1):
    """A class in which each student writes alone, and the chance that made it."""
    chance = random.Random(seed)
    students = [f"s{n:04}" for n in range(number)]
    return {s: {f: HEADS[f] + write(f, chance) for f in FUNCTIONS} for s in students}, chance


def with_copies(number, count, change, seed=1):
    """The same with copies of the first ones, and who is whose."""
    answers, chance = honest(number, seed)
    for n in range(count):
        answers[f"t{n:04}"] = {
            f: HEADS[f] + change(code.removeprefix(HEADS[f]), chance)
            for f, code in answers[f"s{n:04}"].items()
        }
    return answers, {(f"s{n:04}", f"t{n:04}") for n in range(count)}


def found(answers):
    return {(pair.one, pair.other): pair for pair in alike(answers, BLANKS).pairs}


def test_a_copy_is_found_whatever_its_comments_and_lines():
    def change(body, chance):
        return body.replace("\n", "  # so\n\n") + "\n    # mine"

    answers, copies = with_copies(60, 6, change)
    pairs = found(answers)
    assert copies <= set(pairs)
    assert all(pairs[pair].share == 1.0 and pairs[pair].names for pair in copies)


def test_a_copy_with_other_names_is_found_in_a_class_of_thirty():
    answers, copies = with_copies(30, 4, renamed)
    pairs = found(answers)
    assert len(copies & set(pairs)) >= 3
    assert not all(pairs[pair].names for pair in copies & set(pairs))


@pytest.mark.parametrize("seed", range(4))
def test_of_thirty_who_write_alone_hardly_any_two_are_alike(seed):
    assert len(found(honest(30, seed)[0])) <= 1


def test_what_everybody_writes_makes_nobody_alike():
    answers = {f"s{n}": dict(reference(), rnn_forward="") for n in range(30)}
    told = alike(answers, BLANKS)
    assert told.pairs == []
    assert told.ordinary == told.compared == 30


def reference():
    return {name: code for name, code in reference_cells("01_rnn").items() if name in FUNCTIONS}


def test_in_a_small_class_what_more_than_a_third_write_makes_nobody_alike():
    own, _ = honest(6)
    same = {f"r{n}": reference() for n in range(4)}
    assert not any(pair[0] in same or pair[1] in same for pair in found(own | same))
    assert ("r0", "r1") in found(own | {name: same[name] for name in ("r0", "r1")})


def test_what_was_handed_out_is_nobodys():
    release = nbformat.read(notebook_path(ROOT / "notebooks" / "01_rnn"), 4)
    blanks = {grade_id(c): c.source for c in release.cells if grade_id(c) in FUNCTIONS}
    handed_in = {"one": blanks, "other": blanks}
    assert alike(handed_in, blanks).pairs == []
    body = "    return [k for k in reversed(sorted(parameters, key=len))], len(x) ** 3 // 7"
    unusual = {name: HEADS[name] + body for name in blanks}
    assert len(alike({"one": unusual, "other": unusual}, blanks).pairs) == 1
    assert alike({"one": unusual, "other": unusual}, unusual).pairs == []


def test_of_two_exercises_one_may_be_missing():
    answers, _ = with_copies(30, 1, lambda body, chance: body)
    del answers["s0000"]["rnn_forward"]
    told = alike(answers, BLANKS)
    assert told.usual["rnn_forward"][0] == 30
    assert told.usual["rnn_cell_forward"][0] == 31


def test_of_many_only_those_are_compared_that_share_something_unusual(monkeypatch):
    compared = []
    real = copydetect.compare_files
    monkeypatch.setattr(
        copydetect, "compare_files", lambda *two: compared.append(two) or real(*two)
    )
    answers, copies = with_copies(300, 20, lambda body, chance: body)
    pairs = found(answers)
    assert len(copies & set(pairs)) >= 10
    assert 0 < len(compared) < 320 * 319 / 2 / 5


@pytest.mark.parametrize("code", ["", "\0", "'''", "x = (", "é = 'π'", "def f(" * 9000, "\ud800"])
def test_whatever_is_handed_in_can_be_compared(code):
    plain(code)
    told = alike({"one": {"rnn_forward": code}, "other": {"rnn_forward": code}}, BLANKS)
    assert told.compared == 2
