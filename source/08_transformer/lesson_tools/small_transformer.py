"""A transformer that learns names, put together from the functions of the notebook.

Of the transformer nothing lies here: the functions are handed over, as `Parts`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from batch_lesson import make_batch, masked_cross_entropy
from language_model_lesson import adam_step, clip_by_norm
from lesson_tools.transformer_inputs import block_shapes, norm_shapes
from rnn_utils import softmax

SIZES = {"d": 20, "h": 2, "d_f": 40, "n_blocks": 2}  # about as many weights as in lesson 5
RATE, LONGEST, BATCH, EPOCHS = 0.01, 1.0, 64, 10


class Parts(NamedTuple):
    """The functions that a network is made of."""

    transformer_forward: Callable
    transformer_backward: Callable


def start_model(rng, n_x, d, d_f, n_blocks):
    """Draw a transformer that has learned nothing.

    Gains begin at 1 and biases at 0; a matrix is drawn so that its products are about as large as
    what goes in. The two matrices that end in the stream are drawn smaller, the more of them there
    are, and the scores begin small.
    """

    def draw(shapes):
        made = {}
        for name, (rows, columns) in shapes.items():
            if name.startswith("W"):
                share = 1 / np.sqrt(2 * n_blocks) if name in ("Wo", "W2") else 1.0
                made[name] = share * rng.standard_normal((rows, columns)) / np.sqrt(columns)
            else:
                made[name] = np.full((rows, columns), float(name.startswith("gain")))
        return made

    return {
        "We": 0.5 * rng.standard_normal((d, n_x)),
        "blocks": [draw(block_shapes(d, d_f)) for _ in range(n_blocks)],
        **draw(norm_shapes(d)),
        "Wy": 0.1 * rng.standard_normal((n_x, d)) / np.sqrt(d),
        "by": np.zeros((n_x, 1)),
    }


def flat(model):
    """Return the arrays of a model, or of its gradients, by one name each: ``0 Wq`` in block 0."""
    d = "d" if "dblocks" in model else ""
    found = {name: value for name, value in model.items() if name != f"{d}blocks"}
    for number, block in enumerate(model[f"{d}blocks"]):
        for name, value in block.items():
            found[f"{d}{number} {name.removeprefix(d)}"] = value
    return found


def built(arrays):
    """Return the model that `flat` has taken apart."""
    model = {"blocks": []}
    for name, value in arrays.items():
        number, _, rest = name.rpartition(" ")
        if not number:
            model[name] = value
            continue
        while len(model["blocks"]) <= int(number):
            model["blocks"].append({})
        model["blocks"][int(number)][rest] = value
    return model


def loss_and_gradients(parts, model, batch, h):
    """Return the mean loss of the places that count, and the gradients of all weights."""
    scores, _, caches = parts.transformer_forward(batch["x"], model, h)
    loss, dscores = masked_cross_entropy(softmax(scores), batch["labels"], batch["mask"])
    return float(loss), parts.transformer_backward(dscores, caches)


def perplexity(parts, model, batch, h):
    """Return the perplexity of a model on a batch."""
    scores, _, _ = parts.transformer_forward(batch["x"], model, h)
    return float(np.exp(masked_cross_entropy(softmax(scores), batch["labels"], batch["mask"])[0]))


def steps_of(look, parameters, batches, steps, rate, rise=0.1):
    """Take a step of Adam for each batch.

    The step size rises in a straight line over a tenth of the steps, and then falls to nothing.
    With ``rise`` 0 it begins at its top.

    Parameters
    ----------
    look : callable
        Takes arrays by name and a batch; returns loss and gradients.
    steps : int
        How many there are to be; they may end earlier.

    Yields
    ------
    parameters : dict
        The arrays after the step.
    loss : float
        Before it.
    """
    zeros = {name: np.zeros(value.shape) for name, value in parameters.items()}
    state = {"mean": zeros, "square": zeros}
    for number, batch in enumerate(batches):
        loss, grads = look(parameters, batch)
        grads = clip_by_norm(grads, LONGEST)
        up = (number + 1) / max(rise * steps, 1)
        now = rate * min(up, (1 - number / steps) / (1 - rise))
        parameters, state = adam_step(parameters, grads, state, number + 1, now)
        yield parameters, loss


def train(parts, model, names, vocabulary, rng, h, epochs=EPOCHS, rate=RATE):
    """Train a model on names, in a random order, again and again.

    Yields
    ------
    model : dict
        As it is after each epoch.
    losses : list of float
        Of all steps so far.
    """
    count = len(names) // BATCH

    def batches():
        for _ in range(epochs):
            order = rng.permutation(len(names))
            for first in range(0, count * BATCH, BATCH):
                yield make_batch([names[n] for n in order[first : first + BATCH]], vocabulary)

    def look(parameters, batch):
        loss, grads = loss_and_gradients(parts, built(parameters), batch, h)
        return loss, flat(grads)

    losses = []
    for parameters, loss in steps_of(look, flat(model), batches(), epochs * count, rate):
        losses.append(loss)
        if len(losses) % count == 0:
            yield built(parameters), losses
