"""Lesson 6: its functions against judges that share no line with them, and what its text says."""

import copy
import importlib
import re

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import public_tests
from lesson_tools.checks import Mismatch
from lesson_tools.dial import check_dial, draw_clicks, settings_said, yardsticks
from lesson_tools.gru_inputs import (
    borrowed_step,
    borrowed_steps,
    gru_backward_arguments,
    gru_cell_backward_arguments,
    gru_cell_forward_arguments,
    gru_forward_arguments,
)
from lesson_tools.values import compare
from tests.course.test_gradients import (  # noqa: F401 -- agrees is a fixture
    SIZES,
    agrees,
    drawn,
    run,
    weighted,
)
from tests.course.test_numbers import finished
from tests.course.test_reference import close, draw
from tests.support.course import ROOT, references

FOLDER = ROOT / "source" / "06_gru"
BLOCKS = [f"{kind}{block}" for kind in "Wb" for block in "zrc"]
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


@pytest.fixture(scope="module", name="lesson")
def _lesson():
    return finished("06_gru")


# --- the forward passes against ONNX Runtime ---------------------------------------------


def judge(x, a0, p, after=0, inside=False):
    """Return all states and the predictions of the operator GRU, in our layout.

    With ``after`` the reset gate acts after the matrix, and ``inside`` its bracket holds bc.
    """
    n_a = len(a0)
    W = np.vstack([p[f"W{block}"][:, n_a:] for block in "zrc"])
    R = np.vstack([p[f"W{block}"][:, :n_a] for block in "zrc"])
    ours = [p[f"b{block}"] for block in "zrc"]
    outer, inner = (ours, [np.zeros_like(b) for b in ours])
    if inside:
        outer, inner = [*ours[:2], inner[2]], [*inner[:2], ours[2]]
    constants = {"W": W[None], "R": R[None], "B": np.vstack([*outer, *inner]).T}
    constants |= {"initial_h": a0.T[None], "W_out": p["Wy"].T, "b_out": p["by"][:, 0]}
    nodes = [
        helper.make_node(
            "GRU",
            ["X", "W", "R", "B", "", "initial_h"],
            ["Y"],
            hidden_size=n_a,
            linear_before_reset=after,
        ),
        helper.make_node("MatMul", ["Y", "W_out"], ["product"]),
        helper.make_node("Add", ["product", "b_out"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["y"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "GRU",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None] * 3)],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None] * 4) for n in ("Y", "y")],
        [
            numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name)
            for name, array in constants.items()
        ],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found = session.run(["Y", "y"], {"X": np.transpose(x, (2, 1, 0)).astype(np.float32)})
    return [array[:, 0].transpose(2, 1, 0) for array in found]


@sizes
def test_gru_forward_agrees_with_onnx_runtime(size):
    x, a0, parameters = draw(gru_forward_arguments, size)
    a, y, (steps, kept) = references()["gru_forward"](x, a0, parameters)
    judged_a, judged_y = judge(x, a0, parameters)
    close(a, judged_a)
    close(y, judged_y)
    assert kept is x
    assert len(steps) == x.shape[2]


@sizes
def test_gru_cell_forward_is_gru_forward_of_one_step_and_agrees_too(size):
    x, a0, parameters = draw(gru_forward_arguments, (*size[:4], 1))
    a_next, yt_pred, cache = references()["gru_cell_forward"](x[:, :, 0], a0, parameters)
    a, y, (steps, _) = references()["gru_forward"](x, a0, parameters)
    compare("a", a, a_next[:, :, None], rtol=0, atol=0)
    compare("y", y, yt_pred[:, :, None], rtol=0, atol=0)
    compare("steps", steps, [cache], rtol=0, atol=0)
    judged_a, judged_y = judge(x, a0, parameters)
    close(a, judged_a)
    close(y, judged_y)


@sizes
def test_gru_cell_forward_caches_each_gate_in_its_place(size):
    """The operator, made to show one of them at a time, tells which is which."""
    x, a0, parameters = draw(gru_forward_arguments, (*size[:4], 1))
    cache = references()["gru_cell_forward"](x[:, :, 0], a0, parameters)[2]
    _, _, zt, rt, cct, _, _ = cache

    def judged(state, **biases):
        given = parameters | {name: np.full_like(parameters[name], b) for name, b in biases.items()}
        return judge(x, state, given)[0][:, :, 0]

    close(cct, judged(a0, bz=-100))  # nothing is kept
    # With a candidate of 1 a step gives z a + 1 - z.
    close(1 - zt * (1 - a0), judged(a0, bc=100))
    assert rt.shape == zt.shape
    inner = np.concatenate([rt * a0, x[:, :, 0]])
    close(np.tanh(parameters["Wc"] @ inner + parameters["bc"]), judged(a0, bz=-100))


