"""What a student's text costs on our side is bounded before it is paid: bytes, elements, steps."""

import faulthandler
import random

import nh3
import pytest
from nbconvert.filters.ansi import ansi2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grading.core.errors import GraderFault
from grading.core.records import Cell
from grading.feedback import apart
from grading.judging.rebuild import bare
from grading.web import accessible, code, formgrader, markdown, sanitize
from tests.feedback.test_page import page
from tests.web.test_formgrader import page as formgraders_page

MANY = "".join(f"<b id={n}>" for n in range(2000))
ALL_KINDS = "<b><i><u><s><em><code><tt><big><font><small><strong><strike>"
GROWING = {
    "many that differ": f"<p>{MANY}" + "<p>x" * 2000,
    "one that is long": f"<p><b title='{'y' * 30_000}'>" + "<p>x" * 7000,
    "a link that is long": f"<a title='{'y' * 30_000}'>" + "<p>x" * 7000,
    "a sign that ends a tag, in quotes": f"<b title='{'>' * 30_000}'>" + "<p>x" * 7000,
    "an end that is none": f"<p>{MANY}<!--{'</b>' * 2000}-->" + "<p>x" * 2000,
    "in capitals, on many lines": f"<p>{MANY}".replace("<b ", "<B\n") + "<p>x" * 2000,
    "all kinds, thrice": f"<p>{ALL_KINDS * 3}" + "<p>x" * 14_000,
    "in tables": "<table><td>" + MANY + "<table><td>x</table>" * 2000,
    "beside quotes that do not end": '<b "' * 2000 + MANY + "<p>x" * 2000,
    "unpacked when a button is gone": (
        "<p>" + "".join(f"<b id={n}>" for n in range(900)) + "<button>" + "<div>x</div>" * 4000
    ),
}


@pytest.fixture
def bounded(monkeypatch):
    """Do work in a process that may take little memory, and time that no honest text takes."""
    monkeypatch.setattr(apart, "MEMORY", 100 * 2**20)
    made = []

    def do(work, *given):
        made.append(apart.Apart(lambda given: work(*given)))
        return made[-1].do(given)

    yield do
    for one in made:
        one.close()


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
@pytest.mark.parametrize("clean", [sanitize.harmless_html, accessible.make_accessible])
def test_html_that_grows_is_shown_as_text_before_it_has_grown(bounded, clean, text):
    found = bounded(clean, text)
    assert found.startswith("<pre>&lt;")
    assert len(found) < 6 * len(text)


def test_control_without_the_bound_there_is_not_enough_memory(bounded):
    with pytest.raises(GraderFault, match="MiB, the limit for one page"):
        bounded(lambda text: (faulthandler.disable(), nh3.clean(text)), GROWING["many that differ"])
    assert bounded(len, "still there") == 11


HONEST = {
    "links": "<ul>" + "<li><a href='https://a.example/{}'>x</a> <code>y</code>" * 500,
    "colours": "<p>" + "<font color='red'>x</font> <b>y</b> " * 600,
    "a table": "<table>" + "<tr><td><b>1</b><td style='color: red'>2" * 1500 + "</table>",
    "code": "<p>" + "<code>x</code>, <strong>y</strong> and <em>z</em>. " * 300,
}


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_honest_html_stays_html(text):
    assert not sanitize.harmless_html(text).startswith("<pre>")


TAGS = (
    "h1 p br div span blockquote pre code a em strong b big tt nobr i u s small font ul li dl dd "
    "table caption tbody tr th td button object marquee select option applet form center"
).split()
FORMATS = "a b big code em font i nobr s small strike strong tt u".split()


def some_html(choose):
    """Return HTML that a fuzzer makes up, with many tags that are not closed."""
    names = [*choose.sample(TAGS, choose.randint(1, 6)), *choose.sample(FORMATS, 2)]

    def piece():
        name, kind = choose.choice(names), choose.random()
        if kind < 0.3:
            return f"</{name}>" if kind < 0.2 else "x"
        value = choose.choice(["x" * 300, "NUMBER", "'>' class=a", '"<b id=1>"', "=' title='>>"])
        return f"<{name}" + f" id={value}" * (choose.random() < 0.5) + ">"

    text = ""
    for _ in range(choose.randint(1, 4)):
        unit = "".join(piece() for _ in range(choose.randint(1, 5)))
        text += "".join(unit.replace("NUMBER", str(n)) for n in range(choose.choice([1, 10, 200])))
    return text[:6000]


def test_reading_html_makes_no_more_than_is_counted_before(monkeypatch):
    monkeypatch.setattr(sanitize, "MOST_MADE", 10**12)
    allowed = {"tags": set(TAGS + FORMATS), "attributes": {"*": {"id", "title"}}, "link_rel": None}
    for seed in range(400):
        text = some_html(random.Random(seed))
        made = nh3.clean(text, **allowed)
        size = len(made) + sanitize.NODE * made.count("<") // 2
        own = 4 * (len(text) + sanitize.NODE * text.count("<"))
        assert size <= own + sanitize._most_made(text), (seed, text[:200])


# --- Markdown and code ----------------------------------------------------------------

WORST = "\\\\( " * 2500


def test_what_a_page_spends_on_markdown_has_a_bound(monkeypatch):
    one = len(WORST) * len(markdown._SIGN.findall(WORST))
    assert 3 * one > markdown.WORK_ROOM  # of these there are thirty on a page
    cells = [new_markdown_cell(f"*{n}* " + "\\\\( " * 500) for n in range(9)]
    monkeypatch.setattr(markdown, "WORK_ROOM", 12_000_000)
    found = page(*cells)
    assert found.count("<em>") in range(1, 9)
    assert "<pre>*8* " in found


