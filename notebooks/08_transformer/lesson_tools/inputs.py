"""What makers of arguments have in common.

A maker draws the arguments of one exercise, by name and in order, from a generator. Each lesson
has its own, in a file of ``lesson_tools`` that ends in ``_inputs.py``. Those of an exercise that
goes backwards come from a forward pass.
"""

# What the axes of arrays are called, by the number of axes: messages speak of a time step.
AXES = {3: ("unit", "example", "time step")}

# How large weights and inputs are drawn, times standard normal: so small that few units end up
# where tanh and sigmoid are flat, and each bias shows in the first digits of a result.
SCALE = 0.5


def draw_parameters(rng, shapes, scale):
    """Draw a dict of weights and biases, ``scale`` times standard normal.

    Parameters
    ----------
    rng : numpy.random.RandomState or numpy.random.Generator
    shapes : dict of str to tuple of int
    scale : float
    """
    drawn = {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}
    # A dictionary is read by its keys. Their order changes with n_a, so that a function
    # which relies on it is found out.
    names = list(drawn)
    turn = len(drawn[names[0]]) % len(names)
    return {name: drawn[name] for name in names[turn:] + names[:turn]}


def draw_backward(rng, forward, maker, sizes, scale, more_caches=0, large=1.0, only_last=False):
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
