"""Dead letters: the table is the truth (one row per record, for ever the first reason), the topic is a copy."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_chassis.outbox import OutboxRow
from spplus_chassis.records import Record, Refusal
from spplus_contracts import Envelope
from spplus_contracts.vocabulary import PLATFORM_SOURCE

_INSERT = """
INSERT INTO dead_letters (consumer, topic, partition, "offset", reason, detail, key, value, headers, recorded_at)
SELECT $1, * FROM unnest($2::text[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::bytea[], $8::bytea[],
                         $9::jsonb[], $10::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING topic, partition, "offset"
"""
_TYPE = "fr.spplus.dead-letter.v1"


async def bury(connection: Connection, consumer: str, dead_letter_topic: str, refusals: Sequence[Refusal]) -> None:
    """Record refusals inside the caller's transaction; one already known is left as it stands."""
    if not refusals:
        return
    ordered = sorted(refusals, key=lambda refusal: _place(refusal.record))
    records = [refusal.record for refusal in ordered]
    fresh = await connection.fetch(
        _INSERT,
        consumer,
        [record.topic for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        [refusal.reason for refusal in ordered],
        [refusal.detail for refusal in ordered],
        [record.key for record in records],
        [record.value for record in records],
        [_headers_json(record.headers) for record in records],
        [record.timestamp for record in records],
    )
    new = {(row["topic"], row["partition"], row["offset"]) for row in fresh}
    copies = [_copy(refusal, dead_letter_topic) for refusal in ordered if _place(refusal.record) in new]
    await outbox.append(connection, copies)


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def _headers_json(headers: tuple[tuple[str, bytes | None], ...]) -> str:
    return json.dumps([[name, None if value is None else base64.b64encode(value).decode()] for name, value in headers])


def _copy(refusal: Refusal, dead_letter_topic: str) -> OutboxRow:
    record = refusal.record
    about = {
        "spplus-reason": refusal.reason,
        "spplus-detail": refusal.detail,
        "spplus-topic": record.topic,
        "spplus-partition": str(record.partition),
        "spplus-offset": str(record.offset),
    }
    marked = (*record.headers, *((name, text.encode()) for name, text in about.items()))
    envelope = Envelope(id=outbox.new_id(), source=PLATFORM_SOURCE, type=_TYPE, time=datetime.now(UTC))
    key = (record.key or b"").decode(errors="replace").replace("\x00", "")
    return OutboxRow(dead_letter_topic, key, envelope, record.value, headers=_headers_json(marked))


def headers_of_json(text: str) -> list[tuple[str, bytes | None]]:
    """The headers of a stored copy."""
    return [(name, None if value is None else base64.b64decode(value)) for name, value in json.loads(text)]
