"""Lesson 7: its functions against judges that share no line with them, and what its text says."""

import copy
import importlib
import itertools
import math
from datetime import date

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given as drawn_by
from hypothesis import settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

import public_tests
from lesson_tools.attention_inputs import (
    attention_arguments,
    attention_backward_arguments,
    decoder_step_arguments,
    greedy_decode_arguments,
    masked_softmax_arguments,
)
from lesson_tools.checks import Mismatch
from lesson_tools.dates import (
    FORMS,
    HELD_BACK,
    INPUTS,
    MONTHS,
    OUTPUTS,
    draw_dates,
    draw_numbers,
    numbered,
    ordinal,
    wanted,
)
from lesson_tools.memory import (
    check_looking,
    draw_symbols,
    look,
    symbols_said,
    wanted_symbols,
    yardsticks,
)
from lesson_tools.values import compare
from tests.course.test_gradients import agrees, run  # noqa: F401 -- agrees is a fixture
from tests.course.test_numbers import finished
from tests.support.course import ROOT, references

FOLDER = ROOT / "source" / "07_attention"

# d, d_v, m, T_q, T_k: lopsided every way round, with one example, one query, one key.
SIZES = [
    (3, 5, 2, 4, 6),
    (5, 2, 3, 6, 4),
    (2, 4, 1, 3, 5),
    (1, 3, 4, 2, 7),
    (4, 1, 3, 1, 5),
    (3, 2, 4, 5, 1),
    (1, 1, 1, 1, 1),
]
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


@pytest.fixture(scope="module", name="lesson")
def _lesson():
    return finished("07_attention")


@pytest.fixture(scope="module", name="tools")
def _tools():
    return importlib.import_module("lesson_tools.encoder_decoder")


def parts_of(tools):
    given = importlib.import_module("gru_lesson")
    ours = references()
    return tools.Parts(
        given.gru_forward, given.gru_backward, ours["attention"], ours["attention_backward"]
    )


def drawn(maker, size, **options):
    return maker(np.random.default_rng(sum(size)), *size, **options)


# --- the look, against sums written out and ONNX Runtime ----------------------------------


def shares_of(scores):
    """Return the softmax of a list of numbers: of each, how the others stand to it."""
    far = [[min(other - one, 700.0) for other in scores] for one in scores]
    return [1 / math.fsum(map(math.exp, row)) for row in far]


def judged_weights(scores, mask):
    """Return the softmax over the keys that count, one row at a time, number by number."""
    weights = np.zeros(scores.shape)
    for row in np.ndindex(scores.shape[:-1]):
        counts = mask[row] == 1
        weights[row][counts] = shares_of(scores[row][counts].tolist())
    return weights


@sizes
@pytest.mark.parametrize("options", [{}, {"whole": True}, {"scale": 1000.0}, {"lure": 3000.0}])
def test_masked_softmax_agrees_with_sums_written_out(size, options):
    given = drawn(masked_softmax_arguments, size[2:], **options)
    compare("weights", run("masked_softmax", given), judged_weights(**given), rtol=1e-12)


@sizes
@pytest.mark.parametrize("whole", [False, True])
def test_attention_agrees_with_sums_written_out(size, whole):
    given = drawn(attention_arguments, size, whole=whole)
    Q, K, V, mask = given.values()
    out, weights, cache = run("attention", given)
    for i in range(Q.shape[1]):
        want = judged_weights(Q[:, i].T @ K[:, i] / len(Q) ** 0.5, mask[i])
        compare("weights", weights[i], want, rtol=1e-12)
        compare("out", out[:, i], V[:, i] @ want.T, rtol=1e-12)
    compare("cache", cache, (Q, K, V, weights), rtol=0, atol=0)