@sizes
def test_the_borrowed_step_is_a_step(size):
    """What draws caches gives those of the reference."""
    given = gru_cell_forward_arguments(np.random.default_rng(sum(size)), *size[:4])
    want = references()["gru_cell_forward"](*copy.deepcopy(list(given.values())))[2]
    compare("cache", borrowed_step(*given.values()), want, rtol=1e-13, atol=1e-14)
    given = gru_forward_arguments(np.random.default_rng(sum(size)), *size)
    _, y, caches = references()["gru_forward"](*copy.deepcopy(list(given.values())))
    borrowed = borrowed_steps(*given.values())
    compare("y", borrowed[0], y, rtol=1e-12, atol=1e-13)
    compare("caches", borrowed[1], caches, rtol=1e-12, atol=1e-13)


def test_every_row_of_the_conventions_is_what_such_a_network_gives(lesson):
    """ONNX Runtime has three of them; z is exchanged by the sign of its weights."""
    names, text = lesson
    x, a, p = names["x_two"][:, :, None], names["a_two"], names["two_units"]
    turned = {**p, "Wz": -p["Wz"], "bz": -p["bz"]}
    rows = re.findall(r"\| \*{0,2}\((−?\d\.\d{4}), (−?\d\.\d{4})\)\*{0,2} \|", text)
    said = [[float(value.replace("−", "-")) for value in row] for row in rows]
    judged = [
        judge(x, a, p),
        judge(x, a, turned),
        judge(x, a, p, after=1),
        judge(x, a, p, after=1, inside=True),
        judge(x, a, turned, after=1),
    ]
    assert len(said) == len(judged)
    for row, (states, _) in zip(said, judged, strict=True):
        np.testing.assert_allclose(row, states.ravel(), atol=6e-5)
    assert len({tuple(row) for row in said}) == len(said)


def test_reset_first_and_after_are_the_same_where_no_units_are_mixed():
    x, a0, p = draw(gru_forward_arguments, (3, 4, 2, 5, 6))
    p["Wc"][:, :4] = np.diag(np.diag(p["Wc"][:, :4]))
    close(judge(x, a0, p, after=1)[0], judge(x, a0, p)[0])


# --- the gradients ----------------------------------------------------------------------


def gru(v, T_x):
    """Return the states of a GRU, for real and for complex numbers."""
    states = [v["a0"]]
    for t in range(T_x):
        a, x = states[-1], v["x"][..., t]
        z, r = (1 / (1 + np.exp(-v[f"W{g}"] @ np.vstack([a, x]) - v[f"b{g}"])) for g in "zr")
        new = np.tanh(v["Wc"] @ np.vstack([r * a, x]) + v["bc"])
        states.append(new + z * (a - new))
    return states[1:]


@sizes
def test_gru_cell_backward(agrees, size):  # noqa: F811
    given = drawn(gru_cell_backward_arguments, size[:4])
    _, a_prev, *_, xt, parameters = given["cache"]
    values = parameters | {"a0": a_prev, "x": xt[..., None]}
    gradients = run("gru_cell_backward", given)
    gradients["dxt"] = gradients["dxt"][..., None]
    names = {"dxt": "x", "da_prev": "a0"} | {f"d{name}": name for name in BLOCKS}
    agrees(gradients, lambda v: np.sum(given["da_next"] * gru(v, 1)[0]), values, names)


@sizes
@pytest.mark.parametrize("more_caches", [0, 3])
def test_gru_backward(agrees, size, more_caches):  # noqa: F811
    given = drawn(gru_backward_arguments, size, more_caches=more_caches)
    caches, x = given["caches"]
    _, a0, *_, parameters = caches[0]
    values = parameters | {"a0": a0, "x": x[..., : size[4]]}
    names = {"dx": "x", "da0": "a0"} | {f"d{name}": name for name in BLOCKS}
    loss = lambda v: weighted(given["da"], gru(v, size[4]))  # noqa: E731
    agrees(run("gru_backward", given), loss, values, names)


