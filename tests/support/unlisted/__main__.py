"""What a student is told of answers that no list of misconceptions was made for.

``python -m tests.support.unlisted`` runs each answer of the files beside this one as a notebook
would: the release's own modules, the exercises before it solved by the reference, then the cell of
its public test. A line of the table is the exercise, the answer's name, the bare mismatch (or
``passes``), and what was said beyond it (or ``nothing``), with tabs between. With the path of a
folder behind, such as ``tests/support/unlisted/second``, it runs the answers of that one; with the
name of a lesson, that lesson alone.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
import signal
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SECONDS = 10


class Endless(BaseException):
    """Raised in an answer that does not come to an end; no ``except Exception`` holds it."""


def main(words: list[str]) -> None:
    """Print the table of one lesson, or of each in a process of its own."""
    folders = [Path(word).resolve() for word in words if Path(word).is_dir()] or [HERE]
    lessons = [word for word in words if not Path(word).is_dir()]
    if lessons:
        _print_lesson(folders[0], lessons[0])
        return
    module = [sys.executable, "-m", "tests.support.unlisted"]
    for path in sorted(folders[0].glob("*.toml")):
        subprocess.run([*module, str(folders[0]), path.stem], check=True)


def _print_lesson(folder: Path, assignment: str) -> None:
    answers = tomllib.loads((folder / f"{assignment}.toml").read_text("utf-8"))
    counts: Counter[str] = Counter()
    for function, name, bare, said in _outcomes(assignment, answers):
        counts["passes" if bare == "passes" else "something" if said else "nothing"] += 1
        print(function, name, bare, said or "nothing", sep="\t")
    print(f"# {assignment}:", ", ".join(f"{what} {n}" for what, n in sorted(counts.items())))


def _outcomes(
    assignment: str, answers: dict[str, list[dict[str, str]]]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield of each answer the function, its name, the bare mismatch, and what was said beyond."""
    release = ROOT / "notebooks" / assignment
    os.environ["MPLBACKEND"] = "agg"
    os.chdir(release)
    sys.path.insert(0, str(release))
    (path,) = (ROOT / "source" / assignment).glob("*.ipynb")
    names: dict[str, Any] = {}
    cells = [
        cell for cell in nbformat.read(path, as_version=4).cells if "nbgrader" in cell.metadata
    ]
    sources = {cell.metadata.nbgrader.grade_id: cell.source for cell in cells}
    for cell in cells:
        grade_id = cell.metadata.nbgrader.grade_id
        kept = cell.metadata.nbgrader.locked and not cell.metadata.nbgrader.grade
        if kept and cell.cell_type == "code":
            exec(cell.source, names)  # imports and data
        for answer in answers.get(grade_id, []):
            test, _, _ = sources[f"test_{grade_id}"].partition("### BEGIN HIDDEN TESTS")
            yield grade_id, answer["name"], *_parted(_told(answer["code"], test, dict(names)))
        if cell.metadata.nbgrader.solution:
            exec(cell.source, names)


def _parted(said: str) -> tuple[str, str]:
    """Return the bare mismatch, and what is said beyond it."""
    lines = said.splitlines()
    bare = 1 + lines[0].endswith("):")  # the sizes of the case have a line of their own
    bare += len(lines) > bare and lines[bare].lstrip().startswith("at line ")
    first, *more = re.split(r"(?<=\.) (?=[A-Z0-9])", " ".join(lines[:bare]))
    return " ".join(first.split()), " ".join(" ".join([*more, *lines[bare:]]).split())


def _told(code: str, test: str, names: dict[str, Any]) -> str:
    """Return what the cell of the public test says of an answer, or ``passes``."""
    place = "<ipykernel>"  # by this word the tests know the line that is a student's own
    linecache.cache[place] = (len(code), None, code.splitlines(True), place)
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(SECONDS)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(code, place, "exec"), names)
            exec(test, names)
        return "passes"
    except Endless:
        return f"no end within {SECONDS} s"
    except AssertionError as wrong:
        return str(wrong)
    except Exception as error:
        return f"the test itself stopped: {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def _stop(number: int, frame: object) -> None:
    raise Endless


if __name__ == "__main__":
    main(sys.argv[1:])
