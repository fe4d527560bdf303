"""A transformer beside RNN, LSTM and GRU: as many weights, the same texts, the same training.

Nothing of the transformer lies here: its functions are handed over, as `Parts`. The others are
those of lessons 1 to 6.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from batch_lesson import make_batch, masked_cross_entropy
from gru_lesson import gru_backward, gru_forward
from lesson_tools.memory_tasks import count_parameters, start_parameters, three_networks
from lesson_tools.small_transformer import (
    SIZES,
    built,
    flat,
    loss_and_gradients,
    start_model,
    steps_of,
)
from rnn_utils import softmax

VOCABULARY = ".abcdefghijklmnopqrstuvwxyz"
KINDS = ("RNN", "LSTM", "GRU", "transformer")
RATES = (0.003, 0.01, 0.03, 0.1)  # step sizes to choose from
BUDGETS = {"steps": "ten epochs each", "time": "as much processor time"}
COUNTS = {"trigram": 9.38, "4-gram": 9.25}  # of lesson 5, on the same held-back names


class Rival(NamedTuple):
    """A network that predicts the next character.

    ``start`` takes a generator and returns arrays by name. ``predict`` takes them and x, and
    returns shares. ``look`` takes them and a batch, and returns loss and gradients.
    """

    start: Callable
    predict: Callable
    look: Callable


def rivals(parts):
    """Return the four networks by name, each with about as many weights."""
    n_x, d, h = len(VOCABULARY), SIZES["d"], SIZES["h"]

    def start(rng):
        return flat(start_model(rng, n_x, d, SIZES["d_f"], SIZES["n_blocks"]))

    def predict(parameters, x):
        return softmax(parts.transformer_forward(x, built(parameters), h)[0])

    def look(parameters, batch):
        loss, found = loss_and_gradients(parts, built(parameters), batch, h)
        return loss, flat(found)

    count = sum(array.size for array in start(np.random.default_rng(0)).values())
    recurrent = three_networks(gru_forward, gru_backward)
    made = {kind: _recurrent(network, count, n_x) for kind, network in recurrent.items()}
    return made | {"transformer": Rival(start, predict, look)}


def _recurrent(network, count, n_x):
    """Return the recurrent network whose weights are as many as ``count``, or nearly."""
    sizes = range(1, 200)
    n_a = min(sizes, key=lambda n: abs(count_parameters(network, n, n_x, n_x) - count))

    def run(parameters, x):
        return network.forward(x, np.zeros((n_a, x.shape[1])), parameters)

    def look(parameters, batch):
        a, y, *_, caches = run(parameters, batch["x"])
        loss, dscores = masked_cross_entropy(y, batch["labels"], batch["mask"])
        found = network.backward(np.tensordot(parameters["Wy"].T, dscores, axes=1), caches)
        found["dWy"] = np.tensordot(dscores, a, axes=([1, 2], [1, 2]))
        found["dby"] = dscores.sum(axis=(1, 2))[:, None]
        return float(loss), {f"d{name}": found[f"d{name}"] for name in parameters}

    return Rival(
        lambda rng: start_parameters(network, rng, n_a, n_x, n_x),
        lambda parameters, x: run(parameters, x)[1],
        look,
    )


def perplexity_of(rival, parameters, batch, counts="mask"):
    """Return the perplexity of a network at the places that count."""
    y = rival.predict(parameters, batch["x"])
    return float(np.exp(masked_cross_entropy(y, batch["labels"], batch[counts])[0]))


# --- names, and names that come again -----------------------------------------------------


def split_names(names):
    """Return training, validation and held-back names, whole families each, as in lesson 5."""
    families = sorted({name[:4] for name in names})
    turn = {family: number % 9 for number, family in enumerate(families)}
    parts = {"train": [], "validation": [], "held": []}
    for name in names:
        place = {0: "held", 4: "validation"}.get(turn[name[:4]], "train")
        parts[place].append(name)
    return parts["train"], parts["validation"], parts["held"]


def name_batches(names, rng, epochs, m=64):
    """Yield batches of names in a random order, again and again."""
    for _ in range(epochs):
        order = rng.permutation(len(names))
        for first in range(0, len(order) - m + 1, m):
            yield make_batch([names[n] for n in order[first : first + m]], VOCABULARY)


def list_batch(names, rng, before, m=32):
    """Draw m lists: so many names, and then one of them again.

    With ``before`` 0 it is a single name, and nothing comes again. In ``last`` only the places of
    the last name count.
    """
    texts, ends = [], []
    for _ in range(m):
        chosen = [names[n] for n in rng.choice(len(names), max(before, 1), replace=False)]
        if before:
            chosen.append(chosen[rng.integers(before)])
        texts.append(".".join(chosen))
        ends.append(len(chosen[-1]))
    batch = make_batch(texts, VOCABULARY)
    last = np.zeros(batch["mask"].shape)
    for row, (text, end) in enumerate(zip(texts, ends, strict=True)):
        last[row, len(text) - end : len(text) + 1] = 1.0
    return batch | {"last": last}


# --- trainings ----------------------------------------------------------------------------


def trained(rival, rng, batches, steps, rate, every):
    """Yield the network each so many steps, while it learns: the number of the step and it."""
    parameters = rival.start(rng)
    learning = steps_of(rival.look, parameters, batches, steps, rate)
    for number, (parameters, _) in enumerate(learning, 1):
        if number % every == 0:
            yield number, parameters


def rows_of(path):
    """Return the rows of a table, each a dict; what is a number is one."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [{name: _number(word) for name, word in row.items()} for row in csv.DictReader(file)]


