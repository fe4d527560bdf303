"""The figures of a class report: what to teach next, and which tests are worth a look.

Everything here counts what `grading.store.cohort` has read; `grading.report.page` shows it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grading import comparison
from grading.core import Part, Verdict
from grading.store import Answer, Class

FEWEST = 10  # answers; with fewer a correlation says nothing
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Distribution:
    """How the marks of a class are spread, with the highest that there are."""

    totals: Sequence[float]
    most: float

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The marks below which are a quarter, half and three quarters of the class."""
        low, middle, high = np.quantile(self.totals, [0.25, 0.5, 0.75])
        return float(low), float(middle), float(high)

    @property
    def mean(self) -> float:
        """The mean mark."""
        return float(np.mean(self.totals))

    def bins(self) -> list[tuple[float, float, int]]:
        """Return steps of marks, each with how many students are in it.

        A step holds its lower end and not its upper one, so full marks have one of their own.
        """
        width = max(1.0, math.ceil(self.most / 20))
        edges = np.arange(0.0, max(self.most, *self.totals) + 1.5 * width, width)
        counts, _ = np.histogram(self.totals, edges)
        ends = zip(edges[:-1], edges[1:], counts, strict=True)
        return [(float(low), float(high), int(count)) for low, high, count in ends]


def distribution(known: Class) -> Distribution | None:
    """Return how the marks are spread; nothing if there is none."""
    totals = [member.total for member in known.handed_in if member.total is not None]
    return Distribution(totals, known.most) if totals else None


def verdicts(known: Class) -> dict[str, dict[Verdict, int]]:
    """Return how often each verdict was given, by exercise, in the order of the list."""
    found = {}
    for exercise in known.exercises:
        counts = Counter(member.answers[exercise].verdict for member in known.handed_in)
        found[exercise] = {verdict: counts[verdict] for verdict in Verdict if counts[verdict]}
    return found


# --- what to teach ----------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """Something that several students got wrong in the same way.

    Attributes
    ----------
    exercise : str
    name : str
        The misconception, or the part of the test that found it.
    says : str
        What a teacher would say; or what the test said.
    students : tuple of str
    """

    exercise: str
    name: str
    says: str
    students: tuple[str, ...]


def misconceptions(known: Class) -> list[Mistake]:
    """Return the known misconceptions of this class, the most frequent first."""
    # What is a fact of one answer can be a possibility of another: it is one mistake all the same.
    says: dict[str, str] = {}
    for member in known.handed_in:
        for answer in member.answers.values():
            for name, text in answer.named:
                says[name] = says.get(name) or comparison.bare(text)
    return _ranked(known, lambda answer: [(name, says[name]) for name, _ in answer.named])


def others(known: Class) -> list[Mistake]:
    """Return what the tests said of answers that match no misconception, likewise.

    Of each answer the first part that it lost: what is wrong there often costs the later
    ones too.
    """
    return _ranked(
        known,
        lambda answer: [
            (part.name, part.message)
            for part in [part for part in answer.lost if part.message][:1]
            if not answer.named and answer.verdict != Verdict.NOT_ATTEMPTED
        ],
    )


def _ranked(known: Class, look: Callable[[Answer], Sequence[tuple[str, str]]]) -> list[Mistake]:
    students = defaultdict(list)
    for member in known.handed_in:
        for exercise, answer in member.answers.items():
            for name, says in dict.fromkeys(look(answer)):
                students[exercise, name, says].append(member.student)
    order = list(known.exercises)
    found = [Mistake(*key, tuple(who)) for key, who in students.items()]
    return sorted(found, key=lambda one: (-len(one.students), order.index(one.exercise), one.name))


def unwarned(known: Class) -> dict[str, int]:
    """Return, by exercise, how many lost points although the public test held."""
    return {
        exercise: sum(bool(a.public and a.lost) for a in _answers(known, exercise))
        for exercise in known.exercises
    }


# --- which tests are worth a look -------------------------------------------------------


@dataclass(frozen=True)
class Correlation:
    """A correlation, with the ends of its interval of 95 percent."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Item:
    """An exercise, or one part of it, as a question that was put to a class.

    Attributes
    ----------
    exercise : str
    part : str
        Empty for the exercise as a whole.
    points : float
        Its highest points.
    answers : int
        How many students count.
    share : float
        The mean share of its points: the item's difficulty, 1 for the easiest.
    lost : int
        How many did not get all of it.
    tells : Correlation or None
        Its discrimination: whether who gets it does well elsewhere too.
    """

    exercise: str
    part: str
    points: float
    answers: int
    share: float
    lost: int
    tells: Correlation | None

    @property
    def says(self) -> str:
        """What an instructor should make of it."""
        if self.answers < FEWEST:
            return f"Fewer than {FEWEST} answers: too few to say anything."
        if not self.lost:
            return "Nobody loses it, so it tells you nothing about this class."
        if self.share == 0:
            return "Nobody earns any of it. Is the test right, and is what it asks in the lesson?"
        if self.tells is None:
            return ""
        if self.tells.value < 0:
            chance = " Of so few answers, that may be chance." * (self.tells.high > 0)
            return (
                "Students who are strong elsewhere lose it more often than weak ones. "
                f"Look at the test and at the wording.{chance}"
            )
        # The steps are those of Ebel and Frisbie (1991), Essentials of Educational
        # Measurement, 5th edition, made for exams of many questions.
        if self.tells.value < 0.2:
            return "Hardly tells strong students from weak ones."
        well = " well" * (self.tells.value >= 0.4)
        return f"Tells strong students from weak ones{well}."

    @property
    def is_odd(self) -> bool:
        """Whether it is worth a look before the next class meets it."""
        wrong = self.share == 0 or (self.tells is not None and self.tells.value < 0)
        return self.answers >= FEWEST and (wrong or not self.lost)


