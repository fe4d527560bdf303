"""What of a long table is tried at every change; `make test-long` tries the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sample(rows: Iterable[Any], every: int = 3) -> list[Any]:
    """Return the rows as the values of one parameter; all but every third, say, are long.

    Relatives stand beside each other in a table, so these are of many kinds.
    """
    return [
        pytest.param(row, marks=[pytest.mark.long] if place % every else [])
        for place, row in enumerate(rows)
    ]


def asked_for(request: pytest.FixtureRequest, name: str) -> list[Any]:
    """Return the values of a parameter that tests of this run ask for, each once, in order.

    A class is made of these: whoever picks one row grades one submission.
    """
    found: list[Any] = []
    for test in request.session.items:
        given = getattr(test, "callspec", None)
        if given is None or test.path != request.path or name not in given.params:
            continue
        if given.params[name] not in found:
            found.append(given.params[name])
    return found
