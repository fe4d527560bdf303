"""The pictures of lesson 7: a look, a decoder that looks back, and what looking is worth."""

import matplotlib.pyplot as plt
import numpy as np

from lesson_tools.plots import CELL, FUNCTION, STATE, WEIGHTS, draw_arrow, draw_box, empty_axes

# Line colour, dashes and marker with attention and without: apart in greyscale.
LOOKS = {"with attention": ("#0072b2", "-", "o"), "without": ("#d55e00", "--", "s")}


def draw_look():
    """Draw one look: a query meets four keys, and a mean of four values comes back."""
    ax = empty_axes((8, 4.3), (0, 12), (0, 6.45))
    columns = [2.6, 4.4, 6.2, 8.0]
    shares = ["0.1", "0.7", "0.2", "0"]
    for x, share, number in zip(columns, shares, "₁₂₃₄", strict=True):
        masked = share == "0"
        line = {"linestyle": ":" if masked else "-", "color": "0.55" if masked else "black"}
        draw_box(ax, (x, 4.9), f"k{number}", (0.9, 0.5), STATE)
        draw_box(ax, (x, 3.6), "×", (0.4, 0.4), FUNCTION)
        draw_box(ax, (x, 2.6), share, (0.9, 0.5), CELL)
        draw_box(ax, (x, 1.35), f"v{number}", (0.9, 0.5), STATE)
        ax.plot([x, x], [4.65, 3.8], lw=1, **line)
        ax.plot([x, x], [3.4, 2.85], lw=1, **line)
        ax.plot([x, x], [2.35, 1.6], lw=1, **line)
        ax.plot([x, x], [1.1, 0.6], lw=1, **line)
    ax.text(columns[-1] + 0.6, 4.9, "masked", ha="left", va="center", color="0.35")
    draw_box(ax, (0.9, 3.6), "q", (0.9, 0.5), STATE)
    draw_arrow(ax, (1.35, 3.6), (2.4, 3.6))
    for left, right in zip(columns, columns[1:], strict=False):
        ax.plot([left + 0.2, right - 0.2], [3.6, 3.6], color="black", lw=1)
    ax.plot([columns[0], 9.55], [0.6, 0.6], color="black", lw=1)
    draw_arrow(ax, (9.5, 0.6), (10.4, 0.6))
    draw_box(ax, (10.9, 0.6), "out", (0.9, 0.5), STATE)
    for y, text in [
        (5.75, "what is compared: keys"),
        (3.6, "scores, divided by √d"),
        (2.6, "weights (softmax)"),
        (1.35, "what is brought: values"),
    ]:
        if y == 5.75:
            ax.text(5.3, y, text, ha="center", va="center")
        else:
            ax.text(9.0, y, text, ha="left", va="center")
    ax.text(5.3, 0.25, "a mean: each value times its weight", ha="center", va="center")
    return ax


def draw_decoder():
    """Draw an encoder that reads a text, and one step of a decoder that looks back at it."""
    ax = empty_axes((9, 4.4), (0, 13.5), (0, 6.6))
    texts = "3 May"
    for place, character in enumerate(texts):
        x = 0.9 + 1.15 * place
        draw_box(ax, (x, 2.0), "GRU", (0.85, 0.6), WEIGHTS)
        ax.text(x, 0.85, repr(character).replace("'", "") or " ", ha="center", va="center")
        draw_arrow(ax, (x, 1.1), (x, 1.68))
        draw_arrow(ax, (x, 2.3), (x, 3.25))
        if place + 1 < len(texts):
            draw_arrow(ax, (x + 0.43, 2.0), (x + 0.72, 2.0))
    draw_box(ax, (3.2, 3.55), "keys K and values V: a column for each character", (5.9, 0.6), STATE)
    draw_box(ax, (8.6, 2.0), "GRU", (0.95, 0.6), WEIGHTS)
    draw_arrow(ax, (5.93, 2.0), (8.1, 2.0))
    ax.text(6.9, 2.18, "the last state", ha="center", va="bottom")
    ax.text(8.6, 0.85, "xt", ha="center", va="center", family="monospace")
    draw_arrow(ax, (8.6, 1.1), (8.6, 1.68))
    ax.text(8.6, 0.4, "the character before", ha="center", va="center")
    draw_box(ax, (7.75, 3.55), "attention", (1.45, 0.6), FUNCTION)
    draw_arrow(ax, (6.15, 3.55), (7.02, 3.55))
    draw_arrow(ax, (8.6, 2.3), (8.0, 3.23))
    ax.text(8.5, 2.78, "query Wq a", ha="left", va="center")
    draw_box(ax, (9.4, 4.7), "stack", (0.95, 0.5), FUNCTION)
    draw_arrow(ax, (7.75, 3.87), (9.1, 4.43))
    ax.text(8.2, 4.3, "out", ha="right", va="center", family="monospace")
    ax.plot([9.07, 10.6], [2.0, 2.0], color="black", lw=1)
    ax.plot([10.6, 10.6], [2.0, 4.7], color="black", lw=1)
    draw_arrow(ax, (10.6, 4.7), (9.88, 4.7))
    draw_arrow(ax, (10.6, 2.0), (12.0, 2.0))
    ax.text(12.6, 2.0, "a_next", ha="center", va="center", family="monospace")
    draw_box(ax, (9.4, 5.55), "Wy, by, softmax", (2.2, 0.5), WEIGHTS)
    draw_arrow(ax, (9.4, 4.95), (9.4, 5.3))
    draw_arrow(ax, (9.4, 5.8), (9.4, 6.2))
    ax.text(9.6, 6.25, "yt_pred", ha="left", va="center", family="monospace")
    ax.text(3.2, 5.0, "the encoder reads once ...", ha="center", va="center")
    ax.text(11.0, 3.0, "... the decoder\nlooks at each step", ha="left", va="center")
    return ax


