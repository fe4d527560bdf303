"""A student at work on the site: what they click and type, and what they see.

Every step is printed, so that the log of a test tells the whole round.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import nbformat

from deploy.lite.build import link
from tests.support import pictures
from tests.support.course import ROOT, grade_id, notebook_path

# Where JupyterLite keeps files: a table in a database of the browser, by the path of each.
STORED = """path => new Promise((resolve, reject) => {
    const opened = indexedDB.open("JupyterLite Storage - /");
    opened.onerror = () => reject(opened.error);
    opened.onsuccess = () => {
        const asked = opened.result.transaction("files").objectStore("files").get(path);
        asked.onsuccess = () => { opened.result.close(); resolve(asked.result); };
        asked.onerror = () => reject(asked.error);
    };
})"""


class Student:
    """Someone with a browser, and one lesson of the site open in it.

    Parameters
    ----------
    page : playwright.sync_api.Page
    address : str
        Of the site.
    assignment : str
    """

    def __init__(self, page: Any, address: str, assignment: str) -> None:
        self.page = page
        self.assignment = assignment
        released = notebook_path(ROOT / "notebooks" / assignment)
        self.file = f"{assignment}/{released.name}"
        self.cells = nbformat.read(released, 4).cells
        self.started = time.monotonic()
        page.goto(f"{address}/{link(assignment)}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.says(f"opens the link of {self.file}")

    def says(self, text: str) -> None:
        """Print a step."""
        first, *rest = text.strip().split("\n")
        print(f"  {time.monotonic() - self.started:5.1f} s  {first}")
        for line in rest:
            print(f"           | {line}")

    def place(self, name: str) -> int:
        """Return the place in the notebook of the cell with this id, as a grader calls it."""
        (place,) = [n for n, cell in enumerate(self.cells) if grade_id(cell) == name]
        return place

    def cell(self, place: int) -> Any:
        """Return a cell, after going to it with the arrow keys: far ones are not on the page."""
        keys, active = self.page.keyboard, self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        active.wait_for()
        if not self.page.locator(".jp-Notebook:focus-within").count():
            active.click()
        keys.press("Escape")
        for _ in range(3 * len(self.cells)):
            if (at := int(active.get_attribute("data-windowed-list-index"))) == place:
                break
            keys.press("ArrowDown" if at < place else "ArrowUp")
        assert at == place, f"cell {place} cannot be reached, stuck at {at}"
        active.scroll_into_view_if_needed()
        return active

    def write(self, function: str, code: str) -> None:
        """Replace what is in the cell of an exercise, by the keyboard."""
        self.cell(self.place(function)).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)
        self.says(f"writes {function}, {len(code.splitlines())} lines")

    def code(self, function: str) -> str:
        """Return what is in the cell of an exercise."""
        lines = self.cell(self.place(function)).locator(".cm-line").all_inner_texts()
        return "\n".join(line.strip("\u200b\n") for line in lines)

    def run(self, name: str) -> str:
        """Run one cell; return what is printed below it."""
        cell = self.cell(self.place(name))
        before = cell.locator(".jp-InputPrompt").inner_text()
        self.page.keyboard.press("Control+Enter")
        self._wait(cell, before)
        self.says(f"runs {name}")
        return self.sees(name)

    def sees(self, name: str) -> str:
        """Return the text below a cell."""
        outputs = self.cell(self.place(name)).locator(".jp-OutputArea-output")
        seen = "\n".join(outputs.all_inner_texts()).strip()
        self.says(f"sees below {name}:\n{seen}" if seen else f"sees nothing below {name}")
        return seen

    def run_all(self) -> None:
        """Restart the kernel and run all cells, up to the last."""
        self.page.locator(".lm-MenuBar-item", has_text="Kernel").click()
        self.page.locator(".lm-Menu-item", has_text="Restart Kernel and Run All Cells").click()
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        code = [n for n, cell in enumerate(self.cells) if cell.cell_type == "code"]
        self._wait(self.cell(code[-1]))
        self.says("restarts the kernel and runs all cells")

    def wait_for_autosave(self, function: str, code: str) -> None:
        """Do nothing until the browser has stored what was written."""
        place = self.place(function)
        for _ in range(600):
            stored = self.page.evaluate(STORED, self.file)
            if stored and stored["content"]["cells"][place]["source"] == code:
                return self.says("waits, and the notebook is saved by itself")
            self.page.wait_for_timeout(100)
        raise AssertionError("the notebook was not saved in a minute")

    def reload(self) -> None:
        """Load the page anew."""
        self.page.reload()
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.says("reloads the page")

    def download(self) -> tuple[str, bytes]:
        """Press the button *Save and download*; return the file's name and what is in it."""
        with self.page.expect_download() as started:
            self.page.locator("jp-button", has_text="Save and download").click()
        name, content = started.value.suggested_filename, Path(started.value.path()).read_bytes()
        self.says(f"presses 'Save and download' and has {name}, {len(content)} bytes")
        return name, content

    def keep(self, name: str) -> None:
        """Keep a picture of what is on the screen."""
        pictures.keep(f"lite-{name}", self.page.screenshot())

    def _wait(self, cell: Any, before: str = "") -> None:
        """Wait until a cell has run: its prompt shows a number, and another than before."""
        number = before.strip("[]: *") or "none"
        done = re.compile(rf"\[(?!{number}\])\d+\]:")
        cell.locator(".jp-InputPrompt", has_text=done).wait_for()
