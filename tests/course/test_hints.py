"""What is said of a wrong answer: which common mistake it is."""

import json

import pytest

import public_tests
from grading.assignment import misconceptions
from grading.assignment.files import in_lesson
from grading.assignment.reference import Reference
from grading.assignment.source import read_source, reference_cells, wrong_cells
from lesson_tools.checks import Mismatch
from tests.support.course import ROOT, assignments, lesson_files, notebook_path


@pytest.fixture(scope="module")
def references():
    """Each exercise with its right version and its known wrong ones."""
    found = {}
    for assignment in assignments():
        folder = ROOT / "source" / assignment
        cells = reference_cells(read_source(notebook_path(folder)))
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
def test_each_known_mistake_that_a_public_test_sees_is_told_under_its_mismatch(name, references):
    _, wrong = references[name]
    known = HINTS[name]
    sentences = {one.says for one in wrong} & {entry["says"] for entry in known}
    assert len(sentences) == len(known) > 0
    for one in wrong:
        if one.says in sentences:
            one.function.__name__ = name
            assert one.says in told(name, one.function), one.name


@pytest.mark.parametrize("name", HINTS)
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
