"""Where a consumer stands: kept in its own database, in the transaction of what it consumed.

Kafka's committed offset only follows. A record below the stored offset has been applied and is not applied again; a
database restored from a dump stands further back than Kafka and so rereads what it lost.
"""

from collections.abc import Iterable, Mapping

from spplus_chassis.database import Connection
from spplus_chassis.records import Place

_LOCK = """
INSERT INTO consumer_offsets AS stored (consumer, topic, partition, next_offset)
SELECT $1, place.topic, place.partition, 0 FROM unnest($2::text[], $3::int[]) AS place (topic, partition)
ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = stored.next_offset
RETURNING topic, partition, next_offset
"""
_SAVE = """
UPDATE consumer_offsets AS stored SET next_offset = greatest(stored.next_offset, place.next_offset)
FROM unnest($2::text[], $3::int[], $4::bigint[]) AS place (topic, partition, next_offset)
WHERE stored.consumer = $1 AND stored.topic = place.topic AND stored.partition = place.partition
"""
_LOAD = "SELECT topic, partition, next_offset FROM consumer_offsets WHERE consumer = $1"


class GoneBack(Exception):  # noqa: N818 - it is a fact of life, not an error
    """The stored offsets lie before those that this process has stored."""


async def lock(connection: Connection, consumer: str, places: Iterable[Place]) -> dict[Place, int]:
    """Next offset of each partition; its row stays locked until the end of the transaction."""
    ordered = sorted(places)
    rows = await connection.fetch(_LOCK, consumer, [topic for topic, _ in ordered], [part for _, part in ordered])
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def save(connection: Connection, consumer: str, nexts: Mapping[Place, int]) -> None:
    """Move forward, never back. The rows are locked already."""
    ordered = sorted(nexts)
    await connection.execute(
        _SAVE, consumer, [place[0] for place in ordered], [place[1] for place in ordered], [nexts[p] for p in ordered]
    )


async def load(connection: Connection, consumer: str) -> dict[Place, int]:
    """All that is stored for a consumer."""
    return {(row["topic"], row["partition"]): row["next_offset"] for row in await connection.fetch(_LOAD, consumer)}


async def forget(connection: Connection, consumer: str, place: Place) -> None:
    """Drop the stored offset of a partition whose topic was made anew."""
    await connection.execute(
        "DELETE FROM consumer_offsets WHERE consumer = $1 AND topic = $2 AND partition = $3", consumer, *place
    )
