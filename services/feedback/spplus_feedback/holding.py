"""Stories kept back as probable abuse: their events wait in the database until a moderator lets the story through."""

from collections.abc import Mapping, Sequence
from typing import Final

from spplus_chassis.database import Connection
from spplus_chassis.outbox import OutboxRow
from spplus_contracts import Envelope

_KEEP: Final = """
INSERT INTO held_events (feedback_id, position, id, topic, key, type, source, "time", payload)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[], $9::bytea[])
"""
_TAKE: Final = """
DELETE FROM held_events WHERE feedback_id = $1::uuid
RETURNING position, id, topic, key, type, source, "time", payload
"""
_LET_THROUGH: Final = """
UPDATE feedbacks SET held_at = NULL
WHERE feedback_id = $1::uuid AND held_at IS NOT NULL AND withdrawn_at IS NULL
"""


async def keep_back(connection: Connection, events: Mapping[str, Sequence[OutboxRow]]) -> None:
    """Keep the events of held stories, by story."""
    rows = [(story, place, event) for story, told in events.items() for place, event in enumerate(told)]
    if not rows:
        return
    await connection.execute(
        _KEEP,
        [story for story, _, _ in rows],
        [place for _, place, _ in rows],
        [event.envelope.id for _, _, event in rows],
        [event.topic for _, _, event in rows],
        [event.key for _, _, event in rows],
        [event.envelope.type for _, _, event in rows],
        [event.envelope.source for _, _, event in rows],
        [event.envelope.time for _, _, event in rows],
        [event.payload for _, _, event in rows],
    )


async def let_through(connection: Connection, feedback_id: str) -> bool:
    """End the hold of a story; false where it is not held, or no longer. Of two at once, one does it."""
    return bool(await connection.execute(_LET_THROUGH, feedback_id) == "UPDATE 1")


async def taken_back(connection: Connection, feedback_id: str) -> list[OutboxRow]:
    """The events kept for a story, which are kept no longer: to be told now, or never."""
    kept = sorted(await connection.fetch(_TAKE, feedback_id), key=lambda row: int(row["position"]))
    return [
        OutboxRow(
            topic=row["topic"],
            key=row["key"],
            envelope=Envelope(
                id=row["id"], source=row["source"], type=row["type"], time=row["time"], subject=row["key"]
            ),
            payload=row["payload"],
        )
        for row in kept
    ]
