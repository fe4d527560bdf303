"""The pictures of lesson 6: one step of the GRU, gradients of three networks, and a table."""

import matplotlib.pyplot as plt
import numpy as np

from lesson_tools.plots import CELL, FUNCTION, STATE, WEIGHTS, draw_arrow, draw_box, empty_axes

WIDTH = 5.6  # inches, of figures with several panels: one below the other, so that a narrow window
# leaves letters that are to be read
# Line colour, dashes and marker of each network: apart in greyscale and for colour-blind readers.
LOOKS = {"RNN": ("black", "--", "s"), "LSTM": ("#0072b2", "-.", "o"), "GRU": ("#e69f00", "-", "^")}


def draw_gru_cell():
    """Draw one step of the GRU: the line of the state and what acts on it."""
    ax = empty_axes((8, 4.2), (0, 12), (0, 6.3))
    draw_box(ax, (5.85, 3.25), "", (9.5, 5.0), CELL)
    for x, text in [(2.1, "stack"), (6.3, "stack")]:
        draw_box(ax, (x, 1.3), text, (0.9, 0.5), FUNCTION)
    for x, y, sign in [
        (3.3, 4.0, "×"),
        (4.8, 5.2, "×"),
        (7.8, 4.6, "×"),
        (7.8, 5.2, "+"),
        (6.3, 4.6, "1 −"),
    ]:
        draw_box(ax, (x, y), sign, (0.6 if "1" in sign else 0.4, 0.4), STATE)
    gates = [(3.3, "r", "σ", "rt\nreset"), (4.8, "z", "σ", "zt\nupdate")]
    for x, letter, function, name in [*gates, (7.8, "c", "tanh", "cct\ncandidate")]:
        draw_box(ax, (x, 1.95), f"W{letter}, b{letter}", (1.0, 0.5), WEIGHTS)
        draw_box(ax, (x, 2.75), function, (0.9, 0.5), FUNCTION)
        ax.text(x + 0.1, 3.4, name, ha="left", va="center", family="monospace")
        draw_arrow(ax, (x, 1.3), (x, 1.7))
        draw_arrow(ax, (x, 2.2), (x, 2.5))
    draw_box(ax, (9.9, 2.6), "Wy, by", (1.0, 0.5), WEIGHTS)
    draw_box(ax, (9.9, 1.7), "softmax", (1.1, 0.5), FUNCTION)
    for line in [  # corners from where a value comes to where it goes
        [(0.9, 5.2), (4.6, 5.2)],
        [(5.0, 5.2), (7.6, 5.2)],
        [(8.0, 5.2), (11.0, 5.2)],
        [(1.35, 5.2), (1.35, 1.3), (1.65, 1.3)],
        [(1.35, 4.0), (3.1, 4.0)],
        [(2.1, 0.45), (2.1, 1.05)],
        [(2.1, 0.8), (6.3, 0.8), (6.3, 1.05)],
        [(3.3, 3.0), (3.3, 3.8)],
        [(4.8, 3.0), (4.8, 5.0)],
        [(4.8, 4.6), (6.0, 4.6)],
        [(6.6, 4.6), (7.6, 4.6)],
        [(7.8, 3.0), (7.8, 4.4)],
        [(7.8, 4.8), (7.8, 5.0)],
        [(9.9, 5.2), (9.9, 2.85)],
        [(9.9, 2.35), (9.9, 1.95)],
        [(9.9, 1.45), (9.9, 0.45)],
    ]:
        ax.plot(*zip(*line[:-1], strict=True), color="black", lw=1)
        draw_arrow(ax, *line[-2:])
    bridge = [(3.5, 4.0), (6.3, 4.0), (6.3, 1.55)]  # over the line of the update gate
    ax.plot([4.6, 5.0], [4.0, 4.0], color=CELL, lw=7, zorder=5)
    ax.plot(*zip(*bridge[:-1], strict=True), color="black", lw=1, zorder=6)
    draw_arrow(ax, *bridge[-2:])
    ax.plot([2.55, 4.8], [1.3, 1.3], color="black", lw=1)
    ax.plot([6.75, 7.8], [1.3, 1.3], color="black", lw=1)
    for x, y, name in [
        (0.45, 5.2, "a_prev"),
        (11.5, 5.2, "a_next"),
        (2.1, 0.25, "xt"),
        (9.9, 0.25, "yt_pred"),
        (3.95, 1.08, "concat"),
        (5.55, 4.2, "rt * a_prev"),
    ]:
        ax.text(x, y, name, ha="center", va="center", family="monospace")
    ax.text(6.3, 5.42, "the line of the state", ha="center", va="center")
    ax.text(
        2.65, 0.25, "yellow, light: weights and biases   blue, dark: fixed functions", va="center"
    )
    return ax


