"""What became of the events of each source, by door and day: counted in the transaction that took them."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from spplus_chassis.database import Connection

ACCEPTED: Final = "accepted"
DUPLICATE: Final = "duplicate"
"""Verdicts beside the reasons for which an event is refused."""

_ADD: Final = """
INSERT INTO source_counts (source, door, verdict, day, events, last_at)
SELECT source, $1, verdict, $2, events, $3
FROM unnest($4::text[], $5::text[], $6::bigint[]) AS told (source, verdict, events)
ON CONFLICT (source, door, verdict, day) DO UPDATE SET
    events = source_counts.events + excluded.events,
    last_at = greatest(source_counts.last_at, excluded.last_at)
"""
_COUNTS: Final = """
SELECT
    source, door, verdict, sum(events)::bigint AS events,
    coalesce(sum(events) FILTER (WHERE day > $1), 0)::bigint AS lately, max(last_at) AS last_at
FROM source_counts
WHERE source = ANY ($2::text[])
GROUP BY source, door, verdict
ORDER BY source, door, verdict
"""

Counts = Counter[tuple[str, str]]
"""Events by source and verdict."""


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How many events of a source met one fate at one door."""

    source: str
    door: str
    """``http`` or ``bus``."""
    verdict: str
    """`ACCEPTED`, `DUPLICATE` or the reason of the refusal."""
    events: int
    """Since the source was registered."""
    lately: int
    """Of these, after the day that was asked for."""
    last_at: datetime
    """The latest."""


async def add_counts(connection: Connection, counts: Counts, *, door: str, day: date, at: datetime) -> None:
    """Count inside the caller's transaction; always in the same order, so that two transactions never embrace."""
    if not counts:
        return
    rows = [(source, verdict, events) for (source, verdict), events in sorted(counts.items())]
    await connection.execute(_ADD, door, day, at, *(list(column) for column in zip(*rows, strict=True)))


async def counts_of(connection: Connection, sources: list[str], *, since: date) -> list[SourceCount]:
    """The counts of some sources; `lately` is what came after a day."""
    return [SourceCount(**dict(row)) for row in await connection.fetch(_COUNTS, since, sources)]
