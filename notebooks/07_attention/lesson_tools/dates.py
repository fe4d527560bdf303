"""Dates as people write them, beside the same dates as a computer wants them, drawn from a seed.

A **form** is a way to write a date. Twelve forms are for training; five are held back, to see what
a network makes of a form that it has never met.
"""

import datetime

import numpy as np

MARKER = "."  # before each ISO date, and behind it
OUTPUTS = MARKER + "0123456789-"
INPUTS = " ,/.-0123456789ADFJMNOSTWabcdefghilmnoprstuvy"
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)

FORMS = {
    "May 3, 1998": "{month} {d}, {year}",
    "3 May 1998": "{d} {month} {year}",
    "May 3 1998": "{mon} {d} {year}",
    "3 May 98": "{d} {mon} {yy}",
    "3/5/1998": "{d}/{m}/{year}",
    "3/5/98": "{d}/{m}/{yy}",
    "03.05.1998": "{dd}.{mm}.{year}",
    "May the 3rd, 1998": "{month} the {dth}, {year}",
    "the 3rd of May 98": "the {dth} of {month} {yy}",
    "the 3rd of May 1998": "the {dth} of {month} {year}",
    "Sunday, 3 May 1998": "{weekday}, {d} {month} {year}",
    "Sunday the 3rd of May, 1998": "{weekday} the {dth} of {month}, {year}",
}
TRAINING = tuple(FORMS.values())
HELD_BACK = {
    "May 3rd, 1998": "{month} {dth}, {year}",
    "3rd of May 98": "{dth} of {month} {yy}",
    "Sunday, May 3, 1998": "{weekday}, {month} {d}, {year}",
    "03-05-1998": "{dd}-{mm}-{year}",
    "1998, May 3": "{year}, {month} {d}",
}
MONTHS = (
    "January February March April May June July August September October November December"
).split()
WORDS = "and it rained all day so then the train of that morning left very late in fog".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def ordinal(number):
    """Write a number with its ending: 1st, 2nd, 3rd, 4th, 11th."""
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def written(date, form):
    """Write a date in one of the forms: a template of `FORMS` or `HELD_BACK`."""
    month = MONTHS[date.month - 1]
    return form.format(
        d=date.day,
        dd=f"{date.day:02}",
        dth=ordinal(date.day),
        m=date.month,
        mm=f"{date.month:02}",
        mon=month[:3],
        month=month,
        year=date.year,
        yy=f"{date.year % 100:02}",
        weekday=WEEKDAYS[date.weekday()],
    )


def draw_dates(rng, m, forms=TRAINING, behind=0):
    """Draw m dates of the years 1950 to 2049, each in a form of its own.

    Parameters
    ----------
    rng : numpy.random.Generator
    m : int
    forms : sequence of str
        The templates among which is drawn.
    behind : int
        So many characters of a sentence that goes on follow behind each date.

    Returns
    -------
    texts : list of str
        As people write them.
    dates : list of str
        The same in ISO 8601: ``"1998-05-03"``.
    """
    days = rng.integers(0, (LAST - FIRST).days + 1, m)
    drawn = [FIRST + datetime.timedelta(days=int(day)) for day in days]
    chosen = rng.integers(0, len(forms), m)
    texts = [written(date, forms[n]) for date, n in zip(drawn, chosen, strict=True)]
    if behind:
        texts = [
            f"{text} {row[: behind - 1]}" for text, row in zip(texts, _rows(rng, m), strict=True)
        ]
    return texts, [date.isoformat() for date in drawn]


def _rows(rng, m):
    """Draw rows of words, each long enough."""
    return [" ".join(WORDS[n] for n in row) for row in rng.integers(0, len(WORDS), (m, 90))]


def draw_numbers(rng, m, digits):
    """Draw m numbers with so many digits, to be written as they are: texts, and the same again."""
    texts = ["".join(map(str, row)) for row in rng.integers(0, 10, (m, digits))]
    return texts, list(texts)


def numbered(texts, characters=INPUTS):
    """Turn texts into numbers: shape (m, T_k), and a mask that is 1 where a text has a character.

    In the padding the number is 0.
    """
    lengths = np.array([len(text) for text in texts])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(float)
    indices = np.zeros(mask.shape, dtype=int)
    indices[mask > 0] = [characters.index(one) for text in texts for one in text]
    return indices, mask


def wanted(dates):
    """Turn dates of equal length into numbers: what the decoder reads, and what it shall say.

    Each is an array of shape (m, T_q). T_q is 11 for an ISO date: its characters and the marker.
    """
    indices = np.array([[OUTPUTS.index(one) for one in f".{date}."] for date in dates])
    return indices[:, :-1], indices[:, 1:]
