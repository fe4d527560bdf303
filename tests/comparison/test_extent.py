"""Of several values it is said which are right; and each input is found by its name."""

import numpy as np
import pytest

from grading.comparison.checks import Mismatch, check
from grading.comparison.leaves import changed, leaves

DRAW = np.random.default_rng(2).standard_normal
NAMES = [f"d{letter}" for letter in "abcdefgh"]
WANT = {name: DRAW((3, 4)) for name in NAMES}


def said(wrong, want=None, form=dict, entries=None, given=None, elsewhere=None):
    want = want or WANT
    made = {name: wrong.get(name, one) for name, one in want.items()}
    answer = made if form is dict else tuple(made.values())
    given = given or {"x": DRAW(2)}
    with pytest.raises(Mismatch) as caught:
        check(lambda *_: answer, given, want, "m=4", form, entries=entries, elsewhere=elsewhere)
    return str(caught.value).split("\n  ")[-1]


def test_a_few_wrong_values_are_named_and_the_others_are_right():
    wrong = {"db": DRAW((3, 4)), "dg": DRAW((3, 4))}
    assert said(wrong) == "Wrong are `db` and `dg`; all others are right."
    few = {name: WANT[name] for name in NAMES[:3]}
    assert said(wrong, few) == "Wrong is `db`; `da` and `dc` are right."


def test_a_few_right_values_are_named_and_the_others_are_wrong():
    wrong = {name: DRAW((3, 4)) for name in NAMES[1:]}
    assert said(wrong) == "Right is `da`; all others that are compared are wrong."


def test_where_all_are_wrong_it_says_so_of_many():
    assert said({name: DRAW((3, 4)) for name in NAMES}) == ("None of the 8 results is right.")
    two = {name: WANT[name] for name in NAMES[:2]}
    assert "None of" not in said({name: DRAW((3, 4)) for name in two}, two)


def test_what_is_right_in_this_case_alone_is_not_called_right():
    few = {name: WANT[name] for name in NAMES[:3]}
    wrong = {"db": DRAW((3, 4))}
    assert said(wrong, few, elsewhere=lambda: {"da", "db"}) == "Right in all cases is `dc`."
    assert "Right" not in said(wrong, few, elsewhere=lambda: NAMES)
    assert said(wrong, few, elsewhere=lambda: {"db"}) == "Wrong is `db`; `da` and `dc` are right."


def test_several_names_of_one_array_are_told_so():
    one = DRAW((3, 4))
    assert said({"da": one, "dc": one}) == (
        "Wrong are `da` and `dc`; all others are right. `da` and `dc` are one and the same array."
    )
    assert "one and the same" not in said({"da": one, "dc": one.copy()})
    alike = {"da": WANT["da"], "dc": WANT["da"], "db": WANT["db"]}
    assert "one and the same" not in said({"da": one, "dc": one}, alike)


def test_an_entry_in_another_place_is_not_called_wrong():
    want = {"a": WANT["da"], "caches": (WANT["db"], WANT["dc"], WANT["dd"])}
    entries = {"caches": ("b", "c", "d")}
    turned = {"caches": (WANT["dc"], WANT["db"], WANT["dd"])}
    text = said(turned, want, entries=entries)
    assert "in another order" in text
    assert "Wrong" not in text
    lost = {"caches": (WANT["dc"], WANT["db"], DRAW((3, 4)))}
    assert "Wrong is `d`; `a` is right." in said(lost, want, entries=entries)


@pytest.mark.parametrize("above", [2, 3])
def test_two_that_are_cut_in_the_wrong_place_are_told(above):
    rows = DRAW((5, 4))
    want = {"dx": rows[3:], "da": rows[:3], "db": WANT["db"]}
    cut = {"dx": rows[:above], "da": rows[above:]}
    text = said(cut, want) if above == 2 else said({"dx": rows[::2][:2], "da": rows[1::2]}, want)
    told = (
        "Put `dx` above `da`: these are the right rows, those of `da` first and then those of "
        "`dx`. So they are cut in the wrong place, or given the wrong names."
    )
    assert (told in text) == (above == 2)


def test_two_that_have_changed_places_are_not_called_cut():
    want = {"dx": DRAW((2, 4)), "da": DRAW((3, 4)), "db": WANT["db"]}
    assert "cut" not in said({"dx": want["da"], "da": want["dx"]}, want)


def test_an_argument_that_was_changed_is_told_beside_a_wrong_value():
    def spoils(a_prev):
        kept = 2 * a_prev
        a_prev *= 0
        return kept, (a_prev,)

    a_prev = DRAW((3, 4))
    want = {"a": 2 * a_prev, "cache": (a_prev,)}
    with pytest.raises(Mismatch) as caught:
        check(spoils, {"a_prev": a_prev}, want, "m=4")
    assert "cache[0] has the wrong value" in str(caught.value)
    assert "spoils changes its argument a_prev." in str(caught.value)


def test_a_single_value_is_not_listed():
    assert "Wrong" not in said({"a": DRAW((3, 4))}, {"a": DRAW((3, 4))})


def test_the_entries_of_a_tuple_count_as_values_and_what_is_handed_on_does_not():
    xt = DRAW((3, 4))
    state, gate, candidate = DRAW((3, 3, 4))
    want = {"a": state, "cache": (state, gate, candidate, xt)}
    wrong = {"a": 2 * state, "cache": (2 * state, gate, 3 * candidate, xt)}
    entries = {"cache": ("a", "ft", "cct", "xt")}
    told = said(wrong, want, tuple, entries, {"xt": xt})
    assert told == "Right is `ft`; `a` and `cct` are wrong."


CACHE = (DRAW((3, 4)), {"Wax": DRAW((3, 2)), "ba": DRAW((3, 1))})
GIVEN = {"da": DRAW((3, 4, 2)), "caches": ([CACHE, CACHE], DRAW(3)), "rate": 0.5, "days": 3}


def test_each_input_has_a_name():
    found = leaves(GIVEN)
    assert list(found) == ["da", "caches[0][t][0]", "Wax", "ba", "caches[1]", "rate"]
    assert len(found["Wax"]) == 2


def test_a_name_that_two_would_have_is_nobodys():
    assert list(leaves({"a": {"W": DRAW(2)}, "b": {"W": DRAW(2), "V": DRAW(2)}})) == ["V"]


def test_one_input_is_taken_away_and_no_other():
    found = leaves(changed(GIVEN, "Wax"))
    assert all(not np.any(one) for one in found["Wax"])
    for name in set(found) - {"Wax"}:
        assert all(map(np.array_equal, found[name], leaves(GIVEN)[name]))
    assert np.any(CACHE[1]["Wax"])
    assert changed(GIVEN, "rate")["rate"] == 1.0


def test_an_array_that_lies_in_two_places_is_taken_from_one():
    shared = DRAW((3, 4))
    made = changed({"a_next": shared, "cache": (shared,)}, "a_next")
    assert not np.any(made["a_next"])
    assert np.array_equal(made["cache"][0], shared)
