"""A public test fails for the reason it names, and passes what is right."""

import copy
import functools
import json
import linecache

import numpy as np
import pytest

import public_tests
from grading.release.values import expected_values, hints, unchanged
from lesson_tools.checks import Mismatch
from tests.support.course import ROOT, SHARED, assignments, references

EXPECTED = {
    case: arrays
    for path in sorted(ROOT.glob("source/*/lesson_tools/expected.json"))
    for case, arrays in json.loads(path.read_text("utf-8")).items()
}
TESTS = sorted(name for name in dir(public_tests) if name.endswith("_test"))
each_test = pytest.mark.parametrize("test", TESTS)


def test_tab_completion_finds_each_public_test():
    """And so do the tests here, of which each would be none of an empty list."""
    names = [f"{name}_test" for name in references()]
    assert sorted(name for name in names if hasattr(public_tests, name)) == TESTS
    assert len(TESTS) > 10


@pytest.fixture(scope="module", name="references")
def _references():
    return references()


def altered(reference, change):
    """Return a function that answers ``change(answers, given)`` under the reference's name."""

    @functools.wraps(reference)
    def function(*given):
        return change(reference(*copy.deepcopy(given)), given)

    return function


def failure(target, name=None):
    """Run the public test of ``target``; return the Mismatch it stops with."""
    test = getattr(public_tests, f"{name or target.__name__}_test")
    with pytest.raises(Mismatch) as caught:
        test(target)
    return caught.value


RETURNS = {
    "rnn_cell_forward": "a_next yt_pred cache",
    "rnn_forward": "a y_pred caches",
    "lstm_cell_forward": "a_next c_next yt_pred cache",
    "lstm_forward": "a y c caches",
}
SHAPE, VALUE = "has the wrong shape", "has the wrong value"
FINITE, ENTRIES = "should hold finite numbers", "has the wrong number of entries"
ARRAY, TUPLE, LIST = (f"should be {what}" for what in ("a NumPy array", "a tuple", "a list"))
NONE = f"{VALUE} (no value is right)"
KEYS = "should have the keys Wax, Waa, Wya, ba, by."


def put(array, index, value):
    """Replace one entry in a copy of ``array``."""
    array = array.copy()
    array[index] = value
    return array


def swap(k, i, j):
    """Exchange two entries in a copy of the tuple ``k``."""
    order = {i: j, j: i}
    return tuple(k[order.get(n, n)] for n in range(len(k)))