def onnx_attention(Q, K, V, mask):
    """Return what ONNX Runtime gives for MatMul, Div, Where, Softmax, MatMul, in our layout."""
    names = ("Q", "K", "V", "mask", "low", "root")
    nodes = [
        helper.make_node("Transpose", ["Q"], ["rows"], perm=[1, 2, 0]),
        helper.make_node("Transpose", ["K"], ["columns"], perm=[1, 0, 2]),
        helper.make_node("Transpose", ["V"], ["values"], perm=[1, 2, 0]),
        helper.make_node("MatMul", ["rows", "columns"], ["products"]),
        helper.make_node("Div", ["products", "root"], ["scores"]),
        helper.make_node("Where", ["mask", "scores", "low"], ["seen"]),
        helper.make_node("Softmax", ["seen"], ["weights"], axis=-1),
        helper.make_node("MatMul", ["weights", "values"], ["mixed"]),
        helper.make_node("Transpose", ["mixed"], ["out"], perm=[2, 0, 1]),
    ]
    kinds = dict.fromkeys(names, TensorProto.DOUBLE) | {"mask": TensorProto.BOOL}
    graph = helper.make_graph(
        nodes,
        "look",
        [
            helper.make_tensor_value_info(n, kinds[n], [] if n in ("low", "root") else [None] * 3)
            for n in names
        ],
        [
            helper.make_tensor_value_info(n, TensorProto.DOUBLE, [None] * 3)
            for n in ("out", "weights")
        ],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    given = {"Q": Q, "K": K, "V": V, "mask": mask > 0, "low": np.array(-np.inf)}
    return session.run(["out", "weights"], given | {"root": np.array(np.sqrt(len(Q)))})


@sizes
def test_attention_agrees_with_onnx_runtime(size):
    given = drawn(attention_arguments, size)
    out, weights, _ = run("attention", given)
    judged_out, judged = onnx_attention(**given)
    compare("out", out, judged_out, rtol=1e-12, atol=1e-13)
    compare("weights", weights, judged, rtol=1e-12, atol=1e-13)


@sizes
@pytest.mark.parametrize("whole", [False, True])
def test_what_draws_the_inputs_looks_in_the_same_way(size, whole):
    given = drawn(attention_arguments, size, whole=whole)
    compare("out", look(**given), run("attention", given)[0], rtol=1e-12, atol=1e-13)


# --- properties ---------------------------------------------------------------------------


@st.composite
def looks(draw):
    size = draw(st.tuples(*[st.integers(1, 6)] * 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    given = attention_arguments(rng, *size, scale=draw(st.sampled_from([0.1, 1.0, 30.0])))
    for row in given["mask"].reshape(-1, size[4]):
        row[:] = draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=size[4], max_size=size[4]))
    return rng, given


@settings(deadline=None, max_examples=60)
@drawn_by(looks())
def test_rows_sum_to_one_or_to_nothing(drawn_look):
    _, given = drawn_look
    out, weights, _ = run("attention", given)
    total, some = weights.sum(axis=-1), given["mask"].any(axis=-1)
    np.testing.assert_allclose(total[some], 1.0, rtol=1e-13)
    assert not weights[~some].any()
    assert not out[:, ~some].any()
    assert not weights[given["mask"] == 0].any()
    assert (weights >= 0).all()


@settings(deadline=None, max_examples=60)
@drawn_by(looks())
def test_what_is_masked_has_no_influence_to_the_last_bit(drawn_look):
    """A key that no query of its example may look at can be anything, and so can its value."""
    rng, given = drawn_look
    unseen = ~given["mask"].any(axis=1)
    other = copy.deepcopy(given)
    for name in ("K", "V"):
        noise = 100 * rng.standard_normal(other[name].shape)
        other[name] = np.where(unseen, noise, other[name])
    for one, two in zip(run("attention", given)[:2], run("attention", other)[:2], strict=True):
        assert np.array_equal(one, two)


@settings(deadline=None, max_examples=60)
@drawn_by(looks())
def test_shuffled_keys_change_nothing_and_shuffled_queries_shuffle_what_comes_back(drawn_look):
    rng, given = drawn_look
    out, weights, _ = run("attention", given)
    keys = rng.permutation(given["K"].shape[2])
    queries = rng.permutation(given["Q"].shape[2])
    turned = {
        "Q": given["Q"][:, :, queries],
        "K": given["K"][:, :, keys],
        "V": given["V"][:, :, keys],
        "mask": given["mask"][:, queries][:, :, keys],
    }
    found, shares, _ = run("attention", turned)
    np.testing.assert_allclose(found, out[:, :, queries], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(shares, weights[:, queries][:, :, keys], rtol=1e-12, atol=1e-13)


@settings(deadline=None, max_examples=30)
@drawn_by(looks())
def test_what_comes_back_lies_between_the_values_and_examples_do_not_mix(drawn_look):
    _, given = drawn_look
    out, _, _ = run("attention", given)
    for i in range(out.shape[1]):
        one = {n: a[i : i + 1] if n == "mask" else a[:, i : i + 1] for n, a in given.items()}
        np.testing.assert_allclose(run("attention", one)[0][:, 0], out[:, i], atol=1e-12)
        some = given["mask"][i].any(axis=-1)
        low, high = (f(given["V"][:, i], axis=1)[:, None] for f in (np.min, np.max))
        assert (out[:, i][:, some] >= low - 1e-12).all()
        assert (out[:, i][:, some] <= high + 1e-12).all()


# --- the gradients ----------------------------------------------------------------------


def looked_back(v, mask, d_out):
    """Return the loss whose gradient for out is d_out, for real and for complex numbers."""
    scores = np.matmul(v["Q"].transpose(1, 2, 0), v["K"].transpose(1, 0, 2)) / np.sqrt(len(v["Q"]))
    shares = mask * np.exp(scores)
    total = shares.sum(axis=-1, keepdims=True)
    weights = shares / (total + (mask.sum(axis=-1, keepdims=True) == 0))
    return np.sum(d_out * np.matmul(weights, v["V"].transpose(1, 2, 0)).transpose(2, 0, 1))


@sizes
@pytest.mark.parametrize("whole", [False, True])
def test_attention_backward(agrees, size, whole):  # noqa: F811
    given = drawn(attention_arguments, size, whole=whole)
    Q, K, V, mask = given.values()
    d_out = np.random.default_rng(3).standard_normal((size[1], size[2], size[3]))
    _, _, cache = run("attention", given)
    gradients = run("attention_backward", {"d_out": d_out, "cache": cache})
    names = {"dQ": "Q", "dK": "K", "dV": "V"}
    agrees(gradients, lambda v: looked_back(v, mask, d_out), {"Q": Q, "K": K, "V": V}, names)


def test_the_gradients_of_a_training_are_those_of_its_loss(tools):
    parts, rng = parts_of(tools), np.random.default_rng(2)
    model = tools.start_model(rng, n_a=4, d=3, d_v=2)
    batch, labels = tools.batch_of(*draw_dates(rng, 3))
    _, grads = tools.loss_and_gradients(parts, model, batch, labels)
    arrays = tools.flat(model)
    for name, value in arrays.items():
        index = tuple(rng.integers(n) for n in value.shape)
        ends = []
        for step in (1e-5, -1e-5):
            moved = copy.deepcopy(arrays)
            moved[name][index] += step
            ends.append(tools.loss_and_gradients(parts, tools.built(moved), batch, labels)[0])
        assert grads[f"d{name}"][index] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-8)


def test_the_two_ways_of_the_gradient_add_up(tools):
    parts, rng = parts_of(tools), np.random.default_rng(4)
    model = tools.start_model(rng, n_a=4, d=3, d_v=2)
    batch, _ = tools.batch_of(*draw_dates(rng, 3))
    y_pred, _, caches = tools.forward(parts, model, *batch)
    dscores = rng.standard_normal(y_pred.shape)
    both = tools.backward(parts, model, dscores, caches)["dx"]
    ways = [
        tools.backward(parts, model, dscores, caches, (way,))["dx"]
        for way in ("attention", "recurrence")
    ]
    np.testing.assert_allclose(ways[0] + ways[1], both, atol=1e-14)


# --- the decoder --------------------------------------------------------------------------


@pytest.mark.parametrize("blind", [False, True])
def test_decoder_step_is_what_its_parts_give(blind):
    """The GRU of lesson 6 is judged there; the look and the sum are written out here."""
    given = drawn(decoder_step_arguments, (5, 4, 3, 2, 3, 6), blind=blind)
    xt, a_prev, K, V, mask, p = given.values()
    a_next, y, weights = run("decoder_step", given)
    want_a, _, _ = references()["gru_cell_forward"](xt, a_prev, p["gru"])
    compare("a_next", a_next, want_a, rtol=1e-13, atol=1e-14)
    for i in range(xt.shape[1]):
        query = p["Wq"] @ want_a[:, i]
        want = judged_weights((K[:, i].T @ query / np.sqrt(len(K)))[None], mask[i : i + 1])[0]
        compare("weights", weights[i], want, rtol=1e-12, atol=1e-14)
        scores = p["Wy"] @ np.concatenate([want_a[:, i], V[:, i] @ want]) + p["by"][:, 0]
        compare("y", y[:, i], np.array(shares_of(scores.tolist())), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_is_what_the_decoder_was_made_for(ends, seed):
    given = greedy_decode_arguments(
        np.random.default_rng(seed), 6, 7, 4, 5, 8, ends=ends, stop=seed % 3
    )
    indices, weights = run("greedy_decode", given)
    assert len(indices) == (4 if ends else given["max_len"] == 2 and 2)
    assert given["stop"] not in indices
    assert weights.shape == (len(indices) + ends, 8)


def test_right_dates_counts_what_is_written_without_help(lesson, tools):
    """Asked with the right characters, as many are right as when the network reads its own."""
    names, _ = lesson
    texts, dates = draw_dates(np.random.default_rng(8), 40, tuple(HELD_BACK.values()))
    helped = tools.right_dates(names["parts"], names["model"], texts, dates)
    alone = [names["write"](text)[0] == one for text, one in zip(texts, dates, strict=True)]
    assert list(helped) == alone
    assert 0 < sum(alone) < 40


# --- the data -----------------------------------------------------------------------------


def test_each_form_writes_its_date():
    third = date(1998, 5, 3)
    dates = importlib.import_module("lesson_tools.dates")
    for name, form in (FORMS | HELD_BACK).items():
        assert dates.written(third, form) == name
    assert not set(FORMS.values()) & set(HELD_BACK.values())
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30)] == (
        "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 30th".split()
    )


