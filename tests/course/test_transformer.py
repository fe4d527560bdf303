"""Lesson 8: its functions against judges that share no line with them, and what its text says."""

import copy
import itertools
import json
import math

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given as drawn_by
from hypothesis import settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

import lesson_tools.contest as contest
import lesson_tools.drawing as drawing
import lesson_tools.make_contest as make
from lesson_tools.checks import Mismatch
from lesson_tools.induction import (
    ASKED,
    NONE,
    check_induction,
    draw_rows,
    require_induction,
    symbols_said,
    yardsticks,
)
from lesson_tools.norm_places import norms_behind
from lesson_tools.small_transformer import SIZES as CHOSEN
from lesson_tools.small_transformer import Parts, built, flat, start_model
from lesson_tools.transformer_inputs import (
    block_shapes,
    draw_block_cache,
    feed_forward_arguments,
    generate_arguments,
    layer_norm_arguments,
    multi_head_attention_arguments,
    transformer_block_arguments,
    transformer_forward_arguments,
    transformer_parameters,
)
from lesson_tools.transformer_tests import check_causal, check_pieces, packed, unpacked
from lesson_tools.values import compare
from tests.course.test_gradients import agrees, complex_step, run  # noqa: F401 -- a fixture
from tests.course.test_numbers import finished
from tests.support.course import ROOT, references

FOLDER = ROOT / "source" / "08_transformer"

# n_x, d, h, d_f, n_blocks, m, T_x: lopsided every way round, with one example, one place, one head.
SIZES = [
    (5, 4, 2, 6, 2, 3, 4),
    (4, 6, 3, 5, 1, 1, 5),
    (3, 6, 2, 4, 3, 2, 1),
    (6, 3, 1, 2, 2, 4, 3),
    (2, 1, 1, 3, 1, 2, 3),
]
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


@pytest.fixture(scope="module", name="text")
def _text():
    """What the notebook says, without line breaks."""
    notebook = json.loads((FOLDER / "transformer.ipynb").read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return " ".join("\n".join("".join(cell["source"]) for cell in cells).split())


def drawn(maker, size, **options):
    return maker(np.random.default_rng(sum(size)), *size, **options)


# --- a transformer, one place after the other, for real and for complex numbers -----------


def normed(column, gain, bias, eps=1e-5):
    apart = column - column.sum() / len(column)
    return gain[:, 0] * apart / np.sqrt((apart * apart).sum() / len(column) + eps) + bias[:, 0]


def looked(columns, h, p, may):
    """Return what attention with heads makes of a list of columns; ``may`` says who sees whom."""
    found = []
    for place, column in enumerate(columns):
        seen = [other for at, other in enumerate(columns) if may(place, at)]
        out = []
        for head in range(h):
            rows = [row for row in range(len(column)) if row * h // len(column) == head]
            query = p["Wq"][rows] @ column
            scores = [query @ (p["Wk"][rows] @ other) / len(rows) ** 0.5 for other in seen]
            shares = [1 / sum(np.exp(other - one) for other in scores) for one in scores]
            pairs = zip(shares, seen, strict=True)
            out.append(sum(share * (p["Wv"][rows] @ other) for share, other in pairs))
        found.append(p["Wo"] @ np.concatenate(out))
    return found


def fed(column, p):
    sums = p["W1"] @ column + p["b1"][:, 0]
    return p["W2"] @ np.where(sums.real > 0, sums, 0) + p["b2"][:, 0]


def earlier(place, at):
    return at <= place


def blocked(columns, h, p):
    found = looked([normed(c, p["gain1"], p["bias1"]) for c in columns], h, p, earlier)
    mid = [one + other for one, other in zip(columns, found, strict=True)]
    return [c + fed(normed(c, p["gain2"], p["bias2"]), p) for c in mid]


def wave(d, row, place):
    angle = place / 10000 ** ((row - row % 2) / d)
    return math.sin(angle) if row % 2 == 0 else math.cos(angle)


def written(x, h, p):
    """Return the scores of the whole network, shape (n_y, T_x), for one example (n_x, T_x)."""
    d, T_x = len(p["We"]), x.shape[1]
    columns = [
        p["We"] @ x[:, t] + np.array([wave(d, row, t) for row in range(d)]) for t in range(T_x)
    ]
    for block in p["blocks"]:
        columns = blocked(columns, h, block)
    last = [p["Wy"] @ normed(c, p["gain"], p["bias"]) + p["by"][:, 0] for c in columns]
    return np.stack(last, axis=1)


def by_example(x, judge):
    """Return what a judge of lists of columns gives for all examples of an array."""
    made = [np.stack(judge(list(np.moveaxis(one, 1, 0))), axis=1) for one in np.moveaxis(x, 1, 0)]
    return np.stack(made, axis=1)


# --- forwards -----------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "T"), [(6, 9), (5, 4), (1, 3), (2, 1), (7, 600)])
def test_positional_encoding_is_written_out(d, T):
    want = np.array([[wave(d, row, t) for t in range(T)] for row in range(d)])
    compare("P", run("positional_encoding", {"d": d, "T": T}), want, rtol=1e-12, atol=1e-12)


def onnx_layer_norm(x, gain, bias, eps):
    names = ("x", "gain", "bias")
    node = helper.make_node("LayerNormalization", [*names], ["y"], axis=-1, epsilon=eps)
    axes = {"x": 3, "gain": 1, "bias": 1, "y": 3}
    kinds = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, [None] * count)
        for n, count in axes.items()
    ]
    graph = helper.make_graph([node], "norm", kinds[:3], kinds[3:])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    given = {"x": np.moveaxis(x, 0, 2), "gain": gain[:, 0], "bias": bias[:, 0]}
    (y,) = session.run(["y"], {name: value.astype(np.float32) for name, value in given.items()})
    return np.moveaxis(y.astype(float), 2, 0)


