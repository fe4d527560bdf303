"""The gradients of source/ against two judges that share no code with them.

A *complex step* is exact: the loss at x + ih has the derivative in its imaginary part, and no
difference is taken that could lose digits. It needs forward passes that take complex numbers,
so they stand here once more, without a cache. *Central differences* (of fourth order) need the
loss alone. See W. Squire and G. Trapp, Using Complex Variables to Estimate Derivatives of Real
Functions, SIAM Review 40 (1998).
"""

import copy
import math

import numpy as np
import pytest

from lesson_tools.bptt_inputs import (
    cross_entropy_arguments,
    gradient_check_arguments,
    output_arguments,
    rnn_backward_arguments,
    rnn_cell_backward_arguments,
)
from lesson_tools.lstm_backward_inputs import (
    lstm_backward_arguments,
    lstm_cell_backward_arguments,
)
from lesson_tools.rnn_inputs import rnn_arguments
from tests.support.course import references

AGREES = 1e-9  # of the largest entry of a gradient
ROUNDING = 1e-12  # of a loss of about 10, divided by h: what a difference shows where it is zero

# n_x, n_a, n_y, m, T_x: lopsided every way round, with one example, one step, one of each.
SIZES = [
    (3, 5, 2, 4, 6),
    (7, 2, 3, 5, 4),
    (2, 4, 6, 1, 9),
    (1, 6, 3, 7, 1),
    (5, 1, 2, 3, 2),
    (1, 1, 2, 1, 1),
]
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


# --- judges ---------------------------------------------------------------------------


def complex_step(loss, values, name):
    """Return d loss / d values[name], one entry at a time."""
    gradient = np.empty(values[name].shape)
    for index in np.ndindex(gradient.shape):
        moved = {key: value.astype(complex) for key, value in values.items()}
        moved[name][index] += 1e-30j
        gradient[index] = loss(moved).imag / 1e-30
    return gradient


def central_difference(loss, values, name, h=1e-3):
    """Return the same from four values of the loss for each entry."""
    gradient = np.empty(values[name].shape)
    for index in np.ndindex(gradient.shape):
        total = 0.0
        for steps, share in ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12)):
            moved = copy.deepcopy(values)
            moved[name][index] += steps * h
            total += share * loss(moved)
        gradient[index] = total / h
    return gradient


@pytest.fixture(params=[complex_step, central_difference], ids=lambda judge: judge.__name__)
def agrees(request):
    """Check every gradient in a dict against a judge."""

    def check(gradients, loss, values, names):
        assert set(gradients) == set(names)
        for key, name in names.items():
            judged = request.param(loss, values, name)
            assert gradients[key].shape == judged.shape, key
            apart = np.abs(gradients[key] - judged).max()
            rounding = ROUNDING if request.param is central_difference else 0.0
            assert apart <= AGREES * np.abs(judged).max() + rounding, key

    return check


# --- forward passes, for real and for complex numbers ---------------------------------


def rnn(v, T_x):
    """Return the hidden states of a recurrent network, as a list."""
    states = [v["a0"]]
    for t in range(T_x):
        states.append(np.tanh(v["Wax"] @ v["x"][..., t] + v["Waa"] @ states[-1] + v["ba"]))
    return states[1:]


def lstm(v, T_x):
    """Return the hidden and the cell states of an LSTM, as two lists."""
    hidden, cell = [v["a0"]], [v["c0"]]
    for t in range(T_x):
        both = np.vstack([hidden[-1], v["x"][..., t]])
        f, i, o = (1 / (1 + np.exp(-v[f"W{g}"] @ both - v[f"b{g}"])) for g in "fio")
        cell.append(f * cell[-1] + i * np.tanh(v["Wc"] @ both + v["bc"]))
        hidden.append(o * np.tanh(cell[-1]))
    return hidden[1:], cell[1:]


def cross_entropy(v, states, labels):
    """Return the mean over examples and steps of -log p, from the scores themselves."""
    total = 0.0
    for t, a in enumerate(states):
        scores = v["Wya"] @ a + v["by"]
        chosen = scores[labels[:, t], np.arange(labels.shape[0])]
        total = total + np.sum(np.log(np.sum(np.exp(scores), axis=0)) - chosen)
    return total / labels.size


def weighted(weights, states):
    """Return a loss that has ``weights`` as its gradient with respect to the states."""
    return sum(np.sum(weights[..., t] * states[t]) for t in range(weights.shape[2]))


def drawn(maker, size, **options):
    return maker(np.random.default_rng(sum(size)), *size, scale=0.7, **options)


def run(name, given):
    return references()[name](*copy.deepcopy(given).values())


# --- the RNN --------------------------------------------------------------------------


@sizes
def test_cross_entropy_is_the_mean_written_out(size):
    given = drawn(cross_entropy_arguments, size[2:])
    y_pred, labels = given.values()
    terms = [
        -math.log(y_pred[labels[k, t], k, t])
        for k in range(labels.shape[0])
        for t in range(labels.shape[1])
    ]
    assert run("cross_entropy", given) == pytest.approx(math.fsum(terms) / len(terms), rel=1e-14)


def test_cross_entropy_of_certainty():
    certain = {"y_pred": np.array([[[1.0]], [[0.0]]]), "labels": np.array([[0]])}
    assert run("cross_entropy", certain) == 0.0
    assert run("cross_entropy", certain | {"labels": np.array([[1]])}) == -math.log(1e-12)


