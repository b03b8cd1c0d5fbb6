"""Asking for mails in a real browser: without scripts, by keyboard, on a phone, for a screen reader."""

from contextlib import asynccontextmanager
from urllib.parse import urljoin

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from tests.support.builders import a_structure
from tests.support.mailbox import receiving_mails
from tests.support.noticed import a_ticket, mail_settings
from tests.support.publication import Publication
from tests.support.screens import chromium

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

PHONE = {"width": 320, "height": 640}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
HTML = "text/html; charset=utf-8"
WHO = "awa.diop@exemple.fr"


async def judge(page):
    """No rule of accessibility is broken, and nobody scrolls sideways. The judge needs scripts, the page gets none."""
    content = await page.content()
    context = await page.context.browser.new_context(viewport=PHONE)
    copy = await context.new_page()
    await copy.route("**/copy", lambda route: route.fulfill(body=content, content_type=HTML))
    await copy.goto(urljoin(page.url, "/copy"))
    found = await Axe().run(copy, options=RULES)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
    width = await copy.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{page.url} is {width} wide"
    await context.close()


async def press(page, button):
    """Reach the button by keyboard, press it, and judge what follows."""
    await page.get_by_role("button", name=button).focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await judge(page)
    return await page.get_by_role("heading", level=1).inner_text()


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
        await judge(page)
        assert await press(page, "Oui, me prévenir") == "C’est noté"
        await page.goto(address + asked.link("arreter"))
        await judge(page)
        assert await press(page, "Ne plus me prévenir") == "Vous ne recevrez plus de message"
        await page.goto(address + asked.link("confirmer"))
        assert await press(page, "Oui, me prévenir") == "Ce lien n’est plus valable"


async def test_reader_subscribes_to_a_structure_from_its_page(database_url, kafka, topic_prefix):
    async with running(database_url, kafka, topic_prefix) as (page, address, mailbox):
        await page.goto(f"{address}/structures/office")
        async with page.expect_navigation():
            await page.get_by_role("link", name="Recevoir ces résultats par message").click()
        await judge(page)
        await page.get_by_label("Votre adresse e-mail").fill("awa")
        assert await press(page, "Recevoir ces messages") == "Recevoir les résultats par message"
        await page.get_by_label("Votre adresse e-mail").fill(WHO)
        assert await press(page, "Recevoir ces messages") == "Regardez votre messagerie"
        [asked] = await mailbox.has(1)
        await page.goto(address + asked.link("confirmer"))
        await judge(page)
        assert await press(page, "Oui, recevoir ces messages") == "C’est noté"
        await page.goto(address + asked.link("arreter"))
        assert await press(page, "Ne plus me prévenir") == "Vous ne recevrez plus de message"
        await page.goto(address + asked.link("confirmer"))
        assert await press(page, "Oui, recevoir ces messages") == "Ce lien n’est plus valable"


async def test_letters_are_readable_as_html(database_url, kafka, topic_prefix):
    async with running(database_url, kafka, topic_prefix) as (page, address, mailbox):
        await page.goto(f"{address}/abonnement/office")
        await page.get_by_label("Votre adresse e-mail").fill(WHO)
        await press(page, "Recevoir ces messages")
        [asked] = await mailbox.has(1)
        await page.route("**/letter", lambda route: route.fulfill(body=asked.html, content_type=HTML))
        await page.goto(f"{address}/letter")
        await judge(page)
        assert asked.message["subject"] == await page.get_by_role("heading", level=1).inner_text()
