"""A test is ordinary notebook code: what it does to the student's names holds in the sandbox."""

import re
from types import ModuleType

import pytest

from grading.assignment.reference import Reference
from grading.core.errors import GraderFault
from grading.core.records import Rules
from grading.core.verdicts import Verdict
from grading.judging import test_cell as cells_on_their_way
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import compared, judge
from grading.sandbox.bubblewrap import Zygote
from grading.sandbox.session import Session
from tests.support.sample import sample
from tests.support.sandbox import LIMITS

LOCKED = '''
import math
RATE = 2
class Failing(ValueError):
    pass
def doubled(n):
    """An instructor's own helper, which calls what the student writes."""
    return 2 * total(n)
'''
STUDENT = '''
N = 10
class TooSmall(ValueError):
    """A number below one."""
class MuchTooSmall(TooSmall):
    pass
def squares(n: int, start=1, *, step: float = 1.0) -> list:
    """Return squares."""
    if n < -10:
        raise MuchTooSmall("far below one")
    if n < 1:
        raise TooSmall("below one")
    # in a row
    return [i**2 for i in range(start, n + 1)]
def total(n):
    return sum(squares(n))
def scaled(x):
    return N * x * RATE
def greet(name):
    print("Hello,", name)
def ask():
    name = input("Who? ")
    print("Hello,", name)
    return name
def fact(n):
    return 1 if n < 2 else n * fact(n - 1)
def apply(f, x):
    return f(x)
def shout(*texts, end="!"):
    import sys
    print(*texts, file=sys.stderr)
'''
KEEPS = """
seen = []
expected = answer = 0
def squares(n):
    return [1]
def total(n):
    global squares, kept
    kept = squares
    try:
        seen.append(squares(n))
    except Exception as error:
        seen.append(repr(error))
    squares = None
    return seen[-1]
def tells():
    return expected
def tries():
    return kept(3)
"""


def cell(source, role=Role.STUDENT, grade_id=""):
    return CodeCell(source, role, grade_id, 1.0)


@pytest.fixture
def judged(zygote):
    def run(*tests, student=STUDENT, solution=STUDENT):
        cells = [cell(LOCKED, Role.LOCKED, "imports"), cell(student, grade_id="solution")]
        cells += [cell(test, Role.TEST, f"holds-{n}") for n, test in enumerate(tests)]
        reference = Reference([["imports", LOCKED, False], ["solution", solution, True]])
        opened = lambda draws: Session(zygote, LIMITS, {}, draws=draws)  # noqa: E731
        return judge(cells, opened, reference, Rules(seed=0))[2:]

    return run


def hidden(test):
    return f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"


