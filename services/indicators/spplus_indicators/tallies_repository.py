"""SQL of the marks and the tallies that they are added up to.

Whoever writes tallies has them alone: the publisher under its lease with a share of the tree's lock, a change of the
tree with the whole of that lock.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import asyncpg

from spplus_chassis.database import Connection
from spplus_indicators.pooling import Counts, Mark, Place, Spread, add, counts_of_text, text_of_counts

Row = asyncpg.Record

_TAKE_MARKS = """
DELETE FROM marks WHERE id IN (SELECT id FROM marks ORDER BY id LIMIT $1)
RETURNING structure_code, month, counts
"""
_LOAD = """
SELECT tally.structure_code, tally.month, tally.own, tally.pooled
FROM tallies AS tally
JOIN unnest($1::text[], $2::date[]) AS wanted (structure_code, month)
    ON tally.structure_code = wanted.structure_code AND tally.month = wanted.month
"""
_SAVE = """
INSERT INTO tallies (structure_code, month, own, pooled)
SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[])
ON CONFLICT (structure_code, month) DO UPDATE SET own = excluded.own, pooled = excluded.pooled
"""
_OWN = "SELECT structure_code, month, own FROM tallies WHERE structure_code = ANY($1::text[]) AND own <> '{}'"
_POOLED = """
SELECT tally.structure_code, tally.month, tally.pooled
FROM tallies AS tally
JOIN unnest($1::text[], $2::date[], $3::date[]) AS wanted (structure_code, since, until)
    ON tally.structure_code = wanted.structure_code AND tally.month >= wanted.since AND tally.month < wanted.until
"""
_ALL_POOLED = "SELECT structure_code, month, pooled FROM tallies WHERE structure_code = ANY($1::text[])"
_EMPTY = ("{}", "{}")


async def take_marks(connection: Connection, limit: int) -> list[Mark]:
    """Take the oldest marks out; add them up in the same transaction."""
    rows = await connection.fetch(_TAKE_MARKS, limit)
    return [Mark(row[0], row[1], counts_of_text(row[2])) for row in rows]


async def add_up(connection: Connection, differences: Spread) -> None:
    """Add differences to the tallies."""
    places = sorted(differences.own.keys() | differences.pooled.keys())
    rows = await connection.fetch(_LOAD, [code for code, _ in places], [month for _, month in places])
    stored: dict[Place, tuple[str, str]] = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    own, pooled = [], []
    for place in places:
        own_text, pooled_text = stored.get(place, _EMPTY)
        own.append(_added(own_text, differences.own.get(place)))
        pooled.append(_added(pooled_text, differences.pooled.get(place)))
    await connection.execute(_SAVE, [code for code, _ in places], [month for _, month in places], own, pooled)


async def own_of(connection: Connection, codes: Iterable[str]) -> dict[str, dict[date, Counts]]:
    """Own counts of structures, by month."""
    return _by_structure(await connection.fetch(_OWN, list(codes)))


async def pooled_of(connection: Connection, reaches: Mapping[str, tuple[date, date]]) -> dict[str, dict[date, Counts]]:
    """Pooled counts of structures, by month, each from its first month on and before its last."""
    spans = reaches.values()
    columns = (list(reaches), [since for since, _ in spans], [until for _, until in spans])
    return _by_structure(await connection.fetch(_POOLED, *columns))


async def all_pooled_of(connection: Connection, codes: Iterable[str]) -> dict[str, dict[date, Counts]]:
    """Pooled counts of structures in every month."""
    return _by_structure(await connection.fetch(_ALL_POOLED, list(codes)))


def _added(text: str, difference: Counts | None) -> str:
    if not difference:
        return text
    counts = counts_of_text(text)
    add(counts, difference)
    return text_of_counts(counts)


def _by_structure(rows: Iterable[Row]) -> dict[str, dict[date, Counts]]:
    found: dict[str, dict[date, Counts]] = {}
    for structure, month, counts in rows:
        found.setdefault(structure, {})[month] = counts_of_text(counts)
    return found
