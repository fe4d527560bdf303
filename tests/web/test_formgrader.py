"""The instructor's browser: what a student made is harmless in every page, and honest work stays.

Pages are read as a browser reads them. A page may hold nothing beyond what a page of plain
honest work holds, but for a short list of harmless tags, attributes and classes.
"""

import base64
import contextlib
import inspect
import io
import re
import warnings
import zlib
from types import SimpleNamespace

import html5lib
import nbformat
import pytest
from jinja2 import Environment, FileSystemLoader
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.server_extensions.formgrader import base, handlers
from PIL import Image
from pygments.token import STANDARD_TYPES
from tornado.web import HTTPError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from grading import plugins
from grading.sandbox.limits import Limits
from grading.sandbox.session import Session
from grading.web import formgrader, markdown, sanitize
from grading.web.code import code_html
from tests.support.course import ROOT, Course, assignments, grade_id, notebook_path
from tests.support.gallery.pages import BREAKING, CODE, MARKDOWN, TRICKS
from tests.support.sample import sample

A = "01_rnn"
NO_WORDS = "No description has been provided for this image"  # nbconvert's
MAKERS = {MARKDOWN: new_markdown_cell, CODE: new_code_cell}
PLAIN = set(
    "html head body title h1 h2 h3 h4 h5 h6 p br hr div span blockquote pre code a img em strong b "
    "section "
    "i u s del sub sup ul ol li dl dt dd table thead tbody tfoot tr th td details summary "
    "header main".split()
)
ATTRIBUTES = set("alt title width height align border colspan rowspan start rel name".split())
# Of formulas, with what their attributes may be.
MATHML = set(
    "math mrow mi mn mo mtext mspace mpadded mphantom menclose msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts mfrac msqrt mroot mtable mtr mtd b i em code".split()
)
LENGTH = r"[0-3](\.\d{1,9})?(em)?"
SET = {
    "display": "block",
    "form": "prefix|infix|postfix",
    "mathvariant": "normal",
    "notation": "box|updiagonalstrike|downdiagonalstrike",
    "scriptlevel": "[0-2]",
    **dict.fromkeys("lspace rspace minsize maxsize width".split(), LENGTH),
    **dict.fromkeys("height linethickness".split(), "0"),
    "style": rf"((text-align|justify-items): \w+;|padding-\w+: ?{LENGTH};"
    rf"|border-\w+: {LENGTH} \w+ currentcolor;|margin-left:-0\.[12]\d{{0,9}}em;)+",
    **dict.fromkeys(
        "accent accentunder displaystyle movablelimits stretchy symmetric".split(), "true|false"
    ),
}
# What a feedback page calls a place that may scroll; cleaning leaves no such attribute.
LABELS = {"Code", "Error", "Formula", "Printed", "Result", "Text with a table or code"}
STYLES = {"overflow-x", "overflow-y", "text-align", "color", "background-color"}
CLASSES = {name for name in STANDARD_TYPES.values() if name} | {
    "highlight",
    "dataframe",
    "task-list-item-checkbox",
    "tex",
}
PIXEL = io.BytesIO()
Image.new("RGB", (3, 2)).save(PIXEL, "PNG")
PNG = base64.b64encode(PIXEL.getvalue()).decode()

