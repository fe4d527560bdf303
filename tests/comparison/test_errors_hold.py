"""What is said of errors is true: solutions are spoilt by machine, and each sentence is looked at.

A sentence is taken apart into what it claims, and that is found out anew from the values in the
frame that failed, by evaluating what it quotes.
"""

import ast
import contextlib
import copy
import io
import random
import re

import numpy as np
import pytest

from grading.comparison.described import Sizes
from grading.comparison.errors import said
from grading.comparison.facts import facts_of, place_of
from public_tests import cases
from tests.comparison.snippets import AXES, cell
from tests.support.course import assignments, reference_cells, references

EACH = 60  # spoilt versions of an exercise


def spoilt(source, seed):
    """Return a source with one or two slips in it, made at random."""
    rng = random.Random(seed)
    tree = ast.parse(source)
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for _ in range(rng.choice((1, 1, 2))):
        slip = rng.choice(SLIPS)
        nodes = [node for node in ast.walk(function) if isinstance(node, ast.expr | ast.stmt)]
        slip(rng, function, [node for node in nodes if node is not function])
    return ast.unparse(ast.fix_missing_locations(tree))


def loads(nodes, kind=ast.Name):
    return [
        n for n in nodes if isinstance(n, kind) and isinstance(getattr(n, "ctx", None), ast.Load)
    ]


def put(function, old, new):
    """Put a piece in the place of another."""

    class Swap(ast.NodeTransformer):
        def visit(self, node):
            return new if node is old else self.generic_visit(node)

    Swap().visit(function)


def another_name(rng, function, nodes):
    names = loads(nodes)
    one, other = rng.choice(names), rng.choice(names)
    one.id = rng.choice([other.id, other.id, one.id[:-1] or "q", one.id + "s", one.id[::-1]])


def transposed(rng, function, nodes):
    node = rng.choice(loads(nodes) + loads(nodes, ast.Subscript))
    put(
        function,
        node,
        ast.Attribute(copy.copy(node), rng.choice(["T", "T", "TT", "shape"]), ast.Load()),
    )


def exchanged(rng, function, nodes):
    found = [node for node in nodes if isinstance(node, ast.BinOp)]
    if found:
        node = rng.choice(found)
        node.left, node.right = node.right, node.left
        node.op = rng.choice([node.op, ast.MatMult(), ast.Mult(), ast.Add(), ast.Sub()])


def another_number(rng, function, nodes):
    found = [n for n in nodes if isinstance(n, ast.Constant) and type(n.value) in (int, str)]
    if found:
        node = rng.choice(found)
        node.value = (
            rng.choice([node.value + 1, node.value + 7, "a", None])
            if type(node.value) is int
            else rng.choice([node.value[:-1], node.value[::-1], node.value + "x", 0])
        )


def another_index(rng, function, nodes):
    found = [node for node in nodes if isinstance(node, ast.Subscript)]
    if found:
        node = rng.choice(found)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        parts = list(parts)
        how = rng.randrange(4)
        if how == 0:
            rng.shuffle(parts)
        elif how == 1 and len(parts) > 1:
            parts.pop(rng.randrange(len(parts)))
        elif how == 2:
            parts.append(ast.Constant(rng.choice([0, 1, 50])))
        else:
            parts[-1] = (
                ast.BinOp(parts[-1], ast.Add(), ast.Constant(1))
                if not isinstance(parts[-1], ast.Slice)
                else ast.Constant(9)
            )
        node.slice = parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())


def dropped_line(rng, function, nodes):
    holders = [n for n in [function, *nodes] if getattr(n, "body", None) and type(n.body) is list]
    holder = rng.choice(holders)
    if len(holder.body) > 1:
        holder.body.pop(rng.randrange(len(holder.body)))


def dropped_argument(rng, function, nodes):
    found = [node for node in nodes if isinstance(node, ast.Call) and (node.args or node.keywords)]
    if found:
        node = rng.choice(found)
        rng.choice([part for part in (node.args, node.keywords) if part]).pop()


def another_call(rng, function, nodes):
    found = [node for node in nodes if isinstance(node, ast.Call)]
    if not found:
        return
    node = rng.choice(found)
    how = rng.randrange(3)
    if how == 0:
        put(function, node, ast.Subscript(node.func, ast.Tuple(node.args, ast.Load()), ast.Load()))
    elif how == 1 and isinstance(node.func, ast.Attribute):
        node.func = ast.Name(node.func.attr, ast.Load())
    else:
        node.args = node.args[::-1]


