"""The forward passes of source/ against ONNX Runtime, which shares no line with them."""

import copy
import importlib

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import public_tests
from lesson_tools.lstm_inputs import (
    lstm_arguments,
    lstm_cell_arguments,
)
from lesson_tools.rnn_inputs import rnn_arguments
from lesson_tools.values import compare
from tests.support.course import ROOT, references

# n_x, n_a, n_y, m, T_x: lopsided every way round, with one example, one step, one of each.
SIZES = [
    (3, 5, 2, 4, 6),
    (7, 2, 3, 5, 4),
    (2, 4, 6, 1, 9),
    (1, 6, 3, 7, 1),
    (4, 3, 5, 2, 12),
    (5, 1, 2, 3, 2),
    (1, 1, 1, 1, 1),
]
sizes = pytest.mark.parametrize("size", SIZES, ids=str)

# The judge works in float32, whose eps is 1.2e-7, and takes tanh and sigmoid from
# polynomials good to a few eps. Each step adds some of that to what the steps before
# passed on. Seen over 2100 draws of these sizes: 2e-6 at most in the states of the RNN,
# 3e-7 in all else. Of 19 slips tried each moved some value by 5e-4 or more.
TOLERANCE = 1e-5


@pytest.fixture(scope="module", name="references")
def _references():
    return references()


def draw(arguments, size):
    """Draw arguments, small enough that no unit is saturated and hides a mistake."""
    given = arguments(np.random.RandomState(sum(size)), *size, scale=0.5)
    # The judge gets these numbers exactly.
    return [rounded(value) for value in given.values()]


def rounded(value):
    """Round to float32, but keep float64."""
    if isinstance(value, dict):
        return {name: rounded(array) for name, array in value.items()}
    return value.astype(np.float32).astype(np.float64)


def close(got, judged):
    """Compare shape and values."""
    assert got.shape == judged.shape
    np.testing.assert_allclose(got, judged, rtol=0, atol=TOLERANCE)


# --- the RNN ------------------------------------------------------------------------


def judge_rnn(x, a0, parameters):
    """Return a and y_pred of the operator RNN, in our layout."""
    p = parameters
    weights = {"W": p["Wax"], "R": p["Waa"], "B": np.vstack([p["ba"], 0 * p["ba"]])}
    a, _, y = run("RNN", x, weights, {"initial_h": a0}, p["Wya"], p["by"])
    return a, y


@sizes
def test_rnn_forward_agrees_with_onnx_runtime(references, size):
    """States and predictions of all steps are those of RNN, MatMul and Softmax."""
    given = draw(rnn_arguments, size)
    a, y_pred, _ = references["rnn_forward"](*given)
    judged_a, judged_y = judge_rnn(*given)
    close(a, judged_a)
    close(y_pred, judged_y)


@sizes
def test_rnn_cell_forward_is_rnn_forward_of_one_step(references, size):
    """One call of the step function is a sequence with T_x = 1, cache included."""
    x, a0, parameters = draw(rnn_arguments, (*size[:4], 1))
    a_next, yt_pred, cache = references["rnn_cell_forward"](x[:, :, 0], a0, parameters)
    a, y_pred, (steps, kept) = references["rnn_forward"](x, a0, parameters)
    compare("a", a, a_next[:, :, None], rtol=0, atol=0)
    compare("y_pred", y_pred, yt_pred[:, :, None], rtol=0, atol=0)
    compare("steps", steps, [cache], rtol=0, atol=0)
    assert kept is x


# --- the LSTM -----------------------------------------------------------------------


def judge_lstm(x, a0, c0, parameters):
    """Return a, y and the last c of the operator LSTM, in our layout."""
    p = parameters
    n_a = len(a0)
    gates = "iofc"  # the operator's order: input (our update), output, forget, candidate
    # Ours act on a_prev stacked above xt; the operator wants the halves apart.
    weights = {
        "W": np.vstack([p[f"W{gate}"][:, n_a:] for gate in gates]),
        "R": np.vstack([p[f"W{gate}"][:, :n_a] for gate in gates]),
        "B": np.vstack([p[f"b{gate}"] for gate in gates] + [np.zeros((4 * n_a, 1))]),
    }
    states = {"initial_h": a0, "initial_c": c0}
    a, c_last, y = run("LSTM", x, weights, states, p["Wy"], p["by"])
    return a, y, c_last


@sizes
def test_lstm_forward_agrees_with_onnx_runtime(references, size):
    """States and predictions of all steps, and the cell state after each of them."""
    x, a0, parameters = draw(lstm_arguments, size)
    a, y, c, _ = references["lstm_forward"](x, a0, parameters)
    zeros = np.zeros_like(a0)
    judged_a, judged_y, _ = judge_lstm(x, a0, zeros, parameters)
    close(a, judged_a)
    close(y, judged_y)
    # The operator returns the last cell state only: stop it after each step in turn.
    lasts = [judge_lstm(x[:, :, : t + 1], a0, zeros, parameters)[2] for t in range(size[-1])]
    close(c, np.stack(lasts, axis=2))


@sizes
def test_lstm_cell_forward_agrees_with_onnx_runtime(references, size):
    """One step from a cell state that is not zero."""
    xt, a_prev, c_prev, parameters = draw(lstm_cell_arguments, size[:4])
    a_next, c_next, yt_pred, _ = references["lstm_cell_forward"](xt, a_prev, c_prev, parameters)
    judged_a, judged_y, judged_c = judge_lstm(xt[:, :, None], a_prev, c_prev, parameters)
    close(a_next[:, :, None], judged_a)
    close(yt_pred[:, :, None], judged_y)
    close(c_next, judged_c)


