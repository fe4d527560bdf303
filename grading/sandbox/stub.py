"""What stands for a student's function on the grader's side."""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import linecache
import types
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from grading.core import GraderFault

LONGEST = 100_000  # characters of a docstring or a source

Said = TypeVar("Said")


class Conversation(Protocol):
    """What a stub asks; see `grading.sandbox.Session`."""

    watched: int
    fault: GraderFault | None

    def call(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], watch: str = ""
    ) -> Any:
        """Call a function."""

    def about(self, name: str) -> dict[str, Any]:
        """Return what there is to know of it; see `grading.sandbox.inside.about`."""

    def alone(self, name: str) -> Callable[[Sequence[tuple[Any, ...]]], list[Any] | None]:
        """Return what calls it where nothing else has been called."""


class Stub:
    """Stands for a student's function on the grader's side; calling it calls that one.

    It passes for a Python function, with docstring, signature and source as texts. They are asked
    for when a test looks at them.
    """

    def __init__(self, session: Conversation, name: str) -> None:
        self._session = session
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function in the sandbox."""
        return self._ask(self._session.call, args, kwargs)

    def _ask(self, question: Callable[..., Said], *more: Any) -> Said:
        """Ask the session; keep in it a fault of the grader's, which is an error like any other."""
        try:
            return question(self.__name__, *more)
        except GraderFault as fault:
            self._session.fault = fault
            raise

    def calls(self, other: str, *args: Any) -> int:
        """Call the student's function; return how often that calls ``other``, one of theirs too."""
        self._ask(self._session.call, args, {}, other)
        return self._session.watched

    def alone(self) -> Callable[[Sequence[tuple[Any, ...]]], list[Any] | None]:
        """Return what calls the function, as it is now, where nothing else has been called.

        It takes a tuple of arguments for each call, which may change, and returns results and
        errors in order; None where that sandbox did not last.
        """
        return self._ask(self._session.alone)

    def resume(self, session: Conversation) -> None:
        """Stand for the same function in another sandbox."""
        self._session = session

    def __copy__(self) -> Stub:
        """Stay one, as functions do."""
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> Stub:
        """Stay one, as functions do."""
        return self

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `inspect` and ``isinstance`` take it for."""
        return types.FunctionType

    @functools.cached_property
    def _about(self) -> dict[str, Any]:
        found = self._ask(self._session.about)
        return found if type(found) is dict else {}

    def _text(self, key: str) -> str | None:
        found = self._about.get(key)
        return found[:LONGEST] if type(found) is str else None

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self._text("doc")

    @property
    def __signature__(self) -> inspect.Signature:
        """The signature; AttributeError where there is none."""
        kinds = list(inspect._ParameterKind)
        try:
            parameters = [
                inspect.Parameter(
                    name, kinds[kind], default=_given(default), annotation=_given(annotation)
                )
                for name, kind, default, annotation in self._about["parameters"]
            ]
            return inspect.Signature(
                parameters, return_annotation=_given(self._about.get("returns"))
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise AttributeError(f"{self.__name__} has no signature") from error

    @property
    def __annotations__(self) -> dict[str, Any]:  # type: ignore[override]
        """The annotations, by name."""
        found = {p.name: p.annotation for p in self.__signature__.parameters.values()}
        found["return"] = self.__signature__.return_annotation
        return {name: one for name, one in found.items() if one is not inspect.Parameter.empty}

    def _given(self, *, by_name: bool) -> dict[str, Any]:
        """Return the defaults of what is given by name alone, or of all else."""
        return {
            p.name: p.default
            for p in self.__signature__.parameters.values()
            if (p.kind is p.KEYWORD_ONLY) is by_name and p.default is not p.empty
        }

    @property
    def __defaults__(self) -> tuple[Any, ...] | None:
        """The defaults of what is given by place."""
        return tuple(self._given(by_name=False).values()) or None

    @property
    def __kwdefaults__(self) -> dict[str, Any] | None:
        """The defaults of what is given by name alone."""
        return self._given(by_name=True) or None

    @property
    def __code__(self) -> types.CodeType:
        """Code that does nothing, with the source and the names of the student's."""
        name = f"<{self.__name__} of the submission>"
        code = compile("None", name, "eval").replace(co_name=self.__name__, co_firstlineno=1)
        source = self._text("source")
        if source is not None:  # where `inspect.getsource` looks
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        else:
            linecache.cache.pop(name, None)
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            uses, variables = (tuple(map(str, names)) for names in self._about["names"])
            count = sum(
                p.kind <= inspect.Parameter.POSITIONAL_OR_KEYWORD
                for p in self.__signature__.parameters.values()
            )
            code = code.replace(
                co_names=uses, co_varnames=variables, co_nlocals=len(variables), co_argcount=count
            )
        return code


def _given(found: Any) -> Any:
    """Return a default or an annotation from the list that holds it, if it is there."""
    if type(found) is not list or not found:
        return inspect.Parameter.empty
    match found[0]:
        case ("type", str(name)):
            kind = getattr(builtins, name, name)
            return kind if isinstance(kind, type) else name
        case other:
            return other
