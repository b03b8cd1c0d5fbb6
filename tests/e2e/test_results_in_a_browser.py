"""Results pages in a real browser: without scripts, by keyboard, on a phone, for a screen reader."""

import re
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from spplus_notifier.app import build
from spplus_notifier.settings import NotifierSettings
from tests.support.screens import chromium, judge
from tests.support.shown import shown

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.asyncio]

RESULTS = ("/structures/child", "/structures/root", "/structures/other", "/structures/child?annee=2025")
PAGES = {
    "/": ("/", "/?q=impots", "/?q=colomeirs", "/?q=introuvable&region=Bretagne"),
    "/structures/{code}": (*RESULTS, "/structures/empty", "/structures/nowhere"),
    "/structures/{code}/comparaison": (
        "/structures/root/comparaison",
        "/structures/root/comparaison?avec=child&indicateur=answer_delay_median",
    ),
    "/structures/{code}/carte": ("/structures/child/carte", "/structures/empty/carte"),
    "/structures/{code}/reprendre": ("/structures/child/reprendre",),
    "/indicateurs/{code}": ("/indicateurs/on_time_rate", "/indicateurs/survey_satisfaction"),
    "/engagements": ("/engagements",),
    "/engagements/{number}": ("/engagements/4", "/engagements/5"),
    "/methodes": ("/methodes",),
    "/methodes/{code}": ("/methodes/on_time_rate", "/methodes/answer_delay_median"),
    "/donnees-ouvertes": ("/donnees-ouvertes",),
    "/accessibilite": ("/accessibilite",),
    "/confidentialite": ("/confidentialite",),
}
"""Every route that writes a page about results, and the addresses that are looked at."""
PATHS = [path for paths in PAGES.values() for path in paths]
ELSEWHERE = ("/me-prevenir", "/abonnement", "/messages", "/v1", "/static", "/openapi", "/asyncapi")
"""Pages about mails have a test of their own; the others are for machines and developers."""
NOT_PAGES = {"/livez", "/readyz", "/metrics"}
DESKTOP = {"width": 1200, "height": 900}
PHONE = {"width": 320, "height": 640}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest_asyncio.fixture
async def address(database_url, kafka, topic_prefix):
    """Where a publication with two structures is served."""
    async with shown(database_url, kafka, topic_prefix) as address:
        yield address


@asynccontextmanager
async def browsing(address, **options):
    """A page of a browser; fails when anything is asked of another address."""
    elsewhere = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(base_url=address, locale="fr-FR", **options)
        page = await context.new_page()
        page.on("request", lambda request: request.url.startswith(address) or elsewhere.append(request.url))
        yield page
        await browser.close()
    assert elsewhere == []


async def test_citizen_finds_a_service_and_reads_its_results_without_scripts(address):
    async with browsing(address, java_script_enabled=False, viewport=DESKTOP) as page:
        await page.goto("/")
        await page.get_by_label("Nom du service, ville ou code postal").fill("impots colomiers")
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Service des impôts de Colomiers").click()
        assert await page.get_by_role("heading", name="Les résultats des douze derniers mois").count() == 1
        await page.get_by_role("link", name="Environ 8 expériences sur 10 sont positives.").click()
        assert page.url.endswith("#experience_satisfaction")
        years = page.get_by_role("navigation", name="Choisir la période")
        assert await years.get_by_role("link", name="Douze derniers mois").get_attribute("aria-current") == "page"
        await years.get_by_role("link", name="2025").click()
        satisfaction = page.get_by_role("region", name="Les usagers sont-ils satisfaits ?")
        exact = satisfaction.get_by_text("expériences sur 540 sont positives")
        assert not await exact.is_visible()
        await satisfaction.get_by_text("Détail, évolution, comparaison").click()
        assert await exact.is_visible()
        assert await satisfaction.get_by_role("img").count() == 2
        table = satisfaction.locator("table").filter(has_text="avril 2025")
        assert not await table.is_visible()
        await satisfaction.get_by_text("Lire ces chiffres dans un tableau").click()
        assert await table.is_visible()
        assert await table.get_by_role("row", name="avril 2025").get_by_text("Pas assez de réponses").count() == 1
        await years.get_by_role("link", name="2024").click()
        assert await page.get_by_role("heading", name="Les résultats de l'année 2024").count() == 1
        navigation = page.get_by_role("navigation", name="Structures de rattachement")
        await navigation.get_by_role("link", name="Direction régionale").click()
        assert await page.get_by_role("heading", level=1).inner_text() == "Direction régionale"


