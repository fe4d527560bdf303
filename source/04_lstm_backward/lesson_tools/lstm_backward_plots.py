"""The picture of lesson 4: the way back through one step of the LSTM."""

from lesson_tools.lstm_plots import draw_lstm_cell


def draw_lstm_way_back():
    """Draw one step of the LSTM, and beside its arrows those that carry derivatives back."""
    ax = draw_lstm_cell()
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
        ((7.25, 1.75), (7.25, 1.4)),
        ((5.85, 1.75), (5.85, 1.4)),
        ((4.45, 1.75), (4.45, 1.4)),
        ((3.05, 1.75), (3.05, 1.4)),
        ((1.6, 1.05), (0.75, 1.05)),
        ((1.9, 1.0), (1.9, 0.45)),
    ]:
        ax.annotate("", end, start, arrowprops=orange)
    for x, y, name in [
        (11.55, 4.9, "dc_next"),
        (7.2, 4.68, "dc"),
        (0.6, 4.9, "dc_prev"),
        (11.55, 3.5, "da_next"),
        (7.25, 4.02, "dot"),
        (5.5, 3.45, "dcct"),
        (4.2, 3.45, "dit"),
        (2.8, 3.45, "dft"),
        (0.6, 0.85, "da_prev"),
        (1.55, 0.5, "dxt"),
    ]:
        ax.text(x, y, name, color="#b34a00", ha="center", va="center", family="monospace")
    return ax
