"""Run the lessons as students do, on every Python and with the libraries that are promised.

``make versions``, or ``python -m tests.support.versions``, writes ``docs/versions.md`` from what
ran. For each Python in ``pyproject.toml``'s classifiers, once with the lowest and once with the
highest versions that ``requirements.txt`` allows: an environment of its own gets what that
file names, and in it

- JupyterLab opens the first lesson in Chromium, as it is given out. *Validate* is pressed, and
  has to say of each public test that it fails;
- each finished lesson is run from its first cell to its last: the folder that students get,
  with the solutions filled in. Each public test must pass, and nothing may be warned of;
- ``nbgrader validate``, which is what the button runs, must pass the finished lesson.

No locale is set, so Python takes the system's encoding to be ASCII: a file that is opened
without naming its encoding fails here as it would on Windows.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from tests.support.course import ROOT
from tests.support.student_machine import Machine, Run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = ROOT / "docs" / "versions.md"
SHOWN = ("numpy", "matplotlib", "jupyterlab", "nbgrader")
INTRO = """\
# Versions that ran

`make versions` made this page; do not edit it. For each row it makes a new environment, installs
what `requirements.txt` names, and does what students do:

- It opens the first lesson in JupyterLab, in Chromium, and presses *Validate*. Each public test
  has to fail there.
- It fills in the solutions of every lesson, and runs it from the first cell to the last. Each
  public test has to pass, and nothing may be warned of.
- It runs `nbgrader validate` on each of those, which is what the button does.

*Lowest* and *highest* are the versions that `requirements.txt` allows on that Python.
"""
ELSEWHERE = """
Last run on {date}, on {system}.

**Windows and macOS are untested.** This much is checked for them, and held by
`tests/course/test_anywhere.py`: nothing that students get names an absolute path, opens a file
without naming its encoding, calls a shell, or imports what only Linux has. File names differ by
more than case and are allowed on Windows. The runs above took place in a folder with spaces in
its name, with ASCII as the system's encoding. Grading needs Linux in any case.
"""


def promised() -> list[str]:
    """Return the Pythons that the package says it is for, the oldest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    return sorted(found, key=lambda version: int(version[2:]))


def lessons() -> list[Path]:
    """Return the released notebooks."""
    return sorted((ROOT / "notebooks").glob("*/*.ipynb"))


def page(runs: list[Run]) -> str:
    """Return the page about what ran."""
    rows = ["| Python | versions | " + " | ".join(SHOWN) + " | lessons | public tests |"]
    rows += ["|" + "---|" * (len(SHOWN) + 4)]
    for run in runs:
        have = [run.versions.get(name, "–") for name in ("python", *SHOWN)]
        have[0] = run.versions.get("python", run.python)
        counts = [str(run.lessons), str(run.tests)]
        if run.problems:
            counts[0] += ", **failed**"
        rows += ["| " + " | ".join([have[0], run.resolution, *have[1:], *counts]) + " |"]
    date = datetime.now(timezone.utc).date()
    system = f"{platform.system()} ({platform.machine()})"
    return INTRO + "\n" + "\n".join(rows) + "\n" + ELSEWHERE.format(date=date, system=system)


def main() -> int:
    """Run everything, write the page, and return 1 if anything is not as promised."""
    runs = [Run(python, way) for python in promised() for way in ("lowest", "highest")]
    for run in runs:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="versions-") as place:
            machine = Machine(Path(place), run)
            try:
                machine.install()
                machine.press_validate(lessons()[0])
                for release in lessons():
                    machine.do(release)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                run.problems.append(str(error))
        shown = ", ".join(f"{name} {run.versions.get(name, '–')}" for name in ("python", *SHOWN))
        took = f"{time.monotonic() - begun:.0f} s"
        print(f"{shown}: {run.lessons} lessons, {run.tests} public tests, {took}", flush=True)
        for problem in run.problems:
            print(f"  {problem}", flush=True)
    PAGE.write_text(page(runs), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} says so.")
    return int(any(run.problems for run in runs))


if __name__ == "__main__":
    sys.exit(main())
