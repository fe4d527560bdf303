"""Another course, of another field and with none of this one's modules, is graded as well."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from tests.support.course import ROOT, Course, other_course

A = "01_regression"
CONFIG = """
import grading
c = get_config()
grading.configure(c)
c.CourseDirectory.course_id = "statistics"
"""
PREDICT = '''
def predict(X, w):
    """Return the predictions X w, shape (m,)."""
    ### BEGIN SOLUTION
    y = X @ w
    ### END SOLUTION
    return y
'''
GRADIENT = '''
def mse_gradient(X, y, w):
    """Return the gradient of the mean squared error with respect to w, shape (n,)."""
    ### BEGIN SOLUTION
    residual = predict(X, w) - y
    gradient = 2 * X.T @ residual / len(y)
    ### END SOLUTION
    return gradient
'''
TEST_PREDICT = """
assert predict(np.eye(2), np.array([3.0, 4.0])).shape == (2,)
### BEGIN HIDDEN TESTS
X = np.arange(6.0).reshape(3, 2)
assert np.allclose(predict(X, np.array([1.0, -2.0])), [-2.0, -4.0, -6.0])
### END HIDDEN TESTS
"""
TEST_GRADIENT = """
assert np.allclose(mse_gradient(np.eye(2), np.zeros(2), np.ones(2)), [1.0, 1.0])
### BEGIN HIDDEN TESTS
from grading.exam import Exam

exam = Exam(mse_gradient, returns="gradient", uses=predict)
with exam.part("values", 3):
    for m, n in [(5, 3), (2, 4)]:
        X, y, w = exam.rng.normal(size=(m, n)), exam.rng.normal(size=m), exam.rng.normal(size=n)
        exam.compare({"X": X, "y": y, "w": w})
with exam.part("one example", 1):
    exam.compare({"X": exam.rng.normal(size=(1, 3)), "y": np.ones(1), "w": np.ones(3)})
exam.score()
### END HIDDEN TESTS
"""
WRONG = """
[[mse_gradient]]
name = "the mean is forgotten"
edits = [[" / len(y)", ""]]
loses = "values"
says = "Your gradient is that of the sum of squares. The loss is their mean."
"""


def cell(grade_id, source, **roles):
    mark = {"grade": False, "solution": False, "locked": False, "schema_version": 3, **roles}
    metadata = {"nbgrader": {"grade_id": grade_id, "task": False, **mark}}
    return new_code_cell(source.strip(), metadata=metadata)


def source():
    """Return the instructor's notebook."""
    notebook = new_notebook()
    test = {"grade": True, "locked": True}
    notebook.cells = [
        new_markdown_cell("# Regression"),
        cell("imports", "import numpy as np", locked=True),
        cell("predict", PREDICT, solution=True),
        cell("test_predict", TEST_PREDICT, points=2, **test),
        cell("mse_gradient", GRADIENT, solution=True),
        cell("test_mse_gradient", TEST_GRADIENT, points=4, **test),
    ]
    return notebook


