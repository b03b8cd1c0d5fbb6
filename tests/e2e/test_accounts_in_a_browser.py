"""An administrator in a real browser: without scripts, by keyboard, on a phone and at a desk."""

import asyncio
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import uvicorn

from spplus_chassis.migrations import migrate
from spplus_embedded.ports import free_port
from spplus_feedback.accounts.roles import Grant, Role
from spplus_feedback.app import PACKAGE, build
from spplus_feedback.settings import FeedbackSettings
from tests.support.intake import furnish
from tests.support.screens import DESK, PHONE, browsing, look
from tests.support.signing import PASSWORD, an_account
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

NEW = "un autre choix de mots"


class Running:
    """The service on a port of its own."""

    def __init__(self, dsn, port):
        self.dsn, self.address = dsn, f"http://127.0.0.1:{port}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    dsn, port = make_database(), free_port()
    await migrate(dsn, PACKAGE)
    await furnish(dsn)
    settings = FeedbackSettings(
        database_url=dsn,
        kafka_bootstrap_servers=kafka,
        topic_prefix=f"t{uuid.uuid4().hex[:10]}.",
        form_least_seconds=0,
        _env_file=None,
    )
    app = build(settings).app
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False, ws="none"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: asyncio.sleep(0, server.started), "the service to listen", seconds=60)
    yield Running(dsn, port)
    server.should_exit = True
    await serving


async def reach(page, name):
    """Go on by the tabulator key until a field, a button or a link of this name has the focus."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        label = await focused.get_attribute("id") or ""
        if name in {label, (await focused.inner_text()).strip()}:
            return
    pytest.fail(f"{name} is not reached by keyboard")


async def enter(page):
    """Press the key, and wait for the page that it leads to."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def type_into(page, **fields):
    """Fill in fields in their order, by keyboard alone."""
    for name, text in fields.items():
        await reach(page, name)
        await page.keyboard.type(text)


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_administrator_signs_in_chooses_a_password_and_signs_out_by_keyboard(running, viewport):
    later = datetime.now(UTC) + timedelta(days=7)
    login = (await an_account(running, grant=Grant(Role.ADMINISTRATOR, "*"), temporary_until=later)).login
    async with browsing(running.address, viewport=viewport) as page:
        await page.goto("/espace/comptes")
        await look(page, "sign-in")
        await type_into(page, login=login, password="pas le bon")
        await enter(page)
        await look(page, "sign-in-wrong")
        assert (await page.title()).startswith("Erreur")
        assert await page.get_by_label("Identifiant").input_value() == login
        await type_into(page, password=PASSWORD)
        await enter(page)
        await look(page, "password")
        await type_into(page, current=PASSWORD, chosen="trop court", again="trop court")
        await enter(page)
        await look(page, "password-wrong")
        await type_into(page, current=PASSWORD, chosen=NEW, again=NEW)
        await enter(page)
        await look(page, "own")
        assert page.url.endswith("/espace/mon-compte")
        await page.goto("/espace")
        await look(page, "home")
        await reach(page, "Se déconnecter")
        await enter(page)
        await look(page, "signed-out")
        await page.goto("/espace")
        assert "/connexion" in page.url


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_administrator_makes_an_account_changes_its_roles_and_reads_the_trail(running, viewport):
    login = (await an_account(running, grant=Grant(Role.ADMINISTRATOR, "racine"))).login
    async with browsing(running.address, viewport=viewport) as page:
        await page.goto("/espace/comptes/nouveau")
        await page.get_by_label("Identifiant").fill(login)
        await page.get_by_label("Mot de passe").fill(PASSWORD)
        await page.get_by_role("button", name="Se connecter").click()
        await look(page, "account-new")
        await page.get_by_role("button", name="Créer le compte").click()
        await look(page, "account-new-wrong")
        await page.get_by_label("Nom", exact=True).fill("Andrée Martin-Lefebvre")
        await page.get_by_role("textbox", name="Identifiant").fill(f"a.{login}")
        await page.get_by_label("Agent : lit").check()
        await page.get_by_label("Service", exact=True).fill("impots st etienne")
        await page.get_by_role("button", name="Créer le compte").click()
        await look(page, "account-new-which")
        await page.get_by_label("Centre des impôts de Saint-Étienne").check()
        await page.get_by_role("button", name="Créer le compte").click()
        await look(page, "account-made")
        assert re.fullmatch(r"[a-z2-9]{5}(-[a-z2-9]{5}){3}", await page.locator(".secret").inner_text())
        await page.get_by_label("Modérateur : relit").check()
        await page.get_by_label("Service", exact=True).fill("mairie")
        await page.get_by_role("button", name="Donner ce rôle").click()
        await look(page, "account")
        await page.get_by_role("button", name="Retirer le rôle Modérateur").click()
        await look(page, "accounts")
        await page.get_by_role("link", name="Andrée Martin-Lefebvre").first.click()
        await page.get_by_role("button", name="Fermer ce compte…").click()
        await look(page, "account-close")
        await page.get_by_role("button", name="Oui, fermer ce compte").click()
        await page.goto("/espace/journal")
        await look(page, "trail")
        await page.get_by_label("Objet").select_option(label="Comptes et connexions")
        await page.get_by_role("button", name="Filtrer").click()
        assert await page.get_by_text("a fermé un compte").count() > 0
        await page.goto("/espace/demandes")
        await look(page, "not-allowed")
        assert await page.get_by_text("n’est pas permise").count() == 1
