"""What other sites show of the results, in a real browser: copied with and without scripts, framed by a stranger."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.support.screens import DESK, PICTURES, chromium, look
from tests.support.shown import shown
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

TELLING = "/structures/child/reprendre"
CLOSED = ("/", "/structures/child", TELLING, "/structures/nowhere", "/donnees-ouvertes", "/abonnement/child", "/livez")
DARK = "color-scheme: dark; background: #111; color: #eee"


@pytest_asyncio.fixture
async def address(database_url, kafka, topic_prefix):
    """Where the showcase is served."""
    async with shown(database_url, kafka, topic_prefix) as address:
        yield address


@asynccontextmanager
async def browsing(**options):
    """A page of a browser, which may load what it likes."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(locale="fr-FR", viewport=DESK, **options)
        yield await context.new_page()
        await browser.close()


@asynccontextmanager
async def host(body):
    """Address of a site of somebody else, by another host name and port: one page, which holds this."""
    page = f"<!doctype html><html lang=fr><title>Une mairie</title>{body}</html>".encode()

    async def answer(reader, writer):
        if not await reader.read(65_536):
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n" + page)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"


async def test_button_copies_what_the_field_holds_and_says_so(address):
    async with browsing(permissions=["clipboard-read", "clipboard-write"]) as page:
        await page.goto(address + TELLING)
        for name in ("Texte de la carte", "Texte du badge"):
            button = page.get_by_role("button", name=f"Copier : {name.lower()}")
            said = page.locator(".copy").filter(has=button).get_by_role("status")
            assert await said.inner_text() == ""
            await button.focus()
            await page.keyboard.press("Enter")
            await said.get_by_text("Copié.").wait_for()
            held = await page.get_by_label(name, exact=True).input_value()
            assert held.startswith("<")
            assert await page.evaluate("navigator.clipboard.readText()") == held
        assert not await page.get_by_text("Pour copier : touchez le texte").is_visible()
        await look(page, "reuse")


async def test_button_copies_where_the_browser_gives_no_clipboard(address):
    async with browsing(permissions=["clipboard-read"]) as page:
        await page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        await page.goto(address + TELLING)
        field = page.get_by_label("Texte du badge", exact=True)
        pasted = page.get_by_label("Texte de la carte", exact=True)
        await page.get_by_role("button", name="Copier : texte du badge").click()
        await page.get_by_text("Copié.").wait_for()
        held = await field.input_value()
        await pasted.evaluate("field => { field.readOnly = false; field.value = ''; }")
        await pasted.press("Control+V")
        assert await pasted.input_value() == held


async def test_failed_copy_is_told_and_leaves_the_text_selected(address):
    async with browsing() as page:
        refuse = "Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false"
        await page.add_init_script(refuse)
        await page.goto(address + TELLING)
        await page.get_by_role("button", name="Copier : texte du badge").click()
        await page.get_by_text("La copie a échoué").wait_for()
        field = page.get_by_label("Texte du badge", exact=True)
        assert await field.evaluate("field => field.selectionEnd - field.selectionStart === field.value.length")


async def test_text_is_selected_and_copied_by_keyboard_without_scripts(address):
    async with browsing(java_script_enabled=False) as page:
        await page.goto(address + TELLING)
        assert await page.get_by_role("button").count() == 0
        assert await page.get_by_text("Pour copier : touchez le texte").is_visible()
        field = page.get_by_label("Texte de la carte", exact=True)
        await field.press("Control+A")
        assert await field.evaluate("field => field.readOnly && field.selectionEnd === field.value.length")
        await look(page, "reuse-by-hand")


async def test_copied_texts_work_on_a_site_of_somebody_else(address):
    async with browsing() as page:
        await page.goto(address + TELLING)
        frame = await page.get_by_label("Texte de la carte", exact=True).input_value()
        image = await page.get_by_label("Texte du badge", exact=True).input_value()
        narrow = frame.replace('width="360"', 'width="300"')
        body = f'<p>{image}</p><p>{frame}</p><div style="{DARK}; padding: 16px"><p>{image}</p>{narrow}</div>'
        async with host(body) as site:
            await page.goto(site)
            for place in (0, 1):
                card = page.frame_locator("iframe").nth(place)
                await card.get_by_text("expériences sur 10 sont positives").wait_for()
                await card.get_by_role("link", name="Tous les résultats").wait_for()
                colours = "main => getComputedStyle(main.querySelector('li')).borderLeftColor"
                assert await card.locator("main").evaluate(colours) == "rgb(29, 92, 99)"  # its style sheet is there
                left = "html => [html.scrollWidth - html.clientWidth, html.scrollHeight - html.clientHeight]"
                assert await card.locator("html").evaluate(left) == [0, 0]  # all of it is seen at once
            badges = "[...document.images].map(one => one.complete && one.naturalWidth > 100)"
            assert await page.evaluate(badges) == [True, True]
            if PICTURES:
                await page.screenshot(path=Path(PICTURES) / "reused.png", full_page=True)
            async with page.context.expect_page() as opened:
                await page.frame_locator("iframe").first.get_by_role("link", name="Tous les résultats").click()
            results = await opened.value
            await results.get_by_role("heading", name="Les neuf engagements, un par un").wait_for()
            assert results.url == f"{address}/structures/child"


async def test_every_other_page_refuses_a_frame(address):
    frames = "".join(f'<iframe src="{address}{path}"></iframe>' for path in ("/structures/child/carte", *CLOSED))
    async with browsing() as page, host(frames) as site:
        await page.goto(site)
        expected = [f"{address}/structures/child/carte", *["chrome-error://chromewebdata/"] * len(CLOSED)]

        async def decided():
            return all(frame.url for frame in page.main_frame.child_frames)

        await eventually(decided, "every frame to be shown or refused")
        assert [frame.url for frame in page.main_frame.child_frames] == expected
