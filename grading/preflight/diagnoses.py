"""How well an exercise's known mistakes are told apart, and whether anything false is said."""

from __future__ import annotations

import difflib
import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from grading.assignment import Reference
from grading.diagnosis import Field, Known, Sure, false_diagnoses, fields_of, known_mistakes
from grading.preflight.papers import Lab
from grading.release import older


@dataclass
class Told:
    """What is said of the known mistakes of one exercise.

    Attributes
    ----------
    facts, possible, unsaid : int
        How many are told apart, are said as a possibility, and are not said.
    together : int
        How many results are known that several give together.
    programs : int
        Made by machine, on which all that was tried.
    false : list of str
        Of which of them a fact was stated that is not true, with the change.
    older : list of str
        The files beside the public test that are older than the lesson.
    """

    facts: int = 0
    possible: int = 0
    unsaid: int = 0
    together: int = 0
    programs: int = 0
    false: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return it in a line."""
        return (
            f"{self.facts} known mistakes are told apart, {self.possible} are said as a "
            f"possibility, {self.unsaid} are not said; {self.together} results of several "
            f"together are known; {len(self.false)} false diagnoses of {self.programs} programs"
        )


def told(lab: Lab, reference: Reference) -> dict[str, Told]:
    """Return what is said in each exercise that has public cases; called in the lesson's folder."""
    if "public_tests.py" not in lab.lesson.files:  # another course's could be found
        return {}
    public = importlib.import_module("public_tests")
    fields = fields_of(public, reference, lab.notebook.reference, lab.wrong)
    found = {}
    for name, one in fields.items():
        known = known_mistakes(one)
        found[name] = _told(one, known)
        found[name].older = older(public, reference, name, known)
    return found


def _told(one: Field, known: list[Known]) -> Told:
    counts = Counter(known.sure for known in known if len(known.program.parts) == 1)
    facts = [known.program for known in known if known.sure is Sure.FACT]
    false, programs = false_diagnoses(one, facts)
    return Told(
        counts[Sure.FACT],
        counts[Sure.PERHAPS],
        counts[Sure.NOT],
        sum(len(known.program.parts) > 1 for known in known),
        programs,
        [
            f"{' and '.join(repr(p.name) for p in fact.parts)} is said of {_diff(one, made.source)}"
            for made, fact in false
        ],
    )


def complaints_of(diagnoses: dict[str, Told]) -> Iterator[str]:
    """Yield what is to be mended: each thing that would be said and is not true."""
    for name, one in diagnoses.items():
        for text in one.false:
            yield f"{name}: a false diagnosis: {text}"
        if one.older:
            files = " and ".join(one.older)
            yield f"{name}: the lesson is newer than {files}: run python -m grading.release"


def _diff(one: Field, source: str) -> str:
    lines = difflib.unified_diff(one.solution.splitlines(), source.splitlines(), n=0, lineterm="")
    return " ".join(line for line in list(lines)[2:] if not line.startswith("@@"))
