r"""Formulas in a page: TeX to MathML, which a browser shows without a script or a network.

What is made here is cleaned in its turn: elements, attributes and styles of a short list,
nothing else. TeX that cannot be shown so stays where it is as text; see `grading.web.markdown`.
"""

from __future__ import annotations

import functools
import re

import nh3
from math_core import LatexToMathML

# Bounds, all far above what a lesson needs: its longest formula has 330 characters, 3,400 of
# MathML and 8 levels. No call of the library can be stopped, so it gets no text that is long,
# and none that defines a macro: a few that call each other can fill any memory.
LONGEST = 2_000
DEEPEST = 40
LARGEST = 40_000  # characters of MathML
KEPT = 2_000
EXPANSIONS = 100  # of commands that stand for others, as \pmod does

_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_DEFINING = set("def gdef edef xdef let futurelet newcommand renewcommand providecommand".split())

# Environments that the library does not know, or whose lines it would number.
_SAME = {
    **dict.fromkeys("align aligned alignat alignedat flalign split".split(), "aligned"),
    **dict.fromkeys("gather gathered multline".split(), "gathered"),
    **dict.fromkeys("equation displaymath math".split(), ""),
    "smallmatrix": "matrix",
    "eqnarray": "array",
}
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+)\*?\}(?:\[[tbc]\]|\{\d\})?")
# Commands that it does not know, by what looks the same.
_MACROS = {
    **dict.fromkeys(("mbox", "hbox"), r"\text{#1}"),
    **dict.fromkeys(("mathds", "mathbbm"), r"\mathbb{#1}"),
    **dict.fromkeys("tiny small large Large LARGE huge Huge".split(), ""),
    "pmb": r"\boldsymbol{#1}",
    "smash": "#1",
    "strut": r"\mathstrut",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "tag": r"\qquad (#1)",
}
_TEXT = re.compile(r"\\(text(?:rm|bf|it|tt|sf)?|[mh]box)\s*\{((?:[^{}\\]|\\.)*)\}")

_TAGS = set(
    "math mrow mi mn mo mtext mspace mpadded mphantom menclose msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts mfrac msqrt mroot mtable mtr mtd b i em code".split()
)
_YES_OR_NO = re.compile("true|false")
_LENGTH = r"[0-3](?:\.\d{1,9})?(?:em)?"
# What an attribute may be. Colours and sizes are the page's; and nothing may be moved out
# of its place, over a mark.
_VALUES = {
    "display": re.compile("block"),
    "accent": _YES_OR_NO,
    "accentunder": _YES_OR_NO,
    "displaystyle": _YES_OR_NO,
    "form": re.compile("prefix|infix|postfix"),
    "height": re.compile("0"),
    "linethickness": re.compile("0"),
    "lspace": re.compile(_LENGTH),
    "mathvariant": re.compile("normal"),
    "maxsize": re.compile(_LENGTH),
    "minsize": re.compile(_LENGTH),
    "movablelimits": _YES_OR_NO,
    "notation": re.compile("box|updiagonalstrike|downdiagonalstrike"),
    "rspace": re.compile(_LENGTH),
    "scriptlevel": re.compile("[0-2]"),
    "stretchy": _YES_OR_NO,
    "style": re.compile(
        rf"(?:(?:text-align: (?:left|right)|justify-items: (?:start|end)"
        rf"|padding-(?:top|right|bottom|left): ?{_LENGTH}"
        rf"|border-(?:top|right|bottom|left): 0\.05em (?:solid|dashed) currentcolor"
        rf"|margin-left:-0\.[12]\d{{0,9}}em);?)+"
    ),
    "symmetric": _YES_OR_NO,
    "width": re.compile(_LENGTH),
}


def _attribute(tag: str, name: str, value: str) -> str | None:
    good = name in _VALUES and _VALUES[name].fullmatch(value)
    return value if good else None


_converter = LatexToMathML(
    macros=_MACROS,
    max_expansions=EXPANSIONS,
    allow_unreliable_rendering=True,  # \widetilde is a tilde everywhere, if not always a wide one
    fancy_error=False,
)
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes={"*": set(_VALUES)},
    attribute_filter=_attribute,
    link_rel=None,
)


@functools.lru_cache(KEPT)
def mathml(tex: str, *, block: bool) -> str:
    """Return clean MathML of a formula; nothing if it cannot be shown so.

    Parameters
    ----------
    tex : str
        Without its dollars.
    block : bool
        Whether it stands on lines of its own.
    """
    if not tex.strip() or len(tex) > LONGEST or not _DEFINING.isdisjoint(_COMMAND.findall(tex)):
        return ""
    tex = _TEXT.sub(_as_text, _ENVIRONMENT.sub(_known, tex))
    try:
        made = _converter.convert_with_local_state(tex, displaystyle=block)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # whatever it makes of a student's TeX; a panic of Rust is no Exception
        return ""
    if len(made) > LARGEST or _depth(made) > DEEPEST:
        return ""
    return _cleaner.clean(made)


def _known(found: re.Match[str]) -> str:
    which, name = found[1], found[2]
    if name not in _SAME:
        return found[0]
    columns = "{rcl}" if name == "eqnarray" and which == "begin" else ""
    return f"\\{which}{{{_SAME[name]}}}{columns}" if _SAME[name] else ""


def _as_text(found: re.Match[str]) -> str:
    r"""Write a text as the library takes it: ``\_`` for ``_``, and formulas beside it."""
    command, text = found[1], found[2]
    pieces = re.split(r"(?<!\\)\$", text)
    if len(pieces) % 2 == 0:
        return found[0]
    texts = [re.sub(r"(?<!\\)_", r"\\_", piece) for piece in pieces[::2]]
    pieces[::2] = [f"\\{command}{{{text}}}" for text in texts]
    return "{" + " ".join(pieces) + "}"


def _depth(made: str) -> int:
    depth = deepest = 0
    for closing, single in re.findall(r"<(/?)[a-z][^>]*?(/?)>", made):
        depth += not single and (-1 if closing else 1)
        deepest = max(deepest, depth)
    return deepest