HONEST = [
    new_markdown_cell(
        "# A heading\n\nText with *stress*, `a < b` and [a link](https://numpy.org), "
        "[to the heading](#A-heading).\n\n"
        "| name | size |\n|:---|---:|\n| $W_{ax}$ | $(n_a, n_x)$ |\n\n- one\n  - two\n\n"
        "1. first\n\n"
        "$$a^{\\langle t\\rangle} = \\tanh(W x) < 1 \\\\ b & c$$\n\n"
        "Inline $x < y$ and \\\\(z > 1\\\\).\n\n\\begin{align}a &< b \\\\ c &> d\\end{align}\n\n"
        "```python\nx = '<b>'  # a block\n```\n\n    indented\n\n"
        "> said\n\n- [x] done\n- [ ] to do\n\n"
        f"![dot](data:image/png;base64,{PNG})\n\n![file](plot.png) ~~gone~~ a\\_b\n\n"
        '<b>bold</b><br><sub>low</sub> <span style="color:red">red</span>\n\n'
        '<div class="alert alert-info">Note</div>\n\n<details><summary>More</summary>text</details>'
    ),
    new_raw_cell("raw & plain"),
    new_code_cell(
        "import sys\nimport matplotlib.pyplot as plt\n"
        "plt.plot([1, 2])\nplt.show()\nprint('out <b>')\nprint('err', file=sys.stderr)\n"
        "from IPython.display import HTML, Math, display\n"
        "display(HTML('<div><style scoped>.dataframe td { color: red }</style>'\n"
        '\'<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th>\'\n'
        "'<th>a</th></tr></thead><tbody><tr><th>0</th><td>1.5</td></tr></tbody></table></div>'))\n"
        "display(Math('a < b'))\n'a result'"
    ),
    new_code_cell("print('\\x1b[31mred\\x1b[0m')\nraise ValueError('an error')"),
]


def cell_of(trick):
    return MAKERS.get(trick.kind, new_raw_cell)(trick.text)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Honest and hostile work, graded as ever."""
    course = Course(tmp_path_factory.mktemp("pages") / "course")
    honest, hostile = course.answers(A), course.answers(A)
    honest.cells += HONEST
    hostile.cells += [*HONEST, *map(cell_of, TRICKS + BREAKING), new_markdown_cell("the very end")]
    course.submit("honest", A, honest)
    course.submit("hostile", A, hostile)
    course.nbgrader("autograde", A)
    course.nbgrader("generate_feedback", A)
    return course


@pytest.fixture(scope="module")
def uncleaned(course, zygote):
    """The graded hostile work with every output as it came from the sandbox."""
    notebook = course.graded("hostile", A)
    with contextlib.closing(Session(zygote, Limits(), {})) as session:
        for cell in notebook.cells:
            if cell.cell_type == "code" and not grade_id(cell):
                outputs, _ = session.run_cell(cell.source)
                cell.outputs = [nbformat.from_dict(output) for output in outputs]
    return notebook


def exporter(template="formgrade", *, clean=True):
    """Return the exporter that the formgrader makes of the course's configuration."""
    config = (
        PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config() if clean else Config()
    )
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    made = HTMLExporter(config=config)
    return formgrader.make_harmless(made) if clean else made


