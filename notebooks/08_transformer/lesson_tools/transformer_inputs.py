"""What the exercises of this lesson are called with: a transformer, and each of its parts.

What goes backwards needs caches. They are drawn part by part and never computed by running the
network, so that no exercise of this lesson is solved here. But what lies in one cache fits together
as if a network had left it: who computes some of it anew gets the same.
"""

import numpy as np

from lesson_tools.inputs import draw_parameters

SCALE = 0.7  # of weights: large enough that each of them shows in the first digits
SURE = 1e-9  # a temperature at which nothing is left to chance
FAR = 40.0  # how much longer the column of a character is than all that is added to it


# --- what parameters there are ------------------------------------------------------------


def norm_shapes(d, end=""):
    """Return the shapes of gain and bias of a layer norm."""
    return {f"gain{end}": (d, 1), f"bias{end}": (d, 1)}


def look_shapes(d):
    """Return the shapes of the four matrices of attention with heads."""
    return dict.fromkeys(("Wq", "Wk", "Wv", "Wo"), (d, d))


def feed_shapes(d, d_f):
    """Return the shapes of the feed-forward part."""
    return {"W1": (d_f, d), "b1": (d_f, 1), "W2": (d, d_f), "b2": (d, 1)}


def block_shapes(d, d_f):
    """Return the shapes of all twelve arrays of a block."""
    return norm_shapes(d, 1) | look_shapes(d) | norm_shapes(d, 2) | feed_shapes(d, d_f)


def transformer_parameters(rng, n_x, d, d_f, n_blocks, scale=SCALE):
    """Draw a transformer: ``We``, ``blocks``, ``gain bias``, ``Wy by``."""
    blocks = [draw_parameters(rng, block_shapes(d, d_f), scale) for _ in range(n_blocks)]
    rest = {"We": (d, n_x), **norm_shapes(d), "Wy": (n_x, d), "by": (n_x, 1)}
    return {"blocks": blocks, **draw_parameters(rng, rest, scale)}


def draw_mask(rng, m, T_q, T_k):
    """Draw which keys each query may look at, at least one: shape (m, T_q, T_k)."""
    mask = (rng.uniform(size=(m, T_q, T_k)) < 0.7).astype(float)
    for row in mask.reshape(-1, T_k):
        row[rng.choice(T_k)] = 1.0
    return mask


def draw_past(rng, d, m, before):
    """Draw the keys and values of places that have been read before."""
    return tuple(rng.standard_normal((d, m, before)) for _ in range(2))


def draw_texts(rng, n_x, m, T_x):
    """Draw one-hot columns, shape (n_x, m, T_x)."""
    x = np.zeros((n_x, m, T_x))
    for example, place in np.ndindex(m, T_x):
        x[rng.choice(n_x), example, place] = 1.0
    return x


# --- forwards -----------------------------------------------------------------------------


def positional_encoding_arguments(rng, d, T):
    """Return the arguments of ``positional_encoding``; nothing is drawn."""
    return {"d": d, "T": T}


def layer_norm_arguments(rng, d, m, T_x, scale=1.0, up=0.0, flat=False, eps=None):
    """Draw the arguments of ``layer_norm``.

    ``scale`` stretches x, and ``up`` is added to it. With ``flat`` some columns hold one number
    only. Without ``eps`` it has its default.
    """
    x = scale * rng.standard_normal((d, m, T_x))
    if flat:
        x[:, rng.choice(m), :] = rng.standard_normal(T_x)
    given = {
        "x": x + up,
        "gain": 1.0 + 0.5 * rng.standard_normal((d, 1)),
        "bias": 0.5 * rng.standard_normal((d, 1)),
    }
    return given if eps is None else given | {"eps": eps}


def multi_head_attention_arguments(rng, d, h, m, T_x, before=0, scale=SCALE):
    """Draw the arguments of ``multi_head_attention``; ``before``: so many places were read."""
    given = {
        "x": rng.standard_normal((d, m, T_x)),
        "mask": draw_mask(rng, m, T_x, before + T_x),
        "parameters": draw_parameters(rng, look_shapes(d), scale),
        "h": h,
    }
    return given | ({"past": draw_past(rng, d, m, before)} if before else {})


def feed_forward_arguments(rng, d, d_f, m, T_x, scale=SCALE):
    """Draw the arguments of ``feed_forward``."""
    return {
        "x": rng.standard_normal((d, m, T_x)),
        "parameters": draw_parameters(rng, feed_shapes(d, d_f), scale),
    }


