"""What a release needs beyond nbgrader.

In come source notebooks and the lists beside them; out come the shared files that lie beside each
release, the expected values of the public tests, the fingerprints by which known mistakes are
recognised, and a refusal where a test cell's parts would count for nothing.
"""

from grading.release.rehearsal import CountExams, check_form
from grading.release.values import ShareFiles

__all__ = ["CountExams", "ShareFiles", "check_form"]
