"""Truths 1 and 4: what each submission earns, through real nbgrader and the real sandbox."""

import ast
import functools
import json
import os
import random
import re
from pathlib import Path

import pytest

from grading.assignment.source import read_source
from grading.core.verdicts import Verdict
from grading.store import audit
from tests.support.course import (
    ROOT,
    assignment_of,
    assignments,
    grade_id,
    notebook_path,
    reference_cells,
)
from tests.support.gallery import ALL, ENTRIES, HOSTILE, KEY, KINDS, SAMPLE, UNUSUAL
from tests.support.gallery.answers import WRONG

RIGHT = [entry for entry in SAMPLE if entry in UNUSUAL]
KNOWN = [entry for entry in SAMPLE if entry in KINDS]
HONEST = ["aa-reference", "zz-reference", *(entry.student for entry in RIGHT)]
HELD = sorted({assignment_of(entry.function) for entry in SAMPLE})  # lessons with entries
FINDERS = [entry for entry in ENTRIES if entry.finds]


def check(course, entry, student=None):
    """Check the verdict of an entry, the parts it loses, and the score in the gradebook."""
    student, assignment = student or entry.student, assignment_of(entry.function)
    record = course.records(student, assignment)[entry.function]
    assert record["verdict"] == entry.verdict.value
    lost = {part["name"] for part in record["parts"] if part["earned"] < part["points"]}
    if entry.lost == ALL:
        assert record["points"] == 0.0
    else:
        starts = tuple(filter(None, entry.lost.split(", ")))
        assert all(name.startswith(starts) for name in lost), lost
        assert all(any(name.startswith(s) for name in lost) for s in starts), lost
    assert course.scores(student, assignment)[entry.function] == record["points"]


def check_others(course, entry, student=None):
    """Check that the other exercises have full marks, where the entry leaves them whole."""
    student, assignment = student or entry.student, assignment_of(entry.function)
    records = course.records(student, assignment)
    before = True
    for function in reference_cells(assignment):
        before &= function != entry.function
        stands_alone = entry.trick and not entry.spoils
        if before or (stands_alone and function != entry.function):
            assert records[function]["verdict"] == Verdict.CORRECT.value, function
            assert records[function]["points"] == records[function]["most"]


@pytest.mark.parametrize("entry", SAMPLE, ids=lambda entry: entry.student)
def test_an_entry_gets_its_verdict_and_loses_what_it_should(gallery, entry):
    check(gallery, entry)


@pytest.mark.parametrize("entry", SAMPLE, ids=lambda entry: entry.student)
def test_an_entry_leaves_the_other_exercises_their_marks(gallery, entry):
    check_others(gallery, entry)


@pytest.mark.parametrize(
    ("student", "assignment"),
    [
        *(("aa-reference", assignment) for assignment in assignments()),
        *(("zz-reference", assignment) for assignment in HELD),
    ],
)
def test_the_reference_earns_full_marks_first_and_last(gallery, student, assignment):
    records = gallery.records(student, assignment)
    assert set(records) == set(reference_cells(assignment))
    for record in records.values():
        assert record["verdict"] == Verdict.CORRECT.value
        assert record["points"] == record["most"] > 0
    full = {function: record["most"] for function, record in records.items()}
    assert gallery.scores(student, assignment) == full


@pytest.mark.parametrize("assignment", HELD)
def test_the_untouched_release_earns_nothing_as_not_attempted(gallery, assignment):
    records = gallery.records("untouched", assignment)
    assert set(records) == set(reference_cells(assignment))
    for record in records.values():
        assert record["verdict"] == Verdict.NOT_ATTEMPTED.value
    assert set(gallery.scores("untouched", assignment).values()) == {0.0}


@pytest.mark.parametrize("assignment", assignments())
def test_no_entry_is_a_fault_of_the_grader(gallery, assignment):
    found = f"error processing assignment '{assignment}' for student '(.*)'"
    assert re.findall(found, gallery.said[assignment]) == []


@pytest.mark.parametrize("entry", KNOWN, ids=lambda entry: entry.student)
def test_a_misconception_is_named(gallery, entry):
    record = gallery.records(entry.student, assignment_of(entry.function))[entry.function]
    assert entry.name in {name for name, _ in record["named"]}


@pytest.mark.parametrize("student", HONEST)
def test_a_right_answer_is_accused_of_nothing(gallery, student):
    for folder in (gallery.root / "autograded" / student).iterdir():
        for record in gallery.records(student, folder.name).values():
            assert record["named"] == []


