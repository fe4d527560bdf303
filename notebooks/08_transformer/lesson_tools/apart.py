"""A cell of another notebook, run so that this notebook is as before.

Its lesson has modules of the same names as this one's. Its code may print, draw, draw random
numbers, change NumPy or never end: whatever it does but work becomes a `Refused`, with the reason
in a few words.
"""

import contextlib
import importlib
import io
import random
import signal
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).absolute().parent.parent
PATIENCE = 10  # seconds for a cell and its public test: without a mistake it takes less than one
LONGEST = 200  # characters of what a public test says
RUN = set()  # what the cells are called that were run, as a file is called elsewhere


class Refused(Exception):
    """Why it is the given function: what stands in the brackets."""


class _Late(BaseException):
    """The time is over; no ``except Exception`` of a student's holds it up."""


@contextlib.contextmanager
def as_in(folder, modules):
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
def apart():
    """Let a student's cell and its public test do nothing to this notebook but be run.

    It gives a list, in which stands what the student's code prints. How it fails becomes a
    Refused.
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
    except Refused:
        raise
    except BaseException as error:
        raise Refused(_why(error)) from None
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        changed = {name: one for name, one in numpy.items() if vars(np).get(name) is not one}
        vars(np).update(changed)
        for number in set(_figures()) - set(figures):
            sys.modules["matplotlib.pyplot"].close(number)
        if changed:
            raise Refused("yours changes NumPy for all")


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
    return frame.f_code.co_filename in RUN


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
