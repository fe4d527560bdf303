"""The gallery through nbgrader's own grading step, beside ours.

``python -m benchmarks.gallery_through_stock [word ...]`` grades every entry (or those with
a word in their name) here, and then with stock nbgrader in a container that keeps the harm
in: one course, bounded memory and time, no network. It prints a line for each entry:

same      as here
CHEATS    more marks than the functions deserve
LEAKS     hidden tests, inputs, other people's work or the gradebook can be read
ESCAPES   files, marks, processes or the network outside are reached
UNGRADED  the student has no marks at all, also not for the exercise that is right
SPOILS    the exercise that is right loses its marks
ABORTS    students who come later have no marks
HANGS     grading does not end by itself
differs   fewer marks than here

Stock nbgrader compares with nothing by itself: its hidden tests bring the reference along.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from tests.support.contained import contained
from tests.support.course import (
    ROOT,
    STOCK_CONFIG,
    Course,
    assignment_of,
    assignments,
    grade_id,
    hold_class,
    notebook_path,
    reference_cells,
)
from tests.support.gallery import ENTRIES, KEY, Entry
from tests.support.outside import outside

SECONDS, PACK = 150, 6
WITH_REFERENCE = """
from grading.core import Rules
from grading.exam import Context
references = {{}}
exec({source!r}, references)
Context(references, rules=Rules(2026)).__enter__()
"""


@dataclass
class Row:
    """What became of one entry."""

    entry: Entry
    ours: tuple[str, float]
    stock: float | None = None
    marks: list[str] = field(default_factory=list)
    traceback: bool = False

    def line(self) -> str:
        """Return the row of the table."""
        here = f"{self.ours[0]}, {self.ours[1]:g}"
        there = "-" if self.stock is None else f"{self.stock:g}"
        name = f"{self.entry.function}: {self.entry.name}"
        return f"{name:72.72} {here:24} {there:>5}  {' '.join(self.marks) or 'same'}"


def stock_course(root: Path) -> Course:
    """Make a course that stock nbgrader grades, its hidden tests with the reference."""
    course = Course(root)
    config = root / "nbgrader_config.py"
    config.write_text(STOCK_CONFIG + "c.Execute.timeout = 15\n")
    config.with_suffix(".json").unlink()  # it stops nbgrader's own steps
    for assignment in assignments():
        path = notebook_path(root / "source" / assignment)
        notebook = nbformat.read(path, 4)
        solved = "import numpy as np\nfrom rnn_utils import sigmoid, softmax\n"
        solved += "\n".join(reference_cells(assignment).values())
        solved = re.sub(r".*### (BEGIN|END) SOLUTION\n", "", solved)
        for cell in notebook.cells:
            if grade_id(cell).startswith("test_"):
                line = "from grading.exam import Exam\n"
                assert line in cell.source
                cell.source = cell.source.replace(
                    line, line + WITH_REFERENCE.format(source=solved).lstrip()
                )
        nbformat.write(notebook, path)
        course.process("nbgrader", "generate_assignment", assignment, "--force")
        course.submit("aa-reference", assignment, course.answers(assignment))
        course.process("nbgrader", "autograde", assignment)
        assert set(course.scores("aa-reference", assignment).values()) == {10.0}
        course.submit("zz-reference", assignment, course.answers(assignment))
    return course


def state(course: Course) -> dict[str, str]:
    """Return a hash of each file that grading has no business to change."""
    kept = {}
    for path in sorted(course.root.rglob("*")):
        name = path.relative_to(course.root).as_posix()
        if name.startswith(("autograded/", "gradebook.db", "submitted/", ".", "home/.")):
            continue
        if path.is_file() and "__pycache__" not in name:
            kept[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return kept


def run(template: Course, rows: list[Row], folder: Path) -> bool:
    """Grade rows of one assignment in a copy of the course; say whether they ended well."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template.root, folder)
    course = Course(folder, make=False)
    assignment = assignment_of(rows[0].entry.function)
    for row in rows:
        course.hand_in(row.entry)
    (folder / "home").mkdir(exist_ok=True)
    (folder / "home" / "letter").touch()
    before = state(course)
    command = [sys.executable, "-m", "nbgrader", "autograde", assignment]
    done = contained(command, folder, folder, SECONDS + 15.0 * len(rows))
    escaped = state(course) != before or bool(list(folder.rglob(f"left-{KEY}")))
    graded = dict.fromkeys([row.entry.student for row in rows])
    for student in [*graded, "aa-reference", "zz-reference"]:
        try:
            graded[student] = course.scores(student, assignment)
            course.graded(student, assignment)
            assert None not in graded[student].values()
        except Exception:  # of whatever is missing
            graded[student] = None
    full = dict.fromkeys(reference_cells(assignment), 10.0)
    escaped |= graded["aa-reference"] != full
    for row in rows:
        row.marks, row.stock = [], None
        marks = graded[row.entry.student]
        if done.code is None:
            row.marks.append("HANGS")
        if graded["zz-reference"] is None:
            row.marks.append("ABORTS")
        elif set(graded["zz-reference"].values()) != {10.0}:
            row.marks.append("ESCAPES")
        if marks is None:
            row.marks.append("UNGRADED")
        else:
            judge(row, course, marks)
        if escaped:
            row.marks.append("ESCAPES")
        row.marks = list(dict.fromkeys(row.marks))
    well = done.code is not None and graded["zz-reference"] is not None and not escaped
    shutil.rmtree(folder, ignore_errors=True)
    return well


