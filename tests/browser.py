"""A real browser for tests: Debian's chromium, driven by playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.waiting import PATIENCE as SECONDS

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), ""
)
PATIENCE = 1000 * SECONDS  # in milliseconds, as playwright wants it
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

needs_browser = pytest.mark.skipif(
    not CHROMIUM, reason="there is no chromium on this machine, and no apt-get to install it with"
)


@contextmanager
def opened() -> Iterator[Browser]:
    """A browser that is closed afterwards."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def patient(context: BrowserContext) -> BrowserContext:
    """A context whose pages wait as long as the machine needs."""
    context.set_default_timeout(PATIENCE)
    return context


def settled(page: Page) -> Page:
    """The app's screen, when its script has run to the end and the screen shows what came of it."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    return page
