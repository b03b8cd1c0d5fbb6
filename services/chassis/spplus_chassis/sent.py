"""Up to where the bus holds nothing but what this database knows to have been sent.

The positions form a chain: the relay moves them only from where it believes them to stand. Where they stand elsewhere
the database is not the one it was (restored from a dump, or moved on by another relay), and nothing may be sent
before the bus has been read from the stored positions on.
"""

from collections.abc import Mapping

from spplus_chassis.database import Connection
from spplus_chassis.records import Place

Positions = dict[Place, int]

_LOAD = "SELECT topic, partition, next_offset FROM sent_positions"
_MOVE = """
INSERT INTO sent_positions AS stored (topic, partition, next_offset)
SELECT topic, partition, next_offset FROM unnest($1::text[], $2::int[], $3::bigint[]) AS given (topic, partition,
    next_offset)
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""
_HELD = """
SELECT stored.topic, stored.partition, stored.next_offset
FROM sent_positions AS stored JOIN unnest($1::text[], $2::int[]) AS given (topic, partition)
    ON stored.topic = given.topic AND stored.partition = given.partition
ORDER BY stored.topic, stored.partition
FOR UPDATE OF stored
"""


class PositionsMoved(Exception):  # noqa: N818 - it is a fact of life, not an error
    """The stored positions are not those that this relay left there."""


async def load(connection: Connection) -> Positions:
    """All stored positions."""
    return {(row["topic"], row["partition"]): row["next_offset"] for row in await connection.fetch(_LOAD)}


async def advance(connection: Connection, believed: Mapping[Place, int], nexts: Mapping[Place, int]) -> None:
    """Move positions inside the caller's transaction. Raises `PositionsMoved` where one is not where it was left."""
    ordered = sorted(nexts)
    rows = await connection.fetch(_HELD, [topic for topic, _ in ordered], [partition for _, partition in ordered])
    stored = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    if stored != {place: believed[place] for place in ordered if place in believed}:
        raise PositionsMoved
    await put(connection, nexts)


async def put(connection: Connection, positions: Mapping[Place, int]) -> None:
    """Store positions, wherever they stood before."""
    ordered = sorted(positions)
    await connection.execute(
        _MOVE,
        [topic for topic, _ in ordered],
        [partition for _, partition in ordered],
        [positions[place] for place in ordered],
    )
