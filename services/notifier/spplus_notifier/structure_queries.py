"""Reads of the structures: search, place in the tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from spplus_chassis.database import Pool, Reader
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
class Counted:
    """A network or a department, and how many of its structures are open."""

    name: str
    structures: int


@dataclass(frozen=True, slots=True)
class Ways:
    """Where to start without a search."""

    networks: tuple[Counted, ...]
    departments: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; none of it means all open structures."""

    text: str = ""
    network: str | None = None
    departments: tuple[str, ...] | None = None


async def structure(reader: Reader, code: str) -> Structure | None:
    """One structure."""
    found = await _structures(reader, "SELECT * FROM structures WHERE code = $1", code)
    return found[0] if found else None


async def declared(reader: Reader, on: date, *, after: str, limit: int) -> list[Mapping[str, object]]:
    """Structures in the order of their codes, each with its parent on a day."""
    return [dict(row) for row in await reader.fetch(_DECLARED, on, after, limit)]


_DECLARED = """
SELECT s.code, s.name, s.network, s.typology, s.department, s.post_code, s.town, link.parent_code, s.active,
       s.closed_on, s.successor_code
FROM structures AS s LEFT JOIN structure_parents AS link
    ON link.code = s.code AND link.valid_from <= $1 AND (link.valid_to IS NULL OR link.valid_to > $1)
WHERE s.code > $2 ORDER BY s.code LIMIT $3
"""


async def declared_version(reader: Reader) -> str:
    """What is another one whenever a structure is declared anew."""
    version: str = await reader.fetchval(
        "SELECT md5(coalesce(string_agg(code || ' ' || version, ',' ORDER BY code), '')) FROM structures"
    )
    return version


async def with_figures(reader: Reader) -> list[str]:
    """Codes of the open structures of which at least one figure can be read."""
    rows = await reader.fetch(_WITH_FIGURES)
    return [row["code"] for row in rows]


_WITH_FIGURES = """
SELECT s.code FROM structures AS s
WHERE s.active AND EXISTS (
    SELECT FROM figures AS f WHERE f.figure_key >= s.code || '|' AND f.figure_key < s.code || '}'
      AND f.removed_at IS NULL AND f.status = 'ok'
)
ORDER BY s.code
"""


async def ancestors(reader: Reader, code: str, on: date) -> list[Structure]:
    """From the root down to the parent, on a day; a cycle ends where it closes."""
    return await _structures(reader, _ANCESTORS, code, on)


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


def whole_network(one: Structure, ancestors: Sequence[Structure]) -> Structure | None:
    """The highest ancestor of the same network, given from the root down, even where another network lies between."""
    return next((above for above in ancestors if above.network == one.network), None)


async def children(reader: Reader, code: str, on: date, *, limit: int) -> list[Structure]:
    """Open structures that belong to this one, on a day."""
    return await _structures(reader, _CHILDREN, code, on, limit)


_CHILDREN = """
SELECT s.*
FROM structure_parents AS link JOIN structures AS s ON s.code = link.code
WHERE link.parent_code = $1 AND link.valid_from <= $2 AND (link.valid_to IS NULL OR link.valid_to > $2) AND s.active
ORDER BY s.name, s.code LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what a search found."""

    structures: tuple[Structure, ...]
    total: int
    """On all pages; of those that only sound alike, no more than one page is looked for."""
    is_alike: bool = False
    """Nothing holds every word: these sound alike."""


async def search(pool: Pool, wanted: Wanted, *, limit: int, offset: int) -> Found:
    """Open structures whose name, town, post code or network holds every word; else those that sound alike."""
    text = wanted.text
    arguments = (wanted.network, wanted.departments, limit)
    rows = await pool.fetch(_SEARCH, _patterns(text), *arguments, fold(text), offset)
    if rows or offset or not fold(text):
        return Found(_read(rows), rows[0]["total"] if rows else 0)
    alike = _read(await pool.fetch(_SEARCH_ALIKE, words(text), *arguments))
    return Found(alike, len(alike), is_alike=bool(alike))


_SEARCH = """
SELECT *, count(*) OVER () AS total
FROM structures
WHERE active AND search_text LIKE ALL ($1::text[]) AND ($2::text IS NULL OR network = $2)
  AND ($3::text[] IS NULL OR department = ANY ($3))
ORDER BY similarity(search_text, $5) DESC, name, code LIMIT $4 OFFSET $6
"""
# The index finds what sounds like the longest word; only there are the other words compared, which is slow.
_SEARCH_ALIKE = """
SELECT s.*
FROM structures AS s CROSS JOIN LATERAL (
    SELECT min(likeness) AS worst, avg(likeness) AS mean
    FROM (SELECT word_similarity(word, s.search_text) AS likeness FROM unnest($1::text[]) AS word) AS each
) AS alike
WHERE active AND search_text %> ($1::text[])[1] AND ($2::text IS NULL OR network = $2)
  AND ($3::text[] IS NULL OR department = ANY ($3)) AND worst >= 0.4
ORDER BY mean DESC, name, code LIMIT $4
"""


async def ways(pool: Pool) -> Ways:
    """Every network and every department with open structures, by name."""
    rows = await pool.fetch(
        "SELECT network, department, count(*) AS n FROM structures WHERE active "
        "GROUP BY GROUPING SETS ((network), (department)) ORDER BY network, department"
    )
    return Ways(
        networks=tuple(Counted(row["network"], row["n"]) for row in rows if row["network"] is not None),
        departments=tuple(Counted(row["department"], row["n"]) for row in rows if row["department"] is not None),
    )


async def roots(pool: Pool, on: date, *, limit: int) -> list[Structure]:
    """Open structures that belong to no other on a day: the whole of a network, for most."""
    return await _structures(pool, _ROOTS, on, limit)


_ROOTS = """
SELECT s.*
FROM structures AS s
WHERE s.active AND NOT EXISTS (
    SELECT FROM structure_parents AS link
    WHERE link.code = s.code AND link.parent_code IS NOT NULL
      AND link.valid_from <= $1 AND (link.valid_to IS NULL OR link.valid_to > $1)
)
ORDER BY s.name, s.code LIMIT $2
"""


def _patterns(text: str) -> list[str]:
    """Folded words hold letters and digits only, so there is nothing to escape."""
    return [f"%{word}%" for word in words(text)]


async def _structures(reader: Reader, sql: str, *arguments: object) -> list[Structure]:
    return list(_read(await reader.fetch(sql, *arguments)))


def _read(rows: Sequence[Record]) -> tuple[Structure, ...]:
    return tuple(
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
        for row in rows
    )