# Of cells that raise or lose an input there is nothing to follow; see `grading.exam`.
NOTHING_TO_FOLLOW = {
    "state without the old state": "ignores an input",
    "state without the input": "ignores an input",
    "gates computed from the old cell state": "ignores an input",
    "old cell state left out": "ignores an input",
    "keeps the old hidden state": "ignores an input",
    "features counted for examples": "raises at some sizes",
    "matrix product with a transpose": "raises at most sizes",
    "arrays taken by their order in the dictionary": "raises at most sizes",
    "single axes squeezed out of the state": "raises at some sizes",
    "takes the arrays out of parameters for good": "raises at the second step",
    "spreads the biases within parameters": "raises at the second step",
    "matrices taken by their order in the dictionary": "raises at most sizes",
    "matrix product with the slope": "raises at most sizes",
    "old state by the input matrix": "raises at most sizes",
    "bias summed over the units": "raises in the loop",
    "bias not summed": "raises in the loop",
    "single axes squeezed out": "raises at some sizes",
    "dconcat not cut for the hidden state": "raises in the loop",
    "biases summed over the units": "raises in the loop",
    "biases not summed": "raises in the loop",
    "number of units written down": "raises at most sizes",
    "number of the likeliest class": "its prediction hides what is made of it",
    "what later steps said is dropped": "ignores what the loop hands on",
    "only later steps along the line": "the same",
    "gates hear from the hidden state only": "the same",
    "update gate's bias for both gates": "returns the same under two names",
    "later steps dropped and the square misplaced": "the same",
    "later steps dropped, and the line without what is left": "the same",
    "what comes through the hidden state is dropped": "returns the same twice",
    "bias of the update gate from the forget gate": "returns the same twice",
    "weights of the output gate from the candidate": "returns the same twice",
    "weights of the candidate from the update gate": "returns the same twice",
    "new axis at the end": "has other axes",
    "time before the examples": "has other axes",
    "new axis in the middle": "has other axes",
    "as many as there are in the batch": "has another shape",
    "one character too few": "has another shape",
    "axes of length one squeezed out": "has other axes at some sizes",
    "axis not kept": "has other axes",
    "only the best key": "hides the other scores",
    "queries and keys exchanged": "has other axes",
    "softmax along the queries": "of a single query it hides all scores",
    "weights with queries and keys exchanged": "has other axes",
    "gain told what the bias is": "returns the same twice",
    "rows in place of columns": "has other axes",
    "dW1 transposed": "has another shape",
    "dW2 transposed": "has another shape",
    "both matrices transposed": "has another shape",
    "biases as rows": "has other axes",
    "gain forgotten": "ignores an input",
    "bias forgotten": "ignores an input",
    "norms left out": "shows less of its arguments",
    "norms told what the parts are": "shows less of its arguments",
    "dx of the feed-forward part": "shows less of its arguments",
    "a row for each place": "has other axes",
    "last row of an odd d left out": "raises at some sizes",
    "past not used": "raises behind a past",
    "past without the keys and values of x": "raises behind a past",
    "past along the examples": "raises behind a past",
    "past not handed on": "raises behind a past",
    "last block's keys and values alone": "raises at the second character",
    "keys alone kept": "raises at the second character",
    "past kept": "keeps something of another form",
    "a tuple of what is kept": "keeps something of another form",
    "last block left out": "keeps something of another form",
    "first block alone": "keeps something of another form",
    "written into the past": "changes the arguments of who calls it",
    # A part that asks for a property asks the student's function alone, and what it is built of
    # with it: that no place looks ahead, that it reads the same in two pieces, how often each
    # character is drawn.
    "over the places": "looks ahead",
    "over features and places together": "looks ahead",
    "one mean for everything": "looks ahead",
    "mean taken off in place": "looks ahead",
    "past behind the new keys": "looks ahead",
    "mask not used": "looks ahead",
    "mask for the first head alone": "looks ahead",
    "mask turned round": "looks ahead",
    "no mask": "looks ahead",
    "one place ahead": "looks ahead",
    "looks at itself and behind": "looks ahead",
    "divided by the number of places": "is another in two pieces",
    "mask not shifted behind a past": "is another in two pieces",
    "past masked": "is another in two pieces",
    "no mask behind a past": "is another in two pieces",
    "values first in what is kept": "is another in two pieces",
    "last norm forgotten": "has other probabilities",
    "gain and bias of the last block": "has other probabilities",
    "last norm without gain and bias": "has other probabilities",
    "embedding for the last matrix": "has other probabilities",
    "by forgotten": "has other probabilities",
    "softmax at the end": "has other probabilities",
    # Of a step, greedy decoding shows which character is the likeliest, and so for some less than
    # it does of ours.
    "state as it was": "shows less of its arguments",
    "query through a tanh": "shows less of its arguments",
    "stack reversed": "shows less of its arguments",
    "old state in the stack": "shows less of its arguments",
    "prediction without what was looked up": "shows less of its arguments",
    "softmax along the batch": "shows less of its arguments",
    "tanh on the stack": "shows less of its arguments",
    "weights with the axis of the queries": "has other axes",
    "what came back in place of the weights": "has another shape",
}


@functools.cache
def built_of(assignment):
    """Return the exercises that are built of others, as their tests say: of each which."""
    found = {}
    for cell in read_source(notebook_path(ROOT / "source" / assignment)).cells:
        if grade_id(cell).startswith("test_"):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.keyword) and node.arg == "uses":
                    names = {one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)}
                    found.setdefault(grade_id(cell).removeprefix("test_"), set()).update(names)
    return found


