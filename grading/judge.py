"""Judge one submission: run its cells in order and each test cell on this side."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import msgpack

import answer_checks
from grading import exam
from grading.naming import Candidate
from grading.reference import Reference, run_locked
from grading.replies import Output
from grading.session import Lost, Session, Stub, error_output
from grading.verdicts import LIMITS, SENTENCES, Verdict, verdict_of_points

Namespace = dict[str, Any]
OUTPUT_LIMIT = 24 * 2**20  # bytes of all outputs together: what a notebook can bear
ENDED = (Verdict.TIMED_OUT, Verdict.CRASHED)  # of a cell: what it does to its sandbox
BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"


@dataclass
class Judgement:
    """What became of one exercise, with what a student is told."""

    verdict: Verdict
    points: float
    most: float
    text: str = ""
    parts: list[exam.Part] = field(default_factory=list)
    limits: list[Verdict] = field(default_factory=list)  # that its calls met
    named: list[Candidate] = field(default_factory=list)  # misconceptions it agrees with
    public: bool = False  # whether all public pieces held

    def outputs(self) -> list[Output]:
        """Return the outputs of the test cell, in the form that nbgrader reads."""
        new = [one.says for one in self.named if not contains(self.text, one.says)]
        text = "\n\n".join([self.text, *(textwrap.fill(one, 88) for one in new)])
        if self.points <= 0:
            return [error_output(self.verdict, text)]
        said = f"{self.verdict.value}: {SENTENCES[self.verdict]}\n{text}".strip() + "\n"
        result = {"text/plain": repr(self.points)}
        return [
            {"output_type": "stream", "name": "stdout", "text": said},
            {
                "output_type": "execute_result",
                "data": result,
                "metadata": {},
                "execution_count": None,
            },
        ]

    def record(self, seed: int) -> dict[str, Any]:
        """Return what is kept with the score, as plain data."""
        return {
            "verdict": self.verdict.value,
            "points": self.points,
            "most": self.most,
            "seed": seed,
            "parts": [asdict(part) for part in self.parts],
            "limits": [verdict.value for verdict in LIMITS if verdict in self.limits],
            "named": [[one.name, one.says] for one in self.named],
            "public": self.public,
        }


def judge(
    cells: list[dict[str, Any]],
    open_session: Callable[[bool], Session],
    reference: Reference,
    rules: exam.Rules,
) -> list[dict[str, Any]]:
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
    cells : list of dict
        For each code cell ``source``, ``role`` (``student``, ``locked``, ``test`` or
        ``plot``), ``grade_id`` and ``points``. Locked and test cells hold the instructor's
        source; so does a plot, which no other cell needs and which is left out here.
    open_session : callable
        Opens a sandbox; its argument says whether figures are drawn. Here they never are.
    reference : Reference
    rules : grading.exam.Rules

    Returns
    -------
    list of dict
        For each cell up to the last test what `Shown` has, nothing for a plot; for a test
        cell ``outputs`` and its ``record``.
    """
    exam.references, exam.candidates = reference.functions, reference.candidates
    exam.rules = rules
    last = max((n for n, cell in enumerate(cells) if cell["role"] == "test"), default=-1)
    with open_session(False) as session:
        shown = Shown(cells[: last + 1], session, marks=True)
        left = {number for number, test in shown.tests.items() if test.has_hidden()}
        if last in left:  # nothing has run since
            left.remove(last)
            shown.tests[last].run(session, shown.failed, hidden=True)
        while (number := session.back()) is not None:
            left.remove(number)
            shown.tests[number].run(session, shown.failed, hidden=True)
    # Behind the last hidden part nothing is asked of the second sandbox any more, and a
    # cell that ended the first is not tried again.
    with open_session(False) as examined:
        for number in range(max(left, default=-1) + 1):
            if number in left:
                shown.tests[number].run(examined, shown.failed, hidden=True)
            elif shown.answers[number] and not shown.answers[number]["ended"]:
                examined.run_cell(cells[number]["source"])
    judged = {number: test.judgement() for number, test in shown.tests.items()}
    own = {
        (test.function, one.name)
        for number, test in shown.tests.items()
        for one in judged[number].named
    }
    for number, judgement in judged.items():
        # The same values can come of two mistakes in two places: only one that shows where it
        # is made is named where it does harm.
        judgement.named = [one for one in judgement.named if (one.of, one.name) in own]
        shown.answers[number] = {
            "outputs": judgement.outputs(),
            "record": judgement.record(rules.seed),
        }
    return shown.answers


