"""Which structures an agent works for, and which of them he means by a few words."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback.accounts.people import Person, part_of
from spplus_feedback.accounts.roles import EVERYTHING, Action
from spplus_feedback.structures import folded
from spplus_feedback.structures_queries import any_inside, subtree

_HOLDING: Final = """
SELECT code FROM structures
WHERE (search LIKE ALL ($1::text[]) OR code = $2) AND ($3::text[] IS NULL OR code = ANY ($3))
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
    rows = await connection.fetch(_HOLDING, patterns, words, part) if patterns else []
    below = await subtree(connection, *(row["code"] for row in rows), on=on)
    return part, below if part is None else sorted(set(below).intersection(part))


async def named(connection: Connection, codes: Sequence[str] | None, *, most: int) -> list[tuple[str, str]]:
    """Codes and names of active structures (None: of all), by name."""
    rows = await connection.fetch(_NAMED, None if codes is None else list(codes), most)
    return [(row["code"], row["name"]) for row in rows]


async def reaches(connection: Connection, person: Person, action: Action, code: str, *, on: date) -> bool:
    """Whether a structure lies in the part of the tree where the person may do this."""
    roots = person.roots(action)
    return EVERYTHING in roots or await any_inside(connection, [code], roots, on=on)
