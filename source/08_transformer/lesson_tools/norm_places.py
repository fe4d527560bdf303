"""What if the norms stood behind the sums? A network of the notebook's own functions, rearranged.

No line of a block lies here. A block whose norms do nothing and whose feed-forward part gives 0 is
a look and a sum; one whose heads give 0 is a feed-forward part and a sum. Behind each comes a norm.
"""

from types import FunctionType

import numpy as np

from lesson_tools.small_transformer import Parts

OF_HEADS, OF_FEED = ("Wq", "Wk", "Wv", "Wo"), ("W1", "b1", "W2", "b2")


def with_other(function, **others):
    """Return a function that finds other functions under these names."""
    names = {**function.__globals__, **others}
    return FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


def norms_behind(functions):
    """Return the parts of a network with post-norm.

    Parameters
    ----------
    functions : dict of str to callable
        Those of the notebook, by name: layer norm, block and whole network, with their ways back.
    """
    norm, norm_back = functions["layer_norm"], functions["layer_norm_backward"]
    bare = with_other(functions["transformer_block"], layer_norm=lambda x, *_: (x, None))
    bare_back = with_other(
        functions["transformer_block_backward"],
        layer_norm_backward=lambda dy, _: {"dx": dy, "dgain": 0.0, "dbias": 0.0},
    )

    def block(x, p, h, past=None):
        looks = p | {name: np.zeros(p[name].shape) for name in ("W2", "b2")}
        feeds = p | {"Wo": np.zeros(p["Wo"].shape)}
        x, kept, look = bare(x, looks, h, past)
        x, norm1 = norm(x, p["gain1"], p["bias1"])
        x, _, feed = bare(x, feeds, h)
        x, norm2 = norm(x, p["gain2"], p["bias2"])
        return x, kept, (look, norm1, feed, norm2)

    def block_back(dy, cache):
        look, norm1, feed, norm2 = cache
        of_norm2 = norm_back(dy, norm2)
        of_feed = bare_back(of_norm2["dx"], feed)
        of_norm1 = norm_back(of_feed["dx"], norm1)
        of_look = bare_back(of_norm1["dx"], look)
        found = {f"d{name}": of_look[f"d{name}"] for name in OF_HEADS}
        found |= {f"d{name}": of_feed[f"d{name}"] for name in OF_FEED}
        for number, one in (("1", of_norm1), ("2", of_norm2)):
            found |= {f"dgain{number}": one["dgain"], f"dbias{number}": one["dbias"]}
        return found | {"dx": of_look["dx"]}

    return Parts(
        with_other(functions["transformer_forward"], transformer_block=block),
        with_other(functions["transformer_backward"], transformer_block_backward=block_back),
    )


def lengths_of(grads, n_blocks):
    """Return how long the gradient of each block's weights is, from flat gradients."""
    return [
        float(np.sqrt(sum(np.sum(v**2) for name, v in grads.items() if name.startswith(f"d{k} "))))
        for k in range(n_blocks)
    ]
