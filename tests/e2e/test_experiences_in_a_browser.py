"""Reading the published experiences in a real browser: without scripts, on a phone, for a screen reader."""

import uuid

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.support.intake_process import served
from tests.support.screens import anonymous, judge

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

STORY = "J'ai attendu une heure au téléphone. " * 40
PUBLISH = """
UPDATE feedbacks SET
    moderation = 'published', moderated_at = submitted_at,
    public_title = title, public_story = story, public_suggestion = suggestion
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    database = make_database()
    async with served(database, kafka, f"t{uuid.uuid4().hex[:10]}.") as service:
        async with httpx.AsyncClient(base_url=service.address) as client:
            for number in range(22):
                body = {
                    "structure_codes": ["guichet", "mairie"] if number == 21 else ["mairie"],
                    "sentiment": "negative" if number == 21 else "positive",
                    "title": "Une longue attente" if number == 21 else f"Récit {number}",
                    "story": STORY if number == 21 else "Un accueil aimable.",
                    "suggestion": "Prévoir un rappel.",
                }
                told = (await client.post("/v1/feedback", json=body)).json()
            answered = await client.post(
                f"/v1/requests/{told['requests'][0]['request_id']}/answer",
                json={"outcome": "answered", "text": "Un second agent répond désormais."},
                headers={"Authorization": f"Bearer {service.keys['racine']}"},
            )
            assert answered.status_code == 200
        connection = await asyncpg.connect(database)
        await connection.execute(PUBLISH)
        await connection.close()
        yield service


async def test_visitor_finds_reads_and_turns_pages_by_keyboard_and_without_scripts(running):
    async with anonymous(running.address) as page:
        await page.goto("/")
        await page.get_by_role("main").get_by_role("link", name="Lire les expériences").click()
        await judge(page)
        assert await page.locator("article").count() == 20
        await page.get_by_role("link", name="Voir les suivantes").focus()
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await judge(page)
        assert await page.locator("article").count() == 2
        await page.get_by_role("link", name="Revenir aux plus récentes").click()

        await page.get_by_label("Mots à chercher").fill("telephone attendre")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await judge(page)
        assert await page.locator("article").count() == 0
        await page.get_by_label("Mots à chercher").fill("telephone attendu")
        await page.get_by_label("Nom du service, ville ou code postal").fill("impots saint etienne")
        await page.get_by_role("button", name="Chercher").click()
        await judge(page)
        await page.get_by_role("link", name="Centre des impôts de Saint-Étienne").click()
        await page.get_by_label("Ressenti").select_option("Négatif")
        await page.get_by_role("button", name="Appliquer ces choix").click()
        await judge(page)
        assert await page.locator("article").count() == 1
        assert await page.locator("mark").first.inner_text() == "attendu"

        await page.get_by_role("link", name="Une longue attente").click()
        await judge(page)
        assert await page.get_by_text(STORY.strip()).count() == 1
        assert await page.get_by_text("Un second agent répond désormais.").count() == 1
        await page.get_by_role("link", name="Toutes les expériences").click()
        await page.get_by_role("link", name="Les chiffres de la modération").click()
        await judge(page)
        assert "22" in await page.locator("dl").first.inner_text()


async def test_visitor_is_told_what_is_wrong_with_a_date(running):
    async with anonymous(running.address) as page:
        await page.goto("/experiences?to=31/12/2026")
        await judge(page)
        assert (await page.title()).startswith("Erreur")
        await page.get_by_role("alert").get_by_role("link", name="La date de fin").click()
        assert page.url.endswith("#to")


async def test_experience_that_never_was_is_no_page(running):
    async with anonymous(running.address) as page:
        answer = await page.goto(f"/experiences/{uuid.uuid4()}")
        assert answer.status == 404
        await judge(page)