def transformer_block_arguments(rng, d, h, d_f, m, T_x, before=0, scale=SCALE):
    """Draw the arguments of ``transformer_block``; ``before``: so many places were read."""
    given = {
        "x": rng.standard_normal((d, m, T_x)),
        "parameters": draw_parameters(rng, block_shapes(d, d_f), scale),
        "h": h,
    }
    return given | ({"past": draw_past(rng, d, m, before)} if before else {})


def transformer_forward_arguments(rng, n_x, d, h, d_f, n_blocks, m, T_x, before=0, scale=SCALE):
    """Draw the arguments of ``transformer_forward``; ``before``: so many places were read."""
    given = {
        "x": draw_texts(rng, n_x, m, T_x),
        "parameters": transformer_parameters(rng, n_x, d, d_f, n_blocks, scale),
        "h": h,
    }
    past = [draw_past(rng, d, m, before) for _ in range(n_blocks)]
    return given | ({"past": past} if before else {})


# --- caches, drawn ------------------------------------------------------------------------


def draw_norm_cache(rng, d, m, T_x, gain):
    """Draw what a layer norm keeps: columns whose mean is 0, and how wide they were."""
    steps = rng.standard_normal((d, m, T_x))
    steps = steps - np.roll(steps, 1, axis=0)  # around a circle all steps add up to nothing
    length = np.linalg.norm(steps, axis=0)
    spread = rng.uniform(0.5, 2.0, (m, T_x))
    share = np.sqrt(1 - 1e-5 / spread**2)  # what eps leaves of a standard deviation of 1
    normed = share * np.sqrt(d) * steps / np.where(length > 0, length, 1.0)
    return normed, spread, gain


def at_each_place(W, x):
    """Return the product of a matrix and each column."""
    return np.stack([W @ one for one in x.swapaxes(0, 1)], axis=1)


def draw_look_cache(rng, h, x, parameters, sharp=1.0):
    """Draw what attention with heads keeps of x; a high ``sharp`` makes nearly all one weight.

    The weights are drawn, and everything else fits them and x. A mask that leads to them is not
    in a cache.
    """
    (m, T_x), looks = x.shape[1:], []
    rows = [np.split(at_each_place(parameters[W], x), h) for W in ("Wq", "Wk", "Wv")]
    for Q, K, V in zip(*rows, strict=True):
        shares = np.tri(T_x) * rng.uniform(0.05, 1.0, (m, T_x, T_x)) ** sharp
        looks.append((Q, K, V, shares / shares.sum(axis=-1, keepdims=True)))
    out = np.vstack([np.einsum("rmk,mqk->rmq", V, shares) for _, _, V, shares in looks])
    return x, out, looks, parameters


def draw_feed_cache(x, parameters):
    """Return what the feed-forward part keeps of x."""
    sums = at_each_place(parameters["W1"], x) + parameters["b1"][:, :, None]
    return x, (sums + np.abs(sums)) / 2, parameters


def draw_block_cache(rng, h, m, T_x, parameters):
    """Draw what a block keeps: the caches of its four parts, each read from the one before."""
    d, caches = len(parameters["Wq"]), []
    for number in "12":
        gain, bias = parameters[f"gain{number}"], parameters[f"bias{number}"]
        norm = draw_norm_cache(rng, d, m, T_x, gain)
        x = norm[0] * gain[:, :, None] + bias[:, :, None]
        look = number == "1"
        rest = draw_look_cache(rng, h, x, parameters) if look else draw_feed_cache(x, parameters)
        caches += [norm, rest]
    return tuple(caches)


# --- backwards ----------------------------------------------------------------------------


def layer_norm_backward_arguments(rng, d, m, T_x, large=1.0):
    """Draw the arguments of ``layer_norm_backward``; ``large`` stretches what comes back."""
    gain = 1.0 + 0.5 * rng.standard_normal((d, 1))
    cache = draw_norm_cache(rng, d, m, T_x, gain)
    return {"dy": large * rng.standard_normal((d, m, T_x)), "cache": cache}


def multi_head_attention_backward_arguments(rng, d, h, m, T_x, large=1.0, sharp=1.0):
    """Draw the arguments of ``multi_head_attention_backward``."""
    parameters = draw_parameters(rng, look_shapes(d), SCALE)
    x = rng.standard_normal((d, m, T_x))
    cache = draw_look_cache(rng, h, x, parameters, sharp)
    return {"dy": large * rng.standard_normal((d, m, T_x)), "cache": cache}


