"""A moderator at work in a real browser: without scripts, by keyboard, on a phone and at a desk."""

import uuid

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.support.intake_process import served
from tests.support.people import sign_in
from tests.support.screens import DESK, PHONE, browsing, look

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

STORY = (
    "Bonjour, Mme Dupont m'a reçue le 3 mars au guichet.\n"
    "Elle devait me rappeler au 06 12 34 56 78 ou m'écrire à jeanne.martin@example.org, rien depuis.\n"
    "Ma voisine Lucette Grosjean a vécu la même chose. J'habite 12 rue des Lilas, 42000 Saint-Étienne."
)
PUBLIC = (
    "Bonjour, Mme [nom masqué] m'a reçue le 3 mars au guichet.\n"
    "Elle devait me rappeler au [numéro de téléphone masqué] ou m'écrire à [adresse électronique masquée], "
    "rien depuis.\n"
    "Ma voisine [nom masqué] a vécu la même chose. J'habite [adresse masquée]."
)


class Place:
    """A running service with a moderator of one part of the tree."""

    def __init__(self, service, dsn, person):
        self.service, self.dsn, self.person = service, dsn, person

    @property
    def address(self):
        return self.service.address

    async def tell(self, **changes):
        body = {"structure_codes": ["guichet"], "sentiment": "negative", "title": "Sans nouvelles", "story": STORY}
        async with httpx.AsyncClient(base_url=self.address) as http:
            answer = await http.post("/v1/feedback", json=body | changes)
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def row(self, told):
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetchrow(
                "SELECT * FROM feedbacks WHERE feedback_id = $1::uuid", told["feedback_id"]
            )
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    dsn = make_database()
    async with served(dsn, kafka, f"t{uuid.uuid4().hex[:10]}.") as service, httpx.AsyncClient() as http:
        yield Place(service, dsn, await sign_in(http, dsn, "moderator", "racine"))


async def words_of(page, heading):
    """The story as one of the two sections shows it."""
    section = page.get_by_role("region", name=heading)
    return await section.locator(".words").last.inner_text()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_moderator_masks_and_publishes_a_text_without_scripts(running, viewport):
    told = await running.tell()
    async with browsing(running.address, viewport=viewport, cookie=running.person.cookie) as page:
        await page.goto("/espace/moderation")
        await look(page, "queue")
        assert await page.get_by_text("06 12 34 56 78").count() == 0, "the list shows nothing that was found"
        await page.locator(f"a[href$='{told['feedback_id']}']").click()
        await look(page, "story")
        assert await page.get_by_role("button", name="Publier quand même").count() == 1
        await page.get_by_role("button", name="Masquer téléphone « 06 12 34 56 78 »").click()
        await look(page, "one-masked")
        assert "[numéro de téléphone masqué]" in await words_of(page, "Ce que le public lira")
        await page.get_by_role("button", name="Ne plus masquer « 06 12 34 56 78 »").click()
        assert "06 12 34 56 78" in await words_of(page, "Ce que le public lira")
        await page.get_by_role("button", name="Masquer tout (4)").click()

        await page.get_by_text("Masquer un autre passage").click()
        await page.get_by_label("Le passage, tel qu’il est écrit").fill("Lucette Petitjean")
        await page.get_by_role("button", name="Masquer ce choix").click()
        await look(page, "not-found")
        assert (await page.title()).startswith("Erreur")
        await page.get_by_label("Le passage, tel qu’il est écrit").fill("lucette Grosjean".replace("l", "L", 1))
        await page.get_by_label("De quoi s’agit-il ?").select_option(label="Nom")
        await page.get_by_role("button", name="Masquer ce choix").click()
        await look(page, "masked")
        assert await words_of(page, "Ce que le public lira") == PUBLIC
        await page.get_by_role("button", name="Publier", exact=True).click()
        await look(page, "published")
        assert await page.get_by_role("status").get_by_text("Le texte est publié").count() == 1
        await page.get_by_role("link", name="Décisions prises").click()
        await look(page, "decided")
    row = await running.row(told)
    assert (row["moderation"], row["public_story"], row["story"]) == ("published", PUBLIC, STORY)
    assert STORY[:40] not in running.service.log


