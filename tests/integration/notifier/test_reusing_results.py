"""What other sites show of the results; what explains them; how many questions a page asks of the database."""

import asyncio
import io
import re
from contextlib import contextmanager
from datetime import date, datetime
from html import unescape

import asyncpg
import pytest
from PIL import Image

from spplus_notifier import catalogue
from tests.support import showcase
from tests.support.builders import a_figure, a_rolling_figure, a_structure

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

QUERIES = {
    "/": 1,
    "/?q=impots": 2,
    "/structures/child": 6,
    "/structures/root": 5,
    "/structures/root/comparaison": 3,
    "/structures/child/carte": 3,
    "/structures/child/badge.svg": 3,
    "/structures/child/reprendre": 1,
    "/indicateurs/on_time_rate": 2,
    "/engagements": 0,
    "/methodes/on_time_rate": 0,
}
"""The same however many figures, parents or children there are."""


@contextmanager
def counted(monkeypatch):
    """What requests ask of the database meanwhile; what runs beside them has a name."""
    asked = []
    given = asyncpg.Connection._execute

    async def execute(connection, query, *arguments, **options):
        if asyncio.current_task().get_name().startswith("Task-"):
            asked.append(query)
        return await given(connection, query, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "_execute", execute)
        yield asked


async def publish(published, *events):
    await published.publish(*events)
    await published.settled()


async def test_a_page_asks_few_questions_of_the_database_however_many_figures(published, monkeypatch):
    async with published.replica() as client:
        await publish(published, *showcase.structures(), *showcase.figures())
        counts = {}
        for path in QUERIES:
            with counted(monkeypatch) as asked:
                assert (await client.get(path)).status_code == 200, path
            counts[path] = len(asked)
        assert counts == QUERIES
        for path in ("/structures/child", "/structures/child/carte", "/structures/child/badge.svg"):
            with counted(monkeypatch) as asked:
                await client.get(path)
            assert len(asked) == 1, path  # whether what is kept still stands


async def test_badge_and_card_say_what_the_page_says_and_may_be_shown_anywhere(published):
    async with published.replica() as client:
        await publish(published, a_structure(name='La "grande" <poste>'), a_rolling_figure(), a_structure(code="none"))
        page = (await client.get("/structures/12345")).text
        [said] = re.findall(r'<p class="plain" data-figure="[^"]*">([^<]*expériences[^<]*)</p>', page)
        badge = await client.get("/structures/12345/badge.svg")
        assert badge.headers["content-type"] == "image/svg+xml"
        assert badge.headers["cross-origin-resource-policy"] == "cross-origin"
        assert f'font-weight="bold">{said.rstrip(".")}</text></g></svg>' in badge.text
        assert "Non collecté" in (await client.get("/structures/none/badge.svg")).text
        card = await client.get("/structures/12345/carte")
        assert "frame-ancestors *" in card.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in (await client.get("/structures/12345")).headers["content-security-policy"]
        assert said in card.text
        told = (await client.get("/structures/12345/reprendre")).text
        frame, image = (unescape(text) for text in re.findall(r"<textarea[^>]*>([^<]*)</textarea>", told))
        assert f'src="{client.base_url}/structures/12345/carte"' in frame
        assert 'title="Résultats : La &#34;grande&#34; &lt;poste&gt;"' in frame
        assert f'src="{client.base_url}/structures/12345/badge.svg"' in image
        for path in ("badge.svg", "carte", "reprendre", "comparaison"):
            assert (await client.get(f"/structures/nowhere/{path}")).status_code == 404


SITE = "https://resultats.exemple.fr"
FORGED = {"Host": "pirate.example", "X-Forwarded-Host": "pirate.example", "Forwarded": "host=pirate.example"}


def shared(page):
    """What readers of links take from a page."""
    canonical = re.findall(r'<link rel="canonical" href="([^"]*)">', page)
    return dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)">', page)), canonical


async def test_a_shared_link_shows_the_answer_and_a_picture_of_it(published):
    async with published.replica(public_url=SITE) as client:
        await publish(published, a_structure(), a_rolling_figure(), a_structure(code="none"))
        told, canonical = shared((await client.get("/structures/12345?utm_source=x")).text)
        assert canonical == [told["og:url"]] == [f"{SITE}/structures/12345"]
        assert told["og:title"] == "Service des impôts des particuliers de Villeneuve"
        assert "expériences sur 10 sont positives (calcul sur" in told["og:description"]
        assert told["og:description"] == told["description"]
        assert told["og:image"].startswith(f"{SITE}/structures/12345/apercu.png?v=")
        assert "calcul sur" in told["og:image:alt"]
        answer = await client.get(told["og:image"].removeprefix(SITE).replace("&amp;", "&"))
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        picture = Image.open(io.BytesIO(answer.content))
        assert picture.size == (int(told["og:image:width"]), int(told["og:image:height"]))
        assert len(answer.content) < 100_000
        held = {"If-None-Match": answer.headers["etag"]}
        assert (await client.get("/structures/12345/apercu.png", headers=held)).status_code == 304
        await publish(published, a_rolling_figure(revision=2, value=0.5))
        later, _ = shared((await client.get("/structures/12345")).text)
        assert later["og:image"] != told["og:image"]
        assert (await client.get("/structures/12345/apercu.png", headers=held)).status_code == 200
        without, _ = shared((await client.get("/structures/none")).text)
        assert "Non collecté" in without["og:image:alt"]
        assert (await client.get("/structures/nowhere/apercu.png")).status_code == 404


