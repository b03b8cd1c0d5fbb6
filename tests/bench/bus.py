"""What the bench itself does on Kafka: fill a topic, and watch what is published."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from spplus_contracts import IndicatorComputed
from spplus_contracts.topics import INDICATOR_COMPUTED, PARTITIONS
from tests.bench.load import Message

_CHUNK = 5_000


async def fill(bootstrap_servers: str, topic: str, messages: Iterable[Message]) -> int:
    """Write messages in their order; returns how many."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, linger_ms=5, max_batch_size=262_144)
    await producer.start()
    written = 0
    try:
        pending = []
        for message in messages:
            pending.append(await producer.send(topic, key=message.key, value=message.value, headers=message.headers))
            written += 1
            if len(pending) == _CHUNK:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)
    finally:
        await producer.stop()
    return written


@dataclass
class Publication:
    """The figures seen on the compacted topic, the latest of each key."""

    latest: dict[bytes, bytes] = field(default_factory=dict)
    records: int = 0
    """Revisions seen."""
    last_at: float = 0.0
    """Broker's time of the last one, the root's aside, which its setting holds back; seconds since 1970."""

    def figures(self) -> list[IndicatorComputed]:
        """Parse the current figures."""
        return [IndicatorComputed.read_json(value) for value in self.latest.values()]


async def last_values(bootstrap_servers: str, topic: str) -> dict[bytes, bytes | None]:
    """Read a topic from its start to its end, committed records only; returns the last value under each key."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, isolation_level="read_committed")
    await consumer.start()
    try:
        parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(parts)
        found: dict[bytes, bytes | None] = {}
        while [part for part in parts if await consumer.position(part) < ends[part]]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found |= {record.key: record.value for record in records}
    finally:
        await consumer.stop()
    return found


async def drop(bootstrap_servers: str, prefix: str) -> None:
    """Delete the topics of a run that is over: a long bench shall not fill the disk."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(prefix)])
    finally:
        await admin.close()


@asynccontextmanager
async def watching(bootstrap_servers: str, prefix: str) -> AsyncIterator[Publication]:
    """Follow the compacted topic from its start, committed records only, as any reader of the figures does."""
    topic = prefix + INDICATOR_COMPUTED.name
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, isolation_level="read_committed", fetch_max_wait_ms=200
    )
    await consumer.start()
    consumer.assign([TopicPartition(topic, number) for number in range(INDICATOR_COMPUTED.partitions)])
    await consumer.seek_to_beginning()
    seen = Publication()
    task = asyncio.create_task(_follow(consumer, seen))
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await consumer.stop()


async def _follow(consumer: AIOKafkaConsumer, seen: Publication) -> None:
    while True:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for record in records:
                seen.latest[record.key] = record.value
                if not record.key.startswith(b"root|"):
                    seen.last_at = max(seen.last_at, record.timestamp / 1000)
            seen.records += len(records)
