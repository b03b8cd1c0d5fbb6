"""Pages in the system's own Chromium, and a judge of their accessibility."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

PHONE: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_JUDGING: dict[Browser, Page] = {}
PICTURES = os.environ.get("SPPLUS_TEST_PICTURES")
"""A folder to keep pictures of the pages in, to be looked at."""


def chromium() -> str:
    """The browser's program; the test fails where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("the browser tests need the system's Chromium: run `make test`, or install it")


@asynccontextmanager
async def browsing(
    address: str, *, viewport: ViewportSize = PHONE, scripts: bool = False, cookie: dict[str, Any] | None = None
) -> AsyncIterator[Page]:
    """A page of a browser; fails when anything is asked of another address. `cookie` is a session's."""
    elsewhere = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(
            base_url=address, locale="fr-FR", viewport=viewport, java_script_enabled=scripts
        )
        if cookie is not None:
            # the address is a safe one to a browser, but cookies of secure names are given for an encrypted one only
            await context.add_cookies([{**cookie, "url": address.replace("http:", "https:")}])
        page = await context.new_page()
        page.on("request", lambda request: request.url.startswith(address) or elsewhere.append(request.url))
        yield page
        await browser.close()
    assert elsewhere == []


@asynccontextmanager
async def anonymous(address: str, **options: Any) -> AsyncIterator[Page]:
    """The same for pages that keep nothing: at the end there is no cookie."""
    async with browsing(address, **options) as page:
        yield page
        assert await page.context.cookies() == []


async def judge(page: Page) -> None:
    """No rule of accessibility is broken, and nobody scrolls sideways. The judge needs scripts, the page gets none."""
    await page.locator("h1").first.wait_for()  # a page that is still on its way has no content
    copy = await _judging_page(page)
    content = await page.content()
    await copy.route("**/copy", lambda route: route.fulfill(body=content, content_type="text/html"))
    await copy.goto(urljoin(page.url, "/copy"))
    await copy.unroute("**/copy")
    found = await Axe().run(copy, options=RULES)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
    width = await copy.evaluate("document.documentElement.scrollWidth")
    wide = "[...document.querySelectorAll('body *')].filter(e => e.scrollWidth > e.clientWidth && e.clientWidth)"
    wide += ".map(e => e.outerHTML.slice(0, 300))"
    assert width <= PHONE["width"], f"{page.url} is {width} wide: {await copy.evaluate(wide)}"


async def _judging_page(page: Page) -> Page:
    """The page, in the same browser, that copies are judged in; a new one would cost three times the judgement."""
    browser = page.context.browser
    assert browser is not None
    if browser not in _JUDGING:
        context = await browser.new_context(viewport=PHONE)
        _JUDGING[browser] = await context.new_page()
        browser.once("disconnected", _forget)
    return _JUDGING[browser]


def _forget(browser: Browser) -> None:
    del _JUDGING[browser]


async def look(page: Page, name: str) -> None:
    """Judge the page, and take its picture."""
    await judge(page)
    await picture(page, name)


async def picture(page: Page, name: str) -> None:
    """A picture of the page where one is wanted."""
    if PICTURES and page.viewport_size:
        width = page.viewport_size["width"]
        await page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
