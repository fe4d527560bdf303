"""The public tests of this lesson, and the cases that they go through."""

from functools import partial

import numpy as np

from lesson_tools.cases import ALONE, PublicCases
from lesson_tools.checks import Mismatch, call, check, name_of, passed, require_function
from lesson_tools.counting import arguments_of
from lesson_tools.drawing import check_generator, check_often
from lesson_tools.induction import ASKED, check_induction
from lesson_tools.transformer_inputs import (
    block_shapes,
    feed_forward_arguments,
    feed_forward_backward_arguments,
    generate_arguments,
    induction_weights_arguments,
    layer_norm_arguments,
    layer_norm_backward_arguments,
    multi_head_attention_arguments,
    multi_head_attention_backward_arguments,
    positional_encoding_arguments,
    transformer_backward_arguments,
    transformer_block_arguments,
    transformer_block_backward_arguments,
    transformer_forward_arguments,
)

SEEN = ("example", "query", "key")
AXES = {  # of the stream, and of what its places see of each other
    3: ("feature", "example", "place"),
    **{f"cache[2][{head}][3]": SEEN for head in range(4)},
    **{f"cache[1][2][{head}][3]": SEEN for head in range(4)},
    **{f"caches[1][{k}][1][2][{head}][3]": SEEN for k in range(4) for head in range(4)},
}
PLACES = [(6, 9), (5, 4), (3, 60), (1, 3), (2, 1)]
NORM = [
    (5, 3, 4),
    (4, 1, 6),
    (3, 4, 1),
    (6, 2, 3, {"up": 1e6}),
    (4, 3, 2, {"flat": True}),
    (1, 2, 3),
    (3, 2, 5, {"scale": 0.01, "eps": 1e-3}),
]
NORM_BACK = [(5, 3, 4), (4, 1, 6), (3, 4, 1), (6, 2, 3, {"large": 1e4}), (2, 3, 4)]
HEADS = [
    (6, 3, 2, 4),
    (4, 2, 1, 3),
    (2, 1, 3, 2),
    (4, 4, 2, 1),
    (4, 2, 1, 3, {"before": 5}),
    (2, 1, 4, 1, {"before": 3}),
]
HEADS_BACK = [
    (4, 2, 3, 5),
    (6, 3, 1, 4),
    (3, 1, 4, 2),
    (4, 4, 2, 1),
    (4, 2, 3, 5, {"sharp": 40.0}),
    (2, 1, 4, 3, {"large": 1e4}),
]
FEED = [(4, 6, 3, 5), (5, 3, 1, 4), (3, 7, 4, 1), (1, 2, 3, 4)]
FEED_BACK = [*FEED, (2, 3, 4, 2, {"large": 1e4})]
BLOCK = [
    (4, 1, 5, 2, 3),
    (6, 3, 2, 1, 4),
    (4, 2, 3, 3, 1),
    (4, 2, 3, 1, 2, {"before": 5}),
]
BLOCK_BACK = [(4, 2, 6, 3, 5), (6, 3, 2, 1, 4), (4, 2, 3, 3, 1), (2, 1, 3, 2, 3, {"large": 1e4})]
WHOLE = [
    (5, 4, 2, 6, 2, 2, 3),
    (4, 6, 3, 2, 1, 1, 3),
    (3, 4, 2, 5, 1, 3, 1),
    (4, 2, 1, 3, 2, 1, 2, {"before": 5}),
]
WHOLE_BACK = [
    (5, 4, 2, 6, 2, 2, 3),
    (3, 6, 3, 2, 1, 1, 4),
    (3, 4, 2, 5, 1, 3, 1),
    (6, 2, 1, 3, 3, 2, 3, {"large": 1e4}),
]
WRITES = [
    (6, 8, 2, 2, 5, {"chain": 3}),
    (5, 6, 3, 1, 5, {"prompt": 4, "stop": 2}),
    (6, 8, 1, 2, 2, {"chain": 4, "stop": 1}),
    (5, 4, 2, 2, 4, {"prompt": 2, "before": 3}),
    (6, 4, 4, 1, 1),
]
DIRECT = ("one_hot", "transformer_forward")  # what is called to write
SIZES = {  # of each exercise the makers' sizes, in words
    "layer_norm": "d m T_x",
    "multi_head_attention": "d h m T_x",
    "feed_forward": "d d_f m T_x",
    "transformer_block": "d h d_f m T_x",
    "transformer": "n_x d h d_f n_blocks m T_x",
}


