"""What is said of an error is what does not fit in the line that it quotes."""

import sys
from pathlib import Path

import numpy as np
import pytest

from grading.comparison.checks import Mismatch, call
from grading.comparison.described import Sizes
from grading.comparison.errors import MOST_SENTENCES, MOST_TEXT, explained, said
from grading.comparison.facts import NAMES, VALUES, facts_of, place_of, sound
from tests.comparison.snippets import CASE, cell, message, told

# Code, and what is said of it: "-" where that is nothing. Above "---" stands what is in the cell
# before the function. Behind "or" stands what another Python leads to: 3.11 and later tell which
# piece of a line failed, and not always the same one.
TABLE = Path(__file__).with_name("errors.txt").read_text("utf-8").strip().split("\n\n")


def row(text):
    lines = text.split("\n")
    words = {
        mark: " ".join(line.removeprefix(mark) for line in lines if line.startswith(mark))
        for mark in ("    > ", "    or ")
    }
    code = "\n".join(line for line in lines if not line.startswith(tuple(words)))
    before, _, body = code.rpartition("\n---\n")
    return before, body, [one for one in words.values() if one]


PRODUCT = "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc"
ROWS = [row(text) for text in TABLE]


def test_the_table_is_long():
    assert len(ROWS) > 150
    assert len({words[0] for *_, words in ROWS}) > 100


@pytest.mark.parametrize(("before", "body", "words"), ROWS, ids=[body for _, body, _ in ROWS])
@pytest.mark.filterwarnings("ignore")
def test_an_error_is_explained(before, body, words):
    found = told(message(body, before)) or "-"
    if sys.version_info >= (3, 11):
        assert found in words
    else:  # where Python does not tell which piece failed, less may be said
        assert any(found in one for one in words) or found == "-"


def test_at_most_three_sentences_are_said():
    for one in (one for *_, words in ROWS for one in words):
        assert one.count(". ") < MOST_SENTENCES
        assert len(one) <= MOST_TEXT


def test_a_message_is_broken_into_lines_of_a_notebook():
    text = message("return np.tanh(parameters['Wax'] @ a_prev + parameters['ba'])")
    lines = Mismatch(text)._render_traceback_()
    assert max(map(len, lines)) <= 88
    assert lines[-3:] == [
        "  `parameters['Wax']` has shape (5, 3) and `a_prev` has shape (5, 4). `@` needs as many",
        "  columns on its left as rows on its right, and 3 is not 5. In this case n_a = 5, n_x =",
        "  3 and m = 4.",
    ]


def test_a_line_of_another_function_is_not_said_to_be_in_this_cell():
    inner = cell("def step(xt):\n    return xt @ xt\n")["step"]
    outer = cell("def f(x):\n\n    return step(x)\n")
    outer["step"] = inner
    with pytest.raises(Mismatch) as caught:
        call(outer["f"], {"x": np.ones((2, 3))})
    assert "\n  at line 2 of the cell of step: return xt @ xt" in str(caught.value)
    assert "\n  which was called at line 3 of its cell: return step(x)" in str(caught.value)


def test_a_call_that_reaches_no_line_is_told_by_the_arguments():
    function = cell("def f(xt, a_prev):\n    return xt\n")["f"]
    with pytest.raises(Mismatch) as caught:
        call(function, {"xt": 1, "a_prev": 2, "parameters": 3})
    assert str(caught.value).endswith(
        "  The test gives it 3 arguments, in this order: xt, a_prev and parameters. The `def`\n"
        "  line of the function takes others."
    )


def test_sizes_that_two_things_have_are_not_named():
    assert Sizes("n_x=3, n_a=5, m=3").here((3, 5)) == "In this case n_a = 5."
    assert Sizes("n_x=3, n_a=5, m=1").here((5, 1)) == "In this case n_a = 5."
    assert Sizes("n_x=3, n_a=5, m=4").here((8, 4)) == "In this case n_a + n_x = 8 and m = 4."
    assert Sizes("n_x=3, n_a=5, m=8").here((8, 4)) == ""


