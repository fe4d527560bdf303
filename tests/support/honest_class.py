"""Answers as a class writes them, each student alone: for what tells copies from coincidence.

`write` makes right answers of two exercises out of the choices that students have: how the
arrays are taken out of the dictionary, how a product is written, what gets a name and which.
Most students choose what most students choose. `COPIES` are the ways to copy one, and
`make` makes a class with some of each.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable

COMMENTS = (
    "take the weights out",
    "the new state",
    "prediction",
    "keep this for later",
    "see step 2",
    "shapes are fine here",
    "TODO ask about this",
)


FUNCTIONS = ("rnn_cell_forward", "rnn_forward")
HEADS = {name: f"def {name}(x, a, parameters):\n" for name in FUNCTIONS}
BLANKS = {name: f"{head}    raise NotImplementedError" for name, head in HEADS.items()}

Answers = dict[str, dict[str, str]]


def make(
    honest: int, copies: int = 0, seed: int = 1, ways: Iterable[str] | None = None
) -> tuple[Answers, dict[tuple[str, str], str]]:
    """Return the answers of a class, and which pairs are copies, with the way of each.

    Parameters
    ----------
    honest : int
        Students who write alone.
    copies : int
        How many copies there are of each way, each of somebody else.
    seed : int
    ways : iterable of str, optional
        Of `COPIES`; all if it is not given.
    """
    chance = random.Random(seed)
    students = [f"s{number:04}" for number in range(honest)]
    answers = {s: {f: HEADS[f] + write(f, chance) for f in FUNCTIONS} for s in students}
    every = list(COPIES if ways is None else ways) * copies
    pairs = {}
    for number, (student, way) in enumerate(
        zip(chance.sample(students, len(every)), every, strict=True)
    ):
        answers[f"t{number:04}"] = {
            f: HEADS[f] + COPIES[way](answers[student][f].removeprefix(HEADS[f]), chance)
            for f in FUNCTIONS
        }
        pairs[student, f"t{number:04}"] = way
    return answers, pairs


def write(function: str, chance: random.Random) -> str:
    """Return a right answer of one student, as the body of the function."""
    lines = _cell(chance) if function == "rnn_cell_forward" else _loop(chance)
    said = []
    for line in lines:
        if chance.random() < 0.2:
            indent = line[: len(line) - len(line.lstrip())]
            said.append(f"{indent}# {chance.choice(COMMENTS)}")
        said.append(line)
        if chance.random() < 0.15:
            said.append("")
    return "\n".join(f"    {line}" if line else "" for line in said)


def _often(chance: random.Random, *choices: str) -> str:
    """Choose, the first twice as often as the second, and so on."""
    return chance.choices(choices, [0.5**place for place in range(len(choices))])[0]


def _product(chance: random.Random) -> str:
    return _often(chance, "np.dot({}, {})", "{} @ {}", "np.matmul({}, {})", "{}.dot({})")


def _cell(chance: random.Random) -> list[str]:
    names = ["Wax", "Waa", "Wya", "ba", "by"]
    how = _often(chance, "each", "tuple", "direct", "short", "values")
    lines, value = [], {name: name for name in names}
    if how == "each":
        lines = [f'{name} = parameters["{name}"]' for name in names]
        if chance.random() < 0.3:
            chance.shuffle(lines)
    elif how == "tuple":
        wanted = ", ".join(names)
        given = ", ".join(f'parameters["{name}"]' for name in names)
        lines = [f"{wanted} = {given}"]
    elif how == "direct":
        value = {name: f'parameters["{name}"]' for name in names}
    elif how == "short":
        lines = ["p = parameters"]
        value = {name: f'p["{name}"]' for name in names}
    else:
        lines = [f'{", ".join(names)} = [parameters[k] for k in ("Wax Waa Wya ba by".split())]']
    product = _product(chance)
    x = product.format(value["Wax"], "xt")
    a = product.format(value["Waa"], "a_prev")
    if chance.random() < 0.3:
        x, a = a, x
    shape = _often(chance, "inline", "one", "two", "bias")
    z = chance.choice(["z", "pre", "s", "linear", "arg", "total", "z_a", "summed"])
    if shape == "inline":
        lines.append(f"a_next = np.tanh({x} + {a} + {value['ba']})")
    elif shape == "one":
        lines += [f"{z} = {x} + {a} + {value['ba']}", f"a_next = np.tanh({z})"]
    elif shape == "two":
        one, two = chance.choice([("z1", "z2"), ("from_x", "from_a"), ("zx", "za"), ("u", "v")])
        lines += [
            f"{one} = {x}",
            f"{two} = {a}",
            f"a_next = np.tanh({one} + {two} + {value['ba']})",
        ]
    else:
        lines += [f"{z} = {value['ba']} + {x}", f"{z} = {z} + {a}", f"a_next = np.tanh({z})"]
    y = f"{product.format(value['Wya'], 'a_next')} + {value['by']}"
    if chance.random() < 0.35:
        name = chance.choice(["zy", "scores", "logits", "out", "z_y", "o"])
        lines += [f"{name} = {y}", f"yt_pred = softmax({name})"]
    else:
        lines.append(f"yt_pred = softmax({y})")
    lines.append("cache = (a_next, a_prev, xt, parameters)")
    return lines


def _loop(chance: random.Random) -> list[str]:
    step = chance.choice(["t", "t", "t", "i", "step", "k"])
    old = _often(chance, "a_next", "a_prev", "state", "h", "current")
    kept = _often(chance, "caches", "cache_list", "steps", "all_caches", "kept", "memory")
    sizes = _often(chance, "three", "x", "shape", "a0")
    if sizes == "three":
        lines = ["n_x, m, T_x = x.shape", 'n_y, n_a = parameters["Wya"].shape']
    elif sizes == "x":
        lines = ["T_x = x.shape[2]", "m = x.shape[1]", 'n_y, n_a = parameters["Wya"].shape']
    elif sizes == "shape":
        lines = ["_, m, T_x = x.shape", "n_a = a0.shape[0]", 'n_y = parameters["by"].shape[0]']
    else:
        lines = ["n_a, m = a0.shape", 'n_y = len(parameters["by"])', "T_x = x.shape[-1]"]
    lists = _often(chance, "zeros", "zeros", "lists", "empty")
    if lists == "lists":
        lines = lines[:1] if "T_x" in lines[0] else lines[-1:]
        one, two = chance.choice([("states", "outputs"), ("a_list", "y_list"), ("hs", "ys")])
        lines += [f"{one} = []", f"{two} = []"]
        if chance.random() < 0.5:
            lines[-2:] = [f"{one}, {two} = [], []"]
    else:
        made = [f"a = np.{lists}((n_a, m, T_x))", f"y_pred = np.{lists}((n_y, m, T_x))"]
        lines += made if chance.random() < 0.8 else made[::-1]
    start = [f"{old} = a0", f"{kept} = []"]
    lines += start if chance.random() < 0.6 else start[::-1]
    lines.append(f"for {step} in range({_often(chance, 'T_x', '0, T_x', 'x.shape[2]')}):")
    given = _often(chance, f"x[:, :, {step}]", f"x[..., {step}]", "xt")
    if given == "xt":
        lines.append(f"    xt = x[:, :, {step}]")
    names = (old, _often(chance, "yt_pred", "yt", "y"), _often(chance, "cache", "c"))
    lines.append(f"    {', '.join(names)} = rnn_cell_forward({given}, {old}, parameters)")
    if lists == "lists":
        body = [f"    {one}.append({old})", f"    {two}.append({names[1]})"]
    else:
        body = [f"    a[:, :, {step}] = {old}", f"    y_pred[:, :, {step}] = {names[1]}"]
    body.append(f"    {kept}.append({names[2]})")
    if chance.random() < 0.3:
        chance.shuffle(body)
    lines += body
    if lists == "lists":
        lines += [f"a = np.stack({one}, axis=2)", f"y_pred = np.stack({two}, axis=2)"]
    lines.append(f"caches = ({kept}, x)")
    return lines


def renamed(body: str, chance: random.Random) -> str:
    """Return a copy of an answer with other names, other comments and other empty lines."""
    bound = re.findall(r"^\s+([a-z]\w*)(?: = |, )|for (\w+) in", body, re.MULTILINE)
    kept = {"a", "y_pred", "caches", "a_next", "yt_pred", "cache", "parameters"}
    names = sorted({name for pair in bound for name in pair if name} - kept)
    for number, name in enumerate(names):
        body = re.sub(
            rf"(?<![\w\"]){name}(?![\w\"])", f"{name[0]}_{chance.randrange(90)}_{number}", body
        )
    return commented(body, chance)


def commented(body: str, chance: random.Random) -> str:
    """Return a copy of an answer with other comments and no empty lines."""
    lines = _bare(body)
    for _ in range(3):
        lines.insert(chance.randrange(len(lines)), f"    # {chance.choice(COMMENTS)}, I think")
    return "\n".join(lines)


def with_a_line(body: str, chance: random.Random) -> str:
    """Return a copy of an answer with a line of the copier's own."""
    lines = _bare(body)
    own = chance.choice(["print(x.shape)", "check = len(parameters)", "assert x is not None"])
    return "\n".join([f"    {own}", *lines])


