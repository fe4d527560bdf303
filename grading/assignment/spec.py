"""What the grader has to know of an assignment: read once, and sent to workers as bytes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgpack
import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from grading.assignment import misconceptions
from grading.assignment.files import course_files, lay_out
from grading.assignment.source import imports, plots, read_source, reference_cells, wrong_cells
from grading.core import GraderFault, digest


@dataclass(frozen=True)
class Expected:
    """A cell that the gradebook knows, as it was released."""

    grade_id: str
    cell_type: str
    source: str
    checksum: str | None
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float

    def metadata(self) -> dict[str, Any]:
        """Return nbgrader's metadata for this cell, schema 3."""
        points = {"points": self.points} if self.grade or self.task else {}
        return {
            "nbgrader": {
                "grade_id": self.grade_id,
                "grade": self.grade,
                "solution": self.solution,
                "locked": self.locked,
                "task": self.task,
                "schema_version": 3,
                "checksum": self.checksum,
                "cell_type": self.cell_type,
                **points,
            }
        }

    def cell(self) -> NotebookNode:
        """Return the cell as it was released, hidden tests included."""
        kind = self.cell_type if self.cell_type == "code" else "markdown"
        return new_cell(kind, self.source, self.metadata())


def new_cell(kind: str, source: str, metadata: dict[str, Any] | None = None) -> NotebookNode:
    """Make a cell without an id. nbformat's own makers check each; a notebook is, as a whole."""
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return nbformat.from_dict(
        {"cell_type": kind, "metadata": metadata or {}, "source": source, **code}
    )


@dataclass(frozen=True)
class NotebookSpec:
    """One notebook of an assignment.

    Attributes
    ----------
    kernelspec : str or None
        As the gradebook keeps it: JSON.
    cells : list of Expected
        In the order of the release.
    reference : list of [grade id, source, is solution]
        The locked and solution cells of the source notebook.
    wrong : list of [exercise, name, sentence, source, sureness]
        The misconceptions beside it, as cells; see `grading.assignment.misconceptions`.
    plots : list of str
        The sources of the cells that it tags ``plot``; see `plots`.
    imports : list of str
        The import statements of its cells, but for the tests.
    """

    kernelspec: str | None
    cells: list[Expected]
    reference: list[list[Any]]
    wrong: list[list[str]]
    plots: list[str]
    imports: list[str]


@dataclass(frozen=True)
class AssignmentSpec:
    """One assignment.

    Attributes
    ----------
    assignment : str
    notebooks : dict of str to Notebook
        By name, without the ending.
    files : dict of str to bytes
        What lies beside the notebooks in the release.
    cleaning, grading : list of str
        nbgrader's preprocessors for a submission, by their dotted names: those that clean
        it, and those that grade it, up to the one that saves marks.
    config : dict
        The settings of these preprocessors, by class.
    """

    assignment: str
    notebooks: dict[str, NotebookSpec]
    files: dict[str, bytes]
    cleaning: list[str]
    grading: list[str]
    config: dict[str, Any]

    def digest(self, name: str) -> str:
        """Return the SHA-256 of what decides on the marks of a notebook, but for the seed."""
        notebook = self.notebooks[name]
        locked = [(c.grade_id, c.source, c.points) for c in notebook.cells if c.locked]
        rules = self.config.get("ExecuteBehindWall", {}).get("follow_through")
        return digest(notebook.reference, locked, self.files, rules)

    def pack(self) -> bytes:
        """Return it as bytes."""
        return bytes(msgpack.packb(asdict(self)))

    def lay_out(self, folder: str) -> None:
        """Write its files into a folder."""
        lay_out(self.files, Path(folder))

    @classmethod
    def unpack(cls, data: bytes) -> AssignmentSpec:
        """Return what `pack` was given."""
        lesson = msgpack.unpackb(data)
        for name, found in lesson["notebooks"].items():
            found["cells"] = [Expected(**cell) for cell in found["cells"]]
            lesson["notebooks"][name] = NotebookSpec(**found)
        return cls(**lesson)


def read_assignment(
    gradebook: Gradebook,
    assignment: str,
    folder: Path,
    shared: dict[str, bytes],
    cleaning: list[str],
    grading: list[str],
    config: Config,
) -> AssignmentSpec:
    """Read a lesson as it is now.

    Parameters
    ----------
    gradebook : Gradebook
    assignment : str
    folder : pathlib.Path
        Its source.
    shared : dict of str to bytes
        What lies beside the notebooks of every assignment; see `shared_files`.
    cleaning, grading : list of str
        See `AssignmentSpec`.
    config : Config
        nbgrader's, with the settings of these steps among others.

    Raises
    ------
    GraderFault
        When a source notebook cannot be read, a file of its folder is called as one that all
        share, or a setting cannot be sent to a worker.
    """
    return AssignmentSpec(
        assignment,
        read_notebooks(gradebook, assignment, folder),
        course_files(folder, shared),
        cleaning,
        grading,
        settings(config, [*cleaning, *grading]),
    )


def read_notebooks(gradebook: Gradebook, assignment: str, folder: Path) -> dict[str, NotebookSpec]:
    """Read the notebooks that the gradebook knows, and their references from ``folder``.

    Raises
    ------
    GraderFault
        When a source notebook cannot be read.
    """
    found = {}
    for notebook in gradebook.find_assignment(assignment).notebooks:
        source = read_source(folder / f"{notebook.name}.ipynb")
        cells = reference_cells(source)
        wrong = wrong_cells(cells, misconceptions.read_list(folder))
        found[notebook.name] = NotebookSpec(
            notebook.kernelspec, _expected(notebook), cells, wrong, plots(source), imports(source)
        )
    return found


def _expected(notebook: Any) -> list[Expected]:
    """Return the cells that the gradebook knows of a notebook, in order."""
    graded = {cell.name: cell for cell in [*notebook.grade_cells, *notebook.task_cells]}
    grades = {cell.name for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    return [
        Expected(
            grade_id=cell.name,
            cell_type=cell.cell_type,
            source=cell.source or "",
            checksum=cell.checksum,
            locked=bool(cell.locked),
            grade=cell.name in grades,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            points=float(graded[cell.name].max_score) if cell.name in graded else 0.0,
        )
        for cell in notebook.source_cells
    ]


def dotted(step: Any) -> str:
    """Return the name by which a preprocessor can be found anywhere."""
    return step if isinstance(step, str) else f"{step.__module__}.{step.__qualname__}"


def settings(config: Config, steps: list[str]) -> dict[str, Any]:
    """Return the settings of some preprocessors as plain data, but for what is secret.

    Raises
    ------
    GraderFault
        When there is one that cannot be sent to another process.
    """
    found: dict[str, Any] = {}
    for step in steps:
        part = import_item(step)(config=config)
        known = [config[one.__name__] for one in type(part).__mro__ if one.__name__ in config]
        names = {name for section in known for name in section if part.has_trait(name)}
        names -= set(part.trait_names(secret=True))  # which goes with each job
        values = {name: getattr(part, name) for name in sorted(names)}
        try:
            found[type(part).__name__] = msgpack.unpackb(msgpack.packb(values, default=dotted))
        except (TypeError, AttributeError) as error:
            text = f"A setting of {step} in nbgrader_config.py is no plain data: {error}"
            raise GraderFault(text) from error
    return found
