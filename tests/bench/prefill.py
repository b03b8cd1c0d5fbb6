"""A ledger of millions of rows, made fast: a few thousand through the service's own hands, the rest as copies of them.

The copies have ids of their own, as dense in time as the originals; the marks of the originals are multiplied, so that
the service itself then adds up the tallies and publishes the figures.
"""

from datetime import datetime

import asyncpg

from spplus_chassis.database import open_pool
from spplus_contracts import StructureDeclared
from spplus_indicators import jobs
from tests.bench.counts import Stories
from tests.bench.load import stream
from tests.bench.taking import take

ORIGINALS = 5_000
DAYS = 365
_SEED = 4
# The first fifteen characters of an id tell its time and version: kept; the rest is new.
_COPY = """
INSERT INTO ledger ({columns})
SELECT {values}
FROM ledger AS original
CROSS JOIN generate_series(2, $1::int) AS copy (number)
CROSS JOIN LATERAL (SELECT md5(original.request_id || copy.number) AS random) AS drawn
CROSS JOIN LATERAL (
    SELECT left(original.request_id, 15) || substr(random, 1, 3) || '-8' || substr(random, 4, 3) || '-'
        || substr(random, 7, 12) AS request_id
) AS new
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = 'ledger'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
"""
_MULTIPLY = """
UPDATE marks SET counts = (
    SELECT json_object_agg(key, value::bigint * $1)::text FROM json_each_text(counts::json)
)
"""


async def prefill(
    database: str, rows: int, structures: list[StructureDeclared], now: datetime, *, originals: int = ORIGINALS
) -> Stories:
    """Fill the ledger with about so many rows about the past year; returns what they tell."""
    copies = max(1, rows // originals)
    offices = sum(each.code.startswith("office") for each in structures)
    told = [event for _, event in stream(originals, offices, DAYS, now, seed=_SEED) if event is not None]
    pool = await open_pool(database, 2)
    try:
        await jobs.sweep(pool, now)
        await take(pool, told, now)
        async with pool.acquire() as connection, connection.transaction():
            await _copy(connection, copies)
        await pool.execute("VACUUM (ANALYZE) ledger")
        await pool.execute("CHECKPOINT")
    finally:
        await pool.close()
    stories = Stories(structures)
    stories.add(told, times=copies)
    return stories


async def _copy(connection: asyncpg.Connection, copies: int) -> None:
    columns = [row[0] for row in await connection.fetch(_COLUMNS)]
    values = {name: f"original.{name}" for name in columns} | {"request_id": "new.request_id"}
    await connection.execute(_COPY.format(columns=", ".join(values), values=", ".join(values.values())), copies)
    await connection.execute(_MULTIPLY, copies)
