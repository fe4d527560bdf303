"""Honest submissions: right in an unusual way, wrong in a known one, and not there yet."""

from grading.assignment.misconceptions import Misconception, read_list
from grading.core.verdicts import Verdict as V
from tests.support.gallery.entry import ALL, FOLDERS, LSTM, LSTMS, RNN, RNNS, SIGNATURES, Entry


def wrong(one: Misconception) -> Entry:
    """Make an entry of a misconception."""
    edits = one.edits if not one.cell else ()
    return Entry(one.name, one.function, V(one.becomes), one.loses, edits, one.cell or None)


def right(one: Misconception) -> Entry:
    """Make an entry of an answer that is right."""
    return Entry(one.name, one.function, V.CORRECT, "", one.edits, one.cell or None)


NO_ANSWER = [
    Entry(
        "the blank left in",
        RNN,
        V.NOT_ATTEMPTED,
        ALL,
        cell=SIGNATURES[RNN] + '\n    raise NotImplementedError("not written yet")\n',
    ),
    Entry("its cell is empty", RNNS, V.NOT_ATTEMPTED, ALL, cell="# later\n"),
    Entry("a syntax error", RNN, V.RAISED, ALL, cell=SIGNATURES[RNN] + "\n    return (\n"),
    Entry("a name that does not exist", LSTM, V.RAISED, ALL, (("np.concatenate", "np.stack_up"),)),
    Entry("returns None", LSTMS, V.WRONG, ALL, cell=SIGNATURES[LSTMS] + "\n    pass\n"),
    Entry("not a function", RNNS, V.WRONG, ALL, cell="rnn_forward = 42\n"),
]

# The lists beside the lessons. A right answer that calls no other exercise stands beside a
# hostile one, and shows what that costs.
WRONG = [wrong(one) for folder in FOLDERS for one in read_list(folder)]
# The first of those that become of an exercise what no earlier one does. Preflight grades all.
KINDS = list({(e.function, e.verdict, e.lost): e for e in reversed(WRONG)}.values())[::-1]
RIGHT = [right(one) for folder in FOLDERS for one in read_list(folder, "right.toml")]
ALONE = [entry for entry in RIGHT if entry.name == "on its own"]
UNUSUAL = [entry for entry in RIGHT if entry not in ALONE]
