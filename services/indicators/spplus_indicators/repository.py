"""SQL that writes the ledger and the marks. Callers pass keys in sorted order: that is what prevents deadlocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from spplus_chassis.database import Connection
from spplus_indicators.contribution import Cell
from spplus_indicators.pooling import by_place, text_of_counts
from spplus_indicators.statements import RequestKey

_GATE = 0x53505054
"""Advisory lock: writers of the ledger share it, the sweep takes it alone, so that all count as of one instant."""

_INSERT = """
WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[])
        AS given (request_source, request_id, statements, counted, withdrawn, changes_after)
), fresh AS (
    INSERT INTO ledger (request_source, request_id, statements, counted, withdrawn, changes_after)
    SELECT * FROM given ON CONFLICT DO NOTHING RETURNING request_source, request_id
)
SELECT request_source, request_id FROM given
WHERE (request_source, request_id) NOT IN (SELECT request_source, request_id FROM fresh)
"""
_LOCK = """
SELECT request_source, request_id, statements, counted, withdrawn
FROM ledger
WHERE (request_source, request_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
ORDER BY request_source, request_id
FOR UPDATE
"""
_UPDATE = """
UPDATE ledger
SET statements = given.statements, counted = given.counted, withdrawn = given.withdrawn,
    changes_after = given.changes_after
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[])
    AS given (request_source, request_id, statements, counted, withdrawn, changes_after)
WHERE ledger.request_source = given.request_source AND ledger.request_id = given.request_id
"""
_LOCK_OVERDUE = """
SELECT request_source, request_id, statements, counted, withdrawn
FROM ledger WHERE changes_after < $1
ORDER BY request_source, request_id
FOR UPDATE
"""
_STEP = "SELECT changes_after FROM ledger WHERE changes_after < $1 ORDER BY changes_after OFFSET $2 LIMIT 1"
_MARK = """
INSERT INTO marks (structure_code, month, counts) SELECT * FROM unnest($1::text[], $2::date[], $3::text[])
"""


@dataclass(slots=True)
class LedgerRows:
    """Rows of the ledger as columns, the form in which one statement takes thousands."""

    sources: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    withdrawn: list[bool] = field(default_factory=list)
    changes_after: list[datetime | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A locked row, as text."""

    key: RequestKey
    statements: str
    counted: str
    withdrawn: bool


async def enter(connection: Connection) -> datetime:
    """Share the gate until the end of the transaction; returns the instant as of which everything counts."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _GATE)
    return await _swept_until(connection)


async def enter_alone(connection: Connection) -> datetime:
    """Shut the gate until the end of the transaction: no row of the ledger changes meanwhile."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _GATE)
    return await _swept_until(connection)


async def _swept_until(connection: Connection) -> datetime:
    instant: datetime = await connection.fetchval("SELECT swept_until FROM progress")
    return instant


async def insert_fresh(connection: Connection, rows: LedgerRows) -> set[RequestKey]:
    """Insert what the ledger does not have and return the few keys that it has."""
    known = await connection.fetch(
        _INSERT, rows.sources, rows.ids, rows.statements, rows.counted, rows.withdrawn, rows.changes_after
    )
    return {RequestKey(source, request_id) for source, request_id in known}


async def lock_rows(connection: Connection, keys: Sequence[RequestKey]) -> list[StoredRow]:
    """Lock rows that exist, in the order of their keys."""
    rows = await connection.fetch(_LOCK, [key.source for key in keys], [key.id for key in keys])
    return [StoredRow(RequestKey(row[0], row[1]), row[2], row[3], row[4]) for row in rows]


async def update_rows(connection: Connection, rows: LedgerRows) -> None:
    """Save locked rows."""
    if len(rows):
        await connection.execute(
            _UPDATE, rows.sources, rows.ids, rows.statements, rows.counted, rows.withdrawn, rows.changes_after
        )


async def lock_overdue(connection: Connection, as_of: datetime) -> list[StoredRow]:
    """Lock the open requests whose deadline lies before an instant."""
    rows = await connection.fetch(_LOCK_OVERDUE, as_of)
    return [StoredRow(RequestKey(row[0], row[1]), row[2], row[3], row[4]) for row in rows]


async def deadline_after(connection: Connection, as_of: datetime, count: int) -> datetime | None:
    """The deadline that so many open ones precede, if it lies before an instant: where a bounded sweep stops."""
    deadline: datetime | None = await connection.fetchval(_STEP, as_of, count)
    return deadline


async def save_swept(connection: Connection, as_of: datetime) -> None:
    """Everything is now counted as of this instant."""
    await connection.execute("UPDATE progress SET swept_until = $1", as_of)


async def mark(connection: Connection, delta: Mapping[Cell, int]) -> None:
    """Append differences of own counts, for the publisher to add up."""
    places = by_place(delta)
    if places:
        await connection.execute(
            _MARK,
            [structure for structure, _ in places],
            [month for _, month in places],
            [text_of_counts(counts) for counts in places.values()],
        )
