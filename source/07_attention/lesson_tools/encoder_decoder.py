"""An encoder and a decoder that looks back, put together from the functions of the notebook.

Of attention nothing lies here: the functions are handed over, as `Parts`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from language_model_lesson import adam_step, clip_by_norm, one_hot
from lesson_tools.dates import INPUTS, OUTPUTS, draw_dates, draw_numbers, numbered, wanted
from rnn_utils import softmax

SIZES = {"n_a": 32, "d": 16, "d_v": 32}
BLIND = {"n_a": 36, "d": 1, "d_v": 1}  # as many weights that are used, without attention
RATE, LONGEST, BATCH = 0.01, 1.0, 64
BEHIND, DIGITS = 40, 20  # at most: characters behind a date, digits of a number
ROUNDS = 1200


class Parts(NamedTuple):
    """The functions that a network is made of."""

    gru_forward: Callable
    gru_backward: Callable
    attention: Callable
    attention_backward: Callable


# --- the network ------------------------------------------------------------------------


def gru_parameters(rng, n_x, n_a):
    """Draw a GRU whose own prediction is a single class, which nobody looks at."""
    spread = 1 / np.sqrt(n_a + n_x)
    drawn = {f"W{block}": spread * rng.standard_normal((n_a, n_a + n_x)) for block in "zrc"}
    drawn |= {f"b{block}": np.full((n_a, 1), float(block == "z")) for block in "zrc"}
    return drawn | {"Wy": np.zeros((1, n_a)), "by": np.zeros((1, 1))}


def start_model(rng, n_a, d, d_v):
    """Draw an encoder and a decoder: two dicts, each with the eight arrays of a GRU in ``gru``."""
    n_x, n_y = len(INPUTS), len(OUTPUTS)

    def draw(rows, columns):
        return rng.standard_normal((rows, columns)) / np.sqrt(columns)

    encoder = {"gru": gru_parameters(rng, n_x, n_a), "Wk": draw(d, n_a), "Wv": draw(d_v, n_a)}
    decoder = {"gru": gru_parameters(rng, n_y, n_a), "Wq": draw(d, n_a)}
    decoder |= {"Wy": draw(n_y, n_a + d_v), "by": np.zeros((n_y, 1))}
    return {"encoder": encoder, "decoder": decoder}


def encode(gru_forward, x, mask, encoder):
    """Read texts.

    Parameters
    ----------
    gru_forward : callable
    x : numpy.ndarray, shape (n_x, m, T_k)
        One-hot columns.
    mask : numpy.ndarray, shape (m, T_k)
        1 where a text has a character.
    encoder : dict
        ``gru``, ``Wk`` (d, n_a), ``Wv`` (d_v, n_a).

    Returns
    -------
    a0 : numpy.ndarray, shape (n_a, m)
        The state behind the last character of each text.
    K, V : numpy.ndarray, shape (d, m, T_k) and (d_v, m, T_k)
    cache : tuple
        The states, the last places, and the caches of the GRU.
    """
    start = np.zeros((len(encoder["gru"]["bz"]), x.shape[1]))
    a, _, caches = gru_forward(x, start, encoder["gru"])
    last = mask.sum(axis=1).astype(int) - 1
    a0 = a[:, np.arange(len(last)), last]
    K, V = (np.tensordot(encoder[name], a, axes=1) for name in ("Wk", "Wv"))
    return a0, K, V, (a, last, caches)


def forward(parts, model, x, mask, y_read, looks=True):
    """Read texts, and predict each character of their dates behind the right ones before it.

    Parameters
    ----------
    parts : Parts
    model : dict
    x, mask : numpy.ndarray
        As in `encode`.
    y_read : numpy.ndarray, shape (n_y, m, T_q)
        What the decoder reads: one-hot columns of the marker and the right characters.
    looks : bool
        Without, every key is masked, and all that comes of attention is zeros.

    Returns
    -------
    y_pred : numpy.ndarray, shape (n_y, m, T_q)
    weights : numpy.ndarray, shape (m, T_q, T_k)
    caches : tuple
        What `backward` needs.
    """
    decoder = model["decoder"]
    a0, K, V, read = encode(parts.gru_forward, x, mask, model["encoder"])
    a, _, steps = parts.gru_forward(y_read, a0, decoder["gru"])
    Q = np.tensordot(decoder["Wq"], a, axes=1)
    seen = np.repeat(looks * mask[:, None], y_read.shape[2], axis=1)
    out, weights, looked = parts.attention(Q, K, V, seen)
    both = np.concatenate([a, out])
    y_pred = softmax(np.tensordot(decoder["Wy"], both, axes=1) + decoder["by"][:, :, None])
    return y_pred, weights, (read, a, steps, looked, both)


def backward(parts, model, dscores, caches, ways=("attention", "recurrence")):
    """Go back from the scores to all weights, and to the states of the encoder.

    Parameters
    ----------
    dscores : numpy.ndarray, shape (n_y, m, T_q)
    caches : tuple
    ways : tuple of str
        Through which ways the encoder is told: by what was looked at, and by the state from
        which the decoder starts.

    Returns
    -------
    grads : dict
        By the names of `flat`, with a d before them; and ``dx`` (n_x, m, T_k).
    """
    encoder, decoder = model["encoder"], model["decoder"]
    (a_read, last, read), a, steps, looked, both = caches
    n_a = len(a)
    dboth = np.tensordot(decoder["Wy"].T, dscores, axes=1)
    found = parts.attention_backward(dboth[n_a:], looked)
    da = dboth[:n_a] + np.tensordot(decoder["Wq"].T, found["dQ"], axes=1)
    back = parts.gru_backward(da, steps)
    grads = {"d decoder Wq": _outer(found["dQ"], a), "d decoder Wy": _outer(dscores, both)}
    grads["d decoder by"] = dscores.sum(axis=(1, 2))[:, None]
    grads["d encoder Wk"] = _outer(found["dK"], a_read)
    grads["d encoder Wv"] = _outer(found["dV"], a_read)
    da_read = np.zeros(a_read.shape)
    if "attention" in ways:
        da_read += np.tensordot(encoder["Wk"].T, found["dK"], axes=1)
        da_read += np.tensordot(encoder["Wv"].T, found["dV"], axes=1)
    if "recurrence" in ways:
        da_read[:, np.arange(len(last)), last] += back["da0"]
    first = parts.gru_backward(da_read, read)
    for side, of in (("encoder", first), ("decoder", back)):
        grads |= {f"d {side} gru {n}": of[f"d{n}"] for n in ("Wz", "Wr", "Wc", "bz", "br", "bc")}
    return grads | {"dx": first["dx"]}


def _outer(left, right):
    return np.tensordot(left, right, axes=([1, 2], [1, 2]))


def flat(model):
    """Return the arrays of a model that are learned, by names such as `` encoder gru Wz``."""
    found = {}
    for side, parts in model.items():
        gru = {f"gru {name}": value for name, value in parts["gru"].items() if "y" not in name}
        rest = {name: value for name, value in parts.items() if name != "gru"}
        found |= {f" {side} {name}": value for name, value in (gru | rest).items()}
    return found


def built(arrays):
    """Return the model that `flat` has taken apart."""
    model = {"encoder": {"gru": {}}, "decoder": {"gru": {}}}
    for name, value in arrays.items():
        side, *_, last = name.split()
        (model[side]["gru"] if "gru" in name else model[side])[last] = value
    for side in model.values():
        side["gru"] |= {"Wy": np.zeros((1, len(side["gru"]["bz"]))), "by": np.zeros((1, 1))}
    return model


# --- the training -----------------------------------------------------------------------


def batch_of(texts, dates):
    """Return what `forward` takes of texts and their dates, and the right answers (m, T_q)."""
    indices, mask = numbered(texts)
    read, labels = wanted(dates)
    x = one_hot(indices, len(INPUTS)) * mask
    return (x, mask, one_hot(read, len(OUTPUTS))), labels


def loss_and_gradients(parts, model, batch, labels, looks=True):
    """Return the mean loss of all characters, and the gradients of all weights."""
    y_pred, _, caches = forward(parts, model, *batch, looks=looks)
    right = one_hot(labels, len(y_pred))
    loss = -np.log(np.maximum((y_pred * right).sum(axis=0), 1e-12)).mean()
    return float(loss), backward(parts, model, (y_pred - right) / labels.size, caches)


def right_dates(parts, model, texts, dates, looks=True):
    """Say of each text whether its date is written right from the first character to the last.

    The network reads the right characters here, not its own. For this question that makes no
    difference: as long as it has made no mistake, its own are the right ones.
    """
    batch, labels = batch_of(texts, dates)
    y_pred, _, _ = forward(parts, model, *batch, looks=looks)
    return (y_pred.argmax(axis=0) == labels).all(axis=1)


def dates_in_sentences(rng):
    """Draw a batch of dates: as a rule in every other one up to 40 characters follow behind."""
    behind = int(rng.integers(0, BEHIND + 1) * rng.integers(0, 2))
    return draw_dates(rng, BATCH, behind=behind)


def numbers_to_copy(rng):
    """Draw a batch of numbers with up to 20 digits, all with as many."""
    return draw_numbers(rng, BATCH, int(rng.integers(1, DIGITS + 1)))


def train(parts, model, rng, rounds, stop=None, looks=True, draw=dates_in_sentences):
    """Train a model on new texts; yield the number of the round, its loss, and the model.

    Parameters
    ----------
    parts : Parts
    model : dict
    rng : numpy.random.Generator
    rounds : int
        The step size falls to nothing over so many rounds, in a straight line.
    stop : int, optional
        Ends the training after so many rounds, as if the others were still to come.
    looks : bool
        Without, the decoder cannot look back: every key is masked.
    draw : callable
        Takes the generator and returns the texts of a batch, and what is to be written.
    """
    parameters = flat(model)
    zeros = {name: np.zeros(value.shape) for name, value in parameters.items()}
    state = {"mean": zeros, "square": zeros}
    for number in range(stop or rounds):
        batch, labels = batch_of(*draw(rng))
        loss, grads = loss_and_gradients(parts, model, batch, labels, looks)
        grads = clip_by_norm({name: grads[f"d{name}"] for name in parameters}, LONGEST)
        grads = {f"d{name}": grad for name, grad in grads.items()}
        rate = RATE * (1 - number / rounds)
        parameters, state = adam_step(parameters, grads, state, number + 1, rate)
        model = built(parameters)
        yield number + 1, loss, model


def write_model(path, model):
    """Write a model: a row for each array, four digits of each number."""
    rows = ["name,rows,columns,values"]
    for name, array in flat(model).items():
        values = " ".join(f"{value:.4g}" for value in array.ravel())
        rows.append(f"{name.strip()},{array.shape[0]},{array.shape[1]},{values}")
    Path(path).write_text("\n".join(rows) + "\n", "utf-8")


def read_model(path):
    """Return the model that `write_model` has written."""
    arrays = {}
    for row in Path(path).read_text("utf-8").splitlines()[1:]:
        name, rows, columns, values = row.split(",")
        array = np.array(values.split(), dtype=float).reshape(int(rows), int(columns))
        arrays[f" {name}"] = array
    return built(arrays)