def test_dates_are_drawn_evenly_and_are_what_their_texts_say():
    texts, dates = draw_dates(np.random.default_rng(0), 4000, (FORMS["3 May 1998"],))
    for text, one in zip(texts, dates, strict=True):
        day, month, year = text.split()
        assert date.fromisoformat(one) == date(int(year), MONTHS.index(month) + 1, int(day))
    years = np.bincount([int(one[:4]) - 1950 for one in dates], minlength=100)
    assert len(years) == 100
    assert years.min() > 15


def test_every_character_has_a_number():
    everything = tuple((FORMS | HELD_BACK).values())
    texts, dates = draw_dates(np.random.default_rng(1), 3000, everything, behind=20)
    assert set("".join(texts)) <= set(INPUTS)
    assert len(set(INPUTS)) == len(INPUTS)
    indices, mask = numbered(texts)
    back = [
        "".join(INPUTS[n] for n in row[seen > 0]) for row, seen in zip(indices, mask, strict=True)
    ]
    assert back == texts
    read, labels = wanted(dates)
    assert np.array_equal(read[:, 1:], labels[:, :-1])
    assert ["".join(OUTPUTS[n] for n in row[:-1]) for row in labels] == dates
    assert not read[:, 0].any()
    assert not labels[:, -1].any()


