"""The pictures of the LSTM: one step as boxes and arrows, and its gates over time."""

import matplotlib.pyplot as plt

from lesson_tools.plots import CELL, FUNCTION, STATE, WEIGHTS, draw_arrow, draw_box, empty_axes

# Line colour and dashes of each gate: apart in greyscale and for colour-blind readers.
GATES = {
    "forget gate": ("#0072b2", "-"),
    "update gate": ("#d55e00", "--"),
    "output gate": ("#009e73", ":"),
}


def draw_lstm_cell(words=True):
    """Draw one step of the LSTM: the line of the cell state and what acts on it.

    Parameters
    ----------
    words : bool
        Whether the gates have their names in words beside those in code.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = empty_axes((8, 4.2), (0, 12), (0, 6.3))
    draw_box(ax, (5.95, 3.25), "", (9.3, 5.0), CELL)
    draw_box(ax, (2.1, 1.3), "stack", (0.9, 0.5), FUNCTION)
    draw_box(ax, (9.0, 4.5), "tanh", (0.9, 0.5), FUNCTION)
    for x, y, sign in [(3.3, 5.2, "×"), (5.4, 5.2, "+"), (5.4, 4.0, "×"), (9.0, 3.8, "×")]:
        draw_box(ax, (x, y), sign, (0.4, 0.4), STATE)
    gates = [(3.3, "f", "σ", "ft\nforget"), (4.7, "i", "σ", "it\nupdate")]
    gates += [(6.1, "c", "tanh", "cct\ncandidate"), (7.5, "o", "σ", "ot\noutput")]
    for x, letter, function, name in gates:
        name = name if words else name.split("\n")[0]
        draw_box(ax, (x, 1.95), f"W{letter}, b{letter}", (1.0, 0.5), WEIGHTS)
        draw_box(ax, (x, 2.75), function, (0.9, 0.5), FUNCTION)
        ax.text(x + 0.1, 3.35, name, ha="left", va="center", family="monospace")
        draw_arrow(ax, (x, 1.3), (x, 1.7))
        draw_arrow(ax, (x, 2.2), (x, 2.5))
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
    ax.text(
        2.65, 0.25, "yellow, light: weights and biases   blue, dark: fixed functions", va="center"
    )
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
