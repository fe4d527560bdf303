"""Make memory_tasks.csv, step_sizes.csv and trained.csv: trainings, of which each ends in one row.

The functions of the GRU are those of gru.ipynb: in a student's copy they have to be written first.
It is run in the folder of the lesson::

    python -m lesson_tools.make_table            # everything
    python -m lesson_tools.make_table copying    # one task; nothing is written
    python -m lesson_tools.make_table steps      # step_sizes.csv alone

A row of memory_tasks.csv is the task, its length, the network, its units, its parameters, the seed,
the shares of right answers after 500, 1000 and 2000 rounds, and the seconds of processor time.
step_sizes.csv has the shares after 2000 rounds with other step sizes. The trained weights are those
of LSTM and GRU on "adding" with 40 steps and seed 0, which the lesson looks into.
"""

import ast
import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np

import rnn_utils
from lesson_tools.memory_tasks import (
    TASKS,
    count_parameters,
    three_networks,
    train,
    units,
    write_weights,
)

FOLDER = Path(__file__).parent.parent
ROUNDS, SEEDS = 2000, (0, 1, 2)
RATES = (0.003, 0.01, 0.03)
HEAD = "task,length,network,units,parameters,seed,after 500,after 1000,after 2000,seconds"


def gru_of_the_notebook():
    """Return gru_forward and gru_backward as the notebook has them."""
    names = {"np": np, "sigmoid": rnn_utils.sigmoid, "softmax": rnn_utils.softmax}
    for cell in json.loads((FOLDER / "gru.ipynb").read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.startswith("def gru_"):
            ast.parse(source)
            exec(source, names)
    return names["gru_forward"], names["gru_backward"]


def measured(network, task, length, seed, rounds, rate=0.01):
    """Train with a generator of that seed; return parameters, what was seen, and CPU seconds."""
    began = time.process_time()
    rng = np.random.default_rng(seed)
    parameters, seen = train(network, task, length, rng, rounds, rate=rate)
    return parameters, seen, time.process_time() - began


def table(networks, chosen):
    """Train what is chosen of the tasks; return rows, and what is to be kept of the weights."""
    rows, kept = [HEAD], {}
    for name in chosen:
        task = TASKS[name]
        for length, kind, seed in itertools.product(task.lengths, networks, SEEDS):
            network = networks[kind]
            n_a = units(network, task)
            parameters, seen, seconds = measured(network, task, length, seed, ROUNDS)
            shares = {number: share for number, _, share in seen}
            row = [name, length, kind, n_a, count_parameters(network, n_a, *task[1:3]), seed]
            row += [f"{shares[number]:.4f}" for number in (500, 1000, 2000)] + [f"{seconds:.1f}"]
            rows.append(",".join(map(str, row)))
            print(rows[-1], flush=True)
            if (name, length, seed) == ("adding", 40, 0) and kind != "RNN":
                kept[kind] = parameters
    return rows, kept


def step_sizes(networks):
    """Train on two of the tasks with three step sizes; return rows."""
    rows = ["task,length,network,rate,seed,after 2000"]
    chosen = itertools.product(("copying", "adding"), networks, RATES, SEEDS)
    for name, kind, rate, seed in chosen:
        _, seen, _ = measured(networks[kind], TASKS[name], 20, seed, ROUNDS, rate)
        rows.append(f"{name},20,{kind},{rate},{seed},{seen[-1][2]:.4f}")
        print(rows[-1], flush=True)
    return rows


def main(chosen):
    """Train what is chosen, and write it down where it is complete."""
    networks = three_networks(*gru_of_the_notebook())
    if chosen != ["steps"]:
        rows, kept = table(networks, chosen or list(TASKS))
        if not chosen:
            (FOLDER / "memory_tasks.csv").write_text("\n".join(rows) + "\n", "utf-8")
            write_weights(FOLDER / "trained.csv", kept)
    if chosen in ([], ["steps"]):
        rows = step_sizes(networks)
        (FOLDER / "step_sizes.csv").write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