def page(notebook, made_by=None, **more):
    resources = {
        "assignment_id": A,
        "notebook_id": "rnn",
        "submission_id": "0",
        "index": 0,
        "total": 1,
        "base_url": "",
        "student": "ada",
        "last_name": "L",
        "first_name": "F",
        "notebook_path": "autograded/ada/01_rnn/rnn.ipynb",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbconvert tells of outputs that it cannot show
        found, _ = (made_by or exporter()).from_notebook_node(notebook, resources | more)
    return found


def read(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        root = html5lib.parse(text, namespaceHTMLElements=False, scripting=True)
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}")
    return root


def signs(text):
    """Return everything in a page that is not plain text with its marking-up.

    Each sign with the words that stand in it: the same button with other words is one sign.
    """
    found = {}

    def add(sign, words=""):
        found.setdefault(sign, []).append(words)

    for element in read(text).iter():
        if not isinstance(element.tag, str):
            add(f"comment: {element.text}")
            continue
        words = " ".join("".join(element.itertext()).split())[:500]
        attributes = dict(element.attrib)
        box = element.tag == "input" and "disabled" in attributes
        if not (element.tag in PLAIN | MATHML or (box and attributes.get("type") == "checkbox")):
            add(f"<{element.tag}> {attributes} {words}")
        for name, value in attributes.items():
            for part in value.split() if name == "class" else [value]:
                formula = element.tag in MATHML and re.fullmatch(SET.get(name, "(?!)"), part)
                if not (formula or is_harmless(name, part, box)):
                    add(f"{name}={part} of <{element.tag}>", words)
    return found


def beyond(text, honest):
    """Return the signs in a page that the page of honest work does not have."""
    known = signs(honest)
    return {f"{sign} {words}" for sign, words in signs(text).items() if sign not in known}


def is_harmless(name, value, box):
    if name == "href":
        return bool(re.match(r"https?://|mailto:|#|[\w ]+\.(png|csv)$", value))
    if name == "src":
        return bool(re.match(r"data:image/(png|jpeg);base64,[\w+/=\s]*$|[\w-]+(\.png)?$", value))
    if name == "id":
        return value.startswith(("student-", "cell-id="))
    if name == "class":
        return value in CLASSES or value.startswith("ansi-")
    if name == "aria-label":
        return value in LABELS
    if name == "style":
        return {part.split(":")[0].strip() for part in value.split(";") if part} <= STYLES
    return name in ATTRIBUTES or (box and name in ("type", "disabled", "checked"))


def feedback(course, student):
    return (course.root / "feedback" / student / A / "rnn.html").read_text()


@pytest.fixture(scope="module")
def found(course, uncleaned):
    """What is in each page of hostile work beyond those of honest work."""
    honest = page(course.graded("honest", A))
    return {
        "formgrader": beyond(page(course.graded("hostile", A)), honest),
        "formgrader, outputs kept": beyond(page(uncleaned), honest),
        "feedback": beyond(feedback(course, "hostile"), feedback(course, "honest")),
    }


PAGES = ["formgrader", "formgrader, outputs kept", "feedback"]


@pytest.mark.parametrize("place", PAGES)
def test_a_page_of_hostile_work_holds_nothing_that_one_of_honest_work_does_not(found, place):
    assert found[place] == set()


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_a_trick_does_nothing(found, trick):
    assert [sign for place in PAGES for sign in found[place] if trick.sign in sign] == []


@pytest.fixture(scope="module")
def stock(uncleaned):
    """A page of one cell at a time, as nbgrader and nbconvert make it by themselves."""
    made_by = exporter(clean=False)
    cells = {cell.source: cell for cell in uncleaned.cells}
    honest = [cells[cell.source] for cell in HONEST]
    plain = page(new_notebook(cells=honest), made_by)
    return lambda trick: beyond(
        page(new_notebook(cells=[*honest, cells[trick.text]]), made_by), plain
    )


@pytest.mark.parametrize("trick", sample(TRICKS), ids=lambda trick: trick.name)
def test_control_a_trick_works_in_a_page_that_is_not_cleaned(stock, trick):
    assert any(trick.sign in sign for sign in stock(trick)) == trick.live


@pytest.mark.parametrize("trick", BREAKING, ids=lambda trick: trick.name)
def test_control_nbconvert_makes_no_page_of_this(uncleaned, trick):
    (cell,) = [c for c in uncleaned.cells if c.source == trick.text]
    with pytest.raises(Exception, match=r"attachment|indices"):
        page(new_notebook(cells=[cell]), exporter(clean=False))


# --- honest work ----------------------------------------------------------------------


def seen(text):
    """Return what is to be seen in the cells of a page: tags, texts, pictures, classes."""
    root = read(re.sub(r"</?section[^>]*>", "", text))
    found = []
    for element in root.iter():
        if element.tag == "style" and "scoped" in element.attrib:
            element.text = ""  # of a table of pandas; the page has its own for these
        elif isinstance(element.tag, str):
            keep = {k: v for k, v in element.attrib.items() if k not in ("id", "href", "rel")}
            if "class" in keep:  # which lexer has coloured the code
                keep["class"] = keep["class"].replace("hl-ipython3", "hl-python")
            style = keep.pop("style", "").replace(" ", "").rstrip(";")
            if keep.get("class") == "output_latex output_subarea":  # shown as HTML is
                keep["class"] = "output_html rendered_html output_subarea"
            words = [(part or "").strip("\n") for part in (element.text, element.tail)]
            found.append((element.tag, keep, style, *words))
        else:
            found.append(element.text)
    return found


def links(text):
    return [a.get("href", "").replace("#student-", "#") for a in read(text).iter("a")]


@pytest.mark.parametrize("assignment", sample(["everything", *assignments()]))
def test_honest_work_looks_as_before_but_for_its_formulas(course, assignment, monkeypatch):
    monkeypatch.setattr(markdown, "shown", lambda formula, text: text)
    if assignment == "everything":
        notebook = course.graded("honest", A)
    else:
        notebook = nbformat.read(notebook_path(ROOT / "source" / assignment), 4)
    ours, before = page(notebook), page(notebook, exporter(clean=False))
    before = before.replace(NO_WORDS, "A picture that this cell has drawn")
    ours, before = (text[text.index("<body>") :] for text in (ours, before))
    ours = re.sub(r"<p>(\$\\displaystyle[^<]*)</p>", r"\1", ours)  # a formula is a paragraph
    assert seen(ours) == seen(before)
    assert links(ours) == links(before)


def test_plots_tables_formulas_and_texts_are_there(course):
    for text in (page(course.graded("hostile", A)), feedback(course, "hostile")):
        root = read(text)
        pictures = [img.get("src") for img in root.iter("img") if img.get("src")]
        assert sum(src.startswith("data:image/png;base64,") for src in pictures) == 2
        assert [td.text for td in root.iter("td")].count("1.5") == 1
        words = "".join(root.itertext())
        tex = ("$W_{ax}$", "\\tanh(W x) < 1 \\\\ b & c$$", "\\begin{align}a &< b")
        formulas = ["".join(math.itertext()) for math in root.iter("math")]
        assert all(formula in words for formula in tex) or {"Wax", "a<bc>d"} <= set(formulas)
        for text in ("out <b>", "err", "ValueError: an error", "'a result'", "the very end"):
            assert text in words


def test_links_within_the_page_arrive(course):
    root = read(page(course.graded("honest", A)))
    ids = {element.get("id") for element in root.iter()}
    inner = [a.get("href") for a in root.iter("a") if a.get("href", "").startswith("#")]
    assert "#student-A-heading" in inner
    assert {href[1:] for href in inner} <= ids


def test_the_notebook_keeps_the_students_own_text(course):
    sources = [cell.source for cell in course.graded("hostile", A).cells]
    assert all(trick.text in sources for trick in TRICKS + BREAKING)


def test_the_notebook_holds_no_output_that_could_run(course):
    notebook = course.graded("hostile", A)
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "grading"}
    kinds = {
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    }
    assert kinds == {"text/plain", "text/html", "text/latex", "image/png"}
    told = str([cell.get("outputs") for cell in notebook.cells])
    assert "[An output that is not shown here (application/javascript) was left out.]" in told


