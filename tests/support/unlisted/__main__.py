"""What a student is told of answers that no list of misconceptions was made for.

``python -m tests.support.unlisted`` runs each answer of the files beside this one as a notebook
would: the release's own modules, the exercises before it solved by the reference, then its public
test. A line of the table is the exercise, the answer's name, the bare mismatch (or ``passes``), and
what was said beyond it (or ``nothing``), with tabs between. With the name of a lesson behind, it
runs that one alone.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
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
    if words:
        _print_lesson(words[0])
        return
    for path in sorted(HERE.glob("*.toml")):
        subprocess.run([sys.executable, "-m", "tests.support.unlisted", path.stem], check=True)


def _print_lesson(assignment: str) -> None:
    answers = tomllib.loads((HERE / f"{assignment}.toml").read_text("utf-8"))
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
    for cell in nbformat.read(path, as_version=4).cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id == "imports":
            exec(cell.source, names)
        for answer in answers.get(grade_id, []):
            said = _told(grade_id, answer["code"], dict(names))
            bare, _, more = said.partition("\n\n")
            yield grade_id, answer["name"], *(" ".join(part.split()) for part in (bare, more))
        if grade_id in answers:
            exec(cell.source, names)


def _told(function: str, code: str, names: dict[str, Any]) -> str:
    """Return what the cell of the public test says of an answer, or ``passes``."""
    place = "<ipykernel>"  # by this word the tests know the line that is a student's own
    linecache.cache[place] = (len(code), None, code.splitlines(True), place)
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(SECONDS)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(code, place, "exec"), names)
            names[f"{function}_test"](names[function])
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
