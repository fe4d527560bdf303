"""A test cell on its way: its public and hidden pieces, and the judgement they add up to."""

from __future__ import annotations

import builtins
import contextlib
import io
import math
import sys
import types
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from grading.assignment import Reference, run_piece, split
from grading.core import GraderFault, Output, Verdict, verdict_of_points
from grading.exam import Context, explanation, number, told, unequal, unscored
from grading.judging.cells import CodeCell
from grading.judging.judgement import Judgement, missing
from grading.judging.names import beyond, loaded, read_first
from grading.sandbox import Held, Lost, Session, Stub

MOST_TEXT = 100_000  # characters that a test may say, as a student's values may stand in it


class TestCell:
    """One test cell: first its public pieces run, later its hidden ones.

    Parameters
    ----------
    cell : CodeCell
    main : module
        What the instructor's cells before it have defined. It is as before when the test has run.
    context : Context
        What its exams are judged by.
    reference : Reference
        It says which names are the submission's.
    """

    def __init__(
        self, cell: CodeCell, main: types.ModuleType, context: Context, reference: Reference
    ) -> None:
        self.context = context
        self.name = cell.grade_id
        self.most = float(cell.points)
        self.function = self.name.removeprefix("test_")
        self.main = main
        self.space = dict(vars(main))
        try:
            self.pieces = split(cell.source)
        except SyntaxError as error:
            raise GraderFault(f"the test cell {self.name} does not parse") from error
        trees = tuple(tree for _, tree in self.pieces)
        self.loaded = {name for tree in trees for name in loaded(tree)}
        self.reference = reference
        self.names = sorted((self.loaded | reference.written) - set(self.space) - _BUILTINS)
        # What the test makes of these names holds in the sandbox. Any other one that it binds is
        # its own: the submission shall not find there what the test expects.
        self.theirs = set(reference.names)
        self.read_first = read_first(trees)
        self.bound = {name: one for name, one in self.space.items() if name in self.theirs}
        self.text = io.StringIO()
        self.value: Any = None  # of the last line
        self.held = {False: True, True: True}  # the public pieces, the hidden ones
        self.cut = False  # whether what failed stands behind an exam, whose score may be missing
        self.early: Judgement | None = None  # where the test need not run
        self.ran: set[bool] = set()  # which pieces have run as far as they go: hidden, public
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
        asked = self.function in self.loaded and self.function in self.names
        if asked and not defined.get(self.function):
            self.early = missing(self.function, self.most, failed, self.function in defined)
            return
        self._bind(session, defined)
        made = len(self.context.exams)
        with self._entered():
            self._run(session, made, hidden=hidden)
        self.failures += session.failures
        self.calls += session.calls
        self.stopped = session.stopped

    def _run(self, session: Session, made: int, *, hidden: bool) -> None:
        for tree in [tree for kind, tree in self.pieces if kind is hidden]:
            failed: Exception | None = None
            try:
                with contextlib.redirect_stdout(self.text), self.context:
                    session.held = Held(vars(self.main), self.bound, self.theirs)
                    value = run_piece(tree, self.name, vars(self.main))
            except Exception as error:
                failed = error
            if isinstance(failed, GraderFault):
                raise failed
            if session.fault is not None:  # which the test took for an error of the student's
                raise session.fault
            if isinstance(failed, MemoryError) and not hasattr(failed, "place"):
                raise failed  # no stub has brought it: what judging may cost here is not enough
            if failed is not None:
                self.held[hidden] = False
                self.cut = self.cut or hidden or len(self.context.exams) > made
                self.value = None
                said = [explanation(failed, hidden), *beyond(failed, session.stand_ins, hidden)]
                self.text.write("\n".join(said) + "\n")
                break
            # As in a notebook, the value of a cell is that of its last line.
            if tree is self.pieces[-1][1]:
                self.value = value
        self.ran.add(hidden)

    @contextlib.contextmanager
    def _entered(self) -> Iterator[None]:
        """Let the test's namespace be that of the instructor's cells, and the one that runs.

        So a function that they define finds what the submission does, as in one process.
        """
        space, kept, before = vars(self.main), dict(vars(self.main)), sys.modules["__main__"]
        sys.modules["__main__"] = self.main
        _fill(space, self.space)
        try:
            yield
        finally:
            self.space = dict(space)
            _fill(space, kept)
            sys.modules["__main__"] = before

    def _bind(self, session: Session, defined: Mapping[str, bool]) -> None:
        """Bind what the student defined: a function as its stub, a value as plain data.

        A name that the test itself has bound keeps the test's value. Another exercise that is not
        there is a stub all the same, and raises when it is called: a test may name it.
        """
        session.errors |= {name: self.bound[name] for name in session.errors if name in self.bound}
        for stub in self.bound.values():
            if isinstance(stub, Stub):
                stub.resume(session)
        others = {
            name: True
            for name in self.names
            if name in self.reference.written and name not in defined
        }
        for name, is_function in {**defined, **others}.items():
            if name in self.space or name in self.bound:  # as the test has it, or has deleted it
                continue
            if name in session.errors:
                self.bound[name] = session.errors[name]  # which are raised from now on
            elif is_function:
                self.bound[name] = Stub(session, name)
                self.theirs |= {name} & self.read_first
            elif name in self.loaded:
                try:
                    self.bound[name] = self._value(session, name)
                except GraderFault:
                    raise
                except Exception:  # then the test meets a NameError
                    continue
            if name in self.bound:
                self.space[name] = self.bound[name]

    def _value(self, session: Session, name: str) -> Any:
        """Return a value; a module of the submission's is here what the source imports there."""
        value = session.value(name)
        if type(value).__name__ == "module":
            return self.reference.module(name) or value
        return value

    def judgement(self, right: Collection[str] = ()) -> Judgement:
        """Return what the pieces that ran add up to.

        Parameters
        ----------
        right : collection of str
            The exercises before this one that are right as a whole.

        Raises
        ------
        grading.core.errors.GraderFault
            When that is no mark, or some of them never ran.
        """
        if self.early is not None:
            return self.early
        for kind, word in ((False, "public"), (True, "hidden")):
            if kind not in self.ran and any(kind is hidden for hidden, _ in self.pieces):
                raise GraderFault(f"The {word} part of the test cell {self.name} never ran.")
        points = self._points(right)
        if not math.isfinite(points) or not 0 <= points <= self.most:
            raise GraderFault(f"{self.name} gave {points!r} of {self.most:g} points")
        verdict = verdict_of_points(points, self.most)
        if verdict is Verdict.WRONG and self.calls == len(self.failures) > 0:
            verdict = self.failures[0]
        scored = [one for one in self.context.exams if one.scored is not None]
        lines = [line for one in scored for line in told(one.parts)]
        printed = self.text.getvalue().rstrip("\n")
        if len(printed) > MOST_TEXT:
            printed = f"{printed[:MOST_TEXT]}\n(The rest is left out.)"
        text = "\n".join([printed, *lines]).strip()
        found = Judgement(verdict, points, self.most, text, limits=self.failures)
        found.public = self.held[False]
        found.parts = [part for one in self.context.exams for part in one.parts]
        found.hidden = self.held[True] and not any(part.message for part in found.parts)
        if not self.context.exams:
            found.hidden &= number(self.value) is None or points >= self.most
            return found
        found.named = list(dict.fromkeys(name for one in self.context.exams for name in one.named))
        if found.hidden and any(part.follows for part in found.parts):
            found.verdict = Verdict.FOLLOW_THROUGH
        return found

    def _points(self, right: Collection[str]) -> float:
        """Return the points, of exams those that they earned.

        Without an exam they are the number on which the cell ends, or else all of them unless
        a piece failed. An exam that does not count is the instructor's own mistake, whatever
        the student's code does; only where that ended the test before its score is it none.

        Raises
        ------
        grading.core.errors.GraderFault
            When the cell does not end on what its exams earned, or they hold too many points.
        """
        if not self.context.exams:
            said = number(self.value)
            return (self.most if all(self.held.values()) else 0.0) if said is None else said
        points = self.context.earned(self.value, right)
        if points is None and not self.cut:
            raise unscored(self.name)
        most = math.fsum(part.points for one in self.context.exams for part in one.parts)
        if most > self.most and not math.isclose(most, self.most):
            raise unequal(self.name, most, self.most)
        return min(points or 0.0, self.most)  # which a sum of several can pass by a rounding


def _fill(space: dict[str, Any], values: Mapping[str, Any]) -> None:
    space.clear()
    space.update(values)


_BUILTINS = set(dir(builtins))
