"""Every Python that a test starts comes by here: see tests/__init__.py."""

import sys

# jsonschema would import it to look at international addresses, of which a notebook has none.
# It takes a second of the two that nbgrader takes to start.
sys.modules.setdefault("rfc3987_syntax", None)
