"""The bare floor: the least that reads, validates, counts once and publishes changes, on one page.

aiokafka `getmany` -> validate -> one PostgreSQL transaction a batch (ids, counts by structure and month, outbox,
offsets) -> relay by a transactional producer. Pipelined: the next batch is validated while the transaction runs.
It knows no correction, answer, deadline, tree, figure or dead letter: the product's price for those is the ratio.
"""

import argparse
import asyncio
import json
import time

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from pydantic import ValidationError

from spplus_contracts import EnvelopeError, FeedbackSubmitted, unwrap

SCHEMA = """
CREATE TABLE ids (id uuid PRIMARY KEY);
CREATE TABLE counts (structure text, month date, positive bigint, total bigint, PRIMARY KEY (structure, month));
CREATE TABLE outbox (seq bigserial PRIMARY KEY, key text, payload text);
CREATE TABLE offsets (partition int PRIMARY KEY, next bigint);
"""
WRITE = """
WITH fresh AS (
    INSERT INTO ids SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id ON CONFLICT DO NOTHING RETURNING id
), summed AS (
    SELECT structure, month, sum(positive) AS positive, count(*) AS total
    FROM unnest($1::uuid[], $2::text[], $3::date[], $4::int[]) AS told (id, structure, month, positive)
    JOIN fresh USING (id) GROUP BY structure, month ORDER BY structure, month
), changed AS (
    INSERT INTO counts SELECT * FROM summed ON CONFLICT (structure, month) DO UPDATE
    SET positive = counts.positive + excluded.positive, total = counts.total + excluded.total RETURNING *
), moved AS (
    INSERT INTO offsets SELECT * FROM unnest($5::int[], $6::bigint[])
    ON CONFLICT (partition) DO UPDATE SET next = excluded.next
)
INSERT INTO outbox (key, payload)
SELECT structure || '|' || month, json_build_object('positive', positive, 'total', total)::text FROM changed
"""
Batch = tuple[list[str], list[str], list[object], list[int], list[int], list[int]]


def validate(records: list[ConsumerRecord]) -> Batch:
    """Columns of the valid records, each id once."""
    rows, offsets = {}, {}
    for record in records:
        offsets[record.partition] = record.offset + 1
        try:
            envelope, data = unwrap(record.headers, record.value)
            event = FeedbackSubmitted.read_json(data) if envelope.type == FeedbackSubmitted.TYPE else None
        except (EnvelopeError, ValidationError):
            continue
        if event is not None:
            month = event.submitted_at.date().replace(day=1)
            rows[envelope.id] = (event.structure_code, month, int(event.sentiment == "positive"))
    structures, months, positives = zip(*rows.values(), strict=True) if rows else ((), (), ())
    return list(rows), list(structures), list(months), list(positives), list(offsets), list(offsets.values())


async def read(consumer: AIOKafkaConsumer, batches: asyncio.Queue[Batch], total: int) -> None:
    """Validate batch after batch."""
    seen = 0
    while seen < total:
        fetched = await consumer.getmany(timeout_ms=100, max_records=4_000)
        records = [record for part in fetched.values() for record in part]
        if records and not seen:
            say("started")
        seen += len(records)
        if records:
            await batches.put(validate(records))


async def write(pool: asyncpg.Pool, batches: asyncio.Queue[Batch], wake: asyncio.Event) -> None:
    """One transaction a batch."""
    while True:
        batch = await batches.get()
        await pool.execute(WRITE, *batch)
        wake.set()
        batches.task_done()


async def relay(pool: asyncpg.Pool, producer: AIOKafkaProducer, topic: str, wake: asyncio.Event) -> None:
    """Send the outbox in order, in Kafka transactions, then delete what was sent."""
    while True:
        rows = await pool.fetch("SELECT * FROM outbox ORDER BY seq LIMIT 2000")
        if rows:
            async with producer.transaction():
                await asyncio.gather(
                    *[
                        await producer.send(topic, key=row["key"].encode(), value=row["payload"].encode())
                        for row in rows
                    ]
                )
            await pool.execute("DELETE FROM outbox WHERE seq <= $1", rows[-1]["seq"])
        else:
            wake.clear()
            await wake.wait()


async def run(options: argparse.Namespace) -> None:
    """Count everything on the topic, then say how long it took."""
    pool = await asyncpg.create_pool(options.database, min_size=2, max_size=4)
    await pool.execute(SCHEMA)
    consumer = AIOKafkaConsumer(bootstrap_servers=options.kafka, max_partition_fetch_bytes=4 * 1024 * 1024)
    producer = AIOKafkaProducer(bootstrap_servers=options.kafka, transactional_id=options.target, linger_ms=5)
    await consumer.start()
    await producer.start()
    parts = [TopicPartition(options.topic, number) for number in range(12)]
    consumer.assign(parts)
    await consumer.seek_to_beginning()
    wake: asyncio.Event = asyncio.Event()
    batches: asyncio.Queue[Batch] = asyncio.Queue(maxsize=2)
    tasks = [asyncio.create_task(relay(pool, producer, options.target, wake))]
    if options.pipelined:
        tasks.append(asyncio.create_task(write(pool, batches, wake)))
        await read(consumer, batches, options.total)
        await batches.join()
    else:
        await read_and_write(consumer, pool, wake, options.total)
    while await pool.fetchval("SELECT count(*) FROM outbox"):  # noqa: ASYNC110 - the state is in the database
        await asyncio.sleep(0.02)
    say("ended")
    for task in tasks:
        task.cancel()
    await consumer.stop()
    await producer.stop()
    await pool.close()


def say(what: str) -> None:
    """Tell the caller what happened just now."""
    print(json.dumps({what: time.time()}), flush=True)  # noqa: T201 - the caller reads it


async def read_and_write(consumer: AIOKafkaConsumer, pool: asyncpg.Pool, wake: asyncio.Event, total: int) -> None:
    """The plain variant: fetch, validate and write one after the other."""
    seen = 0
    while seen < total:
        fetched = await consumer.getmany(timeout_ms=100, max_records=4_000)
        records = [record for part in fetched.values() for record in part]
        if records and not seen:
            say("started")
        seen += len(records)
        if records:
            await pool.execute(WRITE, *validate(records))
            wake.set()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("kafka", "database", "topic", "target"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--total", type=int, required=True)
    parser.add_argument("--pipelined", action="store_true")
    asyncio.run(run(parser.parse_args()))
