"""docs/settings.md: it names every setting, with its default, and none that does not exist."""

import importlib
import inspect
import pkgutil
import re

from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.exchange.default import Exchange
from traitlets.config import Configurable

import grading
from tests.support.course import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")

HUB = "jupyterhub.md"  # names JupyterHub's settings, too, which is not installed here


def ours():
    """Return the grader's own configurable classes, by name."""
    found = {}
    for module in pkgutil.walk_packages(grading.__path__, "grading."):
        if module.name.endswith("__main__"):
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            own = getattr(thing, "__module__", "").startswith("grading.")
            if own and inspect.isclass(thing) and issubclass(thing, Configurable):
                found[name] = thing
    return found


def settings():
    """Return each setting that the grader adds, as Class.name, with its default."""
    return {
        f"{name}.{trait}": what.default_value
        for name, cls in ours().items()
        for trait, what in cls.class_own_traits(config=True).items()
    }


def rows():
    """Return the cells of each row of settings.md that begins with a setting."""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        named = re.match(r"`(\w+\.\w+)`", cells[0])
        if line.startswith("|") and named:
            yield named[1], cells


def number(text):
    """Return a number as the page writes it, with its unit."""
    value, _, unit = text.partition(" ")
    return float(value) * {"": 1, "MiB": 2**20, "GiB": 2**30}[unit]


def test_the_page_names_every_setting_of_the_grader_with_its_default():
    said = {name: cells[1] for name, cells in rows() if name in settings()}
    assert set(said) == set(settings())
    for name, default in settings().items():
        if isinstance(default, (int, float)):
            assert number(said[name]) == default, name


def test_the_page_says_what_this_course_sets():
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    said = dict(rows())
    for name, value in re.findall(r"^c\.(ExecuteBehindWall\.\w+) = ([\d.]+)", config, re.M):
        assert float(said[name][2]) == float(value), name
    wanted = set(re.findall(r"^c\.(\w+\.\w+) ", config, re.M))
    assert not [name for name in wanted if f"`{name}`" not in PAGE]


def known():
    """Return every class that nbgrader or nbconvert configures, by name."""
    classes = [*NbGraderApp().all_configurable_classes(), Exchange, HTMLExporter, NotebookExporter]
    return {cls.__name__: cls for cls in classes}


def test_the_page_says_nbgraders_own_defaults():
    table = PAGE.partition("## nbgrader's own")[2]
    said = {name: cells[1].strip("`") for name, cells in rows() if f"\n| `{name}`" in table}
    assert len(said) > 5
    theirs = known()
    for name, default in said.items():
        cls, _, trait = name.partition(".")
        value = theirs[cls].class_traits(config=True)[trait].default_value
        assert default == str(getattr(value, "__name__", value)), name


def test_every_setting_that_the_pages_name_exists():
    classes = known() | ours()
    pages = [page for page in (ROOT / "docs").glob("*.md") if page.name != HUB]
    every = "\n".join(page.read_text("utf-8") for page in pages)
    named = set(re.findall(r"`(?:c\.)?([A-Z]\w*[a-z]\w*\.(?!ipynb)[a-z]\w+)(?: = [^`]*)?`", every))
    assert len(named) > 20
    for name in named - {"Class.name"}:
        cls, _, trait = name.partition(".")
        assert classes[cls].class_traits(config=True).get(trait), name
