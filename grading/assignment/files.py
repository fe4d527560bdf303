"""What lies beside a notebook in its release: read, laid out, and imported from there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from grading.assignment import misconceptions
from grading.core import GraderFault


def shared_files(root: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Return the files of the course folder that lie beside every notebook, by name.

    Parameters
    ----------
    root : pathlib.Path
        The course folder.
    names : sequence of str
        Files in it, and folders, of which everything is taken.

    Raises
    ------
    GraderFault
        When there is none of that name.
    """
    found: dict[str, bytes] = {}
    for name in names:
        path = root / name
        if not path.exists():
            raise GraderFault(f"c.ShareFiles.files names {name}, and there is none in {root}.")
        inside = _files(path) if path.is_dir() else [path]
        found |= {one.relative_to(root).as_posix(): one.read_bytes() for one in inside}
    return found


def course_files(folder: Path, shared: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that lie beside a notebook in its release, by name.

    Parameters
    ----------
    folder : pathlib.Path
        The source of the assignment.
    shared : mapping of str to bytes
        What all assignments share.

    Raises
    ------
    GraderFault
        When two of them have one name, so that one would be lost.
    """
    # They hold answers, and students see the rest.
    kept = (misconceptions.WRONG, misconceptions.RIGHT)
    own = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in _files(folder)
        if path.suffix != ".ipynb" and path.name not in kept
    }
    for name in sorted(own.keys() & shared.keys()):
        raise GraderFault(
            f"{folder / name} would take the place of the {name} that all assignments share: "
            "give it another name."
        )
    return own | dict(shared)


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder, at whatever depth, without hidden ones and byte code."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    ]


@contextlib.contextmanager
def in_lesson(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Be in a folder with a lesson's files: where a kernel would start, with data and modules.

    Modules that go by the name of one of them, such as another lesson's, are set aside meanwhile.
    """
    home = Path.cwd()
    with TemporaryDirectory(prefix="lesson-") as name:
        place = Path(name).resolve()
        lay_out(files, place)
        aside = {name: sys.modules.pop(name) for name in loaded(files)}
        os.chdir(place)
        sys.path.insert(0, str(place))
        try:
            yield place
        finally:
            sys.path.remove(str(place))
            os.chdir(home)
            for name in loaded(files):
                del sys.modules[name]
            sys.modules.update(aside)


def lay_out(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder, by their names in it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def loaded(files: Iterable[str]) -> list[str]:
    """Return which modules are loaded that go by the name of one among files, or its package."""
    own = {name.removesuffix(".py").split("/")[0] for name in files if name.endswith(".py")}
    return [name for name in sys.modules if name.split(".")[0] in own]