class Cases(PublicCases):
    """Cases of which less is recorded than of others: each of them returns a whole network."""

    def alone(self, name):
        """Return one example and one step of each case once."""
        return super().alone(name)[ALONE - 1 :]

    def record(self, test, function):
        """Record of the whole network what comes of its cases, and little else.

        Of calls only those that `generate` makes itself, of inputs none that lies deep in a cache.
        """
        found = super().record(test, function)
        for key in [*found]:
            name, *_, kind = key.split()
            if name.startswith("transformer_") and kind == "without":
                found[key] = {one: n for one, n in found[key].items() if one.count("[") < 3}
            if name == "generate" and kind == "calls":
                found[key] = {one: n for one, n in found[key].items() if one in DIRECT}
        large = ("transformer_forward alone", "transformer_backward alone")
        return {key: value for key, value in found.items() if not key.startswith(large)}


CASES = Cases(
    __file__,
    positional_encoding=(positional_encoding_arguments, PLACES, "d T"),
    layer_norm=(layer_norm_arguments, NORM, SIZES["layer_norm"]),
    layer_norm_backward=(layer_norm_backward_arguments, NORM_BACK, SIZES["layer_norm"]),
    multi_head_attention=(multi_head_attention_arguments, HEADS, SIZES["multi_head_attention"]),
    multi_head_attention_backward=(
        multi_head_attention_backward_arguments,
        HEADS_BACK,
        SIZES["multi_head_attention"],
    ),
    feed_forward=(feed_forward_arguments, FEED, SIZES["feed_forward"]),
    feed_forward_backward=(feed_forward_backward_arguments, FEED_BACK, SIZES["feed_forward"]),
    transformer_block=(transformer_block_arguments, BLOCK, SIZES["transformer_block"]),
    transformer_block_backward=(
        transformer_block_backward_arguments,
        BLOCK_BACK,
        SIZES["transformer_block"],
    ),
    transformer_forward=(transformer_forward_arguments, WHOLE, SIZES["transformer"]),
    transformer_backward=(transformer_backward_arguments, WHOLE_BACK, SIZES["transformer"]),
    generate=(generate_arguments, WRITES, "n_x d h n_blocks max_len"),
    induction_weights=(induction_weights_arguments, ASKED, "n_symbols T"),
)
NORM_CACHE = ("normed", "spread", "gain")
LOOK_CACHE = ("x", "out", "looks", "parameters")
LOOKS = {"looks[t]": ("Q", "K", "V", "weights")}
FEED_CACHE = ("x", "hidden", "parameters")
BLOCK_CACHE = ("norm1", "look", "norm2", "feed")
KEPT = {"kept": ("K", "V")}
FORM = " form"  # behind the name of a value that is a nest


# --- values of values ---------------------------------------------------------------------

TUPLE, LIST, DICT, GIVEN = -1, -2, -3, -4  # in a form; any other number is of how many axes
GRADIENTS = [f"d{name}" for name in block_shapes(1, 1)]


def packed(value):
    """Return a nest of tuples, lists and gradients as its form and its numbers, two arrays.

    Of a dict of parameters only the form says that there is one: the caller has handed it over.
    """
    if type(value) is np.ndarray:
        return [value.ndim, *value.shape], value.ravel()
    if type(value) is dict and set(value) != set(GRADIENTS):
        return [GIVEN], np.zeros(0)
    parts = [value[name] for name in GRADIENTS] if type(value) is dict else value
    form = [{tuple: TUPLE, list: LIST, dict: DICT}[type(value)], len(parts)]
    numbers = [np.zeros(0)]
    for part in parts:
        more, some = packed(part)
        form, numbers = [*form, *more], [*numbers, some]
    return form, np.concatenate(numbers)


