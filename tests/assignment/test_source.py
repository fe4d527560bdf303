"""What is read of a source notebook."""

import nbformat
import pytest

from grading.assignment.source import plots
from grading.assignment.spec import new_cell


@pytest.mark.parametrize(
    "source",
    ["x = 1", "x += 1", "import a", "def f(): pass", "class A: pass", "with a as b: a()", "%run x"],
)
def test_a_cell_that_binds_a_name_is_no_plot_whatever_its_tag(source):
    tags = {"tags": ["plot"]}
    cells = [new_cell("code", text, dict(tags)) for text in ("draw()", f"draw()\n{source}")]
    assert plots(nbformat.from_dict({"cells": cells})) == ["draw()"]
