"""The whole way of "tell me when it is answered", on the platform as a new user starts it, in a real browser."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import async_playwright

from tests.support.screens import PHONE, chromium, judge
from tests.support.waiting import eventually
from tests.support.whole_platform import WholePlatform

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.timeout(300)]

FIXTURES = Path(__file__).parents[1] / "fixtures"
LIGHTHOUSE = "STR-101"
WHO = "awa.diop@exemple.fr"
STORY, ANSWER = "Le gardien du phare était absent.", "Le phare est de nouveau gardé chaque jour."


@pytest.fixture
def platform(tmp_path):
    platform = WholePlatform(tmp_path, SPPLUS_UP_MAILS="true", SPPLUS_FEEDBACK_FORM_LEAST_SECONDS="0")
    platform.start()
    yield platform
    platform.stop()


def test_citizen_who_left_an_address_is_told_once_and_reads_the_answer(platform):
    platform.run("import-structures", FIXTURES / "structures.csv")
    scopes = ("--scope", "requests:read", "--scope", "requests:answer")
    key = platform.run("keys", "create", "--name", "agent", "--structure", LIGHTHOUSE, *scopes).strip()
    asyncio.run(the_whole_way(platform, {"Authorization": f"Bearer {key}"}))


async def the_whole_way(platform, agent):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
        page = await context.new_page()
        await page.goto(f"{platform.address('feedback')}/partager?structure={LIGHTHOUSE}")
        await page.get_by_role("group", name="Quel est votre ressenti ?").get_by_label("Négatif").check()
        await page.get_by_label("Que s’est-il passé ?").fill(STORY)
        await page.get_by_role("button", name="Relire avant d’envoyer").click()
        await page.get_by_role("button", name="Envoyer").click()
        code = await page.locator("#code").inner_text()
        await page.get_by_label("Votre adresse e-mail").fill(WHO)
        async with page.expect_popup() as opened:
            await page.get_by_role("button", name="Me prévenir").click()
        asked = await opened.value
        await judge(asked)
        assert await asked.get_by_role("heading", level=1).inner_text() == "Regardez votre messagerie"

        await page.goto((await mail(platform, 1)).as_uri())
        await page.get_by_role("link", name="Confirmer mon adresse", exact=True).click()
        await page.get_by_role("button", name="Oui, me prévenir").click()
        assert await page.get_by_role("heading", level=1).inner_text() == "C’est noté"

        async with httpx.AsyncClient(base_url=platform.address("feedback"), headers=agent) as http:
            [waiting] = (await http.get("/v1/requests", params={"structure": LIGHTHOUSE})).json()["items"]
            given = await http.post(
                f"/v1/requests/{waiting['request_id']}/answer", json={"outcome": "answered", "text": ANSWER}
            )
            assert given.status_code < 300, given.text

        told = await mail(platform, 2)
        assert code not in told.read_text()
        await page.goto(told.as_uri())
        await page.get_by_role("link", name="Lire la réponse", exact=True).click()
        assert page.url == f"{platform.address('feedback')}/suivi"
        await page.get_by_label("Votre code de suivi").fill(code)
        await page.get_by_role("button", name="Voir où en est").click()
        assert await page.get_by_text(ANSWER).count() == 1
        await browser.close()
    async with httpx.AsyncClient(base_url=platform.address("notifier")) as http:
        sent = re.findall(r'spplus_mails_total\{outcome="(\w+)"\} (\S+)', (await http.get("/metrics")).text)
    assert sent == [("sent", "2.0")]
    assert len(list(folder(platform).glob("*.eml"))) == 2


def folder(platform):
    return platform.folder / ".spplus/up/mails"


async def mail(platform, number):
    """The page of a mail, once it was caught."""
    file = folder(platform) / f"{number:04}.html"

    async def there():
        return file.with_suffix(".eml").exists()

    await eventually(there, f"mail {number}", seconds=60)
    return file