@pytest.mark.parametrize(
    ("sizes", "shape", "counts"),
    [
        ("m=4, T_x=6", (5, 4, 6), "time steps"),
        ("m=4, T_x=6", (5, 6, 4), ""),
        ("m=4, T_x=4", (5, 4, 4), ""),
        ("m=4, T_x=1", (5, 4, 1), ""),
        ("m=4, T_x=6", (5, 4), ""),
        ("", (5, 4, 6), ""),
    ],
)
def test_what_an_axis_counts_is_said_only_without_doubt(sizes, shape, counts):
    assert Sizes(sizes, {3: ("unit", "example", "time step")}).axis(shape, 2) == counts


# --- facts that nobody can trust ------------------------------------------------------


class Trap:
    """What cannot be looked at without running something of its own."""

    def __getattribute__(self, name):
        raise SystemExit(name)

    __repr__ = __len__ = __iter__ = __hash__ = __eq__ = __getattribute__


def facts(body, **given):
    function = cell(f"def f({', '.join(given)}):\n    {body}\n")["f"]
    try:
        function(**given)
    except Exception as error:
        return facts_of(error, place_of(error))
    raise AssertionError("no error")


def test_nothing_of_the_students_is_called():
    found = facts("return x + y @ z", x=Trap(), y=[Trap()], z={"a": Trap(), 1: 2})
    assert found["names"]["x"] == {"type": "Trap"}
    assert found["names"]["z"]["values"] == {"a": {"type": "Trap"}}


def test_facts_that_are_nested_as_deeply_as_is_told_are_believed():
    step = (np.ones((2, 3)), {"Wax": np.ones((2, 3))})
    found = facts("a, b, c, d = caches", caches=([step] * 20, np.ones((2, 3, 4))))
    assert found["names"]["caches"]["items"][0]["items"][0]["items"][1]["values"]["Wax"]["shape"]
    assert sound(found) == found


def test_facts_are_few_however_much_there_is():
    deep = wide = [{f"k{n}": [np.ones(2)] * 100 for n in range(100)}] * 100
    for _ in range(50):
        deep = [deep, deep]
    names = {f"x{n}": deep for n in range(60)} | {"y": wide}
    found = facts(f"return ({' + '.join(names)}) @ None", **names)
    assert len(found["names"]) <= NAMES
    assert str(found).count("'type'") <= VALUES + 100
    assert sound(found) == found


def forged():
    good = facts("return x @ y", x=np.ones((2, 3)), y=np.ones((2, 3)))
    yield from [None, 3, [], {"names": 3}, {"code": 3}, {"code": "x" * 700}, {"code": "("}]
    for nested in ("(" * 300, "-" * 590 + "x", "x" + "[0]" * 190, "x" + "." + ".".join("T" * 250)):
        yield good | {"code": nested, "at": None}
    for shape in ([-1, "a"], "12", [10**12], [[2]], None, {"a": 1}, [2] * 1000):
        yield good | {"names": {"x": {"type": "ndarray", "shape": shape}, "y": {}}}
    for names in ({"x": 3}, {"x": []}, {"x": {"type": 3}}, {"x": {"type": "dict", "keys": 3}}):
        yield good | {"names": names}
    for at in ([0], ["a"] * 4, [0, 0, 0, 10**6], {}, [None] * 4):
        yield good | {"at": at}
    yield good | {"number": "x", "stored": [None], "scope": [[]], "holders": {"a": 3}, "modules": 3}
    loop = dict(good)
    loop["names"] = loop
    yield loop


@pytest.mark.parametrize(
    "text",
    [
        f"{PRODUCT} (size 2 is different from 3)",
        f"{PRODUCT} (size {'9' * 50} is different from 3)",
        "operands could not be broadcast together with shapes (2,3) (4,3)",
        "could not broadcast input array from shape (9) into shape (9,9)",
        f"cannot reshape array of size {'9' * 500} into shape (2,{'9' * 500})",
        "name 'x' is not defined",
    ],
)
@pytest.mark.parametrize("kind", [ValueError, NameError, KeyError, TypeError, IndexError])
def test_forged_facts_do_no_harm(kind, text):
    for one in forged():
        error = kind(text)
        error.facts = one
        assert len(explained(error, CASE)) <= MOST_TEXT


def test_what_is_explained_is_explained_from_plain_facts_alone():
    found = facts("return x @ y", x=np.ones((2, 3)), y=np.ones((2, 4)))
    text = f"{PRODUCT} (size 2 is different from 3)"
    assert said("ValueError", text, found, Sizes()).startswith("`x` has shape (2, 3) and `y`")
