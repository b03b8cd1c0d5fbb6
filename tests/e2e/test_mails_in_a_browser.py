"""Asking for mails in a real browser: without scripts, by keyboard, on a phone, for a screen reader."""

from contextlib import asynccontextmanager

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from tests.support.builders import a_structure
from tests.support.letters import TOLD, a_letter
from tests.support.mailbox import receiving_mails
from tests.support.noticed import a_ticket, mail_settings
from tests.support.publication import Publication
from tests.support.screens import PHONE, RULES, chromium, look, picture

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

HTML = "text/html; charset=utf-8"
WHO = "awa.diop@exemple.fr"


async def press(page, button):
    """Reach the button by keyboard, press it, and judge what follows."""
    await page.get_by_role("button", name=button).focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    said = await page.get_by_role("heading", level=1).inner_text()
    await look(page, f"mails-{button}-{said}")
    return said


@asynccontextmanager
async def running(database_url, kafka, topic_prefix):
    publication = Publication(database_url, kafka, topic_prefix)
    await publication.prepare()
    async with receiving_mails() as mailbox, publication.replica(**mail_settings(mailbox)) as http:
        await publication.publish(a_structure(code="office", name="Mairie de Villeneuve"))
        await publication.settled()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium())
            context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
            yield await context.new_page(), str(http.base_url).rstrip("/"), mailbox
            await browser.close()


async def test_citizen_leaves_an_address_confirms_and_ends(database_url, kafka, topic_prefix):
    async with running(database_url, kafka, topic_prefix) as (page, address, mailbox):
        form = (
            f'<form method="post" action="{address}/me-prevenir"><input name="ticket" value="{a_ticket()}">'
            '<input name="email" value="awa"><button>Me prévenir</button></form>'
        )
        await page.route(
            "http://intake.exemple.fr/*",
            lambda route: route.fulfill(body=form, content_type=HTML),
        )
        await page.goto("http://intake.exemple.fr/merci")
        assert await press(page, "Me prévenir") == "Votre adresse"
        await page.get_by_label("Adresse e-mail").fill(WHO)
        assert await press(page, "Me prévenir") == "Regardez votre messagerie"
        [asked] = await mailbox.has(1)
        await page.goto(address + asked.link("confirmer"))
        await look(page, "mails-confirm-" + asked.message["subject"])
        assert await press(page, "Oui, me prévenir") == "C’est noté"
        await page.goto(address + asked.link("arreter"))
        await look(page, "mails-stop")
        assert await press(page, "Ne plus recevoir ces messages") == "Vous ne recevrez plus de message"
        await page.goto(address + asked.link("confirmer"))
        assert await press(page, "Oui, me prévenir") == "Ce lien n’est plus valable"


async def test_reader_subscribes_to_a_structure_from_its_page(database_url, kafka, topic_prefix):
    async with running(database_url, kafka, topic_prefix) as (page, address, mailbox):
        await page.goto(f"{address}/structures/office")
        async with page.expect_navigation():
            await page.get_by_role("link", name="Recevoir ces résultats par message").click()
        await look(page, "mails-subscribe")
        await page.get_by_label("Votre adresse e-mail").fill("awa")
        assert await press(page, "Recevoir ces messages") == "Recevoir les résultats par message"
        await page.get_by_label("Votre adresse e-mail").fill(WHO)
        assert await press(page, "Recevoir ces messages") == "Regardez votre messagerie"
        [asked] = await mailbox.has(1)
        await page.goto(address + asked.link("confirmer"))
        await look(page, "mails-confirm-" + asked.message["subject"])
        assert await press(page, "Oui, recevoir ces messages") == "C’est noté"
        await page.goto(address + asked.link("confirmer").replace("confirmer", "garder"))
        await look(page, "mails-keep")
        assert await press(page, "Oui, continuer") == "C’est noté"
        await page.goto(address + asked.link("arreter"))
        assert await press(page, "Ne plus recevoir ces messages") == "Vous ne recevrez plus de message"
        await page.goto(address + asked.link("confirmer"))
        assert await press(page, "Oui, recevoir ces messages") == "Ce lien n’est plus valable"


async def test_letters_are_readable_as_html_by_day_and_by_night():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium())
        for scheme in ("light", "dark"):
            context = await browser.new_context(viewport=PHONE, color_scheme=scheme)
            page = await context.new_page()
            for kind in TOLD:
                await page.set_content(a_letter(kind).html())
                await picture(page, f"letter-{kind}-{scheme}")
                found = await Axe().run(page, options=RULES)
                assert found.violations_count == 0, f"{kind}, {scheme}: {found.generate_report()}"
                assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await browser.close()