def plot_what_is_left(rnn, lstm, gru):
    """Draw what is left of a gradient, step by step back, in an RNN, in LSTMs and in GRUs.

    Parameters
    ----------
    rnn : list of float
        The shares of da.
    lstm, gru : dict of float to tuple of two lists of float
        For three biases the shares of dc or da, in all and along the line alone.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 7.2), sharex=True)
    fig.subplots_adjust(left=0.14, right=0.97, bottom=0.08, top=0.95, hspace=0.16)
    marks = {"markevery": (9, 10), "markersize": 5, "markerfacecolor": "white"}
    looks = [("#d55e00", "o--"), ("#0072b2", "s-."), ("#009e73", "^-")]
    titles = ["LSTM: what is left in dc", "GRU: what is left in da"]
    for ax, title, shares_of, word in zip(
        axes, titles, (lstm, gru), ("forget", "update"), strict=True
    ):
        for (bias, (shares, line)), (colour, dashes) in zip(shares_of.items(), looks, strict=True):
            back = np.arange(1, len(shares) + 1)
            label = f"{word} bias {bias:g}"
            ax.semilogy(back, shares, dashes, color=colour, label=label, **marks)
            ax.semilogy(back, line, f"{dashes[0]}:", color=colour, **marks)
        plain, dashes, _ = LOOKS["RNN"]
        ax.semilogy(back, rnn, dashes, color=plain, label="RNN, spectral radius 1")
        ax.set(title=f"{title} (dotted: the line alone)", ylim=(1e-13, 30))
        ax.set_ylabel("norm, as a share")
        ax.legend(loc="lower left", frameon=False, fontsize=9)
    axes[1].set_xlabel("steps back")


def plot_one_bias(bias, lstm, gru, rnn):
    """Draw what is left with one bias in LSTM and GRU, beside a plain RNN."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.8))
    fig.subplots_adjust(left=0.14, right=0.97, bottom=0.14, top=0.91)
    back = np.arange(1, len(rnn) + 1)
    for name, (shares, line) in {"LSTM": lstm, "GRU": gru}.items():
        colour, dashes, _ = LOOKS[name]
        ax.semilogy(back, shares, dashes, color=colour, label=name)
        ax.semilogy(back, line, ":", color=colour, label=f"{name}, the line alone")
    ax.semilogy(back, rnn, LOOKS["RNN"][1], color=LOOKS["RNN"][0], label="RNN, spectral radius 1")
    ax.set(
        title=f"Bias {bias:.1f} leaves {lstm[0][-1]:.2g} in the LSTM, {gru[0][-1]:.2g} in the GRU"
    )
    ax.title.set_size(11)
    ax.set(xlabel="steps back", ylabel="norm, as a share", ylim=(1e-13, 1e3))
    ax.legend(loc="lower left", frameon=False, ncols=2, fontsize=9)


