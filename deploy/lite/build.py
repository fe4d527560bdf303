"""Build a site on which the lessons run in a browser, with nothing to install.

``make lite`` runs this. The site is JupyterLite with the folders of ``notebooks/`` that are
named: static files, for any web server. Python itself is Pyodide; the site takes it from
Pyodide's CDN, or from where ``--pyodide`` says.

Sources: https://jupyterlite.readthedocs.io/en/stable/reference/cli.html,
https://jupyterlite-pyodide-kernel.readthedocs.io, https://pyodide.org/en/stable/usage/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIG = "jupyter-lite.json"
START = "index.ipynb"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
COMM = "comm==0.2.3"  # the kernel imports it, and Pyodide has none

# What of a Pyodide folder the lessons need: its core, and these with all that they depend on.
CORE = ["pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"]
LOCK = "pyodide-lock.json"
PACKAGES = ["micropip", "ssl", "sqlite3", "jedi", "ipython", "numpy", "matplotlib"]


def main() -> None:
    """Read the command line, build, and say what comes next; one sentence if it cannot be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("assignments", nargs="+", help="folders of notebooks/, as 01_rnn")
    parser.add_argument("--output", type=Path, default=ROOT / "_site", help="where the site goes")
    parser.add_argument(
        "--pyodide",
        default="",
        help="a folder with Pyodide, which is copied, or the address of one, which is not",
    )
    given = parser.parse_args()
    try:
        build(given.assignments, given.output.resolve(), given.pyodide)
    except (OSError, ValueError) as error:
        sys.exit(f"No site was built: {error}")
    print(f"The site is in {given.output}, with {', '.join(given.assignments)} and nothing else.")
    print(f"  where a student begins: <your address>/notebooks/index.html?path={START}")
    for assignment in given.assignments:
        print(f"  a student's link: <your address>/{link(assignment)}")
    print(f"To look at it here: python -m http.server --bind 127.0.0.1 --directory {given.output}")


def link(assignment: str) -> str:
    """Return the part of a student's link that follows the address of the site."""
    (path,) = (ROOT / "notebooks" / assignment).glob("*.ipynb")
    return f"notebooks/index.html?path={assignment}/{path.name}"


def build(assignments: list[str], output: Path, pyodide: str = "") -> None:
    """Write the site; one that is there already stays until the new one is complete.

    Parameters
    ----------
    assignments : list of str
        Names of folders of ``notebooks/``.
    output : pathlib.Path
        Where the site goes; made, or replaced if it holds a site.
    pyodide : str
        A folder, the address of a folder, or nothing for Pyodide's CDN.

    Raises
    ------
    ValueError
        If an assignment has not been released, if ``output`` is something else, if a folder
        with Pyodide is not complete or not what its list says, or if a step fails.
    """
    for name in assignments:
        if not list((ROOT / "notebooks" / name).glob("*.ipynb")):
            raise ValueError(f"notebooks/{name} holds no notebook; run `make notebooks` first.")
    if output.exists() and not (output / CONFIG).exists():
        raise ValueError(f"{output} is there and holds no site; name another with --output.")
    with tempfile.TemporaryDirectory(prefix="lite-") as folder:
        work = Path(folder)
        config = json.loads((HERE / CONFIG).read_text("utf-8"))
        settings = config["jupyter-config-data"]["litePluginSettings"][f"{KERNEL}:kernel"]
        local: list[Path] = []
        if re.match("https?://", pyodide):
            settings["pyodideUrl"] = f"{pyodide.rstrip('/')}/pyodide.js"
        elif pyodide:
            local = _files(Path(pyodide), _version(settings["pyodideUrl"]))
            settings["pyodideUrl"] = "./pyodide/pyodide.js"
        (work / CONFIG).write_text(json.dumps(config), encoding="utf-8")
        for name in assignments:
            ignored = shutil.ignore_patterns(".*", "__pycache__")
            shutil.copytree(ROOT / "notebooks" / name, work / "files" / name, ignore=ignored)
        nbformat.write(_start_page(assignments), work / "files" / START)
        _run("pip", "download", "--quiet", "--no-deps", "--dest", "wheels", COMM, at=work)
        build_config = {
            "apps": ["notebooks", "tree", "edit", "consoles"],
            "contents": ["files"],
            "output_dir": "site",
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            # Of what JupyterLab has installed here, nbgrader's tools need a server.
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [f"{sys.prefix}/share/jupyter/labextensions/{KERNEL}"],
        }
        given = {"LiteBuildConfig": build_config, "PipliteAddon": {"piplite_urls": ["wheels"]}}
        (work / "jupyter_lite_config.json").write_text(json.dumps(given), encoding="utf-8")
        _run("jupyterlite_core", "build", at=work)
        for path in local:
            (work / "site" / "pyodide").mkdir(exist_ok=True)
            shutil.copy(path, work / "site" / "pyodide")
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(work / "site", output)


def _start_page(assignments: list[str]) -> nbformat.NotebookNode:
    """Return the start page with no lesson but these: what has not been given out is not named."""
    page = nbformat.read(ROOT / "notebooks" / START, 4)
    page.cells = [c for c in page.cells if c.metadata.get("assignment", "") in ("", *assignments)]
    numbers = {f"L{int(found[0])}" for name in assignments if (found := re.match(r"\d+", name))}
    lines = page.cells[0].source.split("\n")
    page.cells[0].source = "\n".join(
        line for line in lines if set(re.findall(r"\bL\d+\b", line)) <= numbers
    )
    return page


def needed(lock: dict[str, dict[str, dict]]) -> dict[str, str]:
    """Return the packages of Pyodide that the lessons need: SHA-256 by name of the file."""
    found: dict[str, str] = {}
    waiting = list(PACKAGES)
    while waiting:
        package = lock["packages"][waiting.pop().lower().replace("_", "-")]
        if package["file_name"] not in found:
            found[package["file_name"]] = package["sha256"]
            waiting += package["depends"]
    return found


def _files(folder: Path, version: str) -> list[Path]:
    """Return what is needed of a folder with Pyodide, after a look at each file."""
    missing = [name for name in [*CORE, LOCK] if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"{folder} is no folder of Pyodide: {', '.join(missing)} missing.")
    lock = json.loads((folder / LOCK).read_text("utf-8"))
    if lock["info"]["version"] != version:
        raise ValueError(
            f"{folder} holds Pyodide {lock['info']['version']}; this site runs on {version}."
        )
    packages = needed(lock)
    for name, wanted in packages.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(
                f"{folder} lacks {name}; unpack the full release of Pyodide {version}."
            )
        if hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            raise ValueError(f"{path} is not the file that {LOCK} names; fetch it again.")
    return [folder / name for name in [*CORE, LOCK, *packages]]


def _version(address: str) -> str:
    found = re.search(r"/v([0-9.]+)/", address)
    if found is None:
        raise ValueError(f"{CONFIG} names no version of Pyodide: {address}.")
    return found[1]


def _run(*words: str, at: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=at, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise ValueError("\n".join([f"`{' '.join(words[:2])}` failed.", *said]))


if __name__ == "__main__":
    main()
