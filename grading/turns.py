"""nbgrader's own commands and the formgrader's buttons take turns: who writes is alone in a course.

`grading.plugins.install` puts this into nbgrader. A mark, a comment, a name or a deadline that is
typed into the formgrader is one transaction of the gradebook, which takes one at a time by itself:
so it waits for no turn, and is saved while a class is graded.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

from nbgrader.apps import api
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters.base import NbGraderException
from nbgrader.exchange import ExchangeError

from grading.core import GraderFault, of_gradebook, sentence
from grading.store import lock_course

# Commands that change nothing in the course. All others have it to themselves, also those that
# a later nbgrader brings.
READERS = frozenset(
    {
        *("NbGraderApp", "DbApp", "DbStudentApp", "DbAssignmentApp"),  # the next word says what
        *("DbStudentListApp", "DbAssignmentListApp", "ExportApp", "ListApp", "ValidateApp"),
        *("SubmitApp", "QuickStartApp", "GenerateConfigApp", "ExtensionApp", "FormgradeApp"),
    }
)


def take_turns() -> None:
    """Put it in; again changes nothing."""
    for command in _below(NbGrader):
        if "start" in vars(command) and not hasattr(command.start, "__wrapped__"):
            command.start = _alone(command.start)
    if not hasattr(api.capture_log, "__wrapped__"):
        api.capture_log = _button(api.capture_log)


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for command in kind.__subclasses__():
        yield command
        yield from _below(command)


def _alone(start: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a command's ``start`` that has the course to itself, and says what it met in words."""

    @functools.wraps(start)
    def alone(command: Any) -> None:
        reads = type(command).__name__ in READERS
        try:
            with nullcontext() if reads else lock_course(command.coursedir):
                start(command)
        except Exception as error:
            fault = _fault(error)
            if fault is None:
                raise
            command.fail("%s", sentence(fault))

    return alone


def _button(capture: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return the same for what nbgrader's interface, which the buttons call, runs a step with.

    Its answer holds a sentence, and a traceback only for what nobody has foreseen.
    """

    @functools.wraps(capture)
    def button(step: Any, *more: Any, **options: Any) -> dict[str, Any]:
        start, said = step.start, []

        def tell() -> None:
            try:
                start()
            except Exception as error:
                fault = _fault(error)
                if fault is not None:
                    step.log.error("%s", sentence(fault))
                if fault is not None or isinstance(error, (NbGraderException, ExchangeError)):
                    said.append(error)
                raise

        step.start = tell
        try:
            with lock_course(step.coursedir, f"formgrader: {_name(step)}"):
                answer = capture(step, *more, **options)
        except GraderFault as fault:
            return {"success": False, "log": f"[ERROR] {fault}\n"}
        if said:
            del answer["error"]
        return answer

    return button


def _fault(error: Exception) -> BaseException | None:
    return error if isinstance(error, GraderFault) else of_gradebook(error)


def _name(step: Any) -> str:
    """Return what a step of nbgrader's is, in nbgrader's words, and for which assignment."""
    names = (kind.__name__ for kind in type(step).__mro__ if kind.__module__.startswith("nbgrader"))
    return f"{next(names, 'a step').removeprefix('Exchange')} {step.coursedir.assignment_id}"