def plot_learning(losses, lengths, shares, simple):
    """Draw the loss of two trainings, and how many answers are right at other lengths.

    Parameters
    ----------
    losses : dict of str to tuple of two sequences
        By training: numbers of rounds, and losses.
    lengths : sequence of int
    shares : dict of str to sequence of float
        By training: the share of right answers at each length.
    simple : float
        What is right without memory.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 6.6))
    fig.subplots_adjust(left=0.12, right=0.97, bottom=0.08, top=0.95, hspace=0.42)
    looks = [("#0072b2", "o--"), ("#d55e00", "^-")]
    for (name, curve), (colour, dashes) in zip(losses.items(), looks, strict=True):
        axes[0].plot(*curve, dashes, color=colour, markersize=4, label=name)
        axes[1].plot(lengths, shares[name], dashes, color=colour, markersize=6, label=name)
    axes[1].axhline(simple, color="0.4", linestyle=":")
    axes[1].text(lengths[-1], simple - 0.02, "always the commonest", ha="right", va="top")
    axes[0].set(title="The loss", xlabel="round of training", ylabel="cross-entropy", ylim=(0, 1.8))
    axes[1].set_xscale("log")
    axes[1].set_xticks(lengths, [str(n) for n in lengths])
    axes[1].minorticks_off()
    axes[1].set(title="Right answers afterwards", xlabel="length (steps)", ylabel="share")
    axes[1].set(ylim=(0, 1.04))
    axes[0].legend(frameon=False, title="trained with")


def plot_table(table, simple):
    """Draw the share of right answers against the length, of three networks on three tasks.

    Parameters
    ----------
    table : dict of str to dict of str to dict of int to list of float
        By task, network and length: the shares of the seeds.
    simple : dict of str to tuple of (float, str)
        By task a share that takes no memory, or less of it, and what reaches it.
    """
    fig, axes = plt.subplots(3, 1, figsize=(WIDTH, 9))
    fig.subplots_adjust(left=0.12, right=0.97, bottom=0.1, top=0.97, hspace=0.45)
    lengths = {"copying": "delay"}
    for ax, (task, networks) in zip(axes, table.items(), strict=True):
        for shift, (name, by_length) in zip((0.96, 1.0, 1.04), networks.items(), strict=True):
            colour, dashes, marker = LOOKS[name]
            x = shift * np.array(list(by_length))
            shares = np.array(list(by_length.values()))
            middle = np.median(shares, axis=1)
            spread = np.abs(np.stack([shares.min(axis=1), shares.max(axis=1)]) - middle)
            ax.errorbar(
                *(x, middle, spread),
                color=colour,
                linestyle=dashes,
                marker=marker,
                markersize=6,
                capsize=3,
                label=name,
            )
        ax.axhline(simple[task][0], color="0.3", linestyle=":", linewidth=1.2)
        ax.text(
            x[-1] * 1.1, simple[task][0] - 0.015, simple[task][1], ha="right", va="top", fontsize=9
        )
        ax.set_xscale("log")
        ax.set_xticks(list(by_length), [str(n) for n in by_length])
        ax.minorticks_off()
        ax.set(title=task, xlabel=f"{lengths.get(task, 'length')} (steps)", ylim=(0.1, 1.04))
        ax.set_ylabel("right answers")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncols=3, frameon=False)


def plot_cost(seconds):
    """Draw what a step costs each network, forwards and back.

    Parameters
    ----------
    seconds : dict of str to dict of str to tuple of two floats
        By what is equal and by network: seconds for a step forwards and for one back.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 6), sharey=True)
    fig.subplots_adjust(left=0.14, right=0.97, bottom=0.06, top=0.94, hspace=0.28)
    for ax, (title, networks) in zip(axes, seconds.items(), strict=True):
        forward, back = 1e6 * np.array(list(networks.values())).T
        ax.bar(list(networks), forward, color="#9ecae1", edgecolor="black", label="forwards")
        ax.bar(
            *(list(networks), back, 0.8, forward),
            color="#d55e00",
            edgecolor="black",
            hatch="xx",
            label="back",
        )
        ax.set(title=title)
        for place, total in enumerate(forward + back):
            ax.text(place, total, f"{total / (forward + back)[0]:.1f} ×", ha="center", va="bottom")
        ax.set_ylabel("microseconds a step")
    axes[0].set_ylim(0, 1.15 * axes[0].get_ylim()[1])
    axes[0].legend(frameon=False, loc="upper left")


def plot_gates_beside(x, gru_caches, lstm_caches):
    """Draw the gates of two networks over one sequence of the task "adding".

    Parameters
    ----------
    x : numpy.ndarray, shape (2, 1, T_x)
        Numbers, and below them the marks.
    gru_caches, lstm_caches : tuple
        What the forward passes return last, for this sequence.
    """
    gates = {
        "GRU": (gru_caches, {"update gate zt": 2, "reset gate rt": 3, "state a": 0}),
        "LSTM": (lstm_caches, {"forget gate ft": 4, "update gate it": 5, "output gate ot": 7}),
    }
    heights = [1, 2, 2, 2, 0.6, 1, 2, 2, 2]  # between the two networks a row stays empty
    fig, rows = plt.subplots(9, 1, figsize=(WIDTH, 11), sharex=True, height_ratios=heights)
    fig.subplots_adjust(left=0.1, right=0.86, bottom=0.05, top=0.97, hspace=0.35)
    rows[4].set_axis_off()
    axes = np.stack([rows[:4], rows[5:]], axis=1)
    marked = np.flatnonzero(x[1, 0])
    for column, (network, (caches, places)) in zip(axes.T, gates.items(), strict=True):
        column[0].plot(x[0, 0], ".", color="0.6", markersize=4)
        column[0].plot(marked, x[0, 0, marked], "o", color="black")
        column[0].set(title=network, ylabel="number", ylim=(-0.1, 1.1))
        values = {
            name: np.stack([step[place][:, 0] for step in caches[0]], axis=1)
            for name, place in places.items()
        }
        order = np.argsort(-next(iter(values.values())).mean(axis=1))  # who keeps most is on top
        for ax, (name, shown) in zip(column[1:], values.items(), strict=True):
            state = name.startswith("state")
            image = ax.imshow(
                shown[order],
                cmap="PuOr" if state else "cividis",
                vmin=-1 if state else 0,
                vmax=1,
                aspect="auto",
                interpolation="nearest",
            )
            ax.set_title(name, fontsize=10, pad=3)
            ax.set_ylabel("unit, sorted")
            for t in marked:
                ax.axvline(t, color="black" if state else "white", linewidth=0.9, linestyle=":")
            bar = ax.inset_axes([1.02, 0, 0.03, 1])
            fig.colorbar(image, cax=bar, label="state" if state else "gate")
        column[3].set_xlabel("time step")
        column[3].tick_params(labelbottom=True)
    return axes