def another_target(rng, function, nodes):
    found = [n for n in nodes if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Tuple)]
    if found:
        names = rng.choice(found).targets[0].elts
        names.pop() if rng.random() < 0.5 else names.append(ast.Name("extra", ast.Store()))


def nothing_there(rng, function, nodes):
    node = rng.choice(loads(nodes))
    put(
        function,
        node,
        rng.choice([ast.Constant(None), ast.Constant(3), ast.Tuple([node], ast.Load())]),
    )


SLIPS = [
    another_name,
    another_name,
    transposed,
    exchanged,
    another_number,
    another_index,
    dropped_line,
    dropped_argument,
    another_call,
    another_target,
    nothing_there,
]


# --- what a sentence claims -----------------------------------------------------------


def copied(value):
    """Return a copy; of what cannot be copied, such as an array that holds a module, it itself."""
    try:
        return copy.deepcopy(value)
    except TypeError:
        return value


class Frame:
    """Where a function stopped, and the error."""

    def __init__(self, error, words):
        trace = place_of(error)
        self.code, self.line = trace.tb_frame.f_code, trace.tb_lineno
        self.error, self.trace, self.words = error, trace, words
        self.own = dict(trace.tb_frame.f_locals)
        self.outer = trace.tb_frame.f_globals

    def value(self, quoted):
        """Evaluate what a sentence quotes; copied first, so that nothing changes."""
        space = {name: copied(value) for name, value in self.own.items()}
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            return eval(quoted, self.outer, space)

    def sizes(self):
        return {name: int(n) for name, n in re.findall(r"(\w+)=(\d+)", self.words)}


def shape(frame, quoted, text):
    value = frame.value(quoted)
    return np.shape(value) == ast.literal_eval(text) and isinstance(value, np.ndarray | np.generic)


def is_a(frame, quoted, text):
    value, text = frame.value(quoted), text.removesuffix(" here")
    if text == "None":
        return value is None
    if text.startswith("an array of shape"):
        return shape(frame, quoted, text.removeprefix("an array of shape "))
    if found := re.fullmatch(r"an? (tuple|list) of (\d+) values?", text):
        return type(value).__name__ == found[1] and len(value) == int(found[2])
    if found := re.fullmatch(r"the number (-?\d+)", text):
        return value == int(found[1])
    if text == "a single number":
        return np.ndim(value) == 0 and isinstance(value, float | int | np.number)
    return {"a function": callable(value), "a string": type(value) is str}.get(
        text, type(value).__name__ == text.split(" ", 1)[1]
    )


def keys(frame, quoted, text):
    return sorted(re.split(r", | and ", text)) == sorted(frame.value(quoted))


def sizes_here(frame, text):
    pairs = re.findall(r"([\w+ ]+?) = (\d+)(?:, | and |$)", text)
    return pairs and all(eval(name, {}, frame.sizes()) == int(n) for name, n in pairs)


def takes(frame, quoted, count, names):
    code = frame.value(quoted).__code__
    return re.split(r", | and ", names) == list(code.co_varnames[: code.co_argcount]) and (
        code.co_argcount == int(count)
    )


def exists(frame, name):
    with contextlib.suppress(NameError, SyntaxError):
        frame.value(name)
        return True
    return (
        name in dir(np.ndarray)
        or any(name in value for value in frame.own.values() if type(value) is dict)
        or name in ("axis", "keepdims", "dtype", "shape", "out", "where")
    )


def in_text(frame, *numbers):
    return all(n in str(frame.error) for n in numbers)


def counts(frame, axis, quoted, what):
    wanted = {"units": None, "examples": "m", "time steps": "T_x"}[what]
    return frame.value(quoted).shape[int(axis)] == frame.sizes().get(wanted)


def is_missing(frame, name):
    return name not in frame.own and f"'{name}'" in str(frame.error)


