"""Which structures an agent works for, and which of them he means by a few words."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback.accounts.people import Person, part_of
from spplus_feedback.accounts.queries import any_inside
from spplus_feedback.accounts.roles import EVERYTHING, Action
from spplus_feedback.structures import folded

_MEANT: Final = """
WITH RECURSIVE inside (code) AS (
    SELECT code FROM structures
    WHERE (search LIKE ALL ($2::text[]) OR code = $4) AND ($3::text[] IS NULL OR code = ANY ($3))
    UNION
    SELECT child.structure_code
    FROM inside JOIN structure_parents AS child ON child.parent_code = inside.code
    WHERE child.valid_from = (
        SELECT max(valid_from) FROM structure_parents
        WHERE structure_code = child.structure_code AND valid_from <= $1
    )
)
SELECT code FROM inside WHERE $3::text[] IS NULL OR code = ANY ($3) ORDER BY code
"""
_NAMED: Final = """
SELECT code, coalesce(public_name, name) AS name, town FROM structures
WHERE active AND ($1::text[] IS NULL OR code = ANY ($1)) ORDER BY name, code LIMIT $2
"""


async def meant(
    connection: Connection, person: Person, words: str, *, on: date, action: Action = Action.READ_REQUESTS
) -> tuple[list[str] | None, list[str] | None]:
    """The person's part, and of it the structures whose names hold these words, with all below them.

    None stands for the whole tree.
    """
    part = await part_of(connection, person, action, on=on)
    patterns = [f"%{word}%" for word in folded(words).split()]
    if not words:
        return part, part
    rows = await connection.fetch(_MEANT, on, patterns or ["%"], part, words) if patterns else []
    return part, [row["code"] for row in rows]


async def named(connection: Connection, codes: Sequence[str] | None, *, most: int) -> list[tuple[str, str]]:
    """Codes and names of active structures (None: of all), by name."""
    rows = await connection.fetch(_NAMED, None if codes is None else list(codes), most)
    return [(row["code"], row["name"]) for row in rows]


async def reaches(connection: Connection, person: Person, action: Action, code: str, *, on: date) -> bool:
    """Whether a structure lies in the part of the tree where the person may do this."""
    roots = person.roots(action)
    return EVERYTHING in roots or await any_inside(connection, [code], roots, on=on)
