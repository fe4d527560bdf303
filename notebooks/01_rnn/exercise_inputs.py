"""What the exercises are called with in their tests: random arguments, and the public cases.

A maker draws the arguments of one exercise, by name and in order, from a generator. Those of
an exercise that goes backwards come from a forward pass, with the finished functions that lie
beside its notebook.
"""

import numpy as np

from rnn_utils import softmax

# --- the public cases -----------------------------------------------------------------

CELL = [(3, 5, 2, 4), (4, 2, 3, 1), (1, 3, 4, 2)]
SEQUENCE = [(3, 5, 2, 4, 3), (4, 2, 3, 1, 4), (2, 3, 4, 3, 1)]
CELL_BACK = [*CELL, (2, 3, 4, 3, {"large": 1e4})]
LSTM_CELL_BACK = [*CELL_BACK, (3, 2, 4, 2, {"first": True, "last": True})]
BACKWARD = [
    (3, 5, 2, 4, 3),
    (4, 2, 3, 1, 4, {"more_caches": 2}),
    (2, 3, 4, 3, 1, {"large": 1e4}),
    (3, 2, 4, 2, 5, {"only_last": True}),
]
PREDICTIONS = [(3, 4, 2), (2, 1, 5), (4, 3, 1), (3, 5, 2, {"scale": 1000.0})]
CHECKED = [
    (2, 3, {"h": 0.01}),
    (4, {"wrong": 0.5}),
    (2, 1, 3, {"h": 0.02, "wrong": -2.0, "place": 1}),
    (3, {"h": 0.01, "wrong": 1e-3, "idle": True}),
    (2, 2, {"h": 0.01, "wrong": -1.0, "place": 1}),
    (2, {"h": 0.001, "idle": True, "claimed": 3e-5}),
]


