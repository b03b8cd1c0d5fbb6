"""Reads of the structures: search, place in the tree."""

from dataclasses import dataclass
from datetime import date

from spplus_chassis.database import Pool
from spplus_notifier.folding import fold, words


@dataclass(frozen=True, slots=True)
class Structure:
    """What the pages say about a structure."""

    code: str
    name: str
    network: str
    typology: str | None
    town: str | None
    post_code: str | None
    active: bool
    closed_on: date | None
    successor_code: str | None
    not_applicable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """An administration."""

    name: str
    structures: int
    """How many of its structures are open."""


async def structure(pool: Pool, code: str) -> Structure | None:
    """One structure."""
    found = await _structures(pool, "SELECT * FROM structures WHERE code = $1", code)
    return found[0] if found else None


async def ancestors(pool: Pool, code: str, on: date) -> list[Structure]:
    """From the root down to the parent, on a day; a cycle ends where it closes."""
    return await _structures(pool, _ANCESTORS, code, on)


_ANCESTORS = """
WITH RECURSIVE up (code, height, path) AS (
    SELECT $1::text COLLATE "C", 0, ARRAY[$1::text COLLATE "C"]
    UNION ALL
    SELECT link.parent_code, up.height + 1, up.path || link.parent_code
    FROM up JOIN structure_parents AS link ON link.code = up.code
    WHERE link.valid_from <= $2 AND (link.valid_to IS NULL OR link.valid_to > $2)
      AND link.parent_code IS NOT NULL AND link.parent_code <> ALL (up.path) AND up.height < 20
)
SELECT s.*
FROM up JOIN structures AS s ON s.code = up.code WHERE up.height > 0 ORDER BY up.height DESC
"""


async def children(pool: Pool, code: str, on: date, *, limit: int) -> list[Structure]:
    """Open structures that belong to this one, on a day."""
    return await _structures(pool, _CHILDREN, code, on, limit)


_CHILDREN = """
SELECT s.*
FROM structure_parents AS link JOIN structures AS s ON s.code = link.code
WHERE link.parent_code = $1 AND link.valid_from <= $2 AND (link.valid_to IS NULL OR link.valid_to > $2) AND s.active
ORDER BY s.name, s.code LIMIT $3
"""


async def search(pool: Pool, text: str, network: str | None, *, limit: int, offset: int) -> list[Structure]:
    """Open structures whose name, town, post code or network holds every word; else those that sound alike."""
    if found := await _structures(pool, _SEARCH, _patterns(text), network, fold(text), limit, offset):
        return found
    return [] if offset or not fold(text) else await _structures(pool, _SEARCH_ALIKE, words(text), network, limit)


_SEARCH = """
SELECT *
FROM structures
WHERE active AND search_text LIKE ALL ($1::text[]) AND ($2::text IS NULL OR network = $2)
ORDER BY similarity(search_text, $3) DESC, name, code LIMIT $4 OFFSET $5
"""
# The index finds what sounds like the longest word; only there are the other words compared, which is slow.
_SEARCH_ALIKE = """
SELECT s.*
FROM structures AS s CROSS JOIN LATERAL (
    SELECT min(likeness) AS worst, avg(likeness) AS mean
    FROM (SELECT word_similarity(word, s.search_text) AS likeness FROM unnest($1::text[]) AS word) AS each
) AS alike
WHERE active AND search_text %> ($1::text[])[1] AND ($2::text IS NULL OR network = $2) AND worst >= 0.4
ORDER BY mean DESC, name, code LIMIT $3
"""


async def networks(pool: Pool) -> list[Network]:
    """Every administration with open structures, by name."""
    rows = await pool.fetch(
        "SELECT network, count(*) AS n FROM structures WHERE active GROUP BY network ORDER BY network"
    )
    return [Network(row["network"], row["n"]) for row in rows]


def _patterns(text: str) -> list[str]:
    """Folded words hold letters and digits only, so there is nothing to escape."""
    return [f"%{word}%" for word in words(text)]


async def _structures(pool: Pool, sql: str, *arguments: object) -> list[Structure]:
    return [
        Structure(
            code=row["code"],
            name=row["name"],
            network=row["network"],
            typology=row["typology"],
            town=row["town"],
            post_code=row["post_code"],
            active=row["active"],
            closed_on=row["closed_on"],
            successor_code=row["successor_code"],
            not_applicable=tuple(row["not_applicable"]),
        )
        for row in await pool.fetch(sql, *arguments)
    ]
