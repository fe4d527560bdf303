"""A mutant has the one mistake that its name tells, and is the solution everywhere else."""

import ast
import io
import textwrap
import tokenize
from collections import Counter

import pytest

from grading.core.errors import GraderFault
from grading.mutation.mutant import mutants
from grading.mutation.operators import OPERATORS
from tests.support.course import assignments, reference_cells
from tests.support.sample import sample

SOLUTIONS = {name: source for a in assignments() for name, source in reference_cells(a).items()}
each_solution = pytest.mark.parametrize("function", sample(SOLUTIONS))


def made(operator, code, arguments):
    """Return what an operator makes of some code: the lines that it changes."""
    source = f"def f({arguments}):\n{textwrap.indent(code, '    ')}\n"
    found = [mutant for mutant in mutants(source, "f") if mutant.operator == operator]
    diffs = [mutant.diff(source).split("\n") for mutant in found]
    return [[line[1:].strip() for line in diff if line.startswith("+")] for diff in diffs]


# An operator; code, and the arguments of the function around it; what becomes of the code.
FIELD = [
    ("axis", "return np.sum(x, axis=0)", "x", ["return np.sum(x, axis=1)"]),
    ("axis", "return x.sum(axis=1)", "x", ["return x.sum(axis=0)"]),
    ("axis", "return x.sum(axis=-1)", "x", ["return x.sum(axis=0)"]),
    ("transpose", "return W @ x", "x, W", ["return W.T @ x", "return W @ x.T"]),
    (
        "transpose",
        "return W.T @ (x + 1)",
        "x, W",
        ["return W @ (x + 1)", "return W.T @ ((x + 1).T)"],
    ),
    (
        "transpose",
        "return A @ B @ C",
        "A, B, C",
        ["return A @ B @ C.T", "return A.T @ B @ C", "return A @ B.T @ C"],
    ),
    ("swap operands", "return W @ x + 1", "x, W", ["return x @ W + 1"]),
    ("swap operands", "return W @ (x + 1)", "x, W", ["return (x + 1) @ W"]),
    (
        "drop term",
        "return W @ x + a + b",
        "x, W, a, b",
        ["return W @ x + a", "return W @ x + b", "return a + b"],
    ),
    ("drop term", "return a - b", "a, b", ["return a", "return -b"]),
    ("drop term", "return a - (x * b)", "a, b, x", ["return a", "return -(x * b)"]),
    ("drop term", "return (\n    a  # 1 + 2\n    + b\n)", "a, b", ["a", "b"]),
    ("drop term", "for k in a:\n    b += k", "a, b", ["b = k"]),
    ("drop factor", "return f * c + i", "f, c, i", ["return f + i", "return c + i"]),
    ("drop factor", "return (a + b) * c", "a, b, c", ["return (a + b)", "return c"]),
    (
        "drop factor",
        "return a * b * c",
        "a, b, c",
        ["return a * b", "return a * c", "return b * c"],
    ),
    ("drop factor", "return a / np.sqrt(n)", "a, n", ["return a"]),
    ("drop statement", "for t in x:\n    a[t] = t\n    s.append(t)", "x, a, s", ["pass", "pass"]),
    ("drop statement", "a['W'] += x", "a, x", ["pass"]),
    (
        "swap gates",
        "ft, it, ot = gates(x)\nreturn ft * x + it",
        "x",
        ["return it * x + it", "return ft * x + ot"],
    ),
    (
        "swap gates",
        "return p['Wf'] + p['Wi'] + p['bf'] + p['bi'] + q['Wo']",
        "p, q",
        [
            "return p['Wi'] + p['Wi'] + p['bf'] + p['bi'] + q['Wo']",
            "return p['Wf'] + p['Wf'] + p['bf'] + p['bi'] + q['Wo']",
            "return p['Wf'] + p['Wi'] + p['bi'] + p['bi'] + q['Wo']",
            "return p['Wf'] + p['Wi'] + p['bf'] + p['bf'] + q['Wo']",
        ],
    ),
    ("swap gates", "ft = x\nit = ft\not = it\nreturn ot", "x", ["ot = ft", "return ft"]),
    ("swap gates", "a_next, c_next = x\nreturn a_next, c_next", "x", []),
    ("swap gates", "ft = gate(xt)\nreturn ft * xt", "xt", []),
    ("stale state", "a_next = step(a_prev)\nreturn W @ a_next", "a_prev, W", ["return W @ a_prev"]),
    (
        "stale state",
        "a_next = step(a_prev)\ncache = (a_prev, 1)\nreturn cache",
        "a_prev",
        ["cache = (a_next, 1)"],
    ),
    (
        "stale state",
        "a_next = a0\nfor t in x:\n    a_next = step(t, a_next)",
        "x, a0",
        ["a_next = step(t, a0)"],
    ),
    ("stale state", "a_next = step(x)\nc_prev = 1\nreturn a_next", "x", []),
    (
        "off by one in time",
        "for t in range(T_x):\n    a[:, :, t] = x[t + 1] + t",
        "x, a, T_x",
        [
            "for t in range(T_x - 1):",
            "for t in range(1, T_x):",
            "a[:, :, t - 1] = x[t + 1] + t",
            "a[:, :, t] = x[(t - 1) + 1] + t",
        ],
    ),
    (
        "off by one in time",
        "return [x[k] for k in reversed(range(s, T + 1))]",
        "x, s, T",
        [
            "return [x[k] for k in reversed(range(s, (T + 1) - 1))]",
            "return [x[k] for k in reversed(range(s + 1, T + 1))]",
            "return [x[k - 1] for k in reversed(range(s, T + 1))]",
        ],
    ),
    ("sign", "return W @ x + a + b", "x, W, a, b", ["return -W @ x + a + b"]),
    ("sign", "return -a + b + c", "a, b, c", []),
    ("sign", "return np.tanh(x)", "x", ["return np.tanh(-x)"]),
    ("sign", "return 2 * sigmoid(W @ x)", "x, W", ["return 2 * sigmoid(-(W @ x))"]),
    (
        "other activation",
        "return np.tanh(x) * sigmoid(W @ x)",
        "x, W",
        [
            "return sigmoid(x) * sigmoid(W @ x)",
            "return x * sigmoid(W @ x)",
            "return np.tanh(x) * np.tanh(W @ x)",
            "return np.tanh(x) * (W @ x)",
        ],
    ),
    (
        "other activation",
        "return 2 * np.tanh(W @ x)",
        "x, W",
        ["return 2 * ((1 + np.tanh((W @ x) / 2)) / 2)", "return 2 * (W @ x)"],
    ),
    (
        "other activation",
        "return softmax(x)",
        "x",
        ["return (1 + np.tanh(x / 2)) / 2", "return x"],
    ),
    ("return order", "return a, y(a), c", "a, c", ["return y(a), a, c", "return a, c, y(a)"]),
    (
        "return order",
        "cache = (a, c)\nother = (c, a)\nreturn other[0], cache",
        "a, c",
        ["cache = (c, a)", "return cache, other[0]"],
    ),
    ("wrong start", "return np.zeros((2, 3))", "x", ["return np.ones((2, 3))"]),
    (
        "wrong start",
        "a, c = np.zeros(3), np.zeros_like(x)",
        "x",
        ["a, c = np.ones(3), np.zeros_like(x)", "a, c = np.zeros(3), np.ones_like(x)"],
    ),
    ("wrong start", "a = np.zeros(3)\nfor t in x:\n    a[t] = t", "x", []),
    ("wrong start", "a = np.zeros(3)\na[1:] = x", "x", ["a = np.ones(3)"]),
    ("view for copy", "return x[0].copy()", "x", ["return x[0]"]),
    ("view for copy", "return np.array(x)", "x", ["return x"]),
    ("view for copy", "return copy.deepcopy(x)", "x", ["return x"]),
    ("view for copy", "return np.array([1, 2])", "x", []),
]


