"""How a shape differs from what it should be, said in the sizes of the lesson."""

import re

WHAT = {  # what the usual sizes count
    "n_x": "the input features",
    "n_a": "the hidden units",
    "n_y": "the classes",
    "m": "the examples",
    "T_x": "the time steps",
}
KEEP = (
    "An axis is kept by keepdims=True in a sum or a mean, and by a slice in place of an index; "
    "`x[:, None]` adds one."
)


def sizes_in(words):
    """Return the sizes in a text such as ``"n_x=3, m=4"``, by name."""
    return {name: int(size) for name, size in re.findall(r"\b(n_\w+|m|T_x)=(\d+)", words)}


def of_shape(got, want, sizes):
    """Say how a shape differs from what it should be: which axis, and what it counts."""
    names = _names(want, sizes)
    called = f"It should be ({', '.join(names)}{',' * (len(names) == 1)}). " if sizes else ""
    return (called if any(n in sizes for n in names) else "") + (
        _of_axes(got, want, names) or _of_one_axis(got, want, names, sizes)
    )


def _names(shape, sizes):
    """Name each axis by its size, where only one size is as long; else say its length."""
    names = []
    known = dict(sizes)
    if {"n_a", "n_x"} <= known.keys():
        known["n_a + n_x"] = known["n_a"] + known["n_x"]
    if len(shape) < 3:  # no lesson keeps steps in a matrix
        known.pop("T_x", None)
    for axis, length in enumerate(shape):
        fit = [name for name, size in known.items() if size == length]
        usual = {1: "m", 2: "T_x"}.get(axis) if len(shape) == 3 else None
        fit = [usual] if usual in fit else fit
        names.append(fit[0] if len(fit) == 1 and length > 1 else str(length))
    return names


def _counts(axis, names):
    """Say what an axis counts, as far as that is known."""
    return f"axis {axis}" + (f", which counts {WHAT[names[axis]]}," if names[axis] in WHAT else "")


def _of_axes(got, want, names):
    """Say whether axes are lost, too many, or in another order."""
    if len(got) == len(want) and sorted(got) == sorted(want):
        moved = [axis for axis in range(len(want)) if got[axis] != want[axis]]
        if len(moved) == 2 and all(names[axis] in WHAT for axis in moved):
            one, other = (WHAT[names[axis]].removeprefix("the ") for axis in moved)
            look = (
                "which factor stands on the left of a product" if len(want) == 2 else "each slice"
            )
            return (
                f"In yours the axes for {one} and {other} are exchanged. Look at the order in "
                f"which the sizes are written, at {look}, and at what exchanges axes."
            )
        return "The lengths are right, but the axes stand in another order."
    if not got:
        return f"Yours is a single number, with no axis at all. {KEEP}"
    if len(got) < len(want):
        lost = [axis for axis in range(len(want)) if want[:axis] + want[axis + 1 :] == got]
        if not lost:
            return f"Yours has {_axes(got)}, not {len(want)}."
        if want[lost[-1]] == 1:
            return f"An axis of length 1 is missing. {KEEP}"
        if len({names[axis] for axis in lost}) > 1:
            return f"One axis is missing. {KEEP}"
        return f"In yours {_counts(lost[-1], names)} is missing. {KEEP}"
    if not want:
        return f"One number belongs there: yours still has {_axes(got)}."
    if len(got) > len(want):
        more = [axis for axis in range(len(got)) if got[:axis] + got[axis + 1 :] == want]
        if not more:
            return f"Yours has {_axes(got)}, not {len(want)}."
        return f"Yours has one axis too many, of length {got[more[-1]]}."
    return ""


def _axes(shape):
    return f"{len(shape)} axes" if len(shape) != 1 else "one axis"


def _of_one_axis(got, want, names, sizes):
    """Say of as many axes in another length what that length is."""
    wrong = [axis for axis in range(len(want)) if got[axis] != want[axis]]
    if len(want) == 2 and want[1] == 1 and wrong == [1]:
        if got[0] == got[1]:
            return (
                f"Yours is a square. An array of shape ({got[0]},) together with one of shape "
                f"{want} makes such a square: perhaps one of them has lost an axis."
            )
        if [name for name, size in sizes.items() if size == got[1]] == ["m"]:
            return (
                "Yours has a column for each example, and there should be one for all of them: "
                "what serves all examples collects from all."
            )
    if len(wrong) != 1:
        return ""
    axis = wrong[0]
    length, right = got[axis], want[axis]
    said = f"In yours {_counts(axis, names)} has length {length}, not {right}"
    if names[axis] == "T_x" and length == right + 1:
        return f"{said}. Perhaps what was there before the first step is among them."
    if names[axis] == "T_x" and length == right - 1:
        return f"{said}. Perhaps the loop begins or ends one step off."
    fits = [name for name, size in sizes.items() if size == length]
    of_a_stack = not fits and names[axis] not in ("m", "T_x")
    if of_a_stack and length == sizes.get("n_a", 0) + sizes.get("n_x", 0):
        return f"{said}: that is n_a + n_x, as of something stacked and not yet cut."
    by_chance = axis == 0 and fits in (["m"], ["T_x"])  # no array here begins with these
    if len(fits) == 1 and fits[0] in WHAT and length > 1 and not by_chance:
        return f"{said}: {length} is {fits[0]}, the number of {WHAT[fits[0]][4:]}."
    return f"{said}."
