"""The browser of the tests: Chromium of the system, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil

import pytest

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="needs Playwright: make .venv/with-browser"
)
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("needs Chromium on the PATH, or in CHROMIUM", allow_module_level=True)

OPTIONS = [
    "--no-sandbox",
    # Chromium itself asks a server of its own what kind of form it sees.
    "--autofill-server-url=http://127.0.0.1:9",
]


@contextlib.contextmanager
def started():
    """Start the browser; it ends when the block does."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()