# --- public inputs ----------------------------------------------------------------------

FUNCTIONS = ["gru_cell_forward", "gru_forward", "gru_cell_backward", "gru_backward"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_first_case_is_not_saturated_and_its_sizes_differ(name):
    _, given, words = public_tests.cases(name)[0]
    if name.endswith("forward"):
        *_, found = references()[name](*copy.deepcopy(given).values())
    else:
        found = given.get("cache") or given["caches"]
    steps = [found] if "_cell_" in name else found[0]
    gates = np.array([[step[2], step[3]] for step in steps])
    assert np.mean((gates < 0.02) | (gates > 0.98)) < 0.1
    assert np.mean(np.abs([step[4] for step in steps]) > np.tanh(2)) < 0.1
    counts = [pair.split("=")[1] for pair in words.split(", ")]
    assert len(set(counts)) == len(counts)


@pytest.mark.parametrize("name", FUNCTIONS[:2])
def test_a_forgotten_bias_shows_in_the_first_digits(name):
    given = public_tests.cases(name)[0][1]
    right = references()[name](*copy.deepcopy(given).values())
    for bias in ("bz", "br", "bc", "by"):
        less = copy.deepcopy(given)
        less["parameters"][bias] *= 0
        wrong = references()[name](*less.values())
        assert max(np.abs(right[n] - wrong[n]).max() for n in (0, 1)) > 0.01, bias


# --- the open exercise ------------------------------------------------------------------


def dial(**changes):
    """Return dial_weights with something changed in what it returns."""

    def dial_weights(k):
        found = references()["dial_weights"](k)
        return found | {name: change(found[name]) for name, change in changes.items()}

    return dial_weights


def back(W):
    """Turn the copies of the candidate the other way round."""
    n_a = len(W)
    return np.hstack([W[:, :n_a].T, W[:, n_a:]])


DIALS = {
    "turns back": ({"Wc": back}, "It turns the other way round."),
    "never moves": ({"bz": lambda b: b + 100}, "At 4000 of 4000 steps no setting is more"),
    "deaf to a reset": ({"Wz": lambda W: W * (np.arange(W.shape[1]) < W.shape[1] - 1)}, "A reset"),
    "reads at a reset": ({"Wr": lambda W: 0 * W}, "resets it does not say 0."),
    "turns by itself": ({"bz": lambda b: -b}, "steps with no input its answer changes."),
}


@pytest.mark.parametrize("what", DIALS)
def test_what_a_wrong_dial_does_is_told(what):
    changes, words = DIALS[what]
    with pytest.raises(Mismatch) as caught:
        check_dial(dial(**changes))
    assert words in str(caught.value)


def test_weights_for_one_number_of_settings_are_told():
    fixed = references()["dial_weights"](3)

    def dial_weights(k):
        return fixed

    with pytest.raises(Mismatch) as caught:
        check_dial(dial_weights)
    assert str(caught.value).startswith("With k = 7:")


def test_the_yardsticks_of_the_dial(lesson):
    _, text = lesson
    columns = {}
    for k in (3, 7):
        for seed in range(10):
            x, setting = draw_clicks(np.random.default_rng(seed), k, 20, 200)
            for name, says in yardsticks(x, k).items():
                columns.setdefault(name, {}).setdefault(k, []).append(np.mean(says == setting))
    for by_k in columns.values():
        row = " | ".join(f"{np.mean(v):.2f}, {min(v):.2f} to {max(v):.2f}" for v in by_k.values())
        assert f"| {row} |" in text
    x, setting = draw_clicks(np.random.default_rng(1), 9, 20, 400)
    assert np.array_equal(settings_said(references()["dial_weights"], 9, x), setting)


# --- the networks and their trainings ---------------------------------------------------


@pytest.fixture(scope="module", name="memory")
def _memory():
    return importlib.import_module("lesson_tools.memory_tasks")


def all_networks(memory):
    return memory.three_networks(references()["gru_forward"], references()["gru_backward"])


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_the_gradients_of_a_training_are_those_of_its_loss(memory, kind):
    network = all_networks(memory)[kind]
    rng = np.random.default_rng(2)
    parameters = memory.start_parameters(network, rng, 3, 5, 4)
    x, labels = memory.copying(rng, 6, 2)
    _, gradients = memory.loss_and_gradients(network, parameters, x, labels)
    assert list(gradients) == list(parameters)
    for name, value in parameters.items():
        index = tuple(rng.integers(n) for n in value.shape)
        ends = []
        for step in (1e-5, -1e-5):
            moved = copy.deepcopy(parameters)
            moved[name][index] += step
            ends.append(memory.loss_and_gradients(network, moved, x, labels)[0])
        assert gradients[name][index] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-8)