def test_what_is_made_of_a_page_has_a_bound(monkeypatch):
    monkeypatch.setattr(markdown, "HTML_ROOM", 100_000)
    grows = "<p><b id=1>" + "<p>x" * 40  # to seven times its length
    found = page(*(new_markdown_cell(f"{n}{grows}") for n in range(200)))
    assert len(found) < markdown.HTML_ROOM + 200 * (250 + 4 * len(grows))
    assert "<pre>199&lt;p&gt;" in found


@pytest.mark.parametrize("name", ["perl", "sml", "ipythonconsole", "javascript", 'x">y'])
def test_code_in_a_text_is_coloured_as_python_or_not_at_all(name):
    fence = "```{}\nx = 1\n```"
    assert 'class="highlight"' in page(new_markdown_cell(fence.format("python")))
    plain = page(new_markdown_cell(fence.format(name)))
    assert "<pre><code>x = 1" in plain
    assert 'class="highlight"' not in plain


def test_a_cell_that_calls_itself_another_language_is_coloured_as_python_too():
    cell = new_code_cell("%%perl\nx = 1", metadata={"magics_language": "perl"})
    for made in (page(cell), formgraders_page(new_notebook(cells=[cell]))):
        assert '<span class="o">=</span>' in made


@pytest.mark.parametrize("kind", ["feedback", "formgrader"])
def test_colours_of_code_have_a_bound_too(kind, monkeypatch):
    monkeypatch.setattr(markdown, "HTML_ROOM", 150_000)
    cells = [new_code_cell(f"{n}\n" + "a." * 2_000) for n in range(6)]
    made = page(*cells) if kind == "feedback" else formgraders_page(new_notebook(cells=cells))
    assert "<pre>5\na.a.a." in made
    assert made.count(">a</span>") == 2_000  # of one cell


def test_outputs_of_a_page_have_a_bound_and_it_says_that_there_are_more():
    outputs = [new_output("stream", name=f"std{('out', 'err')[n % 2]}", text="x") for n in range(9)]
    cells = [new_code_cell("x", outputs=outputs * 500) for _ in range(3)]
    verdict = new_code_cell("y", outputs=outputs[:1], metadata={"nbgrader": {"locked": True}})
    found = page(*cells, verdict)
    assert found.count('class="output"') == formgrader.OUTPUTS + 3 + 1
    assert found.count("The first 0 of 4500 outputs; the rest is in the notebook.") == 2


def test_pictures_of_a_notebook_have_a_bound_together(monkeypatch):
    monkeypatch.setattr(sanitize, "_pixels", lambda kind, data: sanitize.PIXELS)
    room = sanitize.Room()
    outputs = [new_output("display_data", {"image/png": "x"})] * 7
    kept = sanitize.harmless_outputs(outputs, room) + sanitize.harmless_outputs(outputs, room)
    assert sum("image/png" in output["data"] for output in kept) == 10


def test_html_of_a_notebook_has_a_bound_together():
    room, text = sanitize.Room(), "x" * sanitize.LONGEST_HTML
    outputs = [new_output("display_data", {"text/html": text})] * 9
    kept = [sanitize.harmless_outputs(outputs, room) for _ in range(4)]
    shown = [sum("text/html" in output["data"] for output in cell) for cell in kept]
    assert shown == [5, 5, 5, 0]


# --- regular expressions --------------------------------------------------------------

LENGTH = 100_000


def long(unit, end=""):
    return unit * (LENGTH // len(unit)) + end


STEPS = {
    "spaces in code": (code.code_html, long(" ", "x")),
    "lines of spaces in code": (code.code_html, long(" \n", "x")),
    "names and dots in code": (code.code_html, long("a.")),
    "dots in code": (code.code_html, long("...")),
    "brackets for a link to a file": (markdown.without_files, long("[")),
    "pictures for a link to a file": (markdown.without_files, long("![a](/files/")),
    "sources that are none": (markdown.without_files, long("src='")),
    "tags in a heading": (lambda text: markdown.Renderer().heading(text, 1), long("<")),
    "tags that are opened anew": (sanitize._most_made, long('<b ="')),
    "spaces in such a tag": (sanitize._most_made, "<b " + long(" a") + long(" ")),
    "colours that do not end": (ansi2html, long("\x1b[1;")),
    "colours": (ansi2html, long("\x1b[1m")),
    "a path": (sanitize._PATH.fullmatch, long("a/", "?")),
    "terms": (accessible._TERMS.fullmatch, long("dt dd ", "x")),
    "places of formulas": (markdown._PLACE.findall, long('<span title="formula 1">')),
    "what a cell defines": (lambda text: Cell("code", text, "").defines("f"), long("async\n \n")),
    "comments": (lambda text: bare(text, "code"), long("# ")),
}


@pytest.mark.parametrize(("work", "text"), STEPS.values(), ids=STEPS)
def test_an_expression_is_done_with_its_worst_text(work, text):
    """Where steps grow with the square of a text, this one takes minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "SECONDS", 45.0)
        done = apart.Apart(lambda _: bool(work(text)) or True)
        assert done.do(None)
        assert done.close() == 0


def test_control_an_expression_that_is_not_done_is_ended(monkeypatch):
    import re

    monkeypatch.setattr(apart, "SECONDS", 0.5)
    endless = apart.Apart(lambda text: re.match(r"(a+)+$", text))
    with pytest.raises(GraderFault, match="the limit for one page"):
        endless.do("a" * 60 + "b")
