"""The topics are the publication: from them alone an empty notifier publishes the same; what is retired is nowhere."""

import json
from datetime import date

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from spplus_contracts.topics import INDICATOR_COMPUTED, STRUCTURE_DECLARED
from tests.support.builders import a_figure, a_rolling_figure, a_structure
from tests.support.publication import Publication, items, read_stream

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NAMES = (INDICATOR_COMPUTED.name, STRUCTURE_DECLARED.name)
PATHS = ("/v1/indicators.csv", "/v1/structures.csv", "/", "/?q=villeneuve", "/structures/top", "/structures/12345")


async def compacted(published):
    """What compaction leaves in the end: the last record of each key, and no tombstone."""
    topics = [published.prefix + name for name in NAMES]
    left = {}
    async with AIOKafkaConsumer(
        *topics, bootstrap_servers=published.kafka, auto_offset_reset="earliest", isolation_level="read_committed"
    ) as consumer:
        ends = {place: end for place, end in (await consumer.end_offsets(consumer.assignment())).items() if end}
        while ends:
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    left[place.topic.removeprefix(published.prefix), record.key] = record
            ends = {place: end for place, end in ends.items() if await consumer.position(place) < end}
    return {key: record for key, record in left.items() if record.value is not None}


async def copied(published, make_database):
    """A platform with an empty database, whose topics hold only what compaction left of the other's."""
    other = Publication(make_database(), published.kafka, published.prefix + "again.")
    await other.prepare()
    records = await compacted(published)
    async with AIOKafkaProducer(bootstrap_servers=published.kafka, acks="all") as producer:
        for (name, key), record in records.items():
            await producer.send_and_wait(other.prefix + name, record.value, key=key, headers=list(record.headers))
    other._sent = len(records)
    return other


async def shown(client):
    """Everything that readers see of now, as JSON, CSV and pages, wherever the service is reached."""
    port = f":{client.base_url.port}"
    answers = [(await client.get(path)).raise_for_status().text.replace(port, "") for path in PATHS]
    parts = [await items(client, subtree="top"), await items(client, status="withdrawn"), await items(client)]
    return answers, parts


async def test_publication_rebuilt_from_the_compacted_topics_on_an_empty_database_is_the_same(published, make_database):
    office = {"structure_code": "12345"}
    async with published.replica() as client:
        await published.publish(
            a_structure(code="top", name="Direction"),
            a_structure(name="Ancien nom"),
            a_structure(version=2, parent="top"),
            *(a_figure(revision=revision, n=40 + revision) for revision in (1, 2, 7)),
            a_rolling_figure(end=date(2026, 4, 1)),
            a_rolling_figure(end=date(2026, 5, 1), revision=2, engagements=["sp-plus-2021/7"]),
            a_rolling_figure(structure_code="top", value=0.6, interval=None),
            a_figure(structure_code="top", status="withdrawn", revision=3),
            a_figure(indicator_code="answer_rate", **office),
            a_figure(indicator_code="answer_rate").key,
            a_figure(indicator_code="experience_count", **office, status="insufficient_sample", n=3),
        )
        await published.settled()
        before = await shown(client)
        assert len(before[1][-1]) == 5
    other = await copied(published, make_database)
    async with other.replica() as client:
        await other.settled()
        assert await shown(client) == before
        logged = await other.fetch("SELECT count(*) AS n FROM changes")
        assert logged[0]["n"] == 5
        # Whoever follows it from its beginning, or asks for a figure's history, is told what stands and no more.
        told = [json.loads(event["data"]) for event in await read_stream(client, 5, last_event_id="0")]
        standing = before[1][-1]
        assert sorted(told, key=str) == sorted(standing, key=str)
        for figure in standing:
            [revision] = await history_of(client, figure)
            assert {name: revision[name] for name in figure} == figure
            assert revision["why"] == (["first"] if figure.get("supersedes") is None else ["thinned"])


async def history_of(client, figure):
    asked = {
        "structure_code": figure["structure_code"],
        "indicator_code": figure["indicator_code"],
        "period_kind": figure["period"]["kind"],
        "period_start": figure["period"]["start"],
    }
    return (await client.get("/v1/indicators/history", params=asked)).raise_for_status().json()["items"]


async def test_figure_that_is_withdrawn_then_retired_is_nowhere_any_more(published):
    query = {"structure_code": "12345", "status": "ok"}
    async with published.replica() as client:
        await published.publish(a_structure(), a_rolling_figure(value=0.7512, numerator=None, denominator=None))
        await published.settled()
        [figure] = await items(client, **query)
        assert "0.7512" in (await client.get("/v1/indicators.csv")).text
        assert "75" in (await client.get("/structures/12345")).text

        await published.publish(a_rolling_figure(status="withdrawn", revision=2))
        await published.settled()
        assert await items(client, **query) == []
        assert ";withdrawn;;" in (await client.get("/v1/indicators.csv")).text
        assert "Chiffre retiré" in (await client.get("/structures/12345")).text

        await published.publish(a_rolling_figure().key)
        await published.settled()
        assert await items(client) == []
        assert len((await client.get("/v1/indicators.csv")).text.splitlines()) == 1
        assert "Chiffre retiré" not in (await client.get("/structures/12345")).text
        told = await read_stream(client, 3, last_event_id="0")
        assert [event["event"] for event in told] == ["indicator", "indicator", "removed"]
        assert figure["period"]["kind"] in told[-1]["data"]


async def test_older_revision_that_arrives_late_is_told_to_nobody(published):
    async with published.replica() as client:
        await published.publish(a_structure(), a_rolling_figure(revision=3, n=43))
        await published.settled()
        before = [
            (await client.get(path)).text for path in ("/v1/indicators", "/v1/indicators.csv", "/structures/12345")
        ]
        tags = await published.fetch("SELECT last_seq, modified_at FROM change_log")
        await published.publish(a_rolling_figure(revision=2, n=42, value=0.1), a_rolling_figure(revision=3, n=99))
        await published.settled()
        after = [
            (await client.get(path)).text for path in ("/v1/indicators", "/v1/indicators.csv", "/structures/12345")
        ]
        assert after == before
        assert await published.fetch("SELECT last_seq, modified_at FROM change_log") == tags
