"""An administrator keeps keys and sources in a real browser: without scripts, on a phone and at a desk."""

import uuid

import httpx
import pytest
import pytest_asyncio

from tests.support.agency import AGENCY, a_survey, make_key, register, said
from tests.support.intake_process import served
from tests.support.people import sign_in
from tests.support.screens import DESK, PHONE, browsing, look

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

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


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_administrator_registers_a_system_gives_it_a_key_and_takes_both_back(running, viewport):
    code = f"standard-{viewport['width']}"
    async with browsing(running.address, viewport=viewport, cookie=running.person.cookie) as page:
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
    async with browsing(running.address, viewport=viewport, cookie=running.person.cookie) as page:
        await page.goto("/espace/sources")
        await look(page, "sources")
        await page.get_by_role("link", name=AGENCY.name).click()
        await page.get_by_text("Structure hors du périmètre").wait_for()
        await look(page, "source")
        await page.get_by_role("link", name="Changer ses droits").click()
        await look(page, "source-change")
