"""How near wrong numbers come to the right ones: where they differ most, and in which digit."""

import numpy as np

NEAR = 1e-3  # of the largest number: up to here it is worth saying how many digits agree
END = 1e-3  # so near to 0, 1 or −1 a number is where softmax, sigmoid and tanh are flat


def largest(mask, got, expected):
    """Say at which place of a mask the difference is largest, what should be there and what is."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.where(mask, np.abs(np.asarray(got, float) - expected), -1.0)
    apart = np.where(np.isnan(apart), np.inf, apart)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(apart), apart.shape))
    most = "most of all" if np.count_nonzero(mask) > 1 else ""
    place = f"{most and f', {most}'} at index {index}" if index else ""
    for digits in (6, 12):  # as few as tell the two apart
        numbers = [f"{array[index]:.{digits}g}" for array in (expected, got)]
        if numbers[0] != numbers[1]:
            break
    return f"{place}: expected {numbers[0]}, got {numbers[1]}"


def nearly(got, expected):
    """Return a sentence about numbers that are nearly right; nothing about all others.

    Parameters
    ----------
    got, expected : numpy.ndarray or number
        Of one shape and dtype; what is anything else is no matter of digits.
    """
    if not {type(got), type(expected)} <= {np.ndarray, np.float64}:
        return ""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape or got.dtype != np.float64 or not np.isfinite(got).all():
        return ""
    size = np.abs(expected).max(initial=0.0)
    apart = np.abs(got - expected).max(initial=0.0)
    if not 0 < apart < NEAR * size:
        return ""
    digits = int(-np.log10(2 * apart / size) + 1e-9)
    text = f"It agrees to {digits} digits"
    if got.size > 1:
        text = f"The numbers agree to {digits} digits of the largest"
    if np.all(got == got.astype(np.float32)):
        return (
            f"{text}, and all that is there can be held in float32, as if it had been computed or "
            "stored in float32. Leave out that dtype or conversion."
        )
    for places in range(2, 9):
        if np.all(got == np.round(expected, places)):
            return f"{text}, and all that is there is rounded to {places} places. Leave that out."
    if _at_the_ends(expected):
        return (
            f"{text}, but most of them are close to 0, 1 or −1, where softmax, sigmoid and tanh "
            "are flat: there a large difference looks small."
        )
    return f"{text}. The rounding of floats is not the reason: it would show in the 15th."


def _at_the_ends(numbers):
    near = [np.abs(np.abs(numbers) - end) < END for end in (0, 1)]
    return numbers.size > 1 and np.mean(near[0] | near[1]) > 0.5
