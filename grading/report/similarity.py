"""Hand-ins that are alike in what few others write: a hint, and never a verdict.

Short functions are alike by nature. So what counts is not how much two hand-ins share, but
how much of what is *unusual* in them. As in Moss, a passage that more than ten hold is
nobody's own (Schleimer, Wilkerson and Aiken 2003, "Winnowing: local algorithms for document
fingerprinting", SIGMOD, 76-85), and neither is the text that was handed out. A hand-in of
which then too little is left is ordinary, and is compared with no other.

Passages are found and compared by copydetect, twice: with the names that a student chose,
and without them. All exercises are taken together, since choices that two students happen
to share in one exercise they rarely share in the next.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, String, Text

if TYPE_CHECKING:
    from copydetect import CodeFingerprint

# How many may hold an unusual passage. Moss's number; in a small class a third of it.
MOST_HOLDERS = 10
LONGEST = 20_000  # characters of an answer; one in the lessons has under two thousand


@dataclass(frozen=True)
class Way:
    """A way to compare.

    Attributes
    ----------
    names : bool
        Whether names count.
    length : int
        Characters of a passage.
    least : int
        Characters in unusual passages that a hand-in needs to be compared at all.
    share : float
        The share of them that has to be in the other hand-in, for both.
    """

    names: bool
    length: int
    least: int
    share: float


# Measured on four classes each of `tests.support.honest_class`, a tenth of which are copies,
# half of these with all names and comments changed. Found, and found beside them by coincidence:
#                    30 students    100            300            1000 (one class)
# with names         8 of 8, 0      20 of 20, 1    57 of 60, 3    32 of 50, 10
# without            4 of 4, 1      10 of 20, 10   6 of 60, 8     0 of 50, 1
# Each exercise by itself gave several times as many by coincidence.
WITH_NAMES = Way(True, length=30, least=100, share=0.8)
WITHOUT_NAMES = Way(False, length=25, least=80, share=0.95)


@dataclass(frozen=True)
class Pair:
    """Two hand-ins that are alike in what is unusual in them.

    Attributes
    ----------
    one, other : str
        The students.
    share : float
        The share of its unusual passages that the other has too; of both the smaller one.
    names : bool
        Whether the names in them are alike as well.
    """

    one: str
    other: str
    share: float
    names: bool


@dataclass(frozen=True)
class Alike:
    """What comparing a class has brought.

    Attributes
    ----------
    compared : int
        Hand-ins.
    ordinary : int
        Those that have nothing unusual, names included: of them nothing can be said.
    usual : dict of str to (int, int)
        By exercise, how many answers there are, and how many have nothing unusual but names.
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
    whole = {student: " ".join(codes.values()) for student, codes in own.items()}
    named = Unusual(whole, given, WITH_NAMES)
    found = named.pairs() + Unusual(whole, given, WITHOUT_NAMES).pairs()
    pairs: dict[tuple[str, str], Pair] = {}
    for pair in found:
        pairs.setdefault((pair.one, pair.other), pair)
    usual = {}
    for exercise in blanks:
        texts = {student: codes[exercise] for student, codes in own.items() if exercise in codes}
        usual[exercise] = len(texts), Unusual(texts, given, WITHOUT_NAMES).ordinary
    order = sorted(pairs.values(), key=lambda p: (-p.share, not p.names, p.one, p.other))
    return Alike(len(own), named.ordinary, usual, order)


def plain(code: str) -> str:
    """Return code without comments, docstrings, and how it is laid out."""
    tokens = PythonLexer().get_tokens(code[:LONGEST])
    dropped = (Comment, Text, String.Doc)
    return " ".join(
        text for kind, text in tokens if text.strip() and not any(kind in one for one in dropped)
    )


class Unusual:
    """What is unusual in each text of a class.

    Parameters
    ----------
    texts : mapping of str to str
        By student.
    given : iterable of str
        What was handed out, and is nobody's.
    way : Way

    Attributes
    ----------
    ordinary : int
        How many have too little that is unusual.
    """

    def __init__(self, texts: Mapping[str, str], given: Iterable[str], way: Way) -> None:
        self._way = way
        # Of texts that are the same, one stands for all.
        self._students: dict[str, list[str]] = defaultdict(list)
        self._prints: dict[str, CodeFingerprint] = {}
        known: dict[str, CodeFingerprint] = {}
        for student, text in texts.items():
            if text not in known:
                known[text] = _fingerprint(text, way)
            one = known[text]
            self._prints.setdefault(one.filtered_code, one)
            self._students[one.filtered_code].append(student)
        holders: Counter[int] = Counter()
        for form, one in self._prints.items():
            holders.update(dict.fromkeys(one.hashes, len(self._students[form])))
        most = min(MOST_HOLDERS, max(2, len(texts) // 3))
        common = {passage for passage, count in holders.items() if count > most}
        common = common.union(*(_fingerprint(text, way).hashes for text in given))
        self.ordinary = 0
        for form, one in list(self._prints.items()):
            _take_out(one, common)
            if one.token_coverage < way.least:
                del self._prints[form]
                self.ordinary += len(self._students[form])

    def pairs(self) -> list[Pair]:
        """Return who is alike.

        Of those with the same text the first stands for all. Only texts that hold the same
        unusual passage are compared: for each passage these are ten at most.
        """
        from copydetect import compare_files

        first = {form: self._students[form][0] for form in self._prints}
        found = [
            Pair(one, other, 1.0, self._way.names)
            for form, one in first.items()
            for other in self._students[form][1:]
        ]
        where = defaultdict(list)
        for form, one in self._prints.items():
            for passage in one.hashes:
                where[passage].append(form)
        for two in {pair for forms in where.values() for pair in combinations(forms, 2)}:
            _, shares, _ = compare_files(*(self._prints[form] for form in two))
            if min(shares) >= self._way.share:
                one, other = sorted(first[form] for form in two)
                found.append(Pair(one, other, float(min(shares)), self._way.names))
        return found


def _fingerprint(text: str, way: Way) -> CodeFingerprint:
    """Return all passages of a text; a window of one leaves none out."""
    from copydetect import CodeFingerprint  # it imports all of Matplotlib's pyplot

    how = {"filter": not way.names, "language": "python"}
    return CodeFingerprint("", way.length, 1, fp=io.StringIO(text), **how)


def _take_out(one: CodeFingerprint, common: set[int]) -> None:
    """Take passages out.

    copydetect's own ``boilerplate`` would take out with them one of each two that a text
    repeats (0.5.0 asks NumPy to assume that there are none).
    """
    from copydetect.utils import get_token_coverage

    one.hashes = one.hashes - common
    one.hash_idx = {passage: one.hash_idx[passage] for passage in one.hashes}
    one.token_coverage = get_token_coverage(one.hash_idx, one.k, len(one.filtered_code))