def judge(row: Row, course: Course, marks: dict[str, float | None]) -> None:
    """Compare the marks and look at the outputs of one graded notebook."""
    entry, assignment = row.entry, assignment_of(row.entry.function)
    row.stock = marks[entry.function]
    assert row.stock is not None
    if row.stock > row.ours[1] + 1e-9:
        row.marks.append("CHEATS")
    elif row.stock < row.ours[1] - 1e-9:
        row.marks.append("differs")
    others = [v for function, v in marks.items() if function != entry.function]
    if entry.trick and not entry.spoils and others != [10.0] * len(others):
        row.marks.append("SPOILS")
    shown = "\n".join(
        str(output)
        for cell in course.graded(entry.student, assignment).cells
        for output in cell.get("outputs", [])
    )
    row.traceback = "exam.compare" in shown or "exam.untouched" in shown
    if re.search(r"found: \[[^\]]", shown) or shown.count("INPUT") > 3 * 2 + 3:
        row.marks.append("LEAKS" if entry.trick == "reading" else "ESCAPES")


def main(words: list[str]) -> None:
    """Grade here and there, and print the table and its totals."""
    entries = [e for e in ENTRIES if not words or any(word in e.name for word in words)]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        with outside():
            here = hold_class(Path(folder, "here"), entries)
        rows = []
        for entry in entries:
            try:
                records = here.records(entry.student, assignment_of(entry.function))
                record = records[entry.function]
                rows.append(Row(entry, (record["verdict"], record["points"])))
            except ValueError:
                rows.append(Row(entry, ("grader fault", 0.0)))
        template = stock_course(Path(folder, "template"))
        packs: list[list[Row]] = []
        for assignment in assignments():
            mine = [row for row in rows if assignment_of(row.entry.function) == assignment]
            packs += [[row] for row in mine if row.entry.trick == "stalling"]
            safe = [row for row in mine if row.entry.trick != "stalling"]
            packs += [safe[at : at + PACK] for at in range(0, len(safe), PACK)]

        def work(number: int) -> None:
            if not run(template, packs[number], Path(folder, f"pack-{number}")):
                for row in packs[number] if len(packs[number]) > 1 else []:
                    run(template, [row], Path(folder, f"pack-{number}"))
            for row in packs[number]:
                print(row.line(), flush=True)

        list(pool.map(work, range(len(packs))))
    totals = Counter(mark for row in rows for mark in row.marks or ["same"])
    print(f"\n{len(rows)} entries; through stock nbgrader:")
    for mark, count in totals.most_common():
        print(f"  {count:4} {mark}")
    shown = sum(row.traceback for row in rows)
    print(f"  {shown:4} with lines of hidden tests in their outputs (tracebacks)")


if __name__ == "__main__":
    assert (ROOT / "source").exists()
    main(sys.argv[1:])
