"""An instructor's round in a real JupyterLab: Create Assignment, and from a hand-in to its page.

Nothing but the server on this machine is asked for anything. Each step leaves a screenshot in
reports/screenshots/.
"""

import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from tests.support.chromium import sync_api
from tests.support.course import Course, grade_id, plain
from tests.support.holder import gradebook_held
from tests.support.lab import Desk
from tests.support.lab_page import (
    WRONG,
    A,
    cell,
    check_picture,
    choose,
    go_to,
    pages,
    shoot,
    tabs,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WIDE = {"width": 1100, "height": 850}
VALUES = "all => all.map(field => field.value)"
HEIGHTS = "all => all.map(formula => formula.getBoundingClientRect().height)"


@pytest.fixture
def opened(chromium):
    with pages(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def instructor(tmp_path_factory):
    """The server of an instructor, in a course with two submissions."""
    folder = tmp_path_factory.mktemp("instructor")
    course = Course(folder / "course", plots=True)
    for student, *wrong in [("ada", WRONG), ("bob",)]:
        notebook = course.answers(A, *wrong)
        for written in notebook.cells:
            written.source = plain(written.source)
        course.submit(student, A, notebook)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.add_student("ada", first_name="Ada", last_name="Abel")
        gradebook.add_student("bob", first_name="Bob", last_name="Berg")
    desk = Desk(course.root, folder / "home")
    with desk.lab() as address:
        desk.address, desk.course = address, course
        yield desk


def show(element):
    """Bring something of the formgrader to the middle, and end the formgrader's own scrolling."""
    element.evaluate("e => { $('body, html').stop(); e.scrollIntoView({block: 'center'}); }")


def close(form, words):
    """Close the window in which nbgrader says something."""
    form.locator(".modal", has_text=words).get_by_role("button", name="OK").click()
    form.locator(".modal").wait_for(state="hidden")


def saved(page, what):
    """Wait until the formgrader has saved what is done in this block."""
    return page.expect_response(
        lambda answer: f"/formgrader/api/{what}/" in answer.url and answer.request.method == "PUT"
    )


def test_an_instructor_has_every_tool(opened, instructor):
    page = opened(instructor, f"source/{A}/rnn.ipynb")
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    items = page.locator(".lm-Menu .lm-Menu-item:visible").all_inner_texts()
    shoot(page, "instructor-menu")
    tools = ["Assignment List", "Course List", "Formgrader", "Create assignment"]
    assert [item.strip() for item in items] == tools
    assert "Create Assignment" in tabs(page)


def test_the_side_bar_create_assignment_shows_the_exercises_and_makes_a_new_one(opened, instructor):
    path = instructor.work / "draft.ipynb"
    shutil.copy(instructor.work / "source" / A / "rnn.ipynb", path)
    page = opened(instructor, "draft.ipynb")
    page.set_viewport_size(WIDE)
    page.locator(".lm-TabBar-tab[title^='Table of Contents']").click()
    choose(page, "Nbgrader", "Create assignment")
    bar = page.locator(".nbgrader-CreateAssignmentWidget")
    bar.locator(".nbgrader-CellWidget").first.wait_for()
    kinds = bar.locator(".nbgrader-CellType select").evaluate_all(VALUES)
    ids = bar.locator(".nbgrader-CellId input:visible").evaluate_all(VALUES)
    cells = nbformat.read(path, 4).cells
    assert len(kinds) == len(cells)
    assert ids == [grade_id(cell) for cell in cells if grade_id(cell)]
    two, open_one = ["solution", "tests"] * 2, ["solution", "tests"]
    assert [kind for kind in kinds if kind] == ["readonly", *two, "readonly", *open_one]
    total = bar.locator(".nbgrader-TotalPointsInput")
    assert total.input_value() == "24"

    go_to(page, "Exercise 1: one step")
    cell(page, "by_hand = ").locator(".cm-content").click()
    chosen = bar.locator(".nbgrader-mod-active")
    chosen.locator("select").select_option(label="Autograded tests")
    chosen.locator(".nbgrader-CellId input").fill("test_by_hand")
    chosen.locator(".nbgrader-CellPoints input").fill("4")
    page.keyboard.press("Tab")
    shoot(page, "instructor-create-assignment")
    assert total.input_value() == "28"
    choose(page, "File", "Save Notebook")
    sync_api.expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    cells = nbformat.read(path, 4).cells
    (made,) = [each for each in cells if grade_id(each) == "test_by_hand"]
    assert made.source.startswith("by_hand = ")
    assert made.metadata.nbgrader == {
        "grade": True,
        "grade_id": "test_by_hand",
        "locked": True,
        "points": 4,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def test_an_instructor_grades_a_class_in_the_formgrader_without_a_network(opened, instructor):
    page = opened(instructor, f"source/{A}/rnn.ipynb")
    page.set_viewport_size(WIDE)
    page.keyboard.press("Control+B")  # without the list of files
    choose(page, "Nbgrader", "Formgrader")
    form = page.frame_locator("iframe")
    form.get_by_role("link", name="02_lstm").wait_for()
    shoot(page, "formgrader-assignments")
    form.locator("tr", has_text=A).locator(".num-submissions a").click()
    for student, points in [("ada", "22 / 24"), ("bob", "24 / 24")]:
        form.locator("tr", has_text=student).locator(".autograde a").click()
        close(form, f"Successfully autograded '{A}' for student '{student}'.")
        form.locator("tr", has_text=student).get_by_text(points).wait_for()
    shoot(page, "formgrader-submissions")

    form.get_by_role("link", name="Manual Grading").click()
    for link in (A, "rnn"):
        form.get_by_role("link", name=link, exact=True).click()
    form.locator("tr", has_text="Submission #").last.wait_for()
    shoot(page, "formgrader-manual-grading")
    form.locator("tr", has_text="22").get_by_role("link").click()
    form.locator("math").first.wait_for()
    assert form.locator("code.tex").count() == 0
    heights = form.locator("math").evaluate_all(HEIGHTS)
    assert len(heights) > 20
    assert min(heights) > 5
    sync_api.expect(form.get_by_role("link", name="Next")).to_be_focused()  # as nbgrader begins
    show(form.get_by_role("heading", name="One step by hand"))
    shoot(page, "formgrader-formulas")

    score = form.locator("#test_rnn_cell_forward")
    score.fill("9")
    with saved(page, "grade"):
        score.press("Tab")  # the formgrader's own keyboard
    sync_api.expect(form.locator("#test_rnn_cell_forward_extra_credit")).to_be_focused()
    comment = form.locator("#rnn_cell_forward-comment")
    comment.fill("Which state is $a_{t-1}$?")
    with saved(page, "comment"):
        comment.press("Escape")
    words = [form.locator(".nbgrader_cell", has=part).inner_text() for part in (comment, score)]
    show(comment)
    shoot(page, "formgrader", " ".join(words))

    form.get_by_role("link", name="Manual Grading").click()
    form.get_by_role("link", name="Manage Assignments").click()
    form.locator("tr", has_text=A).locator(".num-submissions a").click()
    form.locator("tr", has_text="ada").get_by_text("23 / 24").wait_for()
    form.locator("tr", has_text="ada").locator(".generate-feedback a").click()
    close(form, f"Successfully generated feedback for '{A}' for student 'ada'.")

    feedback = page.context.new_page()
    feedback.goto((instructor.work / "feedback/ada" / A / "rnn.html").as_uri())
    assert len(feedback.locator("math").all()) > 20
    assert min(feedback.locator("math").evaluate_all(HEIGHTS)) > 5
    shoot(feedback, "feedback-summary")
    result = feedback.locator("#test_rnn_cell_forward")
    assert "9 of 10" in feedback.locator(".summary").inner_text()
    assert feedback.locator("#comment-rnn_cell_forward math").count() == 1
    result.scroll_into_view_if_needed()
    shoot(feedback, "feedback", result.inner_text())


@pytest.mark.parametrize("width", [WIDE["width"], 360])
def test_the_message_of_a_broken_configuration_can_be_read(opened, instructor, width):
    page = opened(instructor, f"source/{A}/rnn.ipynb")
    config = instructor.work / "nbgrader_config.py"
    whole = config.read_text("utf-8")
    page.goto(f"{instructor.address.url}formgrader/manage_submissions/{A}")
    page.set_viewport_size({**WIDE, "width": width})
    config.write_text(f"import nosuchmodule\n{whole}", "utf-8")
    try:
        page.locator("tr", has_text="bob").locator(".autograde a").click()
        message = page.locator(".modal", has_text="There was an error autograding")
        message.get_by_role("button", name="OK").wait_for()
    finally:
        config.write_text(whole, "utf-8")
    said = message.locator("pre").first
    said.scroll_into_view_if_needed()
    shoot(page, f"formgrader-broken-{width}")
    line = "cannot be loaded: ModuleNotFoundError in line 1: No module named 'nosuchmodule'."
    assert line in said.inner_text()
    assert said.evaluate("text => text.scrollWidth <= text.clientWidth")


def test_a_mark_that_cannot_be_saved_stays_on_the_page_until_it_is(opened, instructor):
    instructor.course.process("grading", "autograde", A, "--workers=1")
    url = f"sqlite:///{instructor.course.root}/gradebook.db"
    with Gradebook(url) as gradebook:
        place = gradebook.find_submission_notebook("rnn", A, "bob").id
    page = opened(instructor, f"source/{A}/rnn.ipynb")
    page.set_viewport_size(WIDE)
    page.goto(f"{instructor.address.url}formgrader/submissions/{place}/")
    score = page.locator("#test_rnn_forward")
    sync_api.expect(score).to_have_attribute(
        "placeholder", "10", timeout=60_000
    )  # it has the marks
    with gradebook_held(instructor.course.root, "EXCLUSIVE"):
        score.fill("7")
        with saved(page, "grade"):
            score.press("Tab")
        said = page.get_by_role("alert")
        said.wait_for()
        assert "Not saved. Another program keeps the gradebook locked." in said.inner_text()
        shoot(page, "formgrader-unsaved", said.inner_text())
    assert score.input_value() == "7"
    with saved(page, "grade"):
        said.get_by_role("button", name="Try again").click()
    sync_api.expect(said).to_have_count(0)
    with Gradebook(url) as gradebook:
        assert gradebook.find_grade("test_rnn_forward", "rnn", A, "bob").manual_score == 7


@pytest.mark.parametrize("name", ["formgrader", "feedback"])
def test_the_readme_shows_a_picture_of_this(name):
    check_picture(name)