RAISES = "\ntry:\n    {}\nexcept {}:\n    pass\nelse:\n    raise AssertionError('no error')\n"
COUNTS = """
calls = 0
orig = squares
def squares(n):
    global calls
    calls += 1
    return orig(n)
assert total(3) == 14
assert calls == 1
squares = orig
"""
# Test cells, each under its name.
HOLDS = """
#: deleted, as nbgrader's documentation does
orig_squares = squares
del squares
try:
    total(1)
except NameError:
    pass
else:
    raise AssertionError("total does not use squares")
finally:
    squares = orig_squares
assert total(3) == 14

#: deleted by its text
kept = globals().pop('squares')
try:
    total(1)
except NameError:
    pass
else:
    raise AssertionError('no error')

#: deleted and not put back
del squares
try:
    total(1)
except NameError:
    pass
else:
    raise AssertionError('no error')

#: of the instructor's
del RATE
try:
    scaled(1)
except NameError:
    pass
else:
    raise AssertionError('no error')

#: plain data
N = 5
assert scaled(2) == 20
N = 7
assert scaled(2) == 28

#: the instructor's data
RATE = 3
assert scaled(2) == 60

#: a value for a function
squares_ = squares
squares = None
try:
    total(1)
except TypeError:
    pass
else:
    raise AssertionError('no error')

#: a function
def squares(n):
    return [n, n]
assert total(3) == 6

#: a function within a function
def check():
    global squares
    squares = lambda n: [n]
    return total(3)
assert check() == 3

#: another of the student's
N, squares = 1, lambda n: [fact(n)]
assert total(4) == 24

#: one for another
orig = squares
squares = fact
try:
    total(3)
except TypeError:
    pass
else:
    raise AssertionError('no error')

#: counted
calls = 0
orig = squares
def squares(n):
    global calls
    calls += 1
    return orig(n)
assert total(3) == 14
assert calls == 1
squares = orig

#: counted in a recursion
calls = 0
orig = fact
def fact(n):
    global calls
    calls += 1
    return orig(n)
assert fact(5) == 120
assert calls == 5
fact = orig

#: a mock
from unittest.mock import Mock, patch
orig = squares
squares = Mock(return_value=[1, 2])
assert total(9) == 3
squares.assert_called_once_with(9)
squares = orig
assert total(2) == 5

#: a mock that wraps
from unittest.mock import Mock, patch
squares = Mock(wraps=squares)
assert total(3) == 14
assert squares.call_count == 1

#: patched
from unittest.mock import Mock, patch
with patch('__main__.squares', return_value=[7]) as made:
    assert total(1) == 7
made.assert_called_with(1)
assert total(1) == 1

#: patched in a dict
from unittest.mock import Mock, patch
with patch.dict(globals(), N=1):
    assert scaled(3) == 6
assert scaled(3) == 60

#: through the module
import sys
it = sys.modules[__name__]
it.N = 2
assert scaled(3) == 12
assert getattr(it, 'fact')(3) == 6

#: an error in a function of the test
def squares(n):
    raise LookupError(n)
try:
    total(3)
except LookupError:
    pass
else:
    raise AssertionError('no error')

#: input
input = lambda prompt='': 'Ada'
assert ask() == 'Ada'

#: input, patched
from unittest.mock import Mock, patch
with patch('builtins.input', side_effect=['Bo', 'Cy']) as asked:
    assert [ask(), ask()] == ['Bo', 'Cy']
asked.assert_called_with('Who? ')

#: input from a stream
from unittest.mock import Mock, patch
import io
with patch('sys.stdin', io.StringIO('Ada\\nBo\\n')):
    assert ask() == 'Ada'
    assert ask() == 'Bo'

#: print, patched
from unittest.mock import Mock, patch
with patch('builtins.print') as said:
    greet('Ada')
said.assert_called_once_with('Hello,', 'Ada')

#: what it prints
import contextlib, io, sys
out = io.StringIO()
with contextlib.redirect_stdout(out):
    greet('Ada')
assert out.getvalue() == 'Hello, Ada\\n'

#: what it prints, by hand
import contextlib, io, sys
out = io.StringIO()
kept, sys.stdout = sys.stdout, out
greet('Ada')
sys.stdout = kept
assert out.getvalue() == 'Hello, Ada\\n'

#: what it prints, by IPython
from IPython.utils.capture import capture_output
with capture_output() as said:
    greet('Ada')
assert said.stdout == 'Hello, Ada\\n'

#: what it prints to the other stream
import contextlib, io, sys
out = io.StringIO()
with contextlib.redirect_stderr(out):
    shout('Ada')
assert out.getvalue() == 'Ada\\n'

#: what it prints in a call within a call
import contextlib, io
out = io.StringIO()
def squares(n):
    greet('Ada')
    return []
with contextlib.redirect_stdout(out):
    total(1)
assert 'Ada' in out.getvalue()

#: its docstring
assert squares.__doc__ == 'Return squares.'
assert total.__doc__ is None
import inspect
assert inspect.getdoc(squares) == 'Return squares.'

#: its signature
import inspect
it = inspect.signature(squares)
assert str(it) == '(n: int, start=1, *, step: float = 1.0) -> list'
assert it.parameters['n'].annotation is int
assert it.parameters['start'].default == 1
assert squares.__annotations__ == {'n': int, 'step': float, 'return': list}
assert squares.__defaults__ == (1,)
assert squares.__code__.co_argcount == 2
assert squares.__kwdefaults__ == {'step': 1.0}
assert list(inspect.signature(shout).parameters) == ['texts', 'end']

#: its source
import ast, inspect
assert '# in a row' in inspect.getsource(squares)
tree = ast.parse(inspect.getsource(total))
assert tree.body[0].name == 'total'
assert 'sum' in total.__code__.co_names
assert 'range' not in inspect.getsource(total)

#: what it is
import types
assert isinstance(total, types.FunctionType)
assert callable(total)
assert total.__name__ == 'total'

#: its own exception
try:
    squares(0)
except TooSmall as error:
    assert str(error) == 'below one'
else:
    assert False
assert issubclass(TooSmall, ValueError)

#: its own exceptions, one of another
try:
    squares(-20)
except TooSmall:
    pass
else:
    raise AssertionError('no error')

try:
    squares(-20)
except MuchTooSmall:
    pass
else:
    raise AssertionError('no error')

try:
    squares(0)
except ValueError:
    pass
else:
    raise AssertionError('no error')

#: a helper of the instructor's
assert doubled(3) == 28

#: a helper of the instructor's, a name deleted
del squares
try:
    doubled(3)
except NameError:
    pass
else:
    raise AssertionError('no error')

#: a library's function handed over
import math, numpy as np
assert apply(math.sqrt, 16) == 4
assert np.allclose(apply(np.sin, np.zeros(2000)), 0)
assert apply(len, 'four') == 4
assert apply(int, '3') == 3
assert apply(str.upper, 'x') == 'X'

#: the student's own handed over
assert apply(fact, 4) == 24
assert apply(squares, 2) == [1, 4]

#: anything handed over that can be called
import functools
assert apply(functools.partial(pow, 2), 3) == 8
assert apply([5, 6].index, 6) == 1

#: a text handed to the test's function
assert apply(lambda name: name[::-1], 'abc') == 'cba'
"""
HOLDS = dict(part.split("\n", 1) for part in HOLDS.split("#: ")[1:])


