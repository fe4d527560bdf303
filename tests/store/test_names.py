"""Names that are patterns, paths, addresses, markup or options elsewhere: each is itself."""

import csv
import html
import json
import re

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from grading.core.tables import harmless
from grading.store.cohort import read_class
from grading.store.places import Places
from tests.support.sample import sample
from tests.support.tiny import A, hand_in, tiny

RIGHT, WRONG = "def double(x):\n    return x + x", "def double(x):\n    return 2"
# Each would be taken for another if it were a pattern; who are meant then have no marks.
PATTERNS = {
    "[a-b]x": ["ax", "bx"],
    "[!b]x": ["ax"],
    "*": ["ax", "bx", "cx"],
    "?x": ["ax", "bx", "cx"],
    "a*": ["ax"],
    "+x": [],
    "(a|b)x": [],
    "[[]a": [],
}
OTHERS = [
    *("%", "%s", "%41", "_%", "{0}", "{nbgrader_step}", "$x$", "${HOME}", "~", "#1", "a#b", "a?b"),
    *("a&b=c", "a;b", "a,b", "a+b", "=1+1", "@x", "-x", "--student", "a b", " begins", "ends "),
    *(
        "a'b",
        "`ls`",
        "|x",
        "[red]x",
        "[b]",
        ":smile:",
        "**x**",
        "&lt;b&gt;",
        "ünïcode 名",
        "con.txt",
    ),
    *("rnn.ipynb", "01_rnn", "timestamp.txt", "null", "None", "0", "1e5", "x" * 255, "test_rnn"),
]
NAMES = [*PATTERNS, *OTHERS]
SOME = [*PATTERNS, "%41", "{nbgrader_step}", "#1", "a?b", "a,b", "-x", "[red]x", "a b", "ends "]
# What nbgrader's own options make of these: everyone, the home folder, the name without spaces.
OTHERWISE = ["*", "~", " begins", "ends "]
BEHIND = sorted({name for names in PATTERNS.values() for name in names} | {"cx"})


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class of such names, all right; who a pattern would mean in their place is wrong."""
    course = tiny(tmp_path_factory.mktemp("names") / "course")
    course.nbgrader("generate_assignment", A)
    for name in NAMES:
        hand_in(course, name, RIGHT)
    for name in BEHIND:
        hand_in(course, name, WRONG)
    course.python("grading", "autograde", A, "--no-plots")
    course.python("grading", "feedback", A, fails=None)
    course.python("grading", "report", A)
    course.python("grading", "export", "--format=csv", A)
    return course


def page(course, name):
    return course.root / "feedback" / name / A / f"{A}.html"


def marked(text):
    """Return the points that a page gives."""
    return re.search(r"(\d+) of 4", text)[1]


@pytest.mark.parametrize("name", NAMES)
def test_everyone_has_the_marks_of_their_own_work(course, name):
    assert course.scores(name, A) == {"double": 4.0}


@pytest.mark.parametrize("name", NAMES)
def test_everyone_has_a_page_of_their_own_and_nothing_that_is_hidden_beside_it(course, name):
    text = page(course, name).read_text("utf-8")
    assert marked(text) == "4"
    assert html.escape(name, quote=False).replace("'", "&#39;") in text.replace("&#x27;", "&#39;")
    assert not list(page(course, name).parent.rglob("*.ipynb"))


@pytest.mark.parametrize("name", BEHIND)
def test_whom_a_pattern_would_mean_has_a_page_of_their_own(course, name):
    assert marked(page(course, name).read_text("utf-8")) == "0"


def test_the_class_is_everyone_once(course):
    known = read_class(course.coursedir, A)
    assert sorted(m.student for m in known.members) == sorted([*NAMES, *BEHIND])
    assert {m.student for m in known.members if m.total == 4} == set(NAMES)


@pytest.mark.parametrize("name", sample(SOME))
def test_who_is_named_is_graded_and_nobody_else(course, name):
    audit = course.root / "audit.jsonl"
    for words in (
        ("grading", "autograde", A, "--no-plots", "--force", f"--student={name}", "--workers=1"),
        ("nbgrader", "autograde", A, "--force", f"--student={name}"),
    ):
        if name in OTHERWISE and words[0] == "nbgrader":
            continue
        before = audit.read_text().splitlines()
        course.python(*words)
        new = [json.loads(line) for line in audit.read_text().splitlines()[len(before) :]]
        assert [line["student"] for line in new] == [name]


@pytest.mark.parametrize("name", sample(SOME))
def test_who_is_named_gets_the_page_and_nobody_else(course, name):
    pages = [page(course, one) for one in (*NAMES, *BEHIND)]
    for words in (
        ("grading", "feedback", A, f"--student={name}", "--workers=1"),
        ("nbgrader", "generate_feedback", A, "--force", f"--student={name}"),
    ):
        if name in OTHERWISE and words[0] == "nbgrader":
            continue
        before = {path: path.stat().st_mtime_ns for path in pages if path.exists()}
        course.python(*words)
        new = [path for path in pages if path.stat().st_mtime_ns != before.get(path)]
        assert new == [page(course, name)]
        assert not list(page(course, name).parent.rglob("*.ipynb"))


def test_nbgraders_own_command_makes_a_page_for_everyone(course):
    for name in NAMES:
        page(course, name).unlink()
    course.nbgrader("generate_feedback", A, "--force")
    assert [name for name in NAMES if not page(course, name).exists()] == []


@pytest.mark.parametrize("name", sample(SOME, 6))
def test_the_formgraders_buttons_mean_who_is_named(course, name, monkeypatch):
    monkeypatch.chdir(course.root)
    config = PyFileConfigLoader("nbgrader_config.py", str(course.root)).load_config()
    config.CourseDirectory.root = str(course.root)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    assert api.get_submission(A, name)["autograded"]
    audit = course.root / "audit.jsonl"
    before = audit.read_text().splitlines()
    done = api.autograde(A, name, force=True)
    if name != name.strip():
        assert not done["success"]
        assert "Nothing of" in done["log"] or "No notebooks were matched" in done["log"]
        return
    assert done["success"], done
    new = [json.loads(line) for line in audit.read_text().splitlines()[len(before) :]]
    assert {line["student"] for line in new if "drawing" not in line} >= {name}
    assert name == "*" or len(new) == 1
    page(course, name).unlink()
    done = api.generate_feedback(A, name, force=True)
    assert done["success"], done
    assert page(course, name).exists()


def test_tables_have_everyone_under_their_own_name(course):
    said = "".join(course.python("grading", "table", A).split())
    for name in NAMES:
        assert len(name) > 200 or "".join(name.split()) in said, name
    with (course.root / "reports" / f"{A}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row["total"] for row in csv.DictReader(file)}
    marks = {**dict.fromkeys(NAMES, "4"), **dict.fromkeys(BEHIND, "0")}
    assert rows == {harmless(name): mark for name, mark in marks.items()}


def test_a_setting_that_is_a_pattern_still_is_one(course):
    for pattern, meant in {"[a-c]x*": "ax bx cx", "?[x]": "ax bx cx -x =x"}.items():
        course.coursedir.student_id = pattern
        try:
            found = {work.student for work in Places(course.coursedir).hand_in_folders(A)}
        finally:
            course.coursedir.student_id = "*"
        assert {"ax", "bx", "cx"} <= found <= {*meant.split(), "?x", "a*", "*", "+x", "@x", "|x"}
