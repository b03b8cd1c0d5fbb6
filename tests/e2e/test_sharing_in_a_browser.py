"""Sharing and following an experience in a real browser: without scripts, on a phone, for a screen reader."""

import asyncio
import re
import uuid
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from spplus_feedback.notices import NO_KEYS
from tests.support.intake_process import RESULTS_URL, served
from tests.support.screens import DESK, PHONE, anonymous, chromium, judge

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

STORY = "J'ai attendu une heure au téléphone."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    async with served(make_database(), kafka, f"t{uuid.uuid4().hex[:10]}.") as service:
        yield service


async def search(page, words):
    await page.get_by_label("Nom du service, ville ou code postal").fill(words)
    await page.get_by_role("button", name="Rechercher").click()
    await judge(page)


async def press(page, button):
    await page.get_by_role("button", name=button).click()
    await judge(page)


async def test_citizen_shares_follows_and_withdraws_an_experience_without_scripts(running):
    async with anonymous(running.address) as page:
        await page.goto("/")
        await judge(page)
        assert await page.get_by_role("link", name="résultats").first.get_attribute("href") == RESULTS_URL
        await page.get_by_role("navigation").get_by_role("link", name="Partager une expérience").click()
        await judge(page)
        await search(page, "impots saint etiene")
        await page.get_by_role("link", name="Centre des impôts de Saint-Étienne").click()
        await judge(page)

        await page.get_by_text("Donner plus de détails").click()
        await page.get_by_role("group", name="La démarche était-elle simple ?").get_by_label("Neutre").check()
        await press(page, "Relire avant d’envoyer")
        assert (await page.title()).startswith("Erreur")
        await page.get_by_role("alert").get_by_role("link", name="Racontez votre expérience").click()
        assert page.url.endswith("#story")

        feeling = page.get_by_role("group", name="Quel est votre ressenti ?")
        await feeling.get_by_label("Négatif").check()
        await page.get_by_label("Que s’est-il passé ?").fill(STORY)
        assert await page.get_by_role("group", name="La démarche").get_by_label("Neutre").is_checked(), "kept"

        await press(page, "Changer ou ajouter un service")
        await search(page, "bourg")
        await page.get_by_role("button", name="Mairie de Bourg").click()
        assert await page.get_by_label("Que s’est-il passé ?").input_value() == STORY

        await press(page, "Relire avant d’envoyer")
        assert await page.get_by_text(STORY).count() == 1
        await press(page, "Modifier")
        await page.get_by_label("Un titre").fill("Une heure")
        await page.get_by_label("Un titre").press("Enter")
        assert await page.get_by_role("heading", name="Relisez avant d’envoyer").count() == 1, "Enter sends nothing"
        await press(page, "Envoyer")
        code = await page.locator("#code").inner_text()

        await page.get_by_role("navigation").get_by_role("link", name="Suivre").click()
        await page.get_by_label("Votre code de suivi").fill("pas un code")
        await press(page, "Voir où en est")
        await page.get_by_label("Votre code de suivi").fill(code.lower())
        await press(page, "Voir où en est")
        assert await page.get_by_text(STORY).count() == 1
        assert await page.get_by_role("list", name="Les étapes").get_by_role("listitem").count() >= 4
        assert code not in page.url

        await press(page, "Retirer mon récit")
        await press(page, "Oui, retirer")
        await page.goto(f"/suivi/{code}")
        assert await page.get_by_text("Vous avez retiré votre récit").count() == 1
    assert code not in running.log
    assert code.lower() not in running.log
    assert STORY not in running.log
    async with httpx.AsyncClient(base_url=running.address) as client:
        assert code not in (await client.get("/metrics")).text


async def reach(page, role, name):
    """Go with the Tab key to a control, as somebody does who has no mouse."""
    for _ in range(120):
        await page.keyboard.press("Tab")
        wanted = page.get_by_role(role, name=name).first
        if await wanted.count() and await wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"no {role} {name!r} is reached by keyboard")


async def test_proposal_is_shared_and_withdrawn_by_keyboard_alone(running):
    async with anonymous(running.address, viewport=DESK, scripts=True) as page:
        await page.goto("/partager")
        await reach(page, "radio", "Raconter une expérience")
        await page.keyboard.press("ArrowRight")
        await reach(page, "searchbox", "Nom du service")
        await page.keyboard.type("mairi de bourg")
        await page.keyboard.press("Enter")
        await reach(page, "link", "Mairie de Bourg")
        await page.keyboard.press("Enter")
        await reach(page, "button", "Relire avant d’envoyer")
        await page.keyboard.press("Enter")
        await page.get_by_role("alert").wait_for()
        assert await page.get_by_role("alert").evaluate("one => one === document.activeElement"), "read out first"
        await reach(page, "link", "Écrivez votre proposition")
        await page.keyboard.press("Enter")
        await page.keyboard.type("Ouvrir le samedi matin.")
        await reach(page, "button", "Relire avant d’envoyer")
        await page.keyboard.press("Enter")
        await reach(page, "button", "Envoyer")
        await page.keyboard.press("Space")
        await reach(page, "link", "Voir la page de suivi")
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Votre proposition du").wait_for()
        await reach(page, "button", "Retirer mon récit")
        await page.keyboard.press("Enter")
        await reach(page, "button", "Oui, retirer")
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="retiré").wait_for()


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
    async with anonymous(running.address) as page:
        await page.goto(told["links"]["page"])
        await judge(page)
        assert await page.get_by_text("Merci de votre retour.").count() == 1


@asynccontextmanager
async def catching():
    """The door of another service, as small as it can be: an address, and what browsers sent there."""
    caught = []

    async def answer(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        caught.append((head, (await reader.readexactly(int(length.group(1) if length else 0))).decode()))
        page = b"<title>Notifier</title>"
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n" + page)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", caught


async def test_address_goes_from_the_browser_to_the_notifier_and_not_through_us(make_database, kafka):
    async with catching() as (notifier, caught):
        settings = {
            "SPPLUS_FEEDBACK_NOTICE_URL": notifier,
            "SPPLUS_FEEDBACK_NOTICE_KEYS": NO_KEYS.turned().private(),
        }
        async with served(make_database(), kafka, f"t{uuid.uuid4().hex[:10]}.", **settings) as service:
            async with httpx.AsyncClient(base_url=service.address) as client:
                body = {"structure_codes": ["guichet"], "sentiment": "positive", "story": STORY}
                told = (await client.post("/v1/feedback", json=body)).json()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
                context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
                page = await context.new_page()
                await page.goto(service.address + told["links"]["page"])
                await judge(page)
                await page.get_by_label("Votre adresse e-mail").fill("jeanne@exemple.example")
                async with context.expect_page() as opened:
                    await page.get_by_role("button", name="Me prévenir").click()
                await (await opened.value).wait_for_load_state()
                assert await (await opened.value).title() == "Notifier"
                await browser.close()
        posts = [(head, body) for head, body in caught if head.startswith("POST")]
        assert len(posts) == 1
        head, body = posts[0]
        assert head.startswith("POST /me-prevenir ")
        assert "referer" not in head.lower()
        assert told["code"] not in head + body
        assert "email=jeanne%40exemple.example" in body
        assert "jeanne" not in service.log
