"""Make learning.csv, lengths.csv and trained.csv: twelve trainings, with attention and without.

The functions of attention are those of attention.ipynb: in a student's copy they have to be
written first. It is run in the folder of the lesson::

    python -m lesson_tools.make_dates         # everything
    python -m lesson_tools.make_dates 0       # the seed 0 alone; nothing is written

Six of the trainings are for dates, six for numbers that are to be copied. A row of learning.csv
says of one for dates whether the decoder looks back, the seed, the number of the round, the mean
loss of the rounds since the row before, and what share of 300 new dates is written right.
lengths.csv has, at the end of each training, that share by the length: for dates of what stands
behind them, for numbers of their digits; and the seconds of processor time that the training
took. Rows with the task "held back" have the number of a form in HELD_BACK in place of a length.
trained.csv holds the weights of the seed 0 for dates, with attention.
"""

import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np

from gru_lesson import gru_backward, gru_forward
from lesson_tools.dates import HELD_BACK, draw_dates, draw_numbers
from lesson_tools.encoder_decoder import (
    BLIND,
    ROUNDS,
    SIZES,
    Parts,
    dates_in_sentences,
    numbers_to_copy,
    right_dates,
    start_model,
    train,
    write_model,
)

FOLDER = Path(__file__).parent.parent
SEEDS, EVERY, ASKED = (0, 1, 2), 50, 300
LENGTHS = {"dates": (0, 10, 20, 40, 80, 160), "numbers": (2, 5, 10, 15, 20, 25)}
DRAWS = {"dates": dates_in_sentences, "numbers": numbers_to_copy}


def parts_of_the_notebook():
    """Return the parts of a model, those of attention as the notebook has them."""
    names = {"np": np}
    for cell in json.loads((FOLDER / "attention.ipynb").read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        wanted = ("def masked_softmax", "def attention")
        if cell["cell_type"] == "code" and source.startswith(wanted):
            exec(source, names)
    return Parts(gru_forward, gru_backward, names["attention"], names["attention_backward"])


def asked_of(task, length):
    """Return the 300 texts of one length that a network is asked about, and what is right."""
    rng = np.random.default_rng(1000 + length)
    if task == "held back":
        return draw_dates(rng, ASKED, (list(HELD_BACK.values())[length],))
    if task == "numbers":
        return draw_numbers(rng, ASKED, length)
    return draw_dates(rng, ASKED, behind=length)


def one_training(parts, task, looks, seed, stop=None):
    """Train a model; return it, its rows of learning.csv and of lengths.csv."""
    rng = np.random.default_rng(seed)
    start = start_model(rng, **(SIZES if looks else BLIND))
    asked = {n: asked_of(task, n) for n in LENGTHS[task]}
    shortest = asked[LENGTHS[task][0]]
    learning, losses, seconds, began = [], [], 0.0, time.process_time()
    for number, loss, model in train(parts, start, rng, ROUNDS, stop, looks, DRAWS[task]):
        losses.append(loss)
        if number % EVERY == 0:
            seconds += time.process_time() - began
            share = right_dates(parts, model, *shortest, looks).mean()
            learning.append(f"{int(looks)},{seed},{number},{np.mean(losses):.4f},{share:.4f}")
            print(task, learning[-1], flush=True)
            losses, began = [], time.process_time()
    questions = [(task, length, texts) for length, texts in asked.items()]
    if task == "dates":
        questions += [("held back", n, asked_of("held back", n)) for n in range(len(HELD_BACK))]
    lengths = []
    for name, length, texts in questions:
        share = right_dates(parts, model, *texts, looks).mean()
        lengths.append(f"{name},{int(looks)},{seed},{length},{share:.4f},{seconds:.0f}")
    print(*lengths, sep="\n", flush=True)
    return model, learning, lengths


def main(chosen):
    """Train with the chosen seeds, and write everything down where it is complete."""
    parts = parts_of_the_notebook()
    learning = ["looks,seed,round,loss,right"]
    lengths = ["task,looks,seed,length,right,seconds"]
    for task, seed, looks in itertools.product(LENGTHS, chosen or SEEDS, (True, False)):
        model, *rows = one_training(parts, task, looks, seed)
        learning += rows[0] if task == "dates" else []
        lengths += rows[1]
        if (task, seed, looks) == ("dates", SEEDS[0], True) and not chosen:
            write_model(FOLDER / "trained.csv", model)
    if not chosen:
        (FOLDER / "learning.csv").write_text("\n".join(learning) + "\n", "utf-8")
        (FOLDER / "lengths.csv").write_text("\n".join(lengths) + "\n", "utf-8")


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]])