# Which value the message names and what it says of it; the rest of the message, up to where
# it counts; what is done to the right value to get there. In braces stands a stored value.
WRONG = {
    "rnn_cell_forward": [
        ("a_next", ARRAY, ", but is None.", lambda a: None),
        ("a_next", ARRAY, ", but is a list.", lambda a: a.tolist()),
        ("yt_pred", ARRAY, ", but is a MaskedArray.", np.ma.array),
        ("a_next", SHAPE, ": expected (5, 4), got (4, 5).", np.transpose),
        ("yt_pred", "has the wrong dtype", ": expected float64, got float32.", np.float32),
        (
            "yt_pred",
            FINITE,
            " at index (1, 2): expected {yt_pred[1][2]}, got nan.",
            lambda y: put(y, (1, 2), np.nan),
        ),
        (
            "a_next",
            FINITE,
            " at index (4, 0): expected {a_next[4][0]}, got -inf.",
            lambda a: put(a, (4, 0), -np.inf),
        ),
        (
            "a_next",
            VALUE,
            " at index (2, 1): expected {a_next[2][1]}, got 7 (1 of 20 values differ).",
            lambda a: put(a, (2, 1), 7),
        ),
        (
            "a_next",
            VALUE,
            " at index (0, 1): expected {a_next[0][1]}, got 0.866025 (1 of 20",
            lambda a: put(a, (0, 1), a[0, 1] + 4e-6),
        ),
        (
            "a_next",
            VALUE,
            " at index (0, 1): expected 0.8660205238, got 0.86602082",  # as many digits as it takes
            lambda a: put(a, (0, 1), a[0, 1] + 3e-7),
        ),
        (
            "yt_pred",
            NONE,
            ", most of all at index (0, 1): expected {yt_pred[0][1]}, got -2 (8 of 8",
            lambda y: 0 * y - 2,
        ),
        ("cache", TUPLE, ", but is a list.", list),
        ("cache", ENTRIES, ": expected 4, got 3.", lambda k: k[:3]),
        (
            "cache[0]",
            NONE,
            ", most of all at index (3, 0): expected {a_next[3][0]}, got ",
            lambda k: swap(k, 0, 1),
        ),
        ("cache[1]", SHAPE, ": expected (5, 4), got (3, 4).", lambda k: swap(k, 1, 2)),
        ("cache[3]", KEYS, "", lambda k: (*k[:3], k[3] | {"extra": k[0]})),
        (
            "cache[3]['ba']",
            SHAPE,
            ": expected (5, 1), got (5, 4).",
            lambda k: (*k[:3], k[3] | {"ba": k[0]}),
        ),
    ],
    "rnn_forward": [
        ("a", SHAPE, ": expected (5, 4, 6), got (5, 6, 4).", lambda a: a.swapaxes(1, 2)),
        ("caches", TUPLE, ", but is a list.", lambda k: k[0]),
        ("caches[0]", LIST, ", but is a tuple.", lambda k: (tuple(k[0]), k[1])),
        ("caches[0]", ENTRIES, ": expected 6, got 1.", lambda k: (k[0][-1:], k[1])),
        (
            "caches[0][1]",
            ENTRIES,
            ": expected 4, got 0.",
            lambda k: ([k[0][0], (), *k[0][2:]], k[1]),
        ),
    ],
    "lstm_cell_forward": [
        ("cache", ENTRIES, ": expected 10, got 9.", lambda k: k[:9]),
        (
            "cache[4]",
            NONE,
            ", most of all at index (1, 1): expected {gates[0][0][1][1]}, got ",
            lambda k: swap(k, 4, 5),
        ),
        (
            "cache[6]",
            NONE,
            ", most of all at index (2, 0): expected {gates[0][2][2][0]}, got ",
            lambda k: swap(k, 6, 7),
        ),
    ],
    "lstm_forward": [
        (
            "c",
            f"{VALUE} (its time steps run backwards)",
            ", most of all at index (3, 2, 0): expected {c[3][2][0]}, got {c[3][2][5]} (",
            lambda c: c[:, :, ::-1],
        ),
    ],
}
ROWS = [(name, *row) for name, rows in WRONG.items() for row in rows]


@pytest.mark.parametrize(("name", "where", "what", "told", "change"), ROWS)
def test_a_wrong_value_is_named(references, name, where, what, told, change):
    """The message tells which value, where in it, what was expected and what came."""
    i = RETURNS[name].split().index(where.split("[")[0])
    error = failure(altered(references[name], lambda r, _: (*r[:i], change(r[i]), *r[i + 1 :])))
    sizes = "n_x=3, n_a=5, n_y=2, m=4" + ("" if "_cell_" in name else ", T_x=6")
    # The brief message is all that is shown where the answers stay hidden.
    assert error.brief == f"{name} is not right yet ({sizes}):\n  {where} {what}"
    stored = {key: np.vectorize("{:.6g}".format)(v) for key, v in EXPECTED[f"{name} 0"].items()}
    assert str(error).startswith(error.brief + told.format(**stored))
    lines = error._render_traceback_()
    assert " ".join(" ".join(lines).split()) == " ".join(str(error).split())
    assert max(map(len, lines)) <= 88


RETURNED = [
    (lambda r, _: None, "None"),
    (lambda r, _: list(r), "a list"),
    (lambda r, _: r[:2], "2"),
    (lambda r, _: (*r, 0), "4"),
]


@pytest.mark.parametrize(("change", "words"), RETURNED)
def test_a_wrong_number_of_returns_is_told(references, change, words):
    """The message lists what should come back and says what does."""
    error = failure(altered(references["rnn_cell_forward"], change))
    assert error.brief.endswith("should return 3 values (a_next, yt_pred, cache)")
    assert str(error).startswith(f"{error.brief}, but returns {words}.")


