"""The pictures of lesson 5: training, temperature, units along names, characters in the plane."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patheffects import withStroke

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "0.45"
LEAST = 0.24  # inches between two letters in the plane
WIDTH = 5.6  # inches, of every figure: in a narrow window its letters are still to be read
COLOURS = plt.get_cmap("cividis")  # from dark to light, so that grey shows it as well


def plot_learning(losses, perplexities, yardsticks, best):
    """Draw the loss of each step, and the perplexity after each epoch beside those of counts.

    Parameters
    ----------
    losses : list of float
        Of each step.
    perplexities : dict of str to list of float
        After each epoch, by which names they are of.
    yardsticks : dict of str to float
        Perplexities on the held-back names, by name.
    best : int
        The epoch whose network is kept.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 6.8), height_ratios=[1, 1.5])
    fig.subplots_adjust(left=0.12, right=0.78, bottom=0.08, top=0.95, hspace=0.42)
    axes[0].plot(losses, color="0.7", linewidth=0.8)
    window = np.ones(28) / 28
    smooth = np.convolve(losses, window, mode="valid")
    axes[0].plot(np.arange(len(smooth)) + 14, smooth, color="black", linewidth=1.5)
    axes[0].set(title="Loss of each batch (black: mean of 28)", xlabel="step", ylabel="loss")
    looks = [("--", BLUE, "s"), ("-.", GREY, "^"), ("-", ORANGE, "o")]  # as in lesson 3
    for (name, values), (dashes, colour, mark) in zip(perplexities.items(), looks, strict=True):
        axes[1].plot(values, dashes, color=colour, marker=mark, markersize=4, label=name)
    for name, value in yardsticks.items():
        axes[1].axhline(value, color="0.6", linewidth=1, zorder=0)
        near = [
            np.sign(value - one) for one in yardsticks.values() if 0 < abs(value / one - 1) < 0.05
        ]
        where = {1: "bottom", -1: "top", 0: "center"}[int(sum(near))]
        axes[1].text(len(values) - 0.4, value, f"{name} {value:.2f}", va=where, fontsize=9)
    axes[1].axvline(best, color="0.6", linewidth=1, linestyle=":", zorder=0)
    axes[1].set_yscale("log")
    ticks = [7, 8, 9, 10, 12, 15, 20, 27]
    axes[1].set_yticks(ticks, map(str, ticks))
    axes[1].minorticks_off()
    axes[1].set(title="Perplexity", xlabel="epoch", xlim=(-0.3, len(values) - 0.5), ylim=(6.9, 29))
    axes[1].legend(frameon=False, loc="upper right")


def plot_norms(runs, max_norm):
    """Draw the length of the gradient at each step, for several runs.

    Parameters
    ----------
    runs : dict of str to list of float
        The lengths before clipping, by what the run is called.
    max_norm : float
        The limit.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 3.4))
    fig.subplots_adjust(left=0.13, right=0.97, bottom=0.15, top=0.9)
    looks = [("--", ORANGE), ("-", BLUE), (":", "black")]
    for (name, norms), (dashes, colour) in zip(runs.items(), looks, strict=False):
        ax.semilogy(np.arange(1, len(norms) + 1), norms, dashes, color=colour, label=name)
    ax.axhline(max_norm, color="0.6", linewidth=1, zorder=0)
    ax.text(1, 0.92 * max_norm, f"max_norm = {max_norm:g}", color="0.35", va="top")
    ax.set(title="The length of the gradient, before it is clipped", xlabel="step")
    ax.set_ylabel("length")
    ax.legend(frameon=False, loc="upper right")


def plot_temperature(vocabulary, chances, shares):
    """Draw what comes next at several temperatures, and how many names are new.

    Parameters
    ----------
    vocabulary : str
    chances : dict of float to numpy.ndarray of shape (n_y,)
        The probabilities of the next character, by temperature.
    shares : dict of str to dict of float to float
        Shares of sampled names, by what is counted and by temperature.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 6.6))
    fig.subplots_adjust(left=0.12, right=0.97, bottom=0.08, top=0.95, hspace=0.4)
    shown = np.argsort(-max(chances.values(), key=np.max))[:9]
    width = 0.8 / len(chances)
    for number, (temperature, p) in enumerate(chances.items()):
        places = np.arange(len(shown)) + (number - (len(chances) - 1) / 2) * width
        colour = COLOURS(number / max(1, len(chances) - 1) * 0.95)
        axes[0].bar(
            places,
            p[shown],
            width,
            color=colour,
            edgecolor="black",
            linewidth=0.5,
            label=f"temperature {temperature:g}",
        )
    axes[0].set_xticks(range(len(shown)), [vocabulary[index] for index in shown])
    axes[0].set(title='What comes after "mar"', xlabel="next character", ylabel="probability")
    axes[0].legend(frameon=False)
    looks = [("-", BLUE, "o"), ("--", ORANGE, "s"), (":", "black", "^")]
    for (name, values), (dashes, colour, mark) in zip(shares.items(), looks, strict=False):
        axes[1].plot(
            list(values), list(values.values()), dashes, color=colour, marker=mark, label=name
        )
    axes[1].set(title="200 names at each temperature", xlabel="temperature", ylabel="share")
    axes[1].set_ylim(-0.03, 1.03)
    axes[1].legend(frameon=False)


