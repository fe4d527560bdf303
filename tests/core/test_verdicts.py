"""Which verdict goes with an error, and with points."""

import pytest

from grading.core.verdicts import Verdict, verdict_of_error, verdict_of_points


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("RuntimeError", "mine", Verdict.RAISED),
        ("RuntimeError", "can't start new thread", Verdict.TOO_MANY_PROCESSES),
        ("OSError", "[Errno 2] No such file", Verdict.RAISED),
        ("OSError", "[Errno 28] No space left on device", Verdict.SCRATCH_FULL),
        ("OSError", "[Errno 27] File too large", Verdict.SCRATCH_FULL),
        ("OSError", "[Errno 12] Cannot allocate memory", Verdict.OUT_OF_MEMORY),
        ("TooMuchOutput", "", Verdict.TOO_MUCH_OUTPUT),
        ("CodecError", "more than 9 bytes in one message", Verdict.TOO_MUCH_OUTPUT),
        (
            "BlockingIOError",
            "[Errno 11] Resource temporarily unavailable",
            Verdict.TOO_MANY_PROCESSES,
        ),
        ("BlockingIOError", "mine", Verdict.RAISED),
        ("MemoryError", "", Verdict.OUT_OF_MEMORY),
        ("NotImplementedError", "not written yet", Verdict.NOT_ATTEMPTED),
        ("", "", Verdict.RAISED),
    ],
)
def test_an_error_counts_as_a_limit_only_where_it_is_one(name, text, verdict):
    assert verdict_of_error(name, text) is verdict


@pytest.mark.parametrize(
    ("points", "verdict"),
    [
        (10.0, Verdict.CORRECT),
        (9.99, Verdict.PARTLY_CORRECT),
        (9.5, Verdict.PARTLY_CORRECT),
        (0.01, Verdict.PARTLY_CORRECT),
        (0.0, Verdict.WRONG),
    ],
)
def test_only_all_points_are_correct(points, verdict):
    assert verdict_of_points(points, 10.0) is verdict
