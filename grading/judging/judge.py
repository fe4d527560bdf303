"""Judge one submission: run its cells in order and each test cell on this side."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType

import msgpack

from grading.assignment import Later, Reference, run_locked
from grading.core import LIMITS, Output, Record, Rules, Verdict
from grading.exam import Context
from grading.judging.cells import Answer, CodeCell, Judged, Role, Shown
from grading.judging.judgement import Judgement
from grading.judging.test_cell import TestCell
from grading.sandbox import Session

OUTPUT_LIMIT = 24 * 2**20  # bytes of all outputs together: what a notebook can bear
OUTPUTS = 4000  # of a submission
ENDED = (Verdict.TIMED_OUT, Verdict.CRASHED)  # of a cell: what it does to its sandbox


def judge(
    cells: list[CodeCell],
    open_session: Callable[[bool], Session],
    reference: Reference,
    rules: Rules,
) -> list[Answer]:
    """Run and judge a submission up to its last test, in notebook order.

    What a student is shown, outputs and public tests, is complete before the first hidden
    part runs; of those nothing is shown but which part failed. So no trick of a
    submission, such as printing in a later cell what a test sent, can bring a hidden input
    to light.

    A hidden part calls the functions as they stood at its place. For that the sandbox is
    marked at each test but the last; then it is taken back from mark to mark. Where that
    cannot be done, as the sandbox has ended or runs threads, a second one is opened and the
    cells are run again.

    Parameters
    ----------
    cells : list of CodeCell
        The code cells, in notebook order. A plot, which no other cell needs, is left out here.
    open_session : callable
        Opens a sandbox; its argument says whether figures are drawn. Here they never are.
    reference : Reference
    rules : Rules

    Returns
    -------
    list of Judged, Shown or None
        For each cell up to the last test: of a test what became of it, of every other what it
        has shown, and nothing of what was left out.
    """
    context = functools.partial(compared, reference, rules)
    last = max((n for n, cell in enumerate(cells) if cell.role is Role.TEST), default=-1)
    with open_session(False) as session:
        turn = Turn(cells[: last + 1], session, context, reference, marks=True)
        left = {number for number, test in turn.tests.items() if test.has_hidden()}
        if last in left:  # nothing has run since
            left.remove(last)
            turn.tests[last].run(session, turn.failed, hidden=True)
        while (number := session.back()) is not None:
            left.remove(number)
            turn.tests[number].run(session, turn.failed, hidden=True)
    # Behind the last hidden part nothing is asked of the second sandbox any more, and a
    # cell that ended the first is not tried again.
    with open_session(False) as examined:
        for number in range(max(left, default=-1) + 1):
            if number in left:
                turn.tests[number].run(examined, turn.failed, hidden=True)
            elif isinstance(shown := turn.answers[number], Shown) and not shown.ended:
                examined.run_cell(cells[number].source)
    for number, judgement in judgements(turn.tests).items():
        turn.answers[number] = Judged(judgement.outputs(), judgement.record(rules.seed_digest))
    return turn.answers


def compared(reference: Reference, rules: Rules) -> Context:
    """Return what exams are judged by. The reference is asked for when one compares with it."""
    return Context(
        Later(lambda: reference.functions),
        Later(lambda: reference.candidates),
        rules,
        missing=Later(lambda: reference.failed),
    )


def judgements(tests: Mapping[int, TestCell]) -> dict[int, Judgement]:
    """Return what tests of one submission add up to.

    What is right but for an earlier exercise needs to know what became of that. The same values can
    come of two mistakes in two places: only one that shows where it is made is named where it does
    harm.
    """
    judged: dict[int, Judgement] = {}
    right: set[str] = set()
    for number, test in sorted(tests.items()):
        judged[number] = test.judgement(right)
        if judged[number].verdict is Verdict.CORRECT:
            right.add(test.function)
    own = {(tests[n].function, one.name) for n, found in judged.items() for one in found.named}
    for judgement in judged.values():
        judgement.named = [one for one in judgement.named if (one.of, one.name) in own]
    return judged


def judge_versions(
    cells: list[CodeCell],
    place: int,
    versions: Iterable[tuple[str, Rules]],
    open_session: Callable[[], Session],
    reference: Reference,
) -> list[Record]:
    """Judge many versions of one cell by one test, each as if no other had been there.

    The cells before it run once. Each version runs in a copy of the process that they have left;
    where that cannot be made, or a version has ended it, they run again.

    Parameters
    ----------
    cells : list of CodeCell
        The code cells up to the test, which is the last and the only one.
    place : int
        Which of them has versions.
    versions : iterable of (str, Rules)
        The source of each, and the rules for it.
    open_session : callable
        Opens a sandbox.
    reference : Reference

    Returns
    -------
    list of Record
        What the grader keeps of each version.
    """
    records = []
    main = ModuleType("__main__")
    for cell in cells:
        if cell.role is Role.LOCKED:
            run_locked(cell.source, cell.grade_id, vars(main))
    session: Session | None = None
    try:
        for source, rules in versions:
            if session is None:
                session = open_session()
                for cell in cells[:place]:
                    session.run_cell(cell.source)
            session.mark(place)
            test = TestCell(cells[-1], main, compared(reference, rules), reference)
            failed = {}
            for number, cell in enumerate(cells[place:-1]):
                outputs, verdict = session.run_cell(cell.source if number else source)
                if verdict is not None:
                    failed[cell.grade_id] = verdict, outputs
            for hidden in (False, True):
                if not hidden or test.has_hidden():
                    test.run(session, failed, hidden=hidden)
            records.append(judgements({0: test})[0].record(rules.seed_digest))
            if session.back() is None:
                session.close()
                session = None
    finally:
        if session is not None:
            session.close()
    return records


def draw(cells: list[CodeCell], open_session: Callable[[bool], Session]) -> list[Answer]:
    """Run a submission that is judged already from end to end, for what it prints and draws.

    Parameters
    ----------
    cells : list of CodeCell
        As for `judge`, with the plots. A cell that has ended a sandbox is left out.
    open_session : callable
        As for `judge`.

    Returns
    -------
    list of Shown or None
        For each cell what it has shown; nothing of a test and of what was left out.
    """
    with open_session(True) as session:
        return Turn(cells, session, Context, Reference([]), marks=False).answers


class Turn:
    """One turn of cells and public tests in one sandbox, which is marked behind each test or not.

    Attributes
    ----------
    answers : list of Shown or None
        For each cell what it has shown; nothing of a test and of what was left out.
    tests : dict of int to TestCell
        The test cells, by their place.
    failed : dict of str to (Verdict, outputs)
        The cells that failed, by id.
    """

    def __init__(
        self,
        cells: list[CodeCell],
        session: Session,
        context: Callable[[], Context],
        reference: Reference,
        *,
        marks: bool,
    ) -> None:
        self.answers: list[Answer] = []
        self.tests: dict[int, TestCell] = {}
        self.failed: dict[str, tuple[Verdict, list[Output]]] = {}
        self._size = self._number = 0
        main = ModuleType("__main__")
        for number, cell in enumerate(cells):
            answer: Answer = None
            if cell.role is Role.TEST:
                self.tests[number] = TestCell(cell, main, context(), reference)
                self.tests[number].run(session, self.failed, hidden=False)
                if marks and number < len(cells) - 1 and self.tests[number].has_hidden():
                    session.mark(number)
            elif not cell.ended and not (marks and cell.role is Role.PLOT):
                answer = self._run(cell, session)
            if cell.role is Role.LOCKED:
                run_locked(cell.source, cell.grade_id, vars(main))
            self.answers.append(answer)

    def _run(self, cell: CodeCell, session: Session) -> Shown:
        outputs, verdict = session.run_cell(cell.source)
        if verdict is not None:
            self.failed[cell.grade_id] = verdict, outputs
        self._size += len(msgpack.packb(outputs))
        self._number += len(outputs)
        if self._size > OUTPUT_LIMIT or self._number > OUTPUTS:
            text = "Left out: the notebook makes more output than a submission may.\n"
            outputs = [{"output_type": "stream", "name": "stdout", "text": text}]
            verdict = verdict or Verdict.TOO_MUCH_OUTPUT
        return Shown(outputs, verdict in ENDED, verdict if verdict in LIMITS else None)
