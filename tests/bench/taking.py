"""Events straight into the tables, through the hands of the service and without a bus."""

from collections.abc import Iterable
from datetime import datetime

import asyncpg

from spplus_chassis.records import Batch, Record
from spplus_contracts import Envelope, Event, topic_of
from spplus_indicators.subscribers import subscription
from tests.bench.stand import BenchError

_BATCH = 2_500


async def take(pool: asyncpg.Pool, told: Iterable[tuple[Envelope, Event]], now: datetime) -> None:
    """Take events as the delivery does, a transaction a batch; raises `BenchError` if one is refused."""
    taking = subscription(clock=lambda: now, after_commit=lambda _: None)
    records = [_record(envelope, event, offset, now) for offset, (envelope, event) in enumerate(told)]
    for start in range(0, len(records), _BATCH):
        batch = Batch(records[start : start + _BATCH])
        work = taking.prepare(batch)
        async with pool.acquire() as connection, connection.transaction():
            await taking.apply(connection, batch, work)
        if batch.refusals:
            raise BenchError(f"refused: {batch.refusals[0].reason}, {batch.refusals[0].detail}")


def _record(envelope: Envelope, event: Event, offset: int, now: datetime) -> Record:
    topic = topic_of(event.TYPE)
    if topic is None:
        raise BenchError(f"{event.TYPE} has no topic")
    return Record(
        topic=topic.name,
        partition=0,
        offset=offset,
        timestamp=now,
        key=event.key.encode(),
        value=event.to_json(),
        headers=tuple(envelope.headers()),
    )
