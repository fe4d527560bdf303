"""Lessons 1 and 2 say numbers: here each of them is measured again.

A lesson's notebook runs once, in its own folder, and its names are looked into. What is measured is
looked for in the text in the words in which it stands there.
"""

import functools
import os
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from grading.assignment.files import in_lesson
from grading.assignment.source import read_source, without_hidden
from tests.support.course import ROOT, lesson_files, notebook_path


@functools.cache
def lesson(assignment):
    """Run a lesson; return its names, and its text with single spaces."""
    cells = read_source(notebook_path(ROOT / "source" / assignment)).cells
    text = " ".join(" ".join(c.source for c in cells if c.cell_type == "markdown").split())
    names = {}
    before, backend = Path.cwd(), matplotlib.get_backend()
    plt.switch_backend("agg")
    with in_lesson(lesson_files(assignment)) as place:
        os.chdir(place)
        try:
            for cell in cells:
                if cell.cell_type == "code":
                    exec(without_hidden(cell.source), names)
        finally:
            os.chdir(before)
            plt.close("all")
            plt.switch_backend(backend)
    return names, text


@pytest.fixture(scope="module", name="one")
def _one():
    return lesson("01_rnn")


@pytest.fixture(scope="module", name="two")
def _two():
    return lesson("02_lstm")


# --- lesson 1 -------------------------------------------------------------------------


def rows(found):
    return [f"{v.mean():.3f} | {v.min():.3f} to {v.max():.3f}" for v in found]


def errors(one):
    names, _ = one
    forecast = names["forecast_test"].__globals__["errors"]
    given = names["x_years"], names["rain_years"]
    return forecast(names["forecast_weights"], names["rnn_forward"], *given)


def test_the_yardsticks_of_the_forecast(one):
    *yardsticks, own = errors(one).values()
    assert not [row for row in rows(yardsticks) if row not in one[1]]
    assert own.mean() < 0.98 * yardsticks[-1].mean()  # twice as far as has to be


@pytest.mark.parametrize("sure", [0.0, 3.0])
def test_what_knows_nothing_of_the_day_is_no_forecast(one, sure):
    """The same every day, and tomorrow like today: far from the first points."""
    names, _ = one
    copies = np.array([[0.0], [sure]]), np.array([[100.0, 0, 0, 0]])

    def trivial(x, rain):
        Wya, Wax = copies
        parts = {"Wax": Wax, "Waa": np.zeros((1, 1)), "Wya": Wya, "ba": np.array([[44.0]])}
        return parts | {"by": np.zeros((2, 1))}

    found = names["forecast_test"].__globals__["errors"](
        trivial, names["rnn_forward"], names["x_years"], names["rain_years"]
    )
    assert found["your network"].mean() > 0.235


@pytest.mark.parametrize("past", np.linspace(0.5, 2.5, 5))
@pytest.mark.parametrize("keep", [0.9, 0.95])
def test_whoever_weighs_today_and_the_last_days_by_eye_gets_there(one, keep, past):
    names, _ = one
    found = names["forecast_test"].__globals__["errors"]

    def by_eye(x, rain):
        made = names["forecast_weights"](x, rain)
        made["Waa"][1] = 1 - keep, keep
        made["Wya"][1] = 1.0, past
        return made

    own = found(by_eye, names["rnn_forward"], names["x_years"], names["rain_years"])
    assert own["your network"].mean() <= 0.99 * own["today alone"].mean()


def test_the_rain_in_the_first_feature(one):
    names, text = one
    dry = names["weather"][0][names["rain"] == 0]
    wet = names["weather"][0][names["rain"] == 1]
    assert f"A dry day is −{-dry.max():.3f} in the first feature" in text
    assert f"the least rain is −{-wet.min():.3f}" in text


def test_the_spectral_radius_and_what_is_left_after_ten_equal_days(one):
    names, text = one
    radius = np.abs(np.linalg.eigvals(names["drawn"]["Waa"])).max()
    assert f"has a spectral radius of {radius:.2f}" in text
    apart = {}
    for k in (0, 1, 10):
        x = names["x_years"][:, :2, :60].copy()
        x[:, 1, 60 - k :] = x[:, 0, 60 - k :]
        _, y_pred, _ = names["rnn_forward"](x, np.zeros((12, 2)), names["drawn"])
        apart[k] = np.abs(y_pred[:, 0, -1] - y_pred[:, 1, -1]).max()
    assert apart[1] > 0.5 * apart[0]
    assert apart[10] < 0.01 * apart[0]


@functools.cache
def turned(factor, steps):
    a = np.tanh([[0.9, -0.6, -0.3, 0.2], [0.2, 0.6, -0.9, -0.3]])
    turn = [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]
    states = [a]
    for _ in range(steps - 1):
        states.append(np.tanh(factor * np.array(turn) @ states[-1]))
    return np.array(states)


def test_where_the_paths_come_to_rest(one):
    moves = {
        factor: np.abs(np.diff(turned(factor, 4000)[-100:], axis=0)).max()
        for factor in np.arange(1.05, 3.01, 0.05).round(2)
    }
    first = min(factor for factor, moved in moves.items() if moved < 1e-9)
    assert all(moved < 1e-9 for factor, moved in moves.items() if factor >= first)
    assert f"From {first:g} on: there the lines on the right become level" in one[1]


def test_how_long_the_state_is_at_a_factor_of_1(one):
    lengths = [np.linalg.norm(turned(1.0, steps)[-1], axis=0)[0] for steps in (60, 600, 6000)]
    said = "{:.2f} long after 60 steps, {:.2f} after 600 and {:.2f} after 6000".format(*lengths)
    assert said in one[1]


