"""What a worker looks at once is looked at again wherever it is another."""

import nbformat
import pytest
from nbgrader.nbgraderformat import ValidationError
from nbgrader.preprocessors import CheckCellMetadata

from grading.judging.pipeline import CheckOnce

SOUND = {"schema_version": 3, "grade": True, "locked": True, "solution": False, "task": False}
SOUND |= {"grade_id": "test_step", "points": 10}


def notebook(*marks, kind=nbformat.v4.new_code_cell):
    return nbformat.v4.new_notebook(cells=[kind("1", metadata={"nbgrader": one}) for one in marks])


BAD = {
    "an id twice": notebook(SOUND, SOUND),
    "no points": notebook({key: one for key, one in SOUND.items() if key != "points"}),
    "no number of points": notebook(SOUND | {"points": "ten"}),
    "a key too many": notebook(SOUND | {"grader": "me"}),
    "an empty id": notebook(SOUND | {"grade_id": ""}),
    "a grade in a text that is no answer": notebook(SOUND, kind=nbformat.v4.new_markdown_cell),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_metadata_that_nbgrader_refuses_is_refused_each_time(bad):
    look, stock = CheckOnce(), CheckCellMetadata()
    for _ in range(2):
        look.preprocess(notebook(SOUND), {})
        for one in (look, stock):
            with pytest.raises(ValidationError):
                one.preprocess(bad, {})
