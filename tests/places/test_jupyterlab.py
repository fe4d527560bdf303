"""A student's round in a real JupyterLab: a released notebook, from opening it to Validate.

Nothing but the server on this machine is asked for anything. Each step leaves a screenshot in
reports/screenshots/.
"""

import re
import shutil

import pytest

from tests.support import pictures
from tests.support.chromium import sync_api
from tests.support.course import ROOT, plain, reference_cells
from tests.support.lab import Desk, headings
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

TALL = {"width": 1000, "height": 900}
# The line of the README that takes the instructor's tools from a student's menus.
(HIDE,) = re.findall(
    r"^jupyter labextension disable .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
)


@pytest.fixture
def opened(chromium):
    with pages(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """The server of a student who has followed the README."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(ROOT / "notebooks" / A, folder / "work")
    shutil.copytree(ROOT / "notebooks" / A, folder / "exchange/sequence-models/outbound" / A)
    (folder / "exchange").chmod(0o777)
    desk = Desk(folder / "work", folder / "home")
    exchange = f"c.Exchange.root = {str(folder / 'exchange')!r}\n"
    (folder / "home/config/nbgrader_config.py").write_text(exchange)
    desk.run(*HIDE.split(), "--level=user")  # and not for everyone who uses this environment
    with desk.lab() as address:
        desk.address = address
        yield desk


def fill(page, function, source):
    """Replace the cell of a function, and run it and the test below."""
    blank = cell(page, f"def {function}(")
    blank.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(plain(source))
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")


def validate(page):
    page.locator(".validate-button").click()
    dialog = page.locator(".jp-Dialog")
    dialog.wait_for()
    return dialog


def test_a_student_sees_validate_and_the_assignment_list_and_no_tool_of_the_instructor(
    opened, student
):
    page = opened(student, "rnn.ipynb")
    assert page.locator(".validate-button").inner_text() == "Validate"
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    items = page.locator(".lm-Menu .lm-Menu-item:visible").all_inner_texts()
    shoot(page, "student-menu")
    assert [item.strip() for item in items] == ["Assignment List"]
    assert "Create Assignment" not in tabs(page)
    page.keyboard.press("Escape")
    choose(page, "Nbgrader", "Assignment List")
    row = page.locator("#released_assignments_list .list_item", has_text=A)
    row.get_by_text("Fetch", exact=True).wait_for()
    shoot(page, "student-assignment-list")


def test_the_table_of_contents_leads_through_the_lesson(opened, student):
    page = opened(student, "rnn.ipynb")
    page.locator(".lm-TabBar-tab[title^='Table of Contents']").click()
    entries = page.locator(".jp-tocItem-content")
    entries.first.wait_for()
    assert entries.all_inner_texts() == headings(student.work / "rnn.ipynb")
    for heading in ("Four years, one path each", "Exercise 1: one step"):
        go_to(page, heading)
        page.locator(".jp-Notebook").get_by_role("heading", name=heading).wait_for()
        sync_api.expect(page.get_by_role("heading", name=heading)).to_be_in_viewport()
    shoot(page, "student-contents")


def test_a_student_fills_the_blanks_runs_them_sees_plots_and_validates(opened, student):
    page = opened(student, "rnn.ipynb")
    page.set_viewport_size(TALL)
    page.locator(".lm-TabBar-tab[title^='Table of Contents']").click()
    answers = reference_cells(A)
    go_to(page, "Exercise 1: one step")
    choose(page, "Run", "Run All Above Selected Cell")
    fill(page, "rnn_cell_forward", WRONG.apply(answers["rnn_cell_forward"]))
    wrong = cell(page, "rnn_cell_forward_test(rnn_cell_forward)")
    wrong.get_by_text("is not right yet").wait_for()
    wrong.scroll_into_view_if_needed()
    page.keyboard.press("Control+B")  # without the table of contents
    left, words = page.screenshot(), wrong.inner_text()
    page.keyboard.press("Control+B")

    fill(page, "rnn_cell_forward", answers["rnn_cell_forward"])
    wrong.get_by_text("rnn_cell_forward: all public tests passed.").wait_for()
    dialog = validate(page)
    shoot(page, "student-validate-blank")
    assert "rnn_forward is not written yet" in dialog.inner_text()
    assert "rnn_cell_forward is" not in dialog.inner_text()
    dialog.get_by_role("button", name="Ok").click()

    go_to(page, "Exercise 2: all steps")
    fill(page, "rnn_forward", answers["rnn_forward"])
    choose(page, "Run", "Run All Cells")
    cell(page, "rnn_forward_test(rnn_forward)").get_by_text("all public tests passed").wait_for()
    go_to(page, "Exercise 3, open: will it rain tomorrow?")
    fill(page, "forecast_weights", answers["forecast_weights"])
    go_to(page, "A signal that speeds up")
    last = cell(page, "turns = np.geomspace")
    last.locator(".jp-OutputArea img").wait_for()
    go_to(page, "A year in the hidden state")
    drawn = cell(page, "a, y_pred, caches = rnn_forward")
    plot = drawn.locator(".jp-OutputArea img")
    plot.wait_for()
    assert plot.evaluate("picture => picture.complete && picture.naturalWidth") > 400
    pictures.keep("student", left, page.screenshot(), words=f"{words} {drawn.inner_text()}")

    dialog = validate(page)
    shoot(page, "student-validate")
    assert "Success! Your notebook passes all the tests." in dialog.inner_text()


def test_the_readme_shows_a_picture_of_this():
    check_picture("student")
