"""A fact is said of nothing else that gives the same: held against all that can be run."""

from types import SimpleNamespace

import numpy as np
import pytest

from grading.assignment.misconceptions import Misconception
from grading.diagnosis.bench import Bench
from grading.diagnosis.field import Field
from grading.diagnosis.known import Sure, known_mistakes, likely, table
from grading.diagnosis.proof import false_diagnoses
from grading.mutation.change import changes

SOLUTION = '''
def step(p, q, W):
    """Do one step."""
    total = W @ p + q
    out = np.tanh(total)
    found = {"first": out, "second": total}
    return found
'''


def wrong(name, *edits, **more):
    return Misconception("step", name, f"{name}.", tuple(edits), **more)


def given():
    draw = np.random.RandomState(3)
    return {"p": draw.randn(3, 4), "q": draw.randn(3, 4), "W": draw.randn(3, 3)}


def sureness(*listed, solution=SOLUTION, cases=None):
    field = Field(Bench("step", {"np": np}, cases or [given()]), solution, listed)
    known = known_mistakes(field)
    return field, known, {one.program.parts[0].name: one.sure for one in known[: len(listed)]}


DROPPED = wrong("q forgotten", ("W @ p + q", "W @ p"))
TURNED = wrong("W transposed", ("W @ p", "W.T @ p"))
# As does the line above, where the tanh is left out.
STORED = wrong("first is the sum", ('"first": out', '"first": total'))
STOPS = wrong("factors exchanged", ("W @ p + q", "p @ W + q"))


def test_what_nothing_else_gives_is_a_fact():
    assert sureness(DROPPED, TURNED)[2] == {"q forgotten": Sure.FACT, "W transposed": Sure.FACT}


def test_what_another_place_gives_as_well_is_a_possibility():
    moved = SOLUTION.replace('"second": total}', '"second": total * 1}')
    again = wrong("sum kept twice", ("out = np.tanh(total)", "out = total"))
    also = wrong("first is the sum", ('"first": out', '"first": total'))
    assert sureness(again, also, solution=moved)[2] == {
        "sum kept twice": Sure.PERHAPS,
        "first is the sum": Sure.PERHAPS,
    }


def test_two_sentences_about_one_statement_are_possibilities():
    """What one of them says need not be true of the other's program."""
    one = wrong("no q", ("W @ p + q", "W @ p"))
    other = wrong("q times nothing", ("W @ p + q", "W @ p + 0 * q"))
    assert set(sureness(one, other)[2].values()) == {Sure.PERHAPS}
    result = wrong("no q in it", ("W @ p + q", "W @ p"), about="result")
    assert set(sureness(one, result)[2].values()) == {Sure.FACT}


@pytest.mark.parametrize(
    ("places", "sure"), [(0, Sure.FACT), (1, Sure.PERHAPS), (2, Sure.PERHAPS), (3, Sure.NOT)]
)
def test_of_so_many_other_places_a_mistake_is_still_a_possibility(places, sure):
    found = SimpleNamespace(parts=(DROPPED,), telling=True)
    others = [
        SimpleNamespace(where=frozenset({f"{place}"}), holds=lambda *_: False)
        for place in range(places)
    ]
    field = SimpleNamespace(single=[found], pairs=[], without=[], like=lambda _: others)
    assert known_mistakes(field)[0].sure is sure


def test_a_sentence_about_the_result_is_true_of_all_that_give_it():
    also = wrong("first is the sum", ('"first": out', '"first": total'), about="result")
    again = wrong("tanh forgotten", ("out = np.tanh(total)", "out = total"))
    assert sureness(also, again)[2]["first is the sum"] is Sure.FACT


def test_an_error_that_many_slips_give_is_not_said():
    assert sureness(STOPS)[2] == {"factors exchanged": Sure.NOT}


def test_numbers_at_which_programs_end_prove_nothing():
    lone = SOLUTION.replace('"second": total', '"second": 0')
    ones = wrong("saturated", ("np.tanh(total)", "np.ones((3, 4))"))
    assert sureness(ones, solution=lone)[2]["saturated"] is not Sure.FACT


def test_a_mistake_in_an_exercise_before_it_counts_too():
    field = Field(
        Bench("step", {"np": np}, [given()]),
        SOLUTION,
        [DROPPED],
        [lambda p, q, W: {"first": np.tanh(W @ p), "second": W @ p}],
    )
    assert known_mistakes(field)[0].sure is Sure.PERHAPS


def test_two_slips_are_known_together():
    _, known, _ = sureness(DROPPED, TURNED)
    rows = table(known)
    assert rows[2]["both"] == [0, 1]
    assert rows[2]["sure"] == "fact"


def test_of_two_slips_one_of_which_hides_the_other_none_is_told():
    """Where the sum goes through a tanh already, the first value is right without its own."""
    solution = SOLUTION.replace("out = np.tanh(total)", "out = 3 * np.tanh(total)")
    early = wrong("tanh of the sum", ("total = W @ p + q", "total = np.tanh(W @ p + q)"))
    bare = wrong("tanh forgotten", ("3 * np.tanh(total)", "3 * total"))
    _, known, _ = sureness(early, bare, TURNED, solution=solution)
    told = [{part.name for part in one.program.parts} for one in known if one.program.parts[1:]]
    assert {"tanh of the sum", "W transposed"} in told
    assert {"tanh forgotten", "W transposed"} in told
    assert {"tanh of the sum", "tanh forgotten"} not in told


def test_several_things_left_out_are_said_in_one_sentence():
    solution = SOLUTION.replace("W @ p + q", "W @ p + q + c + d")
    cases = [{**given(), "c": 3.3, "d": -2.1}]
    listed = [
        wrong(f"{name} forgotten", (f" + {name}", ""), without=name) for name in ("q", "c", "d")
    ]
    _, known, _ = sureness(
        *listed, solution=solution.replace("(p, q, W)", "(p, q, W, c, d)"), cases=cases
    )
    said = [row["says"] for row in table(known)]
    assert any(
        text.startswith("Your result is just that of code without `q`, `c` and `d`")
        for text in said
    )


def test_there_is_room_for_single_ones_and_for_as_many_pairs_as_fit():
    _, known, _ = sureness(DROPPED, TURNED)
    assert len(likely({"step": known})["step"]) == 3
    assert len(likely({"step": known}, room=10)["step"]) == 2


def test_what_is_false_of_a_program_made_by_machine_is_found():
    field, known, _ = sureness(DROPPED, STORED)
    facts = [one.program for one in known if one.sure is Sure.FACT]
    assert false_diagnoses(field, facts)[0] == []
    assert known[1].sure is not Sure.FACT
    false, _ = false_diagnoses(field, [known[1].program])
    assert false


def test_a_program_without_end_is_left():
    endless = "def step(p, q, W):\n    while True:\n        q = q + 1\n"
    assert Bench("step", {"np": np}, [given()]).outcomes(endless) is None


@pytest.mark.parametrize(
    "line",
    [
        "total = W @ q + q",  # another name of like kind
        "total = W.T @ p + q",
        "total = W @ p",
        "total = W @ p - q",
        'found = {"first": total, "second": out}',
        "pass",
        "out = total",
        "out += np.tanh(total)",
    ],
)
def test_each_kind_of_change_is_made(line):
    kinds = {"p": "array2", "q": "array2", "W": "array2", "total": "array2", "out": "array2"}
    made = changes(SOLUTION, "step", kinds)
    assert any(f"    {line}\n" in source for source in made)
    assert len(set(made)) == len(made)