def test_the_tasks_ask_what_the_text_says(memory):
    rng = np.random.default_rng(0)
    x, labels = memory.copying(rng, 50, 7)
    assert x.shape == (5, 50, 13)
    assert np.array_equal(x[:, :, :3].argmax(axis=0), labels)
    assert not x[:, :, 3:10].any()
    assert np.array_equal(x[4, :, 10:], np.ones((50, 3)))
    x, labels = memory.adding(rng, 50, 11)
    assert np.array_equal(x[1, :, :5].sum(axis=1), np.ones(50))
    assert np.array_equal(x[1].sum(axis=1), 2 * np.ones(50))
    assert np.array_equal((x[0] * x[1]).sum(axis=1) > 1, labels[:, 0])
    x, labels = memory.brackets(rng, 50, 40)
    open_ones = np.cumsum(x[0] - x[1], axis=1)
    assert open_ones.min() == 0
    assert open_ones.max() == 4
    assert np.array_equal(open_ones[:, -1], labels[:, 0])


def test_the_networks_have_as_many_parameters(memory):
    for task in memory.TASKS.values():
        for network in all_networks(memory).values():
            n_a = memory.units(network, task)
            drawn_ones = memory.start_parameters(network, np.random.default_rng(0), n_a, *task[1:3])
            count = sum(value.size for value in drawn_ones.values())
            assert count == memory.count_parameters(network, n_a, *task[1:3])
            assert 940 <= count <= 1050


@pytest.fixture(scope="module", name="rows")
def _rows():
    return np.genfromtxt(
        FOLDER / "memory_tasks.csv", delimiter=",", names=True, dtype=None, encoding="utf-8"
    )


def test_a_piece_of_the_table_comes_out_again(memory, rows):
    """Three of its 108 trainings, short ones, each with its first 500 rounds of 2000."""
    for kind in ("RNN", "LSTM", "GRU"):
        network, task = all_networks(memory)[kind], memory.TASKS["adding"]
        _, seen = memory.train(network, task, 10, np.random.default_rng(0), 2000, stop=500)
        (row,) = rows[
            (rows["task"] == "adding")
            & (rows["length"] == 10)
            & (rows["network"] == kind)
            & (rows["seed"] == 0)
        ]
        assert seen[-1][0] == 500
        assert seen[-1][2] == pytest.approx(row["after_500"], abs=0.02)


def test_what_was_trained_for_the_gates_is_as_good_as_the_table_says(memory, rows):
    kept = memory.read_weights(FOLDER / "trained.csv")
    task = memory.TASKS["adding"]
    x, labels = task.draw(np.random.default_rng(99), 2000, 40)
    for kind in ("LSTM", "GRU"):
        found = memory.accuracy(all_networks(memory)[kind], kept[kind], x, labels)
        (row,) = rows[
            (rows["task"] == "adding")
            & (rows["length"] == 40)
            & (rows["network"] == kind)
            & (rows["seed"] == 0)
        ]
        assert found == pytest.approx(row["after_2000"], abs=0.02)


# --- the figures of the text -------------------------------------------------------------


def test_what_is_left_of_a_gradient(lesson):
    names, text = lesson
    rnn = names["rnn_left"][-1]
    ends = {
        b: (names["lstm_left"](b), names["gru_left"](b)) for b in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    }
    last = {b: (lstm[0][-1], gru[0][-1]) for b, (lstm, gru) in ends.items()}
    assert max(last[0.0]) < rnn < min(last[1.0])
    assert f"it keeps {last[2.0][0]:.2f} over 60 steps, the GRU {last[2.0][1]:.4f}" in text
    lines = [road[1][-1] for road in ends[2.0]]
    assert 0.5 < lines[0] / lines[1] < 2
    assert f"the LSTM ends at {last[3.0][0]:.1f}, more than was put in" in text
    assert f"The GRU ends at {last[3.0][1]:.3f}, and at 5 with {last[5.0][1]:.2f}" in text
    assert f"there {last[4.0][1]:.2f} is left" in text
    apart = [gru[0][-1] / gru[1][-1] for _, gru in ends.values()]
    assert apart == sorted(apart, reverse=True)


