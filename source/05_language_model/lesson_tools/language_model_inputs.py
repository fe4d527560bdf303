"""What the exercises of this lesson are called with: names, batches, gradients, small networks."""

import numpy as np

from lesson_tools.rnn_inputs import rnn_parameters
from rnn_lesson import rnn_forward
from rnn_utils import softmax

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LATEST = 20  # characters behind max_len at which a text comes to its end
GROWS, CLOCK = 1.5, 0.1  # what a clock is multiplied with at each step, and shows at its end
CLEAR = 0.05  # by how much the likeliest score exceeds the next one where chance shall play no part


def one_hot_arguments(rng, n, m, T_x, absent=False):
    """Draw the arguments of ``one_hot``; the highest number is among them, or ``absent``."""
    indices = rng.choice(n - absent, (m, T_x))
    indices.flat[0] = n - 1 - absent
    return {"indices": indices, "n": n}


def make_batch_arguments(rng, n_x, m, T_x, marker="."):
    """Draw the arguments of ``make_batch``: names of up to T_x - 1 letters, and a vocabulary.

    Its letters stand in no order. At least one name has T_x - 1 letters; with T_x = 1 all names
    are empty.
    """
    letters = [LETTERS[number] for number in rng.permutation(len(LETTERS))[: n_x - 1]]
    lengths = np.minimum(1 + rng.choice(T_x, m), T_x - 1)
    lengths[rng.choice(m)] = T_x - 1
    names = ["".join(letters[n] for n in rng.choice(n_x - 1, length)) for length in lengths]
    return {"names": names, "vocabulary": "".join([marker, *letters])}


def draw_mask(rng, m, T_x, holes=False):
    """Draw which places count: of each row the first ones, or with ``holes`` any, but not all."""
    lengths = 1 + rng.choice(T_x, m)
    mask = np.arange(T_x) < lengths[:, None]
    if holes:
        mask = rng.permutation(mask.ravel()).reshape(m, T_x)
    mask[0, 0] = True
    return mask.astype(float)


def masked_cross_entropy_arguments(rng, n_y, m, T_x, scale=1.0, holes=False, hopeless=False):
    """Draw the arguments of ``masked_cross_entropy``; at scale 1000 with probabilities of 0 and 1.

    Where the predictions are ``hopeless``, those of the right classes lie on both sides of 1e-12.
    """
    y_pred = softmax(scale * rng.standard_normal((n_y, m, T_x)))
    labels = rng.choice(n_y, (m, T_x))
    mask = draw_mask(rng, m, T_x, holes)
    if hopeless:
        right = np.arange(n_y)[:, None, None] == labels
        small = 10 ** rng.uniform(-14, -10, (m, T_x))
        y_pred = np.where(right, small, (1 - small) * y_pred / np.sum(~right * y_pred, axis=0))
    return {"y_pred": y_pred, "labels": labels * (holes | (mask > 0)), "mask": mask}


def draw_gradients(rng, parameters):
    """Draw a gradient for each of the parameters, under its name with a d before it."""
    return {"d" + name: rng.standard_normal(value.shape) for name, value in parameters.items()}


def clip_by_norm_arguments(rng, n_x, n_a, n_y, times=2.0, max_norm=0.6):
    """Draw the arguments of ``clip_by_norm``; the gradient is ``times`` as long as max_norm.

    Nothing in it is -0.0: where a result is 0, nobody shall read that -0 was expected.
    """
    grads = draw_gradients(rng, rnn_parameters(rng, n_x, n_a, n_y))
    norm = np.sqrt(sum(np.sum(value**2) for value in grads.values()))
    grads = {name: times * max_norm / norm * value + 0.0 for name, value in grads.items()}
    return {"grads": grads, "max_norm": max_norm}


def draw_state(rng, parameters, t):
    """Draw the two running means of Adam as they may be before step t: at the first one zeros."""
    shapes = {name: value.shape for name, value in parameters.items()}
    begun = float(t > 1)
    return {
        "mean": {name: 0.3 * begun * rng.standard_normal(shape) for name, shape in shapes.items()},
        "square": {name: begun * rng.uniform(0.1, 0.5, shape) for name, shape in shapes.items()},
    }