def answered(released, **edits):
    """Return a release with its blanks filled, perhaps with something replaced in them."""
    notebook = nbformat.reads(released, 4)
    known = {"predict": PREDICT, "mse_gradient": GRADIENT}
    for one in notebook.cells:
        name = one.metadata.get("nbgrader", {}).get("grade_id")
        if name in known:
            one.source = known[name].strip()
            for old, new in edits.get(name, {}).items():
                assert old in one.source
                one.source = one.source.replace(old, new)
    return nbformat.writes(notebook).encode()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course, released, with a class that is graded; what each command said."""
    root = tmp_path_factory.mktemp("another") / "course"
    made = other_course(root, CONFIG, A, {"regression": source()})
    (root / "source" / A / "misconceptions.toml").write_text(WRONG)
    said = {"values": made.python("grading.release", A)}
    said["unknown"] = made.python("grading.release", f"{A}s", fails=True)
    made.nbgrader("generate_assignment", A)
    released = (root / "release" / A / "regression.ipynb").read_text("utf-8")
    said["release"] = released
    for student, edits in {
        "ada": {},
        "bo": {"mse_gradient": {" / len(y)": ""}},
        "cy": {"predict": {"X @ w": "X[:, 0] * w[0]"}},
    }.items():
        place = root / "submitted" / student / A
        place.mkdir(parents=True)
        (place / "regression.ipynb").write_bytes(answered(released, **edits))
    for words in (
        ("preflight", A),
        ("autograde", A),
        ("feedback", A),
        ("report", A),
        ("export", "--format", "csv", A),
    ):
        said[words[0]] = made.python("grading", *words, fails=None)
    said["quick"] = made.python("grading", "preflight", "--quick", A, fails=None)
    return made, said


def test_it_is_released_without_a_file_of_this_course(course):
    made, said = course
    assert (
        f"{A}: its public tests have no cases, so there are no values to write." in said["values"]
    )
    assert said["unknown"] == f"There is no assignment {A}s in source/; did you mean {A}?\n"
    assert [path.name for path in (made.root / "release" / A).iterdir()] == ["regression.ipynb"]
    assert "NotImplementedError" in said["release"]
    assert "HIDDEN" not in said["release"]
    assert not list(made.root.glob("source/**/*.json"))


def test_it_is_graded(course):
    made, said = course
    assert made.scores("ada", A) == {"predict": 2.0, "mse_gradient": 4.0}
    assert made.scores("bo", A) == {"predict": 2.0, "mse_gradient": 1.0}
    # A mistake costs once: the gradient is right with its own predictions.
    assert made.scores("cy", A) == {"predict": 0.0, "mse_gradient": 4.0}
    assert "grader fault" not in said["autograde"]


def test_its_students_read_what_its_instructor_wrote(course):
    made, _ = course
    page = (made.root / "feedback" / "bo" / A / "regression.html").read_text("utf-8")
    assert "Your gradient is that of the sum of squares." in page
    for word in ("time step", "hidden state", "exam.rng"):
        assert word not in page


def test_its_lesson_is_put_to_the_test(course):
    made, said = course
    text = " ".join(said["preflight"].split())
    assert "Traceback" not in text
    assert "2 of 2 wrong answers are named rightly" in text
    assert "survives: changed in place" in text  # its tests do not look there
    assert (made.root / "reports" / f"preflight-{A}.html").exists()


def test_a_quick_look_tries_fewer_mutants_and_says_so(course):
    whole, quick = (course[1][word] for word in ("preflight", "quick"))
    counts = [list(map(int, re.findall(r"of (\d+) mutants", text))) for text in (whole, quick)]
    assert all(0 < few <= many // 4 + 1 for many, few in zip(*counts, strict=True)), counts
    assert "of a quick look" in quick
    assert "of a quick look" not in whole
    assert "1 of 1 wrong answers are named rightly" in " ".join(quick.split())


def test_it_is_reported_and_exported(course):
    made, said = course
    page = (made.root / "reports" / f"{A}.html").read_text("utf-8")
    assert "the mean is forgotten" in page
    table = (made.root / "reports" / "csv.csv").read_text("utf-8")
    assert "bo" in table
    assert "Traceback" not in said["report"] + said["export"]


def test_a_student_who_was_deleted_while_the_folder_stays_is_no_fault(course):
    """From the gradebook, that is: with marks gone, and the graded notebook still there."""
    made, _ = course
    made.nbgrader("db", "student", "remove", "cy", "--force")
    said = made.python("grading", "table", A)
    assert "cy is not in the gradebook any more" in " ".join(said.split())
    assert "grader fault" not in said
    assert "No page for cy: not in the gradebook" in made.python("grading", "feedback", A)
    made.nbgrader("generate_feedback", A, "--force")
    made.python("grading", "report", A)
    assert "cy" not in (made.root / "reports" / f"{A}.csv").read_text("utf-8")
    made.python("grading", "export", "--format", "csv", A)
    assert "cy" not in (made.root / "reports" / "csv.csv").read_text("utf-8")
    made.python("grading", "autograde", A)
    assert made.scores("cy", A) == {"predict": 0.0, "mse_gradient": 4.0}
    assert "not in the gradebook" not in made.python("grading", "table", A)


def marks(course, assignment):
    """Return the automatic mark of each graded cell, and whether a person has to give one."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        return {
            (one.student.id, notebook.name, grade.name): (
                grade.auto_score,
                bool(grade.needs_manual_grade),
            )
            for one in gradebook.assignment_submissions(assignment)
            for notebook in one.notebooks
            for grade in notebook.grades
        }


