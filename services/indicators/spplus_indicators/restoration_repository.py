"""SQL of a database that stands behind the bus: what was told replaces what stands, and publication waits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from spplus_chassis.database import Connection
from spplus_chassis.records import Place as Partition
from spplus_contracts.topics import INDICATOR_COMPUTED
from spplus_indicators.figures import FigureKey

PUBLISHER: str = "indicators-publisher"
"""Name of the publisher's lease."""
UNTOLD_METHOD: int = 0
"""Version that no formula has: a figure under it is told again, whatever it is."""

_LOCK_PUBLISHER = "SELECT FROM leases WHERE name = $1 FOR UPDATE"
_WAITING = "SELECT seq, payload FROM outbox WHERE aggregatetype = $1 AND payload IS NOT NULL ORDER BY seq"
_UNSEND = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"
_KEYS = """
unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::int[])
    AS given (structure_code, indicator_code, period_kind, period_start, revision)
"""
_SAME = """
stored.structure_code = given.structure_code AND stored.indicator_code = given.indicator_code
    AND stored.period_kind = given.period_kind AND stored.period_start = given.period_start
"""
_FORGET = f"DELETE FROM history AS stored USING {_KEYS} WHERE {_SAME} AND stored.revision = given.revision"  # noqa: S608 - texts above
_UNTELL = (
    f"UPDATE figures AS stored SET method_version = $6 FROM {_KEYS} WHERE {_SAME} "  # noqa: S608 - texts above
    "AND stored.revision = given.revision"
)
_CLEAR = f"DELETE FROM figures AS stored USING {_KEYS} WHERE {_SAME}"  # noqa: S608 - texts above
_HOLD = """
INSERT INTO publication_hold AS held (topic, partition, next_offset)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = greatest(held.next_offset, excluded.next_offset)
"""
_HELD = "SELECT EXISTS (SELECT FROM publication_hold)"
_BEHIND = """
SELECT held.topic, held.partition, held.next_offset, coalesce(stored.next_offset, 0)
FROM publication_hold AS held
LEFT JOIN consumer_offsets AS stored
    ON stored.consumer = $1 AND stored.topic = held.topic AND stored.partition = held.partition
"""
_LET_GO = """
DELETE FROM publication_hold AS held
USING unnest($1::text[], $2::int[], $3::bigint[]) AS given (topic, partition, next_offset)
WHERE held.topic = given.topic AND held.partition = given.partition AND held.next_offset <= given.next_offset
"""


class Behind(NamedTuple):
    """A partition that publication waits for: where intake stands and where it must come."""

    partition: Partition
    stands: int
    until: int


async def lock_publisher(connection: Connection) -> None:
    """Keep the publisher out until the end of the transaction: it asks for its lease at the beginning of its own."""
    await connection.execute(_LOCK_PUBLISHER, PUBLISHER)


async def waiting_events(connection: Connection) -> dict[int, bytes]:
    """The figures that wait in the outbox, by sequence number."""
    return {row[0]: row[1] for row in await connection.fetch(_WAITING, INDICATOR_COMPUTED.name)}


async def unsend(connection: Connection, numbers: Iterable[int], revisions: Sequence[tuple[FigureKey, int]]) -> None:
    """Take rows back from the outbox: their revisions were never told, and what they tell is told anew."""
    await connection.execute(_UNSEND, list(numbers))
    await connection.execute(_FORGET, *_columns(revisions))
    await connection.execute(_UNTELL, *_columns(revisions), UNTOLD_METHOD)


async def clear_figures(connection: Connection, keys: Sequence[FigureKey]) -> None:
    """Delete what stands under these keys."""
    await connection.execute(_CLEAR, *_columns([(key, 0) for key in keys]))


async def hold(connection: Connection, goals: Mapping[Partition, int]) -> None:
    """Publish nothing before intake has come so far."""
    places = sorted(goals)
    await connection.execute(_HOLD, [place[0] for place in places], [p for _, p in places], [goals[p] for p in places])


async def held(connection: Connection) -> bool:
    """Whether publication waits for intake."""
    waits: bool = await connection.fetchval(_HELD)
    return waits


async def behind(connection: Connection, consumer: str) -> list[Behind]:
    """The partitions that publication waits for."""
    return [Behind((row[0], row[1]), row[3], row[2]) for row in await connection.fetch(_BEHIND, consumer)]


async def let_go(connection: Connection, reached: Sequence[Behind]) -> None:
    """Wait no longer for these."""
    await connection.execute(
        _LET_GO,
        [each.partition[0] for each in reached],
        [each.partition[1] for each in reached],
        [each.until for each in reached],
    )


def _columns(
    revisions: Sequence[tuple[FigureKey, int]],
) -> tuple[list[str], list[str], list[str], list[date], list[int]]:
    return (
        [key[0] for key, _ in revisions],
        [key[1] for key, _ in revisions],
        [key[2] for key, _ in revisions],
        [key[3] for key, _ in revisions],
        [revision for _, revision in revisions],
    )
