"""The hidden part of a test cell: named parts, each with its points.

A test cell of ``source/`` uses it between the hidden test markers::

    from grading.exam import Exam

    exam = Exam(rnn_cell_forward, returns="a_next yt_pred cache")
    with exam.part("values of a_next", 4):
        exam.compare(rnn_cell_arguments(exam.rng, 3, 5, 2, 7), "a_next")
    with exam.part("arguments untouched", 1):
        exam.untouched(rnn_cell_arguments(exam.rng, 3, 5, 2, 7))
    exam.score()

The cell has to end on what its exams earned, so ``exam.score()`` is its last line (``one.score() +
two.score()`` where there are two): where it ends on anything else, its parts would count for
nothing, and that is a grader fault.

An exercise that is built of an earlier one names it: ``Exam(rnn_forward, returns="a y_pred
caches", uses=rnn_cell_forward)``, and of several all of them: ``uses=(clip_by_norm, adam_step)``;
see `grading.exam.follow_through`.

In the source notebook the function is compared with itself, which shows that the test
runs. In the grader it is compared with the reference.
"""

from __future__ import annotations

import contextlib
import functools
import math
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from grading import comparison
from grading.core import Candidate, GraderFault, Part
from grading.exam.context import present, told
from grading.exam.follow_through import Follower, Theirs
from grading.exam.matching import Call, again, alike, copied, named

Arguments = Mapping[str, Any]


