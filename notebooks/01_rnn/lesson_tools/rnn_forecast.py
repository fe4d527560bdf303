"""Will it rain tomorrow: what a forecast is measured by, and beside what.

A forecast is the second class that a network predicts: ``y_pred[1, :, t]`` is the probability
that it rains on the day after day ``t``. Its error on a day is the square of how far it is from
what came, 1 for rain and 0 for none.
"""

import numpy as np

from lesson_tools.checks import Mismatch, call, passed
from lesson_tools.weights import count_units, require_arrays, twice_for

MOST_UNITS = 20  # so that a network cannot learn days by heart
FAIR = 0.22  # an error below which no forecast comes that is the same every day, or copies today
BETTER = 0.99  # times the error of today alone: what else is known has to be worth 1 %
SURE = 0.98  # a forecast of as much, or of as little, is taken for a certain one
NARROW = 0.1  # between the least and the most that is said: then it is much the same every day
FIRST = "In these years it is a first good forecast, and half of the points are for one."
YARDSTICKS = ("tomorrow like today", "the same share every day", "today alone")


def forecast_test(target, forward, x, rain):
    """Print the errors of a forecast, year by year, beside the yardsticks; stop unless it is good.

    Parameters
    ----------
    target : callable
        Takes the weather of some years and returns the parameters of a network.
    forward : callable
        ``rnn_forward``.
    x : numpy.ndarray, shape (n_x, m, T_x)
    rain : numpy.ndarray, shape (m, T_x)
        1 on the days on which it rained.
    """
    found = errors(target, forward, x, rain)
    print("The error in each year, and the mean:")
    for name, values in found.items():
        print(f"{name:28}", *(f"{value:.3f}" for value in values), f"  {values.mean():.4f}")
    own, today = found["your network"].mean(), found["today alone"].mean()
    if not own <= FAIR:
        wanted = f"A first good forecast has a mean below {FAIR}"
        seen = _seen(forecasts(target, forward, x, rain), rain, own)
        raise Mismatch(wanted, seen + twice_for(target, {"x": x, "rain": rain}))
    if not own <= BETTER * today:
        wanted = f"It has to come to {BETTER * today:.4f}, which is 1 % below today alone"
        if own > today:
            said = np.array(list(forecasts(target, forward, x, rain)))[:, :-1]
            behind = f". Yours comes to {own:.4f}, behind today alone with {today:.4f}"
            seen = _on_average(said, rain[:, :-1], rain[:, 1:])
            raise Mismatch(f"{FIRST} {wanted}", behind + seen)
        raise Mismatch(f"{FIRST} {wanted}: what more do you know of the days before?")
    passed(target)


def errors(target, forward, x, rain):
    """Return the mean error in each year when the other years are all that is known.

    Returns
    -------
    dict of str to numpy.ndarray of shape (m,)
        The yardsticks, and ``your network``.

    Raises
    ------
    Mismatch
        When the parameters are none.
    """
    found = {name: [] for name in (*YARDSTICKS, "your network")}
    for year, own in enumerate(forecasts(target, forward, x, rain)):
        known, here = np.delete(rain, year, axis=0), rain[year]
        before, after = known[:, :-1], known[:, 1:]
        share = np.where(here == 1, after[before == 1].mean(), after[before == 0].mean())
        said = (here, np.full(here.shape, after.mean()), share, own)
        for values, forecast in zip(found.values(), said, strict=True):
            values.append(np.mean((forecast[:-1] - here[1:]) ** 2))
    return {name: np.array(values) for name, values in found.items()}


def forecasts(target, forward, x, rain):
    """Yield what is said each day of each year, when the other years are all that is known."""
    for year in range(len(rain)):
        given = {"x": np.delete(x, year, axis=1), "rain": np.delete(rain, year, axis=0)}
        parameters = call(target, given)
        require_parameters(target, parameters, len(x))
        a0 = np.zeros((len(parameters["ba"]), 1))
        with np.errstate(all="ignore"):  # of weights that are too large
            _, y_pred, _ = forward(x[:, year : year + 1].copy(), a0, parameters)
        yield y_pred[1, 0]


def _seen(said, rain, own):
    """Say what is to be seen of forecasts that are far off."""
    said = np.array(list(said))[:, :-1]
    today, tomorrow = rain[:, :-1], rain[:, 1:]
    least, most = said.min(), said.max()
    if not np.isfinite(said).all():
        return ": yours is not a number on all days."
    turned = np.mean((1 - said - tomorrow) ** 2)
    if turned <= FAIR and said[tomorrow == 1].mean() < said[tomorrow == 0].mean():
        return (
            f". With 1 minus your forecast it would be {turned:.4f}: `y_pred[1]`, of the second "
            "class, is to be the probability of rain."
        )
    if most - least < NARROW:
        return (
            f". Yours says nearly the same on all days, from {least:.1%} to {most:.1%}; it rained "
            f"on the day after {tomorrow[today == 1].mean():.0%} of the days with rain, and after "
            f"{tomorrow[today == 0].mean():.0%} of those without."
        )
    more = []
    certain = (said >= SURE) | (said <= 1 - SURE)
    if certain.mean() > 0.5:
        wrong = np.mean((said > 0.5)[certain] != (tomorrow == 1)[certain])
        more.append(
            f"Yours is at least {SURE:.0%} sure on {certain.mean():.0%} of the days, and wrong on "
            f"{wrong:.0%} of these."
        )
    if np.mean((said - today) ** 2) < 0.5 * own:
        more.append("It says whether it rains today, more than whether it will rain tomorrow.")
    if more:
        return f". {' '.join(more)}"
    return _on_average(said, today, tomorrow)


def _on_average(said, today, tomorrow):
    """Say what comes of a day with rain and of one without, and what should."""
    wet, dry = (said[today == one].mean() for one in (1, 0))
    rain, other = (tomorrow[today == one].mean() for one in (1, 0))
    return (
        f". On average yours says {wet:.0%} on a day with rain, and {dry:.0%} on one without; it "
        f"rained on the day after {rain:.0%} and {other:.0%} of them."
    )


def require_parameters(target, parameters, n_x):
    """Raise a Mismatch unless these are the parameters of a small network with two classes."""
    n_a = count_units(target, parameters, ("Wax", "Waa", "Wya", "ba", "by"), "ba", MOST_UNITS)
    shapes = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "Wya": (2, n_a), "ba": (n_a, 1), "by": (2, 1)}
    require_arrays(target, parameters, shapes, f"n_a={n_a}, n_x={n_x}, n_y=2")