@sizes
@pytest.mark.parametrize("eps", [1e-5, 0.02])
def test_layer_norm_agrees_with_onnx_runtime_and_with_a_column_at_a_time(size, eps):
    _, d, *_, m, T_x = size
    given = drawn(layer_norm_arguments, (d, m, T_x), eps=eps)
    x, gain, bias, _ = given.values()
    y, (n, spread, kept) = run("layer_norm", given)
    compare("y", y, onnx_layer_norm(x, gain, bias, eps), rtol=1e-4, atol=1e-5)
    want = by_example(x, lambda columns: [normed(c, gain, bias, eps) for c in columns])
    compare("y", y, want, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(n.mean(axis=0), 0.0, atol=1e-14)
    np.testing.assert_allclose(spread**2, x.var(axis=0) + eps, rtol=1e-12)
    assert np.array_equal(kept, gain)


def test_layer_norm_keeps_its_digits_far_from_zero():
    given = layer_norm_arguments(np.random.default_rng(0), 6, 2, 3)
    y, _ = run("layer_norm", given)
    far = np.round(given["x"] * 2**20) / 2**20 + 2**20  # exact in both
    near, _ = run("layer_norm", given | {"x": far - 2**20})
    compare("y", run("layer_norm", given | {"x": far})[0], near, rtol=1e-9, atol=1e-10)
    compare("y", near, y, rtol=1e-4, atol=1e-4)


@sizes
def test_attention_with_heads_agrees_with_a_place_at_a_time(size):
    _, d, h, *_, m, T_x = size
    given = drawn(multi_head_attention_arguments, (d, h, m, T_x))
    x, mask, p, _ = given.values()
    y, (K, V), (_, out, looks, _) = run("multi_head_attention", given)
    for i in range(m):
        columns = list(np.moveaxis(x[:, i], 1, 0))
        want = looked(columns, h, p, lambda place, at, i=i: mask[i, place, at] > 0)
        compare("y", y[:, i], np.stack(want, axis=1), rtol=1e-12, atol=1e-13)
        compare("K", K[:, i], p["Wk"] @ x[:, i], rtol=1e-12, atol=1e-14)
        compare("V", V[:, i], p["Wv"] @ x[:, i], rtol=1e-12, atol=1e-14)
        compare("out", p["Wo"] @ out[:, i], y[:, i], rtol=1e-12, atol=1e-13)
    assert len(looks) == h
    for *_, weights in looks:
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-13)
        assert not weights[mask == 0].any()


@sizes
def test_the_feed_forward_part_agrees_with_a_place_at_a_time(size):
    _, d, _, d_f, _, m, T_x = size
    given = drawn(feed_forward_arguments, (d, d_f, m, T_x))
    y, (_, hidden, _) = run("feed_forward", given)
    want = by_example(given["x"], lambda columns: [fed(c, given["parameters"]) for c in columns])
    compare("y", y, want, rtol=1e-12, atol=1e-13)
    assert (hidden >= 0).all()


@sizes
def test_a_block_agrees_with_a_place_at_a_time(size):
    _, d, h, d_f, _, m, T_x = size
    given = drawn(transformer_block_arguments, (d, h, d_f, m, T_x))
    want = by_example(given["x"], lambda columns: blocked(columns, h, given["parameters"]))
    compare("y", run("transformer_block", given)[0], want, rtol=1e-11, atol=1e-12)


@sizes
def test_the_network_agrees_with_a_place_at_a_time(size):
    given = drawn(transformer_forward_arguments, size)
    x, p, h = given.values()
    scores, _, _ = run("transformer_forward", given)
    for i in range(x.shape[1]):
        compare("scores", scores[:, i], written(x[:, i], h, p), rtol=1e-11, atol=1e-11)


# --- properties ---------------------------------------------------------------------------


@st.composite
def networks(draw):
    h = draw(st.integers(1, 3))
    size = [draw(st.integers(1, 5)), h * draw(st.integers(1, 3)), h, draw(st.integers(1, 5))]
    size += [draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 6))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    before = draw(st.sampled_from([0, 0, 1, 4]))
    scale = draw(st.sampled_from([0.1, 0.7, 5.0]))
    return transformer_forward_arguments(rng, *size, before=before, scale=scale)


@settings(deadline=None, max_examples=50)
@drawn_by(networks())
def test_no_place_hears_of_those_behind_it_to_the_last_bit(given):
    check_causal(references()["transformer_forward"], given)


@settings(deadline=None, max_examples=50)
@drawn_by(networks())
def test_a_text_read_in_pieces_is_the_text_read_at_once(given):
    check_pieces(references()["transformer_forward"], given)


