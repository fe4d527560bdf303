"""The page of a class report, and the table beside it.

The page is complete in itself: no script, and nothing from elsewhere. What students chose,
their names and their code, stands in it as text; its content policy would let nothing run
or load even so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.core import Verdict, cut, number
from grading.core import table as csv_table
from grading.report import plots, statistics
from grading.report.similarity import MOST_HOLDERS, Alike, Pair, alike
from grading.store import Answer, Class, Member

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_CODE = 6_000  # characters of one answer that are shown
MOST_OTHERS = 15  # messages of tests that are listed
MOST_PAIRS = 20  # that are alike; nobody looks at more


def write_report(known: Class, folder: Path) -> list[Path]:
    """Write page and table of a class; return their paths."""
    folder.mkdir(exist_ok=True)
    found = []
    for ending, text in (("html", page(known)), ("csv", table(known))):
        path = folder / f"{known.assignment}.{ending}"
        fresh = path.with_name(f".{path.name}.new")
        # A spreadsheet takes a table for UTF-8 only when it begins with a mark.
        fresh.write_bytes(text.encode("utf-8-sig" if ending == "csv" else "utf-8", "replace"))
        fresh.chmod(0o600)  # it names students, as the audit file does
        fresh.replace(path)
        found.append(path)
    return found


def table(known: Class) -> str:
    """Return the class as CSV, a row for each student."""
    columns = ["student", "last_name", "first_name", "handed_in"]
    for exercise in known.exercises:
        columns += [f"{exercise} points", f"{exercise} verdict"]
    columns += [f"{name} points" for name in known.by_hand]
    rows: list[list[Any]] = [[*columns, "total", "of", "waits", "seconds_late", "penalty"]]
    for one in known.members:
        row = [*map(_cell, (one.student, one.last_name, one.first_name)), state(one)]
        for exercise in known.exercises:
            answer = one.answers.get(exercise)
            row += [_number(answer.points), answer.verdict.value] if answer else ["", ""]
        row += [_number(one.by_hand.get(name)) for name in known.by_hand]
        row += [_number(one.total), _number(known.most), _cell(", ".join(one.waits))]
        rows.append([*row, number(round(one.seconds_late)), _number(one.penalty)])
    return csv_table(rows, "\n")


def state(one: Member) -> str:
    """Say in a word or two whether a student has handed in."""
    if not one.answers:
        return "no"
    return "yes" if one.whole is None else one.whole.value


def page(known: Class) -> str:
    """Return the class as an HTML page."""
    spread = statistics.distribution(known)
    shares = statistics.verdicts(known)
    items = statistics.items(known)
    likeness, pairs = compare(known)
    drawn = {}
    if spread:
        drawn["marks"] = plots.marks(spread)
    if known.handed_in:
        drawn["verdicts"] = plots.verdicts(shares)
    if any(item.part for item in items):
        drawn["parts"] = plots.parts(items)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(own=own, plain=plain, who=who, percent=percent)
    return environment.get_template("page.html").render(
        known=known,
        people={member.student: member for member in known.members},
        unusable=[one for one in known.handed_in if not one.is_judged],
        late=[one for one in known.handed_in if one.seconds_late > 0],
        waiting=[one for one in known.handed_in if one.waits],
        flagged=[one for one in known.handed_in if one.flagged],
        today=date.today().isoformat(),
        spread=spread,
        shares=shares,
        seen=[v for v in Verdict if any(v in counts for counts in shares.values())],
        items=items,
        odd=[item for item in items if item.is_odd],
        fewest=statistics.FEWEST,
        misconceptions=statistics.misconceptions(known),
        others=statistics.others(known)[:MOST_OTHERS],
        unwarned=statistics.unwarned(known),
        likeness=likeness,
        holders=MOST_HOLDERS,
        pairs=pairs[:MOST_PAIRS],
        more_pairs=len(pairs[MOST_PAIRS:]),
        plots={name: Markup(svg) for name, svg in drawn.items()},
    )


@dataclass(frozen=True)
class Side:
    """One exercise of a pair, side by side.

    Attributes
    ----------
    exercise : str
    one, other : Answer
    mistake : str
        The mistake that both make; nothing if they share none.
    makers : int
        How many students make it.
    """

    exercise: str
    one: Answer
    other: Answer
    mistake: str
    makers: int


def compare(known: Class) -> tuple[Alike, list[tuple[Pair, list[Side]]]]:
    """Return what likeness there is, the pairs with the rarest mistake in common first."""
    answers = {one.student: one.answers for one in known.judged}
    written = {
        student: {name: a.code for name, a in own.items() if a.verdict != Verdict.NOT_ATTEMPTED}
        for student, own in answers.items()
    }
    found = alike({student: codes for student, codes in written.items() if codes}, known.blanks)
    pairs = []
    for pair in found.pairs:
        sides = []
        for exercise in known.exercises:
            one, other = answers[pair.one][exercise], answers[pair.other][exercise]
            mistake = same_mistake(one, other)
            all_ = (own[exercise] for own in answers.values()) if mistake else ()
            makers = sum(same_mistake(one, another) == mistake for another in all_)
            sides.append(Side(exercise, one, other, mistake, makers))
        pairs.append((pair, sides))
    pairs.sort(key=lambda two: min((s.makers for s in two[1] if s.mistake), default=len(answers)))
    return found, pairs


def same_mistake(one: Answer, other: Answer) -> str:
    """Say which mistake two answers share; nothing if they share none."""
    for name, _ in one.named:
        if name in dict(other.named):
            return name
    lost = [[(part.name, part.message) for part in answer.lost] for answer in (one, other)]
    if not lost[0] or lost[0] != lost[1]:
        return ""
    return "the same parts lost, with the same words: " + ", ".join(name for name, _ in lost[0])


# --- text ---------------------------------------------------------------------------------


def plain(text: str, most: int = LONGEST_CODE) -> str:
    """Return text with nothing in it that is invisible or changes the direction of reading."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in cut(text, most))


def own(code: str, blank: str) -> str:
    """Return an answer without the lines that it begins with as they were handed out.

    They are the signature and a long description, the same in every answer.
    """
    lines, given = code.split("\n"), blank.split("\n")
    same = 0
    while same < min(len(lines), len(given)) and lines[same] == given[same]:
        same += 1
    return "\n".join(lines[same:]) if same < len(lines) else code


def who(one: Member) -> str:
    """Return how a student is called on the page."""
    name = " ".join(filter(None, (one.first_name, one.last_name)))
    return plain(f"{name} ({one.student})" if name else one.student, 200)


def percent(share: float) -> str:
    """Return a share in percent; one that is not quite all, or nothing, is not rounded to it."""
    rounded = round(100 * share)
    if 0 < share < 1:
        rounded = min(max(rounded, 1), 99)
    return f"{rounded}\N{NARROW NO-BREAK SPACE}%"


def _cell(text: str) -> str:
    return plain(text, 500).replace("\n", " ")


def _number(value: float | None) -> Any:
    return "" if value is None else number(value)
