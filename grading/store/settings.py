"""Whether the configuration is ours as a whole; else the sentence that says what is wrong with it.

nbgrader logs a configuration file that it cannot load, and goes on without it: with steps that run
a student's code unguarded, print hidden tests on students' pages, and release whatever lies beside
the source. So nothing here begins before `check_settings` has found all that the course stands on.

``nbgrader_config.json`` lies beside ``nbgrader_config.py`` for this alone. It holds nothing that
can fail, so it is loaded where the other is not; and what it names refuses, or cannot be imported.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader
from traitlets.utils.importstring import import_item

from grading.core import GraderFault

CONFIG = "nbgrader_config.py"
GUARDS = "nbgrader_config.json"
STEPS = "nbgrader.preprocessors."
# Settings without which nothing may begin, and what each of them has to hold.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "Autograde.autograde_preprocessors": (
        "grading.plugins.ExecuteBehindWall",
        f"{STEPS}SaveAutoGrades",
    ),
    "GenerateAssignment.preprocessors": (
        *(f"{STEPS}{name}" for name in ("ClearSolutions", "ClearHiddenTests", "ClearMarkScheme")),
        "grading.plugins.ShareFiles",
    ),
    "GenerateFeedback.preprocessors": (
        *(f"{STEPS}{name}" for name in ("ClearHiddenTests", "ClearMarkScheme")),
        "grading.plugins.Grades",
    ),
    "GenerateFeedback.exporter_class": ("grading.plugins.Page",),
    "CourseDirectory.ignore": ("misconceptions.toml", "right.toml"),
}
# The words at which test cells are split. By others a hidden part would be shown.
MARKS = {"begin_test_delimeter": "BEGIN HIDDEN TESTS", "end_test_delimeter": "END HIDDEN TESTS"}


def check_settings(course: CourseDirectory, config: Config) -> None:
    """Raise GraderFault, with what to do, unless the configuration is ours as a whole."""
    root = Path(course.root)
    why = unread(root)
    if why:
        raise settings_fault(root, why)
    for setting, needed in NEEDS.items():
        section, _, trait = setting.partition(".")
        given = config[section].get(trait, []) if section in config else []
        given = given if isinstance(given, (list, tuple)) else [given]
        missing = [name for name in needed if not any(_is(one, name) for one in given)]
        if missing:
            raise settings_fault(
                root,
                f"c.{setting} has to hold {', '.join(missing)}, which grading.configure(c) sets",
            )
    for trait, words in MARKS.items():
        if config.ClearHiddenTests.get(trait, words) != words:
            raise settings_fault(root, f"c.ClearHiddenTests.{trait} has to be “{words}”")
    guards = JSONFileConfigLoader(GUARDS, str(_place(root))).load_config()
    if guards.NotebookExporter.get("preprocessors") != ["grading.plugins.Guard"]:
        raise settings_fault(
            root, f"{GUARDS} does not name grading.plugins.Guard; put back the course's own"
        )


def settings_fault(root: Path, otherwise: str) -> GraderFault:
    """Return what is wrong with a course's configuration, with what to do.

    Parameters
    ----------
    root : pathlib.Path
        The course folder.
    otherwise : str
        What is wrong if all files can be loaded.
    """
    return GraderFault(
        f"Nothing was done: {unread(root) or otherwise}. Mend that, then do this again; a "
        "formgrader that still says so has to be started again, with its JupyterLab."
    )


def unread(root: Path) -> str:
    """Say which configuration file is missing or cannot be loaded, and why; or nothing.

    nbgrader loads those of the course, of the folder in which it was started, and those of Jupyter.
    """
    place = _place(root)
    for name in (CONFIG, GUARDS):
        if not (place / name).exists():
            return f"there is no {name} in {place}"
    return broken(root)


def _place(root: Path) -> Path:
    """Return where the configuration is: the course folder, or where the command was given.

    It is looked for there as well since it may say itself that the course lies elsewhere.
    """
    for folder in (root.absolute(), Path.cwd()):
        if (folder / CONFIG).exists() or (folder / GUARDS).exists():
            return folder
    return root.absolute()


def broken(root: Path) -> str:
    """Say which of these files is there and cannot be loaded, and why; or nothing."""
    for folder in dict.fromkeys([root.absolute(), Path.cwd(), *map(Path, jupyter_config_path())]):
        for name, loader in ((CONFIG, PyFileConfigLoader), (GUARDS, JSONFileConfigLoader)):
            try:
                if (folder / name).exists():
                    loader(name, str(folder)).load_config()
            except Exception as error:
                lines = [line for file, line in _places(error) if Path(file) == folder / name]
                where = f" in line {lines[-1]}" if lines else ""
                what = error.msg if isinstance(error, SyntaxError) else error
                path = name if folder == root.absolute() else folder / name
                return f"{path} cannot be loaded: {type(error).__name__}{where}: {what}"
    return ""


def _places(error: Exception) -> list[tuple[str, int | None]]:
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    return places


def _is(given: Any, name: str) -> bool:
    """Say whether a value of a setting is what a name says, or a kind of it."""
    if given == name or "." not in name.removesuffix(".toml"):
        return bool(given == name)
    try:
        given = import_item(given) if isinstance(given, str) else given
        return inspect.isclass(given) and issubclass(given, import_item(name))
    except Exception:  # whatever somebody else's module raises
        return False
