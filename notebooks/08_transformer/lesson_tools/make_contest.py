"""Make contest.csv, again.csv and norms.csv: trainings of a transformer and of its rivals.

The functions of the transformer are those of transformer.ipynb: in a student's copy they have to
be written first. It is run in the folder of the lesson::

    python -m lesson_tools.make_contest            # everything
    python -m lesson_tools.make_contest again      # one table

contest.csv: names, four networks. A row says after an epoch what the perplexity is on the
validation names and on the held-back ones. The step size was chosen with the seed 0. "steps" are
ten epochs for each network; "time" is as much processor time as ten epochs of the transformer.
again.csv: lists in which a name comes again, GRU and transformer. A row has the perplexity on the
last name of the lists, each 100 steps or, with few training names, each 50. norms.csv: twelve
blocks, with the norm in front of a branch or behind the sum, and with a step size that rises at
first or does not.
"""

import json
import sys
import time
from itertools import islice, product
from pathlib import Path

import numpy as np

import attention_lesson
import language_model_lesson
import rnn_utils
from batch_lesson import make_batch
from lesson_tools.contest import (
    KINDS,
    RATES,
    VOCABULARY,
    list_batch,
    name_batches,
    perplexity_of,
    results,
    rivals,
    split_names,
    trained,
)
from lesson_tools.norm_places import norms_behind
from lesson_tools.small_transformer import (
    EPOCHS,
    SIZES,
    Parts,
    built,
    flat,
    loss_and_gradients,
    perplexity,
    start_model,
    steps_of,
)

FOLDER = Path(__file__).parent.parent
SEEDS = (0, 1, 2)
# Epochs that take as much processor time as ten of the transformer; the column seconds shows it.
IN_THE_SAME_TIME = {"RNN": 26, "LSTM": 15, "GRU": 16, "transformer": EPOCHS}
LISTS, EVERY = 1200, 100  # steps with lists, and after how many of them somebody asks
FEW_LISTS, OFTENER = 600, 50  # the same, where there are few training names
SWEEP = [
    (0, 0),
    (1, 0),
    (2, 0),
    (1, 30),
    (1, 100),
    (1, 300),
]  # names before; training names, 0: all
DEEP, SHORT = 12, 2  # blocks, and epochs, for norms.csv


