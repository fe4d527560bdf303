"""Code of a page, with a class for each kind of word.

It is coloured as Python, whatever it says that it is. Other lexers may take time that grows with
the square of a text, or faster, IPython's own among them; and a student could choose any by name.
"""

from __future__ import annotations

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

PYTHON = frozenset("python python3 py py3 ipython ipython3".split())  # as a fence may call it


def code_html(source: str, kind: str = " highlight hl-python") -> str:
    """Return the HTML of code, which is still to be cleaned, with the class that nbconvert gives.

    Spaces at the ends of lines are taken off: they cost a lexer the square of their number.
    """
    bare = "\n".join(line.rstrip() for line in source.split("\n"))
    return str(highlight(bare, PythonLexer(), HtmlFormatter(cssclass=kind)))