def test_powers_and_bytes_in_the_answers(one):
    _, text = one
    assert f"at 0.9 some {0.9**100:.5f}, at 1.1 some {round(1.1**100, -3):,.0f}" in text
    state = 12 * 4 * 8
    assert f"a state has {state} bytes, and all of them {state * 10_000 / 1e6:.1f} MB" in text


# --- lesson 2 -------------------------------------------------------------------------


def test_what_is_left_of_a_value_and_half_lives(two):
    _, text = two
    assert f"that is {0.9**10:.0%} after 10 steps and {0.9**50:.1%} after 50" in text
    for bias in (0, 1, 2, 4):
        share = 1 / (1 + np.exp(-bias))
        assert f"| {bias} | {share:.3f} | {np.log(0.5) / np.log(share):.1f} |" in text
    assert "unit 0 would lose half of its cell state in one day, and unit 9 in 38 days" in text


def test_the_ground_dries_as_fast_as_is_said(two):
    names, text = two
    celsius = np.loadtxt(
        ROOT / "source/02_lstm/seattle_weather.csv", delimiter=",", skiprows=1, usecols=2
    )
    cold = "At warmth −1 (about {} °C) half of the water is gone after {} days"
    for warmth, words in ((-1, cold), (1.5, "at warmth 1.5 (about {} °C) after {} days")):
        keeps = 1 / (1 + np.exp(-(3 - 0.75 * warmth)))
        days = round(np.log(0.5) / np.log(keeps))
        there = round(celsius.mean() + warmth * celsius.std())
        assert words.format(there, days) in text
    assert f"standard deviation ({names['rain'].std():.1f} mm)" in text


def test_the_day_on_which_it_rains_most(two):
    names, text = two
    steps = names["ground_caches"][0]
    day = int(names["x_weather"][0, 3].argmax())
    assert f"it rains most on day {day}" in text
    (a, c, ot), (a_before, c_before, ot_before) = (
        [float(steps[when][place][0, 3]) for place in (0, 1, 7)] for when in (day, day - 1)
    )
    assert f"jumps from {c_before:.2f} to {c:.2f}" in text
    assert f"falls from {a_before:.2f} to {a:.2f}" in text
    assert f"the output gate falls from {ot_before:.2f} to {ot:.2f}" in text


def test_the_way_of_four_years(two):
    """What stands under the picture can be seen in it, and so can it be measured."""
    names, _ = two
    paths, _ = names["plot_years"].__globals__["weekly_paths"](names["a"])
    for year, (right, up) in enumerate(paths):
        assert 30 <= right[26:].argmax() + 26 <= 39 or year == 0  # August or September
        assert right[2] < -0.2
        assert right[-1] < -0.4
        assert up[20:30].max() > 0.4
    lower = [back_below(path) for path in paths]
    assert min(lower[1:]) > 2 * abs(lower[0])


def back_below(path):
    """Return how much lower a path comes back than it went, on average over where it does both."""
    right, up = path
    top = int(right.argmax())
    grid = np.linspace(-0.2, min(0.4, right.max()), 30)

    def height(weeks):
        order = np.argsort(right[weeks])
        return np.interp(grid, right[weeks][order], up[weeks][order])

    return float(np.mean(height(slice(2, top + 1)) - height(slice(top, None))))


def test_what_the_noise_leaves_of_a_number(two):
    states = {name: states[0] for name, states in two[0]["panels"].items()}
    small, large, gated = states.values()
    assert np.ptp(small[:, 15]) < 0.15 * np.ptp(small[:, 0])
    assert np.ptp(small[:, -1]) < 0.01
    assert sorted(np.sign(large[:, -1])) == [-1, -1, -1, 1, 1, 1]
    assert (np.diff(gated[:, -1]) > 0.1).all()


def test_the_yardsticks_of_counting(two):
    names, text = two
    counting = names["counting_test"].__globals__
    found = {}
    for seed in range(10):
        x, there = counting["draw_ticks"](np.random.default_rng(seed), 3, 20, 200)
        for name, says in counting["yardsticks"](x).items():
            found.setdefault(name, []).append(np.mean(says == there))
    assert not [row for row in rows(np.array(list(found.values()))) if row not in text]


@pytest.mark.parametrize("sizes", [(1, 20, 200), (4, 20, 200), (9, 20, 300), (5, 5, 2000, 0.02)])
def test_gates_that_are_half_open_do_not_count_and_others_do_with_room(two, sizes):
    names, _ = two
    counting = names["counting_test"].__globals__
    k = sizes[0]
    x, there = counting["draw_ticks"](np.random.default_rng(1), *sizes)

    def gates(sure):
        def weights(k):
            made = names["counting_weights"](k)
            return made | {key: value * sure / 20 for key, value in made.items() if key[1] in "fio"}

        says = counting["says_yes"](weights, names["lstm_forward"], k, x)
        return np.mean(says == there)

    assert gates(20) == 1
    assert gates(9) > 0.99
    assert gates(2) < 0.9


def test_the_numbers_of_parameters(two):
    names, text = two
    made = names["lstm_parameters"](np.random.default_rng(0), 3, 10, 2)
    assert f"= {sum(array.size for array in made.values())}." in text
    assert re.search(r"In the plain RNN .* = 162\.", text)
    assert 10 * 3 + 10 * 10 + 10 + 2 * 10 + 2 == 162
