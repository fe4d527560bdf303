"""Runs versions of one exercise on its public cases, and keeps what came of them.

On the instructor's side: what runs here is made from the solution, never a student's code.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from grading.comparison import outcome

LINES = 20_000  # of the cell itself, in one call: far more than a solution runs
ENDLESS = re.compile(r"\b(?:while|iter\(|itertools|cycle)")
THROUGH = re.compile(r"\bfor\b.*?\bin\b(.*)")  # what is gone through, and all behind it
GROWS = re.compile(
    r"\b(\w+)\b(?:\[.*\])?\s*(?:\+=|\.(?:append|extend|insert|add|update|setdefault)\()"
)
Outcome = tuple[Any, dict[str, Any]]


class Endless(BaseException):
    """Raised in a program that does not come to an end; no ``except Exception`` holds it."""


class Bench:
    """Runs versions of one exercise.

    Parameters
    ----------
    name : str
        The exercise.
    namespace : mapping
        What the cells around it define.
    cases : sequence of dict
        The arguments of each call.
    """

    def __init__(
        self, name: str, namespace: Mapping[str, Any], cases: Sequence[dict[str, Any]]
    ) -> None:
        self.name, self._namespace, self.cases = name, namespace, cases

    def outcomes(self, source: str, most: int | None = None) -> list[Outcome] | None:
        """Return of each call, or the first ones, what came of it and of its arguments.

        None where the cell fails or a call never ends.
        """
        space = dict(self._namespace)
        try:
            place = "" if ends(source, self.name) else f"<{self.name}, changed>"
            quiet = contextlib.redirect_stdout(io.StringIO())
            with _few_lines(place, {}), quiet, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what a change has made need make no sense
                exec(compile(source, place or "<changed>", "exec"), space)
            return self.of(space[self.name], place, most)
        except (Exception, Endless):
            return None

    def of(
        self, function: Callable[..., Any], place: str = "", most: int | None = None
    ) -> list[Outcome]:
        """Return the same of a function; if it is of the file ``place``, none that never ends.

        To watch each line takes several times as long as to run it, so nothing else is watched.
        """

        def watched(*arguments: Any) -> Any:
            with _few_lines(place, {}):  # and not what copies and compares
                return function(*arguments)

        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            return [outcome(watched, given) for given in self.cases[:most]]

    def kinds(self, source: str) -> dict[str, str]:
        """Return what the names of a function stand for when it returns; see `changes`."""
        space: dict[str, Any] = dict(self._namespace)
        seen: dict[str, Any] = {}
        place = f"<{self.name}>"
        exec(compile(source, place, "exec"), space)
        with contextlib.redirect_stdout(io.StringIO()), _few_lines(place, seen):
            outcome(space[self.name], self.cases[0])
        return {name: _kind(value) for name, value in seen.items()}


def _kind(value: Any) -> str:
    return f"array{value.ndim}" if isinstance(value, np.ndarray) else type(value).__name__


@contextlib.contextmanager
def _few_lines(place: str, seen: dict[str, Any]) -> Iterator[None]:
    """Stop code of one file that runs too many lines; note the names of a frame that returns."""
    left = LINES
    if not place:
        yield
        return

    def local(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Endless
        if event == "return":
            seen.update(frame.f_locals)
        return local

    def called(frame: FrameType, event: str, _: Any) -> Any:
        return local if frame.f_code.co_filename == place else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)


def ends(source: str, function: str) -> bool:
    """Say whether a function surely comes to an end, by its text alone, as there are thousands.

    It does where it does not call itself, and goes through nothing that grows meanwhile.
    """
    if source.count(function) > 1 or ENDLESS.search(source):
        return False
    through = " ".join(THROUGH.findall(source))
    return not through or not set(GROWS.findall(source)) & set(re.findall(r"\w+", through))


def places(source: str, function: str) -> list[str]:
    """Return the statements of a function, each in one form of layout, in their order.

    Of one that holds others only its head: ``for t in range(T_x):``.
    """
    found: list[str] = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            _lay_out(node.body, found, 0)
    return found


def _lay_out(body: list[ast.stmt], found: list[str], depth: int) -> None:
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        text = ast.unparse(node)
        inner = [getattr(node, part, []) for part in ("body", "orelse", "finalbody")]
        if not any(inner):
            found.append(" " * depth + text)
            continue
        found.append(" " * depth + text.split("\n")[0])
        for part in inner:
            _lay_out(part, found, depth + 1)
