"""SQL that keeps published revisions, thins those of open periods and gives instants a name.

Thinning leaves the last revision of each Paris day, every revision of closed periods, and what stood at each named
instant. The row after a gap says since when something is missing, so that a reader knows what is exact.
"""

from datetime import date, datetime, timedelta
from typing import Final

from spplus_chassis.database import Connection, Pool
from spplus_indicators.figures import Published
from spplus_indicators.periods import day_of, start_of_day

KEY: Final = ("structure_code", "period_kind", "period_start", "indicator_code")
COLUMNS: Final = (
    "structure_code",
    "indicator_code",
    "period_kind",
    "period_start",
    *Published._fields,
    "computed_at",
)
"""Columns of a revision, in the order of `figures.Revision`."""
_LISTED: Final = ", ".join(COLUMNS)
_LONGEST_SECONDS: Final = 600
_SETTLED: Final = timedelta(minutes=10)
"""A transaction that began before midnight has ended by then."""

_NEXT_DAY = "SELECT next_day FROM history_thinning FOR UPDATE SKIP LOCKED"
_FIRST = "SELECT min(computed_at) FROM history"
_SAVE_NEXT_DAY = "UPDATE history_thinning SET next_day = $1"
_THIN = f"""
WITH told AS (
    SELECT ctid AS place, {", ".join(KEY)}, revision, provisional, computed_at, unknown_since,
        lead(computed_at) OVER (PARTITION BY {", ".join(KEY)} ORDER BY revision) AS next_at
    FROM history WHERE computed_at >= $1 AND computed_at < $2
), judged AS (
    SELECT *, provisional AND next_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM snapshots WHERE as_of >= told.computed_at AND as_of < told.next_at
    ) AS needless
    FROM told
), runs AS (
    SELECT *, count(*) FILTER (WHERE NOT needless) OVER (
        PARTITION BY {", ".join(KEY)} ORDER BY revision DESC
    ) AS run
    FROM judged
), gaps AS (
    SELECT max(place::text) FILTER (WHERE NOT needless) AS place,
        least(min(computed_at) FILTER (WHERE needless), min(unknown_since)) AS since
    FROM runs GROUP BY {", ".join(KEY)}, run
    HAVING bool_or(needless)
), noted AS (
    UPDATE history SET unknown_since = gaps.since FROM gaps WHERE history.ctid = gaps.place::tid
)
DELETE FROM history USING runs WHERE history.ctid = runs.place AND runs.needless
"""  # noqa: S608 - columns named above
_PIN = "INSERT INTO snapshots (name, as_of) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING as_of"
_UNPIN = "DELETE FROM snapshots WHERE name = $1 RETURNING as_of"


def kept(save: str, *, learnt: bool = False) -> str:
    """The statement that saves into ``figures AS figure``, made to keep in history what it saves.

    One statement for both tables: no second way over the wire, and never one without the other. `learnt` is for
    figures read back from the bus: what stood before them is not known here.
    """
    unknown_since = "CASE WHEN revision > 1 THEN '-infinity'::timestamptz END" if learnt else "NULL::timestamptz"
    return (
        f"WITH saved AS ({save} RETURNING figure.*) "  # noqa: S608 - statements of this service
        f"INSERT INTO history ({_LISTED}, unknown_since) SELECT {_LISTED}, {unknown_since} FROM saved"
    )


async def thin(pool: Pool, now: datetime) -> int:
    """Thin the days that are over; returns how many revisions were dropped. Another replica may do it meanwhile."""
    dropped = 0
    today = day_of(now - _SETTLED)
    while True:
        async with pool.acquire() as connection, connection.transaction():
            state = await connection.fetchrow(_NEXT_DAY)
            if state is None:
                return dropped
            day = state[0] or await _first_day(connection) or today
            if day >= today:
                return dropped
            dropped += await thin_day(connection, day)
            await connection.execute(_SAVE_NEXT_DAY, day + timedelta(days=1))


async def thin_day(connection: Connection, day: date) -> int:
    """Thin one Paris day that is over; returns how many revisions were dropped."""
    until = start_of_day(day + timedelta(days=1))
    status = await connection.execute(_THIN, start_of_day(day), until, timeout=_LONGEST_SECONDS)
    return int(status.rpartition(" ")[2])


async def pin(connection: Connection, name: str, as_of: datetime) -> bool:
    """Give an instant a name; false where the name is taken."""
    return await connection.fetchval(_PIN, name, as_of) is not None


async def unpin(connection: Connection, name: str) -> bool:
    """Take the name away: what it kept is thinned no more than it was. False where nothing has that name."""
    return await connection.fetchval(_UNPIN, name) is not None


async def _first_day(connection: Connection) -> date | None:
    first: datetime | None = await connection.fetchval(_FIRST)
    return None if first is None else day_of(first)
