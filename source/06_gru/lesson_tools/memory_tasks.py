"""Three memory tasks made on the spot, and one training for RNN, LSTM and GRU.

Everything that is drawn comes from a generator that is handed over. Of the GRU nothing lies here:
`three_networks` is given the functions that the lesson's notebook has.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bptt_lesson import cross_entropy, lstm_output_backward
from lstm_backward_lesson import lstm_backward
from lstm_lesson import lstm_forward
from rnn_backward_lesson import rnn_backward
from rnn_lesson import rnn_forward

PARAMETERS = 1000  # of each network, as nearly as whole units allow
SYMBOLS, TO_COPY = 4, 3
DEEPEST = 4


# --- the tasks --------------------------------------------------------------------------


class Task(NamedTuple):
    """A task: what draws it, how many features and classes it has, and how long it gets.

    ``draw`` takes a generator, the number of sequences and the length. It returns x, shape
    (n_x, m, T_x), and labels, shape (m, k), which belong to the last k steps.
    """

    draw: Callable
    n_x: int
    n_y: int
    lengths: tuple
    simple: float  # what is right without memory, as a share


def copying(rng, m, delay):
    """Draw three symbols out of four, a delay, and a cue: then they are to be said in order."""
    labels = rng.integers(0, SYMBOLS, size=(m, TO_COPY))
    x = np.zeros((SYMBOLS + 1, m, 2 * TO_COPY + delay))
    for t in range(TO_COPY):
        x[labels[:, t], np.arange(m), t] = 1.0
    x[SYMBOLS, :, -TO_COPY:] = 1.0
    return x, labels


def adding(rng, m, T_x):
    """Draw numbers from 0 to 1, two of them marked: at the end, is their sum above 1?"""
    x = np.stack([rng.random((m, T_x)), np.zeros((m, T_x))])
    examples = np.arange(m)
    total = np.zeros(m)
    for first, last in ((0, T_x // 2), (T_x // 2, T_x)):
        marked = rng.integers(first, last, size=m)
        x[1, examples, marked] = 1.0
        total += x[0, examples, marked]
    return x, (total > 1).astype(int)[:, None]


def brackets(rng, m, T_x):
    """Draw opening and closing brackets, and blanks: at the end, how many are open?"""
    x, depth = np.zeros((2, m, T_x)), np.zeros(m, dtype=int)
    for t in range(T_x):
        drawn = rng.random(m)
        x[0, :, t] = (drawn < 0.25) & (depth < DEEPEST)
        x[1, :, t] = (drawn > 0.75) & (depth > 0)
        depth += (x[0, :, t] - x[1, :, t]).astype(int)
    return x, depth[:, None]


TASKS = {
    "copying": Task(copying, SYMBOLS + 1, SYMBOLS, (5, 10, 20, 40), 1 / SYMBOLS),
    "adding": Task(adding, 2, 2, (10, 20, 40, 80), 0.75),
    "brackets": Task(brackets, 2, DEEPEST + 1, (10, 20, 40, 80), 1 / (DEEPEST + 1)),
}


# --- the networks -----------------------------------------------------------------------


class Network(NamedTuple):
    """A network: its functions, and what its weights are called."""

    forward: Callable  # returns a, y, ..., caches
    backward: Callable  # takes da and caches
    blocks: str  # a letter for each block of weights that acts on state and input
    keeps: str  # the block whose bias decides how much is kept, if there is one


def three_networks(gru_forward, gru_backward):
    """Return the three networks by name."""
    return {
        "RNN": Network(rnn_with_one_matrix, rnn_with_one_matrix_backward, "a", ""),
        "LSTM": Network(lstm_forward, lstm_backward, "fico", "f"),
        "GRU": Network(gru_forward, gru_backward, "zrc", "z"),
    }


def rnn_with_one_matrix(x, a0, parameters):
    """Run the RNN of lesson 1 with weights named like the others': ``Wa ba Wy by``."""
    n_a = len(a0)
    given = {"Waa": parameters["Wa"][:, :n_a], "Wax": parameters["Wa"][:, n_a:]}
    given |= {"ba": parameters["ba"], "Wya": parameters["Wy"], "by": parameters["by"]}
    return rnn_forward(x, a0, given)


def rnn_with_one_matrix_backward(da, caches):
    """Go back through that."""
    found = rnn_backward(da, caches)
    return {"dWa": np.hstack([found["dWaa"], found["dWax"]]), "dba": found["dba"]}


def count_parameters(network, n_a, n_x, n_y):
    """Return how many numbers a network learns."""
    return len(network.blocks) * n_a * (n_a + n_x + 1) + n_y * (n_a + 1)


def units(network, task):
    """Return the number of units with which a network comes nearest to `PARAMETERS`."""
    sizes = range(1, 60)
    return min(sizes, key=lambda n: abs(count_parameters(network, n, *task[1:3]) - PARAMETERS))