def cases(name):
    """Yield the public cases of an exercise: number, arguments, and its sizes in words."""
    maker, sizes_of_all, words = {
        "rnn_cell_forward": (rnn_cell_arguments, CELL, "n_x n_a n_y m"),
        "rnn_forward": (rnn_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
        "lstm_cell_forward": (lstm_cell_arguments, CELL, "n_x n_a n_y m"),
        "lstm_forward": (lstm_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
        "cross_entropy": (cross_entropy_arguments, PREDICTIONS, "n_y m T_x"),
        "gradient_check": (gradient_check_arguments, CHECKED, "rows columns layers"),
        "output_backward": (output_arguments, SEQUENCE, "n_x n_a n_y m T_x"),
        "rnn_cell_backward": (rnn_cell_backward_arguments, CELL_BACK, "n_x n_a n_y m"),
        "rnn_backward": (rnn_backward_arguments, BACKWARD, "n_x n_a n_y m T_x"),
        "lstm_cell_backward": (lstm_cell_backward_arguments, LSTM_CELL_BACK, "n_x n_a n_y m"),
        "lstm_backward": (lstm_backward_arguments, BACKWARD, "n_x n_a n_y m T_x"),
    }[name]
    for number, sizes in enumerate(sizes_of_all):
        options = sizes[-1] if isinstance(sizes[-1], dict) else {}
        sizes = sizes[: len(sizes) - bool(options)]
        said = {**dict(zip(words.split(), sizes, strict=False)), **options}
        text = ", ".join(f"{word.replace('_caches', ' caches')}={n}" for word, n in said.items())
        yield number, maker(np.random.RandomState(number), *sizes, **options), text


# --- arguments to call them with ----------------------------------------------------


def rnn_parameters(rng, n_x, n_a, n_y, scale=1.0):
    """Draw random weights and biases of a recurrent network: ``Wax Waa Wya ba by``."""
    shapes = {
        "Wax": (n_a, n_x),
        "Waa": (n_a, n_a),
        "Wya": (n_y, n_a),
        "ba": (n_a, 1),
        "by": (n_y, 1),
    }
    return _drawn(rng, shapes, scale)


def rnn_cell_arguments(rng, n_x, n_a, n_y, m, scale=1.0):
    """Draw the arguments of ``rnn_cell_forward``, by name and in order."""
    return {
        "xt": scale * rng.standard_normal((n_x, m)),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": rnn_parameters(rng, n_x, n_a, n_y, scale),
    }


def rnn_arguments(rng, n_x, n_a, n_y, m, T_x, scale=1.0):
    """Draw the arguments of ``rnn_forward``, by name and in order."""
    return {
        "x": scale * rng.standard_normal((n_x, m, T_x)),
        "a0": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": rnn_parameters(rng, n_x, n_a, n_y, scale),
    }


def lstm_parameters(rng, n_x, n_a, n_y, scale=1.0):
    """Draw random weights and biases of an LSTM: ``Wf Wi Wc Wo Wy bf bi bc bo by``."""
    shapes = {
        **dict.fromkeys(("Wf", "Wi", "Wc", "Wo"), (n_a, n_a + n_x)),
        "Wy": (n_y, n_a),
        **dict.fromkeys(("bf", "bi", "bc", "bo"), (n_a, 1)),
        "by": (n_y, 1),
    }
    return _drawn(rng, shapes, scale)


def lstm_cell_arguments(rng, n_x, n_a, n_y, m, scale=1.0):
    """Draw the arguments of ``lstm_cell_forward``, by name and in order."""
    return {
        "xt": scale * rng.standard_normal((n_x, m)),
        "a_prev": np.tanh(rng.standard_normal((n_a, m))),
        "c_prev": rng.standard_normal((n_a, m)),
        "parameters": lstm_parameters(rng, n_x, n_a, n_y, scale),
    }


def lstm_arguments(rng, n_x, n_a, n_y, m, T_x, scale=1.0):
    """Draw the arguments of ``lstm_forward``, by name and in order."""
    return {
        "x": scale * rng.standard_normal((n_x, m, T_x)),
        "a0": np.tanh(rng.standard_normal((n_a, m))),
        "parameters": lstm_parameters(rng, n_x, n_a, n_y, scale),
    }


def _drawn(rng, shapes, scale):
    drawn = {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}
    # A dictionary is read by its keys. Their order changes with n_a, so that a function
    # which relies on it is found out.
    names = list(drawn)
    turn = len(drawn[names[0]]) % len(names)
    return {name: drawn[name] for name in names[turn:] + names[:turn]}


# --- arguments of what goes backwards ---------------------------------------------------


def cross_entropy_arguments(rng, n_y, m, T_x, scale=1.0):
    """Draw the arguments of ``cross_entropy``; at scale 1000 with probabilities of 0 and 1."""
    return {
        "y_pred": softmax(scale * rng.standard_normal((n_y, m, T_x))),
        "labels": rng.choice(n_y, (m, T_x)),
    }


def gradient_check_arguments(rng, *shape, h=None, wrong=0.0, place=-1, idle=False, claimed=0.0):
    """Draw the arguments of ``gradient_check``: a function, where to look, and its gradient.

    Parameters
    ----------
    rng : numpy.random.RandomState or numpy.random.Generator
    *shape : int
        Of x.
    h : float, optional
        The step; without it the default is used.
    wrong : float
        The share by which one entry of the gradient is off.
    place : int
        Which one it is, counted over all axes.
    idle : bool
        Whether the first entry of x is one that the function does not use.
    claimed : float
        What the gradient says there.
    """
    x, slope, bend = rng.standard_normal((3, *shape))
    x.flat[place], bend.flat[place] = 1.0, 2.0  # steep there, so that rounding shows nowhere
    slope.flat[0] *= not idle
    bend.flat[0] *= not idle

    def f(x):
        return np.sum(bend * x**3) + 0.1 * np.sum(slope * x) ** 2

    dx = 3 * bend * x**2 + 0.2 * slope * np.sum(slope * x)
    dx.flat[place] *= 1 + wrong
    if idle:
        dx.flat[0] = claimed
    return {"f": f, "x": x, "dx": dx} | ({} if h is None else {"h": h})


def output_arguments(rng, n_x, n_a, n_y, m, T_x, scale=1.0):
    """Draw the arguments of ``output_backward``, by name and in order."""
    parameters = rnn_parameters(rng, n_x, n_a, n_y, scale)
    a = np.tanh(rng.standard_normal((n_a, m, T_x)))
    scores = np.einsum("ya,amt->ymt", parameters["Wya"], a) + parameters["by"][:, :, None]
    labels = rng.choice(n_y, (m, T_x))
    return {"y_pred": softmax(scores), "labels": labels, "a": a, "parameters": parameters}


def rnn_cell_backward_arguments(rng, n_x, n_a, n_y, m, scale=1.0, large=1.0):
    """Draw the arguments of ``rnn_cell_backward``; ``large`` stretches what comes back."""
    from rnn_lesson import rnn_cell_forward  # it lies beside the notebook, and nowhere else

    given = rnn_cell_arguments(rng, n_x, n_a, n_y, m, scale)
    *_, cache = rnn_cell_forward(*given.values())
    return {"da_next": large * rng.standard_normal((n_a, m)), "cache": cache}


def rnn_backward_arguments(rng, n_x, n_a, n_y, m, T_x, scale=1.0, **more):
    """Draw the arguments of ``rnn_backward``; see `_way_back` for ``more``."""
    from rnn_lesson import rnn_forward

    return _way_back(rng, rnn_forward, rnn_arguments, (n_x, n_a, n_y, m, T_x), scale, **more)


def lstm_cell_backward_arguments(
    rng, n_x, n_a, n_y, m, scale=1.0, large=1.0, first=False, last=False
):
    """Draw the arguments of ``lstm_cell_backward``.

    The cell state before the ``first`` step is zero, and nothing comes from behind the ``last``.
    ``large`` stretches what comes back.
    """
    from lstm_lesson import lstm_cell_forward

    given = lstm_cell_arguments(rng, n_x, n_a, n_y, m, scale)
    given["c_prev"] *= not first
    *_, cache = lstm_cell_forward(*given.values())
    da_next, dc_next = large * rng.standard_normal((2, n_a, m))
    return {"da_next": da_next, "dc_next": dc_next * (not last), "cache": cache}


def lstm_backward_arguments(rng, n_x, n_a, n_y, m, T_x, scale=1.0, **more):
    """Draw the arguments of ``lstm_backward``; see `_way_back` for ``more``."""
    from lstm_lesson import lstm_forward

    return _way_back(rng, lstm_forward, lstm_arguments, (n_x, n_a, n_y, m, T_x), scale, **more)


def _way_back(rng, forward, maker, sizes, scale, more_caches=0, large=1.0, only_last=False):
    """Run forward, and draw what reaches the states from above.

    There are caches of ``more_caches`` steps behind the last in da. ``large`` stretches da, and
    with ``only_last`` it is zero but for the last step.
    """
    *few, T_x = sizes
    *_, caches = forward(*maker(rng, *few, T_x + more_caches, scale).values())
    da = large * rng.standard_normal((sizes[1], sizes[3], T_x))
    if only_last:
        da[:, :, :-1] = 0.0
    return {"da": da, "caches": caches}