def plot_root(sizes, found):
    """Draw what becomes of scores, weights and gradients, with the root of d and without.

    Parameters
    ----------
    sizes : list of int
        The d.
    found : dict of str to dict of str to numpy.ndarray, shape (len(sizes), draws)
        By what is measured, then "divided" or "not divided".
    """
    looks = {"divided": ("#0072b2", "-", "o"), "not divided": ("#d55e00", "--", "s")}
    fig, axes = plt.subplots(1, 3, figsize=(10, 3.5))
    fig.subplots_adjust(left=0.06, right=0.98, bottom=0.16, top=0.88, wspace=0.26)
    for ax, (title, lines) in zip(axes, found.items(), strict=True):
        for name, values in lines.items():
            colour, dashes, marker = looks[name]
            middle = np.median(values, axis=1)
            spread = np.abs(np.stack([values.min(axis=1), values.max(axis=1)], axis=1).T - middle)
            ax.errorbar(
                *(sizes, middle, spread),
                color=colour,
                linestyle=dashes,
                marker=marker,
                capsize=3,
                label=name,
            )
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [str(d) for d in sizes])
        ax.minorticks_off()
        ax.set_title(title, fontsize=11)
        ax.set(xlabel="d, the length of a query", ylim=(0, None))
    axes[0].legend(frameon=False)


def plot_learning(rows, simple):
    """Draw how many dates are written right while six networks learn.

    Parameters
    ----------
    rows : dict of str to list of tuple of two lists
        With and without attention: of each seed the rounds and the shares.
    simple : tuple of (float, str)
        A share that takes no text, and what reaches it.
    """
    fig, ax = plt.subplots(figsize=(8, 3.5))
    fig.subplots_adjust(left=0.09, right=0.97, bottom=0.15, top=0.91)
    for name, seeds in rows.items():
        colour, dashes, marker = LOOKS[name]
        for number, (rounds, shares) in enumerate(seeds):
            ax.plot(
                *(rounds, shares),
                color=colour,
                linestyle=dashes,
                marker=marker,
                markersize=4,
                markevery=(2 * number, 6),
                label=name if number == 0 else None,
            )
    ax.axhline(simple[0], color="0.3", linestyle=":", linewidth=1.2)
    ax.text(ax.get_xlim()[1], simple[0] + 0.02, simple[1] + " ", ha="right", va="bottom")
    ax.set(title="Dates that are right from the first character to the last, three seeds each")
    ax.set(xlabel="round", ylabel="right dates", ylim=(-0.03, 1.03))
    ax.legend(frameon=False, loc="center right")


