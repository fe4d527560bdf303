"""The picture of lesson 3: the way back along the unrolled network."""

from lesson_tools.plots import draw_unrolled


def draw_way_back(steps=3):
    """Draw the unrolled network, and beside its arrows those that carry derivatives back."""
    ax = draw_unrolled(steps)
    style = {"arrowstyle": "-|>", "color": "#d55e00", "shrinkA": 0, "shrinkB": 0}
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
