"""Truth 2: releases are what the sources make them, and hold nothing they should not."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.utils import is_grade, is_solution

from grading.assignment.files import shared_files
from grading.release.values import _rounded
from tests.support.course import (
    ROOT,
    SHARED,
    Course,
    assignments,
    full_marks,
    grade_id,
    lesson_files,
    notebook_path,
    reference_cells,
)
from tests.support.sample import sample

MARKS = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "exam.", "Exam(")


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    return Course(tmp_path_factory.mktemp("release") / "course")


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


@pytest.mark.parametrize("assignment", assignments())
def test_rebuilding_gives_the_committed_bytes(rebuilt, assignment):
    committed = {
        name: data
        for name, data in files(ROOT / "notebooks" / assignment).items()
        if not any(part.startswith((".", "__")) for part in name.parts)
    }
    assert files(rebuilt.root / "notebooks" / assignment) == committed


def test_what_calls_are_given_is_kept_where_some_are_given_less():
    assert _rounded([[[1 / 3, 0]], [[2 / 3, 1], [0.5, 2]]]) == [
        [[0.3333333333, 0]],
        [[0.6666666667, 1], [0.5, 2]],
    ]


def written(course):
    """Return when each file of the releases was last written."""
    return {path: path.stat().st_mtime_ns for path in (course.root / "notebooks").rglob("*")}


REFUSED = "The test cell test_rnn_cell_forward does not end on what its exam earned"


@pytest.fixture
def edited(tmp_path):
    """Make a course in whose first test cell something is replaced."""

    def edit(old, new):
        course = Course(tmp_path / "course")
        path = notebook_path(course.root / "source" / "01_rnn")
        notebook = nbformat.read(path, 4)
        (cell,) = [c for c in notebook.cells if grade_id(c) == "test_rnn_cell_forward"]
        assert old in cell.source
        cell.source = cell.source.replace(old, new)
        nbformat.write(notebook, path)
        return course

    return edit


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exam.score()", "points = exam.score()"),
        ("exam.score()\n### END HIDDEN TESTS", "exam.score()\n### END HIDDEN TESTS\nprint()"),
    ],
)
def test_a_test_cell_whose_exam_cannot_count_is_not_released(edited, old, new):
    course = edited(old, new)
    book = (course.root / "gradebook.db").read_bytes()
    before = written(course)
    said = course.nbgrader("generate_assignment", "01_rnn", "--force", fails=True)
    assert REFUSED in said
    assert (course.root / "gradebook.db").read_bytes() == book
    assert "Traceback" not in said
    assert written(course) == before


@pytest.mark.parametrize(
    "case",
    sample(
        [
            ("exam.score()", "min(exam.score(), 5)", REFUSED),
            ('"cache", 2', '"cache", 1', "add up to 9 points, and the cell is worth 10"),
        ]
    ),
)
def test_what_only_shows_when_a_test_cell_runs_is_refused_before_releases_are_made(edited, case):
    old, new, said = case
    course = edited(old, new)
    hints = course.root / "source" / "01_rnn" / "lesson_tools" / "hints.json"
    hints.unlink()
    refused = course.python("grading.release", fails=True)
    assert said in refused
    assert "test_rnn_cell_forward" in refused
    assert "Traceback" not in refused
    assert not hints.exists()


@pytest.mark.parametrize("assignment", assignments())
def test_a_release_is_complete_in_itself(assignment):
    folder = ROOT / "notebooks" / assignment
    beside = shared_files(ROOT / "notebooks", [assignment])
    beside = {name.removeprefix(f"{assignment}/"): data for name, data in beside.items()}
    assert beside.pop(notebook_path(folder).name)
    assert beside == lesson_files(assignment)
    seen = {
        name.split("/")[0] for name in beside if not name.endswith((".csv", ".txt", "_lesson.py"))
    }
    assert seen == {"rnn_utils.py", "public_tests.py", "lesson_tools"}


@pytest.mark.parametrize("assignment", assignments())
def test_a_release_holds_nothing_of_another_lesson(assignment):
    """But for the earlier solutions that it brings, and calls, under their own names."""
    others = {f for name in assignments() if name != assignment for f in reference_cells(name)}
    for name, data in lesson_files(assignment).items():
        if name.endswith(("expected.json", "hints.json")):
            known = {key.split()[0] for key in json.loads(data)}
            assert known, name
            assert known <= set(reference_cells(assignment)), name
    every = {*others, *reference_cells(assignment)}
    for name, data in SHARED.items():
        assert not [function for function in every if function in data.decode()], name


@pytest.mark.parametrize("assignment", assignments())
def test_no_release_holds_a_solution_a_hidden_test_or_an_output(assignment):
    path = notebook_path(ROOT / "notebooks" / assignment)
    text = path.read_text("utf-8")
    assert not [mark for mark in MARKS if mark in text]
    for function, source in reference_cells(assignment).items():
        (solution,) = re.findall(r"BEGIN SOLUTION\n(.*?)### END", source, re.DOTALL)
        lines = [line.strip() for line in solution.splitlines() if len(line.strip()) > 25]
        assert lines, function
        assert not [line for line in lines if json.dumps(line)[1:-1] in text]
    for cell in nbformat.read(path, 4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("assignment", assignments())
def test_a_module_beside_a_lesson_holds_solutions_of_earlier_ones_only(assignment):
    given = {
        node.name
        for path in (ROOT / "source" / assignment).glob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    later = [name for name in assignments() if name >= assignment]
    assert not given & {function for name in later for function in reference_cells(name)}


@pytest.mark.parametrize("folder", ["source", "notebooks"])
@pytest.mark.parametrize("assignment", assignments())
def test_committed_notebooks_are_clean_and_valid(folder, assignment):
    notebook = nbformat.read(notebook_path(ROOT / folder / assignment), 4)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


@pytest.mark.parametrize("assignment", assignments())
def test_an_exercise_is_a_blank_and_its_test_worth_ten_points_but_for_one_open_one(assignment):
    cells = nbformat.read(notebook_path(ROOT / "source" / assignment), 4).cells
    marks = {grade_id(cell): cell.metadata.nbgrader for cell in cells if grade_id(cell)}
    tests = {name for name, mark in marks.items() if mark.grade and not mark.solution}
    assert tests == {f"test_{function}" for function in reference_cells(assignment)}
    assert sorted(marks[name].points for name in tests) == [4] + [10] * (len(tests) - 1)


@pytest.mark.parametrize("assignment", assignments())
def test_the_release_runs_to_its_first_blank_which_says_so(assignment, tmp_path):
    """Run the student version cell by cell, as a student who wrote nothing."""
    folder = ROOT / "notebooks" / assignment
    script = """