def functions_of_the_notebook():
    """Return the functions of the exercises, as the notebook has them, by name."""
    names = {"np": np} | vars(attention_lesson) | vars(language_model_lesson) | vars(rnn_utils)
    for cell in json.loads((FOLDER / "transformer.ipynb").read_text("utf-8"))["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            exec("".join(cell["source"]), names)
    return names


def parts_of(names):
    """Return what a model is made of."""
    return Parts(names["transformer_forward"], names["transformer_backward"])


def all_names():
    """Return training, validation and held-back names."""
    return split_names((FOLDER / "names.txt").read_text("utf-8").split())


# --- names --------------------------------------------------------------------------------


def on_names(rival, epochs, rate, seed, stop=None):
    """Train on names; return of each epoch both perplexities, and the seconds it took."""
    train, validation, held = all_names()
    asked = [make_batch(names, VOCABULARY) for names in (validation, held)]
    rng, count = np.random.default_rng(seed), len(train) // 64
    began, rows, paused = time.process_time(), [], 0.0
    learning = trained(
        *(rival, rng, name_batches(train, rng, stop or epochs)),
        *(epochs * count, rate, count),
    )
    for number, parameters in learning:
        seconds = time.process_time() - began - paused
        rows.append((number // count, *(perplexity_of(rival, parameters, b) for b in asked)))
        rows[-1] += (seconds,)
        paused = time.process_time() - began - seconds
    return rows


def contest(names):
    """Return the rows of contest.csv."""
    head = "budget,network,weights,rate,seed,epoch,validation,held,seconds"
    made, rows = rivals(parts_of(names)), []

    def run(budget, kind, rate, seed):
        epochs = IN_THE_SAME_TIME[kind] if budget == "time" else EPOCHS
        weights = sum(v.size for v in made[kind].start(np.random.default_rng(0)).values())
        for epoch, validation, held, seconds in on_names(made[kind], epochs, rate, seed):
            row = [budget, kind, weights, rate, seed, epoch]
            row += [f"{validation:.4f}", f"{held:.4f}", f"{seconds:.1f}"]
            rows.append(row)
        print(*rows[-1], flush=True)

    for budget, kind in product(("time", "steps"), KINDS):
        if budget == "steps" and kind == "transformer":
            continue  # it is the same
        for rate in RATES:
            run(budget, kind, rate, 0)
        rate, _ = _chosen(head, rows, budget, kind)
        for seed in SEEDS[1:]:
            run(budget, kind, rate, seed)
    return head, rows


def _chosen(head, rows, *key):
    """Return step size and rows that the validation names have chosen so far."""
    names = head.split(",")
    dicts = [dict(zip(names, row, strict=True)) for row in rows]
    for row in dicts:
        row["validation"] = float(row["validation"])
    *key, kind = key
    return results(dicts, *names[: len(key)])[tuple(key)][kind]


# --- lists ------------------------------------------------------------------------------


def on_lists(rival, before, count, rate, seed, stop=None):
    """Train on lists; return now and then both perplexities of the last name."""
    train, validation, held = all_names()
    order = np.random.default_rng(5).permutation(len(train))
    pool = [train[n] for n in order[: count or None]]
    asked = [
        list_batch(names, np.random.default_rng(99), before, 200) for names in (validation, held)
    ]
    rng = np.random.default_rng(seed)
    steps, every = (FEW_LISTS, OFTENER) if count else (LISTS, EVERY)
    batches = (list_batch(pool, rng, before) for _ in range(stop or steps))
    return [
        (number, *(perplexity_of(rival, parameters, batch, "last") for batch in asked))
        for number, parameters in trained(rival, rng, batches, steps, rate, every)
    ]


def again(names):
    """Return the rows of again.csv."""
    head = "before,names,network,rate,seed,step,validation,held"
    made, rows, all_of_them = rivals(parts_of(names)), [], len(all_names()[0])

    def run(before, count, kind, rate, seed):
        for step, *found in on_lists(made[kind], before, count, rate, seed):
            row = [before, count or all_of_them, kind, rate, seed, step]
            rows.append([*row, *(f"{value:.4f}" for value in found)])
        print(*rows[-1], flush=True)

    for kind, (before, count) in product(("GRU", "transformer"), SWEEP):
        for rate in RATES[:3]:
            run(before, count, kind, rate, 0)
        rate, _ = _chosen(head, rows, before, count or all_of_them, kind)
        for seed in SEEDS[1:]:
            run(before, count, kind, rate, seed)
    return head, rows


# --- where the norm stands ----------------------------------------------------------------


def deep(names, post, rise, seed, steps=None):
    """Train twelve blocks for two epochs; return the perplexity on the validation names."""
    train, validation, _ = all_names()
    rng, count = np.random.default_rng(seed), SHORT * (len(train) // 64)
    parts, h = norms_behind(names) if post else parts_of(names), SIZES["h"]

    def look(parameters, batch):
        loss, found = loss_and_gradients(parts, built(parameters), batch, h)
        return loss, flat(found)

    parameters = flat(start_model(rng, 27, SIZES["d"], SIZES["d_f"], DEEP))
    batches = name_batches(train, rng, SHORT)
    learning = steps_of(look, parameters, batches, count, 0.01, rise)
    *_, (parameters, _) = islice(learning, steps)
    return perplexity(parts, built(parameters), make_batch(validation, VOCABULARY), h)


def norms(names):
    """Return the rows of norms.csv."""
    rows = []
    for post, rise, seed in product((0, 1), (0.1, 0.0), SEEDS):
        rows.append([post, rise, seed, f"{deep(names, post, rise, seed):.4f}"])
        print(*rows[-1], flush=True)
    return "post,rise,seed,validation", rows


TABLES = {"contest": contest, "again": again, "norms": norms}


def main(chosen):
    """Make the tables that are chosen, or all."""
    names = functions_of_the_notebook()
    for table in chosen or TABLES:
        head, rows = TABLES[table](names)
        lines = [head, *(",".join(map(str, row)) for row in rows)]
        (FOLDER / f"{table}.csv").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
