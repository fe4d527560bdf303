"""Judge one submission: run its cells in order and each test cell on this side."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import answer_checks
from grading import exam
from grading.session import Output, Session, Stub, error_output
from grading.verdicts import SENTENCES, Verdict, verdict_of_points

Namespace = dict[str, Any]
BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"


@dataclass
class Judgement:
    """What became of one exercise, with what a student is told."""

    verdict: Verdict
    points: float
    most: float
    text: str = ""
    parts: list[exam.Part] = field(default_factory=list)

    def outputs(self) -> list[Output]:
        """Return the outputs of the test cell, in the form that nbgrader reads."""
        if self.points <= 0:
            return [error_output(self.verdict, self.text)]
        said = f"{self.verdict.value}: {SENTENCES[self.verdict]}\n{self.text}".strip() + "\n"
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
        }


def judge(
    cells: list[dict[str, Any]],
    shown: Session,
    examined: Session,
    references: Mapping[str, Any],
    seed: int,
) -> list[dict[str, Any]]:
    """Run and judge a submission, cell by cell in notebook order.

    It runs in two sandboxes. What a student is shown, outputs and public tests, comes
    from the first, which never meets a hidden input. Hidden parts call the second, of
    which nothing is shown but which part failed. So no trick of a submission, such as
    printing in a later cell what a test sent, can bring a hidden input to light.

    Parameters
    ----------
    cells : list of dict
        For each code cell ``source``, ``role`` (``student``, ``locked`` or ``test``),
        ``grade_id`` and ``points``. Locked and test cells hold the instructor's source.
    shown, examined : Session
    references : mapping of str to callable
    seed : int
        Fixes the hidden inputs.

    Returns
    -------
    list of dict
        For each cell ``outputs``; for a test cell also ``record``.
    """
    space: Namespace = {"__name__": "__main__"}
    failed: dict[str, Verdict] = {}
    said: dict[str, list[Output]] = {}
    answers: list[dict[str, Any]] = []
    hidden = [n for n, c in enumerate(cells) if c["role"] == "test" and BEGIN in c["source"]]
    for number, cell in enumerate(cells):
        source, name = cell["source"], cell["grade_id"]
        if cell["role"] == "test":
            exam.references, exam.seed = dict(references), seed
            judgement = judge_test(cell, shown, examined, dict(space), failed, said)
            answers.append({"outputs": judgement.outputs(), "record": judgement.record(seed)})
            continue
        outputs, verdict = shown.run_cell(source)
        if verdict is not None:
            failed[name], said[name] = verdict, outputs
        # What ended one sandbox would end the other; behind the last hidden test nothing
        # in the second is asked for any more.
        if number < max(hidden, default=0) and verdict not in (Verdict.TIMED_OUT, Verdict.CRASHED):
            examined.run_cell(source)
        if cell["role"] == "locked":
            run_locked(source, name, space)
        answers.append({"outputs": outputs})
    put_figures([o for answer in answers for o in answer["outputs"]], shown)
    return answers


def put_figures(outputs: list[Output], session: Session) -> None:
    """Put the figures where their names stand; one that could not be drawn is left out."""
    pictures = [o["data"] for o in outputs if "image/png" in o.get("data", {})]
    figures = session.figures() if pictures else {}
    for data in pictures:
        name = data["image/png"]
        if name in figures:
            data["image/png"] = figures[name]
        elif name.startswith("figure-"):
            del data["image/png"]


def run_locked(source: str, name: str, space: Namespace) -> None:
    """Run an instructor's cell on this side.

    Raises
    ------
    grading.exam.GraderFault
        When it fails: it is the instructor's own.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, f"<cell {name}>", "exec"), space)
    except Exception as error:
        raise exam.GraderFault(f"the locked cell {name} raised {error!r}") from error


def judge_test(
    cell: dict[str, Any],
    shown: Session,
    examined: Session,
    space: Namespace,
    failed: Mapping[str, Verdict],
    said: Mapping[str, list[Output]],
) -> Judgement:
    """Judge one test cell with stubs in place of the names that the student defined."""
    most = float(cell["points"])
    function = cell["grade_id"].removeprefix("test_")
    try:
        pieces = split(cell["source"])
    except SyntaxError as error:
        raise exam.GraderFault(f"the test cell {cell['grade_id']} does not parse") from error
    names = sorted({n for _, tree in pieces for n in _loaded(tree)} - set(space) - _BUILTINS)
    shown.begin_test()
    defined = shown.names(names)
    if function in names and function not in defined:
        return missing(function, most, failed, said)
    if defined.get(function) is False:
        return Judgement(Verdict.WRONG, 0.0, most, f"{function} should be a function.")
    bound: Namespace = {}
    text = io.StringIO()
    points: float | None = None
    right = True
    session = None
    for hidden, tree in pieces:
        if session is not (examined if hidden else shown):
            session = examined if hidden else shown
            if hidden:
                examined.begin_test(shown.stopped)
            bound = bind(session, names, space, bound)
        # A public test that fails does not end the marking: the hidden parts decide what
        # the rest is worth. A hidden piece that fails does end it.
        try:
            with contextlib.redirect_stdout(text):
                value = run_piece(tree, cell["grade_id"], space)
        except exam.GraderFault:
            raise
        except Exception as error:
            right = False
            text.write(message(error, hidden) + "\n")
            if hidden:
                break
        else:
            if type(value) in (int, float):
                points = float(value)
    exams = [value for value in space.values() if isinstance(value, exam.Exam)]
    if points is None:
        points = most if right else 0.0
    if not math.isfinite(points) or not 0 <= points <= most:
        raise exam.GraderFault(f"{cell['grade_id']} gave {points!r} of {most:g} points")
    verdict = verdict_of_points(points, most)
    failures = shown.failures + examined.failures
    if verdict is Verdict.WRONG and shown.calls + examined.calls == len(failures) > 0:
        verdict = failures[0]
    parts = exams[-1].parts if exams else []
    return Judgement(verdict, points, most, text.getvalue().strip(), parts)


def bind(session: Session, names: list[str], space: Namespace, bound: Namespace) -> Namespace:
    """Bind what the student defined: a function as its stub, a value as plain data.

    A name that the test itself has bound anew since ``bound`` keeps the test's value.
    """
    found: Namespace = {}
    for name, is_function in session.names(names).items():
        if name in space and space[name] is not bound.get(name):
            continue
        if is_function:
            space[name] = found[name] = Stub(session, name)
        else:
            with contextlib.suppress(Exception):  # then the test meets a NameError
                space[name] = found[name] = session.value(name)
    return found


def missing(
    function: str, most: float, failed: Mapping[str, Verdict], said: Mapping[str, list[Output]]
) -> Judgement:
    """Judge an exercise whose function does not exist where its test stands."""
    if function not in failed:
        text = f"There is no function called {function} in the notebook."
        return Judgement(Verdict.NOT_ATTEMPTED, 0.0, most, text)
    errors = [o for o in said[function] if o["output_type"] == "error"]
    what = f": {errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""
    text = f"The cell that should define {function} could not be run{what}"
    return Judgement(failed[function], 0.0, most, text)


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
