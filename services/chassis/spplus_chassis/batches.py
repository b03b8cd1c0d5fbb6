"""Rows of the outbox as batches of the producer, in order, each row at the partition of its key.

The producer's own `send` costs several times as much a record: a future, two locks and a hash worked out anew for
keys that come again and again. The order within a partition is that of the rows: one batch follows the other.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from spplus_chassis.records import Place

_KEYS_REMEMBERED = 1 << 17
_POSITIVE = 0x7FFFFFFF


class Message(NamedTuple):
    """A record to send."""

    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@lru_cache(maxsize=_KEYS_REMEMBERED)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key among so many, as the default partitioner of Kafka's clients chooses it."""
    positive: int = murmur2(key) & _POSITIVE
    return positive % partitions


async def send(producer: AIOKafkaProducer, messages: Iterable[Message]) -> dict[Place, int]:
    """Send messages inside the producer's transaction; returns the offset after the last one of each partition."""
    by_place: dict[Place, list[Message]] = {}
    counts: dict[str, int] = {}
    for message in messages:
        topic = message.topic
        if topic not in counts:
            counts[topic] = len(await producer.partitions_for(topic))
        by_place.setdefault((topic, partition_of(message.key, counts[topic])), []).append(message)
    sending = [asyncio.ensure_future(_send_in_order(producer, place, each)) for place, each in by_place.items()]
    try:
        nexts = await asyncio.gather(*sending)
    finally:
        for task in sending:
            task.cancel()
    return dict(zip(by_place, nexts, strict=True))


async def _send_in_order(producer: AIOKafkaProducer, place: Place, messages: list[Message]) -> int:
    """All messages of one partition, in as many batches as they need; returns the offset after the last."""
    acknowledgements = []
    for batch in _filled(producer, messages):
        acknowledged = await producer.send_batch(batch, place[0], partition=place[1])
        acknowledgements.append((acknowledged, batch.record_count()))
    nexts: list[int] = [(await acknowledged).offset + count for acknowledged, count in acknowledgements]
    return max(nexts)


def _filled(producer: AIOKafkaProducer, messages: list[Message]) -> list[BatchBuilder]:
    batches = [producer.create_batch()]
    for message in messages:
        fields: Mapping[str, Any] = {"key": message.key, "value": message.value, "headers": message.headers}
        if batches[-1].append(timestamp=None, **fields) is None:
            batches.append(producer.create_batch())
            batches[-1].append(timestamp=None, **fields)
    for batch in batches:
        batch.close()
    return batches
