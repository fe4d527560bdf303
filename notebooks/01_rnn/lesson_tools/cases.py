"""The public cases of a lesson's exercises: what they are called with, and what is expected.

A lesson's tests lie in a file of ``lesson_tools`` that ends in ``_tests.py``. Beside it,
``expected.json`` holds the expected numbers, and ``hints.json`` what common mistakes return, as
numbers, and a sentence about each. ``make notebooks`` writes both.
"""

import contextlib
import copy
import functools
import json
import textwrap
from pathlib import Path

import numpy as np

from lesson_tools.checks import Mismatch, check, name_of, passed, require_function
from lesson_tools.counting import calls_of, check_once
from lesson_tools.hints import explain
from lesson_tools.stale import stale


class PublicCases:
    """The public cases of the exercises of one lesson.

    Parameters
    ----------
    tests : str
        The file of the lesson's tests: their ``__file__``.
    probes : dict of str to list of tuple, optional
        Of an exercise sizes like those of its cases. Nothing is compared on them: what comes of
        them tells mistakes apart that look alike in the cases.
    **exercises : tuple of (callable, list of tuple, str)
        Of each exercise the maker of its arguments; for each case the sizes that the maker is
        called with, and at the end of them perhaps a dict of options; and what the sizes are
        called. A generator whose seed is the number of the case is given to the maker first.
    """

    def __init__(self, tests, probes=None, **exercises):
        self._folder = Path(tests).parent
        self._probes = probes or {}
        self._exercises = exercises
        self._recorded = None

    def __contains__(self, name):
        return name in self._exercises

    def of(self, name):
        """Yield the cases of an exercise: number, arguments by name, and its sizes in words."""
        yield from self._made(name, self._exercises[name][1])

    def probes(self, name):
        """Return the arguments of an exercise's probes, each by name."""
        return [given for _, given, _ in self._made(name, self._probes.get(name, []))]

    def _made(self, name, sizes_of_all):
        maker, _, words = self._exercises[name]
        for number, sizes in enumerate(sizes_of_all):
            options = sizes[-1] if isinstance(sizes[-1], dict) else {}
            sizes = sizes[: len(sizes) - bool(options)]
            said = dict(zip(words.split(), sizes, strict=False))
            said |= {word.replace("_", " "): value for word, value in options.items()}
            text = ", ".join(f"{word}={n}" for word, n in said.items())
            yield number, maker(np.random.RandomState(number), *sizes, **options), text

    def compare(self, target, name, pick=None, axes=None, also=None):
        """Test an exercise that returns a dict of arrays, or the one number that ``pick`` names.

        What ``also`` names is called with the function when all cases are right: a further check.
        """
        with self.explained(target, name):
            for case, given, sizes in self.of(name):
                want = self.stored(target, case, given, pick or dict)
                check(target, given, want, sizes, float if pick else dict, axes)
            if also:
                also(target)
        passed(target)

    def once(self, target, name, inner, steps):
        """Check that a loop calls the function ``inner`` of its notebook once for each step.

        Parameters
        ----------
        steps : callable
            Takes the arguments of a case, and returns how many steps there are.
        """
        step = getattr(target, "__globals__", {}).get(inner)
        for _, given, _ in self.of(name):
            check_once(target, inner, calls_of(step, target, given), steps(*given.values()))

    @contextlib.contextmanager
    def explained(self, target, name):
        """Let a failure say what it looks like, if the function does what a common mistake does.

        A function that its cell has not made is told instead of passing, and in front of what is
        wrong with it.
        """
        older = stale(target, name)
        try:
            yield
            if older:
                raise Mismatch(older)
        except Mismatch as wrong:
            if older:
                raise Mismatch(older, "" if wrong.brief == older else f"\n\n{wrong}") from None
            if isinstance(wrong.__cause__, NotImplementedError):
                raise
            known = _read(self._folder / "hints.json").get(name, [])
            given = [*(given for _, given, _ in self.of(name)), *self.probes(name)]
            said = explain(target, known, given)
            more = "".join(f"\n\n{textwrap.fill(text, 88)}" for text in said)
            raise Mismatch(wrong.brief, wrong.detail + more) from wrong.__cause__

    def stored(self, target, case, given, pick):
        """Return the expected arrays of one case, by name.

        Parameters
        ----------
        target : callable
            The function under test.
        case : int
            Which case of that function.
        given : dict
            Its arguments.
        pick : callable
            Takes what the function returns and gives the dict of arrays to store. It is
            used while the values are recorded, never in a test.
        """
        require_function(target)
        key = f"{name_of(target)} {case}"
        if self._recorded is not None:
            self._recorded[key] = pick(target(*copy.deepcopy(given).values()))
            return dict(self._recorded[key])
        known = _read(self._folder / "expected.json")
        if key not in known:
            raise Mismatch(f"There are no public tests for a function called {name_of(target)}.")
        return {name: np.array(values, dtype=float) for name, values in known[key].items()}

    def record(self, test, function):
        """Run a test of this lesson on the solution; return what it should expect.

        Returns
        -------
        dict of str to dict
            For each case the arrays that the test stores, by name.
        """
        self._recorded = {}
        try:
            test(function)
            return self._recorded
        finally:
            self._recorded = None


@functools.cache
def _read(path):
    return json.loads(path.read_text("utf-8"))
