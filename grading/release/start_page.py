"""The start page of a course: ``index.ipynb`` beside the releases, a map of the lessons.

``make notebooks`` writes it from what each source notebook says of itself: its title, the line with
**Time** and **You need**, and the list below. Which lesson builds on which is read from the numbers
behind "You need". ``python -m grading.release.start_page`` takes the pictures anew: of each lesson
the figure of the cell tagged ``cover``. A picture that is there stays until then.
"""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from PIL import Image

from grading.core import GraderFault
from grading.store import Course, Places, near, open_course

NAME = "index.ipynb"
TAG = "cover"
PICTURE = "cover.png"
WIDTH = 560  # pixels of a picture
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def write_start_page(app: Course, covers: Mapping[str, bytes] | None = None) -> bool:
    """Write the start page of all lessons, if it is another than the one that is there.

    Parameters
    ----------
    app : Course
    covers : mapping of str to bytes, optional
        New pictures, PNG files, by assignment.
    """
    path = Path(app.coursedir.root, app.coursedir.release_directory, NAME)
    old = nbformat.read(path, 4) if path.exists() else None
    page = start_page(Places(app.coursedir), dict(covers or {}), old)
    text = nbformat.writes(page) + "\n"
    known = path.exists() and path.read_text("utf-8") == text
    if not known:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{near(path)} {'is up to date' if known else 'written'}.")
    return not known


def start_page(
    places: Places,
    covers: Mapping[str, bytes] | None = None,
    old: NotebookNode | None = None,
    only: Sequence[str] | None = None,
) -> NotebookNode:
    """Return the start page as a notebook.

    Parameters
    ----------
    places : Places
    covers : mapping of str to bytes, optional
        New pictures by assignment.
    old : NotebookNode, optional
        The page as it was, whose other pictures are kept.
    only : sequence of str, optional
        The assignments that are shown; all of them where it is left out.
    """
    kept = {
        cell.metadata.assignment: cell.attachments[PICTURE]["image/png"]
        for cell in (old.cells if old else [])
        if "assignment" in cell.metadata and PICTURE in cell.get("attachments", {})
    }
    kept |= {name: base64.b64encode(png).decode() for name, png in (covers or {}).items()}
    names = [name for name in places.assignments() if only is None or name in only]
    paths = {name: _notebook(places.source_folder(name)) for name in names}
    said = {name: Lesson(paths[name]) for name in names}
    cells = [_cell("start", _opening(said))]
    for name, lesson in said.items():
        text = lesson.text(_number(name), f"{name}/{paths[name].name}")
        if name in kept:
            text += f"\n\n![A figure of this lesson](attachment:{PICTURE})"
        cell = _cell(name.replace("_", "-"), text)
        cell.metadata["assignment"] = name
        if name in kept:
            cell["attachments"] = {PICTURE: {"image/png": kept[name]}}
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


class Lesson:
    """What a source notebook says of itself in its first cell.

    Attributes
    ----------
    title, time, needs, gives : str
        The heading; how long it takes; what it needs; and the list of what it gives.
    """

    def __init__(self, path: Path) -> None:
        notebook = nbformat.read(path, 4)
        texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        text = texts[0] if texts else ""
        heading = re.search(r"^# +(.+)$", text, re.M)
        self.title = heading[1].strip() if heading else path.stem
        about = re.search(r"\*\*Time:\*\*(.*?)\*\*You need:\*\*(.*?)(?:\n\n|\Z)", text, re.S)
        self.time, self.needs = (
            (" ".join(one.split()) for one in about.groups()) if about else ("", "")
        )
        gives = re.search(r"^When you .*?\n\n(?:- .*(?:\n(?![\n-]).*)*\n?)+", text, re.M)
        self.gives = gives[0].strip() if gives else ""

    @property
    def before(self) -> list[int]:
        """The numbers of the lessons that it needs."""
        found = re.search(r"\blessons? (\d+(?:(?:, | and |, and | to )\d+)*)", self.needs)
        pairs = re.findall(r"(\d+)(?: to (\d+))?", found[1]) if found else []
        return [n for one, other in pairs for n in range(int(one), int(other or one) + 1)]

    def text(self, number: int, link: str) -> str:
        """Return what stands on the page, with a link to the notebook."""
        title = f"{number or ''} {self.title}".strip()
        about = f"**Time:** {self.time} **You need:** {self.needs}" if self.time else ""
        return "\n\n".join(filter(None, [f"## [{title}]({link})", about, self.gives]))


def _opening(said: Mapping[str, Lesson]) -> str:
    opening = "# Start here\n\nA lesson is a folder with one notebook. Open it by its title below."
    numbered = {number: name for name in said if (number := _number(name))}
    if not any(set(one.before) & set(numbered) for one in said.values()):
        return opening
    lines = ["```mermaid", "graph LR"]
    for number, name in numbered.items():
        title = said[name].title.split(":")[0].split(",")[0].replace('"', "'")
        lines.append(f'    L{number}["{number} {title}"]')
    for number, name in numbered.items():
        lines += [f"    L{one} --> L{number}" for one in said[name].before if one in numbered]
    return "\n".join(
        [f"{opening} An arrow leads from a lesson to those that build on it.\n", *lines, "```"]
    )


def _number(name: str) -> int:
    found = re.match(r"\d+", name)
    return int(found[0]) if found else 0


def _notebook(folder: Path) -> Path:
    return sorted(folder.glob("*.ipynb"))[0]


def _cell(name: str, text: str) -> NotebookNode:
    cell = nbformat.v4.new_markdown_cell(text)
    cell["id"] = name
    return cell


def cover_of(path: Path, release: Path) -> bytes | None:
    """Run a lesson; return the figure of the cell tagged ``cover``, or None where none is.

    Parameters
    ----------
    path : pathlib.Path
        Its source.
    release : pathlib.Path
        The folder of its release, with all that lies beside the notebook.

    Raises
    ------
    GraderFault
        When that cell draws nothing.
    """
    notebook, _ = ClearHiddenTests().preprocess(nbformat.read(path, 4), {})
    tagged = [cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])]
    if not tagged:
        return None
    last = notebook.cells.index(tagged[0])
    notebook.cells = [cell for cell in notebook.cells[: last + 1] if cell.cell_type == "code"]
    client = NotebookClient(notebook, resources={"metadata": {"path": str(release)}})
    client.execute(stderr=subprocess.DEVNULL)  # where a kernel talks of itself
    for output in notebook.cells[-1].outputs:
        if "image/png" in output.get("data", {}):
            return _small(base64.b64decode(output.data["image/png"]))
    raise GraderFault(f"{near(path)}: the cell tagged {TAG} draws no figure.")


def _small(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as picture:
        flat = picture.convert("RGB")
    height = round(flat.height * WIDTH / flat.width)
    found = io.BytesIO()
    flat.resize((WIDTH, height), Image.Resampling.LANCZOS).quantize(64).save(
        found, "PNG", optimize=True
    )
    return found.getvalue()


def main() -> None:
    """Take the pictures of all lessons anew, and write the page."""
    app = open_course()
    places = Places(app.coursedir)
    released = Path(app.coursedir.root, app.coursedir.release_directory)
    found = {
        name: cover_of(_notebook(places.source_folder(name)), released / name)
        for name in places.assignments()
    }
    write_start_page(app, {name: png for name, png in found.items() if png})


if __name__ == "__main__":
    try:
        main()
    except GraderFault as fault:
        sys.exit(str(fault))