Q = r"`([^`]+)`"
S = r"(\(\d*(?:, ?\d*)*\))"
CLAIMS = [
    (rf"{Q} has shape {S}(?=[ :.,])", shape),
    (
        rf"{Q} is (an array of shape {S}|an? \w+ of \d+ values?|None|the number -?\d+"
        r"|an? (?!product)[\w ]+?)(?=[.:,])",
        lambda f, q, t, *_: is_a(f, q, t),
    ),
    (rf"{Q} has the keys ([\w, ]+)\.", keys),
    (rf"{Q} has room for shape {S}", lambda f, q, t: f.value(q).shape == ast.literal_eval(t)),
    (rf"is given an array of shape {S}", lambda f, t: in_text(f, t.replace(" ", ""))),
    (r"In this case ([^.]* = \d+)\.", sizes_here),
    (rf"{Q} takes (\d+) arguments?, in this order: ([\w, ]+)\.", takes),
    (rf"Did you mean (?:the key )?{Q}", exists),
    (rf"{Q} holds (\d+) values?", lambda f, q, n: len(f.value(q)) == int(n)),
    (rf"{Q} is (-?\d+) here", lambda f, q, n: f.value(q) == int(n)),
    (r"and (\d+) is not (\d+)\.", lambda f, a, b: a != b and in_text(f, a, b)),
    (r"1: (\d+) meets (\d+)\.", lambda f, a, b: a != b and in_text(f, a, b)),
    (rf"axis (\d) of {Q}, which counts the ([\w ]+)\.", counts),
    (rf"Axis (\d) of {Q} counts the ([\w ]+)\.", counts),
    (
        rf"{Q} has shape {S}: along axis (\d), which counts the ([\w ]+), ",
        lambda f, q, _, a, w: counts(f, a, q, w),
    ),
    (rf"Nothing is called {Q} here", is_missing),
    (rf"{Q} is one of NumPy's", lambda f, n: hasattr(np, n) and is_missing(f, n)),
    (rf"{Q} is a key of {Q}", lambda f, k, q: k in f.value(q)),
    (r"There are (\d+) names? on the left", lambda f, n: f"expected {n}" in str(f.error)),
    (r"the places go from 0 to (\d+)", lambda f, n: True),
    (rf"{Q} counts as a row", lambda f, q: np.ndim(f.value(q)) == 1),
    (rf"{Q} is empty here", lambda f, q: len(f.value(q)) == 0),
    (rf"{Q} gives None here", lambda f, q: True),
    (rf"{Q} is a dict: ", lambda f, q: type(f.value(q)) is dict),
    (rf"NumPy has nothing called {Q}", lambda f, n: not hasattr(np, n)),
    (rf"An array has no {Q}", lambda f, n: not hasattr(np.ndarray, n)),
    (rf"{Q} is something that an array has", lambda f, n: hasattr(np.ndarray, n)),
    (rf"{Q} is not one of NumPy's", lambda f, n: not hasattr(np, n) and exists(f, n)),
    (rf"{Q} gets its value in line (\d+)", lambda f, n, at: n not in f.own and int(at) >= f.line),
    (rf"This line reads {Q} before", lambda f, n: n not in f.own),
]


def claims(text, frame):
    """Yield what a text claims, and whether it is true."""
    for pattern, holds in CLAIMS:
        for match in re.finditer(pattern, text):
            try:
                yield match[0], bool(holds(frame, *match.groups()))
            except Exception as error:
                yield match[0], f"{type(error).__name__}: {error}"


@pytest.fixture(scope="module", name="solved")
def _solved():
    return references()


@pytest.mark.parametrize("assignment", assignments())
@pytest.mark.filterwarnings("ignore")
def test_what_is_said_of_spoilt_solutions_is_true(assignment, solved):
    false, silent, told = [], [], 0
    for name, source in reference_cells(assignment).items():
        outer = solved[name].__globals__
        _, arguments, words = next(iter(cases(name)), (0, {}, ""))
        for seed in range(EACH):
            try:
                text = spoilt(source, f"{name} {seed}")
                space = cell(text)
            except (SyntaxError, ValueError, IndexError, RecursionError):
                continue
            space.update(
                {key: one for key, one in outer.items() if key != name and key[:2] != "__"}
            )
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    space[name](*copy.deepcopy(arguments).values())
            except Exception as error:
                trace = place_of(error)
                if trace is None:
                    continue
                found = said(
                    type(error).__name__, str(error), facts_of(error, trace), Sizes(words, AXES)
                )
                frame = Frame(error, words)
                what = f"{type(error).__name__}: {error}"
                line = text.split("\n")[trace.tb_lineno - 1].strip()
                told += bool(found)
                if not found:
                    silent.append((what, line))
                checked = list(claims(found, frame))
                false += [(what, line, *one) for one in checked if one[1] is not True]
    assert not false
    assert told > 50
    assert told >= 9 * len(silent), silent
