"""The compacted topic as memory: on an empty database, revisions go on from what the bus holds, never from 1."""

from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import UnknownTopicOrPartitionError
from pydantic import ValidationError

from spplus_chassis.database import Pool
from spplus_contracts import EnvelopeError, IndicatorComputed, unwrap
from spplus_indicators import publication_repository
from spplus_indicators.figures import FigureKey, Revision, revision_of

log = structlog.get_logger()

_POLL_MS = 200
_SAVED_AT_ONCE = 5_000


async def restore(pool: Pool, bootstrap_servers: str, topic: str) -> int:
    """Read the topic once when no figure is stored; returns how many keys it held."""
    if await pool.fetchval("SELECT EXISTS (SELECT FROM figures)"):
        return 0
    latest = await _latest(bootstrap_servers, topic)
    revisions = list(latest.values())
    async with pool.acquire() as connection, connection.transaction():
        for start in range(0, len(revisions), _SAVED_AT_ONCE):
            part = revisions[start : start + _SAVED_AT_ONCE]
            await publication_repository.save_figures(connection, part, learnt=True)
    if revisions:
        log.info("revisions_restored", keys=len(revisions))
    return len(revisions)


async def _latest(bootstrap_servers: str, topic: str) -> dict[FigureKey, Revision]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        partitions = list(consumer.assignment())
        if not partitions:
            raise UnknownTopicOrPartitionError(topic)
        ends = await consumer.end_offsets(partitions)
        latest: dict[FigureKey, Revision] = {}
        while [place for place in partitions if await consumer.position(place) < ends[place]]:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                _take(latest, records)
        return latest
    finally:
        await consumer.stop()


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
