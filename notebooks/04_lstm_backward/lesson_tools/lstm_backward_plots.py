"""The pictures of lesson 4: the way back through one step, and how far a gradient reaches."""

import matplotlib.pyplot as plt
import numpy as np

from lesson_tools.lstm_plots import draw_lstm_cell

LOOKS = [("#d55e00", "o--"), ("#0072b2", "s-."), ("#009e73", "^-")]
# Spectral radii from small to large have the colours of lesson 3, both networks those of lesson 6.
RADII = [("#0072b2", "s-."), ("#009e73", "^-"), ("#d55e00", "o--")]
RNN, LSTM = "black", "#0072b2"
MARKS = {"markevery": (9, 10), "markersize": 5, "markerfacecolor": "white"}


def draw_lstm_way_back():
    """Draw one step of the LSTM, and beside its arrows those that carry derivatives back."""
    ax = draw_lstm_cell(words=False)
    orange = {"arrowstyle": "-|>", "color": "#d55e00", "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    for start, end in [
        ((11.0, 4.9), (9.2, 4.9)),  # along the line of the cell state
        ((8.8, 4.9), (5.7, 4.9)),
        ((5.1, 4.9), (3.6, 4.9)),
        ((3.0, 4.9), (1.1, 4.9)),
        ((11.0, 3.5), (9.25, 3.5)),  # from the hidden state, up and to the left
        ((8.4, 4.05), (8.4, 4.85)),
        ((8.2, 4.02), (7.6, 4.02)),
        ((7.37, 3.75), (7.37, 3.05)),  # down through the four blocks
        ((5.85, 3.7), (5.85, 3.05)),
        ((4.45, 3.7), (4.45, 3.05)),
        ((3.05, 4.6), (3.05, 3.05)),
        *[((x, 2.5), (x, 2.2)) for x in (3.05, 4.45, 5.85, 7.25)],
        *[((x, 1.7), (x, 1.35)) for x in (3.05, 4.45, 5.85, 7.25)],
        ((1.6, 1.05), (0.75, 1.05)),
        ((1.9, 1.0), (1.9, 0.45)),
    ]:
        ax.annotate("", end, start, arrowprops=orange)
    for x, y, name in [
        (11.55, 4.9, "dc_next"),
        (7.2, 4.68, "dc"),
        (0.6, 4.9, "dc_prev"),
        (11.55, 3.5, "da_next"),
        (7.0, 3.45, "dot"),
        (5.5, 3.45, "dcct"),
        (4.15, 3.45, "dit"),
        (2.75, 3.45, "dft"),
        (6.93, 2.35, "dzo"),
        (5.53, 2.35, "dzc"),
        (4.13, 2.35, "dzi"),
        (2.73, 2.35, "dzf"),
        (6.3, 1.02, "dconcat"),
        (0.6, 0.85, "da_prev"),
        (1.55, 0.5, "dxt"),
    ]:
        ax.text(x, y, name, color="#b34a00", ha="center", va="center", family="monospace")
    return ax


def plot_what_is_left(rnn, lstm):
    """Draw what is left of a gradient, step by step back, in RNNs and in LSTMs.

    Parameters
    ----------
    rnn : dict of float to list of float
        For three spectral radii the shares of da.
    lstm : dict of float to tuple of two lists of float
        For three forget biases the shares of dc, in all and by the first road alone.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
    fig.subplots_adjust(left=0.09, right=0.98, bottom=0.14, top=0.91, wspace=0.05)
    for (radius, shares), (colour, dashes) in zip(rnn.items(), RADII, strict=True):
        back, label = np.arange(1, len(shares) + 1), f"spectral radius {radius}"
        axes[0].semilogy(back, shares, dashes, color=colour, label=label, **MARKS)
    for (bias, (shares, road)), (colour, dashes) in zip(lstm.items(), LOOKS, strict=True):
        axes[1].semilogy(back, shares, dashes, color=colour, label=f"forget bias {bias:g}", **MARKS)
        axes[1].semilogy(back, road, f"{dashes[0]}:", color=colour, **MARKS)
    axes[0].set(title="RNN: what is left in da", ylabel="norm, as a share", ylim=(1e-13, 3))
    axes[1].set(title="LSTM: what is left in dc (dotted: first road)")
    for ax in axes:
        ax.set_xlabel("steps back")
        ax.legend(loc="lower left", frameon=False)


def plot_one_bias(bias, shares, road, plain):
    """Draw what is left with one forget bias, beside a plain RNN; see `plot_what_is_left`."""
    fig, ax = plt.subplots(figsize=(8, 3.6))
    fig.subplots_adjust(left=0.1, right=0.97, bottom=0.15, top=0.9)
    back = np.arange(1, len(shares) + 1)
    ax.semilogy(back, shares, color=LSTM, label="both roads")
    ax.semilogy(back, road, ":", color=LSTM, label="first road alone")
    ax.semilogy(back, plain, "--", color=RNN, label="the RNN, spectral radius 1")
    ax.axhline(1, color="0.6", linewidth=1, zorder=0)
    ax.set(title=f"Forget bias {bias:.1f}: after {len(back)} steps {shares[-1]:.2g} is left in dc")
    ax.set(xlabel="steps back", ylabel="norm, as a share", ylim=(1e-13, 1e2))
    ax.legend(loc="lower left", frameon=False)


def plot_felt(panels):
    """Draw which inputs (columns) the states (rows) of three networks depend on.

    Parameters
    ----------
    panels : dict of str to numpy.ndarray of shape (T_x, T_x)
        Shares of each row's largest, by title.
    """
    fig, axes = plt.subplots(1, 3, figsize=(10, 3.6), sharey=True)
    fig.subplots_adjust(left=0.07, right=0.92, bottom=0.14, top=0.9, wspace=0.08)
    for ax, (title, shares) in zip(axes, panels.items(), strict=True):
        image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        ax.set(title=title, xlabel="input at step")
    axes[0].set_ylabel("state at step")
    bar = axes[2].inset_axes([1.05, 0, 0.05, 1])
    fig.colorbar(image, cax=bar, label="share of the row's largest")
