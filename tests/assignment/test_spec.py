"""What a worker is told of an assignment, and what of it decides on marks."""

from dataclasses import replace

from grading.assignment.spec import AssignmentSpec, Expected, NotebookSpec

TEST = Expected("test_f", "code", "assert f(1) == 1", "abc", True, True, False, False, 10.0)
BOOK = NotebookSpec(None, [TEST], [["f", "def f(x): return x", True]], [], [], [])
SPEC = AssignmentSpec("one", {"book": BOOK}, {"data.csv": b"1"}, [], [], {})


def test_it_arrives_as_it_was_sent():
    assert AssignmentSpec.unpack(SPEC.pack()) == SPEC


def test_whatever_decides_on_marks_makes_another_lesson():
    def book(**changes):
        return replace(SPEC, notebooks={"book": replace(BOOK, **changes)})

    others = [
        replace(SPEC, files={"data.csv": b"2"}),
        replace(SPEC, config={"ExecuteBehindWall": {"follow_through": 0.5}}),
        book(cells=[replace(TEST, points=20.0)]),
        book(cells=[replace(TEST, source="assert f(2) == 2")]),
        book(reference=[["f", "def f(x): return -x", True]]),
    ]
    digests = [one.digest("book") for one in (SPEC, *others)]
    assert len(set(digests)) == len(digests)
    assert replace(SPEC, config={"LimitOutput": {"max_lines": 5}}).digest("book") == digests[0]
