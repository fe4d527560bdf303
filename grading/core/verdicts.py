"""What can become of an exercise, and how it is said to a student."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """What became of one exercise. The list is closed."""

    CORRECT = "correct"
    FOLLOW_THROUGH = "follow-through"
    PARTLY_CORRECT = "partly correct"
    WRONG = "wrong"
    NOT_ATTEMPTED = "not attempted"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    TOO_MUCH_OUTPUT = "too much output"
    TOO_MANY_PROCESSES = "too many processes"
    SCRATCH_FULL = "scratch full"
    CRASHED = "crashed"
    NO_NOTEBOOK = "no notebook"
    UNREADABLE = "unreadable"
    OTHER_ASSIGNMENT = "other assignment"
    GRADER_FAULT = "grader fault"


SENTENCES = {
    Verdict.CORRECT: "Everything is right.",
    Verdict.FOLLOW_THROUGH: "Right, but for an earlier function of yours that it is built of. "
    "That mistake is charged there.",
    Verdict.PARTLY_CORRECT: "Some parts are right; the others are named below.",
    Verdict.WRONG: "The function runs, but what it returns is not right yet.",
    Verdict.NOT_ATTEMPTED: "This exercise is not written yet.",
    Verdict.RAISED: "The code stopped with an error.",
    Verdict.TIMED_OUT: "The code was stopped because it did not end in time. "
    "Look for a loop that never ends.",
    Verdict.OUT_OF_MEMORY: "The code asked for more memory than a submission may use. "
    "Look for an array that is far too large.",
    Verdict.TOO_MUCH_OUTPUT: "The code printed or returned more than a submission may. "
    "Look for a print in a loop.",
    Verdict.TOO_MANY_PROCESSES: "The code started more processes or threads than a submission may.",
    Verdict.SCRATCH_FULL: "The code wrote more to disk than a submission may.",
    Verdict.CRASHED: "The code ended the process that ran it, so there is no answer to look at.",
    Verdict.NO_NOTEBOOK: "No notebook of this assignment was handed in. "
    "The file must keep the name under which it was released.",
    Verdict.UNREADABLE: "The file that was handed in cannot be read as a notebook. "
    "Open it in JupyterLab, save it again and hand in that file.",
    Verdict.OTHER_ASSIGNMENT: "The notebook that was handed in belongs to another assignment: "
    "it holds none of the exercises of this one.",
    Verdict.GRADER_FAULT: "The grader could not judge this exercise. That is no mark; "
    "your instructor has been told.",
}

# What a submission may use up.
LIMITS = (
    Verdict.TIMED_OUT,
    Verdict.OUT_OF_MEMORY,
    Verdict.TOO_MUCH_OUTPUT,
    Verdict.TOO_MANY_PROCESSES,
    Verdict.SCRATCH_FULL,
)

# How an error in a student's process shows in its verdict: its name, and the start of its
# text where the name alone does not tell. The first that fits; every other one is RAISED.
_ERRORS = [
    ("NotImplementedError", "", Verdict.NOT_ATTEMPTED),
    ("MemoryError", "", Verdict.OUT_OF_MEMORY),
    ("OSError", "[Errno 12]", Verdict.OUT_OF_MEMORY),  # no memory
    ("TooMuchOutput", "", Verdict.TOO_MUCH_OUTPUT),
    ("CodecError", "", Verdict.TOO_MUCH_OUTPUT),
    ("BlockingIOError", "[Errno 11]", Verdict.TOO_MANY_PROCESSES),  # of fork
    ("RuntimeError", "can't start new thread", Verdict.TOO_MANY_PROCESSES),
    ("OSError", "[Errno 28]", Verdict.SCRATCH_FULL),  # no space
    ("OSError", "[Errno 27]", Verdict.SCRATCH_FULL),  # one file as large as the folder
]


def verdict_of_error(name: str, text: str) -> Verdict:
    """Return the verdict that goes with an error in the student's process."""
    for known, start, verdict in _ERRORS:
        if name == known and text.startswith(start):
            return verdict
    return Verdict.RAISED


def verdict_of_points(points: float, most: float) -> Verdict:
    """Return the verdict that goes with the points of an exercise that was judged."""
    if points >= most:
        return Verdict.CORRECT
    return Verdict.PARTLY_CORRECT if points > 0 else Verdict.WRONG
