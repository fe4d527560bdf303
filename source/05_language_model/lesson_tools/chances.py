"""How an exercise that draws is judged: by what is certain, and by how often each thing comes.

Which characters are drawn depends on how they are drawn, and there are many right ways. So no draw
is compared with another. Of each character that came it is worked out how probable it was, given
those before it, and what came how often is compared with that: the chi-squared test of Pearson.
Texts are long, so that one call is enough. A right answer fails such a test once in a
million times, and as the generators are given, it fails either always or never.
"""

import copy

import numpy as np

from lesson_tools.checks import Mismatch, call
from lesson_tools.language_model_inputs import log_probabilities, rnn_parameters
from lesson_tools.values import compare_unchanged, kind, name_of

BEGUN = 10  # characters at the beginning of a long text that are not counted
SURE = 5.5  # standard deviations by which too likely characters may come
LEAST = 4.0  # the variance of a count, or of some together: what is rarer is not looked at
RARE = 4.75  # standard deviations: one in a million
NETWORKS = 6  # in some of them little depends on the state, or on what came first
LONG, OFTEN = 300, 60  # of each network the characters of one long text, and short texts


def drawn(target, given):
    """Call ``target``; return its list of indices.

    Raises
    ------
    Mismatch
        When it is none: what is no list, an index that there is not, one that ends a text, or
        more than max_len of them.
    """
    found = call(target, given)
    n_y, stop, name = len(given["parameters"]["by"]), given["stop"], name_of(target)
    if type(found) is not list:
        raise Mismatch(f"{name} should return a list of indices", f", but returns {kind(found)}.")
    for index in found:
        if isinstance(index, (bool, np.bool_)) or not isinstance(index, (int, np.integer)):
            raise Mismatch(f"{name} should return a list of whole numbers.")
        if not 0 <= index < n_y:
            raise Mismatch("The list holds an index that is no character", f": {index}.")
    if stop in found:
        raise Mismatch("The list holds the index stop, which ends a text and is no part of it.")
    if len(found) > given["max_len"]:
        raise Mismatch(
            "The list is longer than max_len", f": {len(found)} entries, not {given['max_len']}."
        )
    return [int(index) for index in found]


def check_certain(target, given):
    """Check what is drawn where nothing is left to chance: always what is likeliest."""
    used = copy.deepcopy(given)
    found = drawn(target, used)
    compare_unchanged(target, used, given)
    names = ("a0", "parameters", "temperature", "stop")
    follows = log_probabilities(found, *(given[name] for name in names)).argmax(axis=0)
    where = f"At a temperature of {given['temperature']} the likeliest character comes for sure"
    for place, (index, likeliest) in enumerate(zip([*found, None], follows, strict=True)):
        if index == likeliest:
            continue
        if index is None:
            if given["stop"] == likeliest or place == given["max_len"]:
                return
            behind = f": after {place} {'entry' if place == 1 else 'entries'}."
            raise Mismatch(f"{where}. Here the list ends too early", behind)
        if likeliest == given["stop"]:
            raise Mismatch(f"{where}. Here the list goes on behind its end", f" ({place} entries).")
        raise Mismatch(
            f"{where}. Here another one came",
            f": {likeliest} is likeliest at place {place}, and {index} came.",
        )


def doubtful(rng, n_x=4, n_a=3, stop=2, never=True, **given):
    """Draw a network that leaves much to chance; it ``never`` ends a text by itself."""
    parameters = rnn_parameters(rng, n_x, n_a, n_x, 1.0)
    parameters["Waa"] *= 0.5  # what was long ago is forgotten, a wrong beginning too
    if never:
        parameters["by"][stop] = -1e4
    a0 = np.tanh(rng.standard_normal((n_a, 1)))
    used = {"parameters": parameters, "a0": a0, "rng": np.random.default_rng(rng.choice(1000))}
    return used | {"max_len": LONG, "temperature": 1.0, "stop": stop} | given


def check_generator(target, rng):
    """Check that all chance comes from the generator that is handed over, and is used up."""
    given = doubtful(rng, max_len=40)
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


