"""A small lesson of two exercises, a step and a loop of it, judged in a real sandbox."""

from grading.assignment.reference import Reference
from grading.core.records import Rules
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import judge
from grading.sandbox.session import Session
from tests.support.sandbox import LIMITS

CELL = "def step(x, s):\n    return x + 2.0 * s, (x, s)"
WRONG = "def step(x, s):\n    return x - 2.0 * s, (x, s)"
LOOP = """
def run(x, s):
    states = []
    for t in range(x.shape[0]):
        s, cache = step(x[t], s)
        states.append(s)
    return np.stack(states), s
"""
# A loop that hands what a step has kept on to the next one.
KEEPER = "def step(x, s, past=None):\n    return x + 2.0 * s, [*(past or [])[-1:], s]"
HANDING = """
def run(x, s):
    states, past = [], None
    for t in range(x.shape[0]):
        s, past = step(x[t], 1.0 * s, past)
        states.append(s)
    return np.stack(states), s
"""
STUCK = LOOP.replace("s, cache = step(x[t], s)", "u, cache = step(x[t], s); s = s")
TEST = """
### BEGIN HIDDEN TESTS
from grading.exam import Exam
exam = Exam({name}, returns="{returns}"{uses})
with exam.part("values", 8):
    exam.compare(arguments_{name}(exam.rng))
with exam.part("untouched", 2):
    exam.untouched(arguments_{name}(exam.rng))
exam.score()
### END HIDDEN TESTS
"""
LOCKED = """
import numpy as np

def arguments_step(rng):
    return {"x": rng.standard_normal((3, 4)), "s": rng.standard_normal((3, 4))}

def arguments_run(rng):
    return {"x": rng.standard_normal((5, 3, 4)), "s": rng.standard_normal((3, 4))}
"""
KNOWN = [["step", "minus", "A minus.", WRONG], ["run", "stuck", "It is stuck.", STUCK]]


def cell(source, role=Role.STUDENT, grade_id=""):
    return CodeCell(source, role, grade_id, 10.0)


# The same with a way back: dicts of gradients.
BACK = """
def back(d, cache):
    x, s = cache
    return {"dx": d * s, "ds": d * x}
"""
DOWN = """
def down(d, caches):
    total, ds = np.zeros((3, 4)), 0.0
    for t in reversed(range(d.shape[0])):
        found = back(d[t] + ds, caches[t])
        total += found["dx"]
        ds = found["ds"]
    return {"dx": total, "ds": ds}
"""
BACK_LOCKED = """
import numpy as np

def pair(rng):
    return rng.standard_normal((3, 4)), rng.standard_normal((3, 4))

def arguments_back(rng):
    return {"d": rng.standard_normal((3, 4)), "cache": pair(rng)}

def arguments_down(rng):
    return {"d": rng.standard_normal((5, 3, 4)), "caches": [pair(rng) for _ in range(5)]}
"""


# Two functions of the student's, and one that is built of both.
OUT = "def out(s):\n    return {'y': np.tanh(s)}"
BOTH = """
def run(x, s):
    ys = []
    for t in range(x.shape[0]):
        s, cache = step(x[t], s)
        ys.append(out(s)["y"])
    return np.stack(ys), s
"""
BOTH_LOCKED = f"""{LOCKED}
def arguments_out(rng):
    return {{"s": rng.standard_normal((3, 4))}}
"""


def judged_both(zygote, step, out, loop, limits=LIMITS):
    """Return what the grader keeps of two functions and what is built of them, as plain data."""
    tests = [
        TEST.format(name="step", returns="s cache", uses=""),
        TEST.format(name="out", returns="y", uses=""),
        TEST.format(name="run", returns="ys s", uses=", uses=(step, out)"),
    ]
    solved = [["locked", BOTH_LOCKED, False], ["step", CELL, True], ["out", OUT, True]]
    solved.append(["run", BOTH, True])
    return _judged(zygote, solved, [step, out, loop], tests, (), 1.0, limits)


def judged(zygote, step, loop, share=1.0, limits=LIMITS, ours=(CELL, LOOP)):
    """Return what the grader keeps of a step and its loop, as plain data."""
    one = TEST.format(name="step", returns="s cache", uses="")
    other = TEST.format(name="run", returns="states s", uses=", uses=step")
    solved = [["locked", LOCKED, False], ["step", ours[0], True], ["run", ours[1], True]]
    return _judged(zygote, solved, [step, loop], [one, other], KNOWN, share, limits)


def judged_back(zygote, back, down, known=(), limits=LIMITS):
    """Return what the grader keeps of a step back and its loop, as plain data."""
    one = TEST.format(name="back", returns="dx ds", uses="")
    other = TEST.format(name="down", returns="dx ds", uses=", uses=back")
    solved = [["locked", BACK_LOCKED, False], ["back", BACK, True], ["down", DOWN, True]]
    return _judged(zygote, solved, [back, down], [one, other], known, 1.0, limits)


def _judged(zygote, solved, answers, tests, known, share, limits):
    locked, *exercises = solved
    cells = [cell(locked[1], Role.LOCKED, locked[0])]
    for (name, _, _), answer, test in zip(exercises, answers, tests, strict=True):
        cells += [cell(answer, grade_id=name), cell(test, Role.TEST, f"test_{name}")]
    opened = lambda draws: Session(zygote, limits, {}, draws=draws)  # noqa: E731
    found = judge(cells, opened, Reference(solved, known), Rules(1, share))
    places = range(2, 2 + 2 * len(exercises), 2)  # of the tests, behind the locked cell
    return tuple(found[place].record.pack() for place in places)
