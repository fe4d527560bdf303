"""Moving pictures in a real JupyterLab: dragged, read aloud, broken and mended, printed.

``make test-browser`` runs this.
"""

import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.course.test_moving import moving_cell, pictures
from tests.support.course import ROOT, assignments, grade_id, notebook_path, reference_cells
from tests.support.lab import Desk
from tests.support.lab_page import pages, shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

A = "01_rnn"
# A click on a menu would be lost while the page is still at work.
COMMAND = """async name => {
    await jupyterapp.restored;
    const notebook = jupyterapp.shell.currentWidget;
    await notebook.context.ready;
    await notebook.sessionContext.ready;
    await jupyterapp.commands.execute(name);
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """JupyterLab in an empty folder."""
    root = tmp_path_factory.mktemp("lab")
    (root / "work").mkdir()
    desk = Desk(root / "work", root / "home")
    with desk.lab("--LabApp.expose_app_in_browser=True") as desk.address:
        yield desk


@pytest.fixture
def opened(desk, chromium):
    """Open a solved lesson with a cell of one's own and run all; no request may lead elsewhere."""
    with pages(chromium) as open_page:

        def opened(assignment):
            folder = desk.work / f"{len([*desk.work.iterdir()])}-{assignment}"
            shutil.copytree(ROOT / "notebooks" / assignment, folder)
            notebook = nbformat.read(notebook_path(folder), 4)
            for cell in notebook.cells:
                cell.source = reference_cells(assignment).get(grade_id(cell), cell.source)
            notebook.cells.append(nbformat.v4.new_code_cell())  # the last test cell is locked
            nbformat.write(notebook, notebook_path(folder))
            page = open_page(desk, f"{folder.name}/{notebook_path(folder).name}")
            page.set_viewport_size({"width": 1280, "height": 1200})
            page.evaluate(COMMAND, "notebook:run-all-cells")
            page.locator("[role=slider]").first.wait_for(state="attached")
            page.locator("[role=slider]").last.scroll_into_view_if_needed()
            return page, notebook_path(folder)

        yield opened


def shown(page):
    """Return the moving picture as it is shown."""
    return page.locator(".jp-OutputArea .widget-html img")


def after(page, act):
    """Return the picture before an act and the next one."""
    before = shown(page).get_attribute("src")
    act()
    page.wait_for_function(
        "old => (document.querySelector('.widget-html img') ?? {src: old}).src !== old",
        arg=before,
        timeout=60_000,
    )
    return before, shown(page).get_attribute("src")


@pytest.mark.parametrize("assignment", assignments())
def test_an_arrow_key_on_a_slider_moves_the_picture_there_and_back(opened, assignment):
    page, _ = opened(assignment)
    handle = page.locator("[role=slider]").last
    handle.scroll_into_view_if_needed()
    handle.focus()
    first, second = after(page, lambda: page.keyboard.press("ArrowRight"))
    back = after(page, lambda: page.keyboard.press("ArrowLeft"))
    assert back == (second, first)
    shoot(page, f"moving-{assignment}")
    cell = page.locator(".jp-CodeCell", has=handle)
    assert cell.locator(".jp-OutputArea-output > img, .jp-RenderedImage img").count() == 1  # still
    box = shown(page).bounding_box()
    ratio = shown(page).evaluate("image => image.naturalWidth / image.naturalHeight")
    assert box["width"] / box["height"] == pytest.approx(ratio, rel=0.01)


def test_a_moving_picture_can_be_used_without_seeing_it(opened):
    page, _ = opened(A)
    number = page.get_by_role("spinbutton", name="spectral radius")
    assert number.input_value() == "1.05"
    assert "four states" in shown(page).get_attribute("alt")

    def type_in():
        number.fill("2.5")
        number.press("Enter")

    after(page, type_in)
    handle = page.locator("[role=slider]").get_attribute("aria-valuetext")
    assert float(handle) == pytest.approx(2.5)
    after(page, lambda: number.press("ArrowUp"))
    assert float(number.input_value()) == pytest.approx(2.55)


def test_a_picture_says_what_went_wrong_and_comes_back_when_it_is_mended(opened):
    page, _ = opened(A)
    for source, told in [
        (
            "def rnn_forward(x, a0, parameters):\n    raise NotImplementedError",
            "rnn_forward is not",
        ),
        ("def rnn_forward(x, a0, parameters):\n    return 1 / 0", "ZeroDivisionError: division"),
    ]:
        run_in_kernel(page, source)
        page.locator("[role=slider]").focus()
        page.keyboard.press("ArrowRight")
        page.locator(f".widget-html >> text={told}").wait_for(timeout=60_000)
    (mended,) = [s for f, s in reference_cells(A).items() if f == "rnn_forward"]
    run_in_kernel(page, mended)
    page.locator("[role=slider]").focus()
    page.keyboard.press("ArrowRight")
    shown(page).wait_for(timeout=60_000)


def run_in_kernel(page, source):
    """Put code into the last cell of the notebook and run it."""
    editor = page.locator(".jp-Notebook .jp-CodeCell .cm-content").last
    editor.scroll_into_view_if_needed()
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.evaluate(COMMAND, "notebook:run-cell")


def test_a_saved_notebook_prints_the_still_picture_and_no_widget(opened):
    page, path = opened(A)
    page.evaluate(COMMAND, "docmanager:save")
    saved = nbformat.read(path, 4)
    assert "widgets" not in saved.metadata
    assert pictures(moving_cell(saved).outputs) == 1
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--stdout", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    printed = done.stdout.split('id="cell-id=radius"')[1].split('id="cell-id=')[0]
    assert printed.count("<img") == 1
    assert "Here are sliders" in printed
    assert "widget-view" not in printed