@sizes
def test_lstm_cell_forward_caches_each_gate_in_its_place(references, size):
    """The operator, made to hold one gate at a time, tells which of the four is which."""
    xt, a_prev, c_prev, parameters = draw(lstm_cell_arguments, size[:4])
    cache = references["lstm_cell_forward"](xt, a_prev, c_prev, parameters)[3]
    _, _, _, _, ft, it, cct, ot, _, _ = cache

    def last_c(c0, **biases):
        open_or_shut = {name: np.full_like(parameters[name], b) for name, b in biases.items()}
        return judge_lstm(xt[:, :, None], a_prev, c0, parameters | open_or_shut)[2]

    ones, zeros = np.ones_like(c_prev), np.zeros_like(c_prev)
    close(ft, last_c(ones, bi=-100))  # nothing new: ft * 1
    close(cct, last_c(zeros, bi=100))  # all that is new: 1 * cct
    close(it, last_c(zeros, bc=100))  # a candidate of 1: it * 1
    a_next, _, _ = judge_lstm(
        xt[:, :, None], a_prev, 100 * ones, parameters | {"bf": np.full_like(parameters["bf"], 100)}
    )
    close(ot[:, :, None], a_next)  # tanh(c_next) is 1: ot * 1


@sizes
def test_lstm_cell_forward_is_lstm_forward_of_one_step(references, size):
    """One call of the step function from c = 0 is a sequence with T_x = 1, cache included."""
    x, a0, parameters = draw(lstm_arguments, (*size[:4], 1))
    one = references["lstm_cell_forward"](x[:, :, 0], a0, np.zeros_like(a0), parameters)
    a_next, c_next, yt_pred, cache = one
    a, y, c, (steps, kept) = references["lstm_forward"](x, a0, parameters)
    compare("a", a, a_next[:, :, None], rtol=0, atol=0)
    compare("y", y, yt_pred[:, :, None], rtol=0, atol=0)
    compare("c", c, c_next[:, :, None], rtol=0, atol=0)
    compare("steps", steps, [cache], rtol=0, atol=0)
    assert kept is x


# --- what later lessons bring of them ---------------------------------------------------

MODULES = sorted(ROOT.glob("source/*/*_lesson.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_what_a_later_lesson_brings_does_what_the_earlier_one_asked_for(references, path):
    """But for the names of the output's weights, which are another network's."""
    module = importlib.import_module(path.stem)
    names = [n for n in vars(module) if n in references or n.startswith("lstm_output")]
    assert names
    for name in names:
        asked = name.replace("lstm_output", "output")
        for _, given, _ in public_tests.cases(asked):
            want = references[asked](*copy.deepcopy(given).values())
            if asked != name:
                given["parameters"]["Wy"] = given["parameters"].pop("Wya")
                want["dWy"] = want.pop("dWya")
            got = vars(module)[name](*given.values())
            compare(name, got, want, rtol=1e-12, atol=1e-12)


# --- the judge ----------------------------------------------------------------------


def run(operator, x, weights, states, W_out, b_out):
    """Run one recurrent operator and a softmax layer on top in ONNX Runtime.

    Parameters
    ----------
    operator : str
        ``"RNN"`` or ``"LSTM"``.
    x : numpy.ndarray, shape (n_x, m, T_x)
    weights : dict
        ``W`` (gates * n_a, n_x), ``R`` (gates * n_a, n_a), ``B`` (2 * gates * n_a, 1).
    states : dict
        The states before the first step, each (n_a, m).
    W_out, b_out : numpy.ndarray, shapes (n_y, n_a) and (n_y, 1)

    Returns
    -------
    list of numpy.ndarray
        All hidden states (n_a, m, T_x); the last of the last state, (n_a, m); the
        predictions (n_y, m, T_x).
    """
    one_direction = {"W": weights["W"][None], "R": weights["R"][None], "B": weights["B"].T}
    one_direction |= {name: state.T[None] for name, state in states.items()}  # examples are rows
    constants = one_direction | {"W_out": W_out.T, "b_out": b_out[:, 0]}
    outputs = ["Y", "Y_h", "Y_c"][: 1 + len(states)]
    inputs = ["X", "W", "R", "B", "", *states]  # "": all sequences are equally long
    nodes = [
        helper.make_node(operator, inputs, outputs, hidden_size=W_out.shape[1]),
        helper.make_node("MatMul", ["Y", "W_out"], ["product"]),
        helper.make_node("Add", ["product", "b_out"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["y"], axis=-1),  # the classes lie last here
    ]
    results = ["Y", outputs[-1], "y"]
    graph = helper.make_graph(
        nodes,
        operator,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, None, None])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank)
            for name, rank in zip(results, [4, 3, 4], strict=True)
        ],
        [
            numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name)
            for name, array in constants.items()
        ],
    )
    # Old enough for any ONNX Runtime that pyproject.toml allows.
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    Y, last, y = session.run(results, {"X": np.transpose(x, (2, 1, 0)).astype(np.float32)})
    return [Y[:, 0].transpose(2, 1, 0), last[0].T, y[:, 0].transpose(2, 1, 0)]
