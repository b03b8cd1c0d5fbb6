"""The relay sends what was committed, in order per key, by one owner; what cannot be sent moves aside."""

import asyncio
import contextlib
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiokafka.errors import ProducerFenced

from spplus_chassis import outbox, sent
from spplus_chassis.database import open_pool
from spplus_chassis.kafka_settings import KafkaSettings
from spplus_chassis.lease import Lease, LeaseLost
from spplus_chassis.log_reader import LogReader
from spplus_chassis.migrations import migrate
from spplus_chassis.outbox import OutboxRow, new_id
from spplus_chassis.relay import _SELECT, Relay
from spplus_chassis.sent import PositionsMoved
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.topics import create_topics
from spplus_contracts import Envelope, unwrap
from spplus_contracts.topics import MAX_MESSAGE_BYTES, Topic
from tests.support.bus import read_count
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

TOPIC = Topic("spplus.parcel.sent.v1", None, "any", (), (), partitions=3)


@pytest_asyncio.fixture
async def settings(make_database, kafka, topic_prefix):
    dsn = make_database()
    await migrate(dsn, "spplus_chassis")
    await create_topics(kafka, [TOPIC], topic_prefix)
    return ServiceSettings(
        database_url=dsn, http_port=1, kafka_bootstrap_servers=kafka, topic_prefix=topic_prefix, _env_file=None
    )


@pytest_asyncio.fixture
async def pool(settings):
    pool = await open_pool(settings.database_url, 5)
    yield pool
    await pool.close()


@pytest_asyncio.fixture
async def relay(settings, pool):
    relay = Relay("parcels", lambda: pool, settings)
    task = asyncio.create_task(relay.run())
    yield relay
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def a_row(key: str, payload: bytes | None) -> OutboxRow:
    envelope = Envelope(id=new_id(), source="spplus", type="fr.spplus.parcel.sent.v1", time=datetime.now(UTC))
    return OutboxRow(TOPIC.name, key, envelope, payload)


async def write(pool, rows):
    async with pool.acquire() as connection, connection.transaction():
        await outbox.append(connection, rows)


async def test_relay_sends_rows_in_order_per_key_and_empties_the_outbox(pool, relay, kafka, topic_prefix):
    rows = [a_row(f"k{number % 5}", str(number).encode()) for number in range(500)]
    await write(pool, rows)
    relay.wake()
    records = await read_count(kafka, topic_prefix + TOPIC.name, 500)
    for key in {record.key for record in records}:
        numbers = [int(record.value) for record in records if record.key == key]
        assert numbers == sorted(numbers)
    assert {unwrap(record.headers, record.value)[0].id for record in records} == {row.envelope.id for row in rows}

    async def emptied():
        return await pool.fetchval("SELECT count(*) = 0 FROM outbox")

    await eventually(emptied, "an empty outbox")


async def test_relay_sends_a_tombstone_as_null(pool, relay, kafka, topic_prefix):
    await write(pool, [a_row("gone", None)])
    relay.wake()
    (record,) = await read_count(kafka, topic_prefix + TOPIC.name, 1)
    assert record.value is None
    assert record.key == b"gone"


async def test_relay_sends_the_trace_of_what_is_told(pool, relay, kafka, topic_prefix):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced = a_row("a", b"1")
    await write(pool, [traced._replace(envelope=traced.envelope._replace(traceparent=trace))])
    relay.wake()
    (record,) = await read_count(kafka, topic_prefix + TOPIC.name, 1)
    envelope, _ = unwrap(record.headers, record.value)
    assert envelope.traceparent == trace


async def test_relay_moves_an_oversized_row_aside_and_goes_on(pool, relay, kafka, topic_prefix):
    await write(pool, [a_row("a", b"1"), a_row("b", b"x" * (3 * MAX_MESSAGE_BYTES)), a_row("c", b"3")])
    relay.wake()
    records = await read_count(kafka, topic_prefix + TOPIC.name, 2)
    assert {record.value for record in records} == {b"1", b"3"}
    assert await pool.fetchval("SELECT reason FROM outbox_aside") == "oversized"


async def told(kafka, topic_prefix, count):
    """Everything on the topic, told to be so many."""
    topic = topic_prefix + TOPIC.name
    await read_count(kafka, topic, count)
    settings = KafkaSettings(kafka_bootstrap_servers=kafka, topic_prefix=topic_prefix, _env_file=None)
    async with LogReader(settings, [TOPIC.name]) as reader:
        ends = await reader.ends()
        records = [record async for part in reader.between(dict.fromkeys(ends, 0), ends) for record in part]
    return [record.value for record in records]


@asynccontextmanager
async def relays(pool, settings, count):
    """Relays that are driven by hand."""
    made = [Relay("parcels", lambda: pool, settings) for _ in range(count)]
    try:
        yield made
    finally:
        for relay in made:
            await relay._drop_producer()