import sys, nbformat
from IPython.core.interactiveshell import InteractiveShell
import matplotlib; matplotlib.use("agg")
shell = InteractiveShell.instance()
for cell in nbformat.read(sys.argv[1], 4).cells:
    if cell.cell_type == "code":
        mark = cell.metadata.get("nbgrader", {})
        result = shell.run_cell(cell.source, silent=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            print("STOP", mark.get("grade_id"), mark.get("grade", False), "|", error)
            break
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(notebook_path(folder))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ, HOME=str(tmp_path), IPYTHONDIR=str(tmp_path), MPLBACKEND="agg"),
    )
    first = next(iter(reference_cells(assignment)))
    (stop,) = [line for line in done.stdout.splitlines() if line.startswith("STOP")]
    assert stop.startswith(f"STOP test_{first} True | {first} is not written yet.")


@pytest.mark.parametrize("assignment", sample(assignments(), 8))  # preflight runs each
def test_the_source_runs_from_top_to_bottom(assignment, tmp_path):
    path = notebook_path(ROOT / "source" / assignment)
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--execute", "--to", "notebook"]
        + ["--stdout", path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ, IPYTHONDIR=str(tmp_path)),
    )
    assert done.returncode == 0, done.stderr
    cells = nbformat.reads(done.stdout, 4).cells
    marks = [c.outputs[-1].data["text/plain"] for c in cells if is_grade(c) and not is_solution(c)]
    assert [float(mark) for mark in marks] == list(full_marks(assignment).values())


@pytest.mark.parametrize("assignment", assignments()[:1])  # that the others run is seen above
def test_nbgrader_validate_works_on_a_release(rebuilt, assignment, tmp_path):
    folder = tmp_path / "handed-out"
    folder.mkdir()
    shutil.copytree(rebuilt.root / "notebooks" / assignment, folder, dirs_exist_ok=True)
    name = notebook_path(folder).name
    said = rebuilt.process("nbgrader", "validate", str(folder / name))
    assert "is not written yet" in said
    nbformat.write(rebuilt.answers(assignment), folder / name)
    assert "Success! Your notebook passes all the tests." in rebuilt.process(
        "nbgrader", "validate", str(folder / name)
    )


@pytest.mark.parametrize(
    "command", [("nbgrader", "generate_assignment", "01_rnn"), ("grading.release",)]
)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda root: (root / "source/01_rnn/lesson_tools/plots.py").write_text("x = 1\n"),
            "would take the place of the lesson_tools/plots.py that all assignments share",
        ),
        (
            lambda root: (root / "rnn_utils.py").unlink(),
            "c.ShareFiles.files names rnn_utils.py, and there is none in",
        ),
    ],
    ids=["two of one name", "one that is missing"],
)
def test_files_that_would_be_lost_or_are_not_there_stop_a_release(tmp_path, command, spoil, said):
    course = Course(tmp_path / "course")
    before = written(course)
    spoil(course.root)
    force = ["--force"] * (command[0] == "nbgrader")
    printed = " ".join(course.process(*command, *force, fails=True).split())
    assert said in printed
    assert "Traceback" not in printed
    assert written(course) == before
