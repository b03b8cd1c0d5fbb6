"""Twelve rolling months have one key: the newer window takes the place of the older, and the history keeps both."""

import json
from datetime import date, timedelta

import pytest

from spplus_chassis.database import open_pool
from spplus_notifier import repository
from tests.support.builders import a_figure, a_rolling_figure, a_structure
from tests.support.publication import items, read_stream

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

OCTOBER, NOVEMBER, DECEMBER = (date(2026, month, 1) for month in (10, 11, 12))
QUERY = {"structure_code": "12345", "indicator_code": "experience_satisfaction", "period_kind": "rolling_12"}


async def publish(published, *events):
    await published.publish(*events)
    await published.settled()


async def history(client):
    found = (await client.get("/v1/indicators/history", params=QUERY)).raise_for_status().json()
    return [(one["period"]["end"], one["revision"]) for one in found["items"]]


async def test_the_newer_window_replaces_the_older_everywhere_but_in_the_history(published):
    windows = [a_rolling_figure(end, revision=number) for number, end in enumerate((OCTOBER, NOVEMBER, DECEMBER), 1)]
    async with published.replica() as client:
        await publish(published, *windows)
        [one] = await items(client)
        assert one == windows[-1].model_dump(mode="json", exclude_none=True)
        assert await items(client, period_kind="rolling_12", period_start="2025-12-01") == [one]
        assert await items(client, period_start="2025-10-01") == []
        assert [row["period_start"] for row in await published.fetch("SELECT * FROM figures")] == [date(2025, 12, 1)]
        head, *lines = (await client.get("/v1/indicators.csv")).content.decode("utf-8-sig").splitlines()
        [line] = [dict(zip(head.split(";"), each.split(";"), strict=True)) for each in lines]
        assert (line["period_kind"], line["period_start"], line["period_end"]) == (
            "rolling_12",
            "2025-12-01",
            "2026-12-01",
        )
        assert await history(client) == [("2026-10-01", 1), ("2026-11-01", 2), ("2026-12-01", 3)]
        told = [json.loads(event["data"]) for event in await read_stream(client, 3, last_event_id="0")]
        assert [one["period"]["start"] for one in told] == ["2025-10-01", "2025-11-01", "2025-12-01"]


async def test_an_older_window_that_arrives_late_changes_nothing(published):
    async with published.replica() as client:
        await publish(published, a_rolling_figure(DECEMBER, revision=7), a_rolling_figure(NOVEMBER, revision=6))
        assert [one["period"]["end"] for one in await items(client)] == ["2026-12-01"]
        assert await history(client) == [("2026-12-01", 7)]


async def test_a_tombstone_takes_the_window_off_and_names_the_fixed_key(published):
    gone = a_rolling_figure(DECEMBER, status="withdrawn", n=0, revision=2)
    async with published.replica() as client:
        await publish(published, a_rolling_figure(DECEMBER), gone, gone.key)
        assert await items(client) == []
        last = (await read_stream(client, 3, last_event_id="0"))[-1]
        assert last["event"] == "removed"
        assert json.loads(last["data"]) == QUERY | {"period_start": "latest"}


async def test_thinning_keeps_the_last_word_of_each_window(published):
    figures = [
        a_rolling_figure(end, revision=revision, provisional=True)
        for revision, end in enumerate((OCTOBER, OCTOBER, NOVEMBER, NOVEMBER, NOVEMBER, DECEMBER), 1)
    ]
    async with published.replica() as client:
        await publish(published, *figures)
        await published.fetch("UPDATE changes SET recorded_at = now() - interval '3 days'")
        pool = await open_pool(published.database_url, 2)
        async with pool.acquire() as connection, connection.transaction():
            moment = await connection.fetchval("SELECT now()")
            await repository.prune_changes(connection, before=moment - timedelta(days=1), keep=1_000_000)
        await pool.close()
        assert await history(client) == [("2026-10-01", 2), ("2026-11-01", 5), ("2026-12-01", 6)]


async def test_the_page_opens_with_the_twelve_months_of_every_indicator(published):
    end = (date.today().replace(day=1) + timedelta(days=31)).replace(day=1)  # noqa: DTZ011 - only the month matters
    async with published.replica() as client:
        await publish(
            published,
            a_structure(parent="root"),
            a_structure(code="root", name="Racine"),
            a_rolling_figure(end, structure_code="root", value=0.5, numerator=20),
            a_rolling_figure(end),
            a_rolling_figure(end, indicator_code="dimension_relation"),
            a_rolling_figure(end, indicator_code="z_new", unit="days", value=4, numerator=None, denominator=None),
            a_rolling_figure(end, indicator_code="pickup_rate", status="withdrawn", n=0),
            a_figure(
                indicator_code="survey_satisfaction",
                status="insufficient_sample",
                n=0,
                period={"kind": "year", "start": date(end.year - 1, 1, 1), "end": date(end.year, 1, 1)},
            ),
        )
        text = (await client.get("/structures/12345")).text.replace("\u202f", " ").replace("\u00a0", " ")
        for words in (
            "Les résultats des douze derniers mois",
            "30 expériences sur 40 sont positives, soit 75 %.",
            "<strong>50 %</strong>",
            "Un accueil courtois",
            "z_new",
            "4 jours",
            "Chiffre retiré",
            "moins de dix réponses",
        ):
            assert words in text
        compared = (await client.get("/structures/root/comparaison")).text
        [row] = [each for each in compared.split("<tr>") if 'href="/structures/12345"' in each]
        assert "75\u202f%" in row
