"""A student's machine, made anew: an environment, a home folder, and the lessons in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade

from tests.support.chromium import started, sync_api
from tests.support.course import ROOT
from tests.support.lab import Desk
from tests.support.lab_page import pages

PASSED = ": all public tests passed."
SECONDS = 900  # for one command


@dataclass
class Run:
    """An environment, and what became of the lessons in it.

    Attributes
    ----------
    python : str
        As in ``3.10``.
    resolution : str
        ``lowest`` or ``highest``.
    versions : dict
        What was installed, by name.
    lessons, tests : int
        How many ran, and passed.
    problems : list of str
    """

    python: str
    resolution: str
    versions: dict[str, str] = field(default_factory=dict)
    lessons: int = 0
    tests: int = 0
    problems: list[str] = field(default_factory=list)


class Machine:
    """A student's machine: an environment with ``requirements.txt``, and a home folder.

    Parameters
    ----------
    place : pathlib.Path
        An empty folder for both.
    run : Run
        Takes what is found.
    """

    def __init__(self, place: Path, run: Run) -> None:
        self.place, self.run = place, run
        home = place / "home of a student"
        home.mkdir()
        self.bin = place / "environment" / "bin"
        self.environment = {
            "HOME": str(home),
            "PATH": f"{self.bin}{os.pathsep}{os.defpath}",
            "LC_ALL": "C",
            "PYTHONCOERCECLOCALE": "0",  # else Python would make UTF-8 of it
            "PYTHONUTF8": "0",
            "OPENBLAS_NUM_THREADS": "1",
        }
        for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            if name in os.environ:  # how this processor is to be used
                self.environment[name] = os.environ[name]

    def install(self) -> None:
        """Install what a student installs.

        Raises
        ------
        RuntimeError
            When that Python is not on this machine, or nothing fits it.
        """
        versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        here = [str(path) for path in sorted(versions.glob(f"{self.run.python}.*/bin"))]
        environment = {**os.environ, "PATH": os.pathsep.join([*here, os.environ["PATH"]])}
        python = self.bin / "python"
        make = ["venv", "--quiet", "--no-project", "--no-python-downloads"]
        pip = ["pip", "install", "--quiet", "--python", str(python)]
        pip += ["--only-binary", "numpy", "--only-binary", "matplotlib"]  # as pip would find them
        if self.run.resolution == "lowest":
            # nbgrader needs notebook, and the newest of that would ask for the newest JupyterLab.
            pip += ["--resolution", "lowest-direct", "notebook"]
        for words in (
            [*make, "--python", self.run.python, str(self.bin.parent)],
            [*pip, "--requirements", str(ROOT / "requirements.txt")],
        ):
            done = self._start(["uv", *words], environment)
            if done.returncode:
                raise RuntimeError(done.stdout.strip())
        listed = self._start(
            ["uv", "pip", "freeze", "--quiet", "--python", str(python)], environment
        )
        self.run.versions = dict(
            line.split("==") for line in listed.stdout.split("\n") if "==" in line
        )
        ask = "import platform; print(platform.python_version())"
        self.run.versions["python"] = self._start(["python", "-c", ask]).stdout.strip()

    def _start(
        self,
        words: list[str],
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        environment = environment or self.environment
        program = shutil.which(words[0], path=environment["PATH"])
        if program is None:
            raise RuntimeError(f"{words[0]} is not installed: make .venv/with-versions")
        return subprocess.run(
            [program, *words[1:]],
            env=environment,
            cwd=folder or self.place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )

    def press_validate(self, release: Path) -> None:
        """Open a lesson as it is given out in JupyterLab, and press the button."""
        folder = self.lay_out(release, "in the browser")
        home = self.place / "home of a student" / "jupyter"
        desk = Desk(folder, home, str(self.bin / "python"), self.environment)
        try:
            with desk.lab() as desk.address, started() as browser, pages(browser) as opened:
                page = opened(desk, release.name)
                page.locator(".validate-button, jp-button:has-text('Validate')").first.click()
                dialog = page.locator(".jp-Dialog").filter(has_text="Validation Results")
                dialog.wait_for()
                said = dialog.inner_text()
        except (AssertionError, sync_api.Error) as error:
            said = str(error)
        tests = sum(map(is_grade, nbformat.read(release, 4).cells))
        if said.count("not written yet") != tests:
            self.run.problems.append(f"Validate in JupyterLab says something else:\n{said}")

    def lay_out(self, release: Path, name: str) -> Path:
        """Lay a lesson as it is given out into a folder of the student's; return it."""
        folder = self.place / "home of a student" / name
        shutil.copytree(release.parent, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        return folder

    def do(self, release: Path) -> None:
        """Do one lesson, and note what is not as it should be."""
        lesson = release.parent.name
        problems = [f"{lesson}: {problem}" for problem in self._do(release)]
        self.run.problems += problems
        self.run.lessons += not problems

    def _do(self, release: Path) -> Iterator[str]:
        folder = self.lay_out(release, release.parent.name)
        done = finished(release)
        tests = sum(map(is_grade, done.cells))
        nbformat.write(done, folder / release.name)
        said = self._start(["nbgrader", "validate", release.name], folder=folder).stdout
        if "Success! Your notebook passes all the tests." not in said:
            yield f"Validate does not pass the solutions:\n{said[-2000:]}"
        words = ["jupyter", "nbconvert", "--to=notebook", "--execute", "--output=run", release.name]
        ran = self._start(words, folder=folder)
        if ran.returncode:
            yield f"it does not run to its end:\n{ran.stdout[-2000:]}"
            return
        outputs = [
            output
            for cell in nbformat.read(folder / "run.ipynb", 4).cells
            for output in cell.get("outputs", [])
        ]
        warned = [one.text for one in outputs if one.get("name") == "stderr"]
        if warned:
            yield f"warnings:\n{''.join(warned)[:2000]}"
        passed = sum(one.get("text", "").count(PASSED) for one in outputs)
        if passed != tests:
            yield f"{passed} of {tests} public tests said that they passed"
        self.run.tests += passed


def finished(release: Path) -> NotebookNode:
    """Return the source of a released notebook, as a student would have finished it."""
    source = nbformat.read(ROOT / "source" / release.parent.name / release.name, 4)
    done: NotebookNode = ClearHiddenTests().preprocess(source, {})[0]
    return done
