"""What the papers of a lesson tell about its tests: to mend, scores, the page and the lines."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jinja2
from nbclient.exceptions import CellExecutionError
from rich.console import Console
from rich.markup import escape

from grading.core import Verdict
from grading.exam import unequal
from grading.preflight.diagnoses import Told, complaints_of
from grading.preflight.papers import Lab, Outcome, Paper

LAPTOP_SECONDS = 30.0  # that the finished notebook may take where a student runs it


@dataclass
class Score:
    """What became of the papers of one exercise."""

    points: float = 0.0  # that the solution earns, at the least
    blank: float = 0.0  # that the blank earns
    most: float = 0.0
    right: int = 0  # right answers, the solution with each seed among them
    accused: int = 0  # of those, the ones in which a misconception is named
    wrong: int = 0  # answers that hold a misconception
    named: int = 0  # of those, the ones that lose points and in which it is named
    mutants: int = 0
    caught: int = 0  # those that the hidden parts catch
    public: int = 0  # those that the public test catches
    survivors: list[Paper] = field(default_factory=list)
    quiet: list[Paper] = field(default_factory=list)  # caught, but by no public test
    equivalent: list[tuple[Paper, str]] = field(default_factory=list)  # with the reason

    def share(self, caught: int) -> str:
        """Return how many mutants are caught, in words."""
        return f"{caught} ({caught / self.mutants:.0%})" if self.mutants else "none"


class Findings:
    """What became of the papers of a lesson, and what that says about it.

    Parameters
    ----------
    assignment : str
    lab : Lab
    found : list of Outcome
    form : list of str
        What is wrong with the form of the lesson.
    diagnoses : dict of str to Told
        What is said of the known mistakes of each exercise.
    """

    def __init__(
        self,
        assignment: str,
        lab: Lab,
        found: list[Outcome],
        form: list[str],
        diagnoses: dict[str, Told],
    ) -> None:
        self.assignment, self.lab, self.found = assignment, lab, found
        self.diagnoses = diagnoses
        self.times = (0.0, 0.0)
        # Many papers can say the same.
        self.complaints = list(
            dict.fromkeys([*form, *complaints_of(diagnoses), *self._complaints(), *self._slow()])
        )

    @property
    def holes(self) -> int:
        """How many things there are to mend."""
        return len(self.complaints) + sum(len(score.survivors) for score in self.scores.values())

    def _slow(self) -> Iterator[str]:
        try:
            self.times = self.lab.run()
        except CellExecutionError as error:
            yield f"The finished notebook stops in a kernel: {error.ename}: {error.evalue}"
        if self.times[0] > LAPTOP_SECONDS:
            yield (
                f"The finished notebook takes {self.times[0]:.0f} s of one processor in a kernel: "
                f"more than {LAPTOP_SECONDS:g} are too long for a student's machine."
            )
        elif self.times[1] > LAPTOP_SECONDS:  # it waits, or the machine does much else
            yield (
                f"A cell of the finished notebook takes {self.times[1]:.0f} s by the clock: "
                f"more than {LAPTOP_SECONDS:g} are too long to sit before."
            )

    @cached_property
    def scores(self) -> dict[str, Score]:
        """Count what became of the papers of each exercise."""
        scores = {name: Score() for name in self.lab.exercises}
        for result in self.found:
            kind, score = result.paper.kind, scores.setdefault(result.paper.exercise, Score())
            earned = result.record.points
            if kind == "solution":
                score.points = min(earned, score.points) if score.most else earned
                score.most = result.record.most
            if kind in ("solution", "right"):
                score.right += 1
                score.accused += bool(result.named)
            elif kind == "blank":
                score.blank = earned
            elif kind == "misconception":
                score.wrong += 1
                score.named += not result.full and result.paper.name in result.named
            else:
                self._count(score, result)
        return scores

    def _count(self, score: Score, mutant: Outcome) -> None:
        reason = self._same.get((mutant.paper.exercise, _meaning(mutant.paper.cell)))
        if reason is not None:
            score.equivalent.append((mutant.paper, reason))
            return
        score.mutants += 1
        score.caught += not mutant.hidden
        score.public += not mutant.public
        if mutant.full:
            score.survivors.append(mutant.paper)
        elif mutant.public:
            score.quiet.append(mutant.paper)

    @cached_property
    def _same(self) -> dict[tuple[str, str], str]:
        """The answers that are listed as right, with the reasons."""
        return {
            (one.function, _meaning(one.apply(self.lab.exercises[one.function]))): one.says
            for one in self.lab.right
        }

    def _complaints(self) -> Iterator[str]:
        yield from self._holding()
        yield from self._with_seeds()
        for result in self.found:
            paper, verdict = result.paper, result.record.verdict
            where = f"{paper.exercise}: {paper.kind} ({paper.name})"
            if paper.kind == "right" and not (result.full and result.public):
                yield f"{where} is {verdict.value}; lost: {_lost(result)}"
            if paper.kind == "right" and result.named:
                yield f"{where} is accused: {', '.join(result.named)}"
            blank = paper.kind == "blank" and paper.exercise in self.lab.exercises
            if blank and verdict is not Verdict.NOT_ATTEMPTED:
                yield f"{where} is {verdict.value}"
        yield from self._otherwise()
        yield from self._unstable()

    def _holding(self) -> Iterator[str]:
        """Yield where parts do not hold the points of their cell, or catch nothing."""
        solved = {r.paper.exercise: r for r in self.found if r.paper.kind == "solution"}
        for name, result in solved.items():
            most, score = result.record.most, self.scores[name]
            if not math.isclose(result.reach, most):
                yield str(unequal(f"test_{name}", result.reach, most))
            if score.mutants and not score.caught:
                yield f"{name}: its hidden parts catch none of {score.mutants} mutants"
            if self.lab.depth.every > 1:
                continue  # a mutant that is left out may lose what no other one does
            wrong = [
                one
                for one in self.found
                if one.paper.exercise == name
                and one.paper.kind in ("misconception", "mutant")
                and not one.full
            ]
            for part in [part.name for part in result.record.parts]:
                if wrong and not any(part in one.lost for one in wrong):
                    yield f"{name}: no wrong answer loses the hidden part {part}"

    def _with_seeds(self) -> Iterator[str]:
        """Yield what is wrong with papers that are graded with several seeds, once for all."""
        seeds: dict[tuple[str, str, int], list[int]] = {}
        for result in self.found:
            paper = result.paper
            whose = f"{paper.exercise}: {paper.kind} ("
            if paper.kind == "solution" and not (result.full and result.public):
                said = f") is {result.record.verdict.value}; lost: {_lost(result)}"
                seeds.setdefault((whose, said, self.lab.depth.seeds), []).append(paper.seed)
            elif paper.kind == "misconception" and (result.full or paper.name not in result.named):
                what = "earns full marks" if result.full else "is not named"
                said = f"{whose}{paper.name}) {what} with "
                seeds.setdefault((said, "", self.lab.depth.few), []).append(paper.seed)
        for (start, end, of), many in seeds.items():
            yield f"{start}{_of(many, of)}{end}"

    def _otherwise(self) -> Iterator[str]:
        """Yield where a misconception does not become or cost what its list says."""
        listed = {(one.function, one.name): one for one in self.lab.wrong}
        for result in self.found:
            paper, record = result.paper, result.record
            if paper.kind != "misconception" or paper.seed or result.full:
                continue
            one = listed[paper.exercise, paper.name]
            where = f"{paper.exercise}: {paper.name!r}"
            if record.verdict.value != one.becomes:
                yield f"{where} is {record.verdict.value}; by the list it is {one.becomes}"
            if not one.costs(record.points, result.lost):
                lost, earned = ", ".join(result.lost), f"{record.points:g}"
                yield f"{where} earns {earned} and loses {lost}; by the list {one.loses}"

    def _unstable(self) -> Iterator[str]:
        lost: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for result in self.found:
            if result.paper.kind == "misconception":
                key = result.paper.exercise, result.paper.name
                lost.setdefault(key, set()).add(tuple(result.lost))
        for (exercise, name), many in lost.items():
            if len(many) > 1:
                yield f"{exercise}: what {name!r} costs depends on the seed: {sorted(many)}"

    def page(self, seconds: float) -> str:
        """Return the page about the assignment, complete in itself."""
        places = jinja2.Environment(
            loader=jinja2.PackageLoader("grading.preflight"), autoescape=True, trim_blocks=True
        )
        return places.get_template("preflight.html.j2").render(
            it=self,
            seeds=self.lab.depth.seeds,
            papers=len({result.paper for result in self.found}),
            seconds=seconds,
            wrong=[r for r in self.found if r.paper.kind == "misconception" and r.paper.seed == 0],
        )

    def show(self, page: Any) -> None:
        """Print what matters, and where the page is."""
        console = Console()
        quick = ", of a quick look" if self.lab.depth.every > 1 else ""
        console.print(f"[bold]{self.assignment}[/]: {page} has the details{quick}")
        for name, score in self.scores.items():
            console.print(
                f"  {name}: hidden parts catch {score.share(score.caught)} of {score.mutants} "
                f"mutants, the public test {score.share(score.public)}; "
                f"{len(score.equivalent)} are equivalent; {score.named} of {score.wrong} wrong "
                f"answers are named rightly, {score.accused} of {score.right} right ones accused"
            )
            if name in self.diagnoses:
                console.print(f"    {self.diagnoses[name].line()}")
            for paper in score.survivors:
                console.print(f"  [red]survives[/]: {escape(paper.name)}\n{escape(paper.diff)}")
        if self.times[0]:
            console.print(
                "  The finished notebook runs in {:.1f} s, a cell in {:.1f} s at most.".format(
                    *self.times
                )
            )
        for text in self.complaints:
            console.print(f"  [red]to mend[/]: {escape(text)}")


def _lost(result: Outcome) -> str:
    return ", ".join(result.lost) or "public tests"


def _of(seeds: list[int], of: int) -> str:
    """Return with which seeds something is so, in words."""
    if len(seeds) == of:
        return "every seed"
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _meaning(source: str) -> str:
    """Return a form of code in which comments, layout and docstrings do not count."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
