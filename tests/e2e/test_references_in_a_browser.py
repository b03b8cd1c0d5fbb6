"""The references of every service, read in a browser: without scripts, on a phone, by a screen reader."""

import json
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from spplus_contracts.asyncapi import document
from tests.support.screens import PHONE, RULES, chromium
from tests.support.settings_page import SERVICES

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]


@asynccontextmanager
async def client_of(service):
    """The service's HTTP without its database: its references need none."""
    build = __import__(f"spplus_{service}.app", fromlist=["build"]).build
    app = build(SERVICES[service](database_url="postgresql://nowhere", _env_file=None)).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service.test") as client:
        yield client


@pytest.mark.parametrize("service", SERVICES)
async def test_references_are_for_everybody_and_ask_nobody_else(service):
    async with client_of(service) as client, async_playwright() as playwright:
        elsewhere = []

        async def answer(route):
            asked = urlsplit(route.request.url)
            if asked.hostname != "service.test":
                elsewhere.append(asked.geturl())
            got = await client.get(asked.path)
            headers = {name: value for name, value in got.headers.items() if name != "content-security-policy"}
            await route.fulfill(status=got.status_code, body=got.content, headers=headers)

        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page(viewport=PHONE)
        await page.route("**/*", answer)
        for path in ("/openapi", "/asyncapi") if service == "feedback" else ("/openapi",):
            await page.goto(f"http://service.test{path}")
            found = await Axe().run(page, options=RULES)  # the judge is a script: so the policy is left out here
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await browser.close()
        assert elsewhere == []


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_serves_the_document_of_the_platform(service):
    async with client_of(service) as client:
        assert (await client.get("/asyncapi.json")).json() == json.loads(json.dumps(document()))
