"""The reader of notebooks, by properties: whatever was handed in, a notebook comes out."""

import copy
import hashlib
import json

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grading.assignment.spec import Expected
from grading.core.verdicts import Verdict
from grading.judging.submission import LOST, parse, read_submission


def released(name, **more):
    flags = {"locked": True, "grade": False, "solution": False, "task": False, "points": 0.0}
    return Expected(name, "code", f"# the {name} of the release", "sum", **(flags | more))


EXPECTED = [
    released("imports"),
    released("f", locked=False, solution=True),
    released("test_f", grade=True, points=10.0),
    released("data"),
    released("g g", locked=False, solution=True),
    released("test_g g", grade=True, points=5.0),
    released("essay", locked=False, solution=True, grade=True, points=3.0),
    released("cell-0", task=True, points=2.0),
]
IDS = [cell.grade_id for cell in EXPECTED]


def valid():
    """A right notebook, as plain JSON."""
    cells = [
        {
            "cell_type": "code",
            "id": f"id-{number}",
            "metadata": cell.metadata() if cell is not None else {"tags": []},
            "source": f"def {IDS[number % len(IDS)]}():\n    return {number}".splitlines(True),
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["x"]}],
            "execution_count": number,
        }
        for number, cell in enumerate([*EXPECTED, None, None])
    ]
    cells.insert(3, {"cell_type": "markdown", "id": "text", "metadata": {}, "source": "words"})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}


def paths(node, path=()):
    """The way to every node of a JSON tree but its root."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from paths(value, (*path, key))


WORDS = st.sampled_from(
    ["cells", "source", "metadata", "nbgrader", "grade_id", "cell_type", "nbformat", "worksheets"]
    + ["input", "outputs", "code", "markdown", "raw", "heading", "\ud800", "\0", *IDS]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), 10**12, 4.0, 3.0])
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=20), WORDS)
TREES = st.recursive(
    LEAVES | st.sampled_from(valid()["cells"]),
    lambda tree: st.lists(tree, max_size=4) | st.dictionaries(WORDS, tree, max_size=4),
    max_leaves=12,
)
PATHS = list(paths(valid()))


@st.composite
def changed(draw):
    """A right notebook with one thing changed, somewhere in its tree."""
    raw = valid()
    *way, key = draw(st.sampled_from(PATHS))
    parent = raw
    for step in way:
        parent = parent[step]
    action = draw(st.sampled_from(["replace", "delete", "double", "move"]))
    if action == "replace":
        parent[key] = draw(TREES)
    elif action == "delete":
        del parent[key]
    elif isinstance(parent, list):
        item = copy.deepcopy(parent[key])
        if action == "move":
            del parent[key]
        parent.insert(draw(st.integers(0, len(parent))), item)
    else:
        parent[draw(WORDS)] = parent[key]
    return json.dumps(raw).encode()


@st.composite
def cut(draw):
    """The bytes of a right notebook with some of them changed."""
    data = bytearray(json.dumps(valid()).encode())
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 20)))
    data[start:end] = draw(st.binary(max_size=20))
    return bytes(data)


NOTEBOOKS = st.fixed_dictionaries(
    {
        "nbformat": st.sampled_from([1, 2, 3, 4, 5]) | NUMBERS,
        "cells": st.lists(TREES, max_size=6),
    },
    optional={"worksheets": st.lists(TREES, max_size=2), "metadata": TREES},
)
HAND_INS = {
    "bytes": st.binary(max_size=300),
    "json": TREES.map(lambda tree: json.dumps(tree).encode()),
    "notebooks": NOTEBOOKS.map(lambda tree: json.dumps(tree).encode()),
    "changed": changed(),
    "cut": cut(),
}


def check(data):
    """Look at what the reader makes of these bytes."""
    submission = read_submission(data, EXPECTED)
    notebook = submission.notebook
    nbformat.validate(notebook)
    assert nbformat.writes(notebook).encode()
    assert submission.verdict in {None, Verdict.UNREADABLE, Verdict.OTHER_ASSIGNMENT}
    assert submission.sha256 == hashlib.sha256(data).hexdigest()
    assert notebook.metadata == {}
    marks = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    ids = [mark.grade_id for mark in marks]
    assert len(ids) == len(set(ids))
    for known in EXPECTED:
        if known.grade or known.locked:
            (cell,) = [
                cell
                for cell in notebook.cells
                if cell.metadata.get("nbgrader", {}).get("grade_id") == known.grade_id
            ]
            assert cell.metadata == known.metadata()
            assert cell.cell_type == known.cell_type
            assert not known.locked or cell.source == known.source
    order = [grade_id for grade_id in ids if grade_id in ("f", "test_f")]
    assert order in (["f", "test_f"], ["test_f"])


def fuzz(kind, examples):
    """Check so many examples."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(HAND_INS[kind])
    def run(data):
        check(data)

    run()