@sizes
def test_output_backward(agrees, size):
    given = drawn(output_arguments, size)
    values = {"a": given["a"], "Wya": given["parameters"]["Wya"], "by": given["parameters"]["by"]}
    loss = lambda v: cross_entropy(v, np.moveaxis(v["a"], 2, 0), given["labels"])  # noqa: E731
    agrees(run("output_backward", given), loss, values, {"da": "a", "dWya": "Wya", "dby": "by"})


@sizes
def test_rnn_cell_backward(agrees, size):
    given = drawn(rnn_cell_backward_arguments, size[:4])
    _, a_prev, xt, parameters = given["cache"]
    values = parameters | {"a0": a_prev, "x": xt[..., None]}
    gradients = run("rnn_cell_backward", given)
    gradients["dxt"] = gradients["dxt"][..., None]
    names = {"dxt": "x", "da_prev": "a0", "dWax": "Wax", "dWaa": "Waa", "dba": "ba"}
    agrees(gradients, lambda v: np.sum(given["da_next"] * rnn(v, 1)[0]), values, names)


@sizes
@pytest.mark.parametrize("more_caches", [0, 3])
def test_rnn_backward(agrees, size, more_caches):
    given = drawn(rnn_backward_arguments, size, more_caches=more_caches)
    caches, x = given["caches"]
    values = caches[0][3] | {"a0": caches[0][1], "x": x[..., : size[4]]}
    names = {"dx": "x", "da0": "a0", "dWax": "Wax", "dWaa": "Waa", "dba": "ba"}
    loss = lambda v: weighted(given["da"], rnn(v, size[4]))  # noqa: E731
    agrees(run("rnn_backward", given), loss, values, names)


@sizes
def test_the_whole_way_back_through_the_rnn(agrees, size):
    """What the lesson trains with: the loss of the predictions, back to every parameter."""
    x, a0, parameters = drawn(rnn_arguments, size).values()
    a, y_pred, caches = references()["rnn_forward"](x, a0, parameters)
    labels = np.random.default_rng(0).integers(size[2], size=size[3:])
    given = {"y_pred": y_pred, "labels": labels, "a": a, "parameters": parameters}
    output = run("output_backward", given)
    gradients = output | run("rnn_backward", {"da": output["da"], "caches": caches})
    del gradients["da"]
    loss = lambda v: cross_entropy(v, rnn(v, size[4]), labels)  # noqa: E731
    names = {"dx": "x", "da0": "a0"} | {f"d{name}": name for name in parameters}
    agrees(gradients, loss, parameters | {"x": x, "a0": a0}, names)


# --- the LSTM -------------------------------------------------------------------------

GATES = [f"{kind}{gate}" for kind in "Wb" for gate in "fico"]


@sizes
def test_lstm_cell_backward(agrees, size):
    given = drawn(lstm_cell_backward_arguments, size[:4])
    _, _, a_prev, c_prev, *_, xt, parameters = given["cache"]
    values = parameters | {"a0": a_prev, "c0": c_prev, "x": xt[..., None]}

    def loss(v):
        hidden, cell = lstm(v, 1)
        return np.sum(given["da_next"] * hidden[0]) + np.sum(given["dc_next"] * cell[0])

    gradients = run("lstm_cell_backward", given)
    gradients["dxt"] = gradients["dxt"][..., None]
    names = {"dxt": "x", "da_prev": "a0", "dc_prev": "c0"} | {f"d{name}": name for name in GATES}
    agrees(gradients, loss, values, names)


@sizes
@pytest.mark.parametrize("more_caches", [0, 3])
def test_lstm_backward(agrees, size, more_caches):
    given = drawn(lstm_backward_arguments, size, more_caches=more_caches)
    caches, x = given["caches"]
    _, _, a0, c0, *_, parameters = caches[0]
    values = parameters | {"a0": a0, "c0": c0, "x": x[..., : size[4]]}
    names = {"dx": "x", "da0": "a0"} | {f"d{name}": name for name in GATES}
    loss = lambda v: weighted(given["da"], lstm(v, size[4])[0])  # noqa: E731
    agrees(run("lstm_backward", given), loss, values, names)


# --- the check that students write ----------------------------------------------------


@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 1, 3), (1,)], ids=str)
@pytest.mark.parametrize("wrong", [0.0, 0.5, -2.0])
@pytest.mark.parametrize("h", [0.3, 0.01])
def test_gradient_check_finds_the_error_that_a_cubic_must_have(shape, wrong, h):
    """A central difference of a cubic is off by h^2 f'''/6, and by nothing else."""
    rng = np.random.default_rng(7)
    given = gradient_check_arguments(rng, *shape, h=h, wrong=wrong)
    bend = np.random.default_rng(7).standard_normal((3, *shape))[2]
    bend.flat[-1] = 2.0
    true = given["dx"].copy()
    true.flat[-1] /= 1 + wrong
    numeric = true + h**2 * bend
    size = np.maximum(np.abs(numeric) + np.abs(given["dx"]), 1e-4)
    expected = np.max(np.abs(numeric - given["dx"]) / size)
    assert run("gradient_check", given) == pytest.approx(expected, rel=1e-9)


def test_gradient_check_at_its_default_step():
    rng = np.random.default_rng(3)
    right = gradient_check_arguments(rng, 3, 2)
    assert run("gradient_check", right) < 1e-6
    slightly_wrong = right | {"dx": right["dx"] * (1 + 1e-3)}
    assert run("gradient_check", slightly_wrong) == pytest.approx(1e-3 / 2.001, rel=1e-4)
