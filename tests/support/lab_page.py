"""What the tests do in a page of JupyterLab, as somebody with a mouse and a keyboard would."""

import contextlib

from grading.core.verdicts import Verdict
from tests.support import pictures
from tests.support.chromium import sync_api
from tests.support.gallery.entry import RNN, Entry

A = "01_rnn"
SLOW = 120_000  # milliseconds that a step may take on a machine that does much else
SIZE = {"width": 1000, "height": 720}
STATE = ("Wya @ a_next", "Wya @ a_prev")
WRONG = Entry("the old state", RNN, Verdict.PARTLY_CORRECT, edits=(STATE,))


@contextlib.contextmanager
def pages(browser):
    """Give a function that opens an address of a server, as `tests.support.lab.Desk` starts it.

    Every request to anybody else is stopped, and fails the test at the end.
    """
    contexts, outside = [], []
    sync_api.expect.set_options(timeout=SLOW)

    def opened(desk, path):
        def decide(route):
            if route.request.url.startswith((desk.address.url, "data:", "blob:", "file:")):
                return route.continue_()
            outside.append(route.request.url)
            return route.abort()

        context = browser.new_context(viewport=SIZE)
        contexts.append(context)
        context.set_default_timeout(SLOW)
        context.route("**/*", decide)
        page = context.new_page()
        page.goto(desk.address.of(path))
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        return page

    try:
        yield opened
    finally:
        for context in contexts:
            context.close()
    assert outside == [], f"asked elsewhere: {outside}"


def shoot(page, name, words=""):
    pictures.keep(name, page.screenshot(), words=words)


def choose(page, menu, item):
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.locator(".lm-Menu-itemLabel:visible").get_by_text(item, exact=True).click()


def cell(page, text):
    return page.locator(".jp-CodeCell", has_text=text).first


def go_to(page, heading):
    page.locator(".jp-tocItem-content", has_text=heading).click()


def tabs(page):
    """Return the names of the side bars."""
    return page.locator(".jp-SideBar .lm-TabBar-tab").evaluate_all(
        "tabs => tabs.map(tab => tab.innerText.trim() || tab.title)"
    )


def check_picture(name):
    """Compare the words of a picture in the README with those that were there a moment ago."""
    now = pictures.words_of(pictures.SHOTS / f"{name}.png")
    shown = pictures.words_of(pictures.KEPT / f"{name}.png")
    assert shown == now, f"look at the new picture, then: make pictures\n{shown}\n{now}"
