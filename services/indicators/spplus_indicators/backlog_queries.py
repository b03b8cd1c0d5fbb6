"""Reads of what waits: for the publisher, for the sweep, for the declaration of a structure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from spplus_chassis.database import Pool
from spplus_indicators.restoration_repository import PUBLISHER

# Own counts only: what is below an undeclared structure is published as soon as it is declared itself.
_UNDECLARED = """
SELECT waiting.structure_code, waiting.first_seen_at, held.months, held.counts
FROM undeclared AS waiting
CROSS JOIN LATERAL (
    SELECT count(DISTINCT tally.month) AS months, count(*) AS counts
    FROM tallies AS tally CROSS JOIN LATERAL jsonb_each_text(tally.own::jsonb) AS own (measure, count)
    WHERE tally.structure_code = waiting.structure_code AND own.count <> '0'
) AS held
WHERE held.counts > 0
ORDER BY waiting.first_seen_at, waiting.structure_code
LIMIT $1
"""
_BACKLOG = """
SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM publication_queue),
    (SELECT min(id) FROM marks),
    (SELECT min(not_before) FROM publication_queue),
    swept_until,
    EXISTS (SELECT FROM leases WHERE name = $1 AND expires_at > clock_timestamp())
FROM progress
"""
_MOST = 100_000


class Undeclared(NamedTuple):
    """A structure that is counted and cannot be published."""

    structure_code: str
    first_seen_at: datetime
    months: int
    """Months that hold counts of it."""
    counts: int
    """Its counts that are not 0, by month and measure."""

    def age(self, now: datetime) -> timedelta:
        """For how long it has waited."""
        return now - self.first_seen_at


class Backlog(NamedTuple):
    """How far scoring is behind."""

    rows: int
    """Marks and targets that the publisher has not done."""
    oldest_mark: int | None
    """Number of the oldest mark."""
    oldest_target_at: datetime | None
    """Since when the oldest target might have been published; may lie ahead."""
    swept_until: datetime
    """The instant as of which the ledger counts."""
    publisher_leads: bool
    """Whether some process holds the publisher's role."""


async def undeclared_structures(pool: Pool, limit: int = _MOST) -> list[Undeclared]:
    """Structures that hold counts and were never declared, the oldest first."""
    return [Undeclared(*row) for row in await pool.fetch(_UNDECLARED, limit)]


async def backlog(pool: Pool) -> Backlog:
    """What waits now."""
    row = await pool.fetchrow(_BACKLOG, PUBLISHER)
    if row is None:
        message = "the table progress has lost its row"
        raise RuntimeError(message)
    return Backlog(*row)
