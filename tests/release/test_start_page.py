"""The start page shows every lesson, as its own notebook tells of it, and leads to it."""

import base64
import io
import re

import nbformat
import pytest
from PIL import Image

from deploy.lite.build import _start_page
from grading.release.start_page import NAME, PICTURE, Lesson, cover_of, start_page
from grading.store import Places
from tests.support.course import ROOT, Course, assignments, notebook_path, other_course

PAGE = ROOT / "notebooks" / NAME


@pytest.fixture(scope="module", name="places")
def _places(tmp_path_factory):
    return Places(Course(tmp_path_factory.mktemp("start") / "course").coursedir)


@pytest.fixture(scope="module", name="page")
def _page():
    return nbformat.read(PAGE, 4)


def test_the_page_is_that_of_the_sources(places, page):
    assert nbformat.writes(start_page(places, old=page)) + "\n" == PAGE.read_text("utf-8")


@pytest.mark.parametrize("assignment", assignments())
def test_each_lesson_is_laid_out_like_the_others(assignment):
    """So that whoever has done one finds their way in the next."""
    cells = nbformat.read(notebook_path(ROOT / "source" / assignment), 4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    for word in ("**Time:**", "**You need:**", "exercises with 10 points each", "with 4"):
        assert word in texts[0]
    first, *_, third, second, last = re.findall(r"^## (.+)", "\n".join(texts), re.M)
    assert (first, third) == ("Setup", "Questions to think about")
    assert (second, last) == ("Where to go next", "Sources")
    before, _, rest = "\n".join(texts).partition("### Exercise 1")
    assert len(before.split()) < 900  # so soon there is something to do
    assert "Hand in this notebook when all tests pass." in " ".join(rest.split())


@pytest.mark.parametrize("assignment", assignments())
def test_each_lesson_has_its_place_with_a_picture(page, assignment):
    (cell,) = [cell for cell in page.cells if cell.metadata.get("assignment") == assignment]
    (link,) = re.findall(r"^## \[.+\]\((.+)\)$", cell.source, re.M)
    assert (PAGE.parent / link).is_file()
    assert "**Time:**" in cell.source
    assert "\n- " in cell.source
    png = base64.b64decode(cell.attachments[PICTURE]["image/png"])
    assert len(png) < 60_000
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.width == 560


def test_the_arrows_are_what_the_lessons_say_they_need(page):
    arrows = set(re.findall(r"(L\d+) --> (L\d+)", page.cells[0].source))
    for name in assignments():
        (source,) = (ROOT / "source" / name).glob("*.ipynb")
        number = int(name[:2])
        assert {a for a, b in arrows if b == f"L{number}"} == {
            f"L{one}" for one in Lesson(source).before
        }


@pytest.mark.parametrize(
    ("needs", "numbers"),
    [
        ("lesson 1.", [1]),
        ("lessons 1 and 3.", [1, 3]),
        ("lessons 2 to 4.", [2, 3, 4]),
        ("lessons 1, 2, and 4 to 6, and a free afternoon", [1, 2, 4, 5, 6]),
        ("a little NumPy, and lesson 12", [12]),
        ("matrix products", []),
    ],
)
def test_the_lessons_that_are_needed_are_read_as_they_are_written(tmp_path, needs, numbers):
    text = f"# A lesson\n\n**Time:** an hour. **You need:** {needs}\n"
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]), path)
    assert Lesson(path).before == numbers


def test_a_picture_stays_until_there_is_a_new_one(places, page):
    first, *rest = assignments()
    new = start_page(places, {first: b"new"}, page)
    found = {cell.metadata.assignment: cell.attachments[PICTURE] for cell in new.cells[1:]}
    assert found[first] == {"image/png": base64.b64encode(b"new").decode()}
    kept = {cell.metadata.assignment: cell.attachments[PICTURE] for cell in page.cells[1:]}
    assert all(found[name] == kept[name] for name in rest)


def test_a_site_names_no_lesson_that_it_does_not_hold():
    first, *rest = assignments()
    text = "\n".join(cell.source for cell in _start_page([first]).cells)
    assert f"]({first}/" in text
    assert not any(f"]({name}/" in text for name in rest)
    assert re.findall(r"\bL\d\b", text) == [f"L{int(first[:2])}"]


def test_a_course_that_says_nothing_of_itself_has_a_page_without_a_map(tmp_path):
    cells = [nbformat.v4.new_markdown_cell("Some text"), nbformat.v4.new_code_cell("1 + 1")]
    course = other_course(
        tmp_path, "c = get_config()", "sums", {"sums": nbformat.v4.new_notebook(cells=cells)}
    )
    first, second = start_page(Places(course.coursedir)).cells
    assert "mermaid" not in first.source
    assert second.source == "## [sums](sums/sums.ipynb)"


@pytest.mark.parametrize(("tags", "found"), [([], type(None)), (["cover"], bytes)])
def test_a_cover_is_what_its_cell_draws(tmp_path, tags, found):
    draws = nbformat.v4.new_code_cell(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", metadata={"tags": tags}
    )
    after = nbformat.v4.new_code_cell("1 / 0")  # is not run
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[draws, after]), path)
    assert isinstance(cover_of(path, tmp_path), found)
