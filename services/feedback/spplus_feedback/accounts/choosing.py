"""A structure as a person types it into a form: by its code, or by words that are looked up."""

from dataclasses import dataclass
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback.accounts.reach import Reach
from spplus_feedback.accounts.roles import EVERYTHING
from spplus_feedback.structure_search import find_structures
from spplus_feedback.structures_queries import structures_of

_MOST_FOUND: Final = 12
_MOST_LOOKED_AT: Final = 200
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What was meant: a structure, or several among which to choose."""

    code: str | None
    found: list[tuple[str, str]]
    """Codes and names of what it may be, where it is not clear."""


async def chosen_structure(connection: Connection, reach: Reach, typed: str) -> Choice:
    """The structure within one's part of the tree that somebody means."""
    words = typed.strip()
    if not words or "\x00" in words:
        return Choice(None, [])
    if words == EVERYTHING:
        return Choice(EVERYTHING if reach.codes is None else None, [])
    if reach.holds(words) and await structures_of(connection, [words]):
        return Choice(words, [])
    found = await find_structures(connection, words[:_LONGEST], limit=_MOST_LOOKED_AT)
    named = [(each.code, each.public_name or each.name) for each in found if reach.holds(each.code)]
    return Choice(None, named[:_MOST_FOUND])
