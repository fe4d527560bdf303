"""The tests, in folders that mirror the packages; what several of them need is in tests/support."""

import os
import sys
from pathlib import Path

# For every Python that a test starts, and for this one; see the file there.
sys.path.append(str(Path(__file__).parent / "support" / "quick"))
os.environ["PYTHONPATH"] = sys.path[-1]
sys.modules.setdefault("rfc3987_syntax", None)
# Several files run at once: threads of BLAS that wait for each other cost more than they help.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