DICT = "rnn_cell_backward should return a dict with the keys dxt, da_prev, dWax, dWaa, dba"
GRADIENTS = [
    (lambda g: None, DICT, ", but returns None."),
    (lambda g: tuple(g.values()), DICT, ", but returns a tuple."),
    (
        lambda g: {k: g[k] for k in g if k[0:3] != "dWa"},
        DICT,
        ", but returns one that lacks dWax, ",
    ),
    (lambda g: g | {"dWya": 0}, DICT, ", but returns also dWya."),
    (lambda g: g | {"dxt": g["dxt"].T}, f"dxt {SHAPE}", ": expected (3, 4), got (4, 3)."),
    (lambda g: g | {"dba": g["dba"][:, 0]}, f"dba {SHAPE}", ": expected (5, 1), got (5,)."),
    (
        lambda g: g | {"dWaa": g["dWaa"].T},
        f"dWaa {VALUE} (it is the transpose of what it should be)",
        ", most of all at index (4, 2)",
    ),
    (
        lambda g: g | {"dba": g["dba"] / 4},
        f"dba {VALUE} (all of it is too large or too small by one and the same factor)",
        ", most of all at index (2, 0)",
    ),
]


@pytest.mark.parametrize(("change", "brief", "told"), GRADIENTS)
def test_what_is_wrong_with_a_dict_is_told(references, change, brief, told):
    """The keys first, then each array like any other."""
    error = failure(altered(references["rnn_cell_backward"], lambda g, _: change(g)))
    assert (
        error.brief == f"rnn_cell_backward is not right yet (n_x=3, n_a=5, n_y=2, m=4):\n  {brief}"
    )
    assert str(error).startswith(error.brief + told)


SINGLE, REAL = "should be a single number", "should be a real number"
NUMBERS = [
    (lambda loss: None, f"{SINGLE}, but is None."),
    (lambda loss: True, f"{SINGLE}, but is a bool."),
    (lambda loss: [loss], f"{SINGLE}, but is a list."),
    (lambda loss: np.array([loss]), f"{SINGLE}, but is a NumPy array of shape (1,)."),
    (lambda loss: loss + 0j, f"{REAL}, but is complex."),
    (lambda loss: np.float32(loss), "has the wrong dtype: expected float64, got float32."),
    (lambda loss: np.nan * loss, f"{FINITE}: expected {{}}, got nan."),
    (lambda loss: 10**400, f"{FINITE}: expected {{}}, got inf."),
    (
        lambda loss: -loss,
        f"{VALUE} (it is the negative of what it should be): expected {{}}, got -{{}}.",
    ),
    (lambda loss: 3, f"{VALUE}: expected {{}}, got 3."),
]


@pytest.mark.parametrize(("change", "told"), NUMBERS)
def test_what_is_wrong_with_a_number_is_told(references, change, told):
    """It has neither shape nor index."""
    error = failure(altered(references["cross_entropy"], lambda loss, _: change(loss)))
    number = f"{EXPECTED['cross_entropy 0']['loss']:.6g}"
    where = "cross_entropy is not right yet (n_y=3, m=4, T_x=2):\n  loss "
    assert str(error).startswith(where + told.format(number, number))


@pytest.mark.parametrize("kind", [float, np.float64, np.array, np.longdouble])
def test_a_number_may_be_of_any_kind(references, kind):
    public_tests.cross_entropy_test(altered(references["cross_entropy"], lambda n, _: kind(n)))


SPOILT = [
    ("xt", lambda xt, a_prev, parameters: xt.fill(np.nan)),
    ("a_prev", lambda xt, a_prev, parameters: np.tanh(a_prev, out=a_prev)),
    ("parameters", lambda xt, a_prev, parameters: parameters.update(z=0)),
    ("parameters", lambda xt, a_prev, parameters: parameters["Waa"].__imul__(1 + 1e-15)),
]


@pytest.mark.parametrize(("argument", "spoil"), SPOILT)
def test_an_argument_changed_in_place_is_named(references, argument, spoil):
    """All values are right, but the caller's arguments are not what they were."""
    wrong = altered(references["rnn_cell_forward"], lambda r, given: (spoil(*given), r)[1])
    assert f"\n  rnn_cell_forward changes its argument {argument}. " in failure(wrong).brief


def test_a_second_call_that_differs_is_told(references):
    """A function that keeps something from the call before is right only once."""
    kept = []

    def keep(answers, given):
        a, y_pred, (steps, x) = answers
        kept.extend(steps)
        return a, y_pred, (list(kept), x)

    error = failure(altered(references["rnn_forward"], keep))
    assert error.brief.endswith(f"\n  caches[0] in a second call {ENTRIES}")
    assert ": expected 6, got 12.\n" in str(error)


