"""The relay sends what was committed, in order per key, by one owner; what cannot be sent moves aside."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiokafka.errors import ProducerFenced

from spplus_chassis import outbox
from spplus_chassis.database import open_pool
from spplus_chassis.migrations import migrate
from spplus_chassis.outbox import OutboxRow, new_id
from spplus_chassis.relay import Relay
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


async def test_relay_moves_an_oversized_row_aside_and_goes_on(pool, relay, kafka, topic_prefix):
    await write(pool, [a_row("a", b"1"), a_row("b", b"x" * (3 * MAX_MESSAGE_BYTES)), a_row("c", b"3")])
    relay.wake()
    records = await read_count(kafka, topic_prefix + TOPIC.name, 2)
    assert {record.value for record in records} == {b"1", b"3"}
    assert await pool.fetchval("SELECT reason FROM outbox_aside") == "oversized"


async def test_relay_replaced_in_the_middle_of_a_send_is_fenced_by_the_broker(pool, settings, kafka, topic_prefix):
    old, new = Relay("parcels", lambda: pool, settings), Relay("parcels", lambda: pool, settings)
    await write(pool, [a_row("k", b"1")])
    producer = await old._started_producer()
    await producer.begin_transaction()
    await producer.send_and_wait(topic_prefix + TOPIC.name, b"from the old one", key=b"k")
    assert await new.send_batch() == 1
    with pytest.raises(ProducerFenced):
        await producer.commit_transaction()
    await old._drop_producer()
    await new._drop_producer()
    records = await read_count(kafka, topic_prefix + TOPIC.name, 1)
    assert [record.value for record in records] == [b"1"]
