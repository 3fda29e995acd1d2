"""A real browser for tests: Debian's chromium, driven by playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

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


class Shared:
    """One browser for the tests that follow one another with one, and pages that stay in it.

    Starting a browser costs seconds, and a page that opens in a process of its own compiles all its
    scripts again. It ends before a test without one: while playwright stands, its thread has a
    running event loop.
    """

    def __init__(self) -> None:
        self._last = ExitStack()
        self._browser: Browser | None = None
        self._pages: dict[str, Page] = {}

    def browser(self) -> Browser:
        """The browser, begun if it is not there."""
        if self._browser is None:
            self._browser = self._last.enter_context(opened())
        return self._browser

    def page(self, **options: Any) -> Page:
        """An empty page of a context with these options, without memory of an earlier test."""
        named = repr(sorted(options.items()))
        page = self._pages.get(named)
        if page is None or page.is_closed():
            page = patient(self.browser().new_context(**options)).new_page()
            self._pages[named] = page
        return page

    def left(self) -> None:
        """What a test opened is closed, as a page goes on drawing, and what stays is emptied.

        Contexts stay until the browser ends: closing one has no end of its own, and once waited for
        ever after a download.
        """
        self._pages = {n: page for n, page in self._pages.items() if not page.is_closed()}
        for page in self._pages.values():
            if page.url.startswith("http"):
                page.evaluate("localStorage.clear(); sessionStorage.clear()")
            page.unroute_all()
            page.goto("about:blank")
            page.context.clear_cookies()
        kept = [page.context for page in self._pages.values()]
        for context in self._browser.contexts if self._browser else ():
            if context not in kept:
                for page in context.pages:
                    page.close()

    def closed(self) -> None:
        """Closed, if it was begun."""
        self._browser = None
        self._pages.clear()
        self._last.close()


def patient(context: BrowserContext) -> BrowserContext:
    """A context whose pages wait as long as the machine needs."""
    context.set_default_timeout(PATIENCE)
    return context


def settled(page: Page) -> Page:
    """The app's screen, when its script has run to the end and the screen shows what came of it."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    return page
