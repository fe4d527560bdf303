"""What is said of a wrong answer: how it differs, and which common mistake it is."""

import json

import numpy as np
import pytest

import answer_checks
import hints
import public_tests
from grading.assignment import misconceptions
from grading.assignment.reference import Reference
from grading.assignment.source import beside, read_source, reference_cells, wrong_cells
from tests.support.course import ROOT, assignments, notebook_path

RNG = np.random.default_rng(0)
FLAT, DEEP = RNG.standard_normal((3, 3)), RNG.standard_normal((3, 4, 5))


def changed(place):
    array = DEEP.copy()
    array[place] += 1.0
    return array


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (-FLAT, FLAT, "it is the negative of what it should be"),
        (FLAT.T, FLAT, "it is the transpose of what it should be"),
        (DEEP[:, :, ::-1], DEEP, "its time steps run backwards"),
        (np.roll(DEEP, 1, axis=2), DEEP, "every time step holds what belongs to the one before"),
        (np.roll(DEEP, -1, axis=2), DEEP, "every time step holds what belongs to the next one"),
        (DEEP[:, :, :1] + 0 * DEEP, DEEP, "every time step holds the first one"),
        (DEEP[:, :, -1:] + 0 * DEEP, DEEP, "every time step holds the last one"),
        (changed(np.s_[:, :, 0]), DEEP, "only the first time step is wrong"),
        (changed(np.s_[0, 0, 4]), DEEP, "only the last time step is wrong"),
        (
            changed(np.s_[:, 1, 1:]),
            DEEP,
            "the first time step is right, all later ones are wrong",
        ),
        (changed(np.s_[:, :, :4]), DEEP, "the last time step is right, all others are wrong"),
        (changed(np.s_[:, 0, :]), DEEP, "only the first example is wrong"),
        (FLAT + 1.0, FLAT, "no value is right"),
        (changed(np.s_[1, 1, 2]), DEEP, ""),
        (FLAT + [[1.0, 0.0, 0.0]], FLAT, "only the first column is wrong"),
        (4 * FLAT, FLAT, "all of it is too large or too small by one and the same factor"),
        (DEEP / 20, DEEP, "all of it is too large or too small by one and the same factor"),
        (np.float64(-2), np.float64(2), "it is the negative of what it should be"),
        (np.float64(3), np.float64(2), ""),
    ],
)
def test_how_an_array_differs_is_said(got, expected, said):
    assert hints.describe(got, expected) == said


@pytest.mark.parametrize("expected", [np.zeros((3, 3)), np.eye(3), np.ones((2, 2, 4))])
def test_nothing_is_called_what_the_right_answer_is_as_well(expected):
    """A symmetric matrix is its own transpose; zeros are their own negative."""
    said = hints.describe(expected + 1.0, expected)
    assert said == "no value is right"


def test_a_value_in_the_place_of_another_is_said():
    want = {"a_next": FLAT, "yt_pred": FLAT + 1.0}
    with pytest.raises(answer_checks.Mismatch, match="a_next holds what yt_pred should hold"):
        answer_checks.compare_one("a_next", FLAT + 1.0, want)


# --- common mistakes -------------------------------------------------------------------


@pytest.fixture(scope="module")
def references():
    """Each exercise with its right version and its known wrong ones."""
    found = {}
    for assignment in assignments():
        folder = ROOT / "source" / assignment
        cells = reference_cells(read_source(notebook_path(folder)))
        with beside(folder):
            reference = Reference(cells, wrong_cells(cells, misconceptions.read_list(folder)))
            for name, candidates in reference.candidates.items():
                own = [one for one in candidates if one.of == name]
                found[name] = reference.functions[name], own
    return found


def exercises():
    return list(json.loads((ROOT / "hints.json").read_text("utf-8")))


def told(name, function):
    with pytest.raises(answer_checks.Mismatch) as wrong:
        getattr(public_tests, f"{name}_test")(function)
    return " ".join(str(wrong.value).split())


@pytest.mark.parametrize("name", exercises())
def test_each_known_mistake_that_a_public_test_sees_is_told_under_its_mismatch(name, references):
    _, wrong = references[name]
    known = json.loads((ROOT / "hints.json").read_text("utf-8"))[name]
    sentences = {one.says for one in wrong} & {entry["says"] for entry in known}
    assert len(sentences) == len(known) > 0
    for one in wrong:
        if one.says in sentences:
            one.function.__name__ = name
            assert one.says in told(name, one.function), one.name


@pytest.mark.parametrize("name", exercises())
def test_an_answer_that_is_wrong_in_another_way_is_not_accused(name, references):
    right, wrong = references[name]

    def other(*args):
        result = right(*args)
        return (result[0] + 1e-3, *result[1:])

    other.__name__ = name
    assert not [one.name for one in wrong if one.says in told(name, other)]


def test_the_file_holds_numbers_and_sentences_and_no_code():
    known = json.loads((ROOT / "hints.json").read_text("utf-8"))
    for entries in known.values():
        for entry in entries:
            assert entry.keys() == {"says", "prints"}
            numbers = [number for prints in entry["prints"] for number in prints]
            assert all(isinstance(number, (int, float)) for number in numbers)
            for code in (" = ", "np.", "@", "parameters[", "return ", "def "):
                assert code not in entry["says"]


@pytest.mark.parametrize("assignment", assignments())
def test_every_sentence_names_a_place_in_its_lesson(assignment):
    source = read_source(notebook_path(ROOT / "source" / assignment))
    text = "\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    titles = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    for one in misconceptions.read_list(ROOT / "source" / assignment):
        assert any(title in one.says for title in titles), one.name
