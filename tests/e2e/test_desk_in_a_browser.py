"""An agent's day in a real browser: without scripts, by keyboard alone, on a phone and at a desk."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from spplus_feedback.accounts.roles import Grant, Role
from tests.support.intake_process import served
from tests.support.screens import DESK, PHONE, browsing, look
from tests.support.signing import PASSWORD, an_account

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

MOST_TABS = 60


@dataclass
class Place:
    """A running service with an agent of one part of the tree."""

    service: Any
    dsn: str
    login: str = ""

    async def tell(self, days=1, **changes):
        body = {"structure_codes": ["mairie"], "sentiment": "negative", "channels": ["phone"]}
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        async with httpx.AsyncClient(base_url=self.service.address) as http:
            answer = await http.post("/v1/feedback", json=body | {"submitted_at": at} | changes)
        assert answer.status_code == 202, answer.text
        return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    dsn = make_database()
    async with served(dsn, kafka, f"t{uuid.uuid4().hex[:10]}.") as service:
        place = Place(service, dsn)
        place.login = (await an_account(place, grant=Grant(Role.AGENT, "racine"))).login
        yield place


async def reach(page, wanted):
    """Go on with the tabulator key until this has the focus."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"no way by keyboard to {wanted}")


async def press(page, wanted):
    """Reach a link or a button by keyboard and use it."""
    await reach(page, wanted)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def fill_in(page, label, text):
    """Reach a field by keyboard and write into it."""
    await reach(page, page.get_by_label(label, exact=True))
    await page.keyboard.insert_text(text)


async def sign_in(page, login, onward="/espace/demandes"):
    await page.goto(onward)
    await fill_in(page, "Identifiant", login)
    await fill_in(page, "Mot de passe", PASSWORD)
    await press(page, page.get_by_role("button", name="Se connecter"))


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_agent_finds_and_answers_a_request_by_keyboard_alone_without_scripts(running, viewport):
    word = f"radiateur{viewport['width']}"
    told = await running.tell(20, title=f"Le {word} est froid", story="Il fait froid dans la salle d’attente.")
    await running.tell(2, title="Un accueil aimable", story="Merci à toute l’équipe.", sentiment="positive")
    await running.tell(1, structure_codes=["guichet"], suggestion="Ouvrir plus tôt le samedi.", proposal=True)
    async with browsing(running.service.address, viewport=viewport) as page:
        await sign_in(page, running.login)
        await look(page, "list")
        await reach(page, page.locator("summary"))
        await page.keyboard.press("Enter")
        await fill_in(page, "Mots du récit", word)
        await reach(page, page.get_by_label("Ressenti"))
        for _ in range(3):
            await page.keyboard.press("ArrowDown")
        await press(page, page.get_by_role("button", name="Filtrer"))
        await look(page, "filtered")
        assert await page.get_by_text("En retard de 5 jours").count() == 1
        assert await page.get_by_role("main").get_by_role("listitem").filter(has_text="froid").count() == 1
        await press(page, page.get_by_role("link", name=f"Le {word} est froid"))
        await look(page, "request")
        await fill_in(page, "Votre réponse", "Bonjour, appelez-nous au 06 12 34 56 78.")
        await press(page, page.get_by_role("button", name="Voir l’aperçu"))
        await look(page, "preview-warned")
        assert await page.get_by_text("semble contenir un numéro de téléphone").count() == 1
        await press(page, page.get_by_role("button", name="Modifier"))
        field = page.get_by_label("Votre réponse", exact=True)
        assert "06 12" in await field.input_value()
        await reach(page, field)
        await page.keyboard.press("Control+a")
        await page.keyboard.insert_text("Bonjour, le chauffage est réparé depuis hier.")
        await press(page, page.get_by_role("button", name="Voir l’aperçu"))
        await press(page, page.get_by_role("button", name="Envoyer la réponse"))
        await look(page, "answered")
        assert await page.get_by_text("Votre réponse est enregistrée.").count() == 1
        await page.goto(told["links"]["page"])
        assert await page.get_by_text("Bonjour, le chauffage est réparé depuis hier.").count() == 1


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_agent_postpones_routes_closes_and_keeps_templates_without_scripts(running, viewport):
    told = [(await running.tell(3, title=f"Demande {number}"))["requests"][0]["request_id"] for number in range(3)]
    async with browsing(running.service.address, viewport=viewport) as page:
        await sign_in(page, running.login, f"/espace/demandes/{told[0]}")
        await page.get_by_role("link", name="Annoncer une nouvelle date").click()
        await page.get_by_role("button", name="Annoncer cette date").click()
        await look(page, "postpone-wrong")
        later = str(datetime.now(UTC).date() + timedelta(days=50))
        await page.get_by_label("La réponse viendra au plus tard le").fill(later)
        await page.get_by_role("button", name="Annoncer cette date").click()
        await look(page, "postponed")
        assert await page.get_by_text("La réponse reste jugée sur la première date.").count() == 1

        await page.get_by_role("link", name="Accuser réception").click()
        await look(page, "acknowledge")
        await page.goto(f"/espace/demandes/{told[1]}/transmettre?q=prefecture")
        await look(page, "route")
        await page.get_by_role("link", name="Préfecture d'ailleurs").click()
        await look(page, "route-confirm")
        await page.get_by_role("button", name="Oui, la transmettre hors de mon périmètre").click()
        await look(page, "routed")
        assert await page.get_by_text("Elle a quitté votre périmètre").count() == 1
        await page.goto(f"/espace/demandes/{told[2]}/cloture")
        await look(page, "close")
        await page.get_by_role("button", name="Oui, clore sans réponse").click()
        assert await page.get_by_text("La demande est close sans réponse.").count() == 1

        await page.get_by_role("link", name="← Revenir à la liste").click()
        await page.get_by_role("link", name="Modèles de réponse").click()
        await page.get_by_role("link", name="Écrire un modèle").click()
        await page.get_by_label("Nom du modèle").fill(f"Merci {viewport['width']}")
        await page.get_by_label("Texte", exact=True).fill("Bonjour {prenom}, {structure} vous remercie.")
        await page.get_by_role("button", name="Enregistrer le modèle").click()
        await look(page, "template-wrong")
        await page.get_by_label("Texte", exact=True).fill("Bonjour, {structure} vous remercie de votre récit.")
        await page.get_by_role("button", name="Enregistrer le modèle").click()
        await look(page, "templates")

        await page.goto(f"/espace/demandes/{told[0]}")
        await page.get_by_label("Partir d’un modèle").select_option(f"Merci {viewport['width']}")
        await page.get_by_role("button", name="Insérer dans ma réponse").click()
        await look(page, "inserted")
        written = await page.get_by_label("Votre réponse", exact=True).input_value()
        assert written == "Bonjour, Mairie de Bourg vous remercie de votre récit."


