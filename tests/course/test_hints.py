"""What is said of a wrong answer: which common mistake it is."""

import json
import zlib

import numpy as np
import pytest

import public_tests
from grading.assignment import misconceptions
from grading.assignment.files import in_lesson
from grading.assignment.reference import Reference
from grading.assignment.source import read_source, wrong_cells
from grading.assignment.source import reference_cells as cells_of
from grading.comparison.hints import PERHAPS
from grading.diagnosis.known import ROOM
from lesson_tools.checks import Mismatch
from tests.support.course import (
    ROOT,
    assignments,
    lesson_files,
    notebook_path,
    reference_cells,
)
from tests.support.sample import sample


@pytest.fixture(scope="module")
def references():
    """Each exercise with its right version and its known wrong ones."""
    found = {}
    for assignment in assignments():
        folder = ROOT / "source" / assignment
        cells = cells_of(read_source(notebook_path(folder)))
        with in_lesson(lesson_files(assignment)):
            reference = Reference(cells, wrong_cells(cells, misconceptions.read_list(folder)))
            for name, candidates in reference.candidates.items():
                own = [one for one in candidates if one.of == name]
                found[name] = reference.functions[name], own
    return found


HINTS = {
    name: known
    for path in sorted(ROOT.glob("source/*/lesson_tools/hints.json"))
    for name, known in json.loads(path.read_text("utf-8")).items()
}


def told(name, function):
    with pytest.raises(Mismatch) as wrong:
        getattr(public_tests, f"{name}_test")(function)
    return " ".join(str(wrong.value).split())


@pytest.mark.parametrize("name", HINTS)
def test_each_known_mistake_is_told_under_its_mismatch_as_sure_as_it_is(name, references):
    _, wrong = references[name]
    sure = {row["says"]: row["sure"] for row in HINTS[name] if "says" in row}
    assert len([one for one in wrong if one.says in sure]) > 0
    for one in wrong:
        if one.says not in sure:  # only hidden tests tell it
            continue
        one.function.__name__ = name
        said = told(name, one.function)
        if sure[one.says] == "fact":
            assert one.says in said.replace(f"{PERHAPS[0]} {one.says}", ""), one.name
        elif not sure[one.says]:
            assert one.says not in said, one.name
        else:
            assert one.says not in said.replace(f"it: {one.says}", "").replace(
                f"this: {one.says}", ""
            )


@pytest.mark.parametrize("name", HINTS)
def test_an_error_alone_is_no_proof(name):
    """Its text fits many slips; what is told of it is said elsewhere."""

    def stops(*args):
        raise ValueError("operands could not be broadcast together with shapes (5,4) (4,5) ")

    stops.__name__ = name
    facts = {row["says"] for row in HINTS[name] if row.get("says") and row["sure"] == "fact"}
    said = told(name, stops)
    assert not [text for text in facts if text in said]


# Changes of the solution that give what a known mistake gives, and of which its sentence is false.
@pytest.mark.parametrize(
    ("name", "old", "new", "never"),
    [
        ("gradient_check", "numeric - dx", "numeric + dx", "the value below comes first"),
        ("gradient_check", "numeric - dx", "-dx[index] - numeric - 0 * dx", "below comes first"),
        ("gradient_check", "down[index] -= h", "down[index] += h", "In your code the two places"),
        (
            "rnn_cell_backward",
            '"dWax": dWax, "dWaa": dWaa',
            '"dWax": dWaa, "dWaa": dWax',
            "the input and the old state have changed places when they came out of the cache",
        ),
    ],
)
def test_what_gives_the_same_in_another_way_is_not_told_as_a_fact(name, old, new, never):
    solution = next(cells[name] for a in assignments() if name in (cells := reference_cells(a)))
    assert old in solution
    space = {"np": np}
    exec(solution.replace(old, new), space)
    said = told(name, space[name])
    where = said.find(never)
    assert where < 0 or "Perhaps this is it:" in said[:where] or "Or perhaps" in said[:where]


@pytest.mark.parametrize(
    ("name", "edits", "words"),
    [
        (
            "rnn_cell_forward",
            [(" + ba)", ")"), ("Wya @ a_next", "Wya @ a_prev")],
            ["just what two slips give together", "without the bias `ba`", "from `a_prev`"],
        ),
        (
            "lstm_cell_forward",
            [(f' + parameters["b{gate}"]', "") for gate in "ficoy"],
            ["that of code without `bf`, `bi`, `bo`, `bc` and `by`"],
        ),
    ],
)
def test_two_slips_and_one_made_everywhere_are_told(name, edits, words, references):
    right, _ = references[name]
    source = next(cells[name] for a in assignments() if name in (cells := reference_cells(a)))
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    space = dict(right.__globals__)
    exec(source, space)
    said = told(name, space[name])
    for word in words:
        assert word in said


@pytest.mark.parametrize("path", sorted(ROOT.glob("source/*/lesson_tools/hints.json")), ids=str)
def test_a_release_stays_small(path):
    assert len(zlib.compress(path.read_bytes(), 9)) < 1.05 * ROOM


@pytest.mark.parametrize("name", sample(HINTS))
def test_an_answer_that_is_wrong_in_another_way_is_not_accused(name, references):
    right, wrong = references[name]

    def other(*args):
        result = right(*args)
        return (result[0] + 1e-3, *result[1:])

    other.__name__ = name
    assert not [one.name for one in wrong if one.says in told(name, other)]


def test_the_file_holds_numbers_and_sentences_and_no_code():
    for entries in HINTS.values():
        for entry in entries:
            assert entry.keys() in ({"says", "sure", "prints"}, {"both", "sure", "prints"})
            assert entry["sure"] in ("fact", "perhaps", "")
            assert all(
                isinstance(n, (int, float)) for n in [*entry["prints"], *entry.get("both", [])]
            )
            for code in (" = ", "np.", "@", "parameters[", "return ", "def "):
                assert code not in entry.get("says", "")


@pytest.mark.parametrize("assignment", assignments())
def test_every_sentence_names_a_place_in_its_lesson(assignment):
    source = read_source(notebook_path(ROOT / "source" / assignment))
    text = "\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    titles = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    for one in misconceptions.read_list(ROOT / "source" / assignment):
        assert any(title in one.says for title in titles), one.name
