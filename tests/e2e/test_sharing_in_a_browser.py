"""Sharing and following an experience in a real browser: without scripts, on a phone, for a screen reader."""

import uuid
from contextlib import asynccontextmanager
from urllib.parse import urljoin

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from tests.support.intake_process import RESULTS_URL, served
from tests.support.screens import chromium

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

PHONE = {"width": 320, "height": 640}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
STORY = "J'ai attendu une heure au téléphone."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    async with served(make_database(), kafka, f"t{uuid.uuid4().hex[:10]}.") as service:
        yield service


@asynccontextmanager
async def browsing(address):
    """A page without scripts; fails when anything is asked of another address, or is wider than a phone."""
    elsewhere = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(base_url=address, locale="fr-FR", viewport=PHONE, java_script_enabled=False)
        page = await context.new_page()
        page.on("request", lambda request: request.url.startswith(address) or elsewhere.append(request.url))
        yield page
        await browser.close()
    assert elsewhere == []


async def judge(page):
    """No rule of accessibility is broken, and nobody scrolls sideways. The judge needs scripts, the page gets none."""
    content = await page.content()
    context = await page.context.browser.new_context(viewport=PHONE)
    copy = await context.new_page()
    await copy.route("**/copy", lambda route: route.fulfill(body=content, content_type="text/html"))
    await copy.goto(urljoin(page.url, "/copy"))
    found = await Axe().run(copy, options=RULES)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
    width = await copy.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{page.url} is {width} wide"
    await context.close()


async def choose(page, words, name):
    await page.get_by_label("Nom du service, ville ou code postal").fill(words)
    await page.get_by_role("button", name="Rechercher").click()
    await judge(page)
    await page.get_by_role("link", name=name).click()


async def test_citizen_shares_follows_and_withdraws_an_experience_without_scripts(running):
    async with browsing(running.address) as page:
        await page.goto("/")
        await judge(page)
        assert await page.get_by_role("link", name="Voir les résultats").get_attribute("href") == RESULTS_URL
        await page.get_by_role("main").get_by_role("link", name="Partager une expérience").click()
        await choose(page, "impots saint etiene", "Centre des impôts de Saint-Étienne")
        await page.get_by_role("link", name="Ajouter un autre service").click()
        await choose(page, "bourg", "Mairie de Bourg")

        await page.get_by_text("Donner plus de détails").click()
        await page.get_by_role("group", name="La démarche était-elle simple ?").get_by_label("Neutre").check()
        await page.get_by_role("button", name="Envoyer mon expérience").click()
        await judge(page)
        assert (await page.title()).startswith("Erreur")
        await page.get_by_role("alert").get_by_role("link", name="Racontez votre expérience").click()
        assert page.url.endswith("#story")

        feeling = page.get_by_role("group", name="Quel est votre ressenti ?")
        await feeling.get_by_label("Négatif").check()
        await page.get_by_label("Que s’est-il passé ?").fill(STORY)
        assert await page.get_by_label("Neutre").nth(-1).is_checked(), "what was chosen before is kept"
        await page.get_by_role("button", name="Envoyer mon expérience").click()
        await judge(page)
        code = await page.locator("#code").inner_text()

        await page.get_by_role("link", name="Suivre une expérience").click()
        await page.get_by_label("Votre code de suivi").fill("pas un code")
        await page.get_by_role("button", name="Voir où en est").click()
        await judge(page)
        await page.get_by_label("Votre code de suivi").fill(code.lower())
        await page.get_by_role("button", name="Voir où en est").click()
        await judge(page)
        assert await page.get_by_text(STORY).count() == 1
        assert code not in page.url

        await page.get_by_role("button", name="Retirer mon récit").click()
        await judge(page)
        await page.get_by_role("button", name="Oui, retirer mon expérience").click()
        await judge(page)
        await page.goto(f"/suivi/{code}")
        assert await page.get_by_text("Vous avez retiré votre récit").count() == 1
    assert code not in running.log
    assert STORY not in running.log


async def test_author_reads_the_answer_of_the_service(running):
    body = {"structure_codes": ["guichet"], "sentiment": "positive", "story": STORY}
    async with httpx.AsyncClient(base_url=running.address) as client:
        told = (await client.post("/v1/feedback", json=body)).json()
        taken = await client.post(
            f"/v1/requests/{told['requests'][0]['request_id']}/answer",
            json={"outcome": "answered", "text": "Merci de votre retour."},
            headers={"Authorization": f"Bearer {running.keys['racine']}"},
        )
        assert taken.status_code == 200
    async with browsing(running.address) as page:
        await page.goto(told["links"]["page"])
        await judge(page)
        assert await page.get_by_text("Merci de votre retour.").count() == 1