async def test_moderator_rejects_by_keyboard_alone(running):
    told = await running.tell(story="Achetez nos matelas !", title=None)
    async with browsing(running.address, viewport=DESK, cookie=running.person.cookie) as page:
        await page.goto(f"/espace/moderation/{told['feedback_id']}")
        await reach(page, "summary", "Rejeter cette expérience")
        await page.keyboard.press("Enter")
        await reach(page, "button", "Rejeter, avec confirmation")
        await send(page)
        await look(page, "no-reason")
        assert await page.get_by_text("Choisissez le motif du rejet.").count() >= 1
        await reach(page, "input[type=radio]", None)
        for _ in range(3):
            await page.keyboard.press("ArrowDown")
        assert await page.get_by_label("Publicité").is_checked()
        await reach(page, "button", "Rejeter, avec confirmation")
        await send(page)
        await look(page, "confirm")
        assert (await running.row(told))["moderation"] == "pending", "nothing is done before it is confirmed"
        await reach(page, "button", "Oui, rejeter définitivement")
        await send(page)
        assert await page.get_by_text("L’expérience est rejetée").count() == 1
        await page.goto(f"/espace/moderation/{told['feedback_id']}")
        await look(page, "rejected")
    row = await running.row(told)
    assert (row["moderation"], row["rejected_for"], row["story"]) == ("rejected", "advertising", None)


async def send(page):
    """Press the button that has the focus."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def reach(page, selector, words):
    """Go forward with the tabulator until what is wanted has the focus."""
    wanted = page.locator(selector, has_text=words) if words else page.locator(selector)
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.locator(":focus").count() and await wanted.and_(page.locator(":focus")).count():
            return
    pytest.fail(f"no way to {selector} {words} by keyboard on {page.url}")


async def test_second_of_two_moderators_is_told_and_changes_nothing(running):
    told = await running.tell(title="Deux lecteurs")
    async with (
        browsing(running.address, viewport=PHONE, cookie=running.person.cookie) as slow,
        browsing(running.address, viewport=DESK, scripts=True, cookie=running.person.cookie) as quick,
    ):
        for page in (slow, quick):
            await page.goto(f"/espace/moderation/{told['feedback_id']}")
        await quick.get_by_role("button", name="Masquer tout").click()
        await slow.get_by_role("button", name="Publier quand même").click()
        await look(slow, "changed")
        assert await slow.get_by_role("alert").get_by_text("Quelqu’un d’autre a traité ce texte").count() == 1
        assert "[nom masqué]" in await words_of(slow, "Ce que le public lira")
        assert (await running.row(told))["moderation"] == "pending"
        await slow.get_by_role("button", name="Publier", exact=True).click()
        assert await slow.get_by_role("status").count() == 1


async def test_published_text_is_masked_further_and_taken_back(running):
    told = await running.tell(title="Retour")
    async with browsing(running.address, viewport=DESK, cookie=running.person.cookie) as page:
        await page.goto(f"/espace/moderation/{told['feedback_id']}")
        await page.get_by_role("button", name="Publier quand même").click()
        await page.goto(f"/espace/moderation/{told['feedback_id']}")
        await look(page, "public")
        await page.get_by_role("button", name="Masquer téléphone").click()
        assert "[numéro de téléphone masqué]" in (await running.row(told))["public_story"]
        assert await page.get_by_role("button", name="Ne plus masquer").count() == 0
        await page.get_by_role("button", name="Retirer de la publication").click()
        await look(page, "taken-back")
    row = await running.row(told)
    assert (row["moderation"], row["public_story"]) == ("pending", None)