def adam_step_arguments(rng, n_x, n_a, n_y, t=3, size=1.0, others=False, without=False, eps=0.1):
    """Draw the arguments of ``adam_step``; ``size`` stretches the gradients.

    With ``others`` there are gradients beside those of the parameters, and ``without`` the last
    three arguments, which have defaults.
    """
    parameters = rnn_parameters(rng, n_x, n_a, n_y)
    grads = {name: size * value + 0.0 for name, value in draw_gradients(rng, parameters).items()}
    if others:
        shapes = {"dx": (n_x, 2, 3), "da": (n_a, 2, 3), "da0": (n_a, 2)}
        grads |= {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    state = draw_state(rng, parameters, t)
    given = {"parameters": parameters, "grads": grads, "state": state, "t": t}
    given["lr"] = rng.uniform(0.1, 0.5)
    if without:
        return given
    return given | {"beta1": rng.uniform(0.5, 0.8), "beta2": rng.uniform(0.85, 0.95), "eps": eps}


def train_step_arguments(rng, n_x, n_a, m, T_x, t=3, max_norm=0.05):
    """Draw the arguments of ``train_step``: a batch of random texts, a network, and the rest."""
    parameters = rnn_parameters(rng, n_x, n_a, n_x, 0.5)
    indices, mask = rng.choice(n_x, (m, T_x + 1)), draw_mask(rng, m, T_x)
    x = np.moveaxis(np.eye(n_x)[indices[:, :-1]], 2, 0).copy()
    labels = np.where(mask > 0, indices[:, 1:], 0)
    return {
        "batch": {"x": x, "labels": labels, "mask": mask},
        "parameters": parameters,
        "state": draw_state(rng, parameters, t),
        "t": t,
        "lr": rng.uniform(0.05, 0.2),
        "max_norm": max_norm,
    }


def log_probabilities(indices, a0, parameters, temperature, stop):
    """Return how probable each character is behind those before it, as logarithms.

    Returns
    -------
    numpy.ndarray, shape (n_y, len(indices) + 1)
        Of the first character, of each next one, and of what follows on the last.
    """
    x = np.eye(parameters["Wax"].shape[1])[:, [stop, *indices]][:, None, :]
    a, _, _ = rnn_forward(x, a0, parameters)
    scores = (parameters["Wya"] @ a[:, 0] + parameters["by"]) / temperature
    scores = scores - scores.max(axis=0)
    return scores - np.log(np.exp(scores).sum(axis=0))


def sample_arguments(rng, n_x, n_a, max_len, temperature=1e-3, ends=True, stop=0):
    """Draw the arguments of ``sample``: a network that is in no doubt, so that no chance is left.

    It writes several characters, not all the same. At the temperature of 1e-3 the likeliest one
    is certain; at others the scores are as much larger. With ``ends`` it comes to an end before
    ``max_len``, and otherwise behind it: who forgets that limit comes to an end, too.
    """
    while True:
        parameters = rnn_parameters(rng, n_x, n_a, n_x, 1.5)
        a0 = np.tanh(rng.standard_normal((n_a, 1)))
        if not ends:
            _end_later(parameters, a0, max_len, stop)
        path, ended, a = [], False, a0
        while len(path) < (max_len if ends else max_len + LATEST) and not ended:
            read = path[-1] if path else stop
            seen = parameters["Wax"][:, [read]] + parameters["Waa"] @ a + parameters["ba"]
            a = np.tanh(seen)
            scores = (parameters["Wya"] @ a + parameters["by"]).ravel()
            first, second = np.argsort(scores)[:-3:-1]
            if scores[first] - scores[second] < CLEAR:
                path = []
                break
            ended = first == stop
            path += [] if ended else [int(first)]
        in_time = ended and (len(path) < max_len if ends else len(path) > max_len)
        if in_time and len(set(path[:max_len])) >= min(3, n_x - 1, max_len):
            break
    for name in ("Wya", "by"):
        parameters[name] *= temperature / 1e-3
    return {
        "parameters": parameters,
        "a0": a0,
        "rng": np.random.default_rng(0),
        "max_len": max_len,
        "temperature": temperature,
        "stop": stop,
    }


def _end_later(parameters, a0, max_len, stop):
    """Let a network end its text soon behind ``max_len``: its first unit is a clock that grows."""
    for name in ("Wax", "Waa", "ba"):
        parameters[name][0] = 0.0
    parameters["Waa"][:, 0] = parameters["Wya"][:, 0] = 0.0
    parameters["Waa"][0, 0], parameters["Wya"][stop, 0] = GROWS, 10 / CLOCK
    a0[0] = CLOCK / GROWS ** (max_len + 3)


def recipe_arguments(rng, steps):
    """Return the arguments of ``recipe``; nothing is drawn."""
    return {"steps": steps}