@pytest.mark.parametrize("test", HOLDS.values(), ids=HOLDS)
@pytest.mark.parametrize("public", [True, False], ids=["public", "hidden"])
def test_what_a_test_does_to_names_holds_while_it_runs_and_is_put_back_behind_it(
    judged, test, public
):
    after = "assert total(2) == 5\nassert scaled(1) == 20\nassert fact(4) == 24"
    first, second = judged(test if public else hidden(test), after)
    assert first.record.verdict is Verdict.CORRECT, first.outputs
    assert second.record.verdict is Verdict.CORRECT, second.outputs


def test_what_a_test_did_to_names_in_its_public_part_holds_in_the_hidden_one(judged):
    secret = "assert scaled(1) == 2" + RAISES.format("total(1)", "NameError")
    secret += "assert orig(1) == [1]"
    (one,) = judged("orig = squares\ndel squares\nN = 1\n" + hidden(secret))
    assert one.record.verdict is Verdict.CORRECT, one.outputs


@pytest.mark.parametrize("solution", [STUDENT, "raise NotImplementedError()"])
def test_a_test_s_own_variables_stay_on_its_side(judged, solution):
    """A student who knows what they are called finds there what stood there before."""
    test = "expected = [1, 4]\nassert tells() == expected"
    for one in judged(test, hidden(test), student=KEEPS, solution=solution):
        assert one.record.points == 0.0
    again = "assert expected == 0\nexpected = [1, 4]\nassert tells() == expected"
    (one,) = judged(again, student=KEEPS, solution=solution + "\nexpected = 0")
    assert one.record.points == 0.0
    held = "answer = 3\ndef expected(): return 3\nassert tells() == 0"
    assert judged(held, student=KEEPS, solution=solution)[0].record.points == 1.0


def test_a_replacement_is_good_for_its_call_only(judged):
    tests = [
        "orig = squares\nsquares = lambda n: [7]\nassert total(1) == [7]\nsquares = orig",
        "assert squares(1) == [1]\nassert total(1) == [1]",
        "try:\n    tries()\nexcept RuntimeError as error:\n    assert 'is over' in str(error)\n"
        "else:\n    assert False",
    ]
    first = KEEPS.replace("    kept =", "    if not seen: kept =")
    for one in judged(*tests, student=first):
        assert one.record.verdict is Verdict.CORRECT, one.outputs


