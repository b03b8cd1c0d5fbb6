"""What search engines are told: every page that says something, by the operator's address, and where not to go."""

import urllib.robotparser
from xml.etree import ElementTree as ET

import pytest

from spplus_notifier import site_map
from tests.support.builders import a_rolling_figure, a_structure

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

SITE = "https://resultats.exemple.fr"
FORGED = {"Host": "pirate.example"}
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


async def listed(client, path):
    answer = (await client.get(path, headers=FORGED)).raise_for_status()
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    return [one.text for one in ET.fromstring(answer.content).iter(f"{SPACE}loc")]  # noqa: S314 - our own


async def test_every_page_listed_is_there_and_every_structure_with_a_figure_is_listed(published, monkeypatch):
    monkeypatch.setattr(site_map, "CHUNK", 2)
    async with published.replica(public_url=SITE) as client:
        told = ("A-1_2", "B", "C")
        few = a_rolling_figure(structure_code="few", status="insufficient_sample", value=None, interval=None)
        await published.publish(
            *(a_structure(code=code) for code in (*told, "few", "none")),
            a_structure(code="shut", active=False),
            *(a_rolling_figure(structure_code=code) for code in (*told, "shut")),
            few,
        )
        await published.settled()
        maps = await listed(client, "/sitemap.xml")
        assert maps[0] == f"{SITE}/sitemap-pages.xml"
        pages = [await listed(client, each.removeprefix(SITE)) for each in maps]
        assert [len(each) for each in pages[1:]] == [2, 1]
        assert pages[1] + pages[2] == [f"{SITE}/structures/{code}" for code in ("A-1_2", "B", "C")]
        for address in [address for each in pages for address in each]:
            assert address.startswith(f"{SITE}/")
            answer = await client.get(address.removeprefix(SITE))
            assert answer.status_code == 200, address
            assert f'<link rel="canonical" href="{address}">' in answer.text
        assert await listed(client, "/sitemap-structures-3.xml") == []
        for path in ("/sitemap-structures-0.xml", "/sitemap-structures-x.xml"):
            assert (await client.get(path)).status_code == 422


async def test_map_is_sent_packed_and_only_when_it_has_changed(published):
    async with published.replica() as client:
        await published.publish(a_structure(), a_rolling_figure())
        await published.settled()
        for path in ("/sitemap.xml", "/sitemap-pages.xml", "/sitemap-structures-1.xml", "/robots.txt"):
            answer = await client.get(path, headers={"Accept-Encoding": "gzip"})
            assert ("content-encoding" in answer.headers) == (path == "/sitemap-pages.xml")
            assert ("last-modified" in answer.headers) == (path in {"/sitemap.xml", "/sitemap-structures-1.xml"})
            held = {"If-None-Match": answer.headers["etag"]}
            assert (await client.get(path, headers=held)).status_code == 304


async def test_robots_read_results_and_neither_searches_nor_forms(published):
    async with published.replica(public_url=SITE) as client:
        text = (await client.get("/robots.txt", headers=FORGED)).text
        robots = urllib.robotparser.RobotFileParser()
        robots.parse(text.splitlines())
        assert robots.site_maps() == [f"{SITE}/sitemap.xml"]
        for path in ("/", "/structures/x", "/structures/x/comparaison", "/v1/catalogue.jsonld", "/v1/indicators.csv"):
            assert robots.can_fetch("Robot", f"{SITE}{path}"), path
        for path in ("/abonnement/x", "/me-prevenir/confirmer?code=1", "/messages/arreter?code=1", "/v1/stream"):
            assert not robots.can_fetch("Robot", f"{SITE}{path}"), path
        assert "Disallow: /*/comparaison?*\n" in text
        assert "Disallow: /*?q=\n" in text
        assert (await client.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"
