"""Fill the folder of hand-ins, ``submitted/``, with a sample class.

``python -m tests.support.sample_class``, run from the course's root after a release; it does
nothing when there are submissions already. What a student hands in is derived from each lesson:
from its solutions, its misconceptions and its unusual right answers. So a new lesson has its
sample class as soon as it is there. Who did what stands in ``submitted/who-is-who.txt``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from nbformat import NotebookNode

from grading.assignment.misconceptions import RIGHT, WRONG, Misconception, read_list
from grading.core.verdicts import Verdict as V
from grading.store.course import open_course
from grading.store.places import Places
from tests.support.course import Course, assignments
from tests.support.gallery import ALL, HOSTILE, SIGNATURES, Entry
from tests.support.gallery.answers import right, wrong
from tests.support.gallery.entry import exercises, head, signature

LEGEND = "who-is-who.txt"


@dataclass(frozen=True)
class Lesson:
    """What the folder of a lesson holds.

    Attributes
    ----------
    cells : dict of str to str
        The solution of each exercise, in their order.
    wrong, right : list of Misconception
        Its two lists.
    """

    cells: dict[str, str]
    wrong: list[Misconception]
    right: list[Misconception]

    @classmethod
    def read(cls, folder: Path) -> Lesson:
        """Read it from ``source/``."""
        return cls(exercises(folder), read_list(folder, WRONG), read_list(folder, RIGHT))

    def entry(self, place: float, name: str, verdict: V, cell: Callable[[str], str]) -> Entry:
        """Make an entry of one exercise: 0 is the first, 1 the last; ``cell`` takes its name."""
        function = list(self.cells)[round(place * (len(self.cells) - 1))]
        return Entry(name, function, verdict, ALL, cell=cell(function))

    def begin(self, function: str, body: str) -> str:
        """Return a cell with an exercise's first line and something else below it."""
        return f"{signature(function, self.cells[function])}\n{indent(body, '    ')}\n"

    def kinds(self, function: str) -> list[Misconception]:
        """Return misconceptions of an exercise that cost different parts, the dearest last."""
        kinds = {one.loses: one for one in reversed(self.wrong) if one.function == function}
        kinds = {loses: one for loses, one in kinds.items() if one.becomes != V.RAISED.value}
        return sorted(kinds.values(), key=lambda one: (one.loses == ALL, one.loses.count(",")))


# What one student does in a lesson: the exercises that are not the solution's.
Deed = Callable[[Lesson], list[Entry]]


def unusual(which: int) -> Deed:
    """Answer every exercise for which the lesson lists it in an unusual right way."""
    return lambda lesson: [
        right([one for one in lesson.right if one.function == function][which])
        for function in lesson.cells
        if any(one.function == function for one in lesson.right)
    ]


def mistake(number: int, of: int) -> Deed:
    """Make one mistake: each student another, in another exercise, the last the dearest."""

    def deed(lesson: Lesson) -> list[Entry]:
        known = [kinds for function in lesson.cells if (kinds := lesson.kinds(function))]
        kinds = known[number % len(known)] if known else []
        return [wrong(kinds[round(number / (of - 1) * (len(kinds) - 1))])] if kinds else []

    return deed