async def test_first_tab_leads_to_the_content(address):
    async with browsing(address, java_script_enabled=False) as page:
        await page.goto("/structures/child")
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Aller au contenu")
        assert await skip.evaluate("link => link === document.activeElement")
        assert (await skip.bounding_box())["x"] >= 0
        await page.keyboard.press("Enter")
        assert page.url.endswith("#contenu")


def routes_of(routes):
    """Every route, also of included routers."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from routes_of(included.routes) if included is not None else [route]


async def test_every_route_of_a_page_is_looked_at():
    service = build(NotifierSettings(database_url="postgresql://nobody@127.0.0.1:1/none", _env_file=None))
    told = {route.path for route in routes_of(service.app.routes) if "GET" in (route.methods or ())}
    pages = {path for path in told - NOT_PAGES if not path.startswith(ELSEWHERE) and "." not in path}
    assert pages == set(PAGES)


OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"


async def test_pages_break_no_rule_of_accessibility_with_scripts(address):
    async with browsing(address, viewport=DESKTOP) as page:
        for path, *_ in PAGES.values():
            await page.goto(path)
            await page.evaluate(OPEN_ALL)
            found = await Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"


async def test_pages_break_no_rule_of_accessibility_without_scripts_on_a_phone(address):
    async with browsing(address, java_script_enabled=False, viewport=PHONE) as page:
        for path in PATHS:
            await page.goto(path)
            await page.evaluate(OPEN_ALL)
            await judge(page)


async def test_phone_never_scrolls_sideways(address):
    for phone in (PHONE, {"width": 390, "height": 844}):
        async with browsing(address, viewport=phone) as page:
            for path in PATHS:
                await page.goto(path)
                await page.evaluate(OPEN_ALL)
                width = await page.evaluate("document.documentElement.scrollWidth")
                assert width <= phone["width"], f"{path} is {width} wide"


async def tab_to(page, name, *, most=60):
    """Go on by the tabulator to what is called so; at each step a reader sees where the focus is."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        seen = await page.evaluate(
            "(() => { const one = document.activeElement, look = getComputedStyle(one);"
            " return {name: one.labels?.length ? one.labels[0].textContent : one.textContent,"
            " outline: look.outlineStyle === 'none' ? 0 : parseFloat(look.outlineWidth)}; })()"
        )
        assert seen["outline"] >= 2, seen
        if name in seen["name"]:
            return
    raise AssertionError(f"no way to {name!r} by keyboard")


async def test_keyboard_alone_leads_from_the_search_to_a_method_and_back(address):
    async with browsing(address, java_script_enabled=False, viewport=DESKTOP) as page:
        await page.goto("/")
        await tab_to(page, "Nom du service, ville ou code postal")
        await page.keyboard.type("colomiers")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/?q=colomiers*")
        await tab_to(page, "Service des impôts de Colomiers")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/structures/child")
        await tab_to(page, "Détail, évolution, comparaison : L'accueil est-il bon")
        await page.keyboard.press("Enter")
        await tab_to(page, "Comment ce chiffre est calculé")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/methodes/dimension_relation")
        await page.go_back()
        await page.wait_for_url("**/structures/child")
        await tab_to(page, "Direction régionale")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/structures/root")


async def test_paper_is_one_sheet_with_every_engagement(address):
    async with browsing(address, viewport=DESKTOP) as page:
        for path in RESULTS:
            await page.goto(path)
            sheet = await page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1, path
            await page.emulate_media(media="print")
            headings = page.locator(".engagement h3")
            assert [await one.is_visible() for one in await headings.all()] == [True] * await headings.count()
            assert await headings.count() >= 9
            assert not await page.locator("footer").is_visible()
            await page.emulate_media(media="null")


async def test_first_screen_of_a_phone_gives_the_answer(address):
    async with browsing(address, viewport={"width": 375, "height": 667}) as page:
        await page.goto("/structures/child")
        answer = page.get_by_role("list", name="En bref")
        box = await answer.bounding_box()
        assert box["y"] + box["height"] <= 667
        assert await answer.get_by_role("listitem").count() >= 3
