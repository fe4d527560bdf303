"""Programs made by machine from a solution: each is it with a small mistake.

In comes the cell of a solution; out come other cells. The `mutants` are few, and each is one that
the tests of its exercise should see. The `changes` are many, and each is one that a hint must not
take for another mistake.
"""

from grading.mutation.change import changes
from grading.mutation.mutant import mutants

__all__ = ["changes", "mutants"]
