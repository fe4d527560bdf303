"""Pictures that several lessons draw: cells, unrolled networks and hidden states.

Every function draws with Matplotlib, returns the axes it drew on, and takes arrays in
the layout of one example: units along axis 0, time steps along axis 1.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import FancyBboxPatch

# Fill colours that stay apart in greyscale and for colour-blind readers.
CELL, WEIGHTS, FUNCTION, STATE = "#eef1f4", "#ffd58a", "#9ecae1", "#ffffff"


def draw_unrolled(steps=4, cell="RNN"):
    """Draw the network once per time step, with the states that link the steps.

    Parameters
    ----------
    steps : int
        How many time steps to draw.
    cell : str
        Written into each box; ``"LSTM"`` adds the line of the cell state.
    """
    ax = empty_axes((8, 3.0), (-1.6, 2 * steps - 0.4), (-1.75, 1.75))
    lines = [(0.0, "a")] if cell != "LSTM" else [(0.25, "c"), (-0.25, "a")]
    for t in range(steps + 1):
        x = 2 * t
        for y, name in lines:
            draw_arrow(ax, (x - 1.5, y), (x - 0.5, y))
            ax.text(x - 1.0, y + 0.08, _indexed(name, t), ha="center", va="bottom")
        if t < steps:
            draw_box(ax, (x, 0), cell, (0.95, 1.1), FUNCTION)
            draw_arrow(ax, (x, -1.3), (x, -0.6))
            draw_arrow(ax, (x, 0.6), (x, 1.3))
            ax.text(x, -1.5, _indexed("x", t + 1), ha="center", va="center")
            ax.text(x, 1.5, _indexed("ŷ", t + 1), ha="center", va="center")
    return ax


def plot_heat_map(a, title, ax=None, limit=None, xlabel="time step", ylabel="unit", label=""):
    """Show states as an image: a row is a unit, a column is a time step.

    Parameters
    ----------
    a : numpy.ndarray, shape (n_a, T_x)
    title : str
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    limit : float, optional
        The colours run from -limit to limit; by default the largest absolute value.
    xlabel, ylabel, label : str
        What the axes and the colour bar show.
    """
    ax = _axes(ax)
    limit = np.abs(a).max() if limit is None else limit
    image = ax.imshow(
        a, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
    )
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.set_yticks(range(0, len(a), 1 + len(a) // 10))
    # An inset leaves the width of ax alone, so that axes above each other stay in line.
    ax.figure.colorbar(image, cax=ax.inset_axes([1.02, 0, 0.02, 1]), label=label)
    return ax


def plot_paths(sequences, labels, title, ax=None, bar="time step"):
    """Draw the way of the hidden state through the plane, coloured by time.

    Two units are drawn as they are. More are projected on the first two principal
    components of all sequences together. An open marker is the start, a filled one the end.

    Parameters
    ----------
    sequences : list of numpy.ndarray, each of shape (n_a, T_x)
    labels : list of str
        Names of the sequences, at most six; without any (all empty) there is no legend.
    title : str
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    bar : str
        Label of the colour bar; without it there is no bar.
    """
    ax = _axes(ax)
    paths, names = list(sequences), ["unit 0", "unit 1"]
    if len(paths[0]) > 2:
        directions, centre, share = principal_components(np.hstack(paths))
        paths = [directions.T @ (states - centre) for states in paths]
        names = [f"component {i + 1} ({part:.0%} of variance)" for i, part in enumerate(share)]
    steps = max(path.shape[1] for path in paths)
    for path, text, marker in zip(paths, labels, "osD^vP"[: len(paths)], strict=True):
        points = path.T[:, None, :]
        lines = LineCollection(np.hstack([points[:-1], points[1:]]), cmap="viridis")
        lines.set(array=np.arange(1, len(points)), clim=(0, steps - 1))
        ax.add_collection(lines)
        ax.plot(*path[:, 0], marker, color="black", markerfacecolor="white", zorder=3)
        ax.plot(*path[:, -1], marker, color="black", zorder=3, label=text)
    ax.autoscale_view()
    ax.set(xlabel=names[0], ylabel=names[1])
    ax.set_title(title, loc="left")
    if any(labels):
        spot = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": len(paths)}
        ax.legend(**spot, frameon=False, columnspacing=1, handletextpad=0)
    if bar:
        ax.figure.colorbar(lines, cax=ax.inset_axes([1.02, 0, 0.02, 1]), label=bar)
    return ax


def principal_components(states, k=2):
    """Find the directions in which states vary most, by a singular value decomposition.

    Parameters
    ----------
    states : numpy.ndarray, shape (n_a, N)
        A column is a state.
    k : int
        How many directions to return.

    Returns
    -------
    directions : numpy.ndarray, shape (n_a, k)
        Orthonormal columns; in each the largest entry is positive.
    centre : numpy.ndarray, shape (n_a, 1)
        The mean state. The coordinates of states are directions.T @ (states - centre).
    share : numpy.ndarray, shape (k,)
        The part of the variance that each direction carries.
    """
    centre = states.mean(axis=1, keepdims=True)
    directions, sizes, _ = np.linalg.svd(states - centre, full_matrices=False)
    largest = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[largest, np.arange(len(largest))])
    return directions[:, :k], centre, (sizes**2 / max(np.sum(sizes**2), 1e-300))[:k]


def draw_box(ax, centre, text, size, colour):
    """Draw a rounded box with a text in its middle."""
    (x, y), (width, height) = centre, size
    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0,rounding_size=0.1"
    ax.add_patch(FancyBboxPatch(corner, width, height, style, facecolor=colour, edgecolor="black"))
    ax.text(x, y, text, ha="center", va="center")


def draw_arrow(ax, start, end):
    """Draw an arrow from ``start`` to ``end``."""
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0},
    )


def _indexed(name, number):
    # Not $x_1$: Matplotlib takes longer to read such formulas than to draw all the rest.
    return name + str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def empty_axes(size, xlim, ylim):
    """Return axes that fill a new figure and show nothing of themselves, to draw boxes on."""
    fig, ax = plt.subplots(figsize=size)
    fig.subplots_adjust(left=0, right=1, bottom=0, top=1)
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_axis_off()
    return ax


def _axes(ax):
    if ax is None:
        fig, ax = plt.subplots(figsize=(8, 3.5))
        fig.subplots_adjust(left=0.1, right=0.88, bottom=0.16, top=0.9)
    return ax
