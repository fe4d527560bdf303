"""The picture of this lesson: one step of the recurrent network."""

from lesson_tools.plots import CELL, FUNCTION, WEIGHTS, draw_arrow, draw_box, empty_axes


def draw_rnn_cell():
    """Draw one step of the recurrent network as boxes and arrows."""
    ax = empty_axes((8, 3.6), (0, 10), (0, 5))
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
