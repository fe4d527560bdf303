"""A student's page: it says what there is to say, to every reader, without a network."""

import json
import re
import subprocess
import sys
import time
import warnings
from types import SimpleNamespace

import html5lib
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.api import Gradebook
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from grading.core.records import Candidate, Part, Record
from grading.core.verdicts import SENTENCES, Verdict
from grading.feedback.page import Page
from grading.feedback.results import number
from grading.judging.judgement import Judgement
from grading.web import accessible
from grading.web import markdown as texts
from grading.web import mathml as formulas
from grading.web.mathml import mathml
from tests.support.course import ROOT, Course, assignments, notebook_path
from tests.support.gallery.entry import RNN, Entry
from tests.support.gallery.pages import FORMULAS, HTML

A = "01_rnn"
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
ABOUT = {"notebook": "rnn", "assignment": A, "student": "ada", "score": 7.0, "max_score": 10.0}


@pytest.mark.parametrize(("points", "said"), [(7.0, "7"), (10 / 3, "3.33"), (0.1 + 0.2, "0.3")])
def test_points_are_written_as_people_write_them(points, said):
    assert number(points) == said


def exporter():
    config = PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config()
    nbgraders = {"template_name": "a template of nbgrader's", "extra_template_basedirs": ["/"]}
    config.merge(Config({"HTMLExporter": nbgraders}))  # as its converter sets them
    return Page(config=config)


def page(*cells, **about):
    resources = {"metadata": {"name": "rnn"}, "nbgrader": {**ABOUT, "late_penalty": 0, **about}}
    text, _ = exporter().from_notebook_node(new_notebook(cells=list(cells)), resources)
    return text