@pytest.mark.parametrize(("operator", "code", "arguments", "lines"), FIELD)
def test_an_operator_of_the_field_makes_its_mistake_wherever_it_can(
    operator, code, arguments, lines
):
    assert made(operator, code, arguments) == [[line] for line in lines]


def test_each_operator_of_the_field_is_in_the_table_above():
    assert {row[0] for row in FIELD} | {"changed in place"} == set(OPERATORS)


DOCUMENTED = '''"""Step.

Parameters
----------
x, a0 : numpy.ndarray, shape (n, m)
rate : float
p, q : dict
"""
a0 = a0 + p["W"] @ x
return (
    a0
)'''


def test_an_array_and_an_entry_of_a_dict_are_changed_in_place_before_the_return():
    found = made("changed in place", DOCUMENTED, "x, a0, rate, p, q, undocumented")
    # Not a0, which is a name for something new by then; nor q, of which no entry is known.
    assert found == [["x *= 2"], ['p["W"] *= 2'], ["undocumented *= 2"]]


GENERAL = [
    ("ReplaceBinaryOperator_Add_Sub", "return a + b", ["return a - b"]),
    ("ReplaceBinaryOperator_Mul_Div", "return a * b", ["return a / b"]),
    ("ReplaceBinaryOperator_Add_BitXor", "return a + b", []),
    ("ReplaceComparisonOperator_Lt_LtE", "return a < b", ["return a <= b"]),
    ("ReplaceUnaryOperator_Delete_USub", "return -a", ["return a"]),
    ("NumberReplacer", "return a[1:]", ["return a[2:]", "return a[0:]"]),
    ("NumberReplacer", "return a.sum(axis=0)", []),
    ("AddNot", "return a if b else None", ["return a if not b else None"]),
    ("ZeroIterationForLoop", "for t in a: b(t)", ["for t in []: b(t)"]),
    ("ReplaceTrueWithFalse", "return a(keepdims=True)", ["return a(keepdims=False)"]),
]