def unpacked(form, numbers, parameters):
    """Return the nest that `packed` has made two arrays of.

    ``parameters`` are those that the function was called with: of all, or of one block.
    """
    form, numbers = iter(form.astype(int).tolist()), iter(numbers.tolist())

    def take(given):
        kind = next(form)
        if kind == GIVEN:
            return given
        if kind >= 0:
            shape = [next(form) for _ in range(kind)]
            array = [next(numbers) for _ in range(int(np.prod(shape)))]
            return np.array(array, dtype=float).reshape(shape)
        blocks = given.get("blocks", []) if kind == LIST and given else []
        count = next(form)
        parts = [take(blocks[n] if n < len(blocks) else given) for n in range(count)]
        if kind == DICT:
            return dict(zip(GRADIENTS, parts, strict=True))
        return parts if kind == LIST else tuple(parts)

    return take(parameters)


def stored(target, case, given, pick):
    """Return what is expected of a case: by name an array, or a nest where there is its form."""
    want = CASES.stored(target, case, given, partial(_packed, pick))
    forms = {key: want.pop(key) for key in [*want] if key.endswith(FORM)}
    for key, form in forms.items():
        value = key.removesuffix(FORM)
        want[value] = unpacked(form, want[value], given.get("parameters"))
    return want


def _packed(pick, result):
    found = {}
    for name, value in pick(result).items():
        if type(value) is np.ndarray:
            found[name] = value
        else:
            form, found[name] = packed(value)
            found[name + FORM] = np.array(form, dtype=float)
    return found


def _compare(target, name, values="", axes=None, entries=None):
    """Test an exercise; ``values`` are the names of what it returns, where that is a tuple."""
    names = values.split()

    def pick(result):
        return dict(zip(names, result, strict=True)) if names else result

    form = tuple if names else dict
    for case, given, sizes in CASES.of(name):
        want = stored(target, case, given, pick)
        if names:
            want = {one: want[one] for one in names}
        other = partial(CASES.wrong_elsewhere, target, name, case)
        check(target, given, want, sizes, form, axes, entries, elsewhere=other)


# --- the tests ----------------------------------------------------------------------------


def positional_encoding_test(target):
    """Test the columns that stand for places."""
    CASES.compare(target, "positional_encoding", lambda P: {"P": P})


def layer_norm_test(target):
    """Test how columns are brought to one scale."""
    with CASES.explained(target, "layer_norm"):
        axes = AXES | {"cache[1]": ("example", "place")}
        _compare(target, "layer_norm", "y cache", axes, {"cache": NORM_CACHE})
    passed(target)


def layer_norm_backward_test(target):
    """Test the way back through a layer norm."""
    CASES.compare(target, "layer_norm_backward", axes=AXES)


def multi_head_attention_test(target):
    """Test attention with heads, with earlier places and without."""
    with CASES.explained(target, "multi_head_attention"):
        entries = {"cache": LOOK_CACHE, **KEPT, **LOOKS}
        _compare(target, "multi_head_attention", "y kept cache", AXES, entries)
    passed(target)


def multi_head_attention_backward_test(target):
    """Test the way back through attention with heads."""
    CASES.compare(target, "multi_head_attention_backward", axes=AXES)


def feed_forward_test(target):
    """Test the part that works at each place for itself."""
    with CASES.explained(target, "feed_forward"):
        _compare(target, "feed_forward", "y cache", AXES, {"cache": FEED_CACHE})
    passed(target)


def feed_forward_backward_test(target):
    """Test the way back through the feed-forward part."""
    CASES.compare(target, "feed_forward_backward", axes=AXES)


def transformer_block_test(target):
    """Test a block, and that no place of it looks ahead."""
    with CASES.explained(target, "transformer_block"):
        entries = {"cache": BLOCK_CACHE, **KEPT}
        _compare(target, "transformer_block", "y kept cache", AXES, entries)
        for _, given, _ in CASES.of("transformer_block"):
            check_causal(target, given)
    passed(target)