def read(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        root = html5lib.parse(text, namespaceHTMLElements=False)
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.removeprefix(NAMESPACE)
    return root


def words(element):
    return " ".join("".join(element.itertext()).split())


def by(root, key, value):
    return [element for element in root.iter() if value in element.get(key, "").split()]


def only(root, key, value):
    (found,) = by(root, key, value)
    return found


def mark(grade_id, *, grade=False, solution=False, task=False, **more):
    own = {"grade_id": grade_id, "grade": grade, "solution": solution, "task": task, **more}
    return {"nbgrader": {"locked": not solution, "schema_version": 3, **own}}


def answer(**more):
    return new_code_cell("def f(): pass", metadata=mark("f", solution=True, **more))


def judged(judgement, **more):
    """Return a test cell as the grader leaves it, with the gradebook's points."""
    points = {"score": judgement.points, "points": judgement.most, **more}
    cell = new_code_cell("f_test(f)", metadata=mark("test_f", grade=True, **points))
    cell.metadata["grading"] = judgement.record(seed="5f").pack()
    cell.outputs = [nbformat.from_dict(output) for output in judgement.outputs()]
    return cell


PARTS = [
    Part("values of a", 4.0, 4.0, follows=True),
    Part("edge sizes", 3.0, 3.0),
    Part("cache", 3.0, 0.0, "cache holds 3 values, 4 are asked for"),
]
PARTLY = Judgement(
    Verdict.PARTLY_CORRECT,
    7.0,
    10.0,
    "f: cache is not right\nvalues of a: 4 of 4, right with your own earlier function\n"
    "edge sizes: 3 of 3\ncache: 0 of 3, cache holds 3 values, 4 are asked for\n\n"
    "Your prediction is made from\n`a_prev`, the state before this step.",
    PARTS,
    named=[
        Candidate(
            "old", "Your prediction is made from `a_prev`, the state before this step.", len, ""
        )
    ],
)


@pytest.fixture(scope="module")
def partly():
    return read(page(answer(), judged(PARTLY)))


# --- what is said ---------------------------------------------------------------------


def test_the_summary_has_verdict_points_and_a_link_for_each_exercise(partly):
    table = only(partly, "class", "summary")
    head, row, total = [[words(cell) for cell in tr] for tr in table.iter("tr")]
    assert head == ["Exercise", "Verdict", "Points"]
    assert row == ["f", "◐ partly correct", "7 of 10"]
    assert total == ["Total", "", "7 of 10"]
    (link,) = table.iter("a")
    assert link.get("href") == "#test_f"
    assert "f_test(f)" not in words(only(partly, "id", "test_f"))  # beside its cell, not in it


def test_a_result_says_verdict_sentence_and_every_part(partly):
    result = only(partly, "id", "test_f")
    assert "partly correct, 7 of 10 points" in words(result)
    assert SENTENCES[Verdict.PARTLY_CORRECT] in words(result)
    assert [words(part) for part in only(result, "class", "parts")] == [
        "✓ values of a 4 of 4 Right with your own earlier function. Its mistake is charged there.",
        "✓ edge sizes 3 of 3",
        "✗ cache 0 of 3 cache holds 3 values, 4 are asked for",
    ]


def test_a_known_mistake_is_set_apart_and_said_once(partly):
    known = only(partly, "class", "known")
    assert words(known).endswith("made from a_prev, the state before this step.")
    assert [code.text for code in known.iter("code")] == ["a_prev"]
    assert words(partly).count("Your prediction is made from") == 1


def test_of_several_known_mistakes_none_is_said_to_be_the_one():
    several = [Candidate("one", "It may be this.", len, ""), Candidate("two", "Or that.", len, "")]
    wrong = Judgement(Verdict.WRONG, 0.0, 10.0, "", PARTS[2:], named=several)
    known = only(read(page(judged(wrong))), "class", "known")
    assert [words(item) for item in known.iter("li")] == ["It may be this.", "Or that."]
    assert "One of them is likely yours" in words(known)


def test_what_the_public_test_said_stands_there_without_what_is_said_already(partly):
    assert words(only(partly, "class", "said")) == "f: cache is not right"
    assert "does not pass" in words(only(partly, "id", "test_f"))
    passed = Judgement(Verdict.CORRECT, 3.0, 3.0, "all is well", PARTS[1:2], public=True)
    result = only(read(page(judged(passed))), "id", "test_f")
    assert words(only(result, "class", "said")) == "all is well"
    assert "does not pass" not in words(result)


def test_the_parts_come_from_the_record_and_not_from_the_text():
    cell = judged(PARTLY)
    cell.outputs = []
    result = only(read(page(cell)), "id", "test_f")
    assert len(by(result, "class", "why")) == 2


def test_a_notebook_without_a_record_shows_the_output_of_its_tests():
    metadata = mark("test_f", grade=True, score=0.0, points=10.0)
    error = new_output("error", ename="E", evalue="it broke", traceback=["\x1b[31mit broke\x1b[0m"])
    root = read(page(new_code_cell("f_test(f)", metadata=metadata, outputs=[error])))
    assert [words(cell) for cell in only(root, "class", "summary").iter("td")][:2] == [
        "✗ no points",
        "0 of 10",
    ]
    (output,) = by(root, "class", "output")
    assert words(output) == "it broke"


def test_a_verdict_on_the_whole_hand_in_says_why():
    cell = judged(Judgement(Verdict.UNREADABLE, 0.0, 10.0, "It is not JSON."))
    cell.metadata["grading"] = Record(Verdict.UNREADABLE, 0.0).pack()  # all that is kept
    result = only(read(page(cell)), "id", "test_f")
    assert "unreadable, 0 of 10 points" in words(result)
    assert words(only(result, "class", "said")) == "It is not JSON."


def test_points_and_comments_given_by_hand_are_there():
    cells = [
        answer(comment="Well *said*: $x^2$"),
        judged(PARTLY, score=9.5, by_hand=True, extra_credit=0.5),
        new_markdown_cell(
            "I think so.",
            metadata=mark("essay", grade=True, solution=True, score=1.0, points=4.0, by_hand=True),
        ),
        new_markdown_cell(
            "Draw.", metadata=mark("draw", task=True, score=0, points=2, waiting=True)
        ),
    ]
    root = read(page(*cells, score=8.5, max_score=16.0, late_penalty=2.0))
    rows = [[words(cell) for cell in tr] for tr in only(root, "class", "summary").iter("tr")]
    assert rows[1:] == [
        ["f", "◐ partly correct", "9.5 of 10"],
        ["essay", "◐ some of the points", "1 of 4"],
        ["draw", "… not graded yet", "up to 2"],
        ["Handed in late", "", "−2"],
        ["Total, points so far", "", "8.5 of 16"],
    ]
    notes = [words(note) for note in by(root, "class", "note")]
    assert "Your instructor has set these points; the tests found 7 of 10." in notes
    assert "0.5 of these points are extra credit." in notes
    assert "Your instructor has graded this by hand." in notes
    comment = only(root, "id", "comment-f")
    assert words(comment) == "Your instructor's comment Well said: x2"
    assert "#comment-f" in [a.get("href") for a in root.iter("a")]


def test_of_several_notebooks_each_page_has_the_total_of_its_own():
    root = read(page(answer(), judged(PARTLY), notebooks=2))
    total = [words(cell) for cell in only(root, "class", "summary").findall(".//tr")[-1]]
    assert total == ["Total of this notebook", "", "7 of 10"]


def test_where_there_is_no_answer_and_where_marks_are_older_is_said():
    essay = mark("essay", grade=True, solution=True, score=0.0, points=4.0, waiting=False)
    old = mark("old", grade=True, solution=True, score=1.0, points=4.0, waiting=False)
    old["nbgrader"] |= {"by_hand": True, "flagged": True}
    cells = [new_markdown_cell("YOUR ANSWER HERE", metadata=essay)]
    cells += [new_markdown_cell("I think so.", metadata=old), judged(PARTLY, flagged=False)]
    root = read(page(*cells))
    assert words(only(root, "id", "essay")).startswith("Result: essay ✗ no points, 0 of 4 points")
    notes = {
        one: [words(n) for n in by(only(root, "id", one), "class", "note")]
        for one in ("essay", "old", "test_f")
    }
    assert notes["essay"] == ["There is no answer here, so there are no points for it."]
    assert notes["old"][1].startswith("These points were set before this notebook was last graded")
    assert not notes["test_f"]


def test_names_are_shown_as_text():
    name = "<img src=x onerror=pwn()>"
    text = page(answer(), student_name=name, student=name, notebook=name, assignment=name)
    assert [element for element in read(text).iter() if element.tag == "img"] == []
    assert words(read(text).find(".//h1")) == name


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class with real grades, names, a comment and a penalty."""
    course = Course(tmp_path_factory.mktemp("feedback") / "course")
    swap = (("(a_next, a_prev, xt", "(a_prev, a_next, xt"),)
    wrong = Entry("cache swapped", RNN, Verdict.PARTLY_CORRECT, edits=swap)
    course.submit("right", A, course.answers(A))
    course.submit("wrong", A, course.answers(A, wrong))
    course.submit("untouched", A, course.release(A))
    filled = course.answers(A)
    # The last test begins where the page is nearly full.
    course.submit("waits", A, course.answers(A))
    room = 300_000 - sum(len(cell.source) for cell in filled.cells)
    texts = [new_markdown_cell("x" * 9_990) for _ in range(room // 9_990 + 2)]
    filled.cells[:0] = texts
    course.submit("full", A, filled)
    course.nbgrader("autograde", A)
    course.nbgrader("db", "student", "add", "wrong", "--first-name=Ada", "--last-name=B <b>")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.find_grade("test_rnn_forward", "rnn", A, "waits").auto_score = None
        gradebook.db.commit()
    course.nbgrader("generate_feedback", A)
    return course


def test_what_a_person_still_has_to_mark_is_no_zero(course):
    root = read(feedback(course, "waits"))
    rows = [[words(cell) for cell in tr] for tr in only(root, "class", "summary").iter("tr")]
    assert rows[2][:2] == ["rnn_forward", "… correct"]
    assert rows[1][:2] == ["rnn_cell_forward", "✓ correct"]


def feedback(course, student):
    return (course.root / "feedback" / student / A / "rnn.html").read_text("utf-8")


def test_a_real_page_has_the_gradebooks_points_and_names(course):
    root = read(feedback(course, "wrong"))
    assert words(root.find(".//header")) == "Feedback on 01_rnn rnn Ada B <b> (wrong)"
    rows = [[words(cell) for cell in tr] for tr in only(root, "class", "summary").iter("tr")]
    assert rows[1][:2] == ["rnn_cell_forward", "◐ partly correct"]
    assert rows[-1] == ["Total", "", f"{sum(course.scores('wrong', A).values()):g} of 24"]
    cache = [words(li) for li in only(root, "id", "test_rnn_cell_forward").iter("li")]
    assert [part.split()[0] for part in cache if part[2:].startswith("cache")] == ["✗"]


def test_what_is_not_written_yet_is_said_kindly(course):
    root = read(feedback(course, "untouched"))
    assert words(root).count("not attempted") >= 4
    assert SENTENCES[Verdict.NOT_ATTEMPTED] in words(root)


def test_a_page_that_is_full_still_hides_the_hidden_tests(course):
    """A test that is cut in its middle could not be taken out, and there would be no page."""
    text = feedback(course, "full")
    assert "the rest is in the notebook" in text
    assert "rnn_forward_test(rnn_forward)" in words(read(text)).replace(" ", "")
    assert "HIDDEN" not in text
    assert "exam." not in text


# --- for every reader -----------------------------------------------------------------


def test_a_page_asks_nobody_for_anything_and_runs_nothing(course):
    for student in ("right", "wrong", "full"):
        text = feedback(course, student)
        root = read(text)
        assert not [e for e in root.iter() if e.tag in ("script", "link", "iframe", "object")]
        sources = [e.get(key) for e in root.iter() for key in ("src", "srcset") if e.get(key)]
        assert all(source.startswith("data:image/") for source in sources)
        style = "".join(e.text for e in root.iter("style"))
        assert "url(" not in style
        assert "@import" not in style


@pytest.mark.parametrize("assignment", assignments())
def test_every_formula_of_the_lessons_is_shown_as_one(assignment):
    notebook = nbformat.read(notebook_path(ROOT / "source" / assignment), 4)
    root = read(page(*[cell for cell in notebook.cells if cell.cell_type == "markdown"]))
    assert len(list(root.iter("math"))) > 20
    assert by(root, "class", "tex") == []
    assert "$" not in words(root.find(".//main"))


def headings(root):
    return [int(e.tag[1]) for e in root.iter() if re.fullmatch("h[1-6]", str(e.tag))]


def test_headings_never_skip_a_level():
    sources = [
        "#### deep first",
        "# a\n\n###### b\n\n<h4>raw</h4>",
        "<h2></h2>\n\n## c",
        "## <b></b>",
    ]
    cells = [new_markdown_cell(source) for source in sources]
    found = headings(read(page(*cells[:2], judged(PARTLY), *cells[2:])))
    assert found[0] == 1
    assert all(after <= before + 1 for before, after in zip(found, found[1:], strict=False))
    assert found.count(1) == 1
    assert len(found) == 3 + 4 + 2 + 1  # the empty ones are gone


def test_a_heading_can_be_linked_to_and_has_no_link_in_it():
    root = read(page(new_markdown_cell("# A *heading* $x$\n\n[there](#A-heading-$x$)")))
    (heading,) = root.iter("h3")
    assert heading.get("id") == "student-A-heading-$x$"
    assert list(heading.iter("a")) == []
    assert "#student-A-heading-$x$" in [a.get("href") for a in root.iter("a")]


TIDY = {
    "a stray item": ("<li>x</li>", "<div>x</div>"),
    "a list of what is no item": ("<ul><b>x</b></ul>", "<div><b>x</b></div>"),
    "a list of text": ("<ol>x<li>y</li></ol>", "<div>x<div>y</div></div>"),
    "a list with a break": ("<ul><br><li>x</li></ul>", "<div><br><div>x</div></div>"),
    "a list of a word": ("<ul>li</ul>", "<div>li</div>"),
    "a list": ("<ul><li>x<ol><li>y</li></ol></li></ul>",) * 2,
    "a list within a list": ("<ul><ul><li>x</li></ul></ul>", "<div><ul><li>x</li></ul></div>"),
    "terms": ("<dl><dt>x</dt><dd>y</dd></dl>",) * 2,
    "terms without words": ("<dl><dt>x</dt></dl>", "<div><div>x</div></div>"),
    "a link without words": ('<a href="https://a.example"><b> </b></a>x', "<b> </b>x"),
    "a link without words in a text": ('<p>x <a href="https://a.example"></a>y</p>', "<p>x y</p>"),
    "a heading without words": ("<h2><b></b></h2>x", "<b></b>x"),
    "an address": ("https://a.example/b.html",) * 2,
    "a picture of elsewhere in a text": ("<p>x <img src='a.png'> y</p>", "<p>x [picture] y</p>"),
    "a check box": ('<input type="checkbox" checked disabled> x', "☑  x"),
    "an empty head": ("<table><tr><th></th><td>x</td></tr></table>", None),
    "a picture of elsewhere": ('<img src="a.png" alt="A plot">', "[A plot]"),
    "colours": ('<font color="red"><i style="color:red;text-align:right">x</i></font>', None),
    "text in brackets": ("a &lt; b &gt; c &amp; d",) * 2,
    "a quote in a title": ('<b title="a&quot;<li>">x</b>', None),
}


@pytest.mark.parametrize(("text", "tidied"), TIDY.values(), ids=TIDY)
def test_html_of_students_is_well_built(text, tidied):
    found = accessible.make_accessible(text)
    assert tidied in (found, None)
    assert accessible.make_accessible(found) == found
    assert "color" not in found
    assert "<th></th>" not in found


def test_what_is_nested_far_too_deeply_is_tidied_as_well():
    assert accessible.make_accessible("<ul><li>" * 7_000).count("</li></ul>") == 7_000
    assert accessible.make_accessible("<span>" * 100_000 + "x").count("</span>") == 100_000


@pytest.mark.parametrize("text", HTML.values(), ids=HTML)
def test_tidying_keeps_out_what_cleaning_keeps_out(text):
    assert accessible.make_accessible(
        accessible.make_accessible(text)
    ) == accessible.make_accessible(text)
    assert accessible.make_accessible(text) == accessible._cleaner.clean(
        accessible.make_accessible(text)
    )


# --- formulas -------------------------------------------------------------------------


RIGHT, LEFT = (
    f'<mtd style="text-align: {side};justify-items: {end};padding-{side}: 0;">'
    for side, end in (("right", "end"), ("left", "start"))
)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("It is $x < y$ here", "<mi>x</mi><mo>&lt;</mo><mi>y</mi>"),
        ("$$\n\\frac{a}{b}\n$$", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        ("\\\\(z\\\\) and more", "<math><mi>z</mi></math>"),
        ("\\\\[z\\\\]", '<math display="block"><mi>z</mi></math>'),
        ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", f"{RIGHT}<mi>c</mi></mtd>{LEFT}<mo"),
        ("\\begin{align*}a &= b\\end{align*}", f"<mtr>{RIGHT}<mi>a</mi></mtd>{LEFT}<mo"),
        ("$$\\begin{aligned}a &= b\\end{aligned}$$", f"<mtr>{RIGHT}<mi>a</mi></mtd>{LEFT}<mo"),
        ("\\begin{split}a &= b\\end{split}", f"<mtr>{RIGHT}<mi>a</mi></mtd>{LEFT}<mo"),
        ("\\begin{alignat}{2}a &= b\\end{alignat}", f"<mtr>{RIGHT}<mi>a</mi></mtd>{LEFT}<mo"),
        ("\\begin{eqnarray}a &=& b\\end{eqnarray}", '<mtd><mo rspace="0">=</mo></mtd>'),
        ("$\\begin{gathered}[t]a \\\\ b\\end{gathered}$", "<mtr><mtd><mi>a</mi></mtd></mtr>"),
        ("\\begin{equation}a\\end{equation}", '<math display="block"><mi>a</mi></math>'),
        (
            "$\\begin{bmatrix}1 & 2\\end{bmatrix}$",
            "<mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd>",
        ),
        ("| $a$ |\n|---|\n| $b$ |", "<mi>b</mi>"),
        ("$(a, -b)$", '<mo>,</mo><mo lspace="0" rspace="0">−</mo>'),
        ("$a - b$", "<mi>a</mi><mo>−</mo>"),
        ("$(a) - b$", '<mo stretchy="false">)</mo><mo>−</mo>'),
        (
            "$\\begin{pmatrix}1\\end{pmatrix}, 2$",
            "</mtable><mo>)</mo></mrow><mo>,</mo>",
        ),
        ("$\\tanh z$", '<mo lspace="0" rspace="0.1667em">tanh</mo><mi>z</mi>'),
        ("$\\text{a_next}$", "<mtext>a_next</mtext>"),
        ("$$\\text{if $x_1$ or}$$", "<mtext>if&nbsp;</mtext><msub><mi>x</mi><mn>1</mn></msub>"),
        ("$\\mbox{if}$", "<mtext>if</mtext>"),
        ("$$x \\tag{3}$$", '(</mo><mn>3</mn><mo stretchy="false">)</mo>'),
        ("$\\sum_{\\substack{i \\\\ j}}$", "<mi>j</mi></mtd></mtr></mtable></munder>"),
        ("$\\textcolor{red}{x_1}$", "<mrow><msub><mi>x</mi><mn>1</mn></msub></mrow>"),
        ("$\\boxed{x}$", '<menclose notation="box"><mi>x</mi></menclose>'),
    ],
)
def test_a_formula_is_mathml(source, shown):
    assert shown in page(new_markdown_cell(source))


@pytest.mark.parametrize(
    "source",
    ["It costs $5.", "`$x$` is code", "```\n$x$\n```", "    $x$", "\\$x\\$", "<pre>$x$</pre>"],
)
def test_a_dollar_is_no_formula(source):
    text = page(new_markdown_cell(source))
    assert "<math" not in text
    assert "$" in words(read(text).find(".//main"))


@pytest.mark.parametrize("tex", ["\\unknown{x} < 1", "\\frac{1", "x_", "\\left( x", "\\begin{a}x"])
def test_what_cannot_be_shown_as_a_formula_stays_as_tex(tex):
    root = read(page(new_markdown_cell(f"Here ${tex}$.")))
    assert words(only(root, "class", "tex")) == f"${tex}$"


def test_an_output_that_is_a_formula_is_shown_as_one():
    data = {"text/latex": "$\\displaystyle a < b$", "text/plain": "x"}
    text = page(new_code_cell("m", outputs=[new_output("display_data", data)]))
    assert "<mi>a</mi><mo>&lt;</mo><mi>b</mi>" in text


HOSTILE = [
    *FORMULAS.values(),
    *(f"$\\text{{{html}}}$" for html in HTML.values()),
    *(f"${html}$" for html in HTML.values()),
    r"$\text{&lt;img src=x onerror=pwn()&gt;}$",
    r"$\unicode{x3c}img src=x onerror=pwn()\unicode{x3e}$",
    r"$\text{</mtext></math><img src=x onerror=pwn()>}$",
    r"$\verb|<style><img src=x onerror=pwn()>|$",
    r"$\operatorname{<script>}$",
    r"$\color{red\" onclick=pwn()}{x}$",
    r"$\textcolor{x}{y}\colorbox{red}{z}\fcolorbox{a}{b}{c}$",
    r"$\hspace{900em}\rule{900em}{90em}\raise{30em}{x}\mkern-90mu x$",
    r"$\style{x}{\class{full-credit}{\href{javascript:pwn()}{x}}}$",
    r"$\Huge x \tiny y$",
    r"$\begin{align}a\label{x\" onclick=pwn()}\end{align} \eqref{x\" onclick=pwn()}$",
    r"$\begin{align}a\label{verdict}\end{align} \eqref{verdict} \tag{<b onclick=pwn()>}$",
    r"$\raisebox{30em}{x} \kern-90em \genfrac{(}{)}{90em}{0}{a}{b} \color[HTML]{ff0000}{x}$",
    r"$\texttt{<img src=x onerror=pwn()>}\textsc{x}\textsf{y}\unknown{<img src=x onerror=pwn()>}$",
    '$x$ <span title="formula 0"></span><img src="x" title=\'<span title="formula 0"></span>\'>',
    '![$\\text{" onerror=pwn()}$](x.png "$y$")',
    "[$x$](javascript:pwn()) [$\\text{<a href=x>}$](https://a.example)",
]
VALUE = re.compile(r"[a-z-]{1,18}|[0-3](\.\d{1,9})?(em)?")
STYLE = re.compile(
    r"((text-align|justify-items|padding-\w+|border-\w+|margin-left): ?[-\w. ]{1,30};)+"
)


@pytest.mark.parametrize("source", HOSTILE)
def test_a_formula_holds_nothing_but_mathml_of_the_short_list(source):
    root = read(page(new_markdown_cell(source)))
    inside = [element for math in root.iter("math") for element in math.iter()]
    assert {element.tag for element in inside} <= formulas._TAGS
    attributes = [pair for element in inside for pair in element.attrib.items()]
    assert {name for name, _ in attributes} <= set(formulas._VALUES)
    for name, value in attributes:
        assert (STYLE if name == "style" else VALUE).fullmatch(value)
    everything = [name for element in root.iter() for name in element.attrib]
    assert not [name for name in everything if name.startswith("on") or name == "xlink:href"]
    assert not [e for e in root.iter() if e.tag in ("img", "script", "style") and e.get("src")]


def test_mathml_that_a_student_writes_is_gone():
    assert "<mi>" not in page(new_markdown_cell("<math><mi>x</mi></math>"), new_raw_cell("<math>"))


def test_nobody_can_fill_a_page_with_one_formula():
    places = '<span title="formula 0"></span>' * 200
    assert page(new_markdown_cell(f"$\\sqrt{{x}}$ {places}")).count("<msqrt>") == 1


ENDLESS = {
    "macros": "\\def\\a{x}"
    + "".join(f"\\def\\{b}{{\\{a}\\{a}}}" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "\\i",
    "braces": "{" * 900 + "}" * 900,
    "roots": "\\sqrt" * 390 + "x",
    "fractions": "\\frac{1}{" * 200 + "x" + "}" * 200,
    "colours": "\\color{red}" * 180 + "x",
    "an operator": "\\operatorname{" + " " * 1900,
    "texts": "\\text{" * 330,
    "primes": "x" + "'" * 1900,
    "a matrix": "\\begin{matrix}" + "&" * 1900 + "\\end{matrix}",
    "digits": "1" * 1990,
    "left": "\\left(" * 330,
    "open brackets": "(" * 1990,
    "half-open intervals": "[0, 1) ]0, 1[ " * 140,
    "functions that nobody closes": "\\sin(" * 390,
    "an argument of a macro": "\\newcommand{\\a}[1]{"
    + "#1" * 100
    + "}"
    + "\\a{" * 40
    + "x" * 1000
    + "}" * 40,
    "a long macro": "\\def\\a{" + "x" * 900 + "}" + "\\a" * 500,
    "a known macro": "\\pmod{" * 90 + "x" + "}" * 90,
    "lines": "\\begin{align}" + "\\\\&" * 600 + "\\end{align}",
    "columns": "\\begin{array}{" + "r" * 400 + "}" + "\\\\" * 750 + "\\end{array}",
    "arrays in arrays": "\\begin{array}{c|c}" * 50 + "x" + "\\end{array}" * 50,
    "exponents": "x^{" * 490 + "x" + "}" * 490,
    "styles": "\\displaystyle" * 150,
    "bars": "|" * 1990,
}


# One after the other, in a process that ends where it takes too much.
BOUNDED = """
import json, resource, sys
from grading.web.mathml import mathml
resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for tex in json.load(sys.stdin):
    print(len(mathml(tex, block=True)), flush=True)
"""


def test_no_formula_is_endless():
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED],
        input=json.dumps(list(ENDLESS.values())),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    sizes = list(map(int, done.stdout.split()))
    assert list(ENDLESS)[: len(sizes)] == list(ENDLESS), done.stderr
    assert max(sizes) <= formulas.LARGEST


def test_what_breaks_in_the_library_stays_as_tex(monkeypatch):
    class Panic(BaseException):
        """As one of Rust, which is no `Exception`."""

    def convert(tex, *, displaystyle):
        raise Panic

    stand_in = SimpleNamespace(convert_with_local_state=convert)
    monkeypatch.setattr(formulas, "_converter", stand_in)
    assert mathml("a formula that breaks it", block=False) == ""


def test_a_formula_has_a_deepest_level():
    assert mathml("\\sqrt{" * 10 + "x" + "}" * 10, block=False)
    assert mathml("\\sqrt{" * 60 + "x" + "}" * 60, block=False) == ""


def test_a_formula_has_a_longest_length():
    assert mathml("x" * formulas.LONGEST, block=False)
    assert mathml("x" * (formulas.LONGEST + 1), block=False) == ""


def test_a_page_full_of_formulas_takes_no_longer_than_its_bound():
    cells = [new_markdown_cell("".join(f"$x_{{{n}}}{m}$ " for m in range(900))) for n in range(30)]
    started = time.process_time()
    text = page(*cells)
    assert time.process_time() - started < 5
    shown = text.count("<math")
    assert 0 < shown <= texts.FORMULA_ROOM // texts.EACH
    assert "$x_{29}799$" in text


def test_a_macro_is_never_defined():
    assert mathml("\\newcommand{\\a}{x}\\a", block=False) == ""
    assert mathml("\\DeclareMathOperator{\\a}{x}\\a", block=False) == ""
    for defining in ("\\def\\a{x}", "\\gdef\\a{x}", "\\let\\a=x", "\\providecommand{\\a}{x}"):
        assert mathml(f"{defining} y", block=False) == ""
    assert mathml("a \\\\def", block=False)  # a new line, and three letters


def test_the_same_text_in_two_notebooks_is_rendered_once(monkeypatch):
    made_by, told = exporter(), []
    make = texts.Markdown._make
    monkeypatch.setattr(texts.Markdown, "_make", lambda self, *a: told.append(a) or make(self, *a))
    for _ in range(2):
        resources = {"metadata": {"name": "rnn"}, "nbgrader": dict(ABOUT)}
        made_by.from_notebook_node(new_notebook(cells=[new_markdown_cell("same $x$")]), resources)
    assert len(told) == 1
