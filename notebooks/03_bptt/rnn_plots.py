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


def draw_rnn_cell():
    """Draw one step of the recurrent network as boxes and arrows."""
    ax = _canvas((8, 3.6), (0, 10), (0, 5))
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
    ax.text(1.7, 3.6, "yellow: weights and biases\nblue: fixed functions", va="center")
    return ax


def draw_unrolled(steps=4, cell="RNN"):
    """Draw the network once per time step, with the states that link the steps.

    Parameters
    ----------
    steps : int
        How many time steps to draw.
    cell : str
        Written into each box; ``"LSTM"`` adds the line of the cell state.
    """
    ax = _canvas((8, 3.0), (-1.6, 2 * steps - 0.4), (-1.75, 1.75))
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


def _canvas(size, xlim, ylim):
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


# --- LSTM ---

# Line colour and dashes of each gate: apart in greyscale and for colour-blind readers.
GATES = {
    "forget gate": ("#0072b2", "-"),
    "update gate": ("#d55e00", "--"),
    "output gate": ("#009e73", ":"),
}


def draw_lstm_cell():
    """Draw one step of the LSTM: the line of the cell state and what acts on it.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = _canvas((8, 4.2), (0, 12), (0, 6.3))
    draw_box(ax, (5.95, 3.25), "", (9.3, 5.0), CELL)
    draw_box(ax, (2.1, 1.3), "stack", (0.9, 0.5), FUNCTION)
    draw_box(ax, (9.0, 4.5), "tanh", (0.9, 0.5), FUNCTION)
    for x, y, sign in [(3.3, 5.2, "×"), (5.4, 5.2, "+"), (5.4, 4.0, "×"), (9.0, 3.8, "×")]:
        draw_box(ax, (x, y), sign, (0.4, 0.4), STATE)
    gates = [(3.3, "f", "σ", "ft\nforget"), (4.7, "i", "σ", "it\nupdate")]
    gates += [(6.1, "c", "tanh", "cct\ncandidate"), (7.5, "o", "σ", "ot\noutput")]
    for x, letter, function, name in gates:
        draw_box(ax, (x, 2.05), f"W{letter}, b{letter}", (1.0, 0.5), WEIGHTS)
        draw_box(ax, (x, 2.75), function, (0.9, 0.5), FUNCTION)
        ax.text(x + 0.1, 3.35, name, ha="left", va="center", family="monospace")
        draw_arrow(ax, (x, 1.3), (x, 1.8))
        draw_arrow(ax, (x, 2.3), (x, 2.5))
    draw_box(ax, (9.9, 2.6), "Wy, by", (1.0, 0.5), WEIGHTS)
    draw_box(ax, (9.9, 1.7), "softmax", (1.1, 0.5), FUNCTION)
    for line in [  # corners from where a value comes to where it goes
        [(1.1, 5.2), (3.1, 5.2)],
        [(3.5, 5.2), (5.2, 5.2)],
        [(5.6, 5.2), (11.0, 5.2)],
        [(1.1, 1.3), (1.65, 1.3)],
        [(2.1, 0.45), (2.1, 1.05)],
        [(3.3, 3.0), (3.3, 5.0)],
        [(4.7, 3.0), (4.7, 4.0), (5.2, 4.0)],
        [(6.1, 3.0), (6.1, 4.0), (5.6, 4.0)],
        [(5.4, 4.2), (5.4, 5.0)],
        [(7.5, 3.0), (7.5, 3.8), (8.8, 3.8)],
        [(9.0, 5.2), (9.0, 4.75)],
        [(9.0, 4.25), (9.0, 4.0)],
        [(9.2, 3.8), (11.0, 3.8)],
        [(9.9, 3.8), (9.9, 2.85)],
        [(9.9, 2.35), (9.9, 1.95)],
        [(9.9, 1.45), (9.9, 0.45)],
    ]:
        if len(line) == 3:
            ax.plot(*zip(*line[:2], strict=True), color="black", lw=1)
        draw_arrow(ax, *line[-2:])
    ax.plot([2.55, 7.5], [1.3, 1.3], color="black", lw=1)
    ax.text(5.0, 1.02, "concat", ha="center", va="center", family="monospace")
    names = {"c_prev": (0.6, 5.2), "c_next": (11.5, 5.2), "a_prev": (0.6, 1.3)}
    names |= {"a_next": (11.5, 3.8), "xt": (2.1, 0.25), "yt_pred": (9.9, 0.25)}
    for name, (x, y) in names.items():
        ax.text(x, y, name, ha="center", va="center", family="monospace")
    ax.text(7.3, 5.4, "the line of the cell state", ha="center", va="center")
    ax.text(3.2, 0.25, "yellow: weights and biases   blue: fixed functions", va="center")
    return ax


def plot_gates(caches, unit=0, example=0, axes=None, times=None, xlabel="time step"):
    """Draw the gates of one unit over time, and below them its cell and hidden state.

    Parameters
    ----------
    caches : tuple
        What ``lstm_forward`` returns last.
    unit, example : int
        Whose gates to draw.
    axes : sequence of two matplotlib.axes.Axes, optional
        Where to draw gates and states; a new figure by default.
    times : array_like, optional
        The horizontal axis; by default the time steps are counted from 0.
    xlabel : str

    Returns
    -------
    sequence of two matplotlib.axes.Axes
    """
    if axes is None:
        fig, axes = plt.subplots(2, 1, figsize=(8, 3.8), sharex=True)
        fig.subplots_adjust(left=0.09, right=0.8, bottom=0.14, top=0.9, hspace=0.15)
    steps = caches[0]
    times = range(len(steps)) if times is None else times
    for (name, (color, dashes)), position in zip(GATES.items(), (4, 5, 7), strict=True):
        values = [step[position][unit, example] for step in steps]
        axes[0].plot(times, values, dashes, color=color, lw=1.2, label=name)
    states = {"cell state c": (1, "black", "-"), "hidden state a": (0, "#cc79a7", "--")}
    for name, (position, color, dashes) in states.items():
        values = [step[position][unit, example] for step in steps]
        axes[1].plot(times, values, dashes, color=color, lw=1.2, label=name)
    axes[0].set(ylabel="gate", ylim=(-0.05, 1.05))
    axes[1].set(ylabel="state", xlabel=xlabel)
    for ax in axes:
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return axes
