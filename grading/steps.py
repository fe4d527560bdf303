"""The steps that nbgrader runs: execute a submission behind the wall, and what goes with it."""

from __future__ import annotations

import atexit
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import Float, Int, List, Unicode

from grading import audit
from grading.exam import GraderFault
from grading.handin import expected_cells, take
from grading.pages import harmless_outputs
from grading.session import error_output
from grading.verdicts import Verdict
from grading.wall import Limits, check_unseen
from grading.worker import Pool

Resources = dict[str, Any]
_pool = Pool(2)  # it stays warm from one submission to the next
_ahead: set[str] = set()  # folders of submissions that were begun before their turn
atexit.register(_pool.close)


class ExecuteBehindWall(NbGraderPreprocessor):
    """Run the student's cells in the sandbox and judge the test cells on this side.

    It takes the place of nbgrader's ``Execute``. Every test cell holds an error until its
    judgement is complete, so nothing that breaks on the way can leave full marks behind.
    """

    total_seconds = Float(Limits.total, help="Seconds for a whole submission.").tag(config=True)
    cell_seconds = Float(Limits.cell, help="Seconds for one cell.").tag(config=True)
    call_seconds = Float(Limits.call, help="Seconds for one call by a test.").tag(config=True)
    memory = Int(Limits.memory, help="Bytes of memory of all its processes.").tag(config=True)
    scratch = Int(Limits.scratch, help="Bytes in the scratch folder.").tag(config=True)
    processes = Int(Limits.processes, help="Processes and threads.").tag(config=True)
    output = Int(Limits.output, help="Characters of output per cell.").tag(config=True)
    seed = Int(0, help="Fixes the hidden inputs; kept with each score.").tag(config=True)
    shared_files = List(Unicode(), help="Files of the root that belong to each assignment.").tag(
        config=True
    )

    def limits(self) -> Limits:
        """Return the limits as configured."""
        return Limits(
            total=self.total_seconds,
            cell=self.cell_seconds,
            call=self.call_seconds,
            memory=self.memory,
            scratch=self.scratch,
            processes=self.processes,
            output=self.output,
        )

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Grade one notebook. Raises GraderFault when it could not be judged."""
        said = nb.metadata.get("grading", {})
        whole = said.get("verdict")
        verdict = Verdict(whole) if whole else Verdict.GRADER_FAULT
        graded = [cell for cell in nb.cells if is_test(cell)]
        for cell in graded:
            cell.outputs = [nbformat.from_dict(error_output(verdict, said.get("why", "")))]
            cell.metadata["grading"] = {"verdict": verdict.value, "points": 0.0}
        if whole:
            words = filter(None, [whole, said.get("why")])
            self.log.info("%s: %s", resources["nbgrader"]["student"], ". ".join(words))
            self.note(nb, resources, said, None, {})
            return nb, resources
        check_unseen(_course(self).root, self.source_folder(resources["nbgrader"]["assignment"]))
        code = code_cells(nb)
        job = self.job(code, resources)
        self.log.debug("begun ahead: %s", _pool.has_begun(job))
        if not _pool.has_begun(job):
            _pool.begin(job)
        self.look_ahead(resources)
        judged = _pool.grade(job)
        answers = judged["cells"]
        self.look_ahead(resources)
        if len(answers) != len(code):
            raise GraderFault(f"{len(answers)} answers for {len(code)} cells")
        for number, (cell, answer) in enumerate(zip(code, answers, strict=True), 1):
            cell.outputs = [nbformat.from_dict(o) for o in harmless_outputs(answer["outputs"])]
            cell.execution_count = number
            if is_test(cell):
                check_points(answer["record"]["points"], cell.metadata.nbgrader["points"])
                cell.metadata["grading"] = answer["record"]
                self.log.info(
                    "%s %s: %s, %g of %g points",
                    resources["nbgrader"]["student"],
                    cell.metadata.nbgrader["grade_id"],
                    answer["record"]["verdict"],
                    answer["record"]["points"],
                    cell.metadata.nbgrader["points"],
                )
        self.note(nb, resources, said, job, judged)
        return nb, resources

    def note(
        self,
        nb: NotebookNode,
        resources: Resources,
        said: dict[str, Any],
        job: dict[str, Any] | None,
        judged: dict[str, Any],
    ) -> None:
        """Keep for `WriteAudit` what there is to say of a submission."""
        records = {c.metadata.nbgrader.grade_id: c.metadata.grading for c in nb.cells if is_test(c)}
        cells = judged.get("cells", [])
        met = {cell["limit"] for cell in cells if "limit" in cell}
        met.update(*(cell["record"]["limits"] for cell in cells if "record" in cell))
        tests = job and [cell for cell in job["cells"] if cell["role"] != "student"]
        resources["grading"] = {
            **{key: resources["nbgrader"][key] for key in ("student", "assignment", "notebook")},
            "submitted": said.get("sha256"),
            "seed": self.seed,
            "lesson": job and audit.digest(job["reference"], tests, job["files"]),
            "verdicts": {name: [r["verdict"], r["points"]] for name, r in records.items()},
            "limits": sorted(met),
            "landlock": judged.get("landlock"),
            "seconds": judged.get("seconds"),
        }

    def look_ahead(self, resources: Resources) -> None:
        """Let idle workers begin on the next submissions. Only a guess: see `Pool`."""
        try:
            for folder in self.following(resources):
                if not _pool.idle():
                    return
                if folder not in _ahead:
                    _ahead.add(folder)
                    mark = resources["nbgrader"]
                    expected = expected_cells(mark["db_url"], mark["assignment"], mark["notebook"])
                    notebook = take(Path(folder, f"{mark['notebook']}.ipynb"), expected)
                    if "verdict" not in notebook.metadata.get("grading", {}):
                        _pool.begin(self.job(code_cells(notebook), resources))
        except Exception:  # nothing is lost but time
            self.log.debug("could not look ahead", exc_info=True)

    def following(self, resources: Resources) -> Iterator[str]:
        """Return the folders of the submissions that nbgrader comes to after this one."""
        converter = next(part for part in _parents(self) if hasattr(part, "todo"))
        mark, course = resources["nbgrader"], converter.coursedir
        here = course.format_path(course.submitted_directory, mark["student"], mark["assignment"])
        _ahead.discard(here)
        return (folder for folder in converter.todo if folder > here)

    def job(self, code: list[NotebookNode], resources: Resources) -> dict[str, Any]:
        """Put together what the worker needs; see `grading.worker.Worker.grade`."""
        mark = resources["nbgrader"]
        known = {
            cell.grade_id: cell
            for cell in expected_cells(mark["db_url"], mark["assignment"], mark["notebook"])
        }
        cells = []
        for number, cell in enumerate(code):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            role = "student"
            if grade_id in known and known[grade_id].locked:
                role = "test" if known[grade_id].grade else "locked"
            cells.append(
                {
                    "source": cell.source if role == "student" else known[grade_id].source,
                    "role": role,
                    "grade_id": grade_id or f"cell {number}",
                    "points": known[grade_id].points if role == "test" else 0.0,
                }
            )
        folder = self.source_folder(mark["assignment"])
        return {
            "cells": cells,
            "reference": read_reference(folder / f"{mark['notebook']}.ipynb"),
            "files": course_files(folder, self.shared_files),
            "seed": self.seed,
            "limits": asdict(self.limits()),
        }

    def source_folder(self, assignment: str) -> Path:
        """Return the folder of the assignment's source."""
        course = _course(self)
        return Path(course.format_path(course.source_directory, ".", assignment))