def start_parameters(network, rng, n_a, n_x, n_y, keep_bias=1.0):
    """Draw weights; biases are zeros, but for that of the gate which keeps."""
    parameters = {}
    for block in network.blocks:
        spread = 1 / np.sqrt(n_a + n_x)
        parameters[f"W{block}"] = spread * rng.standard_normal((n_a, n_a + n_x))
        parameters[f"b{block}"] = np.full((n_a, 1), keep_bias * (block == network.keeps))
    parameters["Wy"] = rng.standard_normal((n_y, n_a)) / np.sqrt(n_a)
    parameters["by"] = np.zeros((n_y, 1))
    return parameters


# --- the training -----------------------------------------------------------------------


def loss_and_gradients(network, parameters, x, labels):
    """Return the loss at the last steps, and the gradients of all parameters."""
    k = labels.shape[1]
    a, y, *_, caches = network.forward(
        x, np.zeros((parameters["Wy"].shape[1], len(labels))), parameters
    )
    output = lstm_output_backward(y[:, :, -k:], labels, a[:, :, -k:], parameters)
    da = np.zeros_like(a)
    da[:, :, -k:] = output["da"]
    found = network.backward(da, caches) | {"dWy": output["dWy"], "dby": output["dby"]}
    loss = cross_entropy(y[:, :, -k:], labels)
    return loss, {name: found[f"d{name}"] for name in parameters}


def accuracy(network, parameters, x, labels):
    """Return the share of right answers."""
    a0 = np.zeros((parameters["Wy"].shape[1], len(labels)))
    y = network.forward(x, a0, parameters)[1][:, :, -labels.shape[1] :]
    return float(np.mean(y.argmax(axis=0) == labels))


def shortened(gradients, longest=1.0):
    """Return gradients that are together no longer than ``longest``, in the same direction."""
    length = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))
    return {name: g * min(1.0, longest / max(length, 1e-12)) for name, g in gradients.items()}


def adam_step(parameters, gradients, means, rate):
    """Take one step of Adam; return new parameters and new means.

    Parameters
    ----------
    parameters, gradients : dict of str to numpy.ndarray
    means : tuple of (int, dict, dict)
        The number of steps so far, and the running means of the gradients and of their squares;
        at first ``(0, {}, {})``.
    rate : float
    """
    number, mean, square = means
    number += 1
    mean = {n: 0.9 * mean.get(n, 0.0) + 0.1 * g for n, g in gradients.items()}
    square = {n: 0.999 * square.get(n, 0.0) + 0.001 * g**2 for n, g in gradients.items()}
    fair = np.sqrt(1 - 0.999**number) / (1 - 0.9**number)
    stepped = {
        n: value - rate * fair * mean[n] / (np.sqrt(square[n]) + 1e-8)
        for n, value in parameters.items()
    }
    return stepped, (number, mean, square)


def train(network, task, length, rng, rounds, m=32, rate=0.01, look_every=100, stop=None):
    """Train a network from the start; the step size falls to nothing in a straight line.

    Parameters
    ----------
    network : Network
    task : Task
    length : int
        The delay, or the number of steps.
    rng : numpy.random.Generator
        Draws the weights, then all sequences.
    rounds : int
        How often ``m`` new sequences are looked at.
    look_every : int
        After so many rounds the network answers the same 500 new sequences.
    stop : int, optional
        Ends the training after so many rounds, as if the others were still to come.

    Returns
    -------
    parameters : dict
    seen : list of tuple of (int, float, float)
        Number of the round, mean loss of the rounds since the last look, and share of right
        answers.
    """
    draws, asked = rng.spawn(2)
    parameters = start_parameters(network, rng, units(network, task), *task[1:3])
    new = task.draw(asked, 500, length)
    means, seen, losses = (0, {}, {}), [], []
    for number in range(stop or rounds):
        x, labels = task.draw(draws, m, length)
        loss, gradients = loss_and_gradients(network, parameters, x, labels)
        losses.append(loss)
        step = rate * (1 - number / rounds)
        parameters, means = adam_step(parameters, shortened(gradients), means, step)
        if (number + 1) % look_every == 0:
            seen.append((number + 1, np.mean(losses), accuracy(network, parameters, *new)))
            losses.clear()
    return parameters, seen


def write_weights(path, networks):
    """Write the parameters of networks, by their names: a row for each array."""
    rows = ["network,name,rows,columns,values"]
    for network, parameters in networks.items():
        for name, array in parameters.items():
            values = " ".join(f"{value:.8g}" for value in array.ravel())
            rows.append(f"{network},{name},{array.shape[0]},{array.shape[1]},{values}")
    path.write_text("\n".join(rows) + "\n", "utf-8")


def read_weights(path):
    """Return the parameters of networks that `write_weights` has written, by their names."""
    networks = {}
    for row in Path(path).read_text("utf-8").splitlines()[1:]:
        network, name, rows, columns, values = row.split(",")
        array = np.array(values.split(), dtype=float).reshape(int(rows), int(columns))
        networks.setdefault(network, {})[name] = array
    return networks
