"""The numbers that the texts of lessons 3 and 4 name, measured again on the finished notebooks."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbgrader.preprocessors import ClearHiddenTests

from grading.assignment.files import in_lesson
from grading.assignment.source import read_source
from lesson_tools.dry_days import check_dry_days, draw_days
from tests.support.course import ROOT, lesson_files, notebook_path, references


def finished(assignment):
    """Run the code of a finished lesson; return its names, and its text without line breaks."""
    notebook, _ = ClearHiddenTests().preprocess(
        read_source(notebook_path(ROOT / "source" / assignment)), {}
    )
    names = {"__name__": "__main__"}
    with in_lesson(lesson_files(assignment)), pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: plt.close("all"))
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "cell", "exec"), names)
    plt.close("all")
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return names, " ".join(text.split())


@pytest.fixture(scope="module")
def bptt():
    return finished("03_bptt")


def test_what_the_network_and_its_yardsticks_reach(bptt):
    names, text = bptt
    right, losses, held_out = names["right"], names["losses"], names["test_losses"]
    said = {name: f"{100 * good.mean():.0f}%" for name, good in right.items()}
    assert f"from {losses[0]:.2f} to {losses[-1]:.2f}, and on 2015 to {held_out[300]:.2f}" in text
    assert f"Today alone is right on {said['today']} of the days" in text
    assert f"With the mean it is {said['today and the mean']}" in text
    assert f"seven days side by side reach {said['the last seven days']}" in text
    assert f"The network is right on {said['the network']}" in text
    first, last = right["the network"][:, 0].mean(), right["the network"][:, 21:].mean()
    assert f"the network is right on {100 * first:.0f}%" in text
    assert f"fourth week it is right on {100 * last:.0f}%" in text
    today = right["today"][:, 21:].mean()
    assert f"while today alone stays at {100 * today:.0f}%" in text


def test_the_last_wrong_answers_are_for_drizzle(bptt):
    names, text = bptt
    wrong = np.argwhere(~names["right"]["the network"][:, 7:])
    csv = ROOT / "source/03_bptt/seattle_weather.csv"
    rain = np.loadtxt(csv, delimiter=",", skiprows=1, usecols=1)
    days = [names["known"] + 7 * window + 7 + day for window, day in wrong]
    assert {rain[day] for day in days} == {0.3} == {rain[rain > 0].min()}
    assert f"all {len(days)} wrong answers are for days with 0.3 millimetres of rain" in text


def test_how_far_back_a_state_feels(bptt):
    names, text = bptt

    def reach(number):
        sizes = names["felt"](names["x_test"], names["snapshots"][number])
        return np.array([27 - np.flatnonzero(row >= 0.01 * row.max())[0] for row in sizes])

    before, after = reach(0), reach(300)
    last = names["labels_test"][:, -1]
    usual = f"{before.min()} to {before.max()} days, as a rule {np.median(before):.0f}"
    assert usual in text
    assert f"end with rain it takes {np.median(after[last == 0]):.0f} days as a rule" in text
    dry = after[last == 3]
    assert f"a week or more, it takes {dry.min()} to {dry.max()}." in text
    assert after[8] == 3
    assert "In window 8, in rainy March, a hundredth of the largest effect is left after 3" in text
    assert after[25] == 27


def train(names, seed, limit=0.3, memory=True):
    """Train the network of lesson 3 from a seed; return losses, and where it is right in 2015."""
    own = {key: names[key] for key in ("rnn_forward", "output_backward", "rnn_backward")}
    network = names["rnn_parameters"](np.random.default_rng(seed), 4, 12, 4, scale=0.25)
    if not memory:
        network["Waa"] = np.zeros((12, 12))
    losses = []
    for number in range(300):
        a, y_pred, caches = own["rnn_forward"](names["x_train"], names["a0"], network)
        losses.append(names["cross_entropy"](y_pred, names["labels_train"]))
        found = own["output_backward"](y_pred, names["labels_train"], a, network)
        found |= own["rnn_backward"](found["da"], caches)
        if not memory:
            found["dWaa"] = np.zeros((12, 12))
        network = names["descent_step"](network, found, rate=1 - number / 300, limit=limit)
    _, y_pred, _ = own["rnn_forward"](names["x_test"], names["a0_test"], network)
    return np.array(losses), y_pred.argmax(axis=0) == names["labels_test"]


def spread(values):
    return f"{100 * min(values):.0f}–{100 * max(values):.0f}%"


@pytest.mark.long
def test_what_other_seeds_reach(bptt):
    names, text = bptt
    found = [train(names, seed)[1] for seed in range(10)]
    without = [train(names, seed, memory=False)[1].mean() for seed in range(10)]
    assert f"(from ten seeds {spread([right.mean() for right in found])})" in text
    assert f"(ten seeds: {spread([right[:, 0].mean() for right in found])}, of 49" in text
    assert f"({spread([right[:, 21:].mean() for right in found])}), while today" in text
    assert f"with `Waa` held at zero, ten of them came to {spread(without)}" in text


def test_what_training_without_clipping_does(bptt):
    names, text = bptt
    losses, right = train(names, 2, limit=np.inf)
    assert np.sum(np.diff(losses) > 0.2) >= 1
    assert np.diff(losses).max() > 10 * np.diff(names["losses"]).max()
    assert f"is right on {100 * right.mean():.0f}% of 2015" in text


def test_what_the_open_exercise_asks_for_is_far_from_what_looks_at_too_few_days():
    x, labels = draw_days(np.random.default_rng(0), 3, m=4000)
    dry = x[0] == 0
    yesterday = np.pad(dry, [(0, 0), (1, 0)])[:, :-1]
    assert np.mean(dry == labels) == pytest.approx(0.70, abs=0.01)
    assert np.mean((dry & yesterday) == labels) == pytest.approx(0.87, abs=0.01)
    assert references()["dry_days"](3)["Waa"].shape == (3, 3)


@pytest.mark.parametrize("days", [1, 2, 3, 4, 5])
def test_counting_one_day_more_or_less_is_not_enough(days):
    right = references()["dry_days"]
    check_dry_days(right, days, np.random.default_rng(1))
    for other in {days - 1, days + 1} - {0}:
        with pytest.raises(AssertionError, match=re.escape(f"not for {days}.")):
            check_dry_days(lambda _, other=other: right(other), days, np.random.default_rng(1))