def draw(
    cells: list[dict[str, Any]], open_session: Callable[[bool], Session]
) -> list[dict[str, Any]]:
    """Run a submission that is judged already from end to end, for what it prints and draws.

    Parameters
    ----------
    cells : list of dict
        As for `judge`. A cell that has ``ended`` a sandbox is left out.
    open_session : callable
        As for `judge`.

    Returns
    -------
    list of dict
        As from `judge`, with nothing for a test and for what was left out.
    """
    exam.references = {}
    with open_session(True) as session:
        return Shown(cells, session, marks=False).answers


class Shown:
    """What cells and public tests show, in one sandbox, which is marked behind each test or not.

    Attributes
    ----------
    answers : list of dict
        For each cell ``outputs``, whether it ``ended`` its sandbox and, if it met one, a
        ``limit``; nothing for a test and for what was left out.
    tests : dict of int to Test
        The test cells, by their place.
    failed : dict of str to (Verdict, outputs)
        The cells that failed, by id.
    """

    def __init__(self, cells: list[dict[str, Any]], session: Session, *, marks: bool) -> None:
        self.answers: list[dict[str, Any]] = []
        self.tests: dict[int, Test] = {}
        self.failed: dict[str, tuple[Verdict, list[Output]]] = {}
        self._size = 0
        space: Namespace = {"__name__": "__main__"}
        for number, cell in enumerate(cells):
            answer: dict[str, Any] = {}
            if cell["role"] == "test":
                self.tests[number] = Test(cell, space)
                self.tests[number].run(session, self.failed, hidden=False)
                if marks and number < len(cells) - 1 and self.tests[number].has_hidden():
                    session.mark(number)
            elif not cell.get("ended") and not (marks and cell["role"] == "plot"):
                answer = self._run(cell, session)
            if cell["role"] == "locked":
                run_locked(cell["source"], cell["grade_id"], space)
            self.answers.append(answer)

    def _run(self, cell: dict[str, Any], session: Session) -> dict[str, Any]:
        outputs, verdict = session.run_cell(cell["source"])
        if verdict is not None:
            self.failed[cell["grade_id"]] = verdict, outputs
        self._size += len(msgpack.packb(outputs))
        if self._size > OUTPUT_LIMIT:
            text = "Left out: the notebook makes more output than a submission may.\n"
            outputs = [{"output_type": "stream", "name": "stdout", "text": text}]
            verdict = verdict or Verdict.TOO_MUCH_OUTPUT
        answer: dict[str, Any] = {"outputs": outputs, "ended": verdict in ENDED}
        return answer | ({"limit": verdict.value} if verdict in LIMITS else {})


class Test:
    """A test cell on its way: first its public pieces run, later its hidden ones.

    Parameters
    ----------
    cell : dict
        As in `judge`.
    space : dict
        What the instructor's cells before it have defined; it is copied.
    """

    def __init__(self, cell: dict[str, Any], space: Namespace) -> None:
        self.name = cell["grade_id"]
        self.most = float(cell["points"])
        self.function = self.name.removeprefix("test_")
        self.space = dict(space)
        try:
            self.pieces = split(cell["source"])
        except SyntaxError as error:
            raise exam.GraderFault(f"the test cell {self.name} does not parse") from error
        loaded = {name for _, tree in self.pieces for name in _loaded(tree)}
        self.names = sorted(loaded - set(space) - _BUILTINS)
        self.text = io.StringIO()
        self.points: float | None = None
        self.right = True
        self.public = True
        self.early: Judgement | None = None  # where the test need not run
        self.failures: list[Verdict] = []
        self.calls = 0
        self.stopped: dict[str, Lost] = {}

    def has_hidden(self) -> bool:
        """Say whether there are hidden pieces to run."""
        return self.early is None and any(hidden for hidden, _ in self.pieces)

    def run(
        self,
        session: Session,
        failed: Mapping[str, tuple[Verdict, list[Output]]],
        *,
        hidden: bool,
    ) -> None:
        """Run all public or all hidden pieces, with stubs of ``session``.

        Public pieces cannot need hidden ones, which no release holds; so they go first,
        wherever they stand. One that fails ends its kind and leaves no points, but the
        hidden pieces run all the same: they decide what the rest is worth.
        """
        session.begin_test(self.stopped)
        defined = session.names(self.names)
        if self.function in self.names and not defined.get(self.function):
            self.early = missing(self.function, self.most, failed, self.function in defined)
            return
        bind(session, self.names, defined, self.space)
        for tree in [tree for kind, tree in self.pieces if kind is hidden]:
            try:
                with contextlib.redirect_stdout(self.text):
                    value = run_piece(tree, self.name, self.space)
            except exam.GraderFault:
                raise
            except Exception as error:
                self.right = False
                self.public = self.public and hidden
                self.points = None
                self.text.write(message(error, hidden) + "\n")
                break
            # As in a notebook, the value of a cell is that of its last line.
            if tree is self.pieces[-1][1] and type(value) in (int, float):
                self.points = float(value)
        self.failures += session.failures
        self.calls += session.calls
        self.stopped = session.stopped

    def judgement(self) -> Judgement:
        """Return what the pieces that ran add up to."""
        if self.early is not None:
            return self.early
        points = (self.most if self.right else 0.0) if self.points is None else self.points
        if not math.isfinite(points) or not 0 <= points <= self.most:
            raise exam.GraderFault(f"{self.name} gave {points!r} of {self.most:g} points")
        verdict = verdict_of_points(points, self.most)
        if verdict is Verdict.WRONG and self.calls == len(self.failures) > 0:
            verdict = self.failures[0]
        text = self.text.getvalue().strip()
        found = Judgement(verdict, points, self.most, text, limits=self.failures)
        found.public = self.public
        exams = [value for value in self.space.values() if isinstance(value, exam.Exam)]
        if exams:
            found.parts, found.named = exams[-1].parts, exams[-1].named
            if exams[-1].follows():
                found.verdict = Verdict.FOLLOW_THROUGH
        return found