def test_the_formgraders_page_asks_no_other_host_and_sets_every_formula_of_the_lessons(course):
    for assignment in assignments():
        text = page(nbformat.read(notebook_path(ROOT / "source" / assignment), 4))
        root = read(text)
        assert len(list(root.iter("math"))) > 20
        assert [e.text for e in root.iter("code") if "tex" in e.get("class", "").split()] == []
        asked = [e.get("src") or e.get("href") for e in root.iter() if e.tag in ("script", "link")]
        assert [url for url in asked if url and not url.startswith("/formgrader/static/")] == []


def test_formulas_of_a_page_have_a_bound():
    words = " ".join(["$x$"] * 700)  # each counts for its length and 10 more
    root = read(page(new_notebook(cells=[new_markdown_cell(words) for _ in range(5)])))
    words = "".join(root.itertext())
    assert len(list(root.iter("math"))) == 700 * 3
    assert words.count("$x$") == 700 * 2


# --- pieces ---------------------------------------------------------------------------


def png(width, height):
    """Return a picture that claims a size, with nothing behind it."""
    raw = bytearray(PIXEL.getvalue())
    raw[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    raw[29:33] = zlib.crc32(raw[12:29]).to_bytes(4, "big")
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("kind", "data", "good"),
    [
        ("image/png", PNG, True),
        ("image/png", PNG[:20] + "\n" + PNG[20:] + "\n", True),
        ("image/jpeg", PNG, False),
        ("image/svg+xml", PNG, False),
        ("image/png", "", False),
        ("image/png", PNG + '"', False),
        ("image/png", PNG[:30], False),
        ("image/png", base64.b64encode(b"<svg onload=x>").decode(), False),
        ("image/png", png(4000, 5000), True),
        ("image/png", png(4001, 5000), False),
        ("image/png", png(2**31 - 1, 2**31 - 1), False),
    ],
)
def test_a_picture_is_one_and_of_a_size_to_be_shown(kind, data, good):
    assert (sanitize._pixels(kind, data) <= sanitize.PIXELS) == good
    (output,) = sanitize.harmless_outputs(
        [new_output("display_data", {kind: data, "text/plain": "x"})], sanitize.Room()
    )
    assert (kind in output["data"]) == good
    assert output["data"]["text/plain"] == "x"
    # A text may hold hundreds of them.
    in_text = good and sanitize._pixels(kind, data) <= sanitize.PIXELS_IN_TEXT
    assert ("src" in sanitize.harmless_html(f"<img src='data:{kind};base64,{data}'>")) == in_text