@pytest.mark.long
def test_nbgraders_own_example_gets_the_marks_that_stock_nbgrader_gives_it(tmp_path):
    """Its user guide's course, with notebooks of its own tests in the same folders.

    Of these one has no solution in its source, and one is full of nbgrader's automatic tests.
    """
    ours = Course(tmp_path / "ours", make=False)
    home = Path(nbgrader.__file__).parent
    guide, files = home / "docs" / "source" / "user_guide", home / "tests" / "apps" / "files"
    for folder in ("source/ps1", "submitted/bitdiddle/ps1", "submitted/hacker/ps1"):
        shutil.copytree(guide / folder, ours.root / folder)
    for folder, plain, multi in (
        ("source", "submitted-unchanged", "autotest-multi"),
        ("submitted/bitdiddle", "submitted-changed", "autotest-multi-changed"),
        ("submitted/hacker", "submitted-cheat-attempt", "autotest-multi-unchanged"),
    ):
        shutil.copy(files / f"{plain}.ipynb", ours.root / folder / "ps1" / "plain.ipynb")
        shutil.copy(files / f"{multi}.ipynb", ours.root / folder / "ps1" / "multi.ipynb")
    shutil.copy(files / "autotests.yml", ours.root)
    (ours.root / "nbgrader_config.json").write_bytes((ROOT / "nbgrader_config.json").read_bytes())
    stub = "# YOUR CODE HERE\\nraise NotImplementedError()"  # as it was handed out
    stub = f"c.ClearSolutions.code_stub = {{'python': '{stub}'}}"
    (ours.root / "nbgrader_config.py").write_text(CONFIG + stub)
    ours.python("grading.release")
    ours.nbgrader("generate_assignment", "ps1")
    stock = Course(tmp_path / "stock", make=False)
    shutil.copytree(ours.root, stock.root)
    (stock.root / "nbgrader_config.json").unlink()  # it stops nbgrader's own steps
    (stock.root / "nbgrader_config.py").write_text("c = get_config()\n")
    ours.python("grading", "autograde", "--no-plots", "ps1")
    stock.process("nbgrader", "autograde", "ps1")
    found = marks(ours, "ps1")
    assert found == marks(stock, "ps1")
    assert len(found) == 34
    assert found["hacker", "problem1", "sum_of_squares_uses_squares"] == (0.5, False)
    assert found["bitdiddle", "plain", "bar"] == (1.0, False)


def test_the_package_alone_is_enough(tmp_path):
    """A folder that was copied into a course, with nothing of this one beside it."""
    script = """
    import json, sys
    sys.path[:] = [p for p in sys.path if p != sys.argv[1]]
    sys.path.insert(0, sys.argv[2])
    import grading, grading.plugins, grading.release.values, grading.preflight, grading.exam
    from grading.core import library_versions
    print(json.dumps([grading.__file__, *library_versions()]))
    """
    shutil.copytree(ROOT / "grading", tmp_path / "grading")
    words = [sys.executable, "-c", textwrap.dedent(script), str(ROOT), str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0] == str(tmp_path / "grading" / "__init__.py")
