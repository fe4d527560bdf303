"""By what results mistakes are known, and how sure that is: what releases and the grader carry."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from grading.diagnosis.field import Field, Program, alike

FEW = 2  # other places in which the same result can be made, for it to be a possibility
ROOM = 60_000  # bytes, compressed, for what a release knows of its mistakes


class Sure(str, Enum):
    """How sure it is that a result comes of a mistake."""

    FACT = "fact"
    PERHAPS = "perhaps"
    NOT = ""


@dataclass(frozen=True)
class Known:
    """A program with mistakes that have a sentence, and how sure its result tells of them."""

    program: Program
    sure: Sure


def known_mistakes(field: Field) -> list[Known]:
    """Say how sure the known mistakes of an exercise are, and then two of them together."""
    single = [Known(one, _sure(field, one)) for one in field.single]
    sure = {one.program.parts[0].name: one.sure for one in single}
    several = [
        Known(one, _sure_of_several(field, one))
        for one in [*field.pairs, *field.without]
        # What is not sure of one of them is not of both.
        if all(sure.get(part.name) is Sure.FACT for part in one.parts)
    ]
    return [*single, *(one for one in several if one.sure is Sure.FACT)]


def _sure(field: Field, one: Program) -> Sure:
    """Say how sure one mistake is.

    An error's text fits many slips, and so do numbers that all programs end at: where only those
    show, a mistake is a possibility at most.
    """
    (mistake,) = one.parts
    if mistake.about == "result":
        return Sure.FACT
    others = {other.where for other in field.like(one) if not other.holds(mistake, one)}
    # Two sentences about one statement may be true of two programs, and not of each other's.
    others |= {
        frozenset([rival.parts[0].name])
        for rival in field.single
        if rival.parts[0].says != mistake.says and rival.parts[0].about != "result"
        if alike(rival, one) and rival is not one
    }
    if not others:
        return Sure.FACT if one.telling else Sure.PERHAPS
    return Sure.PERHAPS if one.telling and len(others) <= FEW else Sure.NOT


def _sure_of_several(field: Field, one: Program) -> Sure:
    """Say how sure several mistakes together are: no other program gives the same, or nothing."""
    like = field.like(one)
    alone = all(set(other.parts) >= set(one.parts) for other in like)
    return Sure.FACT if one.telling and alone and field.shown(one) else Sure.NOT


def table(known: Sequence[Known]) -> list[dict[str, Any]]:
    """Return what is known as plain data; see ``explain`` in `grading.comparison.hints`."""
    places: dict[tuple[str, str], int] = {}
    found: list[dict[str, Any]] = []
    for one in known:
        parts = one.program.parts
        if len(parts) == 1:
            places[parts[0].function, parts[0].name] = len(found)
            row: dict[str, Any] = {"says": parts[0].says}
        elif all(part.without for part in parts):
            row = {"says": left_out([part.without for part in parts])}
        else:
            row = {"both": [places[part.function, part.name] for part in parts]}
        found.append({**row, "sure": one.sure.value, "prints": one.program.prints})
    return found


def left_out(names: Sequence[str]) -> str:
    """Return what is said of a result that several things left out give together."""
    *most, last = [f"`{name}`" for name in names]
    return (
        f"Your result is just that of code without {', '.join(most)} and {last}. Look for each of "
        "them in the equations: where does it stand, and where is it in your code?"
    )


def likely(known: Mapping[str, Sequence[Known]], room: int = ROOM) -> dict[str, list[Known]]:
    """Return what there is room for: all single mistakes, and of several the likelier ones.

    The less has to be changed for them, the likelier they are.

    Parameters
    ----------
    known : mapping of str to sequence of Known
        By exercise.
    room : int
        Bytes, compressed.
    """
    several = [one for many in known.values() for one in many if len(one.program.parts) > 1]
    several.sort(key=_effort)

    def first(most: int) -> dict[str, list[Known]]:
        kept = set(map(id, several[:most]))
        return {
            name: [one for one in many if len(one.program.parts) == 1 or id(one) in kept]
            for name, many in known.items()
        }

    low, high = 0, len(several)
    while low < high:
        middle = (low + high + 1) // 2
        rows = {name: table(many) for name, many in first(middle).items()}
        fits = len(zlib.compress(json.dumps(rows).encode(), 9)) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return first(low)


def _effort(one: Known) -> int:
    if all(part.without for part in one.program.parts):
        return 0  # one and the same slip in several places
    edits = itertools.chain.from_iterable(part.edits for part in one.program.parts)
    return sum(len(old) + len(new) for old, new in edits)