def test_a_recursion_through_the_test_has_an_end(judged):
    test = "orig = fact\ndef fact(n):\n    return orig(n)\n" + RAISES.format(
        "fact(1000)", "RecursionError"
    )
    (one,) = judged(test)
    assert one.record.verdict is Verdict.CORRECT, one.outputs


@pytest.mark.parametrize(
    ("harm", "verdict"),
    [("while True: pass", Verdict.TIMED_OUT), ("import os; os._exit(1)", Verdict.CRASHED)],
)
def test_a_call_within_a_call_that_ends_the_sandbox_costs_what_it_always_does(
    judged, harm, verdict
):
    student = (
        f"def squares(n):\n    {harm}\ndef total(n):\n    return squares(n)\ndef fact(n): return 1"
    )
    first, second = judged(COUNTS, "assert fact(1) == 1", student=student)
    assert first.record.verdict is verdict
    assert second.record.verdict is Verdict.CORRECT


def test_a_module_is_what_the_source_imports_under_its_name(zygote):
    """An instructor's first cell is not always locked; what a student imports instead is theirs."""
    test = "assert np.sqrt(4) == 2\nassert floor(2.5) == 2"
    cells = [cell("import random as np\nfrom math import *"), cell(test, Role.TEST, "modules")]
    reference = Reference([], [], ["import os, numpy as np", "from math import floor"])
    opened = lambda draws: Session(zygote, LIMITS, {}, draws=draws)  # noqa: E731
    assert judge(cells, opened, reference, Rules(seed=0))[1].record.points == 1.0
    assert judge(cells, opened, Reference([]), Rules(seed=0))[1].record.points == 0.0


def test_what_a_submission_made_too_large_to_be_set_is_no_fault_of_the_grader(judged):
    student = STUDENT + "def grow():\n    return [bytes(2**24)]\n"
    (one,) = judged("N = [grow(), grow()]\nscaled(1)", student=student)
    assert one.record.verdict is Verdict.WRONG, one.outputs
    assert "too large" in str(one.outputs)
    with pytest.raises(GraderFault, match="too large"):
        judged("N = [bytes(2**24)] * 3\nscaled(1)")


# --- what does not reach a test -------------------------------------------------------------

APART = """
class Account:
    balance = 3
def steps(n):
    yield n
def adder(n):
    return lambda m: n + m
def writes():
    with open("made.txt", "w") as file:
        file.write("text")
    return open("made.txt").read()
"""


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("assert Account().balance == 3", "and no Account: let a function"),
        ("assert list(steps(3)) == [3]", "and no generator: let a function"),
        ("assert adder(3)(4) == 7", "and no function: let a function"),
        ("assert steps(3) == [3]", "and no generator: let a function"),
        ("assert writes() == 'text'\nopen('made.txt')", "does not see the files that it writes"),
    ],
)
def test_a_test_that_looks_at_what_does_not_reach_it_says_so(judged, test, said):
    open_, secret = judged(test, hidden(test), student=APART, solution=APART)
    assert open_.record.points == secret.record.points == 0.0
    assert said in " ".join(str(open_.outputs).split())
    # The names of kinds are the student's choice.
    said = re.sub("and no [A-Za-z]+:", "and no such object:", said)
    assert said in " ".join(str(secret.outputs).split())
    # What an earlier test has met is nothing to this one.
    *_, one = judged(test, "assert writes() == 'text'\nassert 1 == 2", student=APART)
    assert "plain data" not in str(one.outputs)


# --- what needs no reference -------------------------------------------------------------

EXAM = hidden(
    "from grading.exam import Exam\nexam = Exam(fact, 'n')\nwith exam.part('all', 1):\n"
    "    exam.compare({{'n': 3}})\n    {}\nexam.score()"
)