@settings(deadline=None, max_examples=50)
@drawn_by(networks())
def test_all_weights_sum_to_one_and_none_looks_ahead(given):
    x = given["x"]
    _, _, (_, blocks, *_) = run("transformer_forward", given)
    for _, (_, _, looks, _), _, _ in blocks:
        for *_, weights in looks:
            np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-12)
            before = weights.shape[2] - x.shape[2]
            ahead = np.triu(np.ones(weights.shape[1:]), before + 1) > 0
            assert not weights[:, ahead].any()


@settings(deadline=None, max_examples=30)
@drawn_by(networks())
def test_examples_do_not_mix(given):
    x, past = given["x"], given.get("past")
    scores, _, _ = run("transformer_forward", given)
    for i in range(x.shape[1]):
        one = given | {"x": x[:, i : i + 1]}
        if past is not None:
            one["past"] = [tuple(side[:, i : i + 1] for side in pair) for pair in past]
        alone, _, _ = run("transformer_forward", one)
        np.testing.assert_allclose(alone[:, 0], scores[:, i], rtol=1e-9, atol=1e-9)


# --- the gradients ------------------------------------------------------------------------


@sizes
def test_layer_norm_backward(agrees, size):  # noqa: F811
    _, d, *_, m, T_x = size
    given = drawn(layer_norm_arguments, (d, m, T_x))
    dy = np.random.default_rng(3).standard_normal((d, m, T_x))
    _, cache = run("layer_norm", given)
    gradients = run("layer_norm_backward", {"dy": dy, "cache": cache})

    def loss(v):
        made = by_example(v["x"], lambda cs: [normed(c, v["gain"], v["bias"]) for c in cs])
        return np.sum(dy * made)

    if d == 1:  # nothing is left of a single feature, and no judge measures rounding
        assert not gradients["dx"].any()
        return
    agrees(gradients, loss, given, {"dx": "x", "dgain": "gain", "dbias": "bias"})


@sizes
def test_multi_head_attention_backward(agrees, size):  # noqa: F811
    _, d, h, *_, m, T_x = size
    given = drawn(multi_head_attention_arguments, (d, h, m, T_x))
    x, mask, p, _ = given.values()
    dy = np.random.default_rng(3).standard_normal(x.shape)
    _, _, cache = run("multi_head_attention", given)
    gradients = run("multi_head_attention_backward", {"dy": dy, "cache": cache})

    def loss(v):
        made = 0.0
        for i in range(m):
            columns = list(np.moveaxis(v["x"][:, i], 1, 0))
            out = looked(columns, h, v, lambda place, at: mask[i, place, at] > 0)  # noqa: B023
            made += np.sum(dy[:, i] * np.stack(out, axis=1))
        return made

    names = {"dx": "x"} | {f"d{name}": name for name in p}
    agrees(gradients, loss, {"x": x, **p}, names)


def judged(gradients, loss, values, names):
    """Check gradients by complex steps alone: a difference goes wrong at the corner of a ReLU."""
    assert set(gradients) == set(names)
    for key, name in names.items():
        want = complex_step(loss, values, name)
        assert gradients[key].shape == want.shape
        assert np.abs(gradients[key] - want).max() <= 1e-9 * max(np.abs(want).max(), 1e-3), key


@sizes
def test_feed_forward_backward(size):
    _, d, _, d_f, _, m, T_x = size
    given = drawn(feed_forward_arguments, (d, d_f, m, T_x))
    x, p = given.values()
    dy = np.random.default_rng(3).standard_normal(x.shape)
    gradients = run("feed_forward_backward", {"dy": dy, "cache": run("feed_forward", given)[1]})
    judged(
        gradients,
        lambda v: np.sum(dy * by_example(v["x"], lambda cs: [fed(c, v) for c in cs])),
        {"x": x, **p},
        {"dx": "x"} | {f"d{name}": name for name in p},
    )


@sizes
def test_transformer_block_backward(size):
    _, d, h, d_f, _, m, T_x = size
    given = drawn(transformer_block_arguments, (d, h, d_f, m, T_x))
    x, p, _ = given.values()
    dy = np.random.default_rng(3).standard_normal(x.shape)
    _, _, cache = run("transformer_block", given)
    judged(
        run("transformer_block_backward", {"dy": dy, "cache": cache}),
        lambda v: np.sum(dy * by_example(v["x"], lambda cs: blocked(cs, h, v))),
        {"x": x, **p},
        {"dx": "x"} | {f"d{name}": name for name in p},
    )


@sizes
def test_transformer_backward(size):
    given = drawn(transformer_forward_arguments, size)
    x, p, h = given.values()
    dscores = np.random.default_rng(3).standard_normal(x.shape)
    _, _, caches = run("transformer_forward", given)
    gradients = run("transformer_backward", {"dscores": dscores, "caches": caches})
    assert set(gradients) == {"dblocks", "dWe", "dgain", "dbias", "dWy", "dby"}
    assert [set(one) for one in gradients["dblocks"]] == [
        {f"d{name}" for name in block_shapes(1, 1)} for _ in p["blocks"]
    ]

    def loss(v):
        model = built(v)
        return sum(np.sum(dscores[:, i] * written(x[:, i], h, model)) for i in range(x.shape[1]))

    arrays = flat(p)
    judged(flat(gradients), loss, arrays, {f"d{name}": name for name in arrays})


# --- writing ------------------------------------------------------------------------------