async def test_every_page_names_itself_by_the_operators_address_whatever_the_request_says(published):
    async with published.replica(public_url=f"{SITE}/") as client:
        await publish(published, a_structure(), a_rolling_figure())
        paths = ("/", "/structures/12345", "/structures/12345/comparaison", "/structures/12345/reprendre")
        paths += ("/indicateurs/on_time_rate", "/engagements", "/engagements/5", "/methodes", "/methodes/on_time_rate")
        for path in (*paths, "/donnees-ouvertes", "/accessibilite", "/confidentialite"):
            answer = await client.get(path, headers=FORGED)
            told, canonical = shared(answer.text)
            assert canonical == [told["og:url"]] == [f"{SITE}{path}"]
            assert told["og:image"].startswith(f"{SITE}/")
            assert told["og:title"]
            assert told["og:description"] == told["description"]
            assert told["og:locale"] == "fr_FR"
            assert told["og:type"] == "website"
            assert "pirate.example" not in answer.text, path
        others = ("/v1/catalogue.jsonld", "/v1/indicators.table-schema.json", "/structures/12345/carte")
        for path in (*others, "/structures/12345/badge.svg", "/structures/nowhere"):
            assert "pirate.example" not in (await client.get(path, headers=FORGED)).text, path
        assert f'"{SITE}/v1/indicators.csv"' in (await client.get("/v1/catalogue.jsonld", headers=FORGED)).text


async def test_what_other_sites_show_is_sent_once(published):
    async with published.replica() as client:
        await publish(published, a_structure(), a_rolling_figure())
        for revision, path in enumerate(("/structures/12345/badge.svg", "/structures/12345/carte"), start=2):
            answer = await client.get(path)
            assert answer.headers["cache-control"] == "public, max-age=300"
            assert "x-frame-options" not in answer.headers
            again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            await publish(published, a_rolling_figure(revision=revision, value=0.2 * revision, n=100 * revision))
            later = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert later.status_code == 200
        page = await client.get("/structures/12345")
        assert page.headers["x-frame-options"] == "DENY"
        assert "script-src" not in page.headers["content-security-policy"]
        telling = await client.get("/structures/12345/reprendre")
        assert telling.headers["content-security-policy"].startswith("script-src 'self'; default-src 'none'")
        [script] = re.findall(r'<script src="([^"]*)" defer></script>', telling.text)
        answer = await client.get(script)
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]


async def test_every_indicator_engagement_and_method_has_its_page(published):
    async with published.replica() as client:
        await publish(published, a_structure())
        for code in catalogue.order():
            for path in (f"/indicateurs/{code}", f"/methodes/{code}"):
                answer = await client.get(path)
                assert answer.status_code == 200, path
        for number in range(1, 10):
            text = (await client.get(f"/engagements/{number}")).text
            assert ("Aucun chiffre ne mesure encore" in text) == (number in {4, 8, 9})
        for path in ("/engagements/10", "/indicateurs/unknown", "/methodes/unknown", "/?region=Nowhere"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.get("/engagements/premier")).status_code == 422


@pytest.mark.parametrize("path", ["/structures/root/comparaison?indicateur={}", "/indicateurs/{}"])
async def test_surveys_of_last_year_are_shown_until_this_year_has_any(published, path):
    code, this_year = "survey_satisfaction", datetime.now(showcase.PARIS).year
    given = {"structure_code": "root", "indicator_code": code}

    def year(number):
        return {"kind": "year", "start": date(number, 1, 1), "end": date(number + 1, 1, 1)}

    async with published.replica() as client:
        last = a_figure(period=year(this_year - 1), **given)
        few = a_figure(period=year(this_year), status="insufficient_sample", n=0, **given)
        await publish(published, a_structure(code="root"), last, few)
        assert f"Année {this_year - 1}" in (await client.get(path.format(code))).text
        await publish(published, a_figure(period=year(this_year), revision=2, **given))
        assert f"Année {this_year}" in (await client.get(path.format(code))).text


async def test_structures_side_by_side_stand_by_name_and_close_ones_are_said_so(published):
    def of(code, value, n):
        given = {"numerator": value * n, "denominator": n, "n": n, "interval": showcase.wilson(value * n, n)}
        return a_rolling_figure(structure_code=code, value=value, **given)

    async with published.replica() as client:
        await publish(
            published,
            a_structure(code="root", name="Racine"),
            *(a_structure(code=name[0], name=name, parent="root") for name in ("Zoo", "Bac", "Col")),
            of("root", 0.75, 1000),
            of("Z", 0.95, 200),
            of("B", 0.4, 200),
            of("C", 0.7, 50),
        )
        text = (await client.get("/structures/root/comparaison")).text
        rows = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr.*?</tr>", text, re.DOTALL)][1:]
        assert [row.split()[0] for row in rows] == ["Racine", "Bac", "Col", "Zoo"]
        verdicts = ("le repère", "plus bas", "résultats proches", "plus haut")
        assert all(row.rstrip().endswith(said) for row, said in zip(rows, verdicts, strict=True)), rows
        beside = (await client.get("/structures/root/comparaison?avec=Z")).text
        assert "comparée à <strong>Zoo</strong>" in beside
        assert (await client.get("/structures/root/comparaison?indicateur=nothing")).status_code == 404