class Listener:
    """Learns by heart."""

    topics = (TOPIC.name,)

    def __init__(self, heard):
        self.heard = heard

    def read(self, records):
        self.heard += [record.value for record in records]

    async def prepare(self):
        pass

    async def learn(self, connection):
        await connection.execute("DELETE FROM outbox WHERE payload = 'contradicts'")


async def test_relay_replaced_in_the_middle_of_a_send_is_fenced_by_the_broker(pool, settings, kafka, topic_prefix):
    async with relays(pool, settings, 2) as (old, new):
        await write(pool, [a_row("k", b"1")])
        producer = await old._take_over()
        await producer.begin_transaction()
        await producer.send_and_wait(topic_prefix + TOPIC.name, b"from the old one", key=b"k")
        assert await new.send_batch() == 1
        with pytest.raises(ProducerFenced):
            await producer.commit_transaction()
    assert await told(kafka, topic_prefix, 1) == [b"1"]


async def test_relay_that_dies_between_sending_and_deleting_is_not_repeated(pool, settings, kafka, topic_prefix):
    async with relays(pool, settings, 2) as (dead, new):
        await write(pool, [a_row("k", b"0")])
        await dead.send_batch()
        await write(pool, [a_row("k", b"1"), a_row("gone", None)])
        await dead._transact(dead._producer, await pool.fetch(_SELECT, 10))
        await write(pool, [a_row("k", b"2")])
        assert await new.send_batch() == 1
    assert sorted(await told(kafka, topic_prefix, 4), key=str) == [None, b"0", b"1", b"2"]


async def test_relay_that_wakes_before_deleting_leaves_the_positions_of_its_successor(pool, settings):
    async with relays(pool, settings, 2) as (paused, new):
        await write(pool, [a_row("k", b"1")])
        assert await paused.send_batch() == 1
        await write(pool, [a_row("k", b"2")])
        nexts = await paused._transact(paused._producer, await pool.fetch(_SELECT, 10))
        await new._take_over()
        async with pool.acquire() as connection:
            with pytest.raises(PositionsMoved):
                await sent.advance(connection, paused._positions, nexts)


async def test_relay_without_the_lease_sends_nothing_though_its_producer_is_the_newest(pool, settings):
    async with relays(pool, settings, 1) as (late,):
        late._lease = Lease(pool, "parcels-relay", "1", seconds=0.05)
        assert await late._lease.hold()
        await asyncio.sleep(0.1)
        assert await Lease(pool, "parcels-relay", "2").hold()
        await write(pool, [a_row("k", b"1")])
        with pytest.raises(LeaseLost):
            await late.send_batch()
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_relay_of_a_restored_database_learns_what_was_told_before_it_sends(pool, settings, kafka, topic_prefix):
    heard = []
    async with relays(pool, settings, 2) as (before, after):
        await write(pool, [a_row("k", b"1")])
        await before.send_batch()
        dump = await pool.fetch("SELECT * FROM sent_positions")
        await write(pool, [a_row("k", b"2"), a_row("other", b"3")])
        await before.send_batch()
        await pool.execute("DELETE FROM sent_positions")
        async with pool.acquire() as connection:
            await sent.put(connection, {(topic, partition): offset for topic, partition, offset in dump})
        await write(pool, [a_row("k", b"contradicts"), a_row("k", b"4")])
        after.learner = lambda: Listener(heard)
        assert await after.send_batch() == 1
    assert sorted(heard) == [b"2", b"3"]
    assert sorted(await told(kafka, topic_prefix, 4)) == [b"1", b"2", b"3", b"4"]


async def test_relay_of_an_empty_database_learns_all_that_was_told(pool, settings):
    heard = []
    async with relays(pool, settings, 2) as (before, after):
        await write(pool, [a_row(f"k{number}", str(number).encode()) for number in range(20)])
        await before.send_batch()
        await pool.execute("DELETE FROM sent_positions")
        after.learner = lambda: Listener(heard)
        await after.send_batch()
        assert sorted(heard, key=int) == [str(number).encode() for number in range(20)]
        heard.clear()
        await after._drop_producer()
        await after.send_batch()
    assert heard == []


async def test_relay_whose_database_is_exchanged_under_it_sends_nothing_before_it_has_read(pool, settings):
    async with relays(pool, settings, 1) as (relay,):
        await write(pool, [a_row("k", b"1")])
        await relay.send_batch()
        await pool.execute("UPDATE sent_positions SET next_offset = next_offset - 1")
        await write(pool, [a_row("k", b"2")])
        with pytest.raises(PositionsMoved):
            await relay.send_batch()
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_relay_is_taken_over_when_its_process_is_gone(pool, settings):
    gone = Lease(pool, "parcels-relay", "1", seconds=1)
    assert await gone.hold()
    await write(pool, [a_row("k", b"1")])
    other = Relay("parcels", lambda: pool, settings.model_copy(update={"instance": "2"}))
    task = asyncio.create_task(other.run())

    async def emptied():
        return await pool.fetchval("SELECT count(*) = 0 FROM outbox")

    await eventually(emptied, "the second replica to send")
    assert not await gone.hold()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