def reordered(body: str, chance: random.Random) -> str:
    """Return a copy of an answer in which up to three lines have changed places with the next."""
    lines = _bare(body)
    free = [place for place in range(len(lines) - 1) if _independent(*lines[place : place + 2])]
    for place in chance.sample(free, min(3, len(free))):
        lines[place : place + 2] = lines[place + 1], lines[place]
    return "\n".join(lines)


def _bare(body: str) -> list[str]:
    return [line for line in body.split("\n") if line.strip() and "#" not in line]


def _independent(one: str, other: str) -> bool:
    """Say whether two lines are assignments of which neither uses what the other makes."""
    sides = [line.split(" = ") for line in (one, other)]
    indents = {len(line) - len(line.lstrip()) for line in (one, other)}
    if len(indents) > 1 or any(len(side) != 2 for side in sides):
        return False
    made = [set(re.findall(r"\w+", side[0])) for side in sides]
    used = [set(re.findall(r"\w+", line)) for line in (one, other)]
    return not made[0] & used[1] and not made[1] & used[0]


COPIES: dict[str, Callable[[str, random.Random], str]] = {
    "word for word": lambda body, chance: body,
    "other comments": commented,
    "a line more": with_a_line,
    "lines reordered": reordered,
    "other names": renamed,
}