def transformer_block_backward_test(target):
    """Test the way back through a block."""
    CASES.compare(target, "transformer_block_backward", axes=AXES)


def transformer_forward_test(target):
    """Test the whole network, at once and behind what was read before."""
    with CASES.explained(target, "transformer_forward"):
        _compare(target, "transformer_forward", "scores kept caches", AXES)
        for _, given, _ in CASES.of("transformer_forward"):
            check_causal(target, given)
            check_pieces(target, given)
    passed(target)


def transformer_backward_test(target):
    """Test the way back through the whole network."""
    with CASES.explained(target, "transformer_backward"):
        _compare(target, "transformer_backward")
    passed(target)


def generate_test(target):
    """Test what is written where nothing is left to chance, what is read, and how often."""
    with CASES.explained(target, "generate"):
        for case, given, sizes in CASES.of("generate"):
            want = stored(target, case, given, _written)
            want = {"indices": [int(n) for n in want["indices"]], "kept": want["kept"]}
            other = partial(CASES.wrong_elsewhere, target, "generate", case)
            check(target, given, want, sizes, elsewhere=other)
        CASES.once(target, "generate", "transformer_forward", lambda *given: given[4])
        for _, given, _ in CASES.of("generate"):
            check_reads_once(target, given)
        rng = np.random.default_rng(5)
        check_generator(target, rng)
        for temperature in (1.0, 0.5):
            check_often(target, rng, temperature)
    passed(target)


def _written(result):
    indices, kept = result
    return {"indices": np.array(indices, dtype=float), "kept": kept}


def induction_weights_test(target):
    """Test two layers of attention that complete a pattern."""
    require_function(target)
    with CASES.explained(target, "induction_weights"):
        check_induction(target)
    passed(target)


# --- what no single value shows -----------------------------------------------------------


def check_causal(target, given):
    """Raise a Mismatch if a place changes when only places behind it do."""
    T_x = given["x"].shape[2]
    first = call(target, given)[0]
    for place in range(1, T_x):
        behind = given["x"].copy()
        behind[:, :, place:] = np.roll(behind[:, :, place:], 1, axis=0)
        other = call(target, given | {"x": behind})[0]
        if not np.array_equal(first[:, :, :place], other[:, :, :place]):
            raise Mismatch(
                f"{name_of(target)} looks ahead: a place gives something else when only places "
                "behind it are changed",
                f" (x from place {place} on).",
            )


def check_pieces(target, given):
    """Raise a Mismatch unless reading in two pieces gives what reading at once gives."""
    x, T_x = given["x"], given["x"].shape[2]
    whole, kept, _ = call(target, given)
    for cut in range(1, T_x):
        one, past, _ = call(target, given | {"x": x[:, :, :cut]})
        two, last, _ = call(target, given | {"x": x[:, :, cut:], "past": past})
        pieces = np.concatenate([one, two], axis=2)
        same = np.allclose(pieces, whole, 1e-7, 1e-9) and all(
            np.allclose(mine, theirs, 1e-7, 1e-9)
            for pair, other in zip(last, kept, strict=True)
            for mine, theirs in zip(pair, other, strict=True)
        )
        if not same:
            raise Mismatch(
                f"{name_of(target)} gives something else when a text is read in two pieces",
                f" (cut behind place {cut - 1}): what was kept of the first piece is the past of "
                "the second one.",
            )


def check_reads_once(target, given):
    """Raise a Mismatch if a character is read again whose keys and values have been kept."""
    calls = arguments_of(target, given).get("transformer_forward", [])
    for number, one in enumerate(calls):
        x = next((value for value in one.values() if isinstance(value, np.ndarray)), None)
        if x is None or x.ndim != 3:
            continue
        wanted = 1 if number else len(given["prompt"])
        if x.shape[2] != wanted:
            raise Mismatch(
                f"In call {number + 1} of transformer_forward {name_of(target)} reads another "
                "number of characters than are new",
                f": {x.shape[2]}, not {wanted}. What has been read is in the keys and values that "
                "the call before has kept.",
            )
