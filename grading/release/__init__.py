"""What a release needs beyond nbgrader.

In come source notebooks and the lists beside them; out come the shared files that lie beside each
release, the expected values of the public tests, the fingerprints by which known mistakes are
recognised, and a refusal where a test cell's parts would count for nothing.
"""

from grading.release.form import advice, refuse, tests
from grading.release.rehearsal import check_release
from grading.release.values import ShareFiles, older

__all__ = ["ShareFiles", "advice", "check_release", "older", "refuse", "tests"]
