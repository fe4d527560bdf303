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
import io
import json
import linecache
import random
import signal
import sys
import textwrap
import threading
import time
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).absolute().parent.parent
PATIENCE = 10  # seconds for a cell and its public test: without a mistake it takes less than one
LARGEST = 50_000_000  # bytes of a notebook
FIRST = "imports"  # the id of a notebook's first code cell
LONGEST = 200  # characters of what a public test says
_RUN = set()  # what the cells are called that were run, as a file is called elsewhere
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
        why = error if isinstance(error, _Refused) else f"yours is odd: {type(error).__name__}"
        print(textwrap.fill(f"{name}: given ({why})", 88, subsequent_indent="    "))
        return given
    print(f"{name}: yours")
    _GIVEN[id(own)] = own, given
    return own


def _the_one(name, lessons):
    """Return the lesson that has an exercise."""
    found = [one for one in lessons if one.has(name)]
    if not found:
        raise _Refused("no folder beside this one holds a lesson with this exercise")
    if len(found) > 1:
        folders = " and ".join(one.folder.name for one in found)
        raise _Refused(f"{folders} both hold a lesson with this exercise")
    return found[0]


def _same_owner(path):
    """Say whether a file is of whom this lesson is: nobody else's code is run."""
    try:
        return path.is_file() and path.stat().st_uid == HERE.stat().st_uid
    except OSError:
        return False


class _Refused(Exception):
    """Why it is the given function: what stands in the brackets."""