def plot_lengths(shares, panels):
    """Draw the share of right answers against the length, with attention and without.

    Parameters
    ----------
    shares : dict of str to dict of str to dict of int to list of float
        By task, with and without attention, and by the length: the shares of the seeds.
    panels : dict of str to tuple of (str, str, int)
        By task its title, what its lengths are, and up to which of them there was training.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(10, 3.7), sharey=True)
    fig.subplots_adjust(left=0.07, right=0.98, bottom=0.15, top=0.9, wspace=0.06)
    for ax, (task, (title, words, trained)) in zip(axes, panels.items(), strict=True):
        for shift, (name, by_length) in zip((-0.06, 0.06), shares[task].items(), strict=True):
            colour, dashes, marker = LOOKS[name]
            values = np.array(list(by_length.values()))
            middle = np.median(values, axis=1)
            spread = np.abs(np.stack([values.min(axis=1), values.max(axis=1)]) - middle)
            ax.errorbar(
                *(np.arange(len(values)) + shift, middle, spread),
                color=colour,
                linestyle=dashes,
                marker=marker,
                markersize=6,
                capsize=3,
                label=name,
            )
        lengths = list(by_length)
        ax.set_xticks(range(len(lengths)), [str(n) for n in lengths])
        edge = lengths.index(trained) + 0.5
        ax.axvspan(edge, len(lengths) - 0.5, color="0.92", zorder=0)
        up = values[-1].max() < 0.5  # where the lines leave room
        ax.text(
            *(edge + 0.08, 1.0 if up else 0.0, "longer than in training"),
            va="top" if up else "bottom",
            rotation=90,
            fontsize=9,
        )
        ax.set(title=title, xlabel=words, xlim=(-0.5, len(lengths) - 0.5), ylim=(-0.03, 1.04))
    axes[0].set_ylabel("right from end to end")
    axes[0].legend(frameon=False, loc="lower left")
    return axes


def _map(ax, text, said, weights):
    image = ax.imshow(
        weights, cmap="cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest"
    )
    ax.set_xticks(range(len(text)), [one if one != " " else "·" for one in text], fontsize=9)
    ax.set_yticks(range(len(said)), list(said), fontsize=9)
    ax.tick_params(length=0)
    return image


def plot_alignments(read):
    """Draw, for some texts, where the decoder has looked while it wrote each character.

    Parameters
    ----------
    read : list of tuple of (str, str, numpy.ndarray)
        Texts, what was written, and the weights: a row for each character of the date.
    """
    lengths = [len(text) for text, _, _ in read]
    fig, axes = plt.subplots(1, len(read), figsize=(10, 3.5), width_ratios=lengths)
    fig.subplots_adjust(left=0.06, right=0.92, bottom=0.16, top=0.9, wspace=0.16)
    for ax, (text, said, weights) in zip(axes, read, strict=True):
        image = _map(ax, text, said, weights[: len(said)])
        ax.set_title(said, fontsize=11, family="monospace")
    axes[0].set_ylabel("what is written")
    fig.supxlabel("what is read (a dot stands for a blank)", fontsize=10)
    fig.colorbar(image, cax=axes[-1].inset_axes([1.03, 0, 0.03, 1]), label="weight")
    return axes


def plot_one_look(text, said, weights, place):
    """Draw where the decoder looks at one place of the date, and all its looks below."""
    fig, axes = plt.subplots(2, 1, figsize=(9, 4.6), height_ratios=[1, 1.5], sharex=True)
    fig.subplots_adjust(left=0.08, right=0.9, bottom=0.12, top=0.9, hspace=0.12)
    axes[0].bar(range(len(text)), weights[place], color="#9ecae1", edgecolor="black", linewidth=0.6)
    axes[0].set(ylim=(0, 1.05), ylabel="weight")
    axes[0].tick_params(labelbottom=False, length=0)
    written = f"{said[:place]}[{said[place]}]" if place < len(said) else f"{said}[end]"
    axes[0].set_title(f"written so far: {written}", loc="left", family="monospace", fontsize=11)
    image = _map(axes[1], text, [*said, "end"][: len(weights)], weights)
    axes[1].axhspan(place - 0.5, place + 0.5, fill=False, edgecolor="#d55e00", linewidth=2)
    axes[1].set(xlabel="what is read (a dot stands for a blank)", ylabel="what is written")
    fig.colorbar(image, cax=axes[1].inset_axes([1.02, 0, 0.02, 1]), label="weight")
    return axes


def plot_ways(panels):
    """Draw how much of a gradient reaches each character that was read, on two ways.

    Parameters
    ----------
    panels : dict of str to dict of str to numpy.ndarray
        By title, then by way: the norm at each place, counted from the end of the text.
    """
    looks = {
        "through attention": ("#0072b2", "-", "o"),
        "through the first state": ("#d55e00", "--", "s"),
    }
    fig, axes = plt.subplots(1, len(panels), figsize=(10, 3.7))
    fig.subplots_adjust(left=0.08, right=0.98, bottom=0.15, top=0.9, wspace=0.2)
    for ax, (title, ways) in zip(axes, panels.items(), strict=True):
        for name, norms in ways.items():
            colour, dashes, marker = looks[name]
            ax.semilogy(
                *(np.arange(len(norms)), norms),
                color=colour,
                linestyle=dashes,
                marker=marker,
                markersize=5,
                markevery=(2, 6),
                markerfacecolor="white",
                label=name,
            )
        ax.set(title=title, xlabel="characters before the end of the text", ylim=(1e-9, 1e2))
    axes[0].set_ylabel("norm of the gradient")
    axes[0].legend(frameon=False, loc="lower left")
    return axes
