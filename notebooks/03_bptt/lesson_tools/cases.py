"""The public cases of a lesson's exercises: what they are called with, and what is expected.

A lesson's tests lie in a file of ``lesson_tools`` that ends in ``_tests.py``. Beside it,
``expected.json`` holds the expected numbers, and ``hints.json`` what common mistakes return, as
numbers, and a sentence about each. ``make notebooks`` writes both. Among the expected numbers are
some that stand for what comes of each case when one of its inputs is taken away; see `probing`.
"""

import contextlib
import copy
import functools
import importlib
import json
import re
import textwrap
import time
from pathlib import Path

import numpy as np

from lesson_tools.arrangement import MANY, one_side
from lesson_tools.checks import Mismatch, check, name_of, passed, require_function
from lesson_tools.counting import calls_of, check_once
from lesson_tools.described import listed
from lesson_tools.earlier import asking, look_first
from lesson_tools.hints import PERHAPS, explain
from lesson_tools.probing import (
    about_calls,
    about_cases,
    about_inputs,
    calls,
    close,
    results,
    without_each,
)
from lesson_tools.shapes import sizes_in
from lesson_tools.stale import stale

PATIENCE = 2.0  # seconds for all cases: what is slower is not called some twenty times more
FILLED = {"zeros", "zeros_like"}
GUESS = re.compile(r"\n  [^\n]*: perhaps nothing was written (there|to it)\.")
ALONE, ENOUGH = 4, 3  # times one example and one step; of so many numbers at the least
SIDE = re.compile(r"\n  (Every number of it [^\n]*)")
MOST_SEEN = 2  # sentences about what is to be seen in all cases and without each input


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
        self._folder, self._tests = Path(tests).parent, Path(tests).stem
        self._probes = probes or {}
        self._exercises = exercises
        self._recorded = None
        self._picks = {}

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
                elsewhere = functools.partial(self.wrong_elsewhere, target, name, case)
                form = float if pick else dict
                check(target, given, want, sizes, form, axes, elsewhere=elsewhere)
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
            if isinstance(wrong.__cause__, NotImplementedError) or asking:
                raise
            known = _read(self._folder / "hints.json").get(name, [])
            given = [*(given for _, given, _ in self.of(name)), *self.probes(name)]
            said, detail = explain(target, known, given), self._sided(target, name, wrong)
            first = look_first(target, importlib.import_module(f"lesson_tools.{self._tests}"))
            if not FILLED & set(getattr(getattr(target, "__code__", None), "co_names", FILLED)):
                detail = GUESS.sub("", detail)  # no array is made there to be written to
            if first:
                said = [first, *(text for text in said if not text.startswith(PERHAPS))]
            elif any(not text.startswith(PERHAPS) for text in said):  # nothing is guessed then
                detail = GUESS.sub("", detail)
            else:
                from lesson_tools.reading import reading  # for an answer that nothing else explains

                seen = [
                    *reading(target, given[0] if given else {}, wrong.__cause__ is not None),
                    *self._observed(target, name, wrong),
                ]
                said = [*said, *filter(None, [" ".join(seen)])]
            filled = [textwrap.fill(text, 88, break_on_hyphens=False) for text in said]
            more = "".join(f"\n\n{text}" for text in filled)
            raise Mismatch(wrong.brief, detail + more) from wrong.__cause__

    def _sided(self, target, name, wrong):
        """Return what is said of a wrong value, without a side that it is not on in all cases."""
        said, pick = SIDE.search(wrong.detail), self._picks.get(name)
        if not said or not pick or not wrong.value:
            return wrong.detail
        for case, given, _ in self.of(name):
            got = results(target, given, pick).get(wrong.value)
            want = self._expected(name, case).get(wrong.value)
            if got is None or np.shape(got) != np.shape(want):
                return SIDE.sub("", wrong.detail)
            told = np.size(want) >= MANY and not close(got, want)
            if told and one_side(got, want) != said[1]:
                return SIDE.sub("", wrong.detail)
        return wrong.detail

    def _observed(self, target, name, wrong):
        """Return what is to be seen of a wrong value in all cases, and without each input."""
        pick, value = self._picks.get(name), wrong.value
        moved = wrong.brief.endswith("should hold.")  # then it is the order that is wrong
        cases = list(self.of(name)) if pick and value and not moved else []
        began = time.monotonic()
        found = [
            (results(target, given, pick), self._expected(name, case), words)
            for case, given, words in cases
        ]
        said = about_cases(found, value)
        if time.monotonic() - began > PATIENCE:
            return said
        right = [value in got and close(got[value], want.get(value)) for got, want, _ in found]
        for (case, given, words), (got, want, _) in zip(cases, found, strict=True):
            differs = value in got and value in want and not close(got[value], want[value])
            if differs and f"({words}):" in wrong.brief:
                known, key = _read(self._folder / "expected.json"), f"{name} {case}"
                without = known.get(f"{key} without", {})
                if len(without.get("", ())) != len(want):  # some hold no floats
                    without = {}
                place = value, list(want).index(value)
                seen = [
                    *about_calls(
                        *(calls(target, given), known.get(f"{key} calls", {})),
                        *(self, [int(size) for size in re.findall(r"=(\d+)", words)]),
                    ),
                    *about_inputs(target, given, pick, without, place),
                    *self._of_one(target, name, value, found),
                ]
                mostly = 2 * sum(right) > len(right)  # then it is the cases that tell most
                return [*said, *seen][:MOST_SEEN] if mostly else [*seen, *said][:MOST_SEEN]
        return []

    def wrong_elsewhere(self, target, name, here):
        """Return the names of the values that are wrong in another case than this one."""
        wrong = set()
        for case, given, _ in self.of(name):
            if case != here:
                want = self._expected(name, case)
                got = results(target, given, self._picks[name])
                wrong |= {one for one in want if one in got and not close(got[one], want[one])}
        return wrong

    def _of_one(self, target, name, value, found):
        """Say whether a wrong value is right where there is only one example and one step.

        One of the two is left out where some of the cases that were ``found`` show that the other
        is enough.
        """
        seen = []
        for number, given in enumerate(self.alone(name)):
            want = self._expected(name, f"alone {number}").get(value)
            got = results(target, given, self._picks[name]) if want is not None else {}
            if value not in got or not close(got[value], want):
                return []
            seen += want.ravel().tolist()
        if len(set(seen) - {0.0, 1.0, -1.0}) < ENOUGH:
            return []  # of zeros, many programs make zeros
        cases = [
            (sizes_in(words), value in got and close(got[value], want.get(value)))
            for got, want, words in found
        ]
        enough = []
        for size, other, what in (("m", "T_x", "example"), ("T_x", "m", "step")):
            right = [ok for of, ok in cases if of.get(size) == 1 < of.get(other, 0)]
            enough += [f"a single {what}"] * bool(right and all(right))
        both = "a single example and a single step"
        return [f"With {listed(enough, 'or') or both} `{value}` is right."]

    def _both(self, name):
        return {"m", "T_x"} <= set(self._exercises[name][2].split())

    def alone(self, name):
        """Return arguments like those of the cases, but with one example and one step.

        The first case comes a few times. What is peculiar to another may be what is wrong.
        """
        _, cases, words = self._exercises[name]
        ones = [place for place, word in enumerate(words.split()) if word in ("m", "T_x")]
        alone = [[1 if at in ones else n for at, n in enumerate(sizes)] for sizes in cases]
        return [given for _, given, _ in self._made(name, [*alone[:1] * (ALONE - 1), *alone])]

    def _expected(self, name, case):
        known = _read(self._folder / "expected.json").get(f"{name} {case}", {})
        return {name: np.array(values, dtype=float) for name, values in known.items()}

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
        self._picks[name_of(target)] = pick
        if self._recorded is not None:
            self._recorded[key] = pick(target(*copy.deepcopy(given).values()))
            self._recorded[f"{key} without"] = without_each(target, given, pick)
            self._recorded[f"{key} calls"] = {
                name: [list(one.values()) for one in many]
                for name, many in (calls(target, given) or {}).items()
            }
            if self._both(name_of(target)):
                for number, one in enumerate(self.alone(name_of(target))):
                    alone = results(target, one, pick)
                    self._recorded[f"{name_of(target)} alone {number}"] = alone
            return dict(self._recorded[key])
        if key not in _read(self._folder / "expected.json"):
            raise Mismatch(f"There are no public tests for a function called {name_of(target)}.")
        return self._expected(name_of(target), case)

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