def items(known: Class) -> list[Item]:
    """Return every exercise, each followed by its parts.

    An exercise counts with the points in the gradebook, a part with what its test found. A
    part is held against all other parts of the assignment, an exercise against the other
    exercises. Whoever handed in nothing that could be graded is left out; an exercise that
    was not attempted counts as lost.
    """
    students = known.judged
    points: dict[tuple[str, str], tuple[float, Vector]] = {}
    for exercise, most in known.exercises.items():
        answers = [member.answers[exercise] for member in students]
        points[exercise, ""] = most, np.array([a.points or 0.0 for a in answers])
        for part in _parts(answers):
            points[exercise, part.name] = part.points, np.array([_earned(a, part) for a in answers])
    found = []
    for (exercise, name), (most, earned) in points.items():
        rest = [other for key, (_, other) in points.items() if bool(key[1]) == bool(name)]
        tells = correlation(earned, np.sum(rest, axis=0) - earned) if len(rest) > 1 else None
        share = float(np.mean(earned) / most) if len(students) and most else 0.0
        lost = int(np.sum(earned < most))
        found.append(Item(exercise, name, most, len(students), share, lost, tells))
    return found


def correlation(item: Vector, rest: Vector) -> Correlation | None:
    """Return how an item goes with the rest of the test; nothing where that says nothing.

    The corrected item-total correlation: Pearson's, of the item with the total without it,
    as the item would else be correlated with itself (Henrysson 1963, "Correction of
    item-total correlations in item analysis", Psychometrika 28, 211-218). The interval is
    Fisher's, by ``arctanh(r) ± 1.96 / sqrt(n - 3)`` (Fisher 1921, "On the 'probable error'
    of a coefficient of correlation", Metron 1, 3-32); with marks of few steps it is rough.
    """
    if len(item) < FEWEST or min(np.ptp(item), np.ptp(rest)) < 1e-9:
        return None
    value = float(np.clip(np.corrcoef(item, rest)[0, 1], -1.0, 1.0))
    middle, width = np.arctanh(np.clip(value, -0.9999, 0.9999)), 1.96 / math.sqrt(len(item) - 3)
    return Correlation(value, float(np.tanh(middle - width)), float(np.tanh(middle + width)))


def _answers(known: Class, exercise: str) -> list[Answer]:
    return [member.answers[exercise] for member in known.handed_in]


def _parts(answers: Sequence[Answer]) -> list[Part]:
    """Return the parts of an exercise: those that most answers were judged by."""
    kinds = Counter(tuple((p.name, p.points) for p in answer.parts) for answer in answers)
    kinds.pop((), None)
    return [Part(*kind) for kind in max(kinds, key=kinds.__getitem__, default=())]


def _earned(answer: Answer, part: Part) -> float:
    return math.fsum(p.earned for p in answer.parts if p.name == part.name)
