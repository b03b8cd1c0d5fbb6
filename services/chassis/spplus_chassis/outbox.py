"""The outbox: events written in the same transaction as what they tell, sent later by the relay.

Append after locking the aggregate's row, so that the order of the sequence is the order of commit for each key.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import uuid_utils

from spplus_chassis.database import Connection
from spplus_chassis.tracing import current_trace
from spplus_contracts import Envelope, Event
from spplus_contracts.vocabulary import PLATFORM_SOURCE

# One statement rather than COPY: a process that is paused in the middle of COPY holds its locks until it wakes, since
# the server waits for its data and counts neither as idle nor as slow.
_INSERT = """
INSERT INTO outbox (id, aggregatetype, aggregateid, type, source, "time", payload, headers, traceparent)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bytea[],
    $8::jsonb[], $9::text[])
"""


class OutboxRow(NamedTuple):
    """One record to send."""

    topic: str
    """Topic's name in the registry, without the platform's prefix."""
    key: str
    envelope: Envelope
    payload: bytes | None
    """JSON data; none is a tombstone."""
    headers: str | None = None
    """JSON of the headers to send in place of the envelope's, for a copy of a refused record."""


def new_id() -> str:
    """A time-ordered identifier (UUIDv7): inserts stay local in the indexes."""
    return str(uuid_utils.uuid7())


def row_of(
    event: Event,
    *,
    topic: str,
    now: datetime,
    source: str = PLATFORM_SOURCE,
    event_id: str | None = None,
    trace: str | None = None,
) -> OutboxRow:
    """The row that announces an event. `now` becomes the CloudEvents time; `trace` is the present request's if none."""
    envelope = Envelope(event_id or new_id(), source, event.TYPE, now, event.key, trace or current_trace())
    return OutboxRow(topic=topic, key=event.key, envelope=envelope, payload=event.to_json())


async def append(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Append rows inside the caller's transaction."""
    if not rows:
        return
    await connection.execute(
        _INSERT,
        [row.envelope.id for row in rows],
        [row.topic for row in rows],
        [row.key for row in rows],
        [row.envelope.type for row in rows],
        [row.envelope.source for row in rows],
        [row.envelope.time for row in rows],
        [row.payload for row in rows],
        [row.headers for row in rows],
        [row.envelope.traceparent for row in rows],
    )