@pytest.mark.parametrize(
    "open_",
    ["".join(f"<b\nid={n}>" for n in range(300)), "<b><i><u><s><em><code><tt><big>" * 3],
    ids=["with attributes", "the same thrice"],
)
def test_html_that_would_grow_far_beyond_its_length_is_shown_as_text(open_):
    text = f"<p>{open_}" + "<p>x" * 2_000
    found = sanitize.harmless_html(text)
    assert found.startswith("<pre>&lt;p&gt;&lt;b")
    assert found.count("<") == 2
    assert sanitize.harmless_html(found) == found
    closed = "<p><b id='x'>x</b></p>" * 100
    assert sanitize.harmless_html(closed).count("<b") == 100


def test_html_of_outputs_has_a_bound_and_says_that_there_was_more():
    def shown(*texts):
        kept = sanitize.harmless_outputs(
            [new_output("display_data", {"text/html": text}) for text in texts], sanitize.Room()
        )
        return [output["data"] for output in kept]

    said = {"text/plain": "[An output that is not shown here (text/html) was left out.]"}
    whole = "x" * sanitize.LONGEST_HTML
    assert shown(whole, whole + "x") == [{"text/html": whole}, said]
    assert shown(*[whole] * 6) == [{"text/html": whole}] * 5 + [said]


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_cleaning_twice_changes_nothing_more(trick):
    once = sanitize.harmless_html(trick.text)
    assert sanitize.harmless_html(once) == once


NAMES = {"last_name": "'\"", "student": "<img src=x onerror=x>"}


@pytest.mark.parametrize("first", ["<b onclick=x>", None])
def test_a_name_is_shown_as_text(first):
    path = f'autograded/{NAMES["student"]}/"onclick=x data-x="/rnn.ipynb'
    names = {**NAMES, "first_name": first, "notebook_path": path}
    plain = page(new_notebook())
    new = beyond(page(new_notebook(), **names), plain)
    assert [sign for sign in new if not sign.startswith(("<nav>", "data-link="))] == []
    stock = page(new_notebook(), exporter(clean=False), **names)
    assert any(sign.startswith("onclick=x") for sign in beyond(stock, plain))


@pytest.mark.parametrize(
    "cell",
    [
        new_markdown_cell("\\\\(" * 30_000),
        new_code_cell(" \n" * 60_000 + "x"),
        new_code_cell("x", outputs=[new_output("stream", text="\x1b[1ma" * 40_000)]),
        new_code_cell("x", outputs=[new_output("display_data", {"text/html": "<i>" * 40_000})]),
        new_code_cell("x", outputs=[new_output("error", traceback=["x" * 90_000])]),
        new_raw_cell("<p>" * 40_000),
    ],
    ids=["markdown", "code", "stream", "html", "error", "raw"],
)
def test_a_text_that_is_far_too_long_is_cut_and_says_so(cell):
    found = page(new_notebook(cells=[cell]))
    assert "characters; the rest is in the notebook." in found
    assert len(found) < 2_000_000