async def test_agent_proposes_as_an_agent_and_meets_a_conflict_without_scripts(running):
    (request,) = (await running.tell(1, title="À deux"))["requests"]
    async with browsing(running.service.address, viewport=PHONE) as page:
        await sign_in(page, running.login, "/espace/proposition")
        await look(page, "proposal-place")
        await page.get_by_role("link", name="Mairie de Bourg").click()
        await page.get_by_role("button", name="Envoyer ma proposition").click()
        await look(page, "proposal-wrong")
        await page.get_by_label("Que proposez-vous ?").fill("Ouvrir le samedi matin.")
        await page.get_by_role("button", name="Envoyer ma proposition").click()
        await look(page, "proposal-thanks")

        await page.goto(f"/espace/demandes/{request['request_id']}")
        await page.get_by_label("Votre réponse", exact=True).fill("Ma réponse, écrite trop tard.")
        async with httpx.AsyncClient(base_url=running.service.address) as http:
            answered = await http.post(
                f"/v1/requests/{request['request_id']}/answer",
                json={"outcome": "answered", "text": "Déjà répondu."},
                headers={"Authorization": f"Bearer {running.service.keys['racine']}"},
            )
        assert answered.status_code == 200
        await page.get_by_role("button", name="Voir l’aperçu").click()
        await page.get_by_role("button", name="Envoyer la réponse").click()
        await look(page, "conflict")
        assert await page.get_by_text("Déjà répondu.").count() == 1
        await page.get_by_role("link", name="Relire la demande").click()
        await look(page, "stale-draft")
        assert await page.get_by_label("Votre réponse", exact=True).input_value() == "Ma réponse, écrite trop tard."