def test_a_sentence_has_as_many_characters_as_asked_for():
    rng = np.random.default_rng(3)
    for behind in (1, 2, 10, 40, 160):
        texts, dates = draw_dates(rng, 50, (FORMS["03.05.1998"],), behind)
        assert {len(text) for text in texts} == {10 + behind}
        assert [text[:10] for text in texts] == [f"{o[8:]}.{o[5:7]}.{o[:4]}" for o in dates]


# --- public inputs ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["masked_softmax", "attention", "attention_backward"])
def test_the_sizes_of_the_first_case_differ(name):
    _, _, words = public_tests.cases(name)[0]
    counts = [pair.split("=")[1] for pair in words.split(", ")]
    assert len(set(counts)) == len(counts)


def test_the_drawn_weights_are_rows_of_a_look():
    for whole in (False, True):
        cache = drawn(attention_backward_arguments, SIZES[0], whole=whole)["cache"]
        total = cache[3].sum(axis=-1)
        assert np.all(np.isclose(total, 1) | (total == 0))
        assert (total == 0).any() == whole


# --- the open exercise ----------------------------------------------------------------------


def looking(**changes):
    """Return looking_weights with something changed in what it returns."""

    def looking_weights(task, k, n):
        found = references()["looking_weights"](task, k, n)
        return found | {name: change(found[name]) for name, change in changes.items()}

    return looking_weights


