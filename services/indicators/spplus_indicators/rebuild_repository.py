"""SQL of a rebuild: rows of the ledger in chunks, the locks of the last transaction, figures back from the history."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

from spplus_chassis.database import Connection, Pool
from spplus_indicators.figures import FigureKey
from spplus_indicators.history_repository import COLUMNS, KEY
from spplus_indicators.repository import StoredRow
from spplus_indicators.restoration_repository import lock_publisher
from spplus_indicators.statements import RequestKey

_ONE_REBUILD = 0x53505056
"""Advisory lock of the session: one rebuild at a time."""
_LONGEST_SECONDS = 3600
_KEYED = ", ".join(KEY)
_LISTED = ", ".join(COLUMNS)
_CHUNK = """
SELECT request_source, request_id, statements, counted, withdrawn, changes_after
FROM ledger WHERE (request_source, request_id) > ($1, $2)
ORDER BY request_source, request_id LIMIT $3
FOR UPDATE
"""
_LOCK_TREE = "SELECT tree_version FROM progress FOR UPDATE"
# A row of figures that was lost would begin at revision 1 again; the bus knows better, and so does the history.
_RESTORE = f"""
INSERT INTO figures AS figure ({_LISTED})
SELECT DISTINCT ON ({_KEYED}) {_LISTED} FROM history ORDER BY {_KEYED}, revision DESC
ON CONFLICT (structure_code, period_kind, period_start, indicator_code)
DO UPDATE SET revision = excluded.revision WHERE figure.revision < excluded.revision
"""  # noqa: S608 - columns of the history
_GIVEN = """
unnest($1::text[], $2::text[], $3::text[], $4::date[])
    AS given (structure_code, indicator_code, period_kind, period_start)
"""
_SAME = """
{table}.structure_code = given.structure_code AND {table}.indicator_code = given.indicator_code
    AND {table}.period_kind = given.period_kind AND {table}.period_start = given.period_start
"""
_FORGET = f"""
DELETE FROM history USING {_GIVEN}, figures AS figure
WHERE {_SAME.format(table="history")} AND {_SAME.format(table="figure")} AND history.revision = figure.revision
"""  # noqa: S608 - the same
_TELL = f"""
INSERT INTO history ({_LISTED}, unknown_since)
SELECT {", ".join(f"figure.{name}" for name in COLUMNS)},
    CASE WHEN figure.revision > 1 AND NOT EXISTS (
        SELECT FROM history WHERE {_SAME.format(table="history")} AND history.revision = figure.revision - 1
    ) THEN '-infinity'::timestamptz END
FROM figures AS figure JOIN {_GIVEN} ON {_SAME.format(table="figure")}
"""  # noqa: S608 - the same


class RebuildRefused(Exception):  # noqa: N818 - says what the operator asked for and cannot have
    """The rebuild cannot run; the message says why."""


class LockedRow(NamedTuple):
    """A row of the ledger with the deadline that is stored beside it."""

    row: StoredRow
    changes_after: object


@asynccontextmanager
async def only_rebuild(pool: Pool) -> AsyncIterator[None]:
    """Be the only rebuild of this database. Raises `RebuildRefused`."""
    async with pool.acquire() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ONE_REBUILD):
            raise RebuildRefused("another rebuild runs on this database")
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _ONE_REBUILD)


async def lock_chunk(connection: Connection, after: RequestKey, limit: int) -> list[LockedRow]:
    """Lock the next rows of the ledger, in the order of their keys."""
    rows = await connection.fetch(_CHUNK, *after, limit)
    return [LockedRow(StoredRow(RequestKey(row[0], row[1]), *tuple(row)[2:5]), row[5]) for row in rows]


async def lock_publication(connection: Connection) -> int:
    """Let nobody publish or change the tree until the end of the transaction; returns the tree's version."""
    await lock_publisher(connection)
    version: int = await connection.fetchval(_LOCK_TREE)
    return version


async def restore_figures(connection: Connection) -> int:
    """Bring back figures that the history knows and that were lost, or whose revision went back; returns how many."""
    status = await connection.execute(_RESTORE, timeout=_LONGEST_SECONDS)
    return int(status.rpartition(" ")[2])


async def tell_history(connection: Connection, keys: Iterable[FigureKey]) -> None:
    """Let the history hold the revisions that stand under these keys."""
    columns: list[list[object]] = [list(column) for column in zip(*keys, strict=True)] or [[], [], [], []]
    await connection.execute(_FORGET, *columns)
    await connection.execute(_TELL, *columns)
