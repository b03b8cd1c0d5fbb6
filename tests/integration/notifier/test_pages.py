"""Results pages: found by search, true to the open data, told in words where there is no number."""

import re
from datetime import date

import httpx
import pytest

from spplus_chassis.database import open_pool
from spplus_chassis.service import Service
from spplus_notifier.app import build
from spplus_notifier.settings import NotifierSettings
from tests.support.builders import a_figure, a_structure
from tests.support.publication import items

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

REASONS = ("Pas assez de réponses", "Non collecté", "Sans objet", "Chiffre retiré")
PATHS = ("/", "/donnees-ouvertes", "/accessibilite", "/confidentialite", "/structures/zz-last")
YEAR = {"kind": "year", "start": date(2025, 1, 1), "end": date(2026, 1, 1)}


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("&nbsp;", " ").replace("&#39;", "'")


async def page(client, path):
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return plain(answer.text)


async def publish(published, *events):
    """Put events on the bus and wait until they are all in."""
    await published.publish(*events)
    await published.settled()


async def test_search_finds_by_name_town_post_code_and_network(published):
    async with published.replica() as client:
        await publish(
            published,
            a_structure(
                code="a", name="Préfecture de l'Isère", town="Grenoble", post_code="38000", network="Préfectures"
            ),
            a_structure(
                code="b",
                name="Sous-préfecture",
                town="Saint-Étienne",
                department="35",
                post_code="42000",
                network="Préfectures",
            ),
            a_structure(code="c", name="Trésorerie", town="Grenoble", post_code="38100", network="DGFIP", active=False),
        )
        for query, found in (
            ("q=prefecture isere", {"a"}),
            ("q=GRENOBLE", {"a"}),
            ("q=saint etienne", {"b"}),
            ("q=42000", {"b"}),
            ("q=grenobel prefecture", {"a"}),
            ("reseau=Préfectures", {"a", "b"}),
            ("region=Occitanie", {"a"}),
            ("region=Bretagne&q=etienne", {"b"}),
            ("region=Bretagne&q=etiene", {"b"}),
            ("region=Bretagne&q=grenoble", set()),
            ("q=isère&reseau=DGFIP", set()),
            ("q=%25_", {"a", "b"}),
        ):
            text = await page(client, f"/?{query}")
            assert {code for code in "abc" if f'href="/structures/{code}"' in text} == found, query


async def test_search_counts_what_it_found_and_turns_its_pages(published):
    async with published.replica() as client:
        numbered = (a_structure(code=f"s{n:02}", name=f"Accueil {n:02}", town="Rennes") for n in range(35))
        await publish(published, *numbered, a_structure(code="x", name="Trésorerie", town="Brest"))
        first = await page(client, "/?q=rennes")
        assert "35 services trouvés pour « rennes »" in first
        assert "Services 1 à 30 sur 35." in first
        assert ("Page suivante" in first, "Page précédente" in first) == (True, False)
        [following] = re.findall(r'href="(/\?[^"]*)" rel="next"', first)
        second = await page(client, following.replace("&amp;", "&"))
        assert "Services 31 à 35 sur 35." in second
        assert second.count('href="/structures/') == 5
        assert ("Page suivante" in second, "Page précédente" in second) == (False, True)
        assert "1 service trouvé pour « tresorerie »" in await page(client, "/?q=tresorerie")
        assert (await client.get("/?q=rennes&page=3")).status_code == 404


async def test_search_says_when_it_only_found_what_sounds_alike_and_helps_when_it_found_nothing(published):
    async with published.replica() as client:
        await publish(published, a_structure(code="a", name="Préfecture de l'Isère", town="Grenoble", department="38"))
        alike = await page(client, "/?q=grenobel")
        assert "Aucun service ne porte exactement ces mots. Voici ceux qui s'en approchent." in alike
        assert 'href="/structures/a"' in alike
        empty = await page(client, "/?q=grenoble&region=Bretagne")
        assert "Aucun service trouvé pour « grenoble », Bretagne" in empty
        assert 'href="/?q=grenoble"' in empty
        assert 'href="/?region=Auvergne-Rh%C3%B4ne-Alpes"' in empty