def plot_units(panels, bar="value of the unit"):
    """Write names in cells whose colour is the value of a hidden unit behind each character.

    Parameters
    ----------
    panels : dict of str to list of (str, numpy.ndarray)
        By title: names, each with the value behind each of its characters.
    """
    rows = max(map(len, panels.values()))
    height = (0.3 * rows + 1.0) * len(panels)
    fig, axes = plt.subplots(len(panels), 1, figsize=(WIDTH, height), squeeze=False)
    fig.subplots_adjust(left=0.02, right=0.8, bottom=0.55 / height, top=1 - 0.35 / height)
    fig.subplots_adjust(hspace=1.0 / (0.3 * rows))
    longest = max(len(name) for many in panels.values() for name, _ in many)
    for ax, (title, many) in zip(axes[:, 0], panels.items(), strict=True):
        grid = np.full((rows, longest), np.nan)
        for row, (name, values) in enumerate(many):
            grid[row, : len(name)] = values
            for place, character in enumerate(name):
                dark = values[place] < 0.2
                ax.text(
                    place,
                    row,
                    character,
                    ha="center",
                    va="center",
                    color="white" if dark else "black",
                    family="monospace",
                )
        image = ax.imshow(grid, cmap=COLOURS, vmin=-1, vmax=1, aspect="auto")
        ax.set(title=title, xlabel="place in the name")
        ax.set_yticks([])
        ax.set_xticks(range(longest), range(1, longest + 1))
        spot = ax.inset_axes([1.03, 0, 0.03, 1])
        fig.colorbar(image, cax=spot, label=bar)


def plot_characters(points, shares, vocabulary):
    """Draw each character at its place in the plane.

    Parameters
    ----------
    points : numpy.ndarray, shape (2, n_x)
    shares : numpy.ndarray, shape (2,)
        The share of the variance along each axis.
    vocabulary : str
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 5.2))
    fig.subplots_adjust(left=0.12, right=0.97, bottom=0.11, top=0.93)
    kinds = {"vowel": ("aeiou", ORANGE), "y, and the start": ("y" + vocabulary[0], "black")}
    kinds["consonant"] = ("".join(sorted(set(vocabulary) - set("aeiouy" + vocabulary[0]))), BLUE)
    ax.plot(*points, " ")  # so that the axes reach around all letters
    ax.margins(0.08)
    inches = fig.get_size_inches() * ax.get_position().size
    inch = inches / [np.ptp(limits) for limits in (ax.get_xlim(), ax.get_ylim())]
    halo = withStroke(linewidth=5, foreground="white")  # so that no line crosses a letter
    letters = _apart(points.T * inch, LEAST) / inch
    for name, (characters, colour) in kinds.items():
        ax.plot([], [], "s", color=colour, label=name)
        for character in characters:
            number = vocabulary.index(character)
            said = "start" if number == 0 else character
            ax.plot(*zip(points[:, number], letters[number], strict=True), color="0.5", lw=0.8)
            spot = ax.text(*letters[number], said, color=colour, size=13, ha="center", va="center")
            spot.set_path_effects([halo])
    ax.set(title="The columns of Wax", xlabel=f"component 1 ({shares[0]:.0%} of the variance)")
    ax.set_ylabel(f"component 2 ({shares[1]:.0%})")
    ax.legend(frameon=False, fontsize=9)


def _apart(places, least):
    """Return places that are at least so far from each other, near those that are given.

    Parameters
    ----------
    places : numpy.ndarray, shape (n, 2)
    least : float
    """
    places = places.copy()
    for _ in range(500):
        between = places[:, None] - places
        far = np.linalg.norm(between, axis=2) + 1e-9
        push = np.where(far < least, (least - far) / far, 0)
        np.fill_diagonal(push, 0)
        if not push.any():
            break
        places += 0.3 * (push[:, :, None] * between).sum(axis=1)
    return places
