"""What is stated as a fact put to the test, on programs that no list was made from."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from grading.diagnosis.field import Field, Index, Program, alike

SEED = 20
TWICE = 300  # programs with two changes


def false_diagnoses(
    field: Field, facts: Sequence[Program], most: int = TWICE
) -> tuple[list[tuple[Program, Program]], int]:
    """Return the machine-made programs of which a fact is stated that is not true, with whose.

    And how many programs there were.

    Parameters
    ----------
    field : Field
    facts : sequence of Program
        Those whose sentence is stated as a fact of every program that gives the same.
    most : int
        How many programs with two changes are made, beside those with one.
    """
    made = [(program, (program,)) for program in field.made]
    programs = [*made, *twice(field, most)]
    alone = {one.parts[0].name: one for one in field.single}
    stated = Index(facts)
    found = [
        (program, fact)
        for program, versions in programs
        for fact in stated.like(program)
        if not _true(fact, versions, alone)
    ]
    return found, len(programs)


def _true(fact: Program, versions: Sequence[Program], alone: Mapping[str, Program]) -> bool:
    """Say whether what is said is true of a program, given with its changes alone.

    A second change of which nothing shows takes nothing from what is said of the first; and of
    several mistakes each can be one of the changes.
    """
    like = [one for one in versions if alike(fact, one)]
    if any(all(one.holds(part, fact) for part in fact.parts) for one in like):
        return True
    return len(fact.parts) > 1 and all(
        part.about == "result"
        or any(
            alike(one, alone[part.name]) and one.holds(part, alone[part.name]) for one in versions
        )
        for part in fact.parts
    )


def twice(field: Field, most: int = TWICE) -> Iterator[tuple[Program, tuple[Program, ...]]]:
    """Yield programs with two changes by machine, each with itself and its two changes alone.

    They are drawn with a fixed seed, and none is in the field: so what is said of them shows what
    a field does not hold.
    """
    draw = random.Random(SEED)
    made = [program for program in field.made if program.source]
    for _ in range(most if len(made) > 1 else 0):
        one, other = draw.sample(made, 2)
        source = _merged(field.solution, one.source, other.source)
        if source and (found := field.run(source)):
            yield found, (found, one, other)


def _merged(solution: str, one: str, other: str) -> str | None:
    """Return a solution with the changes of two versions, if they do not touch each other."""
    (start, end, new), (begin, stop, newer) = sorted([_edit(solution, one), _edit(solution, other)])
    if end >= begin:
        return None
    return solution[:start] + new + solution[end:begin] + newer + solution[stop:]


def _edit(solution: str, version: str) -> tuple[int, int, str]:
    """Return where a version differs, and what stands there."""
    start = _alike(solution, version)
    behind = _alike(solution[start:][::-1], version[start:][::-1])
    return start, len(solution) - behind, version[start : len(version) - behind]


def _alike(one: str, other: str) -> int:
    """Return how long two texts are the same from their start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