@pytest.mark.parametrize(("operator", "code", "lines"), GENERAL)
def test_cosmic_ray_supplies_the_general_operators(operator, code, lines):
    assert made(f"core/{operator}", code, "a, b") == [[line] for line in lines]


@each_solution
def test_mutants_of_a_solution_compile_and_are_so_many_programs(function):
    solution = SOLUTIONS[function]
    found = mutants(solution, function)
    programs = {ast.dump(ast.parse(mutant.source)) for mutant in found}
    for mutant in found:
        compile(mutant.source, mutant.operator, "exec")
    assert len(programs - {ast.dump(ast.parse(solution))}) == len(found) == len(set(found))
    assert 5 <= len(found) <= 200


@each_solution
def test_a_mutant_starts_at_its_line_and_goes_by_line_then_operator(function):
    solution = SOLUTIONS[function]
    found = mutants(solution, function)
    assert found == mutants(solution, function)
    assert found == sorted(found, key=lambda mutant: (mutant.line, mutant.operator))
    for mutant in found:
        lines, before = mutant.source.split("\n"), solution.split("\n")
        assert lines[: mutant.line - 1] == before[: mutant.line - 1]
        assert lines[mutant.line - 1] != before[mutant.line - 1]


def told(source):
    """Return the docstring and the comments of a cell."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return ast.get_docstring(ast.parse(source).body[0], clean=False), comments


@each_solution
def test_docstring_and_comments_stay(function):
    solution = SOLUTIONS[function]
    assert {str(told(m.source)) for m in mutants(solution, function)} == {str(told(solution))}


@each_solution
def test_a_diff_shows_the_changed_line_and_nothing_else(function):
    solution = SOLUTIONS[function]
    for mutant in mutants(solution, function):
        where, *lines = mutant.diff(solution).split("\n")
        new = mutant.source.split("\n")[mutant.line - 1]
        old = solution.split("\n")[mutant.line - 1]
        added = mutant.operator == "changed in place"
        if mutant.source.count("\n") < solution.count("\n"):  # a term had a line of its own
            gone = Counter(one[1:] for one in lines if one[0] == "-")
            come = Counter(one[1:] for one in lines if one[0] == "+")
            assert Counter(solution.split("\n")) - gone + come == Counter(mutant.source.split("\n"))
            continue
        assert where.endswith(f" +{mutant.line} @@")
        assert lines == ([f"+{new}"] if added else [f"-{old}", f"+{new}"])


@pytest.mark.parametrize(
    ("operator", "code", "lines"),
    [
        ("drop factor", "return a * a", ["return a"]),
        ("swap operands", "return a @ a", []),
        ("core/ReplaceBinaryOperator_Mul_Add", "return a", []),  # the star in def f(a, *, b)
    ],
)
def test_what_is_made_twice_or_is_no_mistake_or_does_not_compile_is_no_mutant(
    operator, code, lines
):
    assert made(operator, code, "a, *, b") == [[line] for line in lines]


def test_columns_are_found_behind_letters_of_more_than_one_byte():
    assert made("drop term", "é = 'größe' or a + b", "a, b") == [
        ["é = 'größe' or a"],
        ["é = 'größe' or b"],
    ]


def test_what_stands_around_the_function_is_left_alone():
    source = "K = 1 + 2\n\ndef g(x):\n    return x + K\n\ndef f(x):\n    return g(x) + K\n"
    assert {mutant.line for mutant in mutants(source, "f")} == {7}


def test_a_cell_without_the_function_is_the_graders_fault():
    with pytest.raises(GraderFault, match="does not define g"):
        mutants("def f(x):\n    return x\n", "g")
