"""The figures of this lesson that take many lines: what your LSTM did, over days and years."""

import matplotlib.pyplot as plt
import numpy as np

from lesson_tools.lstm_plots import GATES, plot_gates
from lesson_tools.plots import plot_heat_map, plot_paths, principal_components
from rnn_utils import sigmoid

RAIN, WARMTH = "#0072b2", "#d55e00"
OTHER_YEARS = "0.6"


def plot_decay(kept, forget_biases):
    """Draw what is left of a pulse in each unit, and in circles what the formula says.

    Parameters
    ----------
    kept : numpy.ndarray, shape (T_x, n_a)
        As a share of what the pulse left at step 0.
    forget_biases : numpy.ndarray, shape (n_a, 1)
    """
    steps = np.arange(len(kept))
    fig, ax = plt.subplots(figsize=(8, 3.5))
    fig.subplots_adjust(left=0.09, right=0.97, bottom=0.15, top=0.9)
    colours = plt.colormaps["viridis"]([0.0, 0.3, 0.6, 0.9])
    for unit, (colour, marker) in enumerate(zip(colours, "osD^", strict=True)):
        bias = forget_biases[unit, 0]
        ax.plot(steps, kept[:, unit], color=colour)
        formula = sigmoid(bias) ** steps[::3]
        ax.plot(
            *(steps[::3], formula, marker),
            color=colour,
            markerfacecolor="none",
            label=f"bf = {bias:g}",
        )
    ax.axhline(0.5, color="0.6", linewidth=1, zorder=0)
    ax.set(
        title="One pulse and four forget biases: lines from your cell, markers from the formula",
        xlabel="steps after the pulse",
        ylabel="share of the cell state left",
    )
    ax.legend(frameon=False)


def plot_weather_year(x_weather, caches, year, title):
    """Draw rain and warmth of a year, and below them gates and states of unit 0.

    Parameters
    ----------
    x_weather : numpy.ndarray, shape (n_x, m, T_x)
        Rain first, then warmth.
    caches : tuple
        What ``lstm_forward`` returns last.
    year : int
        Which example.
    title : str
    """
    fig, axes = plt.subplots(3, 1, figsize=(8, 4.6), sharex=True)
    fig.subplots_adjust(left=0.08, right=0.79, bottom=0.11, top=0.93, hspace=0.15)
    axes[0].plot(x_weather[0, year], color=RAIN, linewidth=1, label="rain")
    axes[0].plot(x_weather[1, year], "--", color=WARMTH, linewidth=1, label="warmth")
    axes[0].set(title=title, ylabel="input")
    axes[0].legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    plot_gates(caches, unit=0, example=year, axes=axes[1:], xlabel="day of the year")


def plot_day(x_weather, caches, year, day):
    """Draw the states of unit 0 over a year with one day marked, and the gates of that day.

    Parameters
    ----------
    x_weather, caches, year
        As in `plot_weather_year`.
    day : int
        From 0.
    """
    of_days = np.array([[value[0, year] for value in step[:8]] for step in caches[0]])
    a_next, c_next, _, c_prev, ft, it, cct, ot = of_days[day]
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), width_ratios=[1.7, 1])
    fig.subplots_adjust(left=0.08, right=0.95, bottom=0.15, top=0.78, wspace=0.5)
    rain, warmth = x_weather[:2, year, day]
    fig.text(0.08, 0.92, f"Day {day}: rain {rain:.1f}, warmth {warmth:.1f}", weight="bold")
    sums = f"c = {ft:.2f} · {c_prev:.2f} + {it:.2f} · {cct:.2f} = {c_next:.2f}"
    fig.text(0.08, 0.83, f"{sums}      a = {ot:.2f} · tanh {c_next:.2f} = {a_next:.2f}")
    axes[0].plot(of_days[:, 1], color="black", linewidth=1.2, label="cell state c")
    axes[0].plot(of_days[:, 0], "--", color="#cc79a7", linewidth=1.2, label="hidden state a")
    axes[0].axvline(day, color="0.6", linewidth=1, zorder=0)
    axes[0].plot([day, day], [c_next, a_next], "o", color="black", markerfacecolor="white")
    axes[0].set(xlabel="day of the year", ylabel="state")
    axes[0].legend(frameon=False)
    colours = [colour for colour, _ in GATES.values()]
    bars = axes[1].barh(list(GATES), [ft, it, ot], color=colours)
    axes[1].bar_label(bars, fmt="%.2f", padding=2)
    axes[1].set(xlim=(0, 1.2), xticks=[0, 0.5, 1])
    axes[1].invert_yaxis()


