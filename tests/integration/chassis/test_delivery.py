"""A batch is one transaction; the bad record is buried once with its reason, and its neighbours go on."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from spplus_chassis.delivery import Subscription
from spplus_chassis.migrations import migrate
from spplus_chassis.records import Batch, Record
from spplus_chassis.service import Service
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.topics import create_topics
from spplus_contracts.topics import Topic, dead_letters
from tests.support.bus import read_count, send_all
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

TOPIC = Topic("spplus.number.drawn.v1", None, "any", (), (), partitions=2)


def prepare(batch: Batch) -> list[tuple[int, str]]:
    drawn = []
    for record in batch.records:
        if record.value is None or record.value == b"bad":
            batch.refuse(record, "bad", "not a number")
        else:
            drawn.append((record.offset, record.value.decode(errors="surrogateescape")))
    return drawn


async def apply(connection, _batch, drawn):
    await connection.executemany("INSERT INTO drawn (number) VALUES ($1)", [(text,) for _, text in drawn])


class Numbers:
    """A service about numbers, on real parts."""

    def __init__(self, dsn, kafka, prefix):
        self.dsn, self.kafka, self.topic = dsn, kafka, prefix + TOPIC.name
        self.dead_topic = prefix + dead_letters("numbers").name
        self.settings = ServiceSettings(
            database_url=dsn, http_port=1, kafka_bootstrap_servers=kafka, topic_prefix=prefix, _env_file=None
        )

    @asynccontextmanager
    async def running(self, *, apply=apply):
        service = Service("numbers", self.settings, package="spplus_chassis")
        service.subscribe(Subscription("numbers", prepare, apply, topics=(TOPIC.name,)))
        async with service.app.router.lifespan_context(service.app):
            yield service

    async def fetch(self, sql):
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetch(sql)
        finally:
            await connection.close()

    async def send(self, *values):
        await send_all(self.kafka, self.topic, [(b"k", value, []) for value in values])

    async def drawn(self):
        return sorted(row["number"] for row in await self.fetch("SELECT number FROM drawn"))

    async def wait_for(self, count):
        async def enough():
            return len(await self.drawn()) >= count

        await eventually(enough, f"{count} numbers")


@pytest_asyncio.fixture
async def numbers(make_database, kafka, topic_prefix):
    dsn = make_database()
    await migrate(dsn, "spplus_chassis")
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE drawn (number text NOT NULL CHECK (number <> '13'))")
    await connection.close()
    await create_topics(kafka, [TOPIC, dead_letters("numbers")], topic_prefix)
    return Numbers(dsn, kafka, topic_prefix)


async def test_delivery_bad_records_are_buried_and_neighbours_go_on(numbers):
    await numbers.send(b"1", b"bad", None, b"2")
    async with numbers.running():
        await numbers.wait_for(2)
        letters = await read_count(numbers.kafka, numbers.dead_topic, 2)
    assert await numbers.drawn() == ["1", "2"]
    rows = await numbers.fetch('SELECT reason, value FROM dead_letters ORDER BY "offset"')
    assert [(row["reason"], row["value"]) for row in rows] == [("bad", b"bad"), ("bad", None)]
    assert dict(letters[0].headers)["spplus-reason"] == b"bad"


@pytest.mark.parametrize("culprit", [b"13", b"\x00"], ids=["broken constraint", "NUL in a text"])
async def test_delivery_record_the_database_refuses_is_buried_alone(numbers, culprit):
    await numbers.send(b"1", b"2", culprit, b"3", b"4")
    async with numbers.running():
        await numbers.wait_for(4)
    assert await numbers.drawn() == ["1", "2", "3", "4"]
    rows = await numbers.fetch("SELECT reason, value FROM dead_letters")
    assert [(row["reason"], row["value"]) for row in rows] == [("refused_by_database", culprit)]


async def test_delivery_restarted_applies_nothing_twice(numbers):
    await numbers.send(b"1", b"2")
    async with numbers.running():
        await numbers.wait_for(2)
    await numbers.send(b"3")
    async with numbers.running():
        await numbers.wait_for(3)
        await asyncio.sleep(0.3)
    assert await numbers.drawn() == ["1", "2", "3"]


async def test_delivery_restored_database_rereads_what_it_lost(numbers):
    await numbers.send(b"1", b"2", b"3")
    async with numbers.running():
        await numbers.wait_for(3)
    await numbers.fetch("DELETE FROM drawn")
    await numbers.fetch("UPDATE consumer_offsets SET next_offset = 0")
    async with numbers.running():
        await numbers.wait_for(3)
    assert await numbers.drawn() == ["1", "2", "3"]


@pytest.mark.parametrize("more", [[], [b"4"]], ids=["nothing more comes", "more comes at once"])
async def test_delivery_database_that_goes_back_under_it_is_caught_up_with(numbers, more):
    """A dump put back, or a fail-over to a copy that lagged, while the service runs."""
    await numbers.send(b"1", b"2", b"3")
    async with numbers.running():
        await numbers.wait_for(3)
        await numbers.fetch("WITH gone AS (DELETE FROM drawn) UPDATE consumer_offsets SET next_offset = 0")
        await numbers.send(*more)
        await numbers.wait_for(3 + len(more))
    assert await numbers.drawn() == [*("1", "2", "3"), *(value.decode() for value in more)]


async def test_delivery_database_fault_is_tried_again(numbers):
    faults = iter([ConnectionRefusedError(), asyncpg.CannotConnectNowError(), TimeoutError()])

    async def faulty(connection, batch, drawn):
        for fault in faults:
            raise fault
        await apply(connection, batch, drawn)

    await numbers.send(b"1")
    async with numbers.running(apply=faulty):
        await numbers.wait_for(1)
    assert await numbers.drawn() == ["1"]
    assert await numbers.fetch("SELECT 1 FROM dead_letters") == []


async def test_delivery_batch_that_fails_in_an_unforeseen_way_is_not_skipped(numbers):
    faults = iter([KeyError("a bug"), KeyError("the same bug")])

    async def faulty(connection, batch, drawn):
        for fault in faults:
            raise fault
        await apply(connection, batch, drawn)

    await numbers.send(b"1")
    async with numbers.running(apply=faulty) as service:
        await eventually(lambda: in_hand(service), "the first batch to be taken")
        await numbers.send(b"2")
        await numbers.wait_for(2)
    assert await numbers.drawn() == ["1", "2"]


async def in_hand(service):
    return any(delivery.in_hand().get(TOPIC.name) for delivery in service.deliveries)


async def test_delivery_stale_batch_of_a_paused_replica_changes_nothing(numbers):
    await numbers.send(b"1", b"2")
    async with numbers.running() as service:
        await numbers.wait_for(2)
        (delivery,) = service.deliveries
        raws = await read_count(numbers.kafka, numbers.topic, 2)
        await delivery.offer(
            [Record(TOPIC.name, raw.partition, raw.offset, datetime.now(UTC), raw.key, raw.value, ()) for raw in raws]
        )
        await delivery.drained()
    assert await numbers.drawn() == ["1", "2"]


async def test_service_starts_without_kafka_and_is_not_ready(numbers):
    away = numbers.settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    service = Service("numbers", away, package="spplus_chassis")
    service.subscribe(Subscription("numbers", prepare, apply, topics=(TOPIC.name,)))
    async with service.app.router.lifespan_context(service.app):
        await asyncio.sleep(0.5)
        assert not service.consuming
