"""The whole service on real Kafka and PostgreSQL: events in, figures out."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts import TOPICS, Event, IndicatorComputed, topic_of
from spplus_contracts.topics import FEEDBACK_SUBMITTED, INDICATOR_COMPUTED
from spplus_indicators.app import build
from spplus_indicators.audit import audit
from spplus_indicators.measures import NEEDS
from spplus_indicators.settings import IndicatorsSettings
from tests.conftest import execute
from tests.support.builders import a_bulk, a_feedback, a_structure, an_envelope
from tests.support.bus import read_count, reading, send_all
from tests.support.scoring import ANY_NUMBER
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


class Platform:
    """One indicators service and the doors to look at it."""

    def __init__(self, database_url: str, kafka: str, prefix: str) -> None:
        self.kafka, self.prefix = kafka, prefix
        self.settings = IndicatorsSettings(
            database_url=database_url,
            kafka_bootstrap_servers=kafka,
            topic_prefix=prefix,
            min_sample=1,
            publish_small_seconds=0.0,
            publish_root_seconds=0.0,
            _env_file=None,
        )

    @asynccontextmanager
    async def running(self):
        service = build(self.settings)
        async with service.app.router.lifespan_context(service.app):
            yield service

    async def send(self, *events: Event, first_id: int = 0) -> None:
        for number, event in enumerate(events, first_id):
            envelope = an_envelope(event, id=f"event-{number}")
            record = (event.key.encode(), event.to_json(), envelope.headers())
            await send_all(self.kafka, self.prefix + topic_of(event.TYPE).name, [record])

    async def figure(self, indicator: str = "experience_count", kind: str = "year") -> asyncpg.Record | None:
        connection = await asyncpg.connect(self.settings.database_url)
        try:
            return await connection.fetchrow(
                "SELECT * FROM figures WHERE indicator_code = $1 AND period_kind = $2", indicator, kind
            )
        finally:
            await connection.close()

    async def counted(self, n: int) -> None:
        async def ask() -> bool:
            figure = await self.figure()
            return figure is not None and figure["n"] == n

        await eventually(ask, f"{n} experiences counted", seconds=60)

    async def last_told(self, count: int) -> dict[str, IndicatorComputed]:
        records = await read_count(self.kafka, self.prefix + INDICATOR_COMPUTED.name, count)
        return {record.key.decode(): IndicatorComputed.read_json(record.value) for record in records}


@pytest_asyncio.fixture
async def platform(database_url, kafka, topic_prefix):
    await migrate(database_url, "spplus_indicators")
    await create_topics(kafka, TOPICS, topic_prefix)
    return Platform(database_url, kafka, topic_prefix)


async def test_feedback_on_the_bus_comes_back_as_figures(platform):
    async with platform.running():
        await platform.send(a_structure(), a_feedback(), a_feedback(request_id="request-2"))
        await platform.counted(2)
        async with reading(platform.kafka, platform.prefix + INDICATOR_COMPUTED.name) as consumer:
            latest = {}
            key = "12345|experience_count|year|2026-01-01"

            async def complete() -> bool:
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    latest.update(
                        (record.key.decode(), IndicatorComputed.read_json(record.value)) for record in records
                    )
                return key in latest and latest[key].n == 2

            await eventually(complete, "the figures on the bus", seconds=60)
        assert latest[key].value == 2


async def test_restart_without_new_events_says_nothing_new(platform):
    async with platform.running():
        await platform.send(a_structure(), a_feedback())
        await platform.counted(1)
    before = await platform.figure()
    async with platform.running() as service:
        await eventually(lambda: asyncio.sleep(0, service.consuming), "the consumer")
        await platform.send(a_feedback(), first_id=1)
        await platform.send(a_feedback(request_id="request-2"), first_id=7)
        await platform.counted(2)
    after = await platform.figure()
    assert after["revision"] == before["revision"] + 1


async def test_empty_database_continues_the_revisions_of_the_bus(platform, make_database):
    async with platform.running():
        await platform.send(a_structure(), a_feedback())
        await platform.counted(1)
        await platform.send(a_feedback(request_id="request-2"), first_id=5)
        await platform.counted(2)
        told = await eventually(lambda: platform.last_told(2), "the figures on the bus")
        assert told
    lost = await platform.figure()
    other = Platform(make_database(), platform.kafka, platform.prefix)
    await migrate(other.settings.database_url, "spplus_indicators")
    async with other.running():
        await other.counted(2)
        await other.send(a_feedback(request_id="request-3"), first_id=6)
        await other.counted(3)
    assert (await other.figure())["revision"] > lost["revision"]


async def test_methods_are_served_in_words(platform):
    async with platform.running() as service:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://indicators") as client:
            answer = await client.get("/v1/methods")
    assert answer.status_code == 200
    methods = {item["code"]: item for item in answer.json()["items"]}
    assert methods["experience_count"]["min_sample"] is None
    assert methods["on_time_rate"]["min_sample"] == 1
    assert "délai" in methods["on_time_rate"]["label"]
    assert list(methods) == list(NEEDS)
    assert methods["experience_net_sentiment"]["interval"] == "newcombe"
    assert methods["procedure_quality_rate"]["interval"] is None


async def test_everything_read_again_after_offsets_were_lost_counts_once(platform):
    """A crash between the commit and Kafka's offset, or a restored database: records come again under their ids."""
    async with platform.running():
        await platform.send(a_structure(), a_feedback(), a_feedback(request_id="request-2"))
        await platform.counted(2)
        revision = (await platform.figure())["revision"]
    await execute(platform.settings.database_url, "DELETE FROM consumer_offsets")
    async with platform.running() as service:
        await platform.send(a_feedback(request_id="request-3"), first_id=9)
        await platform.counted(3)
        assert await audit(service.pool, thresholds=ANY_NUMBER) == []
    assert (await platform.figure())["revision"] == revision + 1


async def test_bad_records_are_buried_and_their_neighbours_counted(platform):
    topic = platform.prefix + FEEDBACK_SUBMITTED.name
    sound = an_envelope(id="event-1").headers()
    async with platform.running() as service:
        await platform.send(a_structure())
        await send_all(
            platform.kafka,
            topic,
            [
                (b"12345", b"{", sound),
                (b"12345", None, sound),
                (b"12345", a_feedback().to_json(), [*sound, ("ce_trace", None)]),
                (b"12345", a_bulk().to_json(), an_envelope(a_bulk(), id="event-2").headers()),
                (b"12345", a_feedback().to_json(), sound),
            ],
        )
        await platform.counted(1)
        refused = await service.pool.fetch("SELECT reason FROM dead_letters")
    assert sorted(row["reason"] for row in refused) == ["bad_json", "null_header", "tombstone", "wrong_topic"]
