"""Make memory_tasks.csv and trained.npz: 108 trainings, of which each ends in one row.

The functions of the GRU are those of gru.ipynb, which lies beside this file: in a student's copy
they have to be written first. It is run in this folder::

    python make_table.py

A row is the task, its length, the network, its units, its parameters, the seed, the shares of right
answers after 500, 1000 and 2000 rounds, and the seconds of processor time. The trained weights are
those of LSTM and GRU on "adding" with 40 steps and seed 0, which the lesson looks into.
"""

import ast
import itertools
import json
import sys
from pathlib import Path

import numpy as np

import rnn_utils
from memory_tasks import TASKS, count_parameters, measured, three_networks, units

FOLDER = Path(__file__).parent
ROUNDS, SEEDS = 2000, (0, 1, 2)
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


def main(chosen):
    """Train what is chosen of the tasks, and write it down."""
    networks = three_networks(*gru_of_the_notebook())
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
                kept |= {f"{kind} {key}": value for key, value in parameters.items()}
    if set(chosen) == set(TASKS):
        (FOLDER / "memory_tasks.csv").write_text("\n".join(rows) + "\n", "utf-8")
        np.savez(FOLDER / "trained.npz", **kept)


if __name__ == "__main__":
    main(sys.argv[1:] or list(TASKS))
