"""Reads for the doors and the gauges."""

from datetime import datetime
from typing import NamedTuple

from spplus_chassis.database import Pool

_UNDECLARED = """
SELECT structure_code, first_seen_at FROM undeclared ORDER BY first_seen_at, structure_code LIMIT $1
"""


class Undeclared(NamedTuple):
    """A structure that is counted and cannot be published."""

    structure_code: str
    first_seen_at: datetime


async def undeclared_structures(pool: Pool, limit: int = 1000) -> list[Undeclared]:
    """Structures spoken of and never declared, the oldest first."""
    return [Undeclared(row[0], row[1]) for row in await pool.fetch(_UNDECLARED, limit)]


async def undeclared_count(pool: Pool) -> int:
    """How many there are."""
    count: int = await pool.fetchval("SELECT count(*) FROM undeclared")
    return count


async def marks_waiting(pool: Pool) -> int:
    """Marks and targets that the publisher has not done."""
    count: int = await pool.fetchval("SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM publication_queue)")
    return count
