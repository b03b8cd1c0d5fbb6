"""SQL that writes the structures and their closure, in bulk: thousands of declarations are a few statements."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from spplus_chassis.database import Connection
from spplus_indicators.tree import Move, Planted, Reach, parents_with_successor, plant

Place = tuple[str, Reach]
"""A structure and one stretch of months in which it counts towards an ancestor or itself."""

_LOCK = "SELECT tree_on FROM progress FOR UPDATE"
_LOAD = """
SELECT code, version, told_at, told_id, parents, not_applicable, network, closed_on, successor_code FROM structures
"""
_CHANGING = "SELECT code FROM structures WHERE next_change_on <= $1"
_SAVE = """
INSERT INTO structures (code, version, told_at, told_id, parents, next_change_on, not_applicable, network, closed_on,
    successor_code)
SELECT code, version, told_at, told_id, parents, next_change_on, string_to_array(not_applicable, ' '), network,
    closed_on, successor_code
FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::jsonb[], $6::date[], $7::text[], $8::text[],
    $9::date[], $10::text[])
    AS given (code, version, told_at, told_id, parents, next_change_on, not_applicable, network, closed_on,
        successor_code)
ON CONFLICT (code) DO UPDATE
SET version = excluded.version, told_at = excluded.told_at, told_id = excluded.told_id, parents = excluded.parents,
    next_change_on = excluded.next_change_on, not_applicable = excluded.not_applicable, network = excluded.network,
    closed_on = excluded.closed_on, successor_code = excluded.successor_code
"""
_REMOVE = """
DELETE FROM closure
USING unnest($1::text[], $2::text[], $3::date[]) AS given (ancestor, descendant, since)
WHERE closure.ancestor = given.ancestor AND closure.descendant = given.descendant AND closure.since = given.since
"""
_INSERT = """
INSERT INTO closure (ancestor, descendant, since, until)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::date[])
"""
_DECLARED = "DELETE FROM undeclared WHERE structure_code = ANY($1::text[])"
_TURN = "UPDATE progress SET tree_version = tree_version + $1, tree_on = greatest(tree_on, $2)"


class Stored(NamedTuple):
    """A declared structure, as kept."""

    code: str
    version: int
    told_at: datetime
    told_id: str
    parents: tuple[tuple[date, str | None], ...]
    """Parents with their first day, as declared."""
    not_applicable: frozenset[str]
    network: str = ""
    """Name of the administration it belongs to; empty until it is declared again, where it was kept before."""
    closed_on: date | None = None
    """First day on which it is closed."""
    successor_code: str | None = None
    """The structure that took over."""

    @property
    def moves(self) -> Iterator[Move]:
        """Whom it stands under, from which days on."""
        for day, parent in parents_with_successor(self.parents, self.closed_on, self.successor_code):
            yield Move(day, self.told_at, self.told_id, self.code, parent)

    def next_change(self, today: date) -> date | None:
        """The next day on which it is declared to stand under another one."""
        return min((move.since for move in self.moves if move.since > today), default=None)


class Saved(NamedTuple):
    """A structure to keep, with the next day on which its parent changes."""

    structure: Stored
    next_change_on: date | None


def planted(structures: Mapping[str, Stored], day: date) -> Planted:
    """The tree as these declarations make it on a day."""
    return plant(structures, (move for each in structures.values() for move in each.moves), day)


async def lock(connection: Connection) -> date:
    """Change the tree alone until the end of the transaction; returns the day that it stands for."""
    day: date = await connection.fetchval(_LOCK)
    return day


async def load(connection: Connection) -> dict[str, Stored]:
    """All declared structures."""
    rows = await connection.fetch(_LOAD)
    return {
        code: Stored(code, version, told_at, told_id, _parents(parents), frozenset(not_applicable), *rest)
        for code, version, told_at, told_id, parents, not_applicable, *rest in rows
    }


async def changing(connection: Connection, today: date) -> list[str]:
    """Structures with a parent that became valid since the tree was last turned."""
    return [row[0] for row in await connection.fetch(_CHANGING, today)]


async def save(connection: Connection, structures: Sequence[Saved]) -> None:
    """Insert or replace declarations; they are undeclared no more."""
    codes = [saved.structure.code for saved in structures]
    await connection.execute(
        _SAVE,
        codes,
        [saved.structure.version for saved in structures],
        [saved.structure.told_at for saved in structures],
        [saved.structure.told_id for saved in structures],
        [json.dumps([[day.isoformat(), parent] for day, parent in saved.structure.parents]) for saved in structures],
        [saved.next_change_on for saved in structures],
        [" ".join(sorted(saved.structure.not_applicable)) for saved in structures],
        [saved.structure.network for saved in structures],
        [saved.structure.closed_on for saved in structures],
        [saved.structure.successor_code for saved in structures],
    )
    await connection.execute(_DECLARED, codes)


async def remove_places(connection: Connection, places: Sequence[Place]) -> None:
    """Take places out of the closure."""
    await connection.execute(
        _REMOVE,
        [reach.ancestor for _, reach in places],
        [code for code, _ in places],
        [reach.since for _, reach in places],
    )


async def add_places(connection: Connection, places: Sequence[Place]) -> None:
    """Put places into the closure."""
    await connection.execute(
        _INSERT,
        [reach.ancestor for _, reach in places],
        [code for code, _ in places],
        [reach.since for _, reach in places],
        [reach.until for _, reach in places],
    )


async def turn(connection: Connection, today: date, *, changed: bool) -> None:
    """Note the day that the tree stands for, and that readers must load it again."""
    await connection.execute(_TURN, int(changed), today)


def _parents(stored: str) -> tuple[tuple[date, str | None], ...]:
    return tuple((date.fromisoformat(day), parent) for day, parent in json.loads(stored))
