"""Feedback pages in a real browser: no violation under axe-core, on any screen.

``make test-browser`` runs this.
"""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from grading.core.verdicts import Verdict
from tests.support.course import Course, notebook_path
from tests.support.gallery.entry import RNN, RNNS, Entry
from tests.support.gallery.pages import BREAKING, FORMULAS, TRICKS
from tests.web.test_formgrader import HONEST, cell_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

axe = pytest.importorskip("axe_playwright_python.base", reason="needs axe: make .venv/with-browser")

A = "01_rnn"
SCHEMES = ["light", "dark"]
WIDTHS = {"phone": 320, "desk": 1280}
STATE, STEP = ("Wya @ a_next", "Wya @ a_prev"), ("t], a_next, par", "t], a0, par")
WRONG = [
    Entry("the old state", RNN, Verdict.PARTLY_CORRECT, edits=(STATE,)),
    Entry("a0 at every step", RNNS, Verdict.WRONG, edits=(STEP,)),
]
SAYS = "Your prediction is made from `a_prev`, the state $a_{t-1}$ before this step."
# What would make a page hard to read, without being an attack.
HARD = [
    "#### deep\n\n# shallow\n\n###### deepest\n\n## \n\n<h1></h1>",
    '<font color="#eee">pale</font> <b style="color:#fefefe;background-color:#fff">paler</b>',
    '<a href="https://a.example"></a> <a href="https://a.example"><img src="data:image/png,x"></a>',
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">',
    "<li>stray</li><ul>text<b>x</b></ul><dl><dt>alone</dt></dl><dd>x</dd>",
    "<details><summary></summary>text</details>",
    '<table width="5000"><tr><th></th><td>x</td></tr></table>',
    "- [ ] to do\n- [x] done",
    "| "
    + " | ".join(f"column {n}" for n in range(30))
    + " |\n|"
    + "---|" * 30
    + "\n"
    + "| x " * 30
    + "|",
    "word" * 200,
    "$$" + " + ".join(f"x_{{{n}}}" for n in range(60)) + "$$",
    "Inline $" + " + ".join(f"x_{{{n}}}" for n in range(60)) + "$ formula",
    "```\n" + "code " * 60 + "\n```",
    '<div style="width:9000px">wide</div><pre>' + "x" * 300 + "</pre>",
]
LOUD = "print('x' * 500)\nprint('\\x1b[38;2;250;250;250mpale')\nfor n in range(99): print(n)\n1 / 0"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("browser") / "course", plots=True)
    honest, hostile = course.answers(A), course.answers(A)
    honest.cells += [
        *HONEST,
        new_markdown_cell("$$\\begin{aligned}M + M &= i\\\\ i &= M\\end{aligned}$$"),
    ]
    hostile.cells += [cell_of(trick) for trick in TRICKS + BREAKING]
    hostile.cells += map(new_markdown_cell, [*HARD, *FORMULAS.values()])
    hostile.cells += [new_code_cell(LOUD)]
    course.submit("honest", A, honest)
    course.submit("wrong", A, course.answers(A, *WRONG))
    course.submit("hostile", A, hostile)
    course.python("grading", "autograde", A)
    path = notebook_path(course.root / "autograded" / "wrong" / A)
    notebook = nbformat.read(path, 4)
    records = [cell.metadata.grading for cell in notebook.cells if "grading" in cell.metadata]
    for number, record in enumerate(records):  # whatever is known of these in the lesson
        record["named"] = [["predicts from the old state", SAYS]] * (number + 1)
    nbformat.write(notebook, path)
    course.python("grading", "feedback", A)
    return course


@pytest.fixture
def opened(course, chromium):
    """Open the page of a student; it fails when the page asks for anything but itself."""
    contexts, asked = [], []

    def opened(student, scheme="light", width="desk"):
        viewport = {"width": WIDTHS[width], "height": 800}
        context = chromium.new_context(color_scheme=scheme, viewport=viewport)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((course.root / "feedback" / student / A / "rnn.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith("data:")] == asked[:1]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("student", ["honest", "wrong", "hostile"])
def test_axe_finds_nothing(opened, student, scheme, width):
    page = opened(student, scheme, width)
    page.evaluate(axe.AXE_FILE_PATH.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [(v["id"], v["nodes"][0]["html"][:300], len(v["nodes"])) for v in found["violations"]]
    assert told == []


def test_control_axe_finds_what_is_wrong(opened):
    page = opened("wrong")
    page.evaluate("document.querySelector('.verdict').style.color = '#ddd'")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    page.evaluate(axe.AXE_FILE_PATH.read_text("utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert {"color-contrast", "html-has-lang"} <= {violation["id"] for violation in found}


@pytest.mark.parametrize("student", ["honest", "wrong", "hostile"])
def test_a_phone_scrolls_in_one_direction_only(opened, student):
    page = opened(student, width="phone")
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS["phone"]


@pytest.mark.parametrize("student", ["honest", "wrong", "hostile"])
def test_on_paper_nothing_is_cut_off(opened, student):
    page = opened(student, "dark")
    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(media="print")
    # No browser breaks a formula into lines.
    page.evaluate("document.querySelectorAll('.formula').forEach(e => e.remove())")
    assert page.evaluate("document.documentElement.scrollWidth") == 700
    cut = page.evaluate(
        """() => [...document.querySelectorAll('pre, .code, .output')].filter(e =>
            e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1
        ).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert cut == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("student", ["honest", "hostile"])
def test_what_scrolls_is_within_reach_of_the_keyboard(opened, student):
    page = opened(student, width="phone")
    unreachable = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e =>
            e.scrollWidth > e.clientWidth + 1
            && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
            && e.tabIndex < 0 && ![...e.querySelectorAll('*')].some(inner => inner.tabIndex >= 0)
        ).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert unreachable == []


def test_the_keyboard_goes_from_the_summary_to_a_result_and_back(opened):
    page = opened("wrong")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#test_rnn_cell_forward")
    inside = "document.querySelector('#test_rnn_cell_forward').contains(document.activeElement)"
    page.keyboard.press("Tab")
    assert page.evaluate(inside)
    page.keyboard.press("Enter")
    assert page.url.endswith("#summary-of-points")


def test_formulas_have_a_shape(opened):
    page = opened("honest")
    heights = page.evaluate(
        "[...document.querySelectorAll('math')].map(m => m.getBoundingClientRect().height)"
    )
    assert len(heights) > 30
    assert min(heights) > 5
    # A matrix is taller than a line.
    assert max(heights) > 50


def test_equations_are_aligned_at_their_signs(opened):
    """The honest notebook ends with two, of which the left sides are of different widths."""
    page = opened("honest")
    ends = page.evaluate(
        """() => [...document.querySelectorAll('mtd[style*="text-align: right"]')].map(e => {
            const [box, formula] = [e, e.lastElementChild].map(x => x.getBoundingClientRect());
            return box.right - formula.right;
        })"""
    )
    assert len(ends) > 1
    assert max(ends) < 3


def test_no_cell_of_a_hostile_page_leaves_its_place(opened):
    page = opened("hostile")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e =>
            ['fixed', 'sticky'].includes(getComputedStyle(e).position)
            || (getComputedStyle(e).position === 'absolute' && e.className !== 'skip')
        ).length"""
    )
    assert outside == 0
    assert page.evaluate("typeof pwn") == "undefined"
