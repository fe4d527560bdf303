"""An assignment of several notebooks, as nbgrader allows it, from release to export."""

import nbformat
import pytest
from nbformat.v4 import new_notebook

from tests.course.test_another import (
    CONFIG,
    GRADIENT,
    PREDICT,
    TEST_GRADIENT,
    TEST_PREDICT,
    WRONG,
    cell,
    source,
)
from tests.support.course import other_course

A = "01_regression"
SQUARES = """
def squares(n):
    ### BEGIN SOLUTION
    return [i * i for i in range(n)]
    ### END SOLUTION
"""
ESSAY = "### BEGIN SOLUTION\nwords = 'A plot shows it.'\n### END SOLUTION"
NAMES = ("line", "slope", "words")


def notebooks():
    """Return the sources: the third has a code cell marked by hand, and a test by another name."""
    test = {"grade": True, "locked": True}
    head = source().cells[:2]
    return {
        "line": [
            *head,
            cell("predict", PREDICT, solution=True),
            cell("test_predict", TEST_PREDICT, points=2, **test),
        ],
        "slope": [
            *head,
            cell("predict", PREDICT, solution=True),
            cell("mse_gradient", GRADIENT, solution=True),
            cell("test_mse_gradient", TEST_GRADIENT, points=4, **test),
        ],
        "words": [
            cell("essay", ESSAY, solution=True, grade=True, points=3),
            cell("squares", SQUARES, solution=True),
            cell("correct_squares", "assert squares(3) == [0, 1, 4]", points=1, **test),
        ],
    }


def solved(cells):
    return nbformat.writes(new_notebook(cells=list(cells))).encode()


HANDED_IN = {  # by whom: files, and whose answers they hold
    "all": {"line.ipynb": "line", "slope.ipynb": "slope", "words.ipynb": "words"},
    "one": {"line.ipynb": "line"},
    "renamed": {"line.ipynb": "line", "slope (1).ipynb": "slope", "words.ipynb": "words"},
    "unclear": {"line.ipynb": "line", "homework.ipynb": "slope"},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course, released, with a class that is graded; what each command said."""
    root = tmp_path_factory.mktemp("several") / "course"
    sources = {name: new_notebook(cells=cells) for name, cells in notebooks().items()}
    made = other_course(root, CONFIG, A, sources)
    (root / "source" / A / "misconceptions.toml").write_text(WRONG)
    said = {"values": made.python("grading.release")}
    said["release"] = made.nbgrader("generate_assignment", A)
    for student, files in HANDED_IN.items():
        place = root / "submitted" / student / A
        place.mkdir(parents=True)
        for file, name in files.items():
            (place / file).write_bytes(solved(notebooks()[name]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        for words in (
            ("preflight", A),
            ("autograde", A),
            ("feedback", A),
            ("report", A),
            ("export", "--format", "csv", A),
        ):
            said[words[0]] = made.python("grading", *words, fails=None)
    return made, said


def test_no_command_ends_in_a_traceback(course):
    assert not [name for name, text in course[1].items() if "Traceback" in text]


def test_each_notebook_has_a_page_of_its_own_and_form_is_said_once(course):
    made, said = course
    text = " ".join(said["preflight"].split())
    assert text.count("words.ipynb: the test cell correct_squares is named for no exercise") == 1
    assert "mse_gradient: hidden parts catch" in text
    assert "2 of 2 wrong answers are named rightly" in text
    pages = sorted(path.name for path in (made.root / "reports").glob("preflight-*"))
    assert pages == [f"preflight-{A}-{name}.html" for name in NAMES]


FULL = {"predict": 2.0, "mse_gradient": 4.0, "correct_squares": 1.0, "essay": None}


@pytest.mark.parametrize(
    ("student", "marks"),
    [
        ("all", FULL),
        ("renamed", FULL),  # it can be no other one
        ("one", {"predict": 2.0, "mse_gradient": 0.0, "correct_squares": 0.0}),
        ("unclear", {"predict": 2.0, "mse_gradient": 0.0, "correct_squares": 0.0}),
    ],
)
def test_what_is_there_is_graded_and_nothing_is_taken_for_another(course, student, marks):
    found = course[0].scores(student, A)
    assert {name: found[name] for name in marks} == marks


def test_what_is_missing_is_called_so(course):
    made, _ = course
    for name, points in (("slope", 4), ("words", 1)):
        graded = nbformat.read(made.root / "autograded" / "one" / A / f"{name}.ipynb", 4)
        records = [c.metadata.grading for c in graded.cells if "grading" in c.metadata]
        assert [record["verdict"] for record in records] == ["no notebook"], points
    page = made.root / "feedback" / "unclear" / A / "slope.html"
    said = "There is homework.ipynb, and it may be any of slope.ipynb, words.ipynb."
    assert said in page.read_text("utf-8")
    for path in (made.root / "feedback").rglob("*.html"):
        assert "Your instructor has a comment" not in path.read_text("utf-8")


def test_a_second_run_has_nothing_to_do(course):
    made, _ = course
    said = made.python("grading", "autograde", A)
    assert "marks 4 of 4" not in said


def test_every_notebook_has_its_page_and_the_table_every_exercise(course):
    made, said = course
    for student in HANDED_IN:
        pages = sorted(p.stem for p in (made.root / "feedback" / student / A).glob("*.html"))
        assert pages == [*NAMES]
    report = (made.root / "reports" / f"{A}.html").read_text("utf-8")
    for name in ("predict", "mse_gradient", "correct_squares"):
        assert name in said["autograde"]
        assert name in report


def test_one_notebook_graded_anew_leaves_the_others_as_they_are(course):
    made, _ = course
    folder = made.root / "autograded" / "all" / A
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = made.nbgrader("autograde", A, "--student=all", "--notebook=line", "--force")
    assert sorted(before) == sorted(path.name for path in folder.iterdir())
    for name in ("slope.ipynb", "words.ipynb"):
        assert (folder / name).read_bytes() == before[name]
    # What a worker has to say of each mark is said here.
    assert "all test_predict: correct, 2 of 2 points" in said
    assert "all test_mse_gradient" not in said