def feed_forward_backward_arguments(rng, d, d_f, m, T_x, large=1.0):
    """Draw the arguments of ``feed_forward_backward``."""
    parameters = draw_parameters(rng, feed_shapes(d, d_f), SCALE)
    cache = draw_feed_cache(rng.standard_normal((d, m, T_x)), parameters)
    return {"dy": large * rng.standard_normal((d, m, T_x)), "cache": cache}


def transformer_block_backward_arguments(rng, d, h, d_f, m, T_x, large=1.0):
    """Draw the arguments of ``transformer_block_backward``."""
    parameters = draw_parameters(rng, block_shapes(d, d_f), SCALE)
    cache = draw_block_cache(rng, h, m, T_x, parameters)
    return {"dy": large * rng.standard_normal((d, m, T_x)), "cache": cache}


def transformer_backward_arguments(rng, n_x, d, h, d_f, n_blocks, m, T_x, large=1.0):
    """Draw the arguments of ``transformer_backward``."""
    parameters = transformer_parameters(rng, n_x, d, d_f, n_blocks)
    blocks = [draw_block_cache(rng, h, m, T_x, one) for one in parameters["blocks"]]
    norm = draw_norm_cache(rng, d, m, T_x, parameters["gain"])
    last = norm[0] * parameters["gain"][:, :, None] + parameters["bias"][:, :, None]
    caches = (draw_texts(rng, n_x, m, T_x), blocks, norm, last, parameters)
    return {"dscores": large * rng.standard_normal((n_x, m, T_x)), "caches": caches}


# --- writing ------------------------------------------------------------------------------


def generate_arguments(
    rng, n_x, d, h, n_blocks, max_len, prompt=1, before=0, chain=0, stop=0, temperature=SURE
):
    """Draw the arguments of ``generate``: a network that is in no doubt.

    The temperature is so low that the likeliest character comes for sure. With ``chain`` a text of
    so many characters is written, and then the end: each character is followed by one that is
    fixed, as its own column is far longer than all that is added to it. Without, it is any
    network, and what follows depends on all that came before.
    """
    parameters = transformer_parameters(rng, n_x, d, 2 * d, n_blocks)
    others = [number for number in range(n_x) if number != stop]
    order = [others[place] for place in rng.permutation(n_x - 1)]
    if chain:
        parameters |= _chained(rng, [order[0], *order[1 : chain + 1], stop], parameters)
    else:
        parameters |= _varied(parameters)
    given = {
        "parameters": parameters,
        "h": h,
        "prompt": [*(int(n) for n in rng.choice(n_x, prompt - 1)), order[0]],
        "rng": np.random.default_rng(0),
        "max_len": max_len,
        "temperature": temperature,
        "stop": stop,
    }
    past = [draw_past(rng, d, 1, before) for _ in range(n_blocks)]
    return given | ({"past": past} if before else {})


def _chained(rng, path, parameters):
    """Return embedding and scores with which each character of a path makes the next one follow.

    The columns are orthogonal and their entries sum to 0: so a layer norm changes their length
    alone.
    """
    d, n_x = parameters["We"].shape
    drawn = rng.standard_normal((d, n_x))
    columns = np.linalg.qr(np.hstack([np.ones((d, 1)), drawn]))[0][:, 1:]
    Wy = np.zeros((n_x, d))
    for here, following in zip(path, path[1:], strict=False):
        Wy[following] += columns[:, here]
    small = {name: 0.05 * rng.standard_normal((d, 1)) for name in ("gain", "bias")}
    small["gain"] += 1.0
    by = 0.05 * rng.standard_normal((n_x, 1))
    return {"We": FAR * np.sqrt(d) * columns, "Wy": Wy, "by": by, **small}


def _varied(parameters):
    """Return what to replace in a network so that it writes more than one character over again."""
    blocks = [{name: 0.5 * one for name, one in block.items()} for block in parameters["blocks"]]
    less = {name: 0.2 * parameters[name] for name in ("bias", "by")}
    Wy = parameters["Wy"] - parameters["We"].T  # what has just been read seldom follows on itself
    gain = 1.0 + 0.2 * parameters["gain"]
    return {"blocks": blocks, "Wy": Wy, "gain": gain, **less}


def induction_weights_arguments(rng, n_symbols, T):
    """Return the arguments of ``induction_weights``; nothing is drawn."""
    return {"n_symbols": n_symbols, "T": T}