def test_a_page_has_a_bound_and_shows_that_there_is_more():
    cells = [new_markdown_cell("x" * 9_000) for _ in range(100)]
    found = page(new_notebook(cells=cells))
    assert found.count("x" * 9_000) == formgrader.LONGEST_PAGE // 9_000
    assert found.count("the rest is in the notebook") == 100 - formgrader.LONGEST_PAGE // 9_000


def test_lines_of_spaces_do_not_reach_the_highlighter():
    assert code_html("a  \n \t\u2003\n\n    b\n") == code_html("a\n\n\n    b\n")


FORMGRADER = [
    ("manage_students_assignments.tpl", {"student_id": "NAME"}),
    ("manage_students_notebook_submissions.tpl", {"student_id": "NAME", "assignment_id": A}),
    ("manage_submissions.tpl", {"assignment_id": "NAME"}),
    ("gradebook_notebooks.tpl", {"assignment_id": "NAME"}),
    ("gradebook_notebook_submissions.tpl", {"assignment_id": A, "notebook_id": "NAME"}),
]


def named(values, name):
    return {key: value.replace("NAME", name) for key, value in values.items()}


@pytest.mark.parametrize(("template", "values"), FORMGRADER, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("name", ["<img src=x onerror=pwn()>", '";pwn();"', "\\u0022;pwn()//"])
def test_a_name_in_an_address_of_the_formgrader_is_no_code(template, values, name):
    plugins.install()
    render = base.BaseHandler.render
    jinja = Environment(loader=FileSystemLoader([handlers.template_path]))  # as nbgrader's own
    handler = SimpleNamespace(settings={"nbgrader_jinja2_env": jinja})
    stock = inspect.unwrap(render)(handler, template, **{"base_url": "", **named(values, name)})
    assert name in stock
    with pytest.raises(HTTPError, match="404"):
        render(handler, template, base_url="", **named(values, name))
    plain = {"base_url": "", **named(values, "O'Brien, Zoë (2)")}
    assert "O'Brien, Zoë (2)" in render(handler, template, **plain)


def test_a_formgrader_that_did_not_read_the_settings_is_harmless_too(course, uncleaned):
    plugins.install()
    handler = SimpleNamespace(settings={"nbgrader_exporter": exporter(clean=False)})
    made_by = base.BaseHandler.exporter.fget(handler)
    assert made_by._exporter is base.BaseHandler.exporter.fget(handler)._exporter
    assert [type(step) for step in made_by._preprocessors].count(formgrader.HarmlessPage) == 1
    assert page(uncleaned, made_by) == page(uncleaned)


def test_a_picture_that_got_lost_leaves_the_text_around_it():
    root = read(page(new_notebook(cells=[cell_of(BREAKING[1])])))
    assert "Pasted¶" in ["".join(heading.itertext()) for heading in root.iter("h1")]
    assert "x" in [img.get("alt") for img in root.iter("img")]


def test_a_picture_that_was_pasted_into_a_text_is_shown():
    pasted = {"attachments": {"a.png": {"image/png": PNG}}}
    root = read(page(new_notebook(cells=[new_markdown_cell("![x](attachment:a.png)", **pasted)])))
    assert f"data:image/png;base64,{PNG}" in [img.get("src") for img in root.iter("img")]


def test_a_pasted_picture_is_not_shown_again_in_a_cell_with_the_same_words():
    pasted = {"attachments": {"a.png": {"image/png": PNG}}}
    words = "![x](attachment:a.png)"
    cells = [new_markdown_cell(words, **pasted), new_markdown_cell(words)]
    root = read(page(new_notebook(cells=cells)))
    sources = [img.get("src") for img in root.iter("img")]
    assert sources.count(f"data:image/png;base64,{PNG}") == 1
