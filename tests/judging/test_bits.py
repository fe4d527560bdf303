"""How much an answer can tell of a hidden input: what `docs/threats.md` says, measured."""

import math
import re
import zlib

import nbformat
import numpy as np
import pytest

from grading.assignment.files import in_lesson
from grading.assignment.reference import Reference
from grading.assignment.source import read_source, reference_cells
from grading.comparison import Mismatch, compare_one
from grading.core.records import Rules
from grading.judging.cells import CodeCell, Role
from grading.judging.judge import judge
from grading.sandbox.session import Session
from lesson_tools.inputs import AXES
from lesson_tools.lstm_inputs import lstm_arguments
from lesson_tools.rnn_inputs import rnn_arguments
from tests.support.course import ROOT, assignments, lesson_files, notebook_path, references
from tests.support.sandbox import LIMITS

SEED = 20261129
# It knows the hidden test by heart. Of the first number that it sees there it tells three bits by
# the way in which its first part is wrong, and then one by each part that is right or not. At each
# that is not, it would tell one more, by an error or by a value that is missing.
READER = """
{}
right = rnn_cell_forward
sizes, calls = [(4, 5)], [3, 3, 3, 5, 4, 2]
bits, left, fails = None, 0, False
def rnn_cell_forward(xt, a_prev, parameters):
    global bits, left, fails
    a, y, cache = right(xt, a_prev, parameters)
    if bits is None:
        if xt.shape != (4, 5) or len(parameters["ba"]) != 6 or len(parameters["by"]) != 3:
            return a, y, cache
        number = int(np.float64(xt[0, 0]).view(np.uint64))
        bits = [number >> n & 1 for n in range(20)]
        how = bits.pop(0) + 2 * bits.pop(0) + 4 * bits.pop(0)
        first, last = 0 * a, 0 * a
        first[:, 0] = last[:, -1] = 1
        calls.pop(0)
        ways = [-a, 2 * a, a + 1, a + first, a + last, a.T, a * np.nan, a.astype("f4")]
        return ways[how], y, cache
    if left == 0:
        left, fails = calls.pop(0), bits.pop(0)
    left -= 1
    if fails:
        left = 0
        if bits.pop(0): raise ValueError
        return a, y
    return a, y, cache
"""
WAYS = "negative|one and the same factor|no value|first column|last column|shape|finite|dtype"


@pytest.fixture
def parts_of(zygote):
    """Judge a lesson with the reference's answers or another one; return the parts by exercise."""

    def run(assignment, **answers):
        path = notebook_path(ROOT / "source" / assignment)
        cells = []
        for cell in nbformat.read(path, 4).cells:
            own = cell.metadata.get("nbgrader", {})
            if own and cell.cell_type == "code":
                role = Role.TEST if own["grade"] else Role.LOCKED if own["locked"] else Role.STUDENT
                text = answers.get(own["grade_id"], "{}").replace("{}", cell.source)
                cells.append(CodeCell(text, role, own["grade_id"], 10.0))
        files = lesson_files(assignment)
        opened = lambda draws: Session(zygote, LIMITS, files, draws=draws)  # noqa: E731
        with in_lesson(files):
            reference = Reference(reference_cells(read_source(path)))
            found = judge(cells, opened, reference, Rules(SEED))
        tests = [(c, one) for c, one in zip(cells, found, strict=False) if c.role is Role.TEST]
        return {cell.grade_id: (cell.source, one.record.parts) for cell, one in tests}

    return run


def test_an_answer_tells_a_bit_with_each_part_and_a_few_with_one_message(parts_of):
    """What is read back is the number itself; there is nothing more in the later messages."""
    _, parts = parts_of("01_rnn", rnn_cell_forward=READER)["test_rnn_cell_forward"]
    rng = np.random.default_rng([SEED, zlib.crc32(b"rnn_cell_forward")])
    number = int(rng.standard_normal((4, 5))[0, 0].view(np.uint64))
    (way,) = [n for n, words in enumerate(WAYS.split("|")) if words in parts[0].message]
    fails = [part.earned == 0.0 for part in parts[1:]]
    bits = [bool(number >> n & 1) for n in range(20)]
    assert way == number & 7
    at = 3
    for failed in fails:
        assert failed == bits[at]
        at += 1 + failed
    assert {part.message for part in parts[1:] if part.message} == {"not right either"}


def wrong(value, name):
    """Yield values that are wrong in all the ways that a message tells apart."""
    if isinstance(value, (tuple, list)):
        yield from (None, type(value)(value[:-1]))
        for place, part in enumerate(value):
            for other in wrong(part, name):
                yield type(value)([*value[:place], other, *value[place + 1 :]])
    elif isinstance(value, dict):
        yield from (None, {})
        for key, part in value.items():
            yield from ({**value, key: other} for other in wrong(part, name))
    else:
        yield from (None, value[None], value.astype("f4"), value * np.nan, -value, 2 * value)
        yield from (value + 1.0, value + (np.arange(value.size) == 1).reshape(value.shape))
        if value.ndim == 2:
            yield value.T
        if value.ndim > 2:
            yield from (value[:, :, ::-1], np.roll(value, 1, axis=2), np.roll(value, -1, axis=2))
            yield from (0 * value + value[:, :, :1], 0 * value + value[:, :, -1:])
        for axis in range(1, value.ndim):
            for places in (0, -1, slice(1, None), slice(None, -1)):
                some = np.zeros(value.shape)
                some[(slice(None),) * axis + (places,)] = 1.0
                yield value + some


def messages(want):
    """Return how many different things can be said of an answer that should be ``want``."""
    said = {"It raised.", "It returns another number of values."}
    for name, value in want.items():
        said |= {f"{name} holds what {other} should hold." for other in want}
        said |= {f"It changes its argument {name}."}  # there are not more of them
        for got in wrong(value, name):
            try:
                compare_one(name, got, want, axes=AXES)
            except Mismatch as error:
                said.add(error.brief)
    return len(said)


def test_the_bits_of_a_submission_are_those_that_the_page_says(parts_of):
    page = " ".join((ROOT / "docs" / "threats.md").read_text("utf-8").split())
    said = re.search(r"up to (\d+) bits for each exercise.* (\d+) bits for a submission", page)
    of_one, of_all = map(int, said.groups())
    rng = np.random.default_rng(0)
    for name, given, values in [
        ("rnn_forward", rnn_arguments(rng, 4, 6, 3, 5, 7), "a y_pred caches"),
        ("lstm_forward", lstm_arguments(rng, 4, 6, 3, 5, 7), "a y c caches"),
    ]:
        result = references()[name](*given.values())
        assert math.log2(messages(dict(zip(values.split(), result, strict=True)))) < of_one
    lessons = []
    for assignment in assignments():
        exercises = parts_of(assignment).values()
        states = [3 if "uses=" in test else 2 for test, _ in exercises]  # a part may follow through
        parts = [len(found) for _, found in exercises]
        assert min(parts) > 1
        each = [n * math.log2(s) for n, s in zip(parts, states, strict=True)]
        lessons.append(sum(each) + of_one * len(parts))
    assert of_all == math.ceil(max(lessons))