def test_a_source_without_solutions_is_graded_where_its_tests_only_assert(judged):
    for blank in ("raise NotImplementedError()", "# YOUR CODE HERE\n1 / 0"):
        first, second = judged("assert fact(3) == 6", hidden("assert fact(3) == 7"), solution=blank)
        assert (first.record.points, second.record.points) == (1.0, 0.0)


def test_a_comparison_with_a_solution_that_is_not_there_names_its_cell(judged):
    for blank in (
        "raise NotImplementedError()",
        "def fact(n):\n    1\nraise NotImplementedError()",
    ):
        with pytest.raises(
            GraderFault, match=r"no reference for fact .*: the solution solution raised"
        ):
            judged(EXAM.format(""), solution=blank)


def test_a_right_part_of_an_exam_is_no_comparison_with_itself(judged):
    with pytest.raises(GraderFault, match="There is no reference for fact"):
        judged(EXAM.format(""), solution="x = 1")


# --- a fault stays one ----------------------------------------------------------------------


def made(test, main=None):
    reference = Reference([["solution", STUDENT, True]])
    context = compared(reference, Rules(seed=0))
    one = cell(test, Role.TEST, "test_fact")
    return cells_on_their_way.TestCell(one, main or ModuleType("__main__"), context, reference)


SWALLOWS = "end()\ntry:\n    {}\nexcept Exception:\n    pass"
COMPARES = (
    "from grading.exam import Exam\nexam = Exam(fact, 'n')\nwith exam.part('all', 1):\n    end()\n"
    "    exam.{}({{'n': 3}})\nexam.score()"
)


SWALLOWED = {
    "a call": SWALLOWS.format("fact(3)"),
    "a look at it": SWALLOWS.format("fact.__doc__"),
    "a call within one": SWALLOWS.format("apply(lambda n: fact(n), 3)"),
    "compare": COMPARES.format("compare"),
    "kept": COMPARES.format("kept"),
    "a hint": "import warnings\n"
    "from lesson_tools.hints import outcome\nend()\noutcome(fact, {'n': 3})",
}


@pytest.mark.parametrize("kind", [str, hidden], ids=["public", "hidden"])
@pytest.mark.parametrize("how", sample(SWALLOWED))
def test_a_fault_that_a_test_swallows_is_no_mark(how, kind):
    test = SWALLOWED[how]
    zygote = Zygote()
    session = Session(zygote, LIMITS, {}, draws=False)
    try:
        session.run_cell(STUDENT)
        main = ModuleType("__main__")
        main.end = lambda: (session.close(), zygote.close())
        one = made(kind(test), main)
        with pytest.raises(GraderFault, match="zygote is gone"):
            one.run(session, {}, hidden=kind is hidden)
    finally:
        session.close()
        zygote.close()


@pytest.mark.parametrize(
    "test",
    [
        hidden("assert fact(3) == 7"),
        "assert fact(3) == 6\n" + hidden("assert fact(3) == 7"),
        EXAM.format(""),
        hidden("0.0"),
    ],
)
def test_no_mark_is_given_for_a_hidden_part_that_never_ran(zygote, test):
    with Session(zygote, LIMITS, {}, draws=False) as session:
        session.run_cell(STUDENT)
        one = made(test)
        one.run(session, {}, hidden=False)
        with pytest.raises(GraderFault, match="hidden part of the test cell test_fact never ran"):
            one.judgement()
        one.run(session, {}, hidden=True)
        assert one.judgement().points == ("exam" in test)


def test_no_mark_is_given_for_a_test_that_never_ran():
    with pytest.raises(GraderFault, match="public part of the test cell test_fact never ran"):
        made("assert fact(3) == 7").judgement()


def test_what_a_student_makes_a_test_say_has_an_end(judged):
    student = STUDENT + "def fact(n): return {'x' * 2**20: 1}\n"
    test = "assert fact(3) == 6, str(fact(3))"
    (one,) = judged(test, student=student)
    assert one.record.verdict is Verdict.WRONG
    assert len(str(one.outputs)) < 300_000
    assert "left out" in str(one.outputs)
    (one,) = judged("print(fact(3))\n0.5", student=student)
    assert one.record.points == 0.5
    assert len(str(one.outputs)) < 300_000