class WriteAudit(NbGraderPreprocessor):
    """Write the line of a submission, last of all, when its marks are saved."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Add the line to the file, and to the log."""
        text = audit.line(resources["grading"])
        self.log.info("%s", text)
        audit.add(text, Path(_course(self).root))
        return nb, resources


def is_test(cell: NotebookNode) -> bool:
    """Say whether a cell is judged here; an answer that is read by a person is not."""
    return bool(cell.cell_type == "code" and is_grade(cell) and not is_solution(cell))


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """Return the cells that run."""
    return [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]


def read_reference(path: Path) -> list[list[str]]:
    """Return grade id and source of the locked and solution cells of a source notebook."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise GraderFault(f"the source notebook {path} cannot be read: {error}") from error
    return [
        [cell.metadata.nbgrader["grade_id"], cell.source]
        for cell in notebook.cells
        if cell.cell_type == "code"
        and not is_grade(cell)
        and (is_solution(cell) or is_locked(cell))
    ]


def course_files(folder: Path, shared: list[str]) -> dict[str, bytes]:
    """Return the files that lie beside a notebook in its release, by name."""
    files = {name: Path(name).read_bytes() for name in shared}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
        if path.is_file() and path.suffix != ".ipynb" and not hidden:
            files[name] = path.read_bytes()
    return files


def check_points(points: Any, most: float) -> None:
    """Raise GraderFault unless ``points`` is a finite float between 0 and ``most``."""
    if type(points) is not float or not math.isfinite(points) or not 0 <= points <= float(most):
        raise GraderFault(f"{points!r} is no mark out of {most:g}")


def _course(part: Any) -> Any:
    """Return nbgrader's object for the course folder."""
    return next(parent.coursedir for parent in _parents(part) if hasattr(parent, "coursedir"))


def _parents(part: Any) -> Iterator[Any]:
    while part is not None:
        yield part
        part = getattr(part, "parent", None)