WRONG = {
    "never sure": ({"Wq": lambda W: 0 * W}, 'With task "copy"'),
    "turned": ({"Wk": lambda W: W[::-1]}, "What comes is turned round."),
    "smallest": ({"Wq": lambda W: -W if len(W) == 1 else W}, "What comes is the smallest symbol."),
    "another d": ({"Wk": lambda W: W[:1]}, "Wk has the wrong shape"),
    "no array": ({"Wq": lambda _: 3.0}, "Wq should be an array of shape (d, k + n)"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_wrong_weights_do_is_told(what):
    changes, words = WRONG[what]
    with pytest.raises(Mismatch) as caught:
        check_looking(looking(**changes))
    assert words in str(caught.value)


def test_the_yardsticks_of_the_open_exercise(lesson):
    _, text = lesson
    tasks = {"copy": (6, 4), "reverse": (7, 5), "largest": (6, 10)}
    rows = {}
    for (task, (k, n)), seed in itertools.product(tasks.items(), range(10)):
        _, symbols = draw_symbols(np.random.default_rng(seed), k, n, 200)
        for name, said in yardsticks(symbols, k).items():
            right = np.mean(said == wanted_symbols(task, symbols))
            rows.setdefault(name, {}).setdefault(task, []).append(right)
    for name, by_task in rows.items():
        shown = (
            "1" if min(v) == 1 else f"{np.mean(v):.2f}, {min(v):.2f} to {max(v):.2f}"
            for v in by_task.values()
        )
        assert f"| {name} | {' | '.join(shown)} |" in text


@pytest.mark.parametrize("task", ["copy", "reverse", "largest"])
def test_the_weights_of_the_solution_hold_for_many_sizes(task):
    rng = np.random.default_rng(5)
    for k, n in itertools.product((2, 5, 9), (2, 6, 20)):
        x, symbols = draw_symbols(rng, k, n, 50)
        said = symbols_said(references()["looking_weights"], task, k, n, x)
        assert np.array_equal(said, wanted_symbols(task, symbols))


# --- the trainings --------------------------------------------------------------------------


def rows_of(name):
    return np.genfromtxt(FOLDER / name, delimiter=",", names=True, dtype=None, encoding="utf-8")


@pytest.mark.parametrize("looks", [True, False])
def test_a_piece_of_the_training_comes_out_again(tools, looks):
    """The first 100 rounds of 1200, with the seed 0."""
    make = importlib.import_module("lesson_tools.make_dates")
    _, learning, _ = make.one_training(parts_of(tools), "dates", looks, 0, stop=100)
    log = rows_of("learning.csv")
    want = log[(log["looks"] == looks) & (log["seed"] == 0) & (log["round"] <= 100)]
    for row, known in zip(learning, want, strict=True):
        _, _, number, loss, right = row.split(",")
        assert int(number) == known["round"]
        assert float(loss) == pytest.approx(known["loss"], abs=0.01)
        assert float(right) == pytest.approx(known["right"], abs=0.02)


def test_what_was_trained_is_as_good_as_the_table_says(tools):
    model, log = tools.read_model(FOLDER / "trained.csv"), rows_of("lengths.csv")
    make = importlib.import_module("lesson_tools.make_dates")
    asked = [("dates", n) for n in (0, 160)] + [("held back", n) for n in range(len(HELD_BACK))]
    for task, length in asked:
        right = tools.right_dates(parts_of(tools), model, *make.asked_of(task, length)).mean()
        (row,) = log[
            (log["task"] == task)
            & (log["length"] == length)
            & (log["seed"] == 0)
            & (log["looks"] == 1)
        ]
        assert right == pytest.approx(row["right"], abs=0.02)


def test_both_networks_have_as_many_weights_that_are_used(tools, lesson):
    _, text = lesson
    rng = np.random.default_rng(0)
    looks = sum(v.size for v in tools.flat(tools.start_model(rng, **tools.SIZES)).values())
    blind = tools.flat(tools.start_model(rng, **tools.BLIND))
    unused = {" encoder Wk", " encoder Wv", " decoder Wq"}
    count = sum(v.size for name, v in blind.items() if name not in unused)
    count -= len(OUTPUTS)  # the column of Wy for what never comes back
    assert abs(looks - count) < 100
    assert round(looks, -2) == round(count, -2) == 14600
    assert "both have about 14,600 weights that are used" in text


def test_numbers_to_copy_are_their_own_answer():
    texts, same = draw_numbers(np.random.default_rng(0), 20, 7)
    assert texts == same
    assert {len(text) for text in texts} == {7}


# --- the figures of the text ----------------------------------------------------------------


def span(values, digits=0):
    """Return the lowest and the highest share, in percent; one number where both are the same."""
    low, high = (f"{100 * f(values):.{digits}f}%" for f in (min, max))
    return low if low == high else f"{low} to {high}"


def learned(looks, number):
    log = rows_of("learning.csv")
    found = log["right"][(log["looks"] == looks) & (log["round"] == number)]
    assert len(found) == 3
    return list(found)


def reached(task, looks, length):
    log = rows_of("lengths.csv")
    chosen = (log["task"] == task) & (log["looks"] == looks) & (log["length"] == length)
    assert chosen.sum() == 3
    return list(log["right"][chosen])


def test_the_look_by_hand(lesson):
    names, text = lesson
    weights = names["weights_hand"].ravel()
    assert f"${weights[0]:.4f},\\ {weights[1]:.4f},\\ 0$" in text
    assert weights[2] == 0
    assert f"${names['out_hand'].item():.3f}$" in text
    back = names["hand_back"]
    assert f"$(0,\\ 0,\\ {back['dQ'][2, 0, 0]:.4f},\\ {back['dQ'][3, 0, 0]:.4f})$" in text
    assert f"{back['dK'][0, 0, 0]:.4f} \\cdot q" in text
    assert np.abs(back["dQ"][:2]).max() < 1e-15
    assert not back["dK"][:, 0, 2].any()


def test_what_the_root_is_good_for(lesson):
    names, text = lesson
    spread, largest, gradient = names["root"].values()
    middle = {
        (what, name): np.median(values, axis=1)
        for what, lines in (("spread", spread), ("largest", largest), ("gradient", gradient))
        for name, values in lines.items()
    }
    free, kept = (middle["spread", name] for name in ("not divided", "divided"))
    assert f"is {free[0]:.0f} for $d = 4$ and {free[-1]:.0f} for $d = 256$" in text
    assert np.abs(kept - 1).max() < 0.06
    hard, soft = (middle["largest", name][-1] for name in ("not divided", "divided"))
    assert f"The largest of 10 weights is {hard:.2f} on the average for $d = 256$" in text
    assert f"Divided, it is {soft:.2f}" in text
    flat, steep = (middle["gradient", name][-1] for name in ("not divided", "divided"))
    assert f"The median falls to {flat:.2f} for $d = 256$, where it is {steep:.2f}" in text
    assert (middle["gradient", "not divided"] > middle["gradient", "divided"])[:2].all()


def test_how_fast_both_networks_learn(lesson):
    _, text = lesson
    log = rows_of("lengths.csv")
    seconds = log["seconds"][(log["task"] == "dates") & (log["looks"] == 1)]
    assert f"That takes {min(seconds):.0f} to {max(seconds):.0f} seconds of processor" in text
    assert f"with attention {span(learned(1, 300))} of the dates are right after 300" in text
    assert f"and {span(learned(1, 1200))} after 1200" in text
    assert f"Without it {span(learned(0, 300), 1)} are right after 300 rounds" in text
    assert f"{span(learned(0, 600))} after 600, and {span(learned(0, 1200))} at the end" in text


def test_what_length_does(lesson):
    _, text = lesson
    right = [reached("dates", 0, n) for n in (0, 40, 160)]
    assert f"Without attention {span(right[0])} of the dates are right with nothing behind" in text
    assert f"and {span(right[1])} with 40 characters" in text
    assert f"as many as in training, it is {span(right[2])}" in text
    looking = [x for n in (0, 10, 20, 40, 80, 160) for x in reached("dates", 1, n)]
    assert f"With attention it is {span(looking, 1)} at all lengths" in text
    without, with_it = ({n: reached("numbers", k, n) for n in (5, 10, 15, 20, 25)} for k in (0, 1))
    assert f"of 5 digits are copied right in {span(without[5])} of all cases" in text
    assert f"those of 10 in {span(without[10])}, and those of 15 in {span(without[15])}" in text
    assert f"it is {span(with_it[10])} for 10 digits, {span(with_it[15])} for 15" in text
    assert f"and {span(with_it[20])} for 20" in text
    assert f"longer than all in training, are right in {span(with_it[25])} of the cases" in text


def test_what_becomes_of_forms_that_were_held_back(lesson):
    names, text = lesson
    for number, name in enumerate(HELD_BACK):
        shares = [span(reached("held back", looks, number)) for looks in (1, 0)]
        assert f"| `{name}` | {shares[0]} | {shares[1]} |" in text
    assert names["held_share"]["training forms"] == 1.0


def test_where_the_network_looks(lesson):
    names, text = lesson
    write = names["write"]
    behind = {"Sunday the 3rd of May, 1998": "r", "May 3, 1998": ",", "23/5/1998": "/"}
    for written, character in behind.items():
        said, weights = write(written)
        assert said[:4] == "1998"
        at = weights.argmax(axis=1)
        assert list(at[:3]) == [len(written) - 2] * 3
        assert at[3] == len(written) - 1
        assert written[at[9]] == character
        assert written[at[8]] == (said[8] if said[8] != "0" else character)
        assert [at[4], at[7]] == [0, 0]  # the hyphens
    _, weights = write("Sunday the 3rd of May, 1998")
    assert [n + 1 for n in np.flatnonzero(weights.max(axis=1) < 0.9)] == [5, 11]
    assert "At the fifth, the first hyphen, and at the eleventh, the end." in text


def test_what_the_network_makes_of_the_ambiguity(lesson):
    write = lesson[0]["write"]
    said = [write(text)[0] for text in ("3/5/1998", "5/3/1998", "3/13/1998", "31/2/1998")]
    assert said == ["1998-05-03", "1998-03-05", "1998-01-03", "1998-02-31"]


def test_how_much_comes_back_on_each_way(lesson):
    names, text = lesson
    before, after = (list(ways.values()) for ways in names["gradient_ways"].values())
    assert before[0][-1] > 1e5 * before[1][-1]
    assert 0.9 < before[0][-1] / before[0][30] < 1.1
    assert 2.8 < np.log(0.5) / np.log((before[1][57] / before[1][3]) ** (1 / 54)) < 3.6
    most = int(after[0].argmax())
    assert 16 <= most <= 19
    assert after[0][most:].argmin() in range(5, 13)
    assert 0.2 < after[0][-1] / after[0].max() < 0.3
    assert "from about 17 characters before the end" in text
    assert after[0][most] > 1000 * after[1][most]
    assert after[0][:9].max() < 1e-4 * after[0].max()