class _Late(BaseException):
    """The time is over; no ``except Exception`` of a student's holds it up."""


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
        """Return the student's function, if it passes its public test; else raise _Refused."""
        if name not in self._made:
            self._made[name] = _Refused("yours calls itself by way of another exercise")
            try:
                self._made[name] = self._tried(name)
            except _Refused as why:
                self._made[name] = why
        if isinstance(self._made[name], _Refused):
            raise self._made[name]
        return self._made[name]

    def _tried(self, name):
        source, called = self._cell(name), f"<{self._said}, {name}>"
        tree, code = _parsed(source, called)
        _RUN.add(called)
        linecache.cache[called] = len(source), None, source.splitlines(keepends=True), called
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {name}
        space = {"__name__": self._stem, **self._exercises(names)}
        with _as_in(self.folder, self._modules):
            test = self._test(name)
            with _apart() as printed:
                for statement in self._imports(names):
                    with contextlib.suppress(Exception):  # what misses it says so
                        exec(statement, space)
                exec(code, space)
                if not callable(space.get(name)):
                    raise _Refused(f"its cell makes no function {name}")
                printed.clear()
                test(space[name])
        if printed:
            raise _Refused("yours prints while it works")
        return space[name]

    def _exercises(self, names):
        """Return which exercises of its notebook a function calls: own ones, else given ones."""
        found = {}
        for name in sorted(names & set(self._cells) - {FIRST}):
            try:
                found[name] = self.own(name)
            except _Refused as why:
                if name not in self._given:
                    raise _Refused(f"yours calls {name}, and there {why}") from None
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
            raise _Refused(f"the public tests of {self.folder.name} cannot be loaded") from None

    def _cell(self, name):
        found = self._cells.get(name, [])
        if not found:
            raise _Refused(f"{self._said} has no cell with the id of this exercise")
        if len(found) > 1:
            raise _Refused(f"{self._said} has {len(found)} cells with the id of this exercise")
        return found[0]

    @functools.cached_property
    def _cells(self):
        """The sources of cells that are the first one or an exercise, by nbgrader's id."""
        if not _same_owner(self._file):
            raise _Refused(f"there is no {self._said}")
        found = {}
        try:
            if self._file.stat().st_size > LARGEST:
                raise _Refused(f"{self._said} is too large to be read")
            for cell in json.loads(self._file.read_text("utf-8"))["cells"]:
                mark = cell.get("metadata", {}).get("nbgrader", {})
                wanted = mark.get("solution") or mark.get("grade_id") == FIRST
                if cell["cell_type"] == "code" and wanted:
                    found.setdefault(mark["grade_id"], []).append("".join(cell["source"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _Refused(f"{self._said} cannot be read as a notebook") from None
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
        raise _Refused(f"{where} is no plain Python") from None


@contextlib.contextmanager
def _as_in(folder, modules):
    """Let modules be those of another lesson's folder: it has files of the same names.

    Those that have been read are in ``modules``, and remain there.
    """
    path, before = sys.path[:], _modules_of(HERE)
    for name in before:
        del sys.modules[name]
    sys.modules.update(modules)
    sys.path[:] = [str(folder), *(one for one in path if not Path(one, "lesson_tools").is_dir())]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        modules.update(_modules_of(folder))
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(before)
        importlib.invalidate_caches()


def _modules_of(folder):
    """Return the modules that lie in a lesson's folder, by name."""
    return {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "lesson_tools"
        or Path(getattr(module, "__file__", None) or ".").parent == folder
    }


@contextlib.contextmanager
def _apart():
    """Let a student's cell and its public test do nothing to this notebook but be run.

    It gives a list, in which stands what the student's code prints. How it fails becomes a
    _Refused.
    """
    printed, numpy, figures = [], dict(vars(np)), _figures()
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - what students call
    out = _Sink(printed)
    try:
        with contextlib.ExitStack() as stack:
            for one in (contextlib.redirect_stdout(out), contextlib.redirect_stderr(out)):
                stack.enter_context(one)
            for one in (warnings.catch_warnings(), np.errstate(), np.printoptions(), _limit()):
                stack.enter_context(one)
            warnings.simplefilter("ignore")
            yield printed
    except _Refused:
        raise
    except BaseException as error:
        raise _Refused(_why(error)) from None
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        changed = {name: one for name, one in numpy.items() if vars(np).get(name) is not one}
        vars(np).update(changed)
        for number in set(_figures()) - set(figures):
            sys.modules["matplotlib.pyplot"].close(number)
        if changed:
            raise _Refused("yours changes NumPy for all")


def _why(error):
    """Return why a function is not taken, from how its cell or its public test ended."""
    brief, cause = getattr(error, "brief", None), error.__cause__
    if isinstance(error, KeyboardInterrupt):
        return "you stopped the test of yours"
    if isinstance(error, _Late):
        return f"yours was stopped after {PATIENCE} seconds"
    if isinstance(cause if brief else error, NotImplementedError):
        return "yours is not finished"
    missing = cause if brief else error
    if type(missing) is NameError:
        return f"yours needs {missing.name}, which its cell does not make"
    if not brief:
        return f"the cell of yours stops with {type(error).__name__}"
    text = brief.strip().split("\n")[-1].strip()  # above it stands in which case
    text = text if len(text) < LONGEST else f"{text[:LONGEST]} …"
    kind = f", {type(cause).__name__}" if cause else ""
    return f"yours does not pass its public test: {text}{kind}"


def _figures():
    plot = sys.modules.get("matplotlib.pyplot")
    return plot.get_fignums() if plot else []


class _Sink(io.TextIOBase):
    """What is printed is lost; a list remembers that a student's own code has printed."""

    def __init__(self, printed):
        self._printed = printed

    def write(self, text):
        frame = sys._getframe(1)
        while frame and not self._printed:
            if _theirs(frame):
                self._printed.append(True)
            frame = frame.f_back
        return len(text)


def _theirs(frame):
    """Say whether a piece of a student's cell runs in a frame."""
    return frame.f_code.co_filename in _RUN


@contextlib.contextmanager
def _limit():
    """Stop what takes longer than `PATIENCE`: by an alarm, or by a look at each step."""
    if _has_alarm():

        def late(*_):
            raise _Late

        before = signal.signal(signal.SIGALRM, late)
        timer = signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, *timer)
        return
    end, before = time.monotonic() + PATIENCE, sys.gettrace()

    def look(frame, event, argument):
        if not _theirs(frame):
            return None
        if time.monotonic() > end:
            raise _Late
        frame.f_trace_opcodes = True  # `while True: pass` is one line that runs once
        return look

    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


def _has_alarm():
    """Say whether there are alarms: not on Windows, and in a browser they never ring."""
    return (
        hasattr(signal, "setitimer")
        and sys.platform != "emscripten"
        and threading.current_thread() is threading.main_thread()
    )