def weekly_paths(a):
    """Return the hidden state of each year in two components, a column for the mean of a week.

    Parameters
    ----------
    a : numpy.ndarray, shape (n_a, m, T_x)

    Returns
    -------
    paths : list of numpy.ndarray, each of shape (2, T_x // 7)
    share : numpy.ndarray, shape (2,)
        The part of the variance that each component carries.
    """
    n_a, m, T_x = a.shape
    weeks = T_x // 7
    means = a[:, :, : 7 * weeks].reshape(n_a, m, weeks, 7).mean(axis=3)
    directions, centre, share = principal_components(means.reshape(n_a, -1))
    return [directions.T @ (means[:, year] - centre) for year in range(m)], share


def plot_years(c, a, years):
    """Draw the cell state of the last year, and the way of the hidden state through each.

    Parameters
    ----------
    c, a : numpy.ndarray, shape (n_a, 4, 365)
    years : list of str
    """
    fig = plt.figure(figsize=(9.5, 4.4))
    ax = plot_heat_map(
        c[:, -1],
        f"Cell state in {years[-1]}",
        fig.add_axes((0.06, 0.12, 0.29, 0.8)),
        limit=5.0,
        xlabel="day of the year",
        label="cell state",
    )
    ax.images[0].set_cmap("cividis")  # its colours keep their order when they are printed in grey
    grid = fig.add_gridspec(
        2, 2, left=0.51, right=0.93, bottom=0.12, top=0.92, hspace=0.25, wspace=0.1
    )
    axes = grid.subplots(sharex=True, sharey=True)
    paths, share = weekly_paths(a)
    for ax, path, year in zip(axes.flat, paths, years, strict=True):
        for other in paths:
            ax.plot(*other, ":", color=OTHER_YEARS, linewidth=0.8, zorder=0)
        plot_paths([path], [""], f"Hidden state, {year}", ax, bar="")
        ax.set(xlabel="", ylabel="")
    for row in axes:
        lines = row[-1].collections[-1]
        fig.colorbar(lines, cax=row[-1].inset_axes([1.04, 0, 0.04, 1]), label="week")
    axes[1, 0].set_xlabel(f"component 1 ({share[0]:.0%} of variance)", x=1.05)
    axes[1, 0].set_ylabel(f"component 2 ({share[1]:.0%} of variance)", y=1.1)


def plot_delay(panels, numbers):
    """Draw the states of networks side by side, a line for each number that was to be kept.

    Parameters
    ----------
    panels : dict of str to numpy.ndarray of shape (1, m, T_x)
        By title.
    numbers : numpy.ndarray, shape (m,)
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(9, 3.5), sharey=True)
    fig.subplots_adjust(left=0.09, right=0.87, bottom=0.15, top=0.9, wspace=0.08)
    colours = plt.colormaps["viridis"](np.linspace(0.0, 0.95, len(numbers)))
    for ax, (title, states) in zip(axes, panels.items(), strict=True):
        for example, colour in enumerate(colours):
            ax.plot(states[0, example], color=colour, label=f"{numbers[example]:.2f}")
        ax.set(title=title, xlabel="steps after the number")
    axes[0].set_ylabel("hidden state")
    axes[-1].legend(title="number", loc="center left", bbox_to_anchor=(1.0, 0.5), reverse=True)
