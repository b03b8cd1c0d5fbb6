"""An administrator keeps keys and sources in a real browser: without scripts, on a phone and at a desk."""

import os
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.e2e.test_sharing_in_a_browser import judge
from tests.support.agency import AGENCY, a_survey, make_key, register, said
from tests.support.intake_process import served
from tests.support.people import sign_in
from tests.support.screens import chromium

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
PICTURES = os.environ.get("SPPLUS_TEST_PICTURES")
"""A folder to keep pictures of the pages in, to be looked at."""
BATCHED = "application/cloudevents-batch+json"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    dsn = make_database()
    async with served(dsn, kafka, f"t{uuid.uuid4().hex[:10]}.") as service, httpx.AsyncClient() as http:
        await register(dsn, AGENCY)
        bearer = {"authorization": f"Bearer {await make_key(dsn)}", "content-type": BATCHED}
        events = [said(a_survey()), said(a_survey(structure_code="autre")), said(a_survey(), specversion="2")]
        body = await http.post(f"{service.address}/v1/events", json=[*events, events[0]], headers=bearer)
        assert body.json()["accepted"] == 1
        service.person = await sign_in(http, dsn, "administrator", "racine")
        yield service


@asynccontextmanager
async def browsing(running, viewport):
    """A page of the administrator's, without scripts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(
            base_url=running.address, locale="fr-FR", viewport=viewport, java_script_enabled=False
        )
        # the address is a safe one to a browser, but its cookies of secure names are given for an encrypted one only
        await context.add_cookies([{**running.person.cookie, "url": running.address.replace("http:", "https:")}])
        yield await context.new_page()
        await browser.close()


async def look(page, name):
    """Judge the page; keep a picture of it where one is wanted."""
    await judge(page)
    if PICTURES:
        width = page.viewport_size["width"]
        await page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_administrator_registers_a_system_gives_it_a_key_and_takes_both_back(running, viewport):
    code = f"standard-{viewport['width']}"
    async with browsing(running, viewport) as page:
        await page.goto("/espace/sources/nouvelle")
        await look(page, "source-new")
        await page.get_by_role("button", name="Enregistrer").click()
        await look(page, "source-errors")
        await page.get_by_label("Code", exact=True).fill(code)
        await page.get_by_label("Nom", exact=True).fill("Standard téléphonique")
        await page.get_by_label("Services pour lesquels il parle").fill("guichet\nMairie de Bourg")
        await page.get_by_label("Réponses à une enquête").check()
        await page.get_by_label("Appels").select_option("total du mois")
        await page.get_by_role("button", name="Enregistrer").press("Enter")
        await page.wait_for_url(f"**/espace/sources/{code}*")
        await look(page, "source-empty")
        await page.get_by_role("link", name="Créer une clé pour ce système").click()
        await page.get_by_label("Nom", exact=True).fill("Standard, production")
        await page.get_by_label("Transmettre des avis").check()
        await look(page, "key-new")
        await page.get_by_role("button", name="Créer la clé").click()
        assert (await page.locator(".secret").inner_text()).startswith("spplus_")
        await look(page, "key-made")
        await page.goto("/espace/cles")
        await look(page, "keys")
        await page.get_by_role("link", name="Standard, production").first.click()
        assert await page.locator(".secret").count() == 0
        await look(page, "key")
        await page.get_by_role("button", name="Révoquer…").click()
        await look(page, "key-revoke")
        await page.get_by_role("button", name="Oui, révoquer cette clé").click()
        await page.goto(f"/espace/sources/{code}")
        await page.get_by_role("button", name="Retirer du registre…").click()
        await look(page, "source-remove")
        await page.get_by_role("button", name="Oui, retirer ce système").click()
        await page.get_by_text("est retiré du registre").wait_for()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_administrator_reads_what_became_of_a_systems_events(running, viewport):
    async with browsing(running, viewport) as page:
        await page.goto("/espace/sources")
        await look(page, "sources")
        await page.get_by_role("link", name=AGENCY.name).click()
        await page.get_by_text("Structure hors du périmètre").wait_for()
        await look(page, "source")
        await page.get_by_role("link", name="Changer ses droits").click()
        await look(page, "source-change")
