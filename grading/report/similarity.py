"""Hand-ins that are alike in what few others write: a hint, and never a verdict.

Short functions are alike by nature. So what counts is not how much two hand-ins share, but
how much of what is *unusual* in them. As in Moss, a passage that more than ten hold is
nobody's own (Schleimer, Wilkerson and Aiken 2003, "Winnowing: local algorithms for document
fingerprinting", SIGMOD, 76-85), and neither is the text that was handed out. A hand-in of
which then too little is left is ordinary, and is compared with no other.

All exercises are taken together, since choices that two students happen to share in one
exercise they rarely share in the next. Names count: without them short functions have too
few choices to tell one student from another, and in a class of a hundred a comparison
brought more pairs by coincidence than copies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, String, Text

# How many may hold an unusual passage. Moss's number; in a small class a third of it.
MOST_HOLDERS = 10
LONGEST = 20_000  # characters of an answer; one in the lessons has under two thousand
# Chosen on other classes than docs/instructor.md has the figures of (`benchmarks.likeness`). With
# 100 and 0.8 a class of 1000 had ten pairs by coincidence, to thirty copies.
LENGTH = 30  # characters of a passage
LEAST = 200  # characters in unusual passages that a hand-in needs to be compared at all
SHARE = 0.9  # of them that has to be in the other hand-in, for both


@dataclass(frozen=True)
class Pair:
    """Two hand-ins that are alike in what is unusual in them.

    Attributes
    ----------
    one, other : str
        The students.
    share : float
        The share of its unusual passages that the other has too; of both the smaller one.
    """

    one: str
    other: str
    share: float


@dataclass(frozen=True)
class Alike:
    """What comparing a class has brought.

    Attributes
    ----------
    compared : int
        Hand-ins.
    ordinary : int
        Those that have too little that is unusual: of them nothing can be said.
    usual : dict of str to (int, int)
        By exercise, how many answers there are, and how many hold nothing unusual.
    pairs : list of Pair
        The most alike first.
    """

    compared: int
    ordinary: int
    usual: dict[str, tuple[int, int]]
    pairs: list[Pair]


def alike(answers: Mapping[str, Mapping[str, str]], blanks: Mapping[str, str]) -> Alike:
    """Compare the hand-ins of a class.

    Parameters
    ----------
    answers : mapping of str to mapping
        Student to exercise to code.
    blanks : mapping of str to str
        Exercise to what was handed out.
    """
    own = {
        student: {exercise: plain(code) for exercise, code in sorted(codes.items())}
        for student, codes in sorted(answers.items())
    }
    given = [plain(blank) for blank in blanks.values()]
    whole = Unusual({student: " ".join(codes.values()) for student, codes in own.items()}, given)
    usual = {}
    for exercise in blanks:
        texts = {student: codes[exercise] for student, codes in own.items() if exercise in codes}
        usual[exercise] = len(texts), Unusual(texts, given).with_less_than(1)
    order = sorted(whole.pairs(), key=lambda pair: (-pair.share, pair.one, pair.other))
    return Alike(len(own), whole.with_less_than(LEAST), usual, order)


def plain(code: str) -> str:
    """Return code without comments, docstrings, and how it is laid out."""
    tokens = PythonLexer().get_tokens(code[:LONGEST])
    dropped = (Comment, Text, String.Doc)
    return " ".join(
        text for kind, text in tokens if text.strip() and not any(kind in one for one in dropped)
    )


@dataclass(frozen=True)
class _Own:
    """What is unusual in a text.

    Attributes
    ----------
    students : list of str
        Whose text it is: of texts that are the same, one stands for all.
    places : dict of str to list of int
        Its unusual passages, and where they begin.
    size : int
        Characters in them.
    """

    students: list[str]
    places: dict[str, list[int]]
    size: int

    def share(self, passages: Iterable[str]) -> float:
        """Return the share of what is unusual here that is in some of its passages."""
        return _size(place for passage in passages for place in self.places[passage]) / self.size


class Unusual:
    """What is unusual in each text of a class.

    Parameters
    ----------
    texts : mapping of str to str
        By student.
    given : iterable of str
        What was handed out, and is nobody's.
    """

    def __init__(self, texts: Mapping[str, str], given: Iterable[str]) -> None:
        students = defaultdict(list)
        for student, text in texts.items():
            students[text].append(student)
        holders: Counter[str] = Counter()
        for text, who in students.items():
            holders.update(dict.fromkeys(_passages(text), len(who)))
        most = min(MOST_HOLDERS, max(2, len(texts) // 3))
        common = {passage for passage, count in holders.items() if count > most}
        common.update(*map(_passages, given))
        self._owns = []
        for text, who in students.items():
            places = defaultdict(list)
            for place, passage in enumerate(_passages(text)):
                if passage not in common:
                    places[passage].append(place)
            size = _size(place for found in places.values() for place in found)
            self._owns.append(_Own(who, dict(places), size))

    def with_less_than(self, least: int) -> int:
        """Return how many have so little that is unusual."""
        return sum(len(own.students) for own in self._owns if own.size < least)

    def pairs(self) -> list[Pair]:
        """Return who is alike.

        Of those with the same text the first stands for all. Only texts that hold the same
        unusual passage are compared: for each passage these are ten at most.
        """
        found = []
        where = defaultdict(list)
        for own in self._owns:
            if own.size >= LEAST:
                found += [Pair(own.students[0], other, 1.0) for other in own.students[1:]]
                for passage in own.places:
                    where[passage].append(own.students[0])
        first = {own.students[0]: own for own in self._owns}
        for two in {pair for holders in where.values() for pair in combinations(holders, 2)}:
            one, other = (first[student] for student in two)
            both = one.places.keys() & other.places.keys()
            share = min(one.share(both), other.share(both))
            if share >= SHARE:
                found.append(Pair(min(two), max(two), share))
        return found


def _passages(text: str) -> list[str]:
    return [text[place : place + LENGTH] for place in range(len(text) - LENGTH + 1)]


def _size(places: Iterable[int]) -> int:
    """Return how many characters are in the passages that begin at some places."""
    size, end = 0, 0
    for place in sorted(places):
        size += place + LENGTH - max(place, end)
        end = place + LENGTH
    return size
