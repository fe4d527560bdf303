"""The numbers that the texts of lessons 3 and 4 name, measured again on the finished notebooks."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbgrader.preprocessors import ClearHiddenTests

from grading.assignment.files import in_lesson
from grading.assignment.source import read_source
from lesson_tools.dry_days import check_dry_days, draw_days
from lesson_tools.lasting import (
    EXAMPLES,
    HEARD,
    LEAST,
    MOST,
    NETWORKS,
    felt,
    require_lasting,
    said,
)
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


def lasting(biases, n_a, T_x, seed):
    made = biases if callable(biases) else lambda n_a: forget(n_a, biases)
    return felt(made(n_a), T_x, np.random.default_rng(seed))


def forget(n_a, bias):
    """Return biases that are zeros, but for those of the forget gates."""
    return {
        name: np.full((n_a, 1), bias if name == "bf" else 0.0) for name in "bf bi bc bo".split()
    }


LASTING = [(16, 60), (12, 200), (40, 200)]


def test_the_table_of_what_a_forget_bias_alone_does():
    text = notebook_path(ROOT / "source/04_lstm_backward").read_text("utf-8")
    for bias in (0.0, 1.0, 2.0, 4.0):
        row = []
        for n_a, T_x in LASTING:
            found = [lasting(bias, n_a, T_x, seed)[0] for seed in range(10)]
            row.append(" to ".join(dict.fromkeys(map(said, (min(found), max(found))))))
        assert f"| forget bias {bias:g} | {' | '.join(row)} |" in text


@pytest.mark.parametrize(("n_a", "T_x"), [*LASTING, (18, 60), (13, 200), (44, 200)])
def test_a_gradient_lasts_with_room_and_with_no_forget_bias_alone(n_a, T_x):
    biases = references()["lasting_biases"]
    found = [lasting(biases, n_a, T_x, seed) for seed in range(10)]
    assert all(1.5 * LEAST < share < MOST / 4 and heard > 4 * HEARD for share, heard, _ in found)
    if T_x == 200 and n_a < 14:
        assert all(lasting(2.0, n_a, T_x, seed)[0] < LEAST / 2 for seed in range(10))
    if n_a > 30:
        assert all(lasting(bias, n_a, T_x, 0)[0] > 1.2 * MOST for bias in (4.0, 5.0, 10.0))


@pytest.mark.parametrize("shut", ["bi", "bo"])
def test_a_network_that_hears_nothing_is_told_so(shut):
    def biases(n_a):
        return references()["lasting_biases"](n_a) | {shut: np.full((n_a, 1), -30.0)}

    with pytest.raises(AssertionError, match="hardly hears") as caught:
        require_lasting(biases, 16, 60, np.random.default_rng(0))
    gate = {"bi": "the update gate", "bo": "the output gate"}[shut]
    assert f"{gate} is open to 0%" in str(caught.value) or f"{gate} to 0%" in str(caught.value)


def test_it_is_said_what_the_gates_leave():
    """Among so many units the drawn weights move a gate but little from where its bias puts it."""
    biases = {"bf": 0.0, "bi": np.log(1 / 3), "bo": np.log(3), "bc": 2.0}
    still = {name: np.full((400, 1), value) for name, value in biases.items()}
    *_, gates = felt(still, 3, np.random.default_rng(0))
    assert np.median(gates["kept"]) == pytest.approx(1 / 8, rel=0.1)
    assert gates["update"] == pytest.approx(1 / 4, abs=0.03)
    assert gates["output"] == pytest.approx(3 / 4, abs=0.03)
    assert gates["slope"] == pytest.approx(1 - np.tanh(2) ** 2, abs=0.02)


def test_of_units_that_differ_it_is_said_how_far():
    """Each unit has a forget bias of its own: one mean would be true of none."""

    def biases(n_a):
        return {name: np.zeros((n_a, 1)) for name in ("bi", "bc", "bo")} | {
            "bf": np.linspace(0, 4, n_a).reshape(n_a, 1)
        }

    with pytest.raises(
        AssertionError, match=r"forget gates leave less than 1e-9 to 0\.0"
    ) as caught:
        require_lasting(biases, 12, 200, np.random.default_rng(0))
    assert "vanishes" in str(caught.value)


def test_what_is_felt_is_what_the_way_back_finds():
    """The judge moves inputs. The gradients of the solution, from the same draws, say the same."""
    n_a, T_x = 5, 7
    names = {"Wy": np.zeros((2, n_a)), "by": np.zeros((2, 1))}
    columns = np.linspace(-2, 3, 4 * n_a).reshape(4, n_a, 1)
    biases = dict(zip(("bf", "bi", "bc", "bo"), columns, strict=True))
    rng = np.random.default_rng(3)
    weights = rng.standard_normal((NETWORKS, 4 * n_a, n_a + 3)) / np.sqrt(n_a + 3)
    x = rng.standard_normal((T_x, NETWORKS, 3, EXAMPLES))
    move = rng.standard_normal((NETWORKS, 3, EXAMPLES))
    move /= np.linalg.norm(move, axis=1, keepdims=True)
    da = np.zeros((n_a, n_a, T_x))
    da[:, :, -1] = np.eye(n_a)  # example k has its loss at unit k
    squares = np.zeros((NETWORKS, 2))
    for network, example in np.ndindex(NETWORKS, EXAMPLES):
        blocks = dict(zip(("Wf", "Wi", "Wo", "Wc"), np.split(weights[network], 4), strict=True))
        given = np.repeat(x[:, network, :, example].T[:, None], n_a, axis=1)
        *_, caches = references()["lstm_forward"](given, da[:, :, 0], names | biases | blocks)
        dx = references()["lstm_backward"](da, caches)["dx"]
        along = np.einsum("xkt,x->kt", dx, move[network, :, example])
        squares[network] += np.sum(along[:, [0, -1]] ** 2, axis=0) / EXAMPLES
    first, last = np.exp(np.log(squares).mean(axis=0) / 2)
    found = felt(biases, T_x, np.random.default_rng(3))
    assert found[:2] == pytest.approx((first / last, last), 1e-5)


# --- lesson 4 -------------------------------------------------------------------------


@pytest.fixture(scope="module", name="back")
def _back():
    return finished("04_lstm_backward")


def test_what_is_left_of_a_gradient(back):
    names, text = back
    rnn = names["left"](
        names["rnn_walk_back"](names["da_last"], names["x_noise"], names["Wax"], names["Waa"])
    )
    keeps = (rnn[-1] / rnn[0]) ** (1 / 59)
    assert f"With spectral radius 1 it keeps {100 * keeps:.0f}% per step" in text
    first = next(steps for steps, share in enumerate(rnn, 1) if share < 1e-3)
    assert f"a thousandth is left after {first} steps" in text
    shares, road = names["lstm_left"](2.0)
    assert 0.3 < shares[0] < 0.34
    assert shares[-1] > 0.25
    assert f"first road alone keeps {100 * (road[-1] / road[0]) ** (1 / 59):.0f}% per step" in text
    assert road[-1] < 1e-3
    assert names["lstm_left"](0.3)[0][-1] == pytest.approx(rnn[-1], rel=0.5)
    assert names["lstm_left"](0.0)[0][-1] < rnn[-1]


def test_from_which_bias_on_more_is_left_than_at_first(back):
    names, text = back
    ends = {}
    for bias in np.arange(-1, 5.05, 0.1).round(1):
        shares, _ = names["lstm_left"](bias)
        ends[bias] = shares[-1], shares[0]
    first = min(bias for bias, (last, start) in ends.items() if last > start)
    assert all(last > start for bias, (last, start) in ends.items() if bias >= first)
    (above, before), (below, at) = ends[first], ends[round(first - 0.1, 1)]
    assert f"From {first:g} on: there it is {above:.2f} after 60 steps and {before:.2f}" in text
    assert f"At {first - 0.1:.1f} it is {below:.2f} and {at:.2f}." in text


def test_what_a_larger_radius_does_to_the_gradient(back):
    names, text = back
    given = names["da_last"], names["x_noise"], names["Wax"]
    last = [
        names["left"](names["rnn_walk_back"](*given, r * names["Waa"]))[-1] for r in (1.5, 2, 3)
    ]
    assert 0.0008 < last[0] < 0.0015
    assert 0.45 < last[1] < 0.6
    assert 3000 < last[2] < 9000
    assert "a thousandth is left after 60 steps, at a radius of 2 half of it" in text


def test_half_lives_and_slopes_in_the_answers(back):
    def gate(bias):
        return 1 / (1 + np.exp(-bias))

    assert gate(3.8) ** 30 == pytest.approx(0.5, abs=0.02)
    assert gate(1) ** 30 < 1e-4
    assert gate(-2 * 0.5 + 2 * 1) == pytest.approx(0.7311, abs=1e-4)


def test_the_ground_and_what_is_felt(back):
    names, _ = back

    def carried(day):
        _, memory = names["walk_back"](
            np.ones((1, 1)), (names["steps"][: day + 1], names["x_2015"])
        )
        return np.array(memory)[::-1].ravel()

    year = carried(364)
    assert year[-31] / year[-1] == pytest.approx(0.5, abs=0.1)
    assert year[-1] < 1e-6
    summer = carried(200)
    assert summer[-31] / summer[-1] == pytest.approx(0.005, abs=0.002)
    thin, wide, kept = names["panels"].values()
    assert 0.01 < np.mean(np.diag(thin, -5)) < 0.08
    assert np.mean(np.diag(thin, -10)) < 0.01
    assert np.mean(np.diag(wide, -20)) == pytest.approx(0.2, abs=0.05)
    assert (np.diag(wide) < 1).any()
    assert np.array_equal(kept > 0.5, kept == 1)


def test_what_the_training_of_the_lstm_reaches(back):
    names, text = back
    _, _, correct = names["run_2015"](names["stages"][150])
    assert f"right on about {100 * correct.mean():.0f}% of them" in text
    assert (
        f"would give {100 * np.mean(names['simple'] == names['labels_2015'][0, 9:]):.0f}%" in text
    )
    assert f"cut into {names['x_train'].shape[1]} windows" in text
    assert f"the training loss falls to {names['losses'][-1]:.2f}" in text
    late = [value for number, value in names["losses_2015"] if number >= 60]
    assert 0.195 < min(late) < 0.21
    assert 0.25 < max(late) < 0.27
    assert "2015 stays between 0.20 and 0.27" in text
    assert names["losses"][10] < names["by_rain"] < names["baseline"]
    early = {number: value for number, value in names["losses_2015"] if 10 < number < 40}
    assert all(value < names["losses"][number] for number, value in early.items())