@pytest.mark.parametrize("kind", HAND_INS)
def test_whatever_is_handed_in_a_whole_notebook_comes_out(kind):
    fuzz(kind, 150)


@pytest.mark.long
@pytest.mark.parametrize("kind", HAND_INS)
def test_whatever_is_handed_in_a_whole_notebook_comes_out_many_times(kind):
    fuzz(kind, 25_000)


def test_the_right_notebook_is_taken_as_it_is():
    notebook = read_submission(json.dumps(valid()).encode(), EXPECTED).notebook
    sources = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    assert list(sources) == IDS
    assert sources["f"] == "def f():\n    return 1"


def old(version):
    """A right notebook in an old format, as plain JSON."""
    cells = [
        {"cell_type": "code", "input": ["def f():\n", "    return 1"], "prompt_number": 1},
        {"cell_type": "heading", "level": 3, "source": ["words", " on\n", "lines"]},
        {"cell_type": "html", "source": "<p>", "metadata": {"nbgrader": {"grade_id": "f"}}},
        {"cell_type": "raw", "source": "raw"},
        7,
    ]
    return {"nbformat": version, "worksheets": [{"cells": cells[:2]}, {"cells": cells[2:]}]}


@pytest.mark.parametrize("version", [2, 3, 3.0])
def test_old_formats_are_read_as_nbformat_reads_them(version):
    taken = parse(json.dumps(old(version)).encode())
    assert [(cell.kind, cell.source) for cell in taken] == [
        ("code", "def f():\n    return 1"),
        ("markdown", "### words on lines"),
        ("markdown", "<p>"),
        ("raw", "raw"),
        ("raw", LOST),
    ]
    plain = old(3) | {"metadata": {}}
    del plain["worksheets"][1]["cells"][-1]  # which nbformat cannot read at all
    for cell in plain["worksheets"][0]["cells"] + plain["worksheets"][1]["cells"]:
        name = "input" if "input" in cell else "source"
        cell |= {name: "".join(cell[name]), "metadata": {}, "outputs": []}
    theirs = nbformat.convert(nbformat.from_dict(plain), 4).cells
    assert [(c.cell_type, c.source) for c in theirs] == [(c.kind, c.source) for c in taken[:-1]]


@pytest.mark.parametrize(
    ("level", "signs"), [(1, "#"), (6, "######"), (7, "#"), (0, "#"), (True, "#"), ("3", "#")]
)
def test_a_heading_of_an_old_format_has_as_many_signs_as_markdown_knows(level, signs):
    raw = old(3)
    raw["worksheets"][0]["cells"][1]["level"] = level
    assert parse(json.dumps(raw).encode())[1].source == f"{signs} words on lines"


VALUES = [
    *("4" * 400, "-" + "9" * 400, "9" * 5000, "NaN", "Infinity", "-Infinity", "1e999", "-0", "0.5"),
    *("4.0", "true", "null", '"4"', r'"\ud800"', "[4]", "{}", "[" * 300 + "]" * 300),
    '"' + "9" * 10**5 + '"',
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:12])
def test_any_value_in_any_field_is_read_or_refused(value):
    for *way, key in PATHS:
        raw = valid()
        parent = raw
        for step in way:
            parent = parent[step]
        parent[key] = "to be replaced"
        check(json.dumps(raw).replace('"to be replaced"', value).encode())


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:12])
@pytest.mark.parametrize("version", [2, 3])
def test_so_is_any_value_in_a_field_of_an_old_format(version, value):
    for *way, key in paths(old(version)):
        raw = old(version)
        parent = raw
        for step in way:
            parent = parent[step]
        parent[key] = "to be replaced"
        check(json.dumps(raw).replace('"to be replaced"', value).encode())
