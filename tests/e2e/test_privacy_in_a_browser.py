"""What is kept, the copy of it, and the statements, in a real browser without scripts and on a phone."""

import uuid

import httpx
import pytest
import pytest_asyncio

from tests.support.intake_process import served
from tests.support.screens import anonymous, judge

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]
STORY = "J'ai attendu une heure au téléphone, puis le guichet était fermé."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    async with served(make_database(), kafka, f"t{uuid.uuid4().hex[:10]}.") as service:
        yield service


async def test_author_reads_and_takes_along_what_is_kept(running):
    body = {
        "structure_codes": ["guichet", "mairie"],
        "sentiment": "negative",
        "dimensions": {"simplicity": "negative"},
        "channels": ["phone", "desk"],
        "title": "Une heure d'attente",
        "story": STORY,
    }
    async with httpx.AsyncClient(base_url=running.address) as client:
        told = (await client.post("/v1/feedback", json=body)).json()
        answer = {"outcome": "answered", "text": "Nous avons ouvert un second guichet."}
        bearer = {"Authorization": f"Bearer {running.keys['racine']}"}
        request = told["requests"][0]["request_id"]
        assert (await client.post(f"/v1/requests/{request}/answer", json=answer, headers=bearer)).status_code == 200

    async with anonymous(running.address) as page:
        await page.goto("/")
        await page.get_by_role("link", name="Accessibilité").click()
        await judge(page)
        await page.get_by_role("link", name="Confidentialité", exact=True).click()
        await judge(page)
        await page.get_by_label("Votre code de suivi").fill(told["code"])
        await page.get_by_role("button", name="Voir tout ce que vous gardez").press("Enter")
        await judge(page)
        assert await page.get_by_text(STORY).count() == 1
        assert await page.get_by_text("Nous avons ouvert un second guichet.").count() == 1
        assert told["code"] not in page.url
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Télécharger cette copie").press("Enter")
        assert (await download.value).suggested_filename == "mon-experience.json"

        await page.goto(f"/suivi/{told['code']}")
        await page.get_by_role("button", name="Voir ce qui est gardé").click()
        assert await page.get_by_role("heading", name="Ce qui a été fait").count() == 1
    assert told["code"] not in running.log
    assert STORY not in running.log