class Exam:
    """Compare a function with its reference, part by part.

    Parameters
    ----------
    target : callable
        The student's function.
    returns : str
        Names of the values that it returns, separated by spaces: of a tuple in order, of a
        dict its keys; of a single number the name by which to speak of it.
    uses : callable, or sequence of callable
        The student's functions that it is built of, if there are any.
    axes : mapping of int to sequence of str, optional
        What the axes of its arrays are called, by their number: ``{3: ("unit", "example", "time
        step")}``. A message then speaks of the first time step, and otherwise of ``[:, :, 0]``.

    Attributes
    ----------
    rng : numpy.random.Generator
        Source of the hidden inputs: the recorded seed and the function's name fix it.
    parts : list of Part
    scored : float
        What `score` returned; nothing until it is called, and again behind a further part.
    named : list of Candidate
        The misconceptions that the answer agrees with; known when `score` has been called.
    """

    def __init__(
        self,
        target: Callable[..., Any],
        returns: str,
        uses: Callable[..., Any] | Sequence[Callable[..., Any]] = (),
        axes: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        self.target = target
        self.name = comparison.name_of(target)
        self.returns = returns.split()
        self._axes = axes
        self._context = present()
        self._seed = [self._context.rules.seed, zlib.crc32(self.name.encode())]
        self.rng = np.random.default_rng(self._seed)
        self.parts: list[Part] = []
        self.scored: float | None = None
        self._uses = tuple(uses) if isinstance(uses, (tuple, list)) else (uses,)
        self._wrong: set[str] = set()  # values already charged for
        self._calls: list[Call] = []
        self.named: list[Candidate] = []
        self._context.exams.append(self)

    @functools.cached_property
    def _reference(self) -> Callable[..., Any]:
        """What the function is compared with: asked for when something is."""
        return self._context.reference(self.name) or self.target

    @functools.cached_property
    def _follower(self) -> Follower | None:
        uses, target, reference = self._uses, self.target, self._reference
        theirs = [one for one in uses if isinstance(one, Theirs)]
        if not theirs or len(theirs) < len(uses) or not isinstance(target, Theirs):
            return None
        known = getattr(reference, "__globals__", {})
        if not all(comparison.name_of(one) in known for one in theirs):
            return None
        return Follower(reference, target, theirs, [*self._seed, 1])

    @contextlib.contextmanager
    def part(self, name: str, points: float) -> Iterator[None]:
        """Give ``points`` when the block ends without a mismatch or a student's error."""
        part = Part(name, float(points))
        self.parts.append(part)
        try:
            yield
        except AssertionError as wrong:  # its text may hold what the student's code chose
            self._charge(part, getattr(wrong, "brief", "the check does not hold"))
        else:
            part.earned = part.points * (
                self._context.rules.follow_through if part.follows else 1.0
            )
        finally:
            self.scored = None

    def _charge(self, part: Part, why: str) -> None:
        """Take the points of a part, and say why.

        That is said in full of the first part of an exam. Often it costs the later ones too; and
        each way in which they could be wrong would tell more of the inputs.
        """
        told_already = any(one.message for one in self.parts)
        part.follows, part.earned = False, 0.0
        part.message = "not right either" if told_already else why

    def compare(self, given: Arguments, *names: str) -> None:
        """Compare what the function returns for ``given`` with the reference.

        A mistake costs once: a value that an earlier comparison found wrong is left out
        of the later ones, as long as another value remains to be compared. A cache that
        is right does not make up for arrays that are all wrong.

        Parameters
        ----------
        given : mapping
            Arguments by name and in order. Both sides get their own copy.
        *names : str
            Which of the returned values to compare; all of them by default.

        Raises
        ------
        comparison.Mismatch
            At the first difference, or when the function raised.
        GraderFault
            When the reference raised.
        """
        self._hold(given, names)

    def untouched(self, given: Arguments, *names: str) -> None:
        """Compare, then check that the arguments are as before and a second call agrees."""
        self._hold(given, names, untouched=True)
        self._hold(given, names, " in a second call")

    def kept(self, given: Arguments) -> None:
        """Check that a call leaves its arguments as they were, whatever comes of it.

        For inputs whose results another part compares: a mistake there costs once.
        """
        made = Call(copied(dict(given)), copied(dict(given)))
        with contextlib.suppress(comparison.Mismatch):
            self._answer(made)
        if exactly(made.used, made.given):
            return
        want = self._follower.call(made, self._calls[0]) if self._follower else None
        if want is None or not self._left_alike(made, want):
            comparison.compare_unchanged(self.target, made.used, made.given)
        self.parts[-1].follows = True

    def once(self, given: Arguments, steps: int) -> None:
        """Check that the function calls the one that it is built of at most once for each step.

        Of several it is the first.
        """
        uses, given = self._uses[0], copied(dict(given))
        name = comparison.name_of(uses)
        try:
            if isinstance(self.target, Theirs):
                times = self.target.calls(name, *given.values())
            else:
                times = comparison.calls_of(uses, self.target, given)
        except GraderFault:
            raise
        except Exception:  # what becomes of it is for another part to say
            return
        comparison.check_once(self.target, name, times, steps)

    def _left_alike(self, made: Call, want: Call) -> bool:
        """Say whether a call left its arguments as another one did.

        What the other leaves alone has to be left alone to the last bit.
        """
        if exactly(want.used, want.given):
            return exactly(made.used, made.given)
        return alike(dict(made.used), dict(want.used))

    def _hold(
        self, given: Arguments, names: tuple[str, ...], when: str = "", *, untouched: bool = False
    ) -> None:
        """Raise unless a call gives what it should, or what follows from the student's own."""
        made = Call(copied(dict(given)), copied(dict(given)))  # the test may go on to change it
        want = again(self._reference, made).result
        if isinstance(want, Exception):
            raise GraderFault(f"The reference of {self.name} raised {want!r}.")
        form = type(want) if isinstance(want, (tuple, dict)) else float
        try:
            values = comparison.named_values(self._reference, want, self.returns, form)
        except comparison.Mismatch as wrong:
            raise GraderFault(f"Exam(..., returns=...) does not fit: {wrong}") from wrong
        self._answer(made)
        answers = comparison.named_values(self.target, made.result, self.returns, form)
        asked = names or self.returns
        left = [name for name in asked if name not in self._wrong]
        arrays = {name for name in asked if isinstance(values[name], np.ndarray)}
        if not left or (arrays and arrays.isdisjoint(left)):
            raise comparison.Mismatch("every value that this part looks at is wrong already")
        try:
            for name in left:
                self._same(name, answers[name], values, when)
            if untouched:
                comparison.compare_unchanged(self.target, made.used, made.given)
        except comparison.Mismatch as wrong:
            if self._follows(made, answers, left, form, untouched=untouched):
                self.parts[-1].follows = True
                return
            if form is not float:  # of a single number, each part says for itself
                self._wrong.add(wrong.value)
            raise

    def _answer(self, made: Call) -> None:
        """Call the student's function; keep what came of it.

        Raises
        ------
        comparison.Mismatch
            When it raised.
        GraderFault
            When there was no calling it.
        """
        try:
            made.result = comparison.call(self.target, made.used)
        except comparison.Mismatch as wrong:
            if isinstance(wrong.__cause__, GraderFault):
                raise wrong.__cause__ from None
            made.result = wrong.__cause__
            raise
        finally:
            self._calls.append(made)

    def _same(self, name: str, got: Any, values: dict[str, Any], when: str) -> None:
        try:
            comparison.compare_one(name, got, values, when, self._axes)
        except comparison.Mismatch as wrong:
            wrong.value = name
            raise

    def _follows(
        self, made: Call, answers: dict[str, Any], left: list[str], form: type, *, untouched: bool
    ) -> bool:
        want = self._follower.call(made, self._calls[0]) if self._follower else None
        if want is None:
            return False
        try:
            values = comparison.named_values(self._reference, want.result, self.returns, form)
        except comparison.Mismatch:
            return False
        right = all(alike(answers[name], values[name]) for name in left)
        return right and (not untouched or self._left_alike(made, want))

    def score(self) -> float:
        """Return the points, a finite number. In a source notebook print a line per part."""
        if not self._context.graded:
            print(*told(self.parts), sep="\n")
        known = any(part.message for part in self.parts) and self._context.candidates.get(self.name)
        if known:
            self.named = named(self._calls, self._reference, known)
        total = math.fsum(part.earned for part in self.parts)
        if not math.isfinite(total) or total < 0:
            raise GraderFault(f"The parts of {self.name} add up to {total}.")
        self.scored = total
        return total

    def settle(self, right: Collection[str]) -> None:
        """Take back what was given for what follows, if nothing does; then score again.

        Parameters
        ----------
        right : collection of str
            The exercises before this one that are right as a whole.
        """
        following = [part for part in self.parts if part.follows]
        if not following or self._follower is None or self.scored is None:
            return
        why = self._follower.doubt(right)
        if why:
            for part in following:
                self._charge(part, why)
            self.score()


def exactly(used: Arguments, given: Arguments) -> bool:
    """Say whether a call left its arguments as they were."""
    try:
        comparison.compare_unchanged(exactly, used, given)
    except comparison.Mismatch:
        return False
    return True
