"""Functions that a student has written in an earlier lesson, in place of the given ones.

A lesson brings what it needs of earlier ones, finished. `own_parts` looks for the notebooks of
those lessons in the folders beside this one, and runs of them nothing but the cells of the
exercises that it is asked for, and of those that they call. A function that passes its public test
takes the place of the given one; whatever is odd leaves the given one, and is said in a sentence.

The grader sees no other notebook than the one that it grades. So there all are the given ones.
"""

import ast
import contextlib
import functools
import importlib
import json
import linecache
import textwrap
import warnings
from pathlib import Path

from .apart import RUN, Refused, apart, as_in

HERE = Path(__file__).absolute().parent.parent
LARGEST = 50_000_000  # bytes of a notebook
FIRST = "imports"  # the id of a notebook's first code cell
_GIVEN = {}  # of each function that was handed out, by its id: it, and the one whose place it took


def own_parts(mine, *given, beside=None):
    """Return functions, each a student's own one where there is one that passes its public test.

    Parameters
    ----------
    mine : bool
        Whether to look for them. If not, the given ones are returned and nothing is said.
    *given : callable
        The finished functions. Each has the name of its exercise.
    beside : pathlib.Path, optional
        The folder with the folders of the lessons: as a rule that in which this lesson's lies.

    Returns
    -------
    tuple of callable
        As many, in the same order.
    """
    given = [_GIVEN.get(id(one), (one, one))[1] for one in given]
    if not mine:
        return tuple(given)
    finished = {one.__name__: one for one in given}
    lessons = [
        _Lesson(path, finished)
        for path in sorted((beside or HERE.parent).glob("*/lesson_tools/*_tests.py"))
        if path.parts[-3][0] != "." and path.parent.parent != HERE and _same_owner(path)
    ]
    return tuple(_chosen(name, one, lessons) for name, one in finished.items())


def _chosen(name, given, lessons):
    """Return a student's own function or the given one, and say which it is."""
    try:
        own = _the_one(name, lessons).own(name)
    except Exception as error:  # what nobody has thought of is no reason to stop this lesson
        why = error if isinstance(error, Refused) else f"yours is odd: {type(error).__name__}"
        print(textwrap.fill(f"{name}: given ({why})", 88, subsequent_indent="    "))
        return given
    print(f"{name}: yours")
    _GIVEN[id(own)] = own, given
    return own


def _the_one(name, lessons):
    """Return the lesson that has an exercise."""
    found = [one for one in lessons if one.has(name)]
    if not found:
        raise Refused("no folder beside this one holds a lesson with this exercise")
    if len(found) > 1:
        folders = " and ".join(one.folder.name for one in found)
        raise Refused(f"{folders} both hold a lesson with this exercise")
    return found[0]


def _same_owner(path):
    """Say whether a file is of whom this lesson is: nobody else's code is run."""
    try:
        return path.is_file() and path.stat().st_uid == HERE.stat().st_uid
    except OSError:
        return False


class _Lesson:
    """An earlier lesson: its notebook, as the student has left it, and its public tests.

    Parameters
    ----------
    tests : pathlib.Path
        The file of its public tests. The notebook is called after it.
    given : dict of str to callable
        The finished functions, by name.
    """

    def __init__(self, tests, given):
        self.folder = tests.parent.parent
        self._tests = tests
        self._stem = tests.name.removesuffix("_tests.py")
        self._file = self.folder / f"{self._stem}.ipynb"
        self._said = f"{self.folder.name}/{self._file.name}"
        self._given = given
        self._made = {}
        self._modules = {}  # its own, by name: reading them takes most of the time

    def has(self, name):
        """Say whether the lesson has this exercise, by a look at the text of its tests."""
        return f"def {name}_test(" in self._tests.read_text("utf-8", "replace")

    def own(self, name):
        """Return the student's function, if it passes its public test; else raise Refused."""
        if name not in self._made:
            self._made[name] = Refused("yours calls itself by way of another exercise")
            try:
                self._made[name] = self._tried(name)
            except Refused as why:
                self._made[name] = why
        if isinstance(self._made[name], Refused):
            raise self._made[name]
        return self._made[name]

    def _tried(self, name):
        source, called = self._cell(name), f"<{self._said}, {name}>"
        tree, code = _parsed(source, called)
        RUN.add(called)
        linecache.cache[called] = len(source), None, source.splitlines(keepends=True), called
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {name}
        space = {"__name__": self._stem, **self._exercises(names)}
        with as_in(self.folder, self._modules):
            test = self._test(name)
            with apart() as printed:
                for statement in self._imports(names):
                    with contextlib.suppress(Exception):  # what misses it says so
                        exec(statement, space)
                exec(code, space)
                if not callable(space.get(name)):
                    raise Refused(f"its cell makes no function {name}")
                printed.clear()
                test(space[name])
        if printed:
            raise Refused("yours prints while it works")
        return space[name]

    def _exercises(self, names):
        """Return which exercises of its notebook a function calls: own ones, else given ones."""
        found = {}
        for name in sorted(names & set(self._cells) - {FIRST}):
            try:
                found[name] = self.own(name)
            except Refused as why:
                if name not in self._given:
                    raise Refused(f"yours calls {name}, and there {why}") from None
                found[name] = self._given[name]
        return found

    def _imports(self, names):
        """Yield what the notebook's first code cell imports under these names, and no more."""
        try:
            nodes = ast.parse("".join(self._cells.get(FIRST, [])[:1])).body
        except (SyntaxError, ValueError):
            return
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                node.names = [one for one in node.names if (one.asname or one.name) in names]
                if node.names:
                    yield compile(ast.Module([node], []), "<imports>", "exec")

    def _test(self, name):
        try:
            module = importlib.import_module(f"lesson_tools.{self._tests.stem}")
            return getattr(module, f"{name}_test")
        except Exception:
            raise Refused(f"the public tests of {self.folder.name} cannot be loaded") from None

    def _cell(self, name):
        found = self._cells.get(name, [])
        if not found:
            raise Refused(f"{self._said} has no cell with the id of this exercise")
        if len(found) > 1:
            raise Refused(f"{self._said} has {len(found)} cells with the id of this exercise")
        return found[0]

    @functools.cached_property
    def _cells(self):
        """The sources of cells that are the first one or an exercise, by nbgrader's id."""
        if not _same_owner(self._file):
            raise Refused(f"there is no {self._said}")
        found = {}
        try:
            if self._file.stat().st_size > LARGEST:
                raise Refused(f"{self._said} is too large to be read")
            for cell in json.loads(self._file.read_text("utf-8"))["cells"]:
                mark = cell.get("metadata", {}).get("nbgrader", {})
                wanted = mark.get("solution") or mark.get("grade_id") == FIRST
                if cell["cell_type"] == "code" and wanted:
                    found.setdefault(mark["grade_id"], []).append("".join(cell["source"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused(f"{self._said} cannot be read as a notebook") from None
        return found


def _parsed(source, called):
    """Return a cell as a tree and as code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            return tree, compile(tree, called, "exec")
    except Exception as error:
        line = getattr(error, "lineno", None)
        where = f"line {line} of yours" if line else "yours"
        raise Refused(f"{where} is no plain Python") from None
