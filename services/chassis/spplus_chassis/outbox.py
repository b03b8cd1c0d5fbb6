"""The outbox: events written in the same transaction as what they tell, sent later by the relay.

Append after locking the aggregate's row, so that the order of the sequence is the order of commit for each key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import uuid_utils

from spplus_chassis.database import Connection
from spplus_contracts import Envelope, Event
from spplus_contracts.vocabulary import PLATFORM_SOURCE

_COLUMNS = ("id", "aggregatetype", "aggregateid", "type", "source", "time", "payload", "headers")


@dataclass(frozen=True, slots=True)
class OutboxRow:
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
    event: Event, *, topic: str, now: datetime, source: str = PLATFORM_SOURCE, event_id: str | None = None
) -> OutboxRow:
    """The row that announces an event. `now` becomes the CloudEvents time."""
    envelope = Envelope(id=event_id or new_id(), source=source, type=event.TYPE, time=now, subject=event.key)
    return OutboxRow(topic=topic, key=event.key, envelope=envelope, payload=event.to_json())


async def append(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Append rows inside the caller's transaction."""
    if not rows:
        return
    await connection.copy_records_to_table(
        "outbox",
        columns=_COLUMNS,
        records=[
            (
                row.envelope.id,
                row.topic,
                row.key,
                row.envelope.type,
                row.envelope.source,
                row.envelope.time,
                row.payload,
                row.headers,
            )
            for row in rows
        ],
    )