def without_cache(parameters, h, prompt, rng, max_len, temperature, stop):
    """Write, and read the whole text anew for each character."""
    found = []
    while len(found) < max_len:
        x = np.eye(parameters["We"].shape[1])[:, [*prompt, *found]]
        scores = written(x, h, parameters)[:, -1] / temperature
        shares = np.exp(scores - scores.max())
        index = int(rng.choice(len(shares), p=shares / shares.sum()))
        if index == stop:
            break
        found.append(index)
    return found


@pytest.mark.parametrize("temperature", [1e-9, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_written_with_the_cache_is_what_is_written_without(seed, temperature):
    rng = np.random.default_rng(seed)
    given = generate_arguments(rng, 5, 6, 3, 2, 9, prompt=1 + seed, stop=seed)
    given |= {"temperature": temperature, "rng": np.random.default_rng(7)}
    indices, kept = run("generate", given)
    assert indices == without_cache(**copy.deepcopy(given))
    read = [*given["prompt"], *indices][: len(given["prompt"]) + 8]
    x = np.eye(5)[:, read][:, None]
    _, want, _ = run(
        "transformer_forward", {"x": x, "parameters": given["parameters"], "h": given["h"]}
    )
    compare("kept", kept, want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_a_chain_is_written_to_its_end(seed):
    rng = np.random.default_rng(seed)
    stop, chain = seed % 7, 1 + seed % 5
    given = generate_arguments(rng, 7, 8, 2, 2, 8, chain=chain, stop=stop, prompt=1 + seed % 3)
    assert len(run("generate", given)[0]) == chain
    assert len(run("generate", given | {"max_len": 2})[0]) == min(chain, 2)


def test_at_the_lowest_temperature_no_generator_has_a_say():
    for seed in range(40):
        given = generate_arguments(np.random.default_rng(seed), 6, 8, 2, 2, 9, prompt=2)
        other = given | {"rng": np.random.default_rng(99)}
        assert run("generate", given)[0] == run("generate", other)[0]


@pytest.mark.parametrize("seed", range(5))
def test_who_draws_otherwise_is_right_and_who_draws_wrong_is_not(seed):
    right = references()["generate"]

    def at(factor):
        def target(parameters, h, prompt, rng, max_len, temperature, stop, past=None):
            return right(parameters, h, prompt, rng, max_len, factor * temperature, stop, past)

        return target

    for temperature in (1.0, 0.5, 2.0):
        drawing.check_often(right, np.random.default_rng(seed), temperature)
    for wrong in (at(2.0), at(0.5)):
        with pytest.raises(Mismatch, match="do not come as often"):
            drawing.check_often(wrong, np.random.default_rng(seed), 0.5)


# --- what the caches of the inputs are ----------------------------------------------------


def test_caches_that_are_drawn_are_such_as_a_forward_pass_leaves():
    rng = np.random.default_rng(0)
    p = transformer_parameters(rng, 5, 6, 7, 1)["blocks"][0]
    norm1, (x, out, looks, _), norm2, (z, hidden, _) = draw_block_cache(rng, 3, 2, 4, p)
    for (n, spread, gain), number in ((norm1, "1"), (norm2, "2")):
        np.testing.assert_allclose(n.mean(axis=0), 0.0, atol=1e-14)
        np.testing.assert_allclose((n**2).mean(axis=0), 1 - 1e-5 / spread**2, rtol=1e-12)
        assert np.array_equal(gain, p[f"gain{number}"])
        y = n * gain[:, :, None] + p[f"bias{number}"][:, :, None]
        np.testing.assert_allclose(y, x if number == "1" else z, atol=1e-13)
    _, _, (*_, found, _) = run(
        "multi_head_attention", {"x": x, "mask": np.ones((2, 4, 4)), "parameters": p, "h": 3}
    )
    for place, name in enumerate(("Q", "K", "V")):
        drawn_rows = np.concatenate([look[place] for look in looks])
        own = np.concatenate([look[place] for look in found])
        np.testing.assert_allclose(drawn_rows, own, atol=1e-13, err_msg=name)
    for head, (_, _, V, weights) in enumerate(looks):
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-13)
        for i, t in np.ndindex(2, 4):
            want = sum(weights[i, t, k] * V[:, i, k] for k in range(4))
            np.testing.assert_allclose(out[2 * head : 2 * head + 2, i, t], want, atol=1e-13)
    _, cache = run("feed_forward", {"x": z, "parameters": p})
    np.testing.assert_allclose(cache[1], hidden, atol=1e-13)


@sizes
def test_a_nest_that_is_packed_comes_back(size):
    given = drawn(transformer_forward_arguments, size)
    _, _, caches = run("transformer_forward", given)
    form, numbers = packed(caches)
    compare("caches", unpacked(np.array(form, float), numbers, given["parameters"]), caches)


def test_as_many_weights_as_the_network_of_lesson_5():
    sizes = {name: CHOSEN[name] for name in ("d", "d_f", "n_blocks")}
    model = start_model(np.random.default_rng(0), 27, **sizes)
    count = sum(array.size for array in flat(model).values())
    assert 0.95 < count / (64 * 27 + 64 * 64 + 64 + 27 * 64 + 27) < 1.05


# --- a pattern to be completed ------------------------------------------------------------

HIDDEN = [(10, 18), (12, 20), (14, 27), (20, 40)]


def test_what_is_asked_is_what_came_behind_the_only_earlier_one():
    _, symbols, wanted = draw_rows(np.random.default_rng(1), 5, 9, 100)
    for row, place in np.ndindex(wanted.shape):
        before = symbols[row, :place].tolist()
        once = before.count(symbols[row, place]) == 1
        at = before.index(symbols[row, place]) + 1 if once else None
        assert wanted[row, place] == (symbols[row, at] if once else NONE)


@pytest.mark.parametrize(("n_symbols", "T"), [*ASKED, *HIDDEN])
def test_no_yardstick_comes_near(n_symbols, T):
    _, symbols, wanted = draw_rows(np.random.default_rng(2), n_symbols, T, 500)
    asked = wanted != NONE
    for name, said in yardsticks(symbols, n_symbols).items():
        assert np.mean(said[asked] == wanted[asked]) < 0.45, name


def induction_weights(n_symbols, T, width=None, first=True):
    """Let the first layer find where the symbol stood, and the second look one place behind."""
    n = n_symbols
    blank = np.zeros((T, n + T))
    E = np.vstack([np.eye(n + T), blank])  # symbol, place, and room for a place
    D = len(E)
    symbol, place, room = np.split(np.eye(D), [n, n + T])
    # A place looks for its symbol, and rather early than late: so it does not find itself.
    early = np.zeros((1, D))
    early[0, n : n + T] = -np.arange(T)
    Wq1 = np.vstack([4000.0 * symbol, 100.0 * place.sum(axis=0)])
    Wk1 = np.vstack([symbol, early])
    Wq2 = 300.0 * np.eye(T, k=-1) @ room
    weights = {"E": E, "Wq1": Wq1, "Wk1": Wk1, "Wv1": room.T @ place}
    return weights | {"Wq2": Wq2, "Wk2": place, "Wv2": symbol}


def test_another_way_to_complete_a_pattern_is_right():
    check_induction(induction_weights)
    for n_symbols, T in HIDDEN:
        require_induction(induction_weights, n_symbols, T, np.random.default_rng(3))


@pytest.mark.parametrize("seed", range(20))
def test_the_answer_of_the_lesson_is_right_for_every_draw(seed):
    rng = np.random.default_rng(seed)
    for n_symbols, T in [(2, 3), (5, 7), *ASKED, *HIDDEN]:
        require_induction(references()["induction_weights"], n_symbols, T, rng)


def spoilt(change):
    def induction_weights(n_symbols, T):
        found = references()["induction_weights"](n_symbols, T)
        return found | change(found, n_symbols, T)

    return induction_weights


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w, n, T: {"Wv1": 0 * w["Wv1"]}, "fewer than 98%"),
        (lambda w, n, T: {"Wk2": w["Wk2"][:-1], "Wq2": w["Wq2"][:-1]}, "that of the first place"),
        (lambda w, n, T: {"Wq1": 0 * w["Wq1"]}, "fewer than 98%"),
        (lambda w, n, T: {"Wv2": 0 * w["Wv2"]}, "no entry of the result exceeds"),
        (lambda w, n, T: {"Wv1": w["Wv1"][:, :-1]}, "wrong shape"),
    ],
)
def test_weights_that_complete_no_pattern_are_told_so(change, said):
    with pytest.raises(Mismatch, match=said):
        check_induction(spoilt(change))