def charged_twice(course, entries, names=None):
    """Return the wrong functions for which one that is built of them, and right, lost points."""
    charged = {}
    for entry in entries:
        assignment = assignment_of(entry.function)
        student = (names or {}).get(entry, entry.student)
        users = [name for name, of in built_of(assignment).items() if entry.function in of]
        records = course.records(student, assignment) if users else {}
        for user in users:
            raised = Verdict.RAISED.value in (records[user]["verdict"], entry.verdict.value)
            if records[user]["points"] < records[user]["most"] and not raised:
                charged[entry.name] = f"{entry.function} in {user}: {records[user]['verdict']}"
    return charged


def test_a_mistake_in_a_cell_is_charged_once(gallery):
    """The loop around it keeps its marks where it can be judged."""
    charged = charged_twice(gallery, KNOWN)
    assert charged.keys() <= NOTHING_TO_FOLLOW.keys(), charged


# --- what hostile entries found, and what they left ---------------------------------


def outputs(course, entry):
    """Return all that the graded notebook of an entry shows."""
    cells = course.graded(entry.student, assignment_of(entry.function)).cells
    return "\n".join(str(output) for cell in cells for output in cell.get("outputs", []))


@pytest.mark.parametrize("entry", FINDERS, ids=lambda entry: entry.student)
def test_behind_the_wall_nothing_is_found(gallery, entry):
    shown = outputs(gallery, entry)
    assert shown.count("found: ") >= 1
    assert shown.count("found: ") == shown.count("found: []")


@pytest.mark.parametrize("entry", FINDERS, ids=lambda entry: entry.student)
def test_without_the_wall_the_same_code_finds(unwalled, entry):
    for word in entry.finds:
        assert word in unwalled[entry.student]


def test_figures_without_end_are_stopped_when_they_are_drawn(gallery):
    lines = [json.loads(line) for line in (gallery.root / audit.FILE).read_text().splitlines()]
    met = [x["limits"] for x in lines if "drawing" in x and "draws-figures" in x["student"]]
    assert met == [["too much output"]]


def marked():
    """Return the processes of this machine that bear the gallery's name."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [path.parent.name] if f"gallery-{KEY}".encode() in path.read_bytes() else []
        except OSError:
            continue
    return [pid for pid in found if int(pid) != os.getpid()]


def test_no_process_is_left(gallery):
    assert marked() == []


def test_a_process_that_is_left_would_be_seen(unwalled):
    assert "still there: gallery" in unwalled["left"]


def honest_notebooks(course):
    """Return the graded notebooks of the honest, as bytes, by student and assignment."""
    return {
        path.relative_to(course.root / "autograded").parts[:2]: path.read_bytes()
        for student in HONEST
        for path in (course.root / "autograded" / student).glob("*/*.ipynb")
    }


def test_the_honest_are_graded_as_if_there_were_no_others(gallery, tmp_path, hold):
    lessons = assignments()[:1]
    some = [entry for entry in RIGHT if assignment_of(entry.function) in lessons]
    quiet = hold(tmp_path / "course", some, grade=("nbgrader", "autograde"), lessons=lessons)
    alone, among = honest_notebooks(quiet), honest_notebooks(gallery)
    assert len(among) == len(RIGHT) + len(assignments()) + len(HELD)
    assert len(alone) == len(some) + 2 * len(lessons)
    for (student, assignment), notebook in alone.items():
        assert notebook == among[student, assignment], (student, assignment)
        assert quiet.scores(student, assignment) == gallery.scores(student, assignment)


@pytest.mark.long
@pytest.mark.timeout(7200)  # some hundred entries of each lesson, many until their limit
def test_the_whole_gallery_in_random_order(gallery, tmp_path, hold):
    seed = random.randrange(10**6)
    print("seed", seed)  # pytest shows it when the test fails
    places = list(range(len(ENTRIES)))
    random.Random(seed).shuffle(places)
    names = {e: f"{place:03}-{e.student}" for e, place in zip(ENTRIES, places, strict=True)}
    course = hold(tmp_path / "course", ENTRIES, names, patience=2.5)
    wrong = []
    for entry, student in names.items():
        try:
            check(course, entry, student)
            check_others(course, entry, student)
        except AssertionError as error:
            wrong.append((student, str(error)))
    assert wrong == []
    charged = charged_twice(course, WRONG, names).keys()
    assert charged == NOTHING_TO_FOLLOW.keys()
    for student, lessons in (("aa-reference", assignments()), ("zz-reference", HELD)):
        for assignment in lessons:
            assert notebook_path(
                course.root / "autograded" / student / assignment
            ).read_bytes() == (
                notebook_path(gallery.root / "autograded" / student / assignment).read_bytes()
            )
    for entry in RIGHT:
        assignment = assignment_of(entry.function)
        assert notebook_path(
            course.root / "autograded" / names[entry] / assignment
        ).read_bytes() == (
            notebook_path(gallery.root / "autograded" / entry.student / assignment).read_bytes()
        )
    assert len(HOSTILE) > 100
