"""The pages that ``make docs`` makes, in a real browser: complete in themselves, fit for all.

``make test-browser`` runs this.
"""

import subprocess
import sys

import pytest

from tests.support.course import ROOT

pytestmark = pytest.mark.browser

axe = pytest.importorskip("axe_playwright_python.base", reason="needs axe: make .venv/with-browser")

NAMES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built pages."""
    place = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(place)]
    subprocess.run(words, cwd=ROOT, check=True, timeout=120)
    return place


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_complete_fits_and_can_be_read_by_all(site, chromium, scheme, width, name):
    context = chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True
    )
    asked = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state("networkidle")
    assert asked
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe.AXE_FILE_PATH.read_text("utf-8"))
    found = page.evaluate("axe.run('main, [role=main]', {resultTypes: ['violations']})")
    assert not [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found["violations"]]
    context.close()
