"""What of the machine is visible inside the wall, and what of that is covered up."""

from __future__ import annotations

import importlib.metadata
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from grading.core import PACKAGE, GraderFault
from grading.sandbox import inside

# The folder that runs inside, as it is seen there. Its name is one that no student's or
# assignment's module has; beside it lies nothing, and on the path it is but for a moment.
PLACE = "/grader/_inside"
# Where nbgrader keeps an exchange unless it is told otherwise.
EXCHANGE = Path("/usr/local/share/nbgrader").resolve()
PREFIXES = (".", "local", "envs/*")  # of a Python, and of others beneath it
INSTALLED = [f"{prefix}/lib*/python*/*-packages" for prefix in PREFIXES]


def source() -> Path:
    """Return the folder that runs inside, as it lies here."""
    return Path(inside.__file__).resolve().parent


def packages() -> list[str]:
    """Return the folders of installed packages: one, or two where machine code has its own."""
    pure, plain = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
    return [pure] if Path(pure).resolve() == Path(plain).resolve() else [pure, plain]


def views() -> list[str]:
    """Return what of the machine is visible inside, read-only and at its own place.

    The system's libraries and fonts, and the Python installation with its packages.
    """
    system = ["/usr", *(f"/{name}" for name in ("bin", "sbin", "lib", "lib32", "lib64"))]
    system += [f"/etc/{name}" for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "fonts")]
    python = [sys.base_prefix, *packages()]
    return [place for place in dict.fromkeys([*system, *python]) if Path(place).exists()]


def covered(places: Sequence[str]) -> list[Path]:
    """Return what lies beneath ``places`` and is covered up there, since it is ours.

    However the grader is installed, and how often: its package, the modules beside it, the
    record of the installation, and files that lead a Python to the course's folder. And the
    exchange, in which other people's hand-ins lie.
    """
    # The same file may be seen at several places; a link's is that of what it leads to.
    ways = {Path(place): Path(place).resolve() for place in places if not Path(place).is_symlink()}
    folders = {Path(place).resolve() for place in packages()}
    prefixes = {real for real in ways.values() if real.is_dir()} - folders
    folders |= {found for root in prefixes for pattern in INSTALLED for found in root.glob(pattern)}
    own = {source().parents[1], EXCHANGE}
    for folder in folders:
        own |= set(_own(folder))
    seen = {
        way / thing.relative_to(real)
        for way, real in ways.items()
        for thing in own
        if thing.is_relative_to(real) and thing.exists()
    }
    return sorted(seen)


def _own(folder: Path) -> Iterator[Path]:
    """Yield what of this package is installed in a folder.

    Raises GraderFault when there is no telling.
    """
    for installed in importlib.metadata.distributions(name=PACKAGE, path=[str(folder)]):
        if installed.files is None:
            raise GraderFault(
                f"{PACKAGE} in {folder} has no record of its files, so they cannot be kept from "
                "submissions; install it again with pip. Nothing was graded."
            )
        for file in installed.files:
            first, *more = file.parts
            if first == "..":  # what no Python imports from here
                continue
            if more and first != "__pycache__":
                yield folder / first
                continue
            yield folder / file
            # Python may have written more byte code than was recorded.
            yield from folder.glob(f"__pycache__/{file.name.partition('.')[0]}.*")
