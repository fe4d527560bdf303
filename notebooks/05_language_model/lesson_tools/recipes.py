"""How the open exercise of this lesson is judged: by what comes of a recipe for training."""

import numpy as np

from lesson_tools.checks import Mismatch, call, name_of
from lesson_tools.rnn_inputs import rnn_parameters
from lesson_tools.weights import require_arrays, require_keys
from rnn_lesson import rnn_forward

KEYS = ("n_a", "m", "lr", "max_norm")
MOST = 64  # units, and names in a batch
WANTED = {300: 8.95, 150: 9.25}  # by the number of steps, the perplexity on names for validation
UNSEEN = {290: 8.8, 160: 9.1}  # and on the names with which it is graded
SCALE = 0.05  # of the weights at the start


def asked(target, steps):
    """Return the recipe that a function gives.

    Raises
    ------
    Mismatch
        When it is none.
    """
    recipe = call(target, {"steps": steps})
    require_keys(target, recipe, KEYS)
    for name in ("n_a", "m"):
        value = recipe[name]
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or not 1 <= value <= MOST:
            raise Mismatch(f"{name} should be a whole number from 1 to {MOST}", f", not {value!r}.")
    limit = recipe["max_norm"]
    number = isinstance(limit, (int, float, np.number)) and not isinstance(limit, bool)
    if not number or not limit > 0:
        raise Mismatch("max_norm should be a number above 0", f", not {limit!r}.")
    require_arrays(target, {"lr": recipe["lr"]}, {"lr": (steps,)}, f"steps={steps}")
    if np.min(recipe["lr"]) < 0:
        raise Mismatch("lr should hold no rate below 0", f": {np.min(recipe['lr'])}.")
    return recipe


def follow(recipe, names, vocabulary, make_batch, train_step, rng):
    """Train a network by a recipe; return its parameters.

    Parameters
    ----------
    recipe : dict
    names : list of str
        They come in a random order, again and again.
    vocabulary : str
    make_batch, train_step : callable
        As in the notebook.
    rng : numpy.random.Generator
    """
    n_x = len(vocabulary)
    network = rnn_parameters(rng, n_x, int(recipe["n_a"]), n_x, SCALE)
    zeros = {name: np.zeros(value.shape) for name, value in network.items()}
    state, left = {"mean": zeros, "square": zeros}, []
    for t, lr in enumerate(recipe["lr"], start=1):
        if len(left) < recipe["m"]:
            left = list(rng.permutation(len(names)))
        chosen = [names[left.pop()] for _ in range(int(recipe["m"]))]
        batch = make_batch(chosen, vocabulary)
        _, network, state = train_step(batch, network, state, t, float(lr), recipe["max_norm"])
    return network


def perplexity_of(network, batch):
    """Return the perplexity of a network on a batch."""
    a0 = np.zeros((len(network["ba"]), len(batch["labels"])))
    _, y_pred, _ = rnn_forward(batch["x"], a0, network)
    examples, times = np.indices(batch["labels"].shape)
    p = np.maximum(y_pred[batch["labels"], examples, times], 1e-12)
    return float(np.exp(-np.average(np.log(p), weights=batch["mask"])))


def require_perplexity(target, steps, train, wanted=WANTED):
    """Raise a Mismatch unless a recipe leads to the perplexity that is asked for.

    Parameters
    ----------
    target : callable
    steps : int
    train : callable
        Takes a recipe; returns the perplexity of the network that has followed it.
    wanted : dict of int to float
        What is asked for, by the number of steps.

    Returns
    -------
    float
        The perplexity.
    """
    recipe = asked(target, steps)
    reached = train(recipe)
    if not reached <= wanted[steps]:
        raise Mismatch(
            f"After {steps} steps by what {name_of(target)} returns, the perplexity on names that "
            f"the network has not seen is above {wanted[steps]}",
            f": it is {reached:.2f}. {_course(recipe['lr'])}",
        )
    return reached


def _course(rates):
    """Say how the rates of a recipe go, as facts to be compared with the table of the text."""
    if np.ptp(rates) == 0:
        return f"All its rates are {rates[0]:.3g}."
    begin, middle, end = (f"{rates[place]:.3g}" for place in (0, len(rates) // 2, -1))
    return f"Its rates begin at {begin}, are {middle} half-way, and end at {end}."