def test_one_layer_is_not_enough():
    """What the second layer alone could do: look for its own symbol, and bring it back."""

    def alone(w, n, T):
        own = np.eye(len(w["E"]))[:n]
        return {"Wv1": 0 * w["Wv1"], "Wq2": 300 * own, "Wk2": own}

    x, _, wanted = draw_rows(np.random.default_rng(0), 6, 8, 200)
    said = symbols_said(spoilt(alone), 6, 8, x)
    asked = wanted != NONE
    assert np.mean(said[asked] == wanted[asked]) < 0.45


# --- four networks, one training ------------------------------------------------------------


def parts():
    ours = references()
    return Parts(ours["transformer_forward"], ours["transformer_backward"])


def rows(name):
    return contest.rows_of(FOLDER / f"{name}.csv")


@pytest.mark.parametrize("kind", contest.KINDS)
def test_the_gradients_of_a_rival_are_those_of_its_loss(kind):
    rival, rng = contest.rivals(parts())[kind], np.random.default_rng(2)
    weights = rival.start(rng)
    batch = contest.list_batch(["eva", "jo", "mariana"], rng, 1, 3)
    loss, grads = rival.look(weights, batch)
    assert loss == pytest.approx(np.log(contest.perplexity_of(rival, weights, batch)))
    assert set(grads) == {f"d{name}" for name in weights}
    for name, value in weights.items():
        index = tuple(rng.integers(n) for n in value.shape)
        ends = []
        for step in (1e-5, -1e-5):
            moved = copy.deepcopy(weights)
            moved[name][index] += step
            ends.append(rival.look(moved, batch)[0])
        assert grads[f"d{name}"][index] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-8)


def test_all_rivals_have_as_many_weights(text):
    made = contest.rivals(parts())
    counts = {
        kind: sum(value.size for value in rival.start(np.random.default_rng(0)).values())
        for kind, rival in made.items()
    }
    assert counts["transformer"] == 7827
    assert all(0.98 < count / 7827 < 1.02 for count in counts.values())
    units = {kind: len(made[kind].start(np.random.default_rng(0))["Wy"].T) for kind in counts}
    said = f"{units['RNN']} units for the RNN, {units['LSTM']} for the LSTM, {units['GRU']} for the"
    assert said in text
    assert {(row["network"], row["weights"]) for row in rows("contest")} == set(counts.items())


