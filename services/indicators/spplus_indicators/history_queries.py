"""Reads of the history: what stood published at an instant, and what changed between two.

What stood is decided by `computed_at`. A revision is exact where no revision that is not kept can have stood at that
instant in its place.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from spplus_chassis.database import Connection
from spplus_indicators.figures import Published, Revision
from spplus_indicators.history_repository import COLUMNS, KEY

_ROWS_AT_ONCE = 2_000
_LONGEST_SECONDS = 3600
"""Everything is sorted before the first row comes."""
_KEYED = ", ".join(KEY)
_LISTED = ", ".join(COLUMNS)
_AT = f"""
SELECT DISTINCT ON ({_KEYED}) *
FROM (
    SELECT {_LISTED}, lead(unknown_since) OVER told_in_order AS unknown_since,
        lead(revision) OVER told_in_order AS next_revision
    FROM history WHERE $2::text IS NULL OR structure_code = $2
    WINDOW told_in_order AS (PARTITION BY {_KEYED} ORDER BY revision)
) AS told
WHERE computed_at <= $1
ORDER BY {_KEYED}, revision DESC
"""  # noqa: S608 - columns named above
_STANDING = f"""
SELECT {_LISTED}, unknown_since IS NULL OR unknown_since > $1 OR next_revision = revision + 1 AS exact
FROM ({_AT}) AS standing ORDER BY {_KEYED}
"""  # noqa: S608 - the same
# A figure of which the first kept revision came later, though earlier ones, which may have stood then, are not kept.
_FORGOTTEN = f"""
SELECT count(*) FROM (
    SELECT DISTINCT ON ({_KEYED}) computed_at, unknown_since
    FROM history WHERE $2::text IS NULL OR structure_code = $2
    ORDER BY {_KEYED}, revision
) AS first WHERE computed_at > $1 AND unknown_since <= $1
"""  # noqa: S608 - the same
_CHANGED = f"""
WITH before AS (SELECT * FROM ({_AT}) AS standing), after AS (SELECT * FROM ({_AT.replace("$1", "$3")}) AS standing)
SELECT {", ".join(f"before.{name}" for name in COLUMNS)}, {", ".join(f"after.{name}" for name in COLUMNS)}
FROM before FULL JOIN after USING ({_KEYED})
WHERE before.revision IS DISTINCT FROM after.revision
ORDER BY {", ".join(f"coalesce(before.{name}, after.{name})" for name in KEY)}
"""  # noqa: S608 - the same
_SNAPSHOTS = "SELECT name, as_of, kept_at FROM snapshots ORDER BY as_of, name"
READ_AT_LEISURE = "SET LOCAL idle_in_transaction_session_timeout = 0"
"""Rows may go to a pager, and nobody waits for a reader."""


class Standing(NamedTuple):
    """A revision that stood at an instant."""

    revision: Revision
    exact: bool
    """Whether it surely stood then: no revision that is not kept can have taken its place before."""


class Change(NamedTuple):
    """A figure that differs between two instants; none where it was not published."""

    before: Revision | None
    after: Revision | None


class Snapshot(NamedTuple):
    """An instant with a name."""

    name: str
    as_of: datetime
    kept_at: datetime


async def standing(connection: Connection, as_of: datetime, structure: str | None) -> AsyncIterator[Standing]:
    """The figures that stood at an instant, of one structure or all, in the order of their keys."""
    async for row in connection.cursor(_STANDING, as_of, structure, prefetch=_ROWS_AT_ONCE, timeout=_LONGEST_SECONDS):
        values = tuple(row)
        yield Standing(_revision(values[:-1]), values[-1])


async def forgotten_count(connection: Connection, as_of: datetime, structure: str | None) -> int:
    """Figures that may have stood at an instant, of which nothing so early is kept."""
    count: int = await connection.fetchval(_FORGOTTEN, as_of, structure, timeout=_LONGEST_SECONDS)
    return count


async def changes(
    connection: Connection, before: datetime, after: datetime, structure: str | None
) -> AsyncIterator[Change]:
    """The figures whose revision differs between two instants, in the order of their keys."""
    width = len(COLUMNS)
    async for row in connection.cursor(
        _CHANGED, before, structure, after, prefetch=_ROWS_AT_ONCE, timeout=_LONGEST_SECONDS
    ):
        values = tuple(row)
        told = values[:width], values[width:]
        yield Change(*(None if part[0] is None else _revision(part) for part in told))


async def snapshots(connection: Connection) -> list[Snapshot]:
    """The instants that have a name, the earliest first."""
    return [Snapshot(*row) for row in await connection.fetch(_SNAPSHOTS)]


async def snapshot_instant(connection: Connection, name: str) -> datetime | None:
    """The instant of that name."""
    instant: datetime | None = await connection.fetchval("SELECT as_of FROM snapshots WHERE name = $1", name)
    return instant


def _revision(values: tuple[object, ...]) -> Revision:
    structure, indicator, kind, start, *figure, computed_at = values
    return Revision((structure, indicator, kind, start), Published(*figure), computed_at)  # type: ignore[arg-type] # columns as listed