async def test_page_says_the_numbers_of_the_open_data(published):
    async with published.replica() as client:
        rate = a_figure(period=YEAR, value=371 / 471, numerator=371, denominator=471, n=471)
        delay = a_figure(
            indicator_code="answer_delay_median", period=YEAR, unit="days", value=5.5, numerator=None, denominator=None
        )
        await publish(published, a_structure(parent="root"), a_structure(code="root", name="Racine"), rate, delay)
        [told] = await items(client, structure_code="12345", indicator_code="experience_satisfaction")
        text = await page(client, "/structures/12345")
        percent = f"{told['value'] * 100:.1f}".replace(".", ",") + " %"
        assert (
            f"{told['numerator']:.0f} expériences sur {told['denominator']:.0f} sont positives, soit {percent}." in text
        )
        low, high = (f"{told['interval'][end] * 100:.1f}".replace(".", ",") for end in ("low", "high"))
        assert f"de {low} % à {high} % (intervalle à 95 %)" in text
        assert "Une réponse sur deux est arrivée en 5,5 jours ou moins" in text
        assert 'href="/structures/root"' in text
        assert 'href="/structures/12345"' in await page(client, "/structures/root")


async def test_each_reason_for_no_number_has_its_own_words(published):
    async with published.replica() as client:
        await publish(
            published,
            a_structure(not_applicable=["pickup_rate"]),
            a_figure(period=YEAR, status="insufficient_sample", n=12),
            a_figure(period=YEAR, indicator_code="on_time_rate", status="withdrawn"),
        )
        text = await page(client, "/structures/12345")
        for words in (
            "Pas assez de réponses",
            "Non collecté",
            "Sans objet",
            "Chiffre retiré",
            "12 expériences seulement",
        ):
            assert words in text


async def test_parent_of_today_is_shown_and_a_cycle_ends(published):
    def moved(code, *parents):
        links = [{"parent_code": parent, "valid_from": date(year, 1, 1)} for parent, year in parents]
        return a_structure(code=code, name=f"Structure {code}", parents=links)

    async with published.replica() as client:
        await publish(
            published,
            moved("child", ("old", 2015), ("new", 2020), ("later", 2099)),
            *(moved(code) for code in ("old", "new", "later")),
            moved("x", ("y", 2015)),
            moved("y", ("x", 2015)),
        )
        text = await page(client, "/structures/child")
        assert 'href="/structures/new"' in text
        assert 'href="/structures/old"' not in text
        assert 'href="/structures/child"' in await page(client, "/structures/new")
        assert 'href="/structures/child"' not in await page(client, "/structures/old")
        assert 'href="/structures/y"' in await page(client, "/structures/x")


async def test_older_declaration_that_arrives_late_changes_nothing(published):
    async with published.replica() as client:
        newer, older = a_structure(version=3, name="Nouveau nom"), a_structure(version=2, name="Ancien nom")
        await publish(published, newer, older)
        text = await page(client, "/structures/12345")
        assert "Nouveau nom" in text
        assert "Ancien nom" not in text


async def test_what_does_not_exist_is_said_in_french(published):
    async with published.replica() as client:
        await publish(published, a_structure(name="Mairie <b>"), a_figure(period=YEAR))
        answer = await client.get("/structures/nowhere")
        assert (answer.status_code, "Structure introuvable" in answer.text) == (404, True)
        answer = await client.get("/structures/12345?annee=2016")
        assert (answer.status_code, "Pas de chiffres" in answer.text) == (404, True)
        answer = await client.get("/structures/12345?annee=hier")
        assert (answer.status_code, "Demande incomprise" in answer.text) == (422, True)
        assert "Mairie &lt;b&gt;" in (await client.get("/structures/12345")).text


@pytest.mark.parametrize(
    "path", ["/", "/donnees-ouvertes", "/accessibilite", "/confidentialite", "/structures/zz-last"]
)
async def test_page_loads_nothing_from_elsewhere(published, path):
    async with published.replica() as client:
        await publish(published, a_structure(code="zz-last"), a_figure(structure_code="zz-last"))
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        [style] = [part.split('"')[0] for part in answer.text.split('rel="stylesheet" href="')[1:]]
        assert (await client.get(style)).headers["content-type"].startswith("text/css")


async def test_page_without_its_database_says_so_in_french(monkeypatch):
    pool = await open_pool("postgresql://nobody@127.0.0.1:1/none", 2)
    monkeypatch.setattr(Service, "pool", property(lambda _service: pool))
    service = build(NotifierSettings(database_url="postgresql://nobody@127.0.0.1:1/none", _env_file=None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://test") as client:
        answer = await client.get("/structures/a")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "momentanément indisponibles" in answer.text
        assert (await client.get("/v1/indicators")).headers["content-type"] == "application/problem+json"
        assert (await client.get("/confidentialite")).status_code == 200
    await pool.close()