def test_names_are_split_as_in_lesson_5():
    names = (FOLDER / "names.txt").read_text("utf-8").split()
    train, validation, held = contest.split_names(names)
    assert sorted(train + validation + held) == sorted(names)
    families = [{name[:4] for name in part} for part in (train, validation, held)]
    assert not any(one & other for one, other in itertools.combinations(families, 2))
    assert [len(part) for part in (train, validation, held)] == [3593, 493, 589]


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_a_list_ends_with_one_of_its_names(before):
    names = ["eva", "jo", "mariana", "ute"]
    batch = contest.list_batch(names, np.random.default_rng(before), before, 20)
    labels, mask, last = (batch[name].astype(int) for name in ("labels", "mask", "last"))
    for row in range(20):
        said = "".join(contest.VOCABULARY[n] for n in labels[row][mask[row] > 0])
        *earlier, end = said.removesuffix(".").split(".")
        assert said.endswith(".")
        assert len(earlier) == before == len(set(earlier))
        assert end in (earlier or names)
        counted = "".join(contest.VOCABULARY[n] for n in labels[row][last[row] > 0])
        assert counted == end + "."
    assert np.array_equal(batch["x"].argmax(axis=0)[:, 1:], labels[:, :-1])


def test_a_network_with_its_norms_behind_agrees_with_a_place_at_a_time():
    given = transformer_forward_arguments(np.random.default_rng(3), 5, 4, 2, 6, 2, 2, 3)
    x, p, h = given.values()
    behind = norms_behind(references())

    def post(columns, p):
        found = looked(columns, h, p, earlier)
        mid = [
            normed(c + one, p["gain1"], p["bias1"]) for c, one in zip(columns, found, strict=True)
        ]
        return [normed(c + fed(c, p), p["gain2"], p["bias2"]) for c in mid]

    def judge(v):
        model, total = built(v), 0.0
        for i in range(x.shape[1]):
            columns = [
                model["We"] @ x[:, i, t] + np.array([wave(4, row, t) for row in range(4)])
                for t in range(3)
            ]
            for block in model["blocks"]:
                columns = post(columns, block)
            ends = [normed(c, model["gain"], model["bias"]) for c in columns]
            out = [model["Wy"] @ c + model["by"][:, 0] for c in ends]
            total = total + np.sum(share[:, i] * np.stack(out, axis=1))
        return total

    share = np.random.default_rng(4).standard_normal(x.shape)
    scores, _, caches = behind.transformer_forward(x, p, h)
    assert np.sum(share * scores) == pytest.approx(judge(flat(p)), rel=1e-11)
    grads = flat(behind.transformer_backward(share, caches))
    judged(grads, judge, flat(p), {f"d{name}": name for name in flat(p)})


# --- the tables that are shipped --------------------------------------------------------------


@pytest.fixture(name="names_of_the_notebook")
def _names_of_the_notebook(monkeypatch):
    monkeypatch.setattr(make, "FOLDER", FOLDER)
    return make.functions_of_the_notebook()


def chosen(table, *same):
    return contest.results(rows(table), *same)


@pytest.mark.parametrize("kind", ["RNN", "transformer"])
def test_a_piece_of_the_contest_comes_out_again(names_of_the_notebook, kind):
    """The first epoch of the training with the seed 0, and the step size that was chosen."""
    rate, _ = chosen("contest", "budget")["time",][kind]
    rival = contest.rivals(make.parts_of(names_of_the_notebook))[kind]
    ((_, validation, held, _),) = make.on_names(rival, make.IN_THE_SAME_TIME[kind], rate, 0, 1)
    want = {"budget": "time", "network": kind, "rate": rate, "seed": 0, "epoch": 1}
    (row,) = (row for row in rows("contest") if want.items() <= row.items())
    assert (validation, held) == pytest.approx((row["validation"], row["held"]), rel=0.01)


@pytest.mark.parametrize("kind", ["GRU", "transformer"])
def test_a_piece_of_the_lists_comes_out_again(names_of_the_notebook, kind):
    """The first fifty steps with 30 names, one name before, and the seed 0."""
    rate, _ = chosen("again", "before", "names")[1, 30][kind]
    rival = contest.rivals(make.parts_of(names_of_the_notebook))[kind]
    ((_, validation, held),) = make.on_lists(rival, 1, 30, rate, 0, 50)
    want = {"before": 1, "names": 30, "network": kind, "rate": rate, "seed": 0, "step": 50}
    (row,) = (row for row in rows("again") if want.items() <= row.items())
    assert (validation, held) == pytest.approx((row["validation"], row["held"]), rel=0.02)


@pytest.mark.long
@pytest.mark.parametrize("post", [0, 1])
def test_a_training_of_twelve_blocks_comes_out_again(names_of_the_notebook, post):
    found = make.deep(names_of_the_notebook, post, 0.1, 0)
    want = {"post": post, "rise": 0.1, "seed": 0}
    (row,) = (row for row in rows("norms") if want.items() <= row.items())
    assert found == pytest.approx(row["validation"], rel=0.05)


