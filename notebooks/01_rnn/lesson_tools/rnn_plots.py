"""The pictures of this lesson: one step of the recurrent network, and where a state goes."""

import matplotlib.pyplot as plt

from lesson_tools.plots import (
    CELL,
    FUNCTION,
    WEIGHTS,
    draw_arrow,
    draw_box,
    empty_axes,
    plot_heat_map,
    plot_paths,
)


def draw_rnn_cell():
    """Draw one step of the recurrent network as boxes and arrows."""
    ax = empty_axes((8, 3.6), (0, 10), (0, 5))
    draw_box(ax, (5, 2.5), "", (7, 3.6), CELL)
    boxes = [(2.6, 2.1), (4.0, 1.2), (4.0, 2.1), (5.4, 2.1), (6.8, 2.9), (6.8, 3.7)]
    texts = ["Waa", "Wax", "+ ba", "tanh", "Wya, by", "softmax"]
    for centre, text in zip(boxes, texts, strict=True):
        colour = FUNCTION if text in ("tanh", "softmax") else WEIGHTS
        draw_box(ax, centre, text, (0.9, 0.5), colour)
    across = [(1.1, 2.15), (3.05, 3.55), (4.45, 4.95), (5.85, 8.9)]
    for start, end in across:
        draw_arrow(ax, (start, 2.1), (end, 2.1))
    upwards = [(4.0, 0.4, 0.95), (4.0, 1.45, 1.85), (6.8, 2.1, 2.65), (6.8, 3.15, 3.45)]
    for x, start, end in [*upwards, (6.8, 3.95, 4.6)]:
        draw_arrow(ax, (x, start), (x, end))
    names = {"a_prev": (0.6, 2.1), "a_next": (9.4, 2.1), "xt": (4, 0.2), "yt_pred": (6.8, 4.8)}
    for name, (x, y) in names.items():
        ax.text(x, y, name, ha="center", va="center", family="monospace")
    ax.text(1.7, 3.6, "yellow, light: weights and biases\nblue, dark: fixed functions", va="center")
    return ax


def plot_states(a, title, ax, **more):
    """Show states as `plot_heat_map` does, in colours that keep their order in grey."""
    plot_heat_map(a, title, ax, **more).images[0].set_cmap("cividis")


def plot_three_radii(states):
    """Draw the paths of two units at three spectral radii.

    Parameters
    ----------
    states : dict of float to numpy.ndarray of shape (2, m, T_x)
        By spectral radius.
    """
    fig, axes = plt.subplots(1, 3, figsize=(8, 3.2), sharex=True, sharey=True)
    fig.subplots_adjust(left=0.09, right=0.89, bottom=0.16, top=0.9, wspace=0.12)
    for ax, (radius, a) in zip(axes, states.items(), strict=True):
        _plot_pair(ax, radius, a, "time step" if ax is axes[-1] else "")
        ax.label_outer()


def plot_one_radius(radius, a):
    """Draw the paths of two units at one spectral radius, and unit 0 over time.

    Parameters
    ----------
    radius : float
    a : numpy.ndarray, shape (2, m, T_x)
    """
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), width_ratios=[1, 1.6])
    fig.subplots_adjust(left=0.09, right=0.98, bottom=0.16, top=0.9, wspace=0.25)
    _plot_pair(axes[0], radius, a)
    axes[1].plot(a[0, 1:].T, color="0.75", linewidth=1)
    axes[1].plot(a[0, 0], color="#0072b2")
    axes[1].set(title="Unit 0 (dark: the first example)", xlabel="time step", ylim=(-1.1, 1.1))


def _plot_pair(ax, radius, a, bar=""):
    paths = [a[:, example] for example in range(a.shape[1])]
    plot_paths(paths, [""] * len(paths), f"Spectral radius {radius:.2f}", ax, bar)
    ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal")
