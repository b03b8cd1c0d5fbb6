"""Reading and writing topics in tests, with plain aiokafka."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord


async def send_all(bootstrap: str, topic: str, records: Sequence[tuple]) -> None:
    """Send (key, value, headers) tuples, in order, acknowledged."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=2_000_000) as producer:
        sent = [await producer.send(topic, value, key=key, headers=headers) for key, value, headers in records]
        await asyncio.gather(*sent)


@asynccontextmanager
async def reading(bootstrap: str, *topics: str):
    """A committed-reads consumer from the start, outside any group."""
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def read_count(bootstrap: str, topic: str, count: int, *, seconds: float = 20.0) -> list[ConsumerRecord]:
    """The first `count` committed records of a topic; fails when they do not come."""
    records: list[ConsumerRecord] = []
    async with reading(bootstrap, topic) as consumer:
        deadline = time.monotonic() + seconds
        while len(records) < count:
            assert time.monotonic() < deadline, f"{len(records)} of {count} records on {topic} after {seconds} s"
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                records.extend(batch)
    return records