def test_the_contest_was_fair():
    """All had about as much time, and nobody was chosen by the held-back names."""
    spent = {}
    for row in rows("contest"):
        if row["budget"] == "time" and row["epoch"] == make.IN_THE_SAME_TIME[row["network"]]:
            spent.setdefault(row["network"], []).append(row["seconds"])
    middle = {kind: np.median(seconds) for kind, seconds in spent.items()}
    assert max(middle.values()) < 1.3 * min(middle.values())
    tried = {(row["budget"], row["network"], row["rate"]) for row in rows("contest")}
    assert len(tried) == 7 * len(contest.RATES)
    swapped = [dict(row, held=-row["held"]) for row in rows("contest")]
    for key, by_network in chosen("contest", "budget").items():
        for kind, (rate, best) in by_network.items():
            other_rate, other = contest.results(swapped, "budget")[key][kind]
            assert other_rate == rate
            assert [row["epoch"] for row in other] == [row["epoch"] for row in best]


# --- the figures of the text ------------------------------------------------------------------


def span(values, digits=2):
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def reached(budget, kind):
    _, best = chosen("contest", "budget")[budget,][kind]
    assert len(best) == 3
    return [row["held"] for row in best]


def test_what_the_columns_of_places_look_like(text):
    P = references()["positional_encoding"](20, 40)
    assert f"The last pair needs {2 * np.pi * 10000**0.9:,.0f}" in text
    products = [P[:, 15] @ P[:, 15 + far] for far in (0, 1, 3, 10)]
    assert products[0] == pytest.approx(10)
    said = (
        "with itself is 10. One place further it is {:.2f}, three places {:.2f}, ten places {:.2f}"
    )
    assert said.format(*products[1:]) in text
    for place in (5, 20):
        assert P[:, place] @ P[:, place + 8] == pytest.approx(P[:, 0] @ P[:, 8])


def test_the_norm_by_hand(text):
    x = np.array([2.0, 4, 4, 6]).reshape(4, 1, 1)
    y, cache = references()["layer_norm"](x, np.ones((4, 1)), np.zeros((4, 1)))
    assert f"${y[0, 0, 0]:.4f},\\ 0,\\ 0,\\ {y[3, 0, 0]:.4f}$" in text
    assert f"$\\sqrt 2$ | ${cache[1].item():.4f}$" in text
    dy = np.array([1.0, 0, 0, 0]).reshape(4, 1, 1)
    dx = references()["layer_norm_backward"](dy, cache)["dx"].ravel()
    assert "$" + ",\\ ".join(f"{value:.4f}" for value in dx) + "$" in text
    along = (dy * cache[0]).mean()
    assert f"$-1.4142 / 4$ | ${along:.4f}$" in text


def test_two_heads_by_hand(text):
    x = np.array([[1.0, 1], [0, 2]]).reshape(2, 1, 2)
    same = dict.fromkeys(("Wq", "Wk", "Wv", "Wo"), np.eye(2))
    y, _, (*_, looks, _) = references()["multi_head_attention"](x, np.tri(2)[None], same, 2)
    one, two = (weights[0, 1] for *_, weights in looks)
    assert f"| ${one[0]:.1f},\\ {one[1]:.1f}$ | ${two[0]:.4f},\\ {two[1]:.4f}$ |" in text
    assert f"So $y_1 = (1,\\ {y[1, 0, 1]:.4f})$" in text
    assert np.array_equal(y[:, 0, 0], [1, 0])


def test_who_learns_names_best(text):
    rows_by = {kind: reached("time", kind) for kind in contest.KINDS}
    said = "the GRU comes to {}, the LSTM to {}, the transformer to {} and the RNN to {}"
    order = ("GRU", "LSTM", "transformer", "RNN")
    assert said.format(*(span(rows_by[kind]) for kind in order)) in text
    assert max(rows_by["GRU"]) < min(rows_by["transformer"])
    assert min(rows_by["LSTM"]) < max(rows_by["transformer"]) < max(rows_by["LSTM"])
    of_steps = {kind: reached("steps", kind) for kind in ("GRU", "LSTM", "RNN")}
    said = "With ten epochs for each the GRU comes to {}, the LSTM to {} and the RNN to {}"
    assert said.format(*map(span, of_steps.values())) in text
    ahead = [np.median(by["LSTM"]) < np.median(by["GRU"]) for by in (of_steps, rows_by)]
    assert ahead == [True, False]
    for kind, good in {"GRU": True, "RNN": True, "LSTM": False}.items():
        assert (np.median(rows_by[kind]) < np.median(of_steps[kind])) == good
    epochs = {
        kind: [row["epoch"] for row in best]
        for kind, (_, best) in chosen("contest", "budget")["time",].items()
    }
    assert set(epochs["transformer"]) == {9, 10}
    assert (min(epochs["LSTM"]), max(epochs["LSTM"])) == (5, 11)
    assert f"The three LSTMs lie {np.ptp(rows_by['LSTM']):.2f} apart" in text
    assert max(max(values) for values in rows_by.values()) < contest.COUNTS["4-gram"]


def test_where_the_norm_stands(text):
    found = {
        (post, rise): [
            row["validation"] for row in rows("norms") if (row["post"], row["rise"]) == (post, rise)
        ]
        for post in (0, 1)
        for rise in (0.1, 0.0)
    }
    assert all(len(seeds) == 3 for seeds in found.values())
    said = "with pre-norm the perplexity is {} where the rate rises first, and {} where it begins"
    assert said.format(span(found[0, 0.1]), span(found[0, 0.0])) in text
    assert f"With post-norm it is {span(found[1, 0.1])} and {span(found[1, 0.0])}" in text
    for rise in (0.1, 0.0):
        assert max(found[0, rise]) < min(found[1, rise])
    assert np.median(found[1, 0.1]) < np.median(found[1, 0.0])


