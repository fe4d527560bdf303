"""The pictures of lesson 3: the way back, what was learned, and what a state still feels."""

import matplotlib.pyplot as plt
import numpy as np

from lesson_tools.plots import draw_unrolled

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "0.45"


def draw_way_back(steps=3):
    """Draw the unrolled network, and beside its arrows those that carry derivatives back."""
    ax = draw_unrolled(steps)
    style = {"arrowstyle": "-|>", "color": ORANGE, "shrinkA": 0, "shrinkB": 0}
    text = {"color": "#a34700", "va": "center"}
    for t in range(steps):
        x = 2 * t
        ax.annotate("", (x + 0.25, 0.6), (x + 0.25, 1.3), arrowprops=style)
        ax.annotate("", (x + 0.25, -1.3), (x + 0.25, -0.6), arrowprops=style)
        ax.annotate("", (x - 1.5, -0.3), (x - 0.5, -0.3), arrowprops=style)
        ax.text(x + 0.33, 0.95, f"da[:, :, {t}]", **text)
        ax.text(x + 0.33, -0.95, f"dx[:, :, {t}]", **text)
        ax.text(x - 1.0, -0.45, "da_prev" if t else "da0", ha="center", **text)
    return ax


def plot_learning(losses, held_out, right):
    """Draw the losses of a training, and how often it is right on each day of a window.

    Parameters
    ----------
    losses : list of float
        The training's, of each round.
    held_out : dict of int to float
        Those of the year that is held back, by round.
    right : dict of str to numpy.ndarray of bool, each of shape (m, T_x)
        Where each predictor is right; the network's comes first.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.7))
    fig.subplots_adjust(left=0.08, right=0.97, bottom=0.15, top=0.9, wspace=0.25)
    axes[0].plot(losses, color=BLUE, label="2012 to 2014 (training)")
    axes[0].plot(*zip(*held_out.items(), strict=True), "--", color=ORANGE, label="2015 (held back)")
    axes[0].axhline(np.log(4), color="0.5", linewidth=1)
    axes[0].text(len(losses) - 1, np.log(4) + 0.02, "ln 4: knowing nothing", ha="right")
    axes[0].set(title="The loss", xlabel="round", ylabel="cross-entropy", ylim=(0, None))
    axes[0].legend(loc="upper right", bbox_to_anchor=(1, 0.85), frameon=False)
    looks = [("-", ORANGE, 2.2), ("-.", GREEN, 1.4), ("--", BLUE, 1.2), (":", "black", 1.4)]
    for (name, answers), (dashes, colour, width) in zip(right.items(), looks, strict=True):
        days = np.arange(1, answers.shape[1] + 1)
        axes[1].plot(days, answers.mean(axis=0), dashes, color=colour, lw=width, label=name)
    axes[1].set(title="Right on each day of the window, in 2015", ylabel="share", ylim=(0.25, 1.03))
    axes[1].set_xlabel("day of the window")
    axes[1].legend(loc="lower right", frameon=False, fontsize=9)


def plot_felt_windows(panels, last_rain):
    """Draw how much the last state of each window feels of each day.

    Parameters
    ----------
    panels : dict of str to numpy.ndarray of shape (m, T_x)
        The sizes, by title.
    last_rain : numpy.ndarray of int, shape (m,)
        The last wet day of each window, counted from 0; -1 where there is none.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True)
    fig.subplots_adjust(left=0.08, right=0.88, bottom=0.13, top=0.92, wspace=0.08)
    for ax, (title, sizes) in zip(axes, panels.items(), strict=True):
        image = ax.imshow(_power(sizes), vmin=-4, vmax=1, cmap="viridis", aspect="auto")
        rows = np.flatnonzero(last_rain >= 0)
        ax.plot(last_rain[rows], rows, "o", color="white", markeredgecolor="black", markersize=4)
        ax.set(title=title, xlabel="day of the window (circle: the last rain)")
    axes[0].set_ylabel("window of 2015")
    ticks = [-4, -3, -2, -1, 0, 1]
    bar = fig.colorbar(image, cax=axes[1].inset_axes([1.03, 0, 0.03, 1]), ticks=ticks)
    bar.set_label("effect on the last state, power of 10")


def plot_felt_state(title, wet, panels):
    """Draw how much one state feels of its day and of those before it.

    Parameters
    ----------
    title : str
    wet : numpy.ndarray of bool, shape (T_x,)
        The wet days of the whole window.
    panels : dict of str to numpy.ndarray of shape (day + 1,)
        The sizes of two networks, by name.
    """
    fig, ax = plt.subplots(figsize=(8, 3.6))
    fig.subplots_adjust(left=0.09, right=0.76, bottom=0.15, top=0.9)
    for (name, sizes), (colour, mark) in zip(
        panels.items(), [(GREY, "o--"), (GREEN, "s-")], strict=True
    ):
        ax.plot(_power(sizes), mark, color=colour, markersize=4, label=name)
    ax.plot(np.flatnonzero(wet), np.full(wet.sum(), 1.3), "v", color=BLUE, label="rain")
    ax.axvline(len(sizes) - 1, color="0.6", linewidth=1, zorder=0)
    ax.set(title=title, xlabel="day of the window", ylabel="effect, power of 10")
    ax.set(xlim=(-0.5, len(wet) - 0.5), ylim=(-5.2, 1.7))
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _power(sizes):
    return np.log10(np.maximum(sizes, 1e-6))
