"""How an exercise that draws is judged: by what is certain, and by how often each thing comes.

The networks here have a last layer norm whose gain is 0, so that what they say is the same at each
place and known without running them. Of all ways to draw, those are right with which each character
comes as often as it should: the chi-squared test of Pearson. A right answer fails such a test
once in a million times, and as the generators are given, it fails either always or never.
"""

import copy

import numpy as np

from lesson_tools.checks import Mismatch, call
from lesson_tools.transformer_inputs import transformer_parameters
from lesson_tools.values import kind, name_of
from rnn_utils import softmax

LONG, OFTEN = 50, 50  # characters of a long text, and how many short texts there are
TEXTS = 4  # long ones
NETWORKS = 2
RARE = 4.75  # standard deviations: one in a million


def drawn(target, given):
    """Call ``target``; return its list of indices.

    Raises
    ------
    Mismatch
        When it is none: what is no list, an index that there is not, one that ends a text, or
        more than max_len of them.
    """
    name, found = name_of(target), call(target, given)
    if type(found) is not tuple or len(found) != 2:
        raise Mismatch(f"{name} should return 2 values (indices, kept).")
    indices, n_x = found[0], len(given["parameters"]["by"])
    if type(indices) is not list:
        raise Mismatch(f"indices should be a list, not {kind(indices)}.")
    for index in indices:
        if isinstance(index, (bool, np.bool_)) or not isinstance(index, (int, np.integer)):
            raise Mismatch("indices should be a list of whole numbers.")
        if not 0 <= index < n_x:
            raise Mismatch("The list holds an index that is no character", f": {index}.")
    if given["stop"] in indices:
        raise Mismatch("The list holds the index stop, which ends a text and is no part of it.")
    if len(indices) > given["max_len"]:
        raise Mismatch(
            "The list is longer than max_len", f": {len(indices)} entries, not {given['max_len']}."
        )
    return [int(index) for index in indices]


def doubtful(rng, never=True, n_x=5, **given):
    """Draw a network that leaves much to chance; it ``never`` ends a text by itself.

    Returns
    -------
    given : dict
        The arguments of ``generate``.
    scores : numpy.ndarray, shape (n_x, 1)
        What it says at each place.
    """
    parameters = transformer_parameters(rng, n_x, 4, 3, 1)
    stop = int(rng.choice(n_x))
    parameters["gain"][:] = 0.0
    if never:
        parameters["by"][stop] = -1e4
    used = {
        "parameters": parameters,
        "h": 2,
        "prompt": [stop],
        "rng": np.random.default_rng(rng.choice(1000)),
        "max_len": LONG,
        "temperature": 1.0,
        "stop": stop,
    }
    return used | given, parameters["Wy"] @ parameters["bias"] + parameters["by"]


def check_generator(target, rng):
    """Check that all chance comes from the generator that is handed over, and is used up."""
    given, _ = doubtful(rng, max_len=40)
    again, before = copy.deepcopy(given), given["rng"].bit_generator.state
    if drawn(target, given) != drawn(target, again):
        raise Mismatch(
            "Two generators in the same state should give the same list. Draw from rng alone."
        )
    if given["rng"].bit_generator.state == before:
        raise Mismatch(
            "rng is as it was before the call. Draw from rng itself: otherwise the next text "
            "would be the same again."
        )


def check_often(target, rng, temperature=1.0, networks=NETWORKS):
    """Check how often each character comes in long texts, and how often a text ends at once."""
    squares, free = 0.0, 0
    for _ in range(networks):
        given, scores = doubtful(rng, temperature=temperature)
        found = []
        for _ in range(TEXTS):
            text = drawn(target, copy.deepcopy(given) | {"rng": given["rng"]})
            if len(text) < LONG:
                raise Mismatch(
                    "The list is shorter than max_len, though the end never comes",
                    f": {len(text)}.",
                )
            found += text
        more = pearson(softmax(scores / temperature)[:, 0], found)
        squares, free = squares + more[0], free + more[1]
        given, scores = doubtful(rng, never=False, temperature=temperature, max_len=1)
        texts = [drawn(target, copy.deepcopy(given) | {"rng": given["rng"]}) for _ in range(OFTEN)]
        first = [text[0] if text else given["stop"] for text in texts]
        more = pearson(softmax(scores / temperature)[:, 0], first)
        squares, free = squares + more[0], free + more[1]
    if squares > most(free):
        raise Mismatch(
            f"At a temperature of {temperature} characters do not come as often as the "
            "probabilities say",
            f": the chi-squared of {networks * (TEXTS * LONG + OFTEN)} characters is "
            f"{squares:.0f}, and more than {most(free):.0f} is no chance.",
        )


def pearson(p, found):
    """Return the chi-squared of what was found, and how many numbers of it are free.

    What should come less than 5 times is counted as one.
    """
    counts = np.bincount(found, minlength=len(p))
    wanted = p * len(found)
    seldom = wanted < 5
    counts = np.append(counts[~seldom], counts[seldom].sum())
    wanted = np.append(wanted[~seldom], wanted[seldom].sum())
    there = wanted > 1e-9
    if counts[~there].any():
        return np.inf, 0
    return np.sum((counts - wanted)[there] ** 2 / np.maximum(wanted[there], 1.0)), there.sum() - 1


def most(free):
    """Return what a chi-squared exceeds once in a million times (Wilson and Hilferty)."""
    part = 2 / (9 * max(free, 1))
    return max(free, 1) * (1 - part + RARE * np.sqrt(part)) ** 3