UNWRITTEN = "is not written yet. Fill its blank, run that cell, then run this one again."
ERRORS = [
    ("raise NotImplementedError", UNWRITTEN, UNWRITTEN),
    (
        'return parameters["Wxa"] @ xt',
        "stopped with an error, KeyError: 'Wxa'",
        "Did you mean `Wax`?",
    ),
    (
        'return json.loads("x")',  # raised far inside
        "stopped with an error, JSONDecodeError: ",
        'came up inside `loads`, which this line calls. It was given `"x"`, a string.',
    ),
]


@pytest.mark.parametrize("file", ["/tmp/ipykernel_1/2.py", "/course/lesson.py"])
@pytest.mark.parametrize(("line", "words", "last"), ERRORS)
def test_an_error_is_told_with_the_line_of_the_student(monkeypatch, file, line, words, last):
    """The message names the error and quotes the line, or says that the blank is still there."""
    lines = ["def rnn_cell_forward(xt, a_prev, parameters):\n", f"    {line}\n"]
    monkeypatch.setitem(linecache.cache, file, (1, None, lines, file))
    space = {"json": json}
    exec(compile("".join(lines), file, "exec"), space)
    said = str(failure(space["rnn_cell_forward"]))
    assert f"rnn_cell_forward {words}" in said
    assert ("is not right yet" in said) == (words is not UNWRITTEN)
    assert said.endswith(last)
    assert (f"\n  at line 2 of its cell: {line}\n  " in said) == (words is not UNWRITTEN)


def test_the_brief_message_holds_nothing_that_the_student_chose():
    """An error's text, or the name of a type, may carry hidden inputs out of a hidden test."""

    class Secret(Exception):
        pass

    def rnn_cell_forward(xt, a_prev, parameters):
        raise Secret(f"xt starts with {xt.flat[0]}")

    def returns_a_type(xt, a_prev, parameters):
        return Secret()

    for function in (rnn_cell_forward, returns_a_type):
        error = failure(functools.wraps(rnn_cell_forward)(function), "rnn_cell_forward")
        assert "Secret" in str(error)
        assert "Secret" not in error.brief
        assert "starts" not in error.brief


def test_what_is_no_function_is_told():
    """A number cannot be called."""
    with pytest.raises(Mismatch, match=r"should be a function, but is an int\.$"):
        public_tests.rnn_cell_forward_test(3)


def test_a_function_without_public_tests_is_told():
    """There are no stored values for a misspelt name."""

    def rnn_cell_foward(xt, a_prev, parameters):
        raise AssertionError("nobody calls it")

    brief = failure(rnn_cell_foward, "rnn_cell_forward").brief
    assert brief == "There are no public tests for a function called rnn_cell_foward."


@each_test
def test_the_reference_passes_with_one_line(references, capsys, test):
    """What is right is told in one line and nothing else."""
    function = test.removesuffix("_test")
    getattr(public_tests, test)(references[function])
    assert capsys.readouterr() == (f"{function}: all public tests passed.\n", "")


def test_another_order_of_summation_passes(references):
    """A difference in the last digits is no mistake."""
    right = altered(references["rnn_cell_forward"], lambda r, _: (r[0] * (1 + 1e-13), *r[1:]))
    public_tests.rnn_cell_forward_test(right)


@pytest.mark.long  # preflight looks at each, too
@pytest.mark.parametrize("assignment", assignments())
def test_the_stored_values_are_those_of_the_references(assignment):
    """The files beside the tests hold what references and misconceptions give now."""
    folder = ROOT / "source" / assignment
    made = expected_values(folder, SHARED) | hints(folder, SHARED)
    assert len(made) == 2
    assert all(unchanged(path, found) for path, found in made.items())


@each_test
def test_the_sizes_are_lopsided_and_small(test):
    """Any two sizes differ in some case; one example and one step are among the cases."""
    cases = [
        dict(pair.split("=") for pair in words.split(", ") if pair[:2] in ("n_", "m=", "T_"))
        for _, _, words in public_tests.cases(test.removesuffix("_test"))
    ]
    sizes = {name: [case[name] for case in cases] for name in cases[0]}
    assert len({tuple(values) for values in sizes.values()}) == len(sizes)
    assert all("1" in sizes[name] for name in ("m", "T_x") if name in sizes)
