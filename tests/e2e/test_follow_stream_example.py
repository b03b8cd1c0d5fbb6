"""The script that a re-user's site copies shows figures that are always current, in a real browser, from elsewhere."""

from contextlib import asynccontextmanager

import pytest
from playwright.async_api import async_playwright

from tests.support.builders import a_figure, a_rolling_figure
from tests.support.examples import EXAMPLES
from tests.support.publication import Publication
from tests.support.screens import chromium

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

FOLLOW = """([site, filter]) => {
  window.shown = null;
  followFigures(site, filter, (figures) => {
    window.shown = Object.fromEntries([...figures].map(([key, figure]) => [key, figure.revision]));
  });
}"""


@asynccontextmanager
async def a_site():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.set_content("<!doctype html><title>A site elsewhere</title>")
        await page.add_script_tag(path=EXAMPLES / "follow-stream.js")
        yield page
        await browser.close()


async def shows(page, expected):
    await page.wait_for_function("expected => JSON.stringify(window.shown) === expected", arg=expected, timeout=20_000)


async def test_site_elsewhere_shows_the_figures_of_a_structure_and_each_change(database_url, kafka, topic_prefix):
    published = Publication(database_url, kafka, topic_prefix)
    await published.prepare()
    month, rolling = a_figure(), a_rolling_figure()
    async with published.replica() as client, a_site() as page:
        await published.publish(month, rolling, a_figure(structure_code="another"))
        await published.settled()
        await page.evaluate(FOLLOW, [str(client.base_url).rstrip("/"), {"structure_code": month.structure_code}])
        await shows(page, f'{{"{month.key}":1,"{rolling.key}":1}}')
        await published.publish(a_figure(revision=2), a_figure(structure_code="another", revision=2))
        await shows(page, f'{{"{month.key}":2,"{rolling.key}":1}}')
        await published.publish(month.key)
        await shows(page, f'{{"{rolling.key}":1}}')


async def test_site_reads_again_where_the_first_reading_was_refused(database_url, kafka, topic_prefix):
    published = Publication(database_url, kafka, topic_prefix)
    await published.prepare()
    async with published.replica() as client, a_site() as page:
        await published.publish(a_figure())
        await published.settled()
        refused = {"status": 503, "headers": {"Access-Control-Allow-Origin": "*"}}
        await page.route("**/v1/indicators?*", lambda route: route.fulfill(**refused), times=1)
        await page.evaluate(FOLLOW, [str(client.base_url).rstrip("/"), {"structure_code": a_figure().structure_code}])
        await shows(page, f'{{"{a_figure().key}":1}}')