def check_long_text(target, rng, temperature=1.0, networks=NETWORKS):
    """Check how often each character follows on each two others in long texts."""
    squares, free, surprise = 0.0, 0, ([], [])
    for _ in range(networks):
        given = doubtful(rng, temperature=temperature)
        found = drawn(target, copy.deepcopy(given))
        if len(found) < LONG:
            raise Mismatch(
                "The list is shorter than max_len, though the end never comes", f": {len(found)}."
            )
        names = ("a0", "parameters", "temperature", "stop")
        log_p = log_probabilities(found[:-1], *(given[name] for name in names))
        log_p, later = log_p[:, BEGUN:], np.array(found[BEGUN:])
        pairs = len(log_p) * np.array(found[BEGUN - 2 : -2]) + found[BEGUN - 1 : -1]
        for pair in set(pairs.tolist()):
            more = pearson(np.exp(log_p[:, pairs == pair]), later[pairs == pair])
            squares, free = squares + more[0], free + more[1]
        for part, more in zip(surprise, surprises(log_p, later), strict=True):
            part.append(more)
    where = f"At a temperature of {temperature}"
    apart = np.sum(surprise[0]) / np.sqrt(np.sum(surprise[1]))
    if abs(apart) > SURE:
        likely, one = ("unlikely", "a higher") if apart > 0 else ("likely", "a lower")
        raise Mismatch(
            f"{where} the characters that come are on the whole too {likely}, as they would be at "
            f"{one} one."
        )
    if squares > most(free):
        raise Mismatch(
            f"{where} characters do not come as often as the probabilities say",
            f": the chi-squared of {networks * (LONG - BEGUN)} characters is {squares:.0f}, and "
            f"more than {most(free):.0f} is no chance.",
        )


def check_first(target, rng, networks=NETWORKS):
    """Check how often each character, or the end, comes first: in many texts of one character."""
    squares, free, twice = 0.0, 0, [0.0, 0]
    for number in range(networks):
        stop = number % 5
        given = doubtful(rng, n_x=5, n_a=6, never=False, max_len=1, stop=stop)
        given["parameters"]["Waa"] *= 4  # here all depends on the state before the first step
        texts = [drawn(target, copy.deepcopy(given) | {"rng": given["rng"]}) for _ in range(OFTEN)]
        found = [text[0] if text else stop for text in texts]
        p = np.exp(log_probabilities([], given["a0"], given["parameters"], 1.0, stop))
        more = pearson(np.repeat(p, OFTEN, axis=1), np.array(found))
        squares, free = squares + more[0], free + more[1]
        flat = np.exp(p) / np.exp(p).sum()
        more = pearson(np.repeat(flat, OFTEN, axis=1), np.array(found))
        twice = [twice[0] + more[0], twice[1] + more[1]]
    if squares > most(free):
        as_if = " It comes as often as if the softmax had been taken twice."
        raise Mismatch(
            "The first character of a text, or its end, does not come as often as the "
            "probabilities behind a0 and the marker say",
            f": the chi-squared of {networks * OFTEN} texts is {squares:.0f}, and more than "
            f"{most(free):.0f} is no chance.{as_if if twice[0] <= most(twice[1]) else ''}",
        )


def surprises(log_p, found):
    """Return how much less likely what was found is than could be expected, and the variance."""
    p = np.exp(log_p)
    costs = np.where(p > 0, -log_p, 0.0)
    expected = np.sum(p * costs, axis=0)
    variance = np.sum(p * costs**2, axis=0) - expected**2
    return np.sum(costs[found, np.arange(len(found))] - expected), np.sum(variance)


def pearson(p, found):
    """Return the chi-squared of what was found, and how many numbers of it are free.

    Parameters
    ----------
    p : numpy.ndarray, shape (n_y, count)
        Of each draw the probabilities, given what came before it.
    found : numpy.ndarray of int, shape (count,)
    """
    apart = (np.arange(len(p))[:, None] == found).sum(axis=1) - p.sum(axis=1)
    spread, ways = np.linalg.eigh(np.diag(p.sum(axis=1)) - p @ p.T)
    wide = spread >= LEAST
    return np.sum((ways.T @ apart)[wide] ** 2 / spread[wide]), wide.sum()


def most(free):
    """Return what a chi-squared exceeds once in a million times (Wilson and Hilferty)."""
    part = 2 / (9 * max(free, 1))
    return max(free, 1) * (1 - part + RARE * np.sqrt(part)) ** 3
