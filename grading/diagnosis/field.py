"""The programs that a result could come from, and of which of them a sentence is true."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from grading.assignment import Misconception, Reference, tested
from grading.comparison import LARGE, prints, same
from grading.core import Function, GraderFault
from grading.diagnosis.bench import Bench, Outcome, places
from grading.mutation import changes, mutants

SATURATED = (0.0, 1.0, -1.0)
ENOUGH = 2  # numbers that tell
BEFORE = frozenset({"an exercise before it"})
Prints = list[Any]
NO_END = [LARGE]  # like nothing else


@dataclass(eq=False)
class Program:
    """A version of an exercise that has been run.

    Attributes
    ----------
    parts : tuple of Misconception
        The known mistakes that it is made of; none of one that is made by machine.
    source : str
    first : list
        What stands for its result in the first case; see `grading.comparison.prints`.
    telling : bool
        Whether its results hold enough by which it can be known: a form of their own, or numbers
        that are neither the right ones nor such as many programs end at.
    bench : Bench
    solution : tuple of str
        The statements of the solution.
    """

    parts: tuple[Misconception, ...]
    source: str
    first: Prints
    telling: bool
    bench: Bench
    solution: Sequence[str]

    @cached_property
    def prints(self) -> Prints:
        """What stands for its results in all cases; most are told apart by the first alone."""
        results = self.bench.outcomes(self.source)
        return NO_END if results is None else prints(results)

    @cached_property
    def where(self) -> frozenset[str]:
        """The statements of the solution that it changes, by their numbers."""
        if not self.source:
            return BEFORE
        other = places(self.source, self.bench.name)
        blocks = difflib.SequenceMatcher(None, self.solution, other, autojunk=False).get_opcodes()
        found = set()
        for tag, start, end, _, _ in blocks:
            if tag == "insert":
                found.add(f"before {start}")
            elif tag != "equal":
                found |= {f"{n}" for n in range(start, end)}
        return frozenset(found)

    def holds(self, one: Misconception, program: Program) -> bool:
        """Say whether the sentence of a known mistake, with its program, is true of this one.

        So it is where the sentence speaks of the result alone, or the mistake is in this program,
        or this one gives the same telling results by a change of the same statements.
        """
        if one.about == "result" or one in self.parts or program.source == self.source:
            return True
        same_place = bool(self.where) and self.where <= program.where
        return self.telling and same_place and not one.cell


class Index:
    """Programs by what they give: thousands are each held against thousands."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._near: dict[Any, list[Program]] = {}
        for program in programs:
            for key in _keys(program.first):
                self._near.setdefault(key, []).append(program)

    def like(self, found: Program) -> list[Program]:
        """Return the programs that give the same, in their order."""
        near = self._near.get(_keys(found.first)[0], [])
        return [one for one in near if alike(one, found)]


def alike(one: Program, other: Program) -> bool:
    """Say whether two programs give the same."""
    return one is other or (same(one.first, other.first) and same(one.prints, other.prints))