def test_from_which_bias_on_a_tenth_is_left(lesson):
    names, text = lesson
    biases = np.arange(-1, 5.05, 0.1).round(1)
    first = {
        name: min(b for b in biases if names[f"{name}_left"](b)[0][-1] > 0.1)
        for name in ("gru", "lstm")
    }
    assert f"From {first['gru']:.1f} on. The LSTM gets there at {first['lstm']:.1f}." in text


def test_the_step_by_hand(lesson):
    names, text = lesson
    for value in names["cache_by_hand"][:5]:
        assert f"{value.item():.4f}".rstrip("0") in text
    for name in ("da_prev", "dxt"):
        assert f"${names['step_back'][name].item():.4f}$" in text


def test_what_the_two_trainings_reach(lesson):
    """The one of the lesson; what six seeds give is in the text, and took their time."""
    names, _ = lesson
    fixed, mixed = (
        dict(zip(names["lengths"], row, strict=True)) for row in names["shares"].values()
    )
    assert fixed[20] > 0.99
    assert 0.09 < fixed[10] < 0.47
    assert 0.39 < fixed[40] < 0.6
    assert min(mixed.values()) > 0.93


def of(rows, task, length, network, column="after_2000"):
    """Return the least and the most of three seeds, in percent."""
    chosen = (rows["task"] == task) & (rows["length"] == length) & (rows["network"] == network)
    assert chosen.sum() == 3
    return [round(100 * f(rows[chosen][column])) for f in (min, max)]


def shares(rows, task, length, network):
    """Return what the three seeds reach."""
    chosen = (rows["task"] == task) & (rows["length"] == length) & (rows["network"] == network)
    return rows[chosen]["after_2000"]


def test_what_the_table_says_is_what_the_text_says(lesson, rows):
    _, text = lesson
    assert len(rows) == 108
    assert f"{rows['seconds'].sum() / 60:.0f} minutes of processor time" in text

    def said(before, task, length, network, after="", column="after_2000"):
        low, high = of(rows, task, length, network, column)
        assert f"{before}{low}% to {high}%{after}" in text

    said("The RNN is right on ", "adding", 10, "RNN", " with 10 steps, and guesses with 40")
    assert of(rows, "adding", 40, "RNN")[1] < 55 > of(rows, "adding", 80, "RNN")[1]
    gated = [of(rows, "adding", n, kind)[0] for n in (10, 20, 40, 80) for kind in ("LSTM", "GRU")]
    assert f"LSTM and GRU reach {min(gated)}% to nearly 100% at all lengths" in text
    medians = {
        kind: [np.median(shares(rows, "adding", n, kind)) for n in (10, 20, 40, 80)]
        for kind in ("LSTM", "GRU")
    }
    ahead = 100 * np.subtract(medians["GRU"], medians["LSTM"])
    assert f"higher by {min(ahead):.1f} to {max(ahead):.1f} percentage points" in text
    for n in (10, 20, 40, 80):
        gru, lstm = (shares(rows, "adding", n, kind) for kind in ("GRU", "LSTM"))
        assert min(gru) <= max(lstm)
    assert max(ahead) < 1
    gru, lstm = (np.median(shares(rows, "brackets", 80, kind)) for kind in ("GRU", "LSTM"))
    assert 0 < lstm - gru < 0.01
    said("With 80 steps the RNN is right on ", "brackets", 80, "RNN", ", the others on 99% or more")
    assert min(of(rows, "brackets", 80, kind)[0] for kind in ("LSTM", "GRU")) >= 99
    said("it looked otherwise: ", "brackets", 80, "RNN", " for the RNN", "after_500")
    early = [of(rows, "brackets", 80, kind, "after_500") for kind in ("LSTM", "GRU")]
    assert f"{min(e[0] for e in early)}% to {max(e[1] for e in early)}% for the others" in text
    said("the RNN is right on ", "copying", 20, "RNN", ", the LSTM on ")
    said("the LSTM on ", "copying", 20, "LSTM", ", the GRU on ")
    said("the GRU on ", "copying", 20, "GRU")
    ends = [of(rows, "copying", 40, kind) for kind in ("RNN", "LSTM", "GRU")]
    words = [f"{low}% to {high}%" for low, high in ends]
    assert f"With 40 steps it is {words[0]}, {words[1]} and {words[2]}" in text