def mistakes(lesson: Lesson) -> list[Entry]:
    """Make a mistake in every exercise."""
    every = filter(None, map(lesson.kinds, lesson.cells))
    return [wrong(kinds[len(kinds) // 2]) for kinds in every]


def in_place(lesson: Lesson) -> list[Entry]:
    """Change an argument: as the lesson lists it, else in a way that fits all."""
    listed = [one for one in lesson.wrong if "arguments" in one.loses]
    if listed:
        return [wrong(min(listed, key=lambda one: one.loses.count(",")))]

    def cell(function: str) -> str:
        top, line, rest = lesson.cells[function].rpartition("    return ")
        names = [a.arg for a in head(function, lesson.cells[function]).args.args]
        deed = f"for given in ({', '.join(names)},):\n    for one in getattr(given, 'values', "
        deed += "lambda: [given])():\n        if isinstance(one, np.ndarray): one *= 2\n"
        return f"{top}{indent(deed, '    ')}{line}{rest}"

    return [lesson.entry(0, "doubles its arguments", V.PARTLY_CORRECT, cell)]


TURNED = """
def turned(value):
    if isinstance(value, tuple): return tuple(map(turned, value))
    if isinstance(value, dict): return {name: turned(part) for name, part in value.items()}
    return (value,) if isinstance(value, (list, str)) else np.asarray(value)[..., None]
"""


def shapes(lesson: Lesson) -> list[Entry]:
    """Return arrays with an axis too many."""

    def cell(function: str) -> str:
        top, line, value = lesson.cells[function].rpartition("    return ")
        return f"{TURNED}\n\n{top}{line}turned(({value.strip()}))\n"

    return [lesson.entry(1, "an axis too many", V.WRONG, cell)]


def unknown(lesson: Lesson) -> list[Entry]:
    """Return a name that does not exist."""

    def cell(function: str) -> str:
        return "    return ".join([lesson.cells[function].rpartition("    return ")[0], "answer"])

    return [lesson.entry(0.5, "a name that does not exist", V.RAISED, cell)]


def writing(place: float, name: str, verdict: V, body: str, before: str = "") -> Deed:
    """Write something else than an answer into one exercise."""
    return lambda lesson: [
        lesson.entry(place, name, verdict, lambda f: before + lesson.begin(f, body))
    ]


def half(lesson: Lesson) -> list[Entry]:
    """Leave the later exercises as they were given out."""
    blank = 'raise NotImplementedError("not written yet")'
    return [
        Entry("not written", f, V.NOT_ATTEMPTED, ALL, cell=lesson.begin(f, blank))
        for f in list(lesson.cells)[len(lesson.cells) // 2 :]
    ]


def trick(name: str) -> str:
    """Return what an entry of the gallery does before it begins its function."""
    (entry,) = [entry for entry in HOSTILE if entry.name == name]
    return f"{str(entry.cell).partition(SIGNATURES[entry.function])[0]}\n"


@dataclass(frozen=True)
class Student:
    """What a student of the sample class hands in.

    Attributes
    ----------
    kind : str
        In words.
    deed : callable
        The exercises that are not the solution's.
    instead : callable, optional
        Takes the course and the assignment; what is handed in instead of answers.
    verdict : Verdict
        What becomes of every exercise then.
    plots : bool
        Whether the cells that belong to no exercise are still there. They take most of the
        time, so half of the class has deleted them.
    """

    kind: str
    deed: Deed = lambda lesson: []
    instead: Callable[[Course, str], NotebookNode | bytes | None] | None = None
    verdict: V = V.CORRECT
    plots: bool = False


def another(course: Course, assignment: str) -> NotebookNode:
    """Return the notebook of the lesson before; of the first, that of the last."""
    names = assignments(course.root)
    return course.release(names[names.index(assignment) - 1])


MISTAKE = "one known mistake"
TEXT = b"My answers are in the other file.\n"
LOOP = "while True:\n    pass"
CRASH, FLOOD = "import os\nos._exit(0)", 'while True:\n    print("I am here. " * 10_000)'
PATCH, LOOK = "NumPy patched so that all is close", "looks for the reference and the marks"
STUDENTS = {
    "abello2": Student(MISTAKE, mistake(1, 5), plots=True),
    "anguyen": Student("right", plots=True),
    "bkowalcz": Student("wrong shapes", shapes),
    "cmbeki": Student("hostile", writing(1, PATCH, V.WRONG, "return None", trick(PATCH))),
    "dfischer": Student("half done", half, plots=True),
    "eokafor": Student("right in an unusual way", unusual(0), plots=True),
    "fhaddad": Student(MISTAKE, mistake(4, 5), plots=True),
    "gsilva": Student("a syntax error", writing(0, "a bracket left open", V.RAISED, "return (")),
    "hjohanss": Student("an empty folder", instead=lambda *_: None, verdict=V.NO_NOTEBOOK),
    "iyilmaz": Student(MISTAKE, mistake(0, 5), plots=True),
    "jpark3": Student("raises an error", unknown),
    "kpatel": Student(MISTAKE, mistake(2, 5), plots=True),
    "lrossi": Student("prints too much", writing(1, "prints for ever", V.TOO_MUCH_OUTPUT, FLOOD)),
    "mcohen": Student("another lesson's notebook", instead=another, verdict=V.OTHER_ASSIGNMENT),
    "mtanaka": Student("a mistake in every exercise", mistakes, plots=True),
    "njansen": Student("hostile", writing(0.5, "leaves the process", V.CRASHED, CRASH)),
    "oivanova": Student("right in an unusual way", unusual(-1)),
    "pquispe": Student("untouched", instead=Course.release, verdict=V.NOT_ATTEMPTED),
    "rsingh": Student("changes an argument in place", in_place),
    "sleroy": Student("never ends", writing(1, "a loop without end", V.TIMED_OUT, LOOP)),
    "tmaseko": Student("hostile", writing(1, LOOK, V.WRONG, "return None", trick(LOOK))),
    "wzhang5": Student(MISTAKE, mistake(3, 5), plots=True),
    "yabebe": Student("not a notebook", instead=lambda *_: TEXT, verdict=V.UNREADABLE),
}


def deeds(course: Course, assignment: str, student: str) -> list[Entry]:
    """Return the exercises in which a student of the class differs from the solution."""
    return STUDENTS[student].deed(Lesson.read(course.root / "source" / assignment))


def fill(course: Course) -> Path:
    """Hand in for every student of the sample class; return the file that says who is who."""
    plots = course.plots
    said = ["The sample class, and what each of them hands in.", ""]
    for student, one in STUDENTS.items():
        said.append(f"{student:10} {one.kind}")
        for assignment in assignments(course.root):
            entries = deeds(course, assignment, student)
            said += [f"{'':10} - {assignment}, {e.function}: {e.name}" for e in entries]
            course.plots = plots and one.plots
            answers = course.answers(assignment, *entries)
            handed_in = one.instead(course, assignment) if one.instead else answers
            course.submit(student, assignment, handed_in)
    course.plots = plots
    path = Path(course.coursedir.root, course.coursedir.submitted_directory, LEGEND)
    path.write_text("\n".join([*said, ""]), "utf-8")
    return path


if __name__ == "__main__":
    course = open_course().coursedir
    submitted = f"{course.submitted_directory}/"
    if Places(course).hand_in_folders():
        print(f"Grading what is in {submitted}.")
    else:
        fill(Course(Path(course.root), plots=True, make=False, coursedir=course))
        print(
            f"{submitted} was empty: filled it with a sample class of {len(STUDENTS)} students.\n"
            f"{submitted}{LEGEND} says what each of them hands in."
        )