class Field:
    """The programs of one exercise, by what they give.

    Parameters
    ----------
    bench : Bench
    solution : str
    wrong : sequence of Misconception
        The known mistakes of the exercise.
    before : sequence of callable
        The solution with a known mistake in an exercise before it, of which it is built.

    Attributes
    ----------
    single, pairs, without, made : list of Program
        With one known mistake, with two, with three or more that each leave something out, and
        made by machine; of each only what public cases can tell from the solution.
    """

    def __init__(
        self,
        bench: Bench,
        solution: str,
        wrong: Sequence[Misconception],
        before: Sequence[Function] = (),
    ) -> None:
        self.bench, self.solution = bench, solution
        self._lines = places(solution, bench.name)
        self._right = bench.outcomes(solution) or []
        self._seen: dict[str, Any] = {}
        self._usual, self._usual_first = prints(self._right), prints(self._right[:1])
        if not self._right:
            raise GraderFault(f"The solution of {bench.name} cannot be run on its public cases.")
        self.single = [found for one in wrong if (found := self.run(one.apply(solution), (one,)))]
        self.pairs = list(self._pairs())
        self.without = list(self._without())
        sources = [mutant.source for mutant in mutants(solution, bench.name)]
        sources += changes(solution, bench.name, bench.kinds(solution))
        self.made = [found for source in sources if (found := self.run(source))]
        self.made += [found for one in before if (found := self._judged(bench.of(one)))]
        self._known = Index([*self.single, *self.pairs, *self.without, *self.made])

    def run(self, source: str, parts: tuple[Misconception, ...] = ()) -> Program | None:
        """Run a version; nothing where it cannot be told from the solution, or never ends."""
        results = self.bench.outcomes(source, 1)
        if not results:
            return None
        first, telling = prints(results), self._telling(results)
        if telling and not same(first, self._usual_first):
            return Program(parts, source, first, telling, self.bench, self._lines)
        results = self.bench.outcomes(source)
        return self._judged(results, source, parts) if results else None

    def like(self, found: Program) -> list[Program]:
        """Return the programs that give the same, in their order: known ones first."""
        return self._known.like(found)

    def shown(self, one: Program) -> bool:
        """Say whether all that each of several mistakes makes wrong alone is wrong in both, too.

        Where one undoes what the other does, the sentence about the other is no longer true.
        """
        alone = [single for single in self.single if single.parts[0] in one.parts]
        places = [self._wrong(program.source) for program in (*alone, one)]
        if any(place is None for place in places):
            return True  # of an error, or of another form, no number can be undone
        return all(not (place & ~places[-1]).any() for place in places)

    def _wrong(self, source: str) -> Any:
        """Return which numbers of the first case are wrong; None where there are other ones."""
        if source not in self._seen:
            made = self.bench.outcomes(source, 1) or [(None, {})]
            pair = (made[0], self._right[0])
            got, want = (np.concatenate([np.zeros(1), *_numbers(one)]) for one in pair)
            other = got.shape != want.shape
            self._seen[source] = None if other else ~np.isclose(got, want, equal_nan=True)
        return self._seen[source]

    def _telling(self, results: list[Outcome]) -> bool:
        telling = 0
        for made, right in zip(results, self._right, strict=False):
            telling += _told_by(made, right) if telling < ENOUGH else 0
        return telling >= ENOUGH

    def _judged(
        self,
        results: list[Outcome],
        source: str = "",
        parts: tuple[Misconception, ...] = (),
    ) -> Program | None:
        found, telling = prints(results), self._telling(results)
        if same(found, self._usual):
            return None
        made = Program(parts, source, prints(results[:1]), telling, self.bench, self._lines)
        made.prints = found
        return made

    def _pairs(self) -> Iterator[Program]:
        """Yield each two known mistakes in one program, where both can be made in it."""
        for pair in itertools.combinations([found.parts[0] for found in self.single], 2):
            if found := self._together(pair):
                yield found

    def _without(self) -> Iterator[Program]:
        """Yield three and more known mistakes in one program that each leave something out."""
        known = [one.parts[0] for one in self.single if one.parts[0].without]
        for size in range(3, len(known) + 1):
            for many in itertools.combinations(known, size):
                if found := self._together(many):
                    yield found

    def _together(self, parts: tuple[Misconception, ...]) -> Program | None:
        if any(part.cell for part in parts):
            return None
        for order in (parts, parts[::-1]):  # the text that one looks for may be gone
            try:
                source = self.solution
                for part in order:
                    source = part.apply(source)
            except GraderFault:
                continue
            if found := self.run(source, parts):
                return found
        return None


def fields_of(
    public: Any,
    reference: Reference,
    cells: Sequence[Sequence[Any]],
    wrong: Sequence[Misconception],
) -> dict[str, Field]:
    """Return the field of each exercise that has public cases.

    Parameters
    ----------
    public : module
        The lesson's ``public_tests``; where it has ``probes``, their arguments count as well.
    reference : Reference
    cells : sequence of [grade id, source, is solution]
    wrong : sequence of Misconception
    """
    solutions = {name: source for name, source, is_solution in cells if is_solution}
    found = {}
    for name in tested(public, reference):
        given = [arguments for _, arguments, _ in public.cases(name)]
        given += public.probes(name) if hasattr(public, "probes") else []
        before = [one.function for one in reference.candidates.get(name, []) if one.of != name]
        own = [one for one in wrong if one.function == name]
        bench = Bench(name, reference.namespace, given)
        found[name] = Field(bench, solutions[name], own, before)
    return found


def _keys(found: Prints) -> list[Any]:
    """Return by what a program is found: numbers apart by a rounding lie beside each other."""
    form, first = found[:2]
    step = 10.0 ** (np.ceil(np.log10(max(1.0, abs(first)))) - 4)
    place = round(first / step)
    return [(form, float(step), place + shift) for shift in (0, -1, 1)]


def _told_by(made: Outcome, right: Outcome) -> int:
    """Count what of a call tells of a program: a form of its own is enough.

    Otherwise it is numbers that are neither right nor such as many programs end at.
    """
    if made[0] is None or isinstance(made[0], BaseException):
        return 0
    got, want = (np.concatenate([np.zeros(1), *_numbers(one)]) for one in (made, right))
    if got.shape != want.shape or prints([made])[0] != prints([right])[0]:
        return ENOUGH
    moved = ~np.isclose(got, want, equal_nan=True)
    return int((moved & ~np.isin(got, SATURATED) & np.isfinite(got)).sum())


def _numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        yield value.astype(float).ravel()
    elif isinstance(value, (int, float, np.number)):
        yield np.array([float(value)])
    elif isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _numbers(item)
