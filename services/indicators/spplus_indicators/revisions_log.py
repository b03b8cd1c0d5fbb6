"""The compacted topic as memory: on an empty database, revisions go on from what the bus holds, never from 1."""

from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError
from pydantic import ValidationError

from spplus_chassis.database import Pool
from spplus_chassis.settings import ServiceSettings
from spplus_contracts import EnvelopeError, IndicatorComputed, unwrap
from spplus_contracts.topics import INDICATOR_COMPUTED
from spplus_indicators import publication_repository
from spplus_indicators.figures import FigureKey, Revision, revision_of

log = structlog.get_logger()

_POLL_MS = 200
_SAVED_AT_ONCE = 5_000


async def restore(pool: Pool, settings: ServiceSettings) -> int:
    """Read the topic once when no figure is stored; returns how many keys it held."""
    if await pool.fetchval("SELECT EXISTS (SELECT FROM figures)"):
        return 0
    latest = await _latest(settings)
    revisions = list(latest.values())
    async with pool.acquire() as connection, connection.transaction():
        for start in range(0, len(revisions), _SAVED_AT_ONCE):
            await publication_repository.save_figures(connection, revisions[start : start + _SAVED_AT_ONCE])
    if revisions:
        log.info("revisions_restored", keys=len(revisions))
    return len(revisions)


async def _latest(settings: ServiceSettings) -> dict[FigureKey, Revision]:
    topic = settings.topic_prefix + INDICATOR_COMPUTED.name
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in await _partitions(consumer, topic)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        latest: dict[FigureKey, Revision] = {}
        while [place for place in partitions if await consumer.position(place) < ends[place]]:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                _take(latest, records)
        return latest
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer.topics()
    partitions: set[int] | None = consumer.partitions_for_topic(topic)
    if not partitions:
        raise UnknownTopicOrPartitionError(topic)
    return partitions


def _take(latest: dict[FigureKey, Revision], records: list[Any]) -> None:
    for record in records:
        if record.value is None:
            continue
        try:
            _, data = unwrap(record.headers, record.value)
            revision = revision_of(IndicatorComputed.read_json(data))
        except (EnvelopeError, ValidationError) as error:
            log.warning(
                "revision_unreadable", partition=record.partition, offset=record.offset, error=type(error).__name__
            )
            continue
        before = latest.get(revision.key)
        if before is None or before.figure.revision < revision.figure.revision:
            latest[revision.key] = revision