def _number(word):
    try:
        return float(word)
    except ValueError:
        return word


def results(rows, *same):
    """Return what each network reaches, chosen by the validation names alone.

    Of the step sizes the one counts whose seed 0 has the lowest validation perplexity; of each
    seed the moment counts at which that perplexity is lowest.

    Parameters
    ----------
    rows : list of dict
        With ``network``, ``rate``, ``seed``, ``validation`` and ``held``.
    *same : str
        Columns in which rows agree that belong together.

    Returns
    -------
    dict of tuple to dict of str to (float, list of dict)
        By these columns and the network: the step size, and the row of each seed that counts.
    """
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in same), {}).setdefault(
            row["network"], []
        ).append(row)
    found = {}
    for key, by_network in groups.items():
        for network, many in by_network.items():
            first = min((row for row in many if row["seed"] == 0), key=lambda r: r["validation"])
            kept = [row for row in many if row["rate"] == first["rate"]]
            seeds = sorted({row["seed"] for row in kept})
            best = [
                min((row for row in kept if row["seed"] == seed), key=lambda r: r["validation"])
                for seed in seeds
            ]
            found.setdefault(key, {})[network] = first["rate"], best
    return found


def held_and_learning(rows):
    """Return what the networks reach on the held-back names, and how fast they learn.

    Parameters
    ----------
    rows : list of dict
        Those of contest.csv.

    Returns
    -------
    held : dict of str to dict of str to list of float
        By network and by what was equal: the perplexity of each seed.
    learning : dict of str to tuple of two lists
        By network, with the seed 0: seconds, and perplexities on the validation names.
    """
    found = results(rows, "budget")
    found["steps",]["transformer"] = found["time",]["transformer"]  # ten epochs are its time
    held, learning = {}, {}
    for kind in KINDS:
        held[kind] = {
            words: [row["held"] for row in found[budget,][kind][1]]
            for budget, words in BUDGETS.items()
        }
        want = {"budget": "time", "network": kind, "seed": 0, "rate": found["time",][kind][0]}
        one = [row for row in rows if want.items() <= row.items()]
        learning[kind] = [row["seconds"] for row in one], [row["validation"] for row in one]
    return held, learning


def panels_of_lists(rows):
    """Return the panels of `plot_again`, from the rows of again.csv."""
    found = results(rows, "before", "names")
    most = max(names for _, names in found)
    chosen = {
        "More context": ("names before the one that comes again", 0, [(n, most) for n in range(3)]),
        "More data": ("training names", 1, sorted(key for key in found if key[0] == 1)),
    }
    panels = {}
    for title, (words, place, keys) in chosen.items():
        by_network = {
            kind: {int(key[place]): [row["held"] for row in found[key][kind][1]] for key in keys}
            for kind in ("GRU", "transformer")
        }
        panels[title] = words, by_network
    return panels
