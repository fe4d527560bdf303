"""The pictures of lesson 8: places, a block, where heads look, and what a transformer is worth."""

import matplotlib.pyplot as plt
import numpy as np

from lesson_tools.plots import CELL, STATE, WEIGHTS, draw_arrow, draw_box, empty_axes

WIDTH = 5.6  # inches, of every figure: in a narrow window its letters are still to be read
# Colour, dashes and marker of each network, as in lesson 6: apart in greyscale, too.
LOOKS = {
    "RNN": ("black", "--", "s"),
    "LSTM": ("#0072b2", "-.", "o"),
    "GRU": ("#e69f00", "-", "^"),
    "transformer": ("#009e73", ":", "D"),
}
CACHE = {"with the cache": ("#0072b2", "-", "o"), "without": ("#d55e00", "--", "s")}


def plot_places(P, products):
    """Draw the columns of all places, and how alike two of them are.

    Parameters
    ----------
    P : numpy.ndarray, shape (d, T)
    products : dict of int to numpy.ndarray
        Of some places, the product of their column with that of each place.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 5.6), height_ratios=[1.3, 1])
    fig.subplots_adjust(left=0.12, right=0.87, bottom=0.09, top=0.94, hspace=0.45)
    image = axes[0].imshow(P, cmap="cividis", vmin=-1, vmax=1, aspect="auto")
    axes[0].set(title="A column for each place", xlabel="place", ylabel="row")
    axes[0].set_yticks(range(0, len(P), 4))
    fig.colorbar(image, cax=axes[0].inset_axes([1.02, 0, 0.025, 1]))
    looks = [("#0072b2", "-"), ("#d55e00", "--"), ("black", ":")]
    for (place, values), (colour, dashes) in zip(products.items(), looks, strict=False):
        axes[1].plot(values, dashes, color=colour, label=f"place {place}")
    axes[1].set(title="The product of two columns", xlabel="the other place", ylabel="product")
    axes[1].legend(frameon=False, loc="upper center", ncols=3, fontsize=9)
    axes[1].set(xlim=axes[0].get_xlim(), ylim=(2.5, 12.5))
    return axes


def draw_block():
    """Draw a block: a stream that nothing is done to, and two branches that add to it."""
    ax = empty_axes((WIDTH, 4.7), (0, 8.4), (0, 7.0))
    ax.plot([1.6, 1.6], [0.75, 6.1], color="black", lw=2.5, zorder=0)
    draw_arrow(ax, (1.6, 6.0), (1.6, 6.45))
    ax.text(1.6, 0.4, "x", ha="center", va="center", family="monospace")
    ax.text(1.6, 6.7, "y", ha="center", va="center", family="monospace")
    ax.text(1.35, 3.45, "mid", ha="right", va="center", family="monospace")
    ax.text(1.3, 1.75, "the stream", ha="center", va="center", rotation=90)
    for low, text, note in [
        (1.0, "heads", "each place looks back"),
        (3.85, "feed forward", "each place for itself"),
    ]:
        draw_box(ax, (3.2, low), "norm", (1.1, 0.55), CELL)
        draw_box(ax, (5.9, low + 0.9), text, (2.2, 0.7), WEIGHTS)
        draw_box(ax, (1.6, low + 1.75), "+", (0.42, 0.42), STATE)
        draw_arrow(ax, (1.6, low), (2.65, low))
        ax.plot([3.75, 5.9], [low, low], color="black", lw=1)
        draw_arrow(ax, (5.9, low), (5.9, low + 0.55))
        ax.plot([5.9, 5.9], [low + 1.25, low + 1.75], color="black", lw=1)
        draw_arrow(ax, (5.9, low + 1.75), (1.83, low + 1.75))
        ax.text(5.6, low + 1.98, note, ha="center", va="bottom", fontsize=9, color="0.3")
    return ax


def _text(ax, text, both=True):
    ax.set_xticks(range(len(text)), list(text), fontsize=9)
    if both:
        ax.set_yticks(range(len(text)), list(text), fontsize=9)
    ax.tick_params(length=0)


def plot_heads(text, heads):
    """Draw where each head looks, from each place of a text.

    Parameters
    ----------
    text : str
        Its characters, the marker as a dot.
    heads : dict of str to numpy.ndarray, shape (T, T)
        By title: a row for each place that looks.
    """
    fig, axes = plt.subplots(2, -(-len(heads) // 2), figsize=(WIDTH, 5.6))
    fig.subplots_adjust(left=0.1, right=0.84, bottom=0.1, top=0.94, wspace=0.18, hspace=0.3)
    for ax, (title, weights) in zip(axes.flat, heads.items(), strict=True):
        image = ax.imshow(weights, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(title, fontsize=11)
        _text(ax, text)
    fig.supxlabel("what is looked at", fontsize=10)
    fig.supylabel("who looks", fontsize=10)
    fig.colorbar(image, cax=fig.add_axes([0.865, 0.1, 0.022, 0.84]), label="weight")
    return axes


def plot_one_place(text, place, heads, chances):
    """Draw where the heads look from one place, and what the network expects behind it.

    Parameters
    ----------
    text : str
    place : int
        Who looks.
    heads : dict of str to numpy.ndarray, shape (T, T)
    chances : dict of str to float
        The likeliest next characters, with their probabilities.
    """
    fig, axes = plt.subplots(3, 2, figsize=(WIDTH, 5.6), height_ratios=[1, 1, 0.9])
    fig.subplots_adjust(left=0.1, right=0.97, bottom=0.1, top=0.88, wspace=0.16, hspace=0.6)
    fig.suptitle(f"read: {text[:place]}[{text[place]}]", family="monospace", x=0.1, ha="left")
    for ax, (title, weights) in zip(axes.flat, heads.items(), strict=False):
        seen = range(place + 1)
        ax.bar(seen, weights[place, seen], color="#9ecae1", edgecolor="black", linewidth=0.6)
        ax.axvspan(place + 0.5, len(text) - 0.5, color="0.92", zorder=0)
        ax.set(ylim=(0, 1.05), xlim=(-0.5, len(text) - 0.5))
        ax.set_title(title, fontsize=10)
        _text(ax, text, both=False)
    wide = fig.add_subplot(axes[2, 0].get_gridspec()[2, :])
    for ax in axes[2]:
        ax.remove()
    wide.bar(list(chances), list(chances.values()), color="0.75", edgecolor="black", linewidth=0.6)
    wide.set(title="what may come next", ylim=(0, 1.05))
    return axes


def plot_contest(reached, learning, counts):
    """Draw what four networks reach, beside counts, and how fast.

    Parameters
    ----------
    reached : dict of str to dict of str to list of float
        By network, then by what was equal: the perplexity of each seed.
    learning : dict of str to tuple of two lists
        By network: seconds of processor time, and the perplexity on the validation names.
    counts : dict of str to float
        Perplexities of counts.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 6.4), height_ratios=[1, 1.2])
    fig.subplots_adjust(left=0.18, right=0.97, bottom=0.08, top=0.95, hspace=0.42)
    for row, (network, by_budget) in enumerate(reached.items()):
        colour, _, marker = LOOKS[network]
        pairs = zip((-0.15, 0.15), enumerate(by_budget.values()), strict=True)
        for shift, (filled, values) in pairs:
            axes[0].plot(
                *(values, [row + shift] * len(values), marker),
                color=colour,
                markerfacecolor=colour if filled else "white",
                markersize=7,
            )
    for filled, name in enumerate(next(iter(reached.values()))):
        axes[0].plot([], [], "o", color="0.3", mfc="0.3" if filled else "white", label=name)
    for name, value in counts.items():
        axes[0].axvline(value, color="0.5", linestyle=":", linewidth=1.2)
        axes[0].text(value, -0.62, name, ha="center", va="bottom", fontsize=9)
    axes[0].set_yticks(range(len(reached)), list(reached))
    axes[0].set(xlabel="perplexity", ylim=(len(reached) - 0.4, -1.0))
    axes[0].set_title("Held-back names, three seeds")
    axes[0].legend(framealpha=1, edgecolor="white", fontsize=9, loc="lower right")
    for network, (seconds, values) in learning.items():
        colour, dashes, marker = LOOKS[network]
        axes[1].plot(
            *(seconds, values, dashes),
            color=colour,
            marker=marker,
            markersize=4,
            markevery=max(1, len(values) // 10),
            label=network,
        )
    axes[1].set(title="While they learn, validation names, seed 0", ylabel="perplexity")
    axes[1].set(xlabel="processor time, in seconds", ylim=(8.2, 11.5))
    axes[1].legend(frameon=False, loc="upper right")
    return axes


def plot_again(panels):
    """Draw how well a name is known that comes again, for GRU and transformer.

    Parameters
    ----------
    panels : dict of str to tuple of (str, dict of str to dict of int to list of float)
        By title: what is changed, and by network and its value the perplexities of the seeds.
    """
    fig, axes = plt.subplots(len(panels), 1, figsize=(WIDTH, 6.2))
    fig.subplots_adjust(left=0.13, right=0.97, bottom=0.08, top=0.95, hspace=0.42)
    for ax, (title, (words, by_network)) in zip(axes, panels.items(), strict=True):
        for shift, (network, by_value) in zip((-0.03, 0.03), by_network.items(), strict=True):
            colour, dashes, marker = LOOKS[network]
            values = np.array(list(by_value.values()))
            middle = np.median(values, axis=1)
            spread = np.abs(np.stack([values.min(axis=1), values.max(axis=1)]) - middle)
            ax.errorbar(
                *(np.arange(len(values)) + shift, middle, spread),
                color=colour,
                linestyle=dashes,
                marker=marker,
                capsize=3,
                label=network,
            )
        ax.set_xticks(range(len(by_value)), [str(value) for value in by_value])
        ax.set(title=title, xlabel=words, ylabel="perplexity")
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if low <= n <= high]
        ax.set_yticks(ticks, map(str, ticks))
        ax.minorticks_off()
    axes[0].legend(frameon=False)
    return axes


def plot_costs(panels):
    """Draw what length costs.

    Parameters
    ----------
    panels : dict of str to dict of str to tuple of two lists
        By title, then by what is measured: lengths, and how many times as much as at the first.
    """
    fig, axes = plt.subplots(len(panels), 1, figsize=(WIDTH, 2.7 * len(panels)))
    fig.subplots_adjust(left=0.13, right=0.97, bottom=0.06, top=0.96, hspace=0.5)
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        for name, (lengths, times) in lines.items():
            colour, dashes, marker = (LOOKS | CACHE)[name]
            ax.loglog(lengths, times, dashes, color=colour, marker=marker, label=name)
        ax.set_xscale("log", base=2)
        ax.set_xticks(lengths, map(str, lengths))
        ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n <= 1.3 * ax.get_ylim()[1]]
        ax.set_yticks(ticks, map(str, ticks))
        ax.minorticks_off()
        ax.set(title=title, xlabel="places", ylabel=f"times {lengths[0]} places")
        ax.legend(frameon=False, loc="upper left")
    return axes
