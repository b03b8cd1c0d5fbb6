"""SQL of a new generation: the tables that intake fills, made again in a schema of their own, then put in place.

Moving a table from schema to schema takes no time, whatever its size. Who waits for it meanwhile waits for the table's
lock, finds it gone when the transaction ends, and looks the name up anew: the running services notice nothing.
"""

from datetime import date, datetime
from typing import Final, NamedTuple

from spplus_chassis.database import Connection
from spplus_chassis.records import Place as Partition
from spplus_indicators.restoration_repository import PUBLISHER

SCHEMA: Final = "spplus_generation"
_RETIRED: Final = "spplus_retired"
_MOVED: Final = ("progress", "structures", "closure", "undeclared", "marks", "tallies", "ledger")
"""What follows from the input topics alone, beside the offsets; in the order of locking."""
_OFFSETS: Final = "consumer_offsets"
_SAID: Final = ("survey_cells", "survey_quarters", "survey_totals")
"""What is said of surveys; no ledger tells it."""
_APART: Final = ("publication_queue", "outbox", "outbox_aside", "dead_letters", *_SAID)
"""What a generation needs of its own while it is made, and what is then dropped. All else is the living one's."""
_LONGEST_SECONDS: Final = 600

_LIVING = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'ledger'::regclass"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = $1"
_LOCK_PUBLISHER = "SELECT FROM {living}.leases WHERE name = $1 FOR UPDATE"
_LETTERS_CARRIED = """
INSERT INTO {living}.dead_letters (consumer, topic, partition, "offset", reason, detail, key, value, headers,
    recorded_at, refused_at)
SELECT consumer, topic, partition, "offset", reason, detail, key, value, headers, recorded_at, recorded_at
FROM {made}.dead_letters
ON CONFLICT DO NOTHING
"""
_REFUSED = """
SELECT count(*) FROM {made}.dead_letters AS letter WHERE NOT EXISTS (
    SELECT FROM {living}.dead_letters AS known
    WHERE known.consumer = letter.consumer AND known.topic = letter.topic
        AND known.partition = letter.partition AND known."offset" = letter."offset"
)
"""
_NOW_TAKEN = """
FROM {living}.dead_letters AS letter JOIN {made}.consumer_offsets AS stood USING (consumer, topic, partition)
WHERE letter.resolution IS NULL AND letter."offset" < stood.next_offset
    AND NOT EXISTS (
        SELECT FROM {made}.dead_letters AS again
        WHERE again.consumer = letter.consumer AND again.topic = letter.topic
            AND again.partition = letter.partition AND again."offset" = letter."offset"
    )
"""
_LETTERS_TAKEN = f"""
UPDATE {{living}}.dead_letters AS waiting SET resolution = 'replayed', resolved_at = now()
FROM (SELECT consumer, topic, partition, letter."offset" {_NOW_TAKEN}) AS taken
WHERE waiting.consumer = taken.consumer AND waiting.topic = taken.topic AND waiting.partition = taken.partition
    AND waiting."offset" = taken."offset"
"""  # noqa: S608 - texts of this module
# What the living one had read and the bus no longer holds is behind both.
_OFFSETS_CARRIED = """
INSERT INTO {made}.consumer_offsets AS mine (consumer, topic, partition, next_offset)
SELECT consumer, topic, partition, next_offset FROM {living}.consumer_offsets
ON CONFLICT (consumer, topic, partition)
DO UPDATE SET next_offset = greatest(mine.next_offset, excluded.next_offset)
"""
_NEXT_TREE = """
UPDATE {made}.progress AS mine
SET tree_version = 1 + greatest(mine.tree_version, living.tree_version), window_end = living.window_end
FROM {living}.progress AS living
"""


class Letters(NamedTuple):
    """What rereading changed about dead letters."""

    refused: int
    """Records that were taken before, or forgotten, and are refused now: they wait among the dead letters."""
    taken: int
    """Dead letters that waited and are taken now."""


async def living_schema(connection: Connection) -> str:
    """The schema that the running services use."""
    name: str = await connection.fetchval(_LIVING)
    return name