def test_what_the_gates_do_at_a_mark(lesson, memory):
    names, text = lesson
    x, _ = memory.TASKS["adding"].draw(np.random.default_rng(50), 500, 40)
    marked, found = x[1] > 0, {}
    for kind, place in {"GRU": 2, "LSTM": 4}.items():
        given = names["trained"][kind]
        *_, (steps, _) = names["networks"][kind].forward(
            x, np.zeros((given["Wy"].shape[1], 500)), given
        )
        gate = np.stack([step[place] for step in steps], axis=2)
        found[kind] = gate[:, marked].mean(axis=1), gate[:, ~marked].mean(axis=1)
        assert np.sum(found[kind][0] < found[kind][1]) > len(gate) / 2
    at, elsewhere = (value.mean() for value in found["GRU"])
    lstm_at, lstm_elsewhere = (value.mean() for value in found["LSTM"])
    assert f"the update gate is {at:.2f} on average where a number is marked" in text
    assert (
        f"and {elsewhere:.2f} elsewhere, the forget gate {lstm_at:.2f} and {lstm_elsewhere:.2f}"
        in text
    )


def kept_between(steps, place, example, marked):
    """Return for each unit the product of its gates between the two marks."""
    first, second = marked
    kept = 1.0
    for step in steps[first + 1 : second]:
        kept = kept * step[place][:, example]
    return np.sort(np.atleast_1d(kept))[::-1]


def test_what_the_line_keeps_between_the_marks(lesson, memory):
    names, text = lesson
    marked = names["marked"]
    assert f"Between the two marks lie {marked[1] - marked[0] - 1} steps." in text
    gru = kept_between(names["gru_caches"][0], 2, 0, marked)
    lstm = kept_between(names["lstm_caches"][0], 4, 0, marked)
    three = "{:.2f}, {:.2f} and {:.2f}".format(*gru[:3])
    assert f"In the GRU three units keep {three}, and no other one more than {gru[3]:.2f}" in text
    assert f"one unit keeps {lstm[0]:.2f}, and no other one more than {lstm[1]:.2f}" in text
    x, _ = memory.TASKS["adding"].draw(np.random.default_rng(50), 500, 40)
    best = {}
    for kind, place in {"GRU": 2, "LSTM": 4}.items():
        given = names["trained"][kind]
        *_, (steps, _) = names["networks"][kind].forward(
            x, np.zeros((given["Wy"].shape[1], 500)), given
        )
        best[kind] = np.median(
            [kept_between(steps, place, one, np.flatnonzero(x[1, one]))[0] for one in range(500)]
        )
    assert f"keeps {best['GRU']:.2f} in the GRU and {best['LSTM']:.2f} in the LSTM" in text


def test_what_other_step_sizes_give(lesson):
    _, text = lesson
    steps = np.genfromtxt(
        FOLDER / "step_sizes.csv", delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    assert len(steps) == 54
    for rate in (0.003, 0.01, 0.03):
        found = [
            steps[
                (steps["task"] == task) & (steps["network"] == network) & (steps["rate"] == rate)
            ]["after_2000"]
            for task in ("copying", "adding")
            for network in ("RNN", "LSTM", "GRU")
        ]
        shown = " | ".join(f"{min(s):.2f} to {max(s):.2f}" for s in found)
        assert f"| {rate:g} | {shown} |" in text


def test_the_step_sizes_of_the_table_are_among_them(rows):
    steps = np.genfromtxt(
        FOLDER / "step_sizes.csv", delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    for task in ("copying", "adding"):
        for network in ("RNN", "LSTM", "GRU"):
            mine = steps[
                (steps["task"] == task) & (steps["network"] == network) & (steps["rate"] == 0.01)
            ]
            (low, high) = of(rows, task, 20, network)
            shares = mine["after_2000"]
            assert (round(100 * min(shares)), round(100 * max(shares))) == (low, high)