def contains(text: str, said: str) -> bool:
    """Say whether a text holds a sentence, wherever its lines are broken."""
    return " ".join(said.split()) in " ".join(text.split())


def bind(session: Session, names: list[str], defined: Mapping[str, bool], space: Namespace) -> None:
    """Bind what the student defined: a function as its stub, a value as plain data.

    A name that the test itself has bound keeps the test's value. Another exercise that is not
    there is a stub all the same, and raises when it is called: a test may name it.
    """
    others = {name: True for name in names if name in exam.references and name not in defined}
    for name, is_function in {**defined, **others}.items():
        if name in space and not isinstance(space[name], Stub):
            continue
        if is_function:
            space[name] = Stub(session, name)
        else:
            with contextlib.suppress(Exception):  # then the test meets a NameError
                space[name] = session.value(name)


def missing(
    function: str,
    most: float,
    failed: Mapping[str, tuple[Verdict, list[Output]]],
    is_value: bool,
) -> Judgement:
    """Judge an exercise that is no function, or nothing at all, where its test stands."""
    if is_value:
        return Judgement(Verdict.WRONG, 0.0, most, f"{function} should be a function.")
    if function not in failed:
        text = f"There is no function called {function} in the notebook."
        return Judgement(Verdict.NOT_ATTEMPTED, 0.0, most, text)
    verdict, outputs = failed[function]
    errors = [o for o in outputs if o["output_type"] == "error"]
    what = f": {errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""
    text = f"The cell that should define {function} could not be run{what}"
    return Judgement(verdict, 0.0, most, text)


def split(source: str) -> list[tuple[bool, ast.Module]]:
    """Split a test cell at its hidden test markers into (hidden, code) pieces.

    A cell whose pieces do not stand alone, because a marker lies within a block, is one
    hidden piece.
    """
    pieces: list[tuple[bool, list[str]]] = [(False, [])]
    for line in source.split("\n"):
        if BEGIN in line:
            pieces.append((True, []))
        elif END in line:
            pieces.append((False, []))
        else:
            pieces[-1][1].append(line)
    try:
        trees = [(hidden, ast.parse("\n".join(lines))) for hidden, lines in pieces]
    except SyntaxError:
        return [(True, ast.parse(source))]
    return [(hidden, tree) for hidden, tree in trees if tree.body]


def run_piece(tree: ast.Module, name: str, space: Namespace) -> Any:
    """Run code; return the value of its last line if that is an expression, as a cell does."""
    *body, last = tree.body
    if isinstance(last, ast.Expr):
        _exec(ast.Module(body, []), name, space)
        return eval(compile(ast.Expression(last.value), f"<test {name}>", "eval"), space)
    _exec(tree, name, space)
    return None


def message(error: Exception, hidden: bool) -> str:
    """Say why a test failed. What a hidden test compares with stays hidden."""
    if hidden:
        return getattr(error, "brief", "A hidden check does not hold.")
    if isinstance(error, answer_checks.Mismatch):
        return str(error)
    return f"{type(error).__name__}: {error}{getattr(error, 'place', '')}"


def _exec(tree: ast.Module, name: str, space: Namespace) -> None:
    exec(compile(tree, f"<test {name}>", "exec"), space)


def _loaded(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


_BUILTINS = set(dir(builtins))