async def make_room(connection: Connection) -> None:
    """An empty schema; what an interrupted rebuild left behind is dropped."""
    await drop(connection)
    await connection.execute(f"CREATE SCHEMA {SCHEMA}")


async def drop(connection: Connection) -> None:
    """Drop the generation that was made and the one that was replaced."""
    for name in (SCHEMA, _RETIRED):
        await connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE", timeout=_LONGEST_SECONDS)


async def keep_needed(connection: Connection, living: str) -> None:
    """Drop the tables that a generation shares with the living one, and count as of the same instant."""
    for row in await connection.fetch(_TABLES, SCHEMA):
        if row[0] not in {*_MOVED, _OFFSETS, *_APART}:
            await connection.execute(f"DROP TABLE {SCHEMA}.{row[0]} CASCADE")
    await connection.execute(
        f"UPDATE {SCHEMA}.progress SET swept_until = (SELECT swept_until FROM {living}.progress)"  # noqa: S608 - names above
    )


async def see_what_was_said(connection: Connection, living: str) -> None:
    """Let the names of what is said of surveys mean the living tables, on this connection, until the transaction ends.

    A generation fills its own ones and says nothing with them.
    """
    for table in _SAID:
        # Temporary relations are looked up before all others.
        await connection.execute(f"CREATE TEMPORARY VIEW {table} AS SELECT * FROM {living}.{table}")  # noqa: S608 - ours


async def hold_publication_and_intake(connection: Connection, living: str, lock_seconds: int) -> None:
    """Let the living one publish and take in nothing until the end of the transaction, or give up after a while."""
    await connection.execute(f"SET LOCAL lock_timeout = '{lock_seconds}s'")
    await connection.execute(_LOCK_PUBLISHER.format(living=living), PUBLISHER)
    await connection.execute(f"LOCK TABLE {living}.{_OFFSETS} IN ACCESS EXCLUSIVE MODE")


async def lock_living(connection: Connection, living: str) -> None:
    """Have all that is to be moved, alone. The gate of the ledger must be shut: it comes before the tables."""
    for table in _MOVED:
        await connection.execute(f"LOCK TABLE {living}.{table} IN ACCESS EXCLUSIVE MODE")


async def offsets_of(connection: Connection, schema: str, consumer: str) -> dict[Partition, int]:
    """Where the consumer stands in that schema."""
    query = f"SELECT topic, partition, next_offset FROM {schema}.{_OFFSETS} WHERE consumer = $1"  # noqa: S608 - ours
    return {(row[0], row[1]): row[2] for row in await connection.fetch(query, consumer)}


async def progress_of(connection: Connection, schema: str) -> tuple[datetime, date]:
    """Until when deadlines are counted there, and the day that the tree stands for."""
    row = await connection.fetchrow(f"SELECT swept_until, tree_on FROM {schema}.progress")  # noqa: S608 - ours
    if row is None:
        raise LookupError("no row of progress")
    return row[0], row[1]


async def letters_unlike(connection: Connection, living: str) -> Letters:
    """What taking its place would change about dead letters."""
    names = {"living": living, "made": SCHEMA}
    refused = await connection.fetchval(_REFUSED.format(**names))
    taken = await connection.fetchval(f"SELECT count(*) {_NOW_TAKEN.format(**names)}")
    return Letters(refused, taken)


async def put_in_place(connection: Connection, living: str) -> Letters:
    """Let the generation take the place of the living one. Everything is locked; names then mean the new tables."""
    names = {"living": living, "made": SCHEMA}
    await connection.execute(_OFFSETS_CARRIED.format(**names))
    await connection.execute(_NEXT_TREE.format(**names))
    taken = await connection.execute(_LETTERS_TAKEN.format(**names))
    refused = await connection.execute(_LETTERS_CARRIED.format(**names))
    await connection.execute(f"CREATE SCHEMA {_RETIRED}")
    for table in (*_MOVED, _OFFSETS):
        await connection.execute(f"ALTER TABLE {living}.{table} SET SCHEMA {_RETIRED}")
        await connection.execute(f"ALTER TABLE {SCHEMA}.{table} SET SCHEMA {living}")
    return Letters(_rows_of(refused), _rows_of(taken))


def _rows_of(status: str) -> int:
    return int(status.rpartition(" ")[2])