def test_the_yardsticks_of_the_open_exercise(text):
    table = {}
    for (n_symbols, T), seed in itertools.product(ASKED, range(10)):
        _, symbols, wanted = draw_rows(np.random.default_rng(seed), n_symbols, T, 200)
        asked = wanted != NONE
        for name, said in yardsticks(symbols, n_symbols).items():
            share = np.mean(said[asked] == wanted[asked])
            table.setdefault(name, {}).setdefault((n_symbols, T), []).append(share)
    for name, by_size in table.items():
        shown = (f"{np.mean(v):.2f}, {min(v):.2f} to {max(v):.2f}" for v in by_size.values())
        assert f"| {name} | {' | '.join(shown)} |" in text


def test_names_that_come_again(text):
    panels = contest.panels_of_lists(rows("again"))
    assert {name: list(by["GRU"]) for name, (_, by) in panels.items()} == {
        "More context": [0, 1, 2],
        "More data": [30, 100, 300, 3593],
    }
    for _, by_network in panels.values():
        values = zip(by_network["GRU"].items(), by_network["transformer"].values(), strict=True)
        for (value, gru), transformer in values:
            assert len(gru) == len(transformer) == 3
            said = f"| {value:,} | {span(gru)} | {span(transformer)} |"
            assert said in text
    context, data = (by_network for _, by_network in panels.values())
    ahead = {
        place: [max(by["transformer"][n]) < min(by["GRU"][n]) for n in by["GRU"]]
        for place, by in (("context", context), ("data", data))
    }
    assert ahead == {"context": [False, True, True], "data": [False, False, True, True]}
    for by, n in ((context, 0), (data, 100)):
        assert max(by["GRU"][n]) < min(by["transformer"][n])


# --- what the notebook itself measures ----------------------------------------------------------


@pytest.fixture(scope="module", name="lesson")
def _lesson():
    return finished("08_transformer")


@pytest.mark.long
def test_where_the_heads_look(lesson):
    names, text = lesson
    near, marker = {}, {}
    for name in names["held_names"]:
        for head, look in names["looks_at"](names["network"], f".{name}")[0].items():
            rows = [look[place] for place in range(4, len(look))]
            near.setdefault(head, []).extend(r[n - 2 : n + 1].sum() for n, r in enumerate(rows, 4))
            marker.setdefault(head, []).extend(row[0] for row in rows)
    *most, last = (f"{np.mean(shares):.2f}" for shares in near.values())
    assert f"a place gives {most[0]}, {most[1]} and {most[2]} of it to itself" in text
    assert f"gives {last} there, and {np.mean(marker['block 2, head 2']):.2f} to the marker" in text


@pytest.mark.long
def test_what_the_training_reaches(lesson):
    names, text = lesson
    held = names["perplexities"]["held-back names"]
    assert held[1] < 10.74
    assert held[3] < 9.25 < held[2]
    said = "has passed the bigram on the held-back names, and after three the 4-gram"
    assert said in text
    at, perplexity, watched = names["best"], names["perplexity"], names["watched"]
    assert f"It ends at {held[at]:.2f} on the held-back names." in text
    more = []
    for seed in (1, 2):
        models, _ = names["learn"](seed)
        found = {
            name: [perplexity(names["parts"], one, watched[name], names["h"]) for one in models]
            for name in ("validation names", "held-back names")
        }
        more.append(found["held-back names"][int(np.argmin(found["validation names"]))])
    assert f"it ended at {more[0]:.2f} and {more[1]:.2f};" in text
    assert max(names["worst"].values()) < 1e-6
    assert names["apart"] < 1e-12


@pytest.mark.long
def test_what_length_costs_in_memory(lesson):
    """Of times nothing is asked: they are of one machine."""
    names, text = lesson
    costs = names["costs"]["memory to read"]
    assert f"The GRU needs {costs['GRU'][1][-1]:.0f} times as much" in text
    assert 300 < costs["transformer"][1][-1] < 400
    sizes = names["SIZES"]
    assert 2 * sizes["d"] * sizes["n_blocks"] == 80


@pytest.mark.long
def test_where_the_heads_look_when_a_name_comes_again(lesson):
    names, text = lesson
    shares = {head: np.mean(many, axis=0) for head, many in names["pair_shares"].items()}
    behind, same = zip(*(shares[f"block 2, head {n}"][:2] for n in (1, 2)), strict=True)
    assert f"names {behind[0]:.2f} and {behind[1]:.2f} of their weight lies there" in text
    assert f"and {same[0]:.2f} and {same[1]:.2f} on the same character" in text
    heads, chances = names["looks_at"](names["twice"], names["twice_text"])
    between = heads["block 1, head 1"][8:16, 8]
    assert between.min() > 0.5
    assert names["vocabulary"][chances[:, 10].argmax()] == "r"
    assert chances[0, 15] > 0.99
    for n in (1, 2):
        assert heads[f"block 2, head {n}"][15, 14:].sum() > 0.8
        assert heads[f"block 2, head {n}"][8].argmax() == 1
